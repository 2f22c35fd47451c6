"""Notebooks written by code, and the kinds of questions that the tests of this folder ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPResponse

from tests.written_notebooks import write_cells

Fetch = Callable[..., Awaitable[HTTPResponse]]
Get = Callable[..., Awaitable[Any]]
Post = Callable[..., Awaitable[tuple[int, Any]]]

STEPS = {
    "make": "import kfnb\nprint('α one')\nprint('two')\nvalues = [1, 2, 3]",
    "show": (
        "kfnb.log_metric('total', values[2], step=1)\n"
        "kfnb.log_metric('total', sum(values), step=2)\n"
        "kfnb.log_roc_curve([0, 0.5, 1], [0, 0.75, 1], [1, 0.5, 0])\n"
        "kfnb.log_confusion_matrix(['a', 'b'], [[3, 1], [0, 4]])\n"
        "kfnb.HTML('<script>alert(1)</script>', name='page / <b>')"
    ),
    "fan": "def double(value):\n    return value * 2\ndoubles = [double(value) for value in values]",
    "<script>ü": "print(doubles)",
}
"""A notebook that logs what can be logged, runs a fan-out, and has a name that is no word."""


def write_notebook(path: Path, steps: dict[str, str], tags: dict[str, list[str]] | None = None) -> Path:
    """Write a notebook with a cell for each step; `tags`: further ones, by step."""
    cells = (([f"step:{name}", *(tags or {}).get(name, [])], source) for name, source in steps.items())
    return write_cells(path, cells)
