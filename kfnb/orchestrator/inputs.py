"""Works out what a task is given from what the tasks above it gave: values, session state and files.

Pure; called by the state machine (to see what a skipped step takes with it) and by the loop (to write a task's input).
A task skipped by its condition left everything as it was, so a name, a state or a recorded scalar is then looked for
where that task itself would have taken it from.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import msgspec

from kfnb.spec import Artifact, Blob, ExecutorOutput, FileChange, Task

Tasks = Mapping[str, Task]
Outputs = Mapping[str, ExecutorOutput]
"""What the tasks gave, by name; a task that was skipped has no entry."""


class Lost(Exception):
    """A name that only a skipped step would have produced; `args` are the name and that step."""


def find_producer(tasks: Tasks, name: str, producer: str, is_skipped: Callable[[str], bool]) -> tuple[str | None, str]:
    """Return (the task whose version of `name` is taken, or None if there is none; the last task looked at)."""
    while is_skipped(producer):
        earlier = next((i.producer for i in tasks[producer].inputs if i.name == name), None)
        if earlier is None:
            return None, producer
        producer = earlier
    return producer, producer


def lost_name(task: Task, tasks: Tasks, skipped: Container[str], tagged: Container[str]) -> str | None:
    """Say in words what `task` lacks because a step that a tag put under a condition (`tagged`) was `skipped`."""
    names = [(i.name, i.producer) for i in task.inputs if not i.optional]
    names += list(task.condition.names.items()) if task.condition else []
    for name, producer in names:
        source, last = find_producer(tasks, name, producer, skipped.__contains__)
        if source is None and last in tagged:
            return f"it needs {name!r}, which the skipped step {last!r} would have made"
    return None


def with_files_of(output: ExecutorOutput, elements: Iterable[ExecutorOutput]) -> ExecutorOutput:
    """Return what a fan-out gave together with the files that its elements wrote, in their order."""
    files = [change for element in elements for change in element.files]
    return msgspec.structs.replace(output, files=(*files, *output.files)) if files else output


def resolve_values(task: Task, tasks: Tasks, outputs: Outputs) -> dict[str, Artifact]:
    """Return the artifact of each name that `task` takes in; names that were left unbound are not there."""
    found: dict[str, tuple[str, Artifact]] = {}
    for wanted in task.inputs:
        source, _ = find_producer(tasks, wanted.name, wanted.producer, lambda p: p not in outputs)
        artifact = outputs[source].artifacts.get(wanted.name) if source is not None else None
        if source is not None and artifact is not None:
            found[wanted.name] = (source, artifact)
    company = _company(found)
    return {
        name: _with_company(name, found, company[name], tasks, outputs) if name in company else artifact
        for name, (_, artifact) in found.items()
    }


def _company(found: Mapping[str, tuple[str, Artifact]]) -> dict[str, list[str]]:
    """Return for each name the other names whose groups hold it too, as saved by another task."""
    company: dict[str, list[str]] = {}
    for other, (holder, companion) in found.items():
        for name in companion.group.names if companion.group is not None else ():
            if name != other and name in found and found[name][0] != holder:
                company.setdefault(name, []).append(other)
    return company


def _with_company(
    name: str, found: Mapping[str, tuple[str, Artifact]], company: list[str], tasks: Tasks, outputs: Outputs
) -> Artifact:
    """Return `name` from the group of another input that reaches the same object, if some step saved both together.

    A step that took `model` in and made `optimizer` from it saved them as one group: taking both from there keeps the
    optimizer working on this very model.
    """
    source, artifact = found[name]
    for holder, companion in (found[other] for other in company):
        group = companion.group
        takes = next((i.producer for i in tasks[holder].inputs if i.name == name), None)
        kept = outputs[holder].artifacts.get(name)
        if takes is None or kept is None or kept.group is None or group is None or kept.group.digests != group.digests:
            continue
        if find_producer(tasks, name, takes, lambda p: p not in outputs)[0] == source:
            return kept
    return artifact


def resolve_state(task: Task, tasks: Tasks, outputs: Outputs) -> dict[str, Blob]:
    """Return the session state that `task` continues, by provider; a provider that was not applicable is not there."""
    resolved: dict[str, Blob] = {}
    for wanted in task.state_inputs:
        producer: str | None = wanted.producer
        while producer is not None:
            blob = outputs[producer].state_out.get(wanted.provider) if producer in outputs else None
            if blob is not None:
                resolved[wanted.provider] = blob
                break
            producer = next((s.producer for s in tasks[producer].state_inputs if s.provider == wanted.provider), None)
    return resolved


def resolve_files(task: Task, outputs: Outputs) -> tuple[FileChange, ...]:
    """Return what the ancestors of `task` did to the folder: the last change of each path, in order."""
    changes: dict[str, FileChange] = {}
    for ancestor in task.ancestors:
        if ancestor in outputs:
            for change in outputs[ancestor].files:
                changes.pop(change.path, None)
                changes[change.path] = change
    return tuple(changes.values())


def real_paths(tasks: Tasks, folder: str) -> tuple[str, ...]:
    """Return the paths, relative to `folder`, that some task writes by their absolute names, spelled out in its code.

    An absolute path is the user's own, also where it leads back into the notebook's folder.
    """
    start = folder.rstrip("/") + "/"
    written = {path for task in tasks.values() for path in task.effects.writes}
    return tuple(sorted(p.removeprefix(start) for p in written if p.startswith(start) and "*" not in p))


def resolve_records(task: Task, tasks: Tasks, outputs: Outputs, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the condition of `task` may name: recorded scalars, constants, and the run's `parameters`.

    Raises Lost if a name would only have been made by a task that was skipped.
    """
    condition = task.condition
    if condition is None:
        return {}
    values = {**condition.constants, **{name: parameters[name] for name in condition.parameters if name in parameters}}
    for name, producer in condition.names.items():
        source, last = find_producer(tasks, name, producer, lambda p: p not in outputs)
        if source is None:
            raise Lost(name, last)
        if name in outputs[source].records:
            values[name] = outputs[source].records[name]
    return values
