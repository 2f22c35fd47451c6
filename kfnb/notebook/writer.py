"""Writes notebooks: a task as a notebook of its own, outputs back under their cells, tags, files.

The launcher calls `component_notebook`; the client `outputs_into`, `add_tags` and `write_notebook`.
Responsible for changing nothing but what it is asked to: a Git diff shows outputs, or tags, and no more.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.errors import OutsideError, WrongCall
from kfnb.notebook.reader import cell_ids, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kfnb.spec import Cell, Setup, Task

SETUP_TAG = "kfnb-setup"
"""Tag of the cell that holds what a task needs of other cells; it runs silently and is not counted."""

INJECTED_TAG = "injected-parameters"
"""papermill's tag for the cell that sets parameters."""

Content = dict[str, Any]


# ------------------------------------------------------------------------------------- a task as a notebook of its own


def component_notebook(task: Task, parameters: Mapping[str, Any] | None = None, kernel: str = "python3") -> Content:
    """Return a notebook (nbformat 4.5 JSON) that does what `task` does, and runs by itself as far as its inputs allow.

    A setup cell comes first (none if nothing is needed), then the task's cells with their ids and tags, and after the
    parameters cell, as papermill does, or before all others where there is none, one that sets `parameters`.
    Each cell's metadata holds `kfnb.ordinal`, the execution count that it gets.
    """
    taken = {cell.id for cell in task.cells}
    cells = [_task_cell(cell) for cell in task.cells]
    if parameters:
        place = next((i + 1 for i, cell in enumerate(task.cells) if cell.role == "parameters"), 0)
        cells.insert(place, _own_cell("kfnb-parameters", INJECTED_TAG, parameters_source(parameters), taken))
    if task.setup:
        cells.insert(0, _own_cell("kfnb-setup", SETUP_TAG, setup_source(task.setup), taken))
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": kernel, "language": "python", "name": kernel},
            "kfnb": {"task": task.name},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def parameters_source(parameters: Mapping[str, Any]) -> str:
    """Return the code that sets `parameters`, in papermill's form."""
    return "\n".join(["# Parameters", *(f"{name} = {_literal(value)}" for name, value in parameters.items())])


def setup_source(setup: Iterable[Setup]) -> str:
    """Return `setup` as the code of one cell, in order, `from __future__` first as Python wants it.

    The setters of a library that the setup imports come after all imports. Those of a library that only the task's own
    cells may import stand there as comments: only kfnb's launcher can run them at that moment.
    """
    parts = list(setup)
    imports = "\n".join(part.source for part in parts if part.kind == "import")
    late = [part for part in parts if part.library]
    sources = sorted((part.source for part in parts if not part.library), key=lambda code: not _FUTURE.match(code))
    for part in late:
        imported = re.search(rf"^\s*(import|from)\s.*\b{re.escape(part.library or '')}\b", imports, re.MULTILINE)
        sources.append(part.source if imported else f"# once {part.library} is imported:\n{_commented(part.source)}")
    return "\n\n".join(sources)


_FUTURE = re.compile(r"\s*from\s+__future__\s+import\b")


def _commented(source: str) -> str:
    return "\n".join(f"#     {line}" for line in source.splitlines())


def _literal(value: Any) -> str:
    """`repr`, but for the floats and containers of them that have no literal."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return f"float('{value}')"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(item)}' for key, item in value.items())}}}"
    return repr(value)


def _task_cell(cell: Cell) -> Content:
    about: Content = {"ordinal": cell.ordinal}
    if cell.role != "body":
        about["role"] = cell.role
    metadata: Content = {"kfnb": about}
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    return _code_cell(cell.id, metadata, cell.source)


def _own_cell(wanted: str, tag: str, source: str, taken: set[str]) -> Content:
    cell_id = wanted
    while cell_id in taken:
        cell_id += "-"
    return _code_cell(cell_id, {"jupyter": {"source_hidden": True}, "tags": [tag]}, source)


def _code_cell(cell_id: str, metadata: Content, source: str) -> Content:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell_id,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


# ------------------------------------------------------------------------------------------- outputs under their cells


def outputs_into(
    content: Content,
    outputs: Mapping[str, Sequence[Mapping[str, Any]]],
    cells: Iterable[Cell] = (),
    counts: Mapping[str, int | None] | None = None,
) -> Content:
    """Return `content` with `outputs` (by the id of the cell in the run) under its cells; nothing else is changed.

    `cells` are the cells of the run. A cell of `content` matches by its id, else by its place and the same source.
    Matching cells get exactly the run's outputs (also none) and the execution count in `counts` (None: did not run),
    else the ordinal of the cell of the run; all other cells stay as they are.
    """
    known = {cell.id: cell for cell in cells}
    places = match_cells(content, known.values(), outputs)
    new = list(content["cells"])
    for cell_id, place in places.items():
        count = known[cell_id].ordinal if cell_id in known else new[place].get("execution_count")
        new[place] = _with_outputs(new[place], outputs[cell_id], (counts or {}).get(cell_id, count))
    return {**content, "cells": new}


def match_cells(content: Content, cells: Iterable[Cell], wanted: Iterable[str]) -> dict[str, int]:
    """Return for each id in `wanted` the place of the code cell of `content` it means; ids without one are left out.

    Ids that kfnb made up for a notebook without ids are places, so there the source must be the same.
    """
    known = {cell.id: cell for cell in cells}
    stored = {cell.get("id"): place for place, cell in reversed(list(enumerate(content["cells"])))}
    made_up = dict(zip(cell_ids(content), range(len(content["cells"])), strict=True))
    places: dict[str, int] = {}
    for cell_id in wanted:
        place, cell = stored.get(cell_id), known.get(cell_id)
        if place is None and cell is not None:
            candidates = (made_up.get(cell_id), cell.index)
            place = next((at for at in candidates if at is not None and _same_source(content, at, cell)), None)
        elif place is None:
            place = made_up.get(cell_id)
        if place is not None and content["cells"][place]["cell_type"] == "code" and place not in places.values():
            places[cell_id] = place
    return places


def _same_source(content: Content, place: int, cell: Cell) -> bool:
    return place < len(content["cells"]) and source_of(content["cells"][place]) == cell.source


def _with_outputs(cell: Content, outputs: Sequence[Mapping[str, Any]], count: int | None) -> Content:
    """Keep the cell's own outputs where they say the same, however their lines are split."""
    new = [_as_stored(output) for output in outputs]
    old = cell.get("outputs")
    if isinstance(old, list) and [_as_stored(output) for output in old] == new:
        new = old
    if cell.get("execution_count") == count and "execution_count" in cell and new is old:
        return cell
    return {**cell, "execution_count": count, "outputs": new}


