"""Compares what a task did with what the graph said it would do; called by body.py once the body has run.

What differs and matters to a later task stops the run with a finding and, where one helps, a learned fact: a tag for
the step (semantics, section 4 and 5).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kfnb.errors import Diagnostic, Fix
from kfnb.spec import Artifact, ExecutorInput, Task, TaskError, ValueGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATE_CODES = {
    "random": "KF382",
    "numpy.random": "KF382",
    "torch.random": "KF382",
    "cwd": "KF383",
    "environ": "KF384",
    "sys.path": "KF385",
}
_STATE_WORDS = {
    "random": "drew from Python's global random numbers",
    "numpy.random": "drew from NumPy's global random numbers",
    "torch.random": "drew from Torch's global random numbers",
    "cwd": "changed the working directory",
    "environ": "changed environment variables",
    "sys.path": "changed sys.path",
}


class Loaded(Protocol):
    """Values that were loaded, as artifacts.values keeps them."""

    def changed(self, namespace: dict[str, Any], names: list[str]) -> tuple[str, ...]:
        """Return the names whose values were changed in place since loading."""

    def changed_mates(self, namespace: dict[str, Any], group: ValueGroup, names: list[str]) -> tuple[str, ...]:
        """Return those of the other names of a loaded group whose values were changed in place since loading."""


def finding(
    given: ExecutorInput,
    code: str,
    message: str,
    *,
    fix: Fix | None = None,
    fact: str | None = None,
    cell: str | None = None,
    step: str | None = None,
) -> TaskError:
    """Return the error of a task that kfnb stops, with its diagnostic."""
    cell = cell if cell is not None else _own_cell(given.task)
    diagnostic = Diagnostic(code, "error", message, given.notebook_name, cell, fix=fix)
    return TaskError(
        message=message,
        code=code,
        cell=cell,
        diagnostic=diagnostic,
        fact=fact,
        fact_cell=cell if fact and step is None else None,
        fact_step=step,
    )


def _own_cell(task: Task) -> str | None:
    own = [cell.id for cell in task.cells if cell.role == "body"] or [cell.id for cell in task.cells]
    return own[0] if own else None


def check_inputs(given: ExecutorInput, loaded: Loaded | None, namespace: dict[str, Any]) -> TaskError | None:
    """Stop the run if an input changed in place that the graph said this task only reads."""
    names = [i.name for i in given.task.inputs if i.guard and i.name in given.inputs]
    if loaded is None or not names:
        return None
    changed = loaded.changed(namespace, names)
    if not changed:
        return None
    name = changed[0]
    what = f"{name!r}" if len(changed) == 1 else ", ".join(map(repr, changed))
    return finding(
        given,
        "KF380",
        f"Step {given.task.name!r} changed {what} in place, which only its code at run time shows, "
        f"and a later step reads {name!r} as it was before: by hand it would see the change.",
        fix=Fix(
            f"tag the step `changes:{name}` (kfnb run --remember does), or work on a copy of {name!r} in it",
            add_tags=(f"changes:{name}",),
        ),
        fact=f"changes:{name}",
    )


def check_mates(given: ExecutorInput, loaded: Loaded | None, namespace: dict[str, Any]) -> TaskError | None:
    """Stop the run if a change reached a name saved in one group with an input, and a later task reads that name from
    elsewhere: by hand it would see the change.
    """
    if loaded is None:
        return None
    for taken in given.task.inputs:
        artifact = given.inputs.get(taken.name)
        if not taken.mates or artifact is None or artifact.group is None:
            continue
        changed = loaded.changed_mates(namespace, artifact.group, [n for n in artifact.group.names if n in taken.mates])
        if changed:
            return finding(
                given,
                "KF387",
                f"Step {given.task.name!r} changed {changed[0]!r} through {taken.name!r}: since {taken.producer!r} "
                f"they share an object, which its code does not show, and a later step reads {changed[0]!r} as it was.",
                fix=Fix(f"tag step {taken.producer!r} `changes:{changed[0]}`, or copy there what makes {taken.name!r}"),
                fact=f"changes:{changed[0]}",
                step=taken.producer,
            )
    return None


def check_sharing(given: ExecutorInput, artifacts: Mapping[str, Artifact]) -> TaskError | None:
    """Stop the run if an output shares an object with an input, unforeseen, and a later change would be lost."""
    task = given.task
    for source, output in task.clashes:
        artifact = artifacts.get(output)
        if artifact is not None and artifact.group is not None and source in artifact.group.names:
            return finding(
                given,
                "KF381",
                f"After step {task.name!r}, {output!r} and {source!r} share an object, as its code does not show; "
                f"a later step changes {source!r} in place, and {output!r} would not see it.",
                fix=Fix(f"tag the step `changes:{source}` (kfnb run --remember does), or copy {source!r} in it"),
                fact=f"changes:{source}",
            )
    return None


def check_state(
    given: ExecutorInput, before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]
) -> TaskError | None:
    """Stop the run if the task changed session state that a later task takes from elsewhere."""
    for provider in given.task.state_watch:
        if before.get(provider) is None or before[provider] == after.get(provider):
            continue
        random = provider.endswith("random")
        return finding(
            given,
            _STATE_CODES[provider],
            f"Step {given.task.name!r} {_STATE_WORDS[provider]}, which its code does not show, "
            "and a later step goes on from the state before: by hand it would see the change.",
            fix=Fix(
                "tag the step `draws` (kfnb run --remember does), or give it a generator of its own (random_state=…)"
                if random
                else "do this at the top of a cell of its own, where it can be seen, or put both cells into one step",
                add_tags=("draws",) if random else (),
            ),
            fact="draws" if random else None,
        )
    return None


def record_scalars(given: ExecutorInput, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that conditions of later tasks need, exactly as JSON holds them.

    What JSON cannot hold is left out: a plain `if` then decides itself, while running.
    """
    records: dict[str, Any] = {}
    for name in given.task.records:
        value = plain(namespace.get(name, ...))
        try:
            exact = _is_json(value) and msgspec.json.decode(msgspec.json.encode(value)) == value
        except (OverflowError, RecursionError, msgspec.MsgspecError):
            exact = False
        if exact:
            records[name] = value
    return records


def plain(value: Any) -> Any:
    """Return a NumPy scalar as Python's own number where arithmetic on that is the same; anything else as it is.

    Numbers of fewer than 64 bits stay: NumPy compares and computes in their precision.
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        kind, size = value.dtype.kind, value.dtype.itemsize
        return value.item() if kind in "bU" or (kind in "iuf" and size == 8) else value
    return value


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(type(key) is str and _is_json(item) for key, item in value.items())
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, str)
