"""A run in a folder of its own, driven by the loop with real processes, for the tests of this folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from process_runner import ProcessRunner

from kfnb.artifacts.store import Store
from kfnb.orchestrator.events import EventReader, RunStatus
from kfnb.orchestrator.lease import Holder, Lease
from kfnb.orchestrator.loop import Loop
from kfnb.spec import Cell, PipelineSpec, RunEvent, RunInfo, Task


class Place:
    """The run `r1` of `spec` in `folder`; further objects for the same folder are further processes of it."""

    def __init__(
        self,
        folder: Path,
        spec: PipelineSpec,
        max_parallel: int = 2,
        *,
        again: bool = False,
        restarted: bool = False,
        lease: Holder | None = None,
        runner: ProcessRunner | None = None,
        clock: Callable[[], float] = time.time,
        shipped: str | None = None,
    ) -> None:
        self.folder = folder
        self.spec = spec
        self.store = Store(str(folder / "store"))
        self.runner = runner or ProcessRunner()
        self.events: list[RunEvent] = []
        self.seen = threading.Condition()
        options = {"max_parallel": max_parallel}
        info = RunInfo(run_id="r1", name="r", spec=spec, folder=str(folder), options=options, shipped=shipped)
        self.loop = Loop(
            info,
            self.store,
            self.runner,
            root=str(folder / "store"),
            scratch=folder / "scratch",
            lease=lease or Lease(folder / "lease"),
            again=again,
            restarted=restarted,
            on_events=self._take,
            clock=clock,
        )

    def _take(self, events: list[RunEvent]) -> None:
        with self.seen:
            self.events += events
            self.seen.notify_all()

    def wait_for(self, condition: Callable[[RunEvent], bool]) -> None:
        """Wait for an event."""
        with self.seen:
            assert self.seen.wait_for(lambda: any(condition(e) for e in self.events), 30)

    def status(self) -> RunStatus:
        """What another process reads from the store."""
        status = RunStatus(self.spec)
        status.apply(EventReader(self.store, "r1").read())
        return status

    def states(self) -> dict[str, str]:
        """State of each task as another process reads it."""
        return {name: task.state for name, task in self.status().tasks.items()}


def with_source(spec: PipelineSpec, **sources: str) -> PipelineSpec:
    """The pipeline with code in its tasks."""
    tasks: list[Task] = []
    for task in spec.tasks:
        cell = Cell(id=f"cell-{task.name}", index=0, source=sources.get(task.name, "pass"), ordinal=1)
        tasks.append(type(task)(**{f: getattr(task, f) for f in task.__struct_fields__} | {"cells": (cell,)}))
    return PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="", tasks=tuple(tasks))


def running(task: str) -> Callable[[RunEvent], bool]:
    """Whether an event says that `task` runs."""
    return lambda event: event.task == task and event.state == "RUNNING"
