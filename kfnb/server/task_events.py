"""What happened to a task, in words: the run's events about it and those of its cluster, in one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfnb.errors import ClusterError
from kfnb.orchestrator.results import iso
from kfnb.server.documents import TaskEvent, TaskEvents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.client import Run
    from kfnb.runners.task_objects import ClusterEvent
    from kfnb.spec import RunEvent


def task_events(run: Run, task: str) -> TaskEvents:
    """Return what happened to a task; where its cluster cannot be asked, the run's own events are enough."""
    name = run.task(task).name
    found = [(event.time, told) for event in run.events() if event.task == name for told in _of_run(event)]
    trouble = None
    if run.there is not None:
        try:
            found += [(event.time, _of_cluster(event)) for event in run.cluster_events(name)]
        except ClusterError as error:
            trouble = str(error)
    found.sort(key=lambda each: each[0])
    return TaskEvents(events=tuple(told for _, told in found), trouble=trouble)


def _of_run(event: RunEvent) -> Iterator[TaskEvent]:
    """Yield an event as it is told: how far the cells are is in the graph, and what was given out in the results."""
    if event.kind == "task-state" and event.state is not None:
        words = [event.state.lower() + (" from the cache" if event.cached else "")]
        words += [f"attempt {event.attempt}"] if event.attempt else []
        text = ", ".join(words) + (f": {event.why}" if event.why else "")
    elif event.kind == "task-expanded":
        text = f"{event.data.get('count')} elements"
    else:
        return
    yield TaskEvent(time=iso(event.time) or "", source="run", text=text, warning=event.state == "FAILED")


def _of_cluster(event: ClusterEvent) -> TaskEvent:
    return TaskEvent(
        time=iso(event.time) or "",
        source="cluster",
        text=f"{event.reason}: {event.message}" if event.reason else event.message,
        about=event.about,
        warning=event.is_warning,
        count=event.times,
    )
