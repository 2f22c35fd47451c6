"""Where the text of a pod's log stands, of which its node may have the end only."""

from __future__ import annotations

from kfnb.launcher.__main__ import MARK_EVERY
from kfnb.runners.placed_text import PlacedText, count_characters

BEGIN = '{"event":"started"}\n'


def mark(at: int) -> str:
    """The launcher's word that so many characters have been printed."""
    return f'{{"event":"log","at":{at}}}\n'


def told(*steps: tuple[list[str], float] | None) -> list[tuple[int, str]]:
    """What is told of lines and how late they came; None: what comes next may not follow."""
    found: list[tuple[int, str]] = []
    text = PlacedText(lambda at, piece: found.append((at, piece)))
    for step in steps:
        if step is None:
            text.lose()
        else:
            text.take(*step)
    text.hand_out()
    return found


def test_a_log_from_its_beginning_is_told_as_it_comes() -> None:
    """Each piece with the characters before it; line ends do not count."""
    assert [(0, "abc\n"), (3, "de\n")] == told(([BEGIN, "abc\n"], 0.1), (["de\n"], 0.1))


def test_what_has_no_place_is_left_to_the_store_until_the_launcher_says_where_it_is() -> None:
    """So where the beginning is gone, or lines between two connections are."""
    assert [(9, "de\n")] == told((["abc\n"], 0.1), ([mark(9), "de\n"], 0.1))
    assert [(0, "abc\n"), (9, "de\n")] == told(
        ([BEGIN, "abc\n"], 0.1), None, ([BEGIN, "x\n"], 0.1), ([mark(9), "de\n"], 0.1)
    )


def test_what_comes_late_waits_for_the_launchers_word_that_nothing_is_missing() -> None:
    """Files of a log may have gone while an earlier one was read: then all since the word before is the store's."""
    assert [(0, "abc\n"), (3, "de\n")] == told(([BEGIN, "abc\n", mark(3), "de\n"], 60.0))
    assert [(99, "de\n")] == told(([BEGIN, "abc\n"], 60.0), ([mark(99), "de\n"], 60.0))


def test_a_launcher_says_often_enough_where_it_is() -> None:
    """Of the ten megabytes that a node keeps at least, the greatest part can be placed."""
    assert MARK_EVERY <= 1 << 20
    assert 3 == count_characters("ab\n\nc")
