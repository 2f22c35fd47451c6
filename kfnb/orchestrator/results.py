"""What a run gave, read from its events and the store: outputs by cell, files, its JSON. Called by the client."""

from __future__ import annotations

import contextlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from kfnb.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfnb.orchestrator.events import RunStatus, TaskStatus
    from kfnb.spec import Blob, FileChange, PipelineSpec


class Documents(Protocol):
    """What is needed of a store."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def fetch(self, blob: Blob, path: Path) -> None:
        """Write the bytes of a blob to a file."""


def stands(task: TaskStatus) -> bool:
    """Say whether what a task gave is part of the run's result: not if it turned out later not to stand."""
    output = task.output
    return output is not None and (task.state == output.state or task.state == "SUCCEEDED")


def run_document(run_id: str, status: RunStatus) -> dict[str, Any]:
    """Return the JSON that `kfnb run --json` and `kfnb show --json` print."""
    return {
        "run_id": run_id,
        "state": status.state,
        "why": status.why,
        "metrics": metrics(status),
        "tasks": {
            name: {
                "state": task.state,
                "cached": task.cached,
                "started": iso(task.started),
                "finished": iso(task.finished),
                "why": task.why,
            }
            for name, task in status.tasks.items()
        },
    }


def metrics(status: RunStatus) -> dict[str, dict[str, Any]]:
    """Return the metrics of each task that has any; NaN and infinities as the words that JSON can hold."""
    from kfnb.runtime import json_number  # 5 ms that a run does not pay before its tasks start

    found: dict[str, dict[str, Any]] = {}
    for name, task in status.tasks.items():
        if task.output is not None and task.output.metrics and stands(task):
            found[name] = {key: json_number(value) for key, value in task.output.metrics.items()}
    return found


def metric_numbers(status: RunStatus) -> dict[str, dict[str, Any]]:
    """Return the metrics of each task that has any as Python's numbers."""
    from kfnb.runtime import number_from_json  # see above

    outputs = {name: task.output for name, task in status.tasks.items() if task.output is not None and stands(task)}
    return {
        name: {key: number_from_json(value) for key, value in output.metrics.items()}
        for name, output in outputs.items()
        if output.metrics
    }


def iso(seconds: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


class CellOutputs(NamedTuple):
    """What one cell showed, and the execution count it got (None: it did not run)."""

    outputs: list[dict[str, Any]]
    execution_count: int | None


def outputs_by_cell(store: Documents, spec: PipelineSpec, status: RunStatus) -> dict[str, CellOutputs]:
    """Return what every cell of the pipeline showed, by cell id; nothing for a cell that did not run."""
    found: dict[str, list[CellOutputs]] = {}
    for name, seen in status.tasks.items():
        task, output = spec.task(name), seen.output
        executed: dict[str, Any] = {}
        if output is not None and output.notebook is not None:
            executed = {cell.get("id"): cell for cell in json.loads(store.read(output.notebook))["cells"]}
        for cell in task.cells:
            done = executed.get(cell.id, {})
            shown = CellOutputs(done.get("outputs", []), done.get("execution_count"))
            found.setdefault(cell.id, []).append(shown)
    return {cell: _joined(shown) for cell, shown in found.items()}


def write_outputs(store: Documents, spec: PipelineSpec, status: RunStatus, path: Path) -> None:
    """Put the outputs of every cell of a run under it in the notebook at `path`; its code stays as it is."""
    from kfnb.notebook.writer import outputs_into, write_notebook  # only needed here

    content = read_notebook(path)
    found = outputs_by_cell(store, spec, status)
    new = outputs_into(
        content,
        {cell: done.outputs for cell, done in found.items()},
        [cell for task in spec.tasks for cell in task.cells],
        {cell: done.execution_count for cell, done in found.items()},
    )
    write_notebook(path, new)


def _joined(shown: list[CellOutputs]) -> CellOutputs:
    """Return what tasks showed under one cell (a fan-out's elements), texts of one stream as one."""
    if len(shown) == 1:
        return shown[0]
    outputs: list[dict[str, Any]] = []
    for output in (output for one in shown for output in one.outputs):
        last = outputs[-1] if outputs else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            last["text"].append("".join(output["text"]))
        elif output["output_type"] == "stream":
            outputs.append({**output, "text": ["".join(output["text"])]})
        else:
            outputs.append(output)
    for output in outputs:
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"])
    return CellOutputs(outputs, next((one.execution_count for one in reversed(shown) if one.execution_count), None))


def facts(status: RunStatus) -> dict[str, tuple[str, str]]:
    """Return what was learned about the notebook: for each task that stopped with a fact, (cell, tag)."""
    return {name: task.fact for name, task in status.tasks.items() if task.fact is not None}


def remember(path: Path, learned: dict[str, tuple[str, str]]) -> None:
    """Write `learned` facts as tags into the notebook at `path`."""
    from kfnb.notebook.writer import add_tags, write_notebook  # only needed here

    if learned:
        content = read_notebook(path)
        for cell, tag in learned.values():
            content = add_tags(content, cell, [tag])
        write_notebook(path, content)


def read_notebook(path: Path) -> dict[str, Any]:
    """Return the JSON of the notebook at `path`; OutsideError if it cannot be read or is none."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except OSError as error:
        raise OutsideError(f"The notebook {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise OutsideError(f"{path} is not a notebook: {error}.") from None
    return content


def written_files(status: RunStatus) -> list[FileChange]:
    """Return what the run did to the folder: the last change of each path, in notebook order of these changes."""
    changes: dict[str, FileChange] = {}
    for seen in status.tasks.values():
        if seen.output is not None and seen.state == "SUCCEEDED":
            for change in seen.output.files:
                changes.pop(change.path, None)
                changes[change.path] = change
    return list(changes.values())


def apply_files(store: Documents, changes: Iterable[FileChange], folder: Path) -> list[str]:
    """Do to `folder` what the run did to its private view; return the paths written or removed."""
    done: list[str] = []
    for change in changes:
        parts = PurePosixPath(change.path)
        if parts.is_absolute() or ".." in parts.parts:
            raise OutsideError(
                f"The run names a file outside its folder ({change.path}); its record cannot be trusted."
            )
        try:
            _apply(store, change, folder / change.path)
        except OSError as error:
            raise OutsideError(f"{folder / change.path} cannot be written: {error.strerror or error}.") from None
        done.append(change.path)
    return done


def _apply(store: Documents, change: FileChange, target: Path) -> None:
    is_folder = target.is_dir() and not target.is_symlink()
    if is_folder and change.kind == "directory":
        return
    if is_folder:
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    if change.kind == "removed":
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if change.kind == "directory":
        target.mkdir()
    elif change.kind == "link":
        target.symlink_to(change.target or "")
    elif change.blob is not None:
        store.fetch(change.blob, target)
        with contextlib.suppress(OSError):
            target.chmod(change.mode)
