"""How far running attempts are, so that a run's events say it also where launchers cannot tell it; used by the loop.

A launcher that does not get through to the orchestrator (a network policy; an orchestrator on a laptop) leaves in the
store how far it is. That is read while it has told nothing itself, a few documents a second however many tasks run. How
far an attempt came is taken from its output in the end, if it was not told: the pod may have been seen to end before.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kfnb.orchestrator.documents import Documents
    from kfnb.spec import ExecutorOutput

NAME = "progress.json"
"""What a launcher leaves among an attempt's documents."""
EVERY = 3.0
"""Seconds between two looks at one attempt; a launcher does not write more often."""
_AT_A_TIME = 8

_decoder = msgspec.json.Decoder(dict[str, Any])


class HowFar:
    """What is known of the attempts (task, attempt) of a run. `clock`: one that is never set."""

    def __init__(self, store: Documents, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[str, int], dict[str, Any]] = {}
        self._silent: dict[tuple[str, int], tuple[str, float]] = {}  # where they leave it, and when to look

    def begins(self, task: str, attempt: int, place: str) -> None:
        """Look at what an attempt, whose documents lie under `place`, leaves in the store, until it tells something."""
        self._silent.setdefault((task, attempt), (place, self._clock() + EVERY))

    def told(self, task: str, attempt: int, data: dict[str, Any]) -> bool:
        """Take in what an attempt told itself; return whether that is new."""
        self._silent.pop((task, attempt), None)
        return self._is_new(task, attempt, data)

    def left(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield what silent attempts have left in the store since they were looked at."""
        now = self._clock()
        due = [key for key, (_, when) in self._silent.items() if when <= now]
        for key in sorted(due, key=lambda key: self._silent[key][1])[:_AT_A_TIME]:
            place, _ = self._silent[key]
            self._silent[key] = (place, now + EVERY)
            with contextlib.suppress(StoreError, msgspec.MsgspecError):  # mostly there is none
                data = _decoder.decode(self._store.read(f"{place}/{NAME}"))
                if self._is_new(*key, data):
                    yield *key, data

    def ends(self, task: str, attempt: int, output: ExecutorOutput) -> dict[str, Any] | None:
        """Return how far an attempt came that has given its output; None if that was told, or it did not begin."""
        self._silent.pop((task, attempt), None)
        known, came = self._known.pop((task, attempt), {}), _came(output)
        told = bool(known) and all(known.get(key, value) == value for key, value in came.items())
        return None if told or not came else {**known, **came}

    def _is_new(self, task: str, attempt: int, data: dict[str, Any]) -> bool:
        known = self._known.get((task, attempt))
        self._known[task, attempt] = data
        return data != known


def _came(output: ExecutorOutput) -> dict[str, Any]:
    """Return how far an attempt came, in the launcher's words; empty if no cell began."""
    begun = [(number, cell) for number, cell in enumerate(output.cells, 1) if cell.started is not None]
    if not begun:
        return {}
    number, last = begun[-1]
    done = sum(cell.state == "SUCCEEDED" for cell in output.cells)
    ended = last.finished is not None
    state, when = (last.state, last.finished) if ended else ("RUNNING", last.started)  # else it ended with its process
    came = {"cell": last.id, "number": number, "done": done, "cells": len(output.cells)}
    return {**came, "state": state, "time": when}