_SPLIT_TYPES = ("application/javascript", "image/svg+xml")


def _as_stored(output: Mapping[str, Any]) -> Content:
    """Return an output as Jupyter writes it to a file: keys in order, text as a list of lines (nbformat's rule)."""
    stored: Content = {key: _sorted(output[key]) for key in sorted(output) if key != "transient"}
    if output.get("output_type") == "stream":
        stored["text"] = _lines(stored.get("text", ""))
    elif isinstance(stored.get("data"), dict):
        stored["data"] = {
            key: _lines(value) if key.startswith("text/") or key in _SPLIT_TYPES else _whole(key, value)
            for key, value in stored["data"].items()
        }
    return stored


def _lines(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    return value.splitlines(keepends=True) if isinstance(value, str) else value


def _whole(mime: str, value: Any) -> Any:
    is_json = mime == "application/json" or mime.endswith("+json")
    if not is_json and isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


# ----------------------------------------------------------------------------------------------------------------- tags


def add_tags(content: Content, cell_id: str, tags: Iterable[str]) -> Content:
    """Return `content` with `tags` added to the cell called `cell_id`; tags that it has are not repeated."""
    return _with_tags(content, cell_id, lambda old: list(dict.fromkeys([*old, *tags])))


def remove_tags(content: Content, cell_id: str, tags: Iterable[str]) -> Content:
    """Return `content` without `tags` on the cell called `cell_id`; tags that it does not have are no error."""
    gone = {tag.strip() for tag in tags}
    return _with_tags(content, cell_id, lambda old: [tag for tag in old if tag.strip() not in gone])


def _with_tags(content: Content, cell_id: str, change: Any) -> Content:
    ids = cell_ids(content)
    if cell_id not in ids:
        raise WrongCall(f"The notebook has no cell {cell_id}.")
    place = ids.index(cell_id)
    cell = content["cells"][place]
    metadata = cell.get("metadata") or {}
    old = metadata.get("tags") or []
    new = change(old)
    if new == old:
        return content
    metadata = {**metadata, "tags": new}
    if not new:
        del metadata["tags"]
    cells = list(content["cells"])
    cells[place] = {**cell, "metadata": metadata}
    return {**content, "cells": cells}


# ---------------------------------------------------------------------------------------------------------------- files


def write_notebook(path: Path, content: Content) -> None:
    """Write `content` to the notebook file `path`, at once or not at all; OutsideError if that cannot be done.

    The indentation, line ends, last line end and mode of the file that is there are kept, and a link stays a link.
    A new file is written as Jupyter writes them.
    """
    path = Path(os.path.realpath(path))
    try:
        old = path.read_bytes() if path.exists() else b""
        data = _encode(content, old)
        if data != old:
            _replace(path, data)
    except OSError as error:
        raise OutsideError(f"The notebook {path} cannot be written: {error.strerror or error}.") from None


def _encode(content: Content, old: bytes) -> bytes:
    indent = re.match(rb"\s*\{\r?\n([ \t]+)", old)
    step: str | int | None = 1
    separators = (",", ": ")
    if indent:
        step = indent[1].decode()
    elif old.strip():
        step, separators = None, (", ", ": ") if b'": ' in old[:200] else (",", ":")
    text = json.dumps(content, ensure_ascii=False, indent=step, separators=separators)
    if not old or old.endswith(b"\n"):
        text += "\n"
    if b"\r\n" in old[:200]:
        text = text.replace("\n", "\r\n")
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a character in an output: JSON can escape it, UTF-8 cannot hold it
        return json.dumps(content, indent=step, separators=separators).encode() + b"\n"


def _replace(path: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_mode(path))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
