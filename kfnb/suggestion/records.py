"""Writes a proposal's tags into a notebook, remembers which they were, and takes them off again.

The client calls `apply` and `undo`. What was written is remembered beside the runs, not in the notebook: nothing but
tags is changed there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfnb import digest
from kfnb.errors import OutsideError, WrongCall
from kfnb.notebook.reader import cell_ids, read_content
from kfnb.notebook.writer import add_tags, remove_tags, write_notebook

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.suggestion.proposal import Suggestion

Tags = dict[str, tuple[str, ...]]

_decoder = msgspec.json.Decoder(Tags)


def apply(suggestion: Suggestion, records: Path, into: Path | None = None) -> Path:
    """Write the proposed tags into the notebook, or a copy of it with them into the file `into`; return the path.

    `records`: the folder that remembers what was written where.
    """
    path = into if into is not None else suggestion.path
    content = read_content(suggestion.path)
    for cell, tags in suggestion.tags.items():
        content = add_tags(content, cell, tags)
    write_notebook(path, content)
    if suggestion.tags:
        before = {} if into is not None else _remembered(records, path)
        cells = {*before, *suggestion.tags}
        _remember(records, path, {c: (*before.get(c, ()), *suggestion.tags.get(c, ())) for c in sorted(cells)})
    return path


def undo(path: Path, records: Path) -> Tags:
    """Take the tags off that `apply` wrote into the notebook at `path`; return those that were still there, by cell.

    WrongCall if none are remembered.
    """
    remembered = _remembered(records, path)
    if not remembered:
        message = f"No tags of `kfnb suggest` are remembered for {path} in this data folder (KFNB_HOME)."
        raise WrongCall(f"{message} Where Git keeps the notebook, `git diff` shows them.")
    content = read_content(path)
    ids = dict(zip(cell_ids(content), content["cells"], strict=True))
    removed: Tags = {}
    for cell, tags in remembered.items():
        there = [tag.strip() for tag in ((ids[cell].get("metadata") or {}).get("tags") or ())] if cell in ids else []
        still = tuple(tag for tag in tags if tag in there)
        if still:
            content = remove_tags(content, cell, still)
            removed[cell] = still
    write_notebook(path, content)
    _place(records, path).unlink(missing_ok=True)
    return removed


def _place(records: Path, path: Path) -> Path:
    return records / f"{digest.of_json(str(path.resolve()))[:32]}.json"


def _remembered(records: Path, path: Path) -> Tags:
    try:
        return _decoder.decode(_place(records, path).read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}


def _remember(records: Path, path: Path, tags: Tags) -> None:
    try:
        records.mkdir(parents=True, exist_ok=True)
        _place(records, path).write_bytes(msgspec.json.encode(tags))
    except OSError as error:
        reason = error.strerror or error
        raise OutsideError(f"The tags are written, but not remembered for --remove: {records}: {reason}.") from None
