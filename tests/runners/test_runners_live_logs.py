"""How far a pod's log has been read, over connections that end anywhere."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest
from nowhere import served
from scripted_api import ScriptedApi, refused

from kfnb.runners import live_logs
from kfnb.runners.live_logs import Position

LINES = [
    "2026-11-28T13:00:00Z a\n",
    "2026-11-28T13:00:00.5Z b\n",
    "2026-11-28T13:00:00.51Z c\n",
    "2026-11-28T13:00:00.51Z d\n",
    "2026-11-28T13:00:00.51Z \n",
    "2026-11-28T13:00:01.000000001Z e\n",
]


SET_BACK = [
    "2026-11-28T13:00:00.5Z a\n",
    "2026-11-28T13:00:02.5Z b\n",
    "2026-11-28T12:59:59.9Z c\n",
    "2026-11-28T13:00:00.51Z d\n",
    "2026-11-28T12:00:00Z e\n",
    "2026-11-28T13:00:00.52Z f\n",
    "2026-11-28T13:00:00.4Z g\n",
    "2026-11-28T13:00:03Z h\n",
]
"""What a container prints while its node's clock is set back, twice, and a line overtakes another one."""


def test_the_log_of_a_pod_that_has_ended_is_given_up_where_it_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that has started anew does not know it any more: whoever reads it is told, and does not wait for ever."""
    monkeypatch.setattr(live_logs, "_GIVES_UP", 1.0)
    api, why = ScriptedApi(*[refused(400, 'container "main" in pod "p" is terminated')] * 99), list[str]()
    reader = live_logs._Reader(
        served(tmp_path, api.address), {"metadata": {"name": "p"}}, "t", queue.SimpleQueue(), why.append, placed=False
    )
    try:
        reader.ended.set()
        reader.start()
        assert reader.done.wait(30)
    finally:
        reader.stop()
        api.close()
    (said,) = why
    assert 'container "main" in pod "p" is terminated' in said


@pytest.mark.parametrize(("lines", "expected"), [(LINES, "a b c d  e"), (SET_BACK, "a b c d e f g h")])
def test_after_any_break_reading_goes_on_with_the_next_line(lines: list[str], expected: str) -> None:
    """Wherever a connection ends, and however often, its second comes again and every line is told once.

    But not what is older than where a connection begins: kubelet keeps that to itself.
    """
    ends = [end for end in range(len(lines)) if end == 0 or min(lines[end:])[:19] >= lines[end - 1][:19]]
    for first in ends:
        for second in (*(end for end in ends if end >= first), len(lines)):
            position, told = Position(), []
            for end in (first, second, len(lines)):
                position.begin()
                since = position.since[:19]
                told += [
                    text for line in lines[:end] if line[:19] >= since and (text := position.new(line)) is not None
                ]
            assert expected == " ".join(text.rstrip("\n") for text in told)


@pytest.mark.parametrize(("comes", "gap"), [(LINES, False), (LINES[2:], False), (LINES[3:], False), (LINES[5:], True)])
def test_lines_that_went_between_two_connections_are_missed(comes: list[str], *, gap: bool) -> None:
    """Where the last line does not come again, the node has begun a new file, and there may have been others."""
    position = Position()
    position.begin()
    for line in LINES[:4]:
        position.new(line)
    position.begin()
    told = [text for line in comes if (text := position.new(line)) is not None]
    assert ("e\n", gap) == (told[-1], position.has_gap)


def test_on_a_connection_that_lasts_every_line_is_told() -> None:
    """Also while the node's clock, which was set back, has not got to where it was."""
    position = Position()
    position.begin()
    assert ["a\n", "b\n", "c\n"] == [position.new(line) for line in SET_BACK[:3]]


def test_what_kubelet_says_where_there_is_no_log_is_none() -> None:
    """Words without a time in front are not the pod's."""
    assert None is Position().new("unable to retrieve container logs for containerd://1")
