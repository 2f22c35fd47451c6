"""A notebook of a few cells, compiled or checked, for the tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path

from kfnb.compiler import check_notebook, compile_notebook
from kfnb.spec import PipelineSpec

Cells = list[tuple[str, ...]]


class Book:
    """Writes a notebook of `(source, tag, …)` cells, ids `c0`, `c1` …, and compiles or checks it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "book.ipynb"

    def write(self, cells: Cells) -> Path:
        made = [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {"tags": list(tags)},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for number, (source, *tags) in enumerate(cells)
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}
        self.path.write_text(json.dumps(content))
        return self.path

    def compile(self, *cells: tuple[str, ...]) -> PipelineSpec:
        """The pipeline of the cells."""
        return compile_notebook(self.write(list(cells)))

    def check(self, *cells: tuple[str, ...]) -> list[tuple[str, str | None, int | None]]:
        """Code, cell and line of each diagnostic."""
        return [(d.code, d.cell, d.line) for d in check_notebook(self.write(list(cells)))[1]]
