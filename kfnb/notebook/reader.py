"""Reads a notebook file into cells; the compiler and the client call this, writers use `read_content` and `cell_ids`.

Responsible for: bytes → checked nbformat 4.5 JSON, one stable id a cell, refusing what is not a Python notebook.
Not for: what tags mean (tags.py), how cells make steps (steps.py).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from kfnb.digest import of_json
from kfnb.errors import Diagnostic, Fix, OutsideError, Refused, WrongCall
from kfnb.notebook.cells import Notebook, NotebookCell
from kfnb.notebook.tags import is_skipped

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAJOR",
    "Notebook",
    "NotebookCell",
    "cell_ids",
    "checked_content",
    "notebook_of",
    "read_content",
    "read_notebook",
    "source_of",
]

MAJOR = 4
"""The nbformat major version that kfnb works on; older ones are upgraded, newer ones refused."""

_CELL_TYPES = ("code", "markdown", "raw")
_CONFLICT = re.compile(rb"^\s*(<<<<<<<|>>>>>>>)", re.MULTILINE)


def read_notebook(path: Path) -> Notebook:
    """Return the notebook in the file `path`.

    Refused: not a notebook, no code in it, another language than Python, or a newer format. WrongCall: no such file.
    OutsideError: the file cannot be read.
    """
    return notebook_of(path, read_content(path))


def notebook_of(path: Path, raw: dict[str, Any]) -> Notebook:
    """Return the notebook that `raw` is, JSON as `read_content` gives it, for the file `path`; Refused as above."""
    ids = cell_ids(raw)
    content = {
        **raw,
        "metadata": raw.get("metadata") or {},
        "nbformat": MAJOR,
        "nbformat_minor": max(5, raw.get("nbformat_minor") or 0),
        "cells": [_complete(cell, cell_id) for cell, cell_id in zip(raw["cells"], ids, strict=True)],
    }
    cells = _cells(content)
    if not any(cell.kind == "code" and not cell.empty for cell in cells):
        _refuse("KF103", "There is no code cell with code in it, so there is nothing to run.", path.name)
    _check_language(content["metadata"], path.name)
    spec = content["metadata"].get("kernelspec")
    kernel = str((spec.get("name") if isinstance(spec, dict) else None) or "python3")
    return Notebook(
        path=path,
        name=path.stem,
        cells=cells,
        kernel=kernel,
        metadata=content["metadata"],
        content=content,
        digest=_digest(content, cells, kernel),
    )


def read_content(path: Path) -> dict[str, Any]:
    """Return the JSON of a notebook file as it is, checked to be nbformat 4; older formats are upgraded.

    Nothing is added or normalised, so that what is written back differs only in what was changed on purpose.
    """
    return checked_content(_parse(_read_bytes(path), path.name), path.name)


def checked_content(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a notebook's JSON if it is nbformat 4; older formats are upgraded. `name`: of its file. Refused as above.

    What a front end holds of a notebook that is not saved comes here.
    """
    major = content.get("nbformat")
    if type(major) is not int or major < 1:
        _refuse("KF101", "This is JSON but not a notebook: it has no nbformat number.", name)
    if major > MAJOR:
        message = f"This notebook has format {major}; this kfnb reads formats up to {MAJOR}. Upgrade kfnb."
        _refuse("KF102", message, name, Fix("Upgrade kfnb, or save the notebook in format 4."))
    if major < MAJOR:
        content = _upgrade(content, name)
    problem = _shape_problem(content)
    if problem:
        _refuse("KF101", f"This is not a well-formed notebook: {problem}.", name)
    return content


def cell_ids(content: dict[str, Any]) -> tuple[str, ...]:
    """Return one id a cell: the cell's own, or `cell-INDEX` where it has none or repeats the id of one above."""
    stored = [cell.get("id") for cell in content["cells"]]
    taken = {cell_id for cell_id in stored if isinstance(cell_id, str) and cell_id}
    used: set[str] = set()
    result = []
    for index, cell_id in enumerate(stored):
        if not isinstance(cell_id, str) or not cell_id or cell_id in used:
            cell_id = free_name(f"cell-{index}", taken)
            taken.add(cell_id)
        used.add(cell_id)
        result.append(cell_id)
    return tuple(result)


