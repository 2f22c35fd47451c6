"""A run's tasks and results as a person handles them in Python: look and load. Made by the client's `Run`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kfnb.artifacts.store import NOTHING
from kfnb.errors import WrongCall
from kfnb.launcher.points import Series
from kfnb.orchestrator import places
from kfnb.orchestrator.standin import notebook_namespace
from kfnb.spec import Artifact, ExecutorInput, ExecutorOutput, PipelineSpec, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.artifacts.store import Opened, Store
    from kfnb.orchestrator.events import TaskStatus

_input_decoder = msgspec.json.Decoder(ExecutorInput)
_series_decoder = msgspec.json.Decoder(dict[str, Series])


class Origin(Protocol):
    """The run that a task or a result belongs to."""

    @property
    def id(self) -> str:
        """Name of the run."""

    @property
    def spec(self) -> PipelineSpec:
        """Its pipeline."""

    @property
    def store(self) -> Store:
        """Where everything about it is kept."""


class TaskRun:
    """One task of a run, as it was when it was asked for."""

    def __init__(self, run: Origin, status: TaskStatus) -> None:
        self._run = run
        self._status = status

    def __repr__(self) -> str:
        return f"<TaskRun {self.name} {self.state}" + (f": {self.why}>" if self.why else ">")

    @property
    def name(self) -> str:
        """Name of the step."""
        return self._status.name

    @property
    def state(self) -> State:
        """State of the task."""
        return self._status.state

    @property
    def attempt(self) -> int:
        """Number of its last attempt; 0 before the first."""
        return self._status.attempt

    @property
    def cached(self) -> bool:
        """Whether the results were taken from an earlier run."""
        return self._status.cached

    @property
    def started(self) -> float | None:
        """When it began: seconds since the epoch."""
        return self._status.started

    @property
    def finished(self) -> float | None:
        """When it ended: seconds since the epoch."""
        return self._status.finished

    @property
    def why(self) -> str | None:
        """Why it is in this state, where there is something to say."""
        return self._status.why

    @property
    def progress(self) -> dict[str, Any]:
        """What the launcher said last about how far it is."""
        return self._status.progress

    @property
    def owner(self) -> str | None:
        """The fan-out that it is an element of."""
        return self._status.owner

    @property
    def elements(self) -> int | None:
        """How many elements it has, if it is a fan-out and that is known."""
        return self._status.elements

    @property
    def output(self) -> ExecutorOutput | None:
        """Everything it gave, once it is over."""
        return self._status.output

    @property
    def logged(self) -> dict[str, ArtifactHandle]:
        """What its cells logged (`kfnb.log_figure`, `log_table` …), by name."""
        logged = self._status.output.logged if self._status.output is not None else ()
        return {a.name: ArtifactHandle(self._run, self.name, a) for a in logged}

    @property
    def artifacts(self) -> dict[str, ArtifactHandle]:
        """The values that it gave out, by name; `load` of one loads nothing of the others."""
        given = self._status.output.artifacts if self._status.output is not None else {}
        return {name: ArtifactHandle(self._run, self.name, artifact) for name, artifact in given.items()}

    def inputs(self) -> dict[str, Any]:
        """Load exactly what the task was given, parameters too: `globals().update(run.tasks["train"].inputs())`.

        Classes and functions of the notebook come from this session if it is interactive and has them; otherwise the
        notebook's imports and definitions are executed, aside, to get them.
        """
        document = self._input()
        if document is None:
            raise WrongCall(f"Task {self.name!r} of run {self._run.id} was never started, so it has no inputs.")
        return {**document.parameters, **_load(self._run, document.inputs)}

    def outputs(self) -> dict[str, Any]:
        """Load the values that the task gave out, by name."""
        return _load(self._run, self._status.output.artifacts if self._status.output is not None else {})

    def log(self) -> str:
        """Return what its cells printed, as far as it is stored."""
        return (self._run.store.find(self._key("log.txt")) or b"").decode(errors="replace")

    def series(self) -> dict[str, Series]:
        """Return how its metrics went as far as that is stored: nothing where none was logged more than once."""
        if self.output is not None and self.output.series is None:
            return {}
        data = self._run.store.find(self._key("series.json"))
        return _series_decoder.decode(data) if data is not None else {}

    @property
    def metric_series(self) -> dict[str, list[tuple[float, Any]]]:
        """How its metrics went, as (step, value) of each point; while it runs, as far as that is stored."""
        from kfnb.runtime import number_from_json  # as in results.py

        return {
            name: [(step, number_from_json(value)) for step, value in zip(one.steps, one.values, strict=True)]
            for name, one in self.series().items()
        }

    def printed(self) -> Opened:
        """Return what its cells have printed so far as bytes that are read in parts; a new attempt begins anew."""
        return self._run.store.open(self._key("log.txt")) or NOTHING

    def notebook(self) -> dict[str, Any]:
        """Return its executed notebook (nbformat JSON), also of a task that failed or still runs."""
        data = self._run.store.find(self._key("notebook.ipynb"))
        if data is None:
            raise WrongCall(f"Task {self.name!r} of run {self._run.id} has no executed notebook: it is {self.state}.")
        content: dict[str, Any] = json.loads(data)
        return content

    def _input(self) -> ExecutorInput | None:
        data = self._run.store.find(self._key("input.json"))
        return _input_decoder.decode(data) if data is not None else None

    def _key(self, document: str) -> str:
        slug = self._run.spec.task(self.name).slug
        return f"{places.attempt_key(self._run.id, slug, self._status.attempt or 1)}/{document}"


class ArtifactHandle:
    """A named result of a run. Nothing is loaded until `load`."""

    def __init__(self, run: Origin, task: str, artifact: Artifact) -> None:
        self._run = run
        self.task = task
        self.artifact = artifact

    def __repr__(self) -> str:
        return f"<{self.type} {self.name!r} of task {self.task!r}, {self.size} bytes>"

    @property
    def name(self) -> str:
        """Name in the notebook, or the one it was logged under."""
        return self.artifact.name

    @property
    def type(self) -> str:
        """Dataset, Model, Metrics, ClassificationMetrics, HTML, Markdown or Artifact."""
        return self.artifact.type

    @property
    def preview(self) -> dict[str, Any]:
        """What it looks like: safe JSON made when it was saved."""
        return self.artifact.preview

    @property
    def size(self) -> int:
        """Bytes in the store; values that share objects are stored, and counted, together."""
        holder = self.artifact.group or self.artifact.blob
        return holder.size if holder is not None else 0

    def load(self) -> Any:
        """Return the value (of what was logged: text or bytes). See `TaskRun.inputs` about classes of the notebook."""
        if self.artifact.group is None and self.artifact.blob is not None:
            data = self._run.store.get(self.artifact.blob)
            return data.decode() if (self.artifact.media_type or "").startswith("text/") else data
        return _load(self._run, {self.name: self.artifact})[self.name]


def _load(run: Origin, artifacts: Mapping[str, Artifact]) -> dict[str, Any]:
    from kfnb.artifacts.values import load_values  # cloudpickle: 50 ms that looking at runs need not pay

    with notebook_namespace(run.spec) as namespace:
        load_values(run.store, artifacts, namespace)
        loaded = {name: namespace[name] for name in artifacts if name in namespace}
    run.store.verify_pending()
    return loaded
