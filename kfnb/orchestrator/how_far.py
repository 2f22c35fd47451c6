"""How far running attempts are, so that a run's events say it also where launchers cannot tell it; used by the loop.

A launcher that does not get through to the orchestrator (a network policy; an orchestrator on a laptop) leaves in the
store how far it is. That is read while it tells nothing itself, a few documents a second however many tasks run; the
loop looks, so a store that does not answer is not waited for. How far an attempt came is taken from its output in the
end, if it was not told: the pod may have been seen to end before.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.orchestrator.documents import Documents
    from kfnb.spec import ExecutorOutput

NAME = "progress.json"
"""What a launcher leaves among an attempt's documents."""
EVERY = 3.0
"""Seconds between two looks at one attempt; a launcher does not write more often."""
HEARD_EVERY = 30.0
"""Likewise at one that has told something: its launcher may have been cut off since, and then gives up telling."""
BATCHES_EVERY = 1.0
"""Seconds between two batches of looks, and those after which a batch is left; the loop does nothing else meanwhile."""
AWAY = 30.0
"""Seconds for which nothing is looked at when the store does not answer."""
_AT_A_TIME = 8

_decoder = msgspec.json.Decoder(dict[str, Any])


class _Look(NamedTuple):
    """Where an attempt leaves how far it is, when to look there next, and how often that is to be."""

    place: str
    when: float
    every: float


class HowFar:
    """What is known of the attempts (task, attempt) of a run. `clock`: one that is never set."""

    def __init__(self, store: Documents, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[str, int], dict[str, Any]] = {}
        self._looks: dict[tuple[str, int], _Look] = {}
        self._next_batch = 0.0

    def begins(self, task: str, attempt: int, place: str) -> None:
        """Look at what an attempt, whose documents lie under `place`, leaves in the store while it tells nothing."""
        self._looks.setdefault((task, attempt), _Look(place, self._clock() + EVERY, EVERY))

    def told(self, task: str, attempt: int, data: dict[str, Any]) -> bool:
        """Take in what an attempt told itself; return whether that is new."""
        if (look := self._looks.get((task, attempt))) is not None:
            self._looks[task, attempt] = _Look(look.place, self._clock() + HEARD_EVERY, HEARD_EVERY)
        return self._is_new(task, attempt, data)

    def left(self) -> list[tuple[str, int, dict[str, Any]]]:
        """Return what attempts that are not heard have left in the store since they were looked at."""
        now = self._clock()
        due = sorted((look.when, key) for key, look in self._looks.items() if look.when <= now)
        if not due or now < self._next_batch:
            return []
        found = []
        pause = BATCHES_EVERY
        with self._store.hurried():
            for _, key in due[:_AT_A_TIME]:
                try:
                    data = self._left_by(key, now)
                except StoreError:
                    pause = AWAY
                    break
                if data is not None and self._is_new(*key, data):
                    self._looks[key] = self._looks[key]._replace(when=now + EVERY, every=EVERY)
                    found.append((*key, data))
                if self._clock() - now >= BATCHES_EVERY:
                    break
        self._next_batch = self._clock() + pause
        return found

    def _left_by(self, key: tuple[str, int], now: float) -> dict[str, Any] | None:
        look = self._looks[key]
        self._looks[key] = look._replace(when=now + look.every)
        left = self._store.find(f"{look.place}/{NAME}")
        with contextlib.suppress(msgspec.MsgspecError):  # what another kfnb wrote
            return None if left is None else _decoder.decode(left)
        return None

    def ends(self, task: str, attempt: int, output: ExecutorOutput) -> dict[str, Any] | None:
        """Return how far an attempt came that has given its output; None if that was told, or it did not begin."""
        self._looks.pop((task, attempt), None)
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
