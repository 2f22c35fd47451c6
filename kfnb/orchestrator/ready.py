"""The tasks that may start, in notebook order; of a fan-out's elements never more at once than it allows.

Used by the state machine. What waits only for another element of its fan-out is kept apart, so that taking the next
task costs the same however many wait.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ReadyTasks:
    """Numbers of tasks. `owner`: of an element its fan-out; `most`: how many elements of a fan-out run at once, or 0.

    `is_ready`: whether a task that was put here may still start; `waits_itself`: whether an element, once started, sees
    itself to it that no more run than may. `running`: how many tasks have begun that do not wait so.
    """

    def __init__(
        self,
        owner: Mapping[int, int],
        most: Callable[[int], int],
        is_ready: Callable[[int], bool],
        waits_itself: Callable[[int], bool] = lambda number: False,
    ) -> None:
        self.running = 0
        self._owner = owner
        self._most = most
        self._is_ready = is_ready
        self._waits_itself = waits_itself
        self._next: list[tuple[int, int]] = []  # (place in the notebook, number)
        self._held: dict[int, list[int]] = {}  # by fan-out
        self._active: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._next)

    def put(self, number: int) -> None:
        """Add a task."""
        heapq.heappush(self._next, (self._owner.get(number, number), number))

    def has_begun(self, number: int) -> bool:
        """Say whether a task is an element of a fan-out of which another one has begun and is not over."""
        return self._active.get(self._owner.get(number, -1), 0) > 0

    def take(self) -> int | None:
        """Remove and return the next task; None if there is none that may start now."""
        while self._next:
            place, number = heapq.heappop(self._next)
            if not self._is_ready(number):
                self._release(place)
            elif place != number and not self._waits_itself(number) and self._is_full(place):
                heapq.heappush(self._held.setdefault(place, []), number)
            else:
                return number
        return None

    def count(self, number: int, begun: int) -> None:
        """Note that a task has begun (1) or is over (-1)."""
        owner = self._owner.get(number)
        if owner is None:
            self.running += begun
            return
        before = self._running_of(owner)
        self._active[owner] = self._active.get(owner, 0) + begun
        self.running += self._running_of(owner) - before
        if begun < 0:
            self._release(owner)

    def _is_full(self, owner: int) -> bool:
        return 0 < self._most(owner) <= self._active.get(owner, 0)

    def _running_of(self, owner: int) -> int:
        active, most = self._active.get(owner, 0), self._most(owner)
        return min(active, most) if most else active

    def _release(self, owner: int) -> None:
        """Let one more element of a fan-out have its turn."""
        if self._held.get(owner):
            self.put(heapq.heappop(self._held[owner]))
