"""How a run shows itself in a notebook: a living widget where there is one, and in its place a picture and a table.

`Run` calls this. What a saved notebook keeps is the plain form, as the run was when it ended.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from kfnb import widget
from kfnb.orchestrator.results import iso, metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kfnb.client.run import Run
    from kfnb.orchestrator.events import RunStatus, TaskStatus
    from kfnb.spec import PipelineSpec, Task

LOOKS_EVERY = 0.1
"""Seconds between two looks at a run that another process drives."""
LOOKS_AFAR_UNSEEN_EVERY, LOOKS_AFAR_QUIET_EVERY = 0.5, 1.0
"""The same where each look is a request, no page shows the widget yet, or nothing has come for `QUIET` seconds."""
LOOKS_ENDED_EVERY, LOOKS_AFAR_ENDED_EVERY = 1.0, 5.0
"""The same where the run has ended: it may be resumed."""
QUIET = 1800.0
ASKS_WHO_DRIVES_EVERY = 6.0
"""Seconds without news after which it is asked, again and again, whether anything drives the run any more."""


def picture(run: Run) -> dict[str, str]:
    """Return a run's plain form by MIME type."""
    from kfnb.drawing.run_html import run_bundle  # only needed where a run is displayed

    return run_bundle(run.spec, {**run.to_dict(), "created": iso(run.created)}, name=run.name)


def show(run: Run, now: Callable[[], RunStatus]) -> None:
    """Display a run in the running cell and keep the display up to date; `now` says how the run stands."""
    from kfnb.drawing import live_display  # only needed where a run is displayed

    def live() -> RunDisplay | None:
        return RunDisplay(run, now) if widget.is_watched() else None

    live_display.show(lambda: picture(run), lambda: now().ended, live)


class Pace:
    """How often a run that another process drives is looked at, and whether anything drives it any more.

    `came`: when something came last; `is_interrupted`: what was seen when it was asked last.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._is_here = run.store.local_path("") is not None
        self._batches = run.batches
        self.came = time.monotonic()
        self._asked = self.came  # when it was asked what drives the run, or there was news
        self.is_interrupted = False

    def look(self) -> bool:
        """Read what is new, and say whether there is any: of a run afar one request, of the next batch by name."""
        batches = self._run.batches
        if batches == self._batches:
            return False
        self._batches = batches
        self.hear()
        return True

    def hear(self) -> None:
        """Something came: it is driven."""
        self.came = self._asked = time.monotonic()
        self.is_interrupted = False

    def ask_who_drives(self) -> bool:
        """Ask after a while without news whether anything drives the run; say whether that is otherwise than before."""
        if time.monotonic() - self._asked < ASKS_WHO_DRIVES_EVERY:
            return False
        before, self.is_interrupted = self.is_interrupted, self._run.is_interrupted
        self._asked = time.monotonic()
        return self.is_interrupted != before

    def pause(self, is_seen: bool = True) -> float:
        """Seconds until the next look."""
        if self._run._status.ended:
            return LOOKS_ENDED_EVERY if self._is_here else LOOKS_AFAR_ENDED_EVERY
        if self._is_here:
            return LOOKS_EVERY
        if time.monotonic() - self.came >= QUIET:
            return LOOKS_AFAR_QUIET_EVERY
        return LOOKS_EVERY if is_seen else LOOKS_AFAR_UNSEEN_EVERY


class RunDisplay:
    """A run's widget and what wakes it: each event of a run of this process, or a look at one of another process."""

    def __init__(self, run: Run, now: Callable[[], RunStatus]) -> None:
        from kfnb.widget.run_widget import RunWidget

        self._run, self._now = run, now
        self._news = threading.Event()
        self._pace = Pace(run)
        self._unsubscribe = run.subscribe(lambda _event: self._news.set())
        self._widget = RunWidget(
            graph(run.spec),
            status(run, now()),
            lambda task: run.tasks[task].log(),
            lambda task: results(run, task),
        )

    @property
    def is_seen(self) -> bool:
        """Whether a page shows the widget itself."""
        return bool(self._widget.seen)

    def view(self) -> dict[str, Any]:
        """Return the entry of a display's MIME bundle that shows the widget."""
        return self._widget.view()

    def wait(self) -> bool:
        """Wait for news, a moment long at most, and show them; say whether any can come."""
        found = self._now()  # reads what another process wrote: of a run afar one request, of the next batch by name
        if self._news.wait(self._pace.pause(self.is_seen)):
            self._news.clear()
            self._pace.hear()
            self._widget.status = status(self._run, found)
        if found.ended:
            return False
        self._pace.ask_who_drives()
        return not self._pace.is_interrupted

    def close(self) -> None:
        """Take the widget away: the plain form stands in its place."""
        self._unsubscribe()
        self._widget.close()


def standing(run: Run, *, interrupted: bool) -> dict[str, Any]:
    """Return how a run stands, by the name that its page has for it."""
    return {"status": status(run, run._now(), interrupted=interrupted)}


def graph(spec: PipelineSpec) -> dict[str, Any]:
    """Return a pipeline as the widget draws it."""
    return {
        "name": spec.name,
        "nodes": [
            {"name": task.name, "badges": list(_badges(task)), "isFan": task.fan is not None} for task in spec.tasks
        ],
        "edges": [
            {"source": edge.source, "target": edge.target, "names": list(edge.names), "why": list(edge.why)}
            for edge in spec.edges
        ],
    }


def _badges(task: Task) -> Iterator[str]:
    """What a step asks for beyond a processor: `GPU 1`, whoever makes it."""
    for resource, amount in task.settings.limits.items():
        if "/" in resource:  # a device's: nvidia.com/gpu
            yield f"{resource.rpartition('/')[2].upper()} {amount}"


def status(run: Run, now: RunStatus, *, interrupted: bool = False) -> dict[str, Any]:
    """Return how a run stands as the widget reads it: `RunDocument` of labextension/src/widget/run_view.ts."""
    return {
        "name": run.name,
        "run_id": run.id,
        "state": now.state,
        "interrupted": interrupted,
        "why": now.why,
        "tasks": [_task(task) for task in list(now.tasks.values())],
        "metrics": metrics(now),
    }


def results(run: Run, task: str) -> dict[str, Any]:
    """Return what a task has made so far as the widget draws it: previews of artifacts, and how its metrics went."""
    output = run.tasks[task].output
    made = () if output is None else (*output.logged, *output.artifacts.values())
    return {
        "artifacts": [
            {"name": one.name, "type": one.type, "preview": one.preview}
            for one in made
            if not one.name.startswith("_kfnb_")
        ],
        "series": {
            name: {"steps": one.steps, "values": one.values} for name, one in run.series().get(task, {}).items()
        },
    }


def _task(task: TaskStatus) -> dict[str, Any]:
    progress = {key: task.progress[key] for key in ("cell", "number", "done", "cells") if key in task.progress}
    return {
        "name": task.name,
        "owner": task.owner,
        "elements": task.elements,
        "state": task.state,
        "attempt": task.attempt,
        "failures": task.failures,
        "cached": task.cached,
        "started": task.started,
        "finished": task.finished,
        "why": task.why,
        "progress": progress,
        "output": None,
        "fact": None,
    }
