"""What a run that was begun before has already: read from its log and from what its attempts left in the store.

Used by the loop when it takes a run up again, after its process was killed or to do anew what did not succeed, and to
end a run that nobody drives.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from kfnb.orchestrator import places, requests, retrying
from kfnb.orchestrator.events import ENDED, EventLog, EventReader, RunStatus, TaskStatus
from kfnb.orchestrator.failures import error_of, why_it_failed
from kfnb.orchestrator.messages import Earlier
from kfnb.spec import ExecutorOutput, PipelineSpec, RunEvent, RunInfo, Task, collected

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLED_WITH_IT = frozenset({"KF600", "KF601", "KF602"})
"""Codes of an attempt whose process died: where the run's own process died too, that was no fault of the step."""

_output_decoder = msgspec.json.Decoder(ExecutorOutput)


class Documents(Protocol):
    """What is needed of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none; say whether it was written."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def find(self, key: str) -> bytes | None:
        """Return a document; None if there is none."""

    def exists(self, key: str) -> bool:
        """Say whether there is a document."""

    def children(self, prefix: str) -> list[str]:
        """Return the names right below a prefix."""


Adopt = Callable[[Task, int], bool]
"""Says whether an attempt is still there, where tasks run."""


def earlier_attempts(
    store: Documents,
    info: RunInfo,
    status: RunStatus,
    adopt: Adopt = lambda task, attempt: False,
    *,
    retried: str | None = None,
) -> dict[str, Earlier]:
    """Return, for each task that was begun or ended before, its last attempt and the result that stands.

    Of a run that has ended only what succeeded stands. Of one that was interrupted what failed stays failed, an
    attempt that ended unseen is taken as it ended, unless it was killed together with the run, and one that is still
    there (`adopt`) goes on. `retried`: only this task, and what waits for it, is done anew; if the run has not ended,
    that was begun already, and what is over by now is not among it any more.
    """
    found = dict(_attempts(store, info, status, adopt))
    if retried is not None:
        fail_fast = bool(info.options.get("fail_fast"))
        tasks = tasks_of(info.spec, status)
        chosen = retrying.chosen(tasks, status, retried, fail_fast=fail_fast) if status.ended else ()
        for name, task in status.tasks.items():
            if name not in chosen and (status.ended or task.state in ENDED):
                found[name] = _left_alone(task, found[name])
    return {name: earlier for name, earlier in found.items() if earlier != Earlier()}


def _left_alone(task: TaskStatus, found: Earlier) -> Earlier:
    """Return what a task has that is not to be done anew: whether a skipped one still is depends on those above it."""
    if found.living or (found.output is not None and found.output.state == "SUCCEEDED"):
        return found
    if task.state == "SKIPPED":
        return msgspec.structs.replace(found, state="PENDING")
    if task.state == "FAILED":
        return msgspec.structs.replace(found, output=task.output, stays=True, why=task.why)
    why = task.why if task.state == "CANCELED" else "the run ended before it did, and only another task was retried"
    return msgspec.structs.replace(found, output=None, state="CANCELED", stays=True, why=why)


def tasks_of(spec: PipelineSpec, status: RunStatus) -> dict[str, Task]:
    """Return the tasks that a run had by then: fan-outs whose number is known, and their elements."""
    known = {name: (spec.task(name), task.elements) for name, task in status.tasks.items()}
    return {name: task if count is None else collected(task, count) for name, (task, count) in known.items()}


def _attempts(store: Documents, info: RunInfo, status: RunStatus, adopt: Adopt) -> Iterator[tuple[str, Earlier]]:
    for name, task in status.tasks.items():
        if task.state not in ENDED:
            yield name, _unseen(store, info, task, adopt)
        else:
            stands = task.state == "SUCCEEDED" or (task.state == "FAILED" and not status.ended)
            output = task.output if stands else None
            failures = 0 if status.ended else task.failures
            yield name, Earlier(task.attempt, failures, output, recorded=True, state=task.state)


def _unseen(store: Documents, info: RunInfo, task: TaskStatus, adopt: Adopt) -> Earlier:
    """Return what a task has whose end is not in the log: its last attempt, and how that ended or that it lives."""
    slug = info.spec.task(task.name).slug
    last = task.attempt
    while store.exists(places.attempt_key(info.run_id, slug, last + 1) + "/input.json"):
        last += 1  # it was started, whether or not the log got to say so
    unseen = last > task.over
    output = _read_output(store, places.attempt_key(info.run_id, slug, last) + "/output.json") if unseen else None
    living = unseen and output is None and adopt(info.spec.task(task.name), last)
    return Earlier(last, task.failures, output, state=task.state, living=living)


def _output(store: Documents, key: str) -> ExecutorOutput | None:
    """Return what an attempt gave; None where there is nothing, or nothing that can be read."""
    found = store.find(key)
    with contextlib.suppress(msgspec.DecodeError):
        return None if found is None else _output_decoder.decode(found)
    return None


def _read_output(store: Documents, key: str) -> ExecutorOutput | None:
    output = _output(store, key)
    if output is None:
        return None
    killed = output.error is not None and output.error.code in KILLED_WITH_IT
    return None if output.state == "CANCELED" or killed else output


def dismiss_requests(store: Documents, info: RunInfo, now: float) -> None:
    """Answer what was asked of a run before it is taken up again: it counts no more; the caller holds its lease.

    Whoever takes a run up wants it to run. What is asked from then on counts, also before its process looks.
    """
    reader, status = EventReader(store, info.run_id), RunStatus(info.spec)
    status.apply(reader.read())
    time, why = max(now, status.last_time), "the run was taken up again after it was asked"
    EventLog(store, info.run_id, reader.next, status.fence + 1).append(
        [
            RunEvent(kind="request", time=time, why=why, data={"request": name})
            for name in requests.unanswered(store, info.run_id, status.answered)
        ]
    )


def _left_behind(store: Documents, info: RunInfo, task: TaskStatus) -> ExecutorOutput | None:
    """Return what a cancelled attempt saved of its notebook and its text when it was told to end."""
    key = places.attempt_key(info.run_id, info.spec.task(task.name).slug, task.attempt) + "/output.json"
    output = _output(store, key) if task.attempt else None
    return output if output is not None and output.state == "CANCELED" else None


def fail_undriven(store: Documents, run_id: str, why: str, now: float) -> None:
    """End a run that nothing drives, or can, as FAILED, unless it has ended; what it consists of need not be known."""
    reader = EventReader(store, run_id)
    events = reader.read()
    if next((event.state for event in reversed(events) if event.kind == "run-state"), None) in ENDED:
        return
    now = max([now, *(event.time for event in events[-1:])])
    fence = max((event.fence for event in events), default=0) + 1
    ended = RunEvent(kind="run-state", time=now, state="FAILED", why=why)
    EventLog(store, run_id, reader.next, fence).append([ended])


def give_up(
    store: Documents,
    info: RunInfo,
    why: str,
    now: float,
    remove_tasks: Callable[[], None],
    *,
    again_after: int | None = None,
) -> list[RunEvent]:
    """End a run as FAILED for which whoever drives it has not the memory; the caller holds its lease.

    So its log is read batch by batch, and what tasks gave is not kept. An attempt that has ended unseen is told of,
    others are CANCELED and removed before the run ends: where that fails, who calls next does it. Returned is what
    says how tasks and run ended: nothing if that had ended, unless it is to go on `again_after` it was begun so often.
    """
    reader, status = EventReader(store, info.run_id), RunStatus(info.spec)
    while batch := reader.read(upto=reader.next):
        status.apply(event for event in batch if event.kind not in ("task-output", "task-progress"))
    if status.ended and (again_after is None or status.begins > again_after):
        return []
    now = max(now, status.last_time)
    log = EventLog(store, info.run_id, reader.next, status.fence + 1)
    told: list[RunEvent] = []
    for task in status.tasks.values():
        if task.state in ENDED:
            continue
        left = _unseen(store, info, task, adopt=lambda *_: False)
        if left.attempt > task.over:
            end = RunEvent(kind="task-state", time=now, task=task.name, attempt=left.attempt, state="CANCELED", why=why)
            gave = []
            if (output := left.output) is not None:
                gave = [RunEvent(kind="task-output", time=now, task=task.name, attempt=left.attempt, output=output)]
                said = why_it_failed(error_of(output)) if output.state != "SUCCEEDED" else None
                end = msgspec.structs.replace(end, state=output.state, why=said)
            log.append([*gave, end])
            told.append(end)
    remove_tasks()
    told.append(RunEvent(kind="run-state", time=now, state="FAILED", why=why))
    log.append(told[-1:])
    return told


def cancel_abandoned(store: Documents, info: RunInfo, now: float) -> list[RunEvent]:
    """End a run that nobody drives as CANCELED, and return the events that say so; the caller holds its lease."""
    reader, status = EventReader(store, info.run_id), RunStatus(info.spec)
    status.apply(reader.read())
    if status.ended:
        return []
    now = max(now, status.last_time)
    log = EventLog(store, info.run_id, reader.next, status.fence + 1)
    why = "the run was cancelled"
    events: list[RunEvent] = []
    for task in status.tasks.values():
        if task.state not in ENDED:
            left = _left_behind(store, info, task)
            if left is not None:
                events.append(RunEvent(kind="task-output", time=now, task=task.name, attempt=task.attempt, output=left))
            attempt = task.attempt or None
            events.append(
                RunEvent(kind="task-state", time=now, task=task.name, attempt=attempt, state="CANCELED", why=why)
            )
    events.append(RunEvent(kind="run-state", time=now, state="CANCELED", why="it was cancelled while nobody drove it"))
    log.append(events)
    return events