def source_of(cell: dict[str, Any]) -> str:
    """Return the source of a cell's JSON as one string; files hold it as a string or as a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def free_name(wanted: str, taken: set[str]) -> str:
    """Return the name, with a number behind it if it is taken."""
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _cells(content: dict[str, Any]) -> tuple[NotebookCell, ...]:
    cells, ordinal = [], 0
    for index, cell in enumerate(content["cells"]):
        tags = tuple(cell["metadata"].get("tags") or ())
        runs = cell["cell_type"] == "code" and bool(cell["source"].strip()) and not is_skipped(cell["source"], tags)
        ordinal += runs
        cells.append(
            NotebookCell(
                id=cell["id"],
                index=index,
                kind=cell["cell_type"],
                source=cell["source"],
                tags=tags,
                ordinal=ordinal if runs else None,
            )
        )
    return tuple(cells)


def _complete(cell: dict[str, Any], cell_id: str) -> dict[str, Any]:
    whole = {**cell, "id": cell_id, "metadata": cell.get("metadata") or {}, "source": source_of(cell)}
    if cell["cell_type"] == "code":
        whole.setdefault("execution_count", None)
        whole["outputs"] = cell.get("outputs") or []
    return whole


def _digest(content: dict[str, Any], cells: tuple[NotebookCell, ...], kernel: str) -> str:
    made_from = [
        [cell.id, cell.kind, cell.source, cell.tags, whole["metadata"].get("kfnb")]
        for cell, whole in zip(cells, content["cells"], strict=True)
    ]
    return of_json([kernel, content["metadata"].get("kfnb"), made_from])


# ------------------------------------------------------------------------------------------------ bytes and shape


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise WrongCall(f"There is no file {path}.{_similar(path)}") from None
    except IsADirectoryError:
        raise WrongCall(f"{path} is a folder, not a notebook. Name the .ipynb file in it.") from None
    except NotADirectoryError:
        raise WrongCall(f"There is no file {path}: a part of that path is a file, not a folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutsideError(f"The notebook {path} cannot be read: {reason}.") from None


def _similar(path: Path) -> str:
    import difflib  # only for this message

    try:
        there = [other.name for other in path.parent.glob("*.ipynb")]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, there, n=1)
    return f" Did you mean {path.with_name(close[0])}?" if close else ""


def _parse(data: bytes, name: str) -> dict[str, Any]:
    if not data.strip():
        _refuse("KF100", "The file is empty.", name, Fix("Restore the notebook, or save it again in Jupyter."))
    try:
        content = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        content = _parse_slowly(data, name)
    if not isinstance(content, dict):
        _refuse("KF101", "This is JSON but not a notebook: a notebook is a JSON object with cells.", name)
    return content


def _parse_slowly(data: bytes, name: str) -> Any:
    """Read what the strict parser refused: NaN in an output, a byte order mark, half a character; else say why not."""
    import json  # only for unusual files: the usual ones do not pay for it

    try:
        content = json.loads(data)
    except json.JSONDecodeError as error:
        fix = Fix("Restore the notebook from version control, or save it again in Jupyter.")
        message = f"This is not a notebook: line {error.lineno} is not JSON ({error.msg}, column {error.colno})."
        if _CONFLICT.search(data):
            message = f"This notebook holds the marks of an unfinished merge; line {error.lineno} is not JSON."
            fix = Fix("Finish the merge (nbdime can do it cell by cell).")
        raise Refused((Diagnostic("KF100", "error", message, name, fix=fix),)) from None
    except (ValueError, RecursionError) as error:
        kind = "not text" if isinstance(error, UnicodeError) else f"not JSON that can be read ({error})"
        _refuse("KF100", f"This is not a notebook: the file is {kind}.", name)
    clean = _without_half_characters(content)
    sources = [_sources(whole) for whole in (content, clean)]
    if sources[0] != sources[1]:
        _refuse("KF101", "A cell's code holds half a character (a lone surrogate), which Python cannot read.", name)
    return clean


def _sources(content: Any) -> list[Any]:
    cells = content.get("cells") if isinstance(content, dict) else None
    return [cell.get("source") for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def _without_half_characters(value: Any) -> Any:
    """Replace lone surrogates, which no UTF-8 file can hold, by `?`: an output cut in the middle of a character."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_without_half_characters(item) for item in value]
    if isinstance(value, dict):
        return {_without_half_characters(key): _without_half_characters(item) for key, item in value.items()}
    return value


