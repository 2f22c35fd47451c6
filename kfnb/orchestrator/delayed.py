"""Tasks that wait before their next attempt, and when each of them is due. Used by the loop."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from kfnb.spec import owner_of

if TYPE_CHECKING:
    from collections.abc import Callable

_GATHER = 0.5
"""Seconds that an element waits at least, and goes early at most, where those of its fan-out start as one."""


class Delayed:
    """The tasks of one run. `clock`: one that is never set.

    `together`: elements of a fan-out that were lost, or failed, at about one time are due at one time.
    """

    def __init__(self, *, together: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._together = together
        self._clock = clock
        self._due: dict[str, float] = {}
        self._spread: dict[tuple[str, float], float] = {}

    def put(self, task: str, seconds: float) -> None:
        """Have a task wait, for more or less so long: many that failed at one moment are not to start at one."""
        if self._is_element(task):
            spread = self._spread.setdefault((owner_of(task), seconds), random.uniform(0.5, 1.5))
            self._due[task] = self._clock() + max(seconds * spread, _GATHER)
        else:
            self._due[task] = self._clock() + seconds * random.uniform(0.5, 1.5)

    def take(self) -> list[str]:
        """Return the tasks that are due, which wait no more."""
        now = self._clock()
        due = [task for task, moment in self._due.items() if moment <= now]
        fans = {owner_of(task) for task in due if self._is_element(task)}
        if fans:
            due = [task for task, at in self._due.items() if at <= now + _GATHER * (owner_of(task) in fans)]
        for task in due:
            del self._due[task]
        return due

    def moments(self) -> list[float]:
        """Return when tasks are due, by the clock."""
        return list(self._due.values())

    def _is_element(self, task: str) -> bool:
        return self._together and owner_of(task) != task
