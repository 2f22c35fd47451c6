"""The log of a run: what happened, appended to the store batch by batch, and what it says about the run now.

The loop appends; the client reads, from the same process or another one, while the run lives or long after. A batch is
one object with a number, created only if it is not there yet, so two writers can never both write the same one.
"""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kfnb.errors import Fenced, StoreError
from kfnb.orchestrator.places import run_key
from kfnb.spec import ExecutorOutput, PipelineSpec, RunEvent, State, element_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[RunEvent])

ENDED: frozenset[State] = frozenset({"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"})
"""States in which nothing more happens."""
_PROGRESS_EVERY = 1.0
"""Seconds between two batches of progress alone."""


class Documents(Protocol):
    """What the log needs of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none under this key; say whether it was written."""

    def exists(self, key: str) -> bool:
        """Say whether there is a document under this key."""


class Findable(Protocol):
    """What reading the log needs of a store."""

    def find(self, key: str) -> bytes | None:
        """Return a document; None if there is none."""


def batch_key(run_id: str, number: int) -> str:
    """Return the key of batch `number` (from 1) of a run's log."""
    return run_key(run_id, "events", f"{number:08d}.json")


class EventLog:
    """The writing end. One at a time: a second writer is found out at its first batch.

    `number` is that of the first batch to write, `fence` the token that every event of this writer carries.
    """

    def __init__(self, store: Documents, run_id: str, number: int = 1, fence: int = 1) -> None:
        self._store = store
        self._run_id = run_id
        self._next = number
        self._fence = fence

    def append(self, events: Sequence[RunEvent]) -> None:
        """Write a batch; Fenced if another process has written under this number."""
        if not events:
            return
        if self._next > 1 and not self._store.exists(batch_key(self._run_id, self._next - 1)):
            raise StoreError(
                f"The log of run {self._run_id} is no longer in the store: batch {self._next - 1} is gone. "
                "Something removed it; the run stops."
            )
        fenced = [msgspec.structs.replace(event, fence=self._fence) for event in events]
        if not self._store.create(batch_key(self._run_id, self._next), _encoder.encode(fenced)):
            raise Fenced(
                f"Another process writes the log of run {self._run_id}: batch {self._next} is there already. "
                "This one stops; look at the run with `kfnb show`."
            )
        self._next += 1