def _shape_problem(content: dict[str, Any]) -> str | None:
    cells = content.get("cells")
    if not isinstance(cells, list):
        return "it has no list of cells"
    if not isinstance(content.get("metadata") or {}, dict):
        return "its metadata is not an object"
    if type(content.get("nbformat_minor", 0)) is not int:
        return "its nbformat_minor is not a number"
    for index, cell in enumerate(cells):
        problem = _cell_problem(cell)
        if problem:
            return f"cell {index} (counted from 0) {problem}"
    return None


def _cell_problem(cell: Any) -> str | None:
    if not isinstance(cell, dict):
        return "is not an object"
    if cell.get("cell_type") not in _CELL_TYPES:
        return f"has the unknown type {cell.get('cell_type')!r}"
    if not _is_text(cell.get("source", "")):
        return "has a source that is neither text nor a list of lines"
    metadata = cell.get("metadata") or {}
    if not isinstance(metadata, dict):
        return "has metadata that is not an object"
    tags = metadata.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return "has tags that are not a list of texts"
    if cell["cell_type"] == "code":
        outputs = cell.get("outputs") or []
        if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
            return "has outputs that are not a list of objects"
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))


def _upgrade(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a notebook of format 1 to 3 as format 4.5 without ids (nbformat would make random ones)."""
    import json
    import warnings

    import nbformat  # 1.3 s to import, and needed only for notebooks from before 2015

    _check_old_languages(content, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old = nbformat.reader.reads(json.dumps(content))  # joins the lines, as the conversion wants them
            new = json.loads(json.dumps(nbformat.convert(old, MAJOR)))
    except Exception as error:  # nbformat raises whatever its code meets in a malformed file
        _refuse("KF101", f"This notebook of format {content['nbformat']} cannot be upgraded: {error!r}.", name)
    for cell in new["cells"]:
        cell.pop("id", None)
    for key in ("orig_nbformat", "orig_nbformat_minor"):
        new["metadata"].pop(key, None)
    return dict(new)


def _check_old_languages(content: dict[str, Any], name: str) -> None:
    sheets = content.get("worksheets")
    cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()] if sheets else []
    for cell in cells:
        language = cell.get("language") if isinstance(cell, dict) else None
        if language and not _is_python(language):
            _refuse_language(language, name)


# -------------------------------------------------------------------------------------------------------- language


def _check_language(metadata: dict[str, Any], name: str) -> None:
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        described = metadata.get(key)
        language = described.get(field) if isinstance(described, dict) else None
        if language:
            if not _is_python(language):
                _refuse_language(language, name)
            return


def _is_python(language: object) -> bool:
    return str(language).lower().startswith(("python", "ipython"))


def _refuse_language(language: object, name: str) -> NoReturn:
    message = f"This notebook is written in {language}; kfnb makes pipelines of Python notebooks only."
    _refuse("KF104", message, name, Fix("If it is Python after all, choose a Python kernel in Jupyter and save."))


def _refuse(code: str, message: str, name: str, fix: Fix | None = None) -> NoReturn:
    raise Refused((Diagnostic(code, "error", message, name, fix=fix),)) from None
