"""Runs written by code into a real store, event by event, as the orchestrator writes them."""

from __future__ import annotations

from typing import Any

from kfnb.artifacts.store import Store
from kfnb.metadata.projection import Known
from kfnb.orchestrator import places
from kfnb.orchestrator.events import EventLog
from kfnb.orchestrator.listing import read_info
from kfnb.orchestrator.projecting import RunReader
from kfnb.spec import Artifact, Blob, ExecutorOutput, Input, PipelineSpec, RunEvent, RunInfo, State, Task, to_json

SPEC = PipelineSpec(
    name="nb",
    notebook="nb.ipynb",
    notebook_digest="d" * 64,
    tasks=(
        Task(name="load", slug="load", cells=()),
        Task(name="train", slug="train", cells=(), inputs=(Input(name="rows", producer="load"),)),
    ),
)
VERSIONS = {"notebook_digest": "d" * 64, "git": {"commit": "c0ffee", "branch": "main", "tag": "v1", "dirty": False}}


def prepare(store: Store, run_id: str, *, created: float = 1000.0, **more: Any) -> RunInfo:
    """Write down a run that has not begun."""
    info = RunInfo(run_id=run_id, name="nb", spec=SPEC, created=created, **more)
    store.create(places.run_key(run_id, "run.json"), to_json(info))
    return info


def batches(metrics: dict[str, Any] | None = None, end: State = "SUCCEEDED") -> list[list[RunEvent]]:
    """The events of a run from its start to its end, batch by batch."""
    loaded = ExecutorOutput(
        state="SUCCEEDED", artifacts={"rows": Artifact(name="rows", type="Dataset", blob=Blob(digest="a" * 64, size=7))}
    )
    trained = ExecutorOutput(state="SUCCEEDED", metrics=metrics or {}, parameters={"lr": 0.1, "kind": "tree"})

    def task(time: float, name: str, state: State) -> RunEvent:
        return RunEvent(kind="task-state", time=time, task=name, attempt=1, state=state)

    return [
        [RunEvent(kind="run-started", time=1.0, data={"host": "here", "pid": 1, "versions": VERSIONS})],
        [RunEvent(kind="run-state", time=1.0, state="RUNNING"), task(1.0, "load", "RUNNING")],
        [RunEvent(kind="task-output", time=2.0, task="load", output=loaded), task(2.0, "load", "SUCCEEDED")],
        [task(2.0, "train", "RUNNING")],
        [RunEvent(kind="task-output", time=3.0, task="train", output=trained), task(3.0, "train", "SUCCEEDED")],
        [RunEvent(kind="run-state", time=3.0, state=end)],
    ]


def finished(store: Store, run_id: str, metrics: dict[str, Any] | None = None, **more: Any) -> RunInfo:
    """Write a run with all its events."""
    info = prepare(store, run_id, **more)
    log = EventLog(store, run_id)
    for batch in batches(metrics):
        log.append(batch)
    return info


def known(store: Store, run_id: str) -> Known:
    """What the store says about a run."""
    return RunReader(store, read_info(store, run_id)).known()
