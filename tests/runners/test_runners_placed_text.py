"""Where the text of a pod's log stands, of which its node may have the end only."""

from __future__ import annotations

import math

import pytest

from kfnb.launcher import __main__ as launcher
from kfnb.launcher.__main__ import LINE, MARK_EVERY, Lines
from kfnb.runners import placed_text
from kfnb.runners.placed_text import PlacedText, count_characters

BEGIN = '{"event":"started"}\n'
LONG = "x" * placed_text._SHORT + "\n"
END = len(LONG) - 1

Told = list[tuple[int, str, bool]]


def mark(at: int) -> str:
    """The launcher's word that so many characters have been printed."""
    return f'{{"event":"log","at":{at}}}\n'


def told(*steps: list[str] | None) -> Told:
    """What is told of lines; None: what comes next may not follow."""
    found: Told = []
    text = PlacedText(lambda *piece: found.append(piece))
    for step in steps:
        if step is None:
            text.lose()
        else:
            text.take(step)
    return found


def test_a_log_from_its_beginning_is_told_as_it_comes() -> None:
    """Each piece with the characters before it; line ends do not count."""
    assert [(0, "abc\n", True), (3, "de\n", True)] == told([BEGIN, "abc\n"], ["de\n"])


def test_what_has_no_place_is_left_to_the_store_until_the_launcher_says_where_it_is() -> None:
    """So where the beginning is gone, or lines between two connections are; that place is told by itself."""
    placed = [(9, "", True), (9, "de\n", True)]
    assert placed == told(["abc\n"], [mark(9), "de\n", mark(11)])
    assert [(0, "abc\n", True), *placed] == told([BEGIN, "abc\n"], None, [BEGIN, "x\n"], [mark(9), "de\n", mark(11)])


def test_more_of_a_long_log_is_told_when_the_launcher_says_that_nothing_is_missing() -> None:
    """Lines may have gone with the file that they stood in: then all since the word before is the store's."""
    first = (0, LONG, True)
    assert [] == told([BEGIN, LONG], ["abc\n"])
    whole = [BEGIN, LONG, mark(END)], ["abc\n"], ["de\n", mark(END + 5), "f\n"]
    assert [first, (END, "abc\nde\n", True)] == told(*whole)
    lost = [BEGIN, LONG, mark(END)], ["abc\n", mark(END + 9)], ["gh\n", mark(END + 11)]
    assert [first, (END + 9, "", True), (END + 9, "gh\n", True)] == told(*lost)


def test_lines_are_counted_as_a_node_keeps_them() -> None:
    """Each has a moment before it, and events fill the file too."""
    for line in ("{}\n", "本日は晴天なり\n"):
        many = [line] * (placed_text._SHORT // (placed_text._LINE + len(line.encode())) + 1)
        assert [] == told([BEGIN, *many])


def test_the_end_of_a_long_log_is_left_to_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the launcher's word, where none comes for a while, is told as such, and its place is open."""
    found: Told = []
    text = PlacedText(lambda *piece: found.append(piece))
    monkeypatch.setattr(placed_text, "_QUIET", math.inf)
    text.take([BEGIN, LONG, mark(END), "abc\n"])
    text.look()
    assert ([(0, LONG, True)], END) == (found, text.at)
    monkeypatch.setattr(placed_text, "_QUIET", 0.0)
    text.look()
    assert ([(END, "abc\n", False)], None) == (found[1:], text.at)


def test_a_launcher_says_often_enough_where_it_is(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many bytes; then soon after each line that follows one of which it has not been said."""
    monkeypatch.setattr(launcher, "MARK_SECONDS", math.inf)
    lines = Lines()
    lines.text("short\n")
    lines.text("y" * MARK_EVERY + "\n")
    lines.text("more\nan")
    monkeypatch.setattr(launcher, "MARK_SECONDS", 0.0)
    lines.text("d more\n")
    lines.event("progress")
    lines.text("\n")
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith('{"event":"log"')]
    assert [mark(MARK_EVERY + 5).strip(), mark(MARK_EVERY + 17).strip()] == said
    assert (LINE, 3) == (placed_text._LINE, count_characters("ab\n\nc"))
    assert placed_text._SHORT >= 2 * MARK_EVERY


def test_a_launcher_counts_short_lines_as_a_node_keeps_them(capfd: pytest.CaptureFixture[str]) -> None:
    """Lines of a character fill a node's file long before there are many characters."""
    lines = Lines()
    for _ in range(MARK_EVERY // LINE):
        lines.text("a\n")
    assert '{"event":"log"' in capfd.readouterr().out
