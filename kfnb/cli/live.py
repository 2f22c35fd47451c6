"""A run while it runs: a live table in a terminal, a line a change anywhere else; all on stderr.

`run` makes a Watcher, gives its `on_event` to the client, and wraps the waiting in `watching`.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from kfnb.cli.output import coloured
from kfnb.drawing.run_html import show_duration, show_number
from kfnb.drawing.states import look
from kfnb.orchestrator.events import RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from kfnb.orchestrator.events import TaskStatus
    from kfnb.spec import PipelineSpec, RunEvent

TAIL_LINES = 3
NOTES = 5
REFRESHES_PER_SECOND = 5


class Watcher:
    """What the events of a run say so far; prints a line a change where stderr is no terminal."""

    def __init__(self) -> None:
        self.early: list[RunEvent] = []
        self.status: RunStatus | None = None
        self.tails: dict[str, list[str]] = {}
        self.plain = not sys.stderr.isatty()
        self._lock = threading.Lock()

    def on_event(self, event: RunEvent) -> None:
        """Take in one event; called from the thread that runs the tasks."""
        with self._lock:
            if self.status is None:
                self.early.append(event)
            else:
                self._apply(event)

    def begin(self, spec: PipelineSpec, earlier: Sequence[RunEvent] = ()) -> None:
        """Name the tasks, and take in what came before they were known; `earlier` events are no news to anyone."""
        with self._lock:
            self.status = RunStatus(spec)
            self.status.apply(earlier)
            for event in self.early:
                self._apply(event)

    def _apply(self, event: RunEvent) -> None:
        assert self.status is not None
        self.status.apply([event])
        if event.task is None:
            return
        printed = event.data.get("log") if event.kind == "task-progress" else None
        if isinstance(printed, str):
            self.tails[event.task] = [*self.tails.get(event.task, []), *printed.splitlines()][-TAIL_LINES:]
        if self.plain and event.kind == "task-state":
            task = self.status.tasks[event.task]
            if task.owner is None or event.state == "FAILED" or event.why is not None:
                print(plain_line(task), file=sys.stderr, flush=True)


def plain_line(task: TaskStatus) -> str:
    """Return one line about a task that has changed its state."""
    parts = [f"{task.name}: {look(task.state, cached=task.cached).word}"]
    if task.started and task.finished:
        parts.append(show_duration(task.finished - task.started))
    if task.output is not None and task.output.metrics:
        parts.append(" ".join(f"{name}={show_number(value)}" for name, value in task.output.metrics.items()))
    if task.why:
        parts.append(task.why)
    return "  ".join(parts)


@contextlib.contextmanager
def watching(watcher: Watcher, spec: PipelineSpec, earlier: Sequence[RunEvent] = ()) -> Iterator[None]:
    """Show the run until the block ends. `earlier`: events of it before the watcher heard any."""
    watcher.begin(spec, earlier)
    if watcher.plain:
        yield
        return
    from rich.console import Console  # 70 ms that only a terminal needs
    from rich.live import Live

    console = Console(stderr=True, no_color=not coloured(sys.stderr), highlight=False)

    def table() -> RenderableType:
        return live_table(watcher, time.time())

    with Live(get_renderable=table, console=console, refresh_per_second=REFRESHES_PER_SECOND) as live:
        yield
        live.refresh()


def live_table(watcher: Watcher, now: float) -> RenderableType:
    """Return the tasks as they are at `now`: state, time, cells done, metrics, what is printed; and why some wait."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("task", "state", "time", "cells", "metrics"):
        table.add_column(head, no_wrap=head != "metrics", header_style="dim")
    assert watcher.status is not None
    done = elements_done(watcher.status)
    for task in watcher.status.tasks.values():
        if task.owner is not None and task.state in ("PENDING", "SUCCEEDED", "CANCELED"):
            continue  # counted at its fan-out
        seen = look(task.state, cached=task.cached)
        seconds = (task.finished or now) - task.started if task.started else None
        table.add_row(
            Text(task.name),
            Text(f"{seen.icon} {seen.word}", style=seen.terminal),
            Text(show_duration(seconds) if seconds is not None else ""),
            Text(f"{done[task.name]}/{task.elements}" if task.elements is not None else cells_done(task)),
            Text(_metrics(task)),
        )
        if task.state == "RUNNING":
            for line in watcher.tails.get(task.name, ()):
                table.add_row("", Text(line[:200], style="dim", overflow="ellipsis"))
    return Group(table, *(Text(note, style="dim") for note in waiting_notes(watcher.status)))


def waiting_notes(status: RunStatus) -> list[str]:
    """Say why tasks wait that could run: for another run, for their next attempt, for what a cluster lacks.

    One line a reason, with the names of the first tasks that it holds for, and at most NOTES lines.
    """
    whys: dict[str, list[str]] = {}
    for task in status.tasks.values():
        if task.state == "PENDING" and task.why:
            whys.setdefault(task.why, []).append(task.name)
    notes = []
    for why, names in list(whys.items())[:NOTES]:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        notes.append(f"{', '.join(names[:3])}{more}: {why}")
    return notes


def elements_done(status: RunStatus) -> Counter[str]:
    """Return how many elements of each fan-out have succeeded."""
    return Counter(t.owner for t in status.tasks.values() if t.owner is not None and t.state == "SUCCEEDED")


def cells_done(task: TaskStatus) -> str:
    """Return how many of a task's cells are done, where the launcher has said so."""
    done, total = task.progress.get("done"), task.progress.get("cells")
    if isinstance(done, int) and isinstance(total, int) and total:
        return f"{done}/{total}"
    return ""


def _metrics(task: TaskStatus) -> str:
    found: dict[str, Any] = task.output.metrics if task.output is not None else {}
    return "  ".join(f"{name}={show_number(value)}" for name, value in found.items())
