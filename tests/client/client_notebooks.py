"""Notebooks written by code, for the tests of this folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_notebook(path: Path, *steps: str, tags: Mapping[int, tuple[str, ...]] | None = None, **more: Any) -> Path:
    """Write a notebook in which each source is a step of its own (s0, s1 …) unless `tags` says otherwise."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "execution_count": None,
            "metadata": {"tags": list((tags or {}).get(number, (f"step:s{number}",)))},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(steps)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python", **more}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content))
    return path


def processes_of(home: Path) -> list[int]:
    """Living processes that have KFNB_HOME set to `home`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"KFNB_HOME={home}".encode() in environment and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found
