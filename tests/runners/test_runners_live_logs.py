"""How far a pod's log has been read, over connections that end anywhere."""

from __future__ import annotations

from kfnb.runners.live_logs import Position

LINES = [
    "2026-11-28T13:00:00Z a\n",
    "2026-11-28T13:00:00.5Z b\n",
    "2026-11-28T13:00:00.51Z c\n",
    "2026-11-28T13:00:00.51Z d\n",
    "2026-11-28T13:00:00.51Z \n",
    "2026-11-28T13:00:01.000000001Z e\n",
]


def test_after_any_break_reading_goes_on_with_the_next_line() -> None:
    """Wherever a connection ends, and however often, its second comes again and every line is told once."""
    for first in range(len(LINES) + 1):
        for second in range(first, len(LINES) + 1):
            position, told = Position(), []
            for end in (first, second, len(LINES)):
                position.begin()
                since = position.since[:19]
                told += [
                    text for line in LINES[:end] if line[:19] >= since and (text := position.new(line)) is not None
                ]
            assert ["a\n", "b\n", "c\n", "d\n", "\n", "e\n"] == told


def test_zeros_at_the_end_of_a_moment_do_not_matter() -> None:
    """A moment is written without zeros at its end, so that texts of different lengths are compared."""
    position = Position()
    position.begin()
    assert "b\n" == position.new(LINES[1])
    assert None is position.new(LINES[0])
    assert "c\n" == position.new(LINES[2])


def test_what_kubelet_says_where_there_is_no_log_is_none() -> None:
    """Words without a time in front are not the pod's."""
    assert None is Position().new("unable to retrieve container logs for containerd://1")
