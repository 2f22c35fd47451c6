"""Notebooks for the tests of this room, written to files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Given = str | tuple[str, ...] | dict[str, Any]
    Writer = Callable[..., Path]


def cell_json(index: int, given: Given) -> dict[str, Any]:
    """A code cell from its source, from a source followed by tags, or whatever JSON is given."""
    if isinstance(given, dict):
        return given
    source, *tags = (given,) if isinstance(given, str) else given
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"c{index}",
        "metadata": {"tags": tags} if tags else {},
        "outputs": [],
        "source": source,
    }


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write a notebook of the given cells and return its path; cells as `cell_json` takes them."""

    def writer(*cells: Given, name: str = "work.ipynb", **top: Any) -> Path:
        content = {
            "cells": [cell_json(index, cell) for index, cell in enumerate(cells)],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
            **top,
        }
        path = tmp_path / name
        path.write_text(json.dumps(content, indent=1) + "\n")
        return path

    return writer
