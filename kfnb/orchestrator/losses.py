"""How often the place where tasks run has taken each of them away, and what that means for its next attempt. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfnb.orchestrator.messages import TaskLost

MOST_FAULTS = 5
"""How often the place may lose a task by its own fault before the task counts as failed."""
MOST_OVERUSES = 2
"""How often a task may be taken away for what it used itself: the next attempt most likely uses as much."""
_LONGEST_AFTER_FAULT = 300.0
_LONGEST_AFTER_MOVE = 60.0


class Losses:
    """Those of one run, by the tasks' numbers."""

    def __init__(self) -> None:
        self._faults: Counter[int] = Counter()
        self._overuses: Counter[int] = Counter()
        self._moves: Counter[int] = Counter()

    def add(self, number: int, event: TaskLost) -> float | None:
        """Count a loss; return the seconds until the next attempt, None if there is to be none.

        Being moved is free however often: at once for the first time, then after pauses that grow, as what is evicted
        again and again only loads its node.
        """
        kind = self._faults if event.counted else self._overuses if event.own else self._moves
        kind[number] += 1
        faults, moves = self._faults[number], self._overuses[number] + self._moves[number]
        if faults > MOST_FAULTS or self._overuses[number] > MOST_OVERUSES:
            return None
        after_fault = min(2.0 ** (faults - 1), _LONGEST_AFTER_FAULT) if faults else 0.0
        after_move = min(2.0 ** min(moves - 2, 10), _LONGEST_AFTER_MOVE) if moves > 1 else 0.0
        return max(after_fault, after_move)

    def of(self, number: int, event: TaskLost) -> int:
        """Return how many losses of the kind of `event` there were."""
        return (self._faults if event.counted else self._overuses)[number]
