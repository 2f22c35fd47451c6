"""The notebooks that proposals are judged on, and how tests make small ones.

notebooks/NAME.py holds a notebook as people publish it, untagged: cells headed by `# %%`, Markdown ones by
`# %% [markdown]`. A first line `# run: yes` says that it needs nothing but what the examples need, and runs quickly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOTEBOOKS = Path(__file__).parent / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
RUNNABLE = [name for name in NAMES if (NOTEBOOKS / f"{name}.py").read_text("utf-8").startswith("# run: yes")]


def published(name: str, folder: Path) -> Path:
    """Write one of the notebooks into `folder` and return its path."""
    _, *blocks = ("\n" + (NOTEBOOKS / f"{name}.py").read_text("utf-8")).split("\n# %%")
    cells = []
    for block in blocks:
        head, _, source = block.partition("\n")
        source = source.strip("\n")
        if "[markdown]" in head:
            source = "# md\n" + "\n".join(line.removeprefix("#").removeprefix(" ") for line in source.splitlines())
        cells.append(source)
    return write(folder / f"{name}.ipynb", *cells)


def write(
    path: Path, *sources: str, tags: Mapping[int, list[str]] | None = None, seconds: Mapping[int, float] | None = None
) -> Path:
    """Write a notebook of these cells; those that begin with a line `# md` are Markdown.

    `tags`: tags by place of the cell. `seconds`: how long cells took when they last ran, as Jupyter notes it.
    """
    cells: list[dict[str, Any]] = []
    for place, source in enumerate(sources):
        text = source.startswith("# md\n")
        cell: dict[str, Any] = {"cell_type": "markdown" if text else "code", "id": f"c{place}", "metadata": {}}
        if not text:
            cell |= {"execution_count": None, "outputs": []}
        cell["source"] = source.removeprefix("# md\n").splitlines(keepends=True)
        if tags and place in tags:
            cell["metadata"]["tags"] = tags[place]
        if seconds and place in seconds:
            cell["metadata"]["execution"] = {
                "iopub.execute_input": "2024-05-01T10:00:00.000000Z",
                "shell.execute_reply": f"2024-05-01T10:00:{seconds[place]:09.6f}Z",
            }
        cells.append(cell)
    kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    content = {"cells": cells, "metadata": {"kernelspec": kernelspec}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def cells_of(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook file."""
    cells: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return cells
