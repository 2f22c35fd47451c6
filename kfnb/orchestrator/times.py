"""When attempts began and ended that an earlier process of the run had started: not when they were found again.

Used by the loop for the times of what it writes into the log after it has taken a run up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kfnb.orchestrator.events import ENDED
from kfnb.orchestrator.messages import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.orchestrator.events import RunStatus
    from kfnb.orchestrator.messages import Earlier
    from kfnb.spec import ExecutorOutput


class _Attempt(NamedTuple):
    """`told`: the log says when it began. Times that are not known are None, and none is before `least`."""

    least: float
    began: float | None
    ended: float | None
    told: bool


class Times:
    """Times of attempts that are still there, or ended unseen. An output's are by the clock of where it was made."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str | None, int | None], _Attempt] = {}

    def take_up(self, begun: RunStatus, earlier: Mapping[str, Earlier]) -> None:
        """Learn what the log and the outputs say of attempts about whose end the log says nothing."""
        for task, before in earlier.items():
            if before.recorded or not (before.living or before.output is not None):
                continue
            status = begun.tasks[task]
            told = status.state == "RUNNING" and status.attempt == before.attempt
            left = before.output
            began = status.started if told else left.started if left is not None else None
            least = (status.started if told else begun.started) or 0.0
            ended = left.finished if left is not None else None
            self._attempts[task, before.attempt] = _Attempt(least, began, ended, told)

    def began(self, task: str, attempt: int, since: float | None) -> None:
        """Learn when an attempt began where it runs, if it is one of those and nothing better is known."""
        known = self._attempts.get((task, attempt))
        if known is not None and known.began is None:
            self._attempts[task, attempt] = known._replace(began=since)

    def ended(self, task: str, attempt: int, output: ExecutorOutput) -> None:
        """Learn what an attempt has left, if it is one of those."""
        known = self._attempts.get((task, attempt))
        if known is not None:
            self._attempts[task, attempt] = known._replace(ended=output.finished)

    def of(self, record: Record, now: float) -> float:
        """Return when what a record says has happened; `now`, unless it is known better."""
        key = record.task, record.attempt
        known = self._attempts.get(key)
        if known is None or record.kind != "task-state":
            return now
        when = known.began if record.state == "RUNNING" else known.ended if record.state in ENDED else None
        found = now if when is None else min(max(when, known.least), now)
        if record.state == "RUNNING":
            self._attempts[key] = known._replace(least=found, told=True)
        return found

    def untold_start(self, record: Record) -> Record | None:
        """Return the record of the beginning of an attempt whose end is told, where the log does not have it."""
        known = self._attempts.get((record.task, record.attempt))
        if known is None or known.told or known.began is None or record.kind != "task-state":
            return None
        return Record("task-state", record.task, record.attempt, "RUNNING") if record.state in ENDED else None
