"""Where the text of a pod's log stands, of which its node may have the end only."""

from __future__ import annotations

import pytest

from kfnb.launcher import __main__ as launcher
from kfnb.launcher.__main__ import MARK_EVERY, Lines
from kfnb.runners import placed_text
from kfnb.runners.placed_text import PlacedText, count_characters

BEGIN = '{"event":"started"}\n'
LONG = "x" * (placed_text._SHORT - 1) + "\n"


def mark(at: int) -> str:
    """The launcher's word that so many characters have been printed."""
    return f'{{"event":"log","at":{at}}}\n'


def told(*steps: list[str] | None) -> list[tuple[int, str]]:
    """What is told of lines; None: what comes next may not follow."""
    found: list[tuple[int, str]] = []
    text = PlacedText(lambda at, piece: found.append((at, piece)))
    for step in steps:
        if step is None:
            text.lose()
        else:
            text.take(step)
    return found


def test_a_log_from_its_beginning_is_told_as_it_comes() -> None:
    """Each piece with the characters before it; line ends do not count."""
    assert [(0, "abc\n"), (3, "de\n")] == told([BEGIN, "abc\n"], ["de\n"])


def test_what_has_no_place_is_left_to_the_store_until_the_launcher_says_where_it_is() -> None:
    """So where the beginning is gone, or lines between two connections are."""
    assert [(9, "de\n")] == told(["abc\n"], [mark(9), "de\n"])
    assert [(0, "abc\n"), (9, "de\n")] == told([BEGIN, "abc\n"], None, [BEGIN, "x\n"], [mark(9), "de\n"])


def test_more_of_a_long_log_is_told_when_the_launcher_says_that_nothing_is_missing() -> None:
    """Lines may have gone with the file that they stood in: then all since the word before is the store's."""
    end = len(LONG) - 1
    assert [(0, LONG)] == told([BEGIN, LONG], ["abc\n"], ["de\n"]) == told([BEGIN, LONG], ["abc\n", mark(end + 9)])
    whole = [BEGIN, LONG], ["abc\n"], ["de\n", mark(end + 5), "f\n"]
    assert [(0, LONG), (end, "abc\nde\n")] == told(*whole)
    assert [(0, LONG), (end + 9, "gh\n")] == told([BEGIN, LONG], ["abc\n", mark(end + 9)], ["gh\n", mark(end + 11)])


def test_the_end_of_a_long_log_is_left_to_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the launcher says nothing more for a while, what waits for its word has no place any longer."""
    text = PlacedText(lambda at, piece: None)
    text.take([BEGIN, LONG])
    text.look()
    text.take(["abc\n"])
    text.look()
    assert len(LONG) - 1 == text.at
    monkeypatch.setattr(placed_text, "_QUIET", 0.0)
    text.look()
    assert text.at is None


def test_a_launcher_says_often_enough_where_it_is(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many characters; then soon after each line that follows one of which it has not been said."""
    lines = Lines()
    lines.text("short\n")
    lines.text("y" * MARK_EVERY + "\n")
    lines.text("more\nan")
    monkeypatch.setattr(launcher, "MARK_SECONDS", 0.0)
    lines.text("d more\n")
    said = [line for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    assert [mark(MARK_EVERY + 5).strip(), mark(MARK_EVERY + 17).strip()] == said
    assert placed_text._SHORT >= 2 * MARK_EVERY
    assert 3 == count_characters("ab\n\nc")
