"""The data of a notebook as read: reader.py makes it, tags.py and steps.py work on it, the compiler receives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class NotebookCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell. `index`: place among all cells, from 0. `ordinal`: the execution count that the cell gets when the
    notebook runs from top to bottom, from 1; None for cells that do not run (not code, empty, or tagged skip).
    """

    id: str
    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    tags: tuple[str, ...] = ()
    ordinal: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing but white space in it; no kernel runs such a cell."""
        return not self.source.strip()


class Notebook(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook as kfnb sees it.

    `name` is the file's name without its suffix. `content` is the whole notebook as nbformat 4.5 JSON, every cell with
    an id and its source as one string. `digest` says what the pipeline is made from (cells, tags, kernel, kfnb's own
    metadata): outputs and execution counts are not in it, so running the notebook by hand does not change it.
    """

    path: Path
    name: str
    cells: tuple[NotebookCell, ...]
    kernel: str
    metadata: dict[str, Any]
    content: dict[str, Any]
    digest: str


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """One tag that kfnb knows, parsed. `fields` are what it sets: of spec.Settings, or of tags.CellTags.

    `line` is set where the tag stands in the cell's first comment instead of in its metadata.
    """

    text: str
    word: str
    fields: dict[str, Any]
    cell: str
    line: int | None = None
