"""Notebooks written by code, for the tests of any room."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


def write_cells(path: Path, cells: Iterable[tuple[Iterable[str], str]], **kernel: object) -> Path:
    """Write a notebook of code cells, tags and source of each, with ids c0, c1 …; `kernel`: more about its kernel."""
    written = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "execution_count": None,
            "metadata": {"tags": list(tags)},
            "outputs": [],
            "source": source,
        }
        for number, (tags, source) in enumerate(cells)
    ]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python", **kernel}
    content = {"cells": written, "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), "utf-8")
    return path
