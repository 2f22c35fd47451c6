"""A notebook of a few cells, compiled or checked, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

from kfnb.compiler import check_notebook, compile_notebook
from kfnb.spec import PipelineSpec
from tests.written_notebooks import write_cells

Cells = list[tuple[str, ...]]


class Book:
    """Writes a notebook of `(source, tag, …)` cells, ids `c0`, `c1` …, and compiles or checks it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "book.ipynb"

    def write(self, cells: Cells) -> Path:
        return write_cells(self.path, ((tags, source) for source, *tags in cells))

    def compile(self, *cells: tuple[str, ...]) -> PipelineSpec:
        """The pipeline of the cells."""
        return compile_notebook(self.write(list(cells)))

    def check(self, *cells: tuple[str, ...]) -> list[tuple[str, str | None, int | None]]:
        """Code, cell and line of each diagnostic."""
        return [(d.code, d.cell, d.line) for d in check_notebook(self.write(list(cells)))[1]]