class Unwritten:
    """Events that are not in the log yet, in the order in which they happened; of progress the last of each attempt.

    Progress alone makes at most one batch a second. `clock`: one that is never set.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._events: dict[tuple[str | None, int | None], RunEvent] = {}
        self._count = itertools.count()
        self._urgent = False
        self._taken = 0.0

    def add(self, event: RunEvent) -> None:
        """Keep an event until it is written."""
        is_progress = event.kind == "task-progress"
        key = (event.task, event.attempt) if is_progress else (None, next(self._count))
        self._events.pop(key, None)  # what is said anew takes its place in line anew
        self._events[key] = event
        self._urgent = self._urgent or not is_progress

    def take(self) -> list[RunEvent]:
        """Return what is to be written now."""
        if not self._urgent and self._clock() - self._taken < _PROGRESS_EVERY:
            return []
        events, self._events = list(self._events.values()), {}
        if events:
            self._urgent, self._taken = False, self._clock()
        return events


class EventReader:
    """The reading end: each call of `read` returns the batches that have come since the last one.

    `after`: number of the last batch that the caller knows already.
    """

    def __init__(self, store: Findable, run_id: str, after: int = 0) -> None:
        self._store = store
        self._run_id = run_id
        self._next = after + 1

    @property
    def next(self) -> int:
        """Number of the first batch that has not been read."""
        return self._next

    def read(self, upto: int | None = None) -> list[RunEvent]:
        """Return the events that are new since the last call, in order; no batch after number `upto` is asked for."""
        found: list[RunEvent] = []
        while upto is None or self._next <= upto:
            data = self._store.find(batch_key(self._run_id, self._next))
            if data is None:
                break
            found += _decoder.decode(data)
            self._next += 1
        return found


class TaskStatus:
    """What the log says about one task. Times are seconds since the epoch."""

    __slots__ = (
        "attempt",
        "cached",
        "elements",
        "fact",
        "failures",
        "finished",
        "name",
        "output",
        "over",
        "owner",
        "progress",
        "started",
        "state",
        "why",
    )

    def __init__(self, name: str, owner: str | None = None) -> None:
        self.name = name
        self.owner = owner  # the fan-out that it is an element of
        self.elements: int | None = None  # how many elements it has, if it is a fan-out and that is known
        self.state: State = "PENDING"
        self.attempt = 0
        self.over = 0  # the last attempt of which the end was seen, and after which another one was to start
        self.failures = 0  # attempts that failed and were to be repeated
        self.cached = False
        self.started: float | None = None
        self.finished: float | None = None
        self.why: str | None = None
        self.progress: dict[str, Any] = {}
        self.output: ExecutorOutput | None = None
        self.fact: tuple[str, str] | None = None  # (cell, tag) that was learned


class RunStatus:
    """What the log says about a run: its own state and that of each task, in notebook order."""

    def __init__(self, spec: PipelineSpec) -> None:
        self.state: State = "PENDING"
        self.why: str | None = None
        self.started: float | None = None
        self.finished: float | None = None
        self.fence = 0
        self.begins = 0  # how often it was begun or taken up
        self.last_time = 0.0
        self.host: str | None = None  # the machine on which its process ran last
        self.retried: str | None = None  # the task for which alone it was taken up last
        self.versions: dict[str, Any] = {}  # what it ran: the notebook's digest, and what git said
        self.answered: set[str] = set()  # names of requests
        self.tasks = {task.name: TaskStatus(task.name) for task in spec.tasks}

    @property
    def ended(self) -> bool:
        """Say whether nothing more will happen."""
        return self.state in ENDED

    def apply(self, events: Iterable[RunEvent]) -> None:
        """Take in events in the order in which they happened."""
        for event in events:
            self.fence = max(self.fence, event.fence)
            self.last_time = max(self.last_time, event.time)
            if event.kind in ("run-started", "run-resumed"):
                self.begins += 1
                self.started = self.started or event.time
                self.host = event.data.get("host")
                self.retried = event.data.get("retried")
                self.versions = event.data.get("versions") or self.versions
            elif event.kind == "task-expanded" and event.task is not None:
                self._expand(event.task, event.data["count"])
            elif event.kind == "request":
                self.answered.add(event.data["request"])
            elif event.kind == "run-state" and event.state is not None:
                self.state, self.why = event.state, event.why
                self.finished = event.time if event.state in ENDED else None
            elif event.task in self.tasks:
                self._apply_to_task(self.tasks[event.task], event)

    def _expand(self, owner: str, count: int) -> None:
        """Give each element of a fan-out a status of its own, in front of that of the task that puts them together."""
        if element_name(owner, 0) in self.tasks or owner not in self.tasks:
            return
        after: dict[str, TaskStatus] = {}
        for name, task in self.tasks.items():
            if name == owner:
                for number in range(count):
                    after[element_name(owner, number)] = TaskStatus(element_name(owner, number), owner)
            after[name] = task
        self.tasks[owner].elements = count
        self.tasks = after

    def _apply_to_task(self, task: TaskStatus, event: RunEvent) -> None:
        if event.kind == "task-progress":
            task.progress = event.data
        elif event.kind == "task-output":
            task.output = event.output
        elif event.kind == "task-state" and event.state is not None:
            task.state, task.why, task.cached = event.state, event.why, event.cached
            task.attempt = event.attempt or task.attempt
            if event.data.get("cell") is not None and "fact" in event.data:
                task.fact = (event.data["cell"], event.data["fact"])
            if event.state == "PENDING":
                task.started = task.finished = task.output = task.fact = None
                task.progress = {}
                if "failures" in event.data:  # it starts again; else the attempt has been started, and waits
                    task.over, task.failures = task.attempt, event.data["failures"]
            elif event.state == "RUNNING":
                task.started, task.finished = event.time, None
            elif event.state in ENDED and task.started is not None and task.finished is None:
                task.finished = event.time
