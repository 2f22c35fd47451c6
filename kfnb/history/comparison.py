"""What differs between runs: parameters, metrics, versions and code cells. Read from the store, where the truth is."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from kfnb.errors import StoreError
from kfnb.orchestrator import places
from kfnb.orchestrator.results import iso
from kfnb.runtime import json_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kfnb.client import Run

CONTEXT = 1
"""Lines of a cell that are shown around a difference."""


def compare(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the document of `kfnb compare --json`: values in the order of `runs`, cells against the first run.

    A value that a run does not have is None, and missing from its `present`.
    """
    first, *others = runs
    cells = {run.id: _code_cells(run) for run in runs}
    return {
        "runs": [_comparand(run) for run in runs],
        "parameters": _side_by_side([_parameters(run) for run in runs]),
        "metrics": _side_by_side([_metrics(run) for run in runs]),
        "versions": _side_by_side([_versions(run) for run in runs]),
        "cells": [
            {"run_id": other.id, "against": first.id, **found}
            for other in others
            for found in _differing_cells(cells[first.id], cells[other.id])
        ],
    }


def _comparand(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "name": run.name,
        "state": run.state,
        "interrupted": run.is_interrupted,
        "created": iso(run.created),
    }


def _parameters(run: Run) -> dict[str, Any]:
    logged = {
        f"{name}.{key}": value
        for name, task in run.tasks.items()
        if task.output is not None
        for key, value in task.output.parameters.items()
    }
    return {**run.info.parameters, **logged}


def _metrics(run: Run) -> dict[str, Any]:
    return {f"{task}.{name}": json_number(v) for task, values in run.metrics.items() for name, v in values.items()}


def _versions(run: Run) -> dict[str, Any]:
    git: Any = run.info.versions.get("git") or {}
    return {"notebook_digest": run.spec.notebook_digest, **{f"git.{name}": value for name, value in git.items()}}


def _side_by_side(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for values in found for name in values)
    return [
        {
            "name": name,
            "values": [values.get(name) for values in found],
            "present": [name in values for values in found],
            "differs": len({json.dumps(values.get(name, ...), sort_keys=True, default=repr) for values in found}) > 1,
        }
        for name in names
    ]


# ------------------------------------------------------------------------------------------------------------- cells


def _code_cells(run: Run) -> dict[str, list[str]]:
    """Return the tags (as one comment line) and the lines of every code cell of the notebook that was run."""
    try:
        notebook = json.loads(run.store.read(places.run_key(run.id, "notebook.ipynb")))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The notebook of run {run.id} cannot be read: {error!r}.") from None
    return {cell.get("id") or f"[{number}]": _lines(cell) for number, cell in enumerate(cells, 1)}


def _lines(cell: Mapping[str, Any]) -> list[str]:
    source = cell.get("source", "")
    tags = (cell.get("metadata") or {}).get("tags") or []
    text = source if isinstance(source, str) else "".join(source)
    return [*([f"# tags: {', '.join(map(str, tags))}"] if tags else []), *text.splitlines()]


def _differing_cells(old: dict[str, list[str]], new: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    if not old.keys() & new.keys():  # ids made anew, as some editors do: then by place
        old = dict(zip(map(str, range(1, len(old) + 1)), old.values(), strict=True))
        new = dict(zip(map(str, range(1, len(new) + 1)), new.values(), strict=True))
    for cell in dict.fromkeys([*old, *new]):
        before, after = old.get(cell), new.get(cell)
        if before != after:
            kind = "added" if before is None else "removed" if after is None else "changed"
            diff = difflib.unified_diff(before or [], after or [], lineterm="", n=CONTEXT)
            yield {"cell": cell, "kind": kind, "diff": "\n".join(list(diff)[2:])}
