"""Reads the corpus: percent-format sources in notebooks/KIND/NAME.py become .ipynb files in folders of their own.

Called by the equivalence suite and by `python -m tests.equivalence`, which writes the corpus for outside checks.

A source is a list of cells, each headed by a line `# %% TAG, TAG, …`; `[markdown]` as first word makes a markdown
cell (its lines start with `# `), `id=NAME` names the cell. Magics and shell lines stand there as in the notebook, so
a source is not always valid Python. Lines above the first head are settings: `# place: FOLDER` puts the notebook into
a folder of its project. NAME.files/ beside the source holds the project's files; a name `dot_x` there becomes `.x`.
"""

from __future__ import annotations

import ast
import json
import random
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NOTEBOOKS = HERE / "notebooks"


@dataclass(frozen=True)
class Cell:
    """One cell of a source."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()
    id: str | None = None


@dataclass(frozen=True)
class Example:
    """One notebook of the corpus. `place` is the folder of its project that the notebook lies in."""

    name: str
    kind: str
    cells: tuple[Cell, ...]
    files: Path | None = None
    place: str = "."
    split: str = "tagged"
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def tagged(self) -> bool:
        """Whether the author cut the notebook into steps."""
        return any(tag.startswith("step:") for cell in self.cells for tag in cell.tags)

    def document(self) -> dict[str, Any]:
        """Return the notebook as nbformat 4.5 JSON without outputs."""
        return notebook_json([_cell_json(cell, index) for index, cell in enumerate(self.cells)])

    def write(self, folder: Path) -> Path:
        """Write the notebook and its project's files into the new folder `folder`; return the notebook's path."""
        if self.files:
            shutil.copytree(self.files, folder)
            for path in sorted(folder.rglob("dot_*"), reverse=True):
                path.rename(path.with_name("." + path.name.removeprefix("dot_")))
        path = folder / self.place / f"{self.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n")
        return path


def notebook_json(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a notebook of these cells for the python3 kernel."""
    kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernelspec, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell_json(cell: Cell, index: int) -> dict[str, Any]:
    data: dict[str, Any] = {"cell_type": cell.kind, "id": cell.id or f"cell-{index}", "metadata": {}}
    if cell.tags:
        data["metadata"]["tags"] = list(cell.tags)
    if cell.kind == "code":
        data |= {"execution_count": None, "outputs": []}
    data["source"] = cell.source.splitlines(keepends=True)
    return data


def read(path: Path) -> Example:
    """Read one percent-format source."""
    head, *blocks = ("\n" + path.read_text()).split("\n# %%")
    settings = dict(line[1:].split(":", 1) for line in head.splitlines() if line.startswith("#") and ":" in line)
    settings = {key.strip(): value.strip() for key, value in settings.items()}
    files = path.with_suffix(".files")
    return Example(
        name=path.stem,
        kind=path.parent.name,
        cells=tuple(_read_cell(block) for block in blocks),
        files=files if files.is_dir() else None,
        place=settings.get("place", "."),
        settings=settings,
    )


def _read_cell(block: str) -> Cell:
    head, _, source = block.partition("\n")
    words = [word.strip() for word in head.replace("[markdown]", "[markdown],").split(",")]
    words = [word for word in words if word]
    kind = "markdown" if "[markdown]" in words else "code"
    names = [word.removeprefix("id=") for word in words if word.startswith("id=")]
    tags = tuple(word for word in words if word != "[markdown]" and not word.startswith("id="))
    source = source.strip("\n")
    if kind == "markdown":
        source = "\n".join(line.removeprefix("#").removeprefix(" ") for line in source.splitlines())
    return Cell(kind, source, tags, names[0] if names else None)


def shipped(folder: Path) -> list[Example]:
    """Return the example notebooks of the project itself, which lie in `folder` as .ipynb files."""
    return [_shipped(path) for path in sorted(folder.glob("*.ipynb"))]


def _shipped(path: Path) -> Example:
    cells = tuple(
        Cell(cell["cell_type"], "".join(cell["source"]), tuple(cell["metadata"].get("tags", ())), cell["id"])
        for cell in json.loads(path.read_text())["cells"]
    )
    return Example(name=path.stem, kind="shipped", cells=cells, files=path.parent)


def corpus(kind: str | None = None) -> list[Example]:
    """Return every example (of one kind), in the order of their names."""
    return [read(path) for path in sorted(NOTEBOOKS.glob(f"{kind or '*'}/*.py"))]


def split(example: Example, how: str) -> Example:
    """Return `example` cut into steps anew: `tagged` as it is, `every` cell a step, or `random:SEED`.

    Tags that cut steps or belong to one are dropped; the others (`parameters`, `skip`, `raises-exception`, …) stay.
    """
    if how == "tagged":
        return example
    chance = 1.0 if how == "every" else 0.5
    draw = random.Random(f"{example.name} {how}")
    cells, count = [], 0
    for cell in example.cells:
        tags = tuple(tag for tag in cell.tags if tag in KEPT)
        if cell.kind == "code" and not {"skip", "parameters"} & set(tags) and (count == 0 or draw.random() < chance):
            count += 1
            tags = (f"step:s{count}", *tags)
        cells.append(replace(cell, tags=tags))
    return replace(example, cells=tuple(cells), split=how)


KEPT = ("parameters", "skip", "raises-exception", "metrics")
"""Tags that say something about a cell wherever the steps are cut."""


def plain_names(source: str) -> list[str]:
    """Return the names that the top level of a cell binds, for probes; none where the cell is not plain Python."""
    lines = ["pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return []
    kinds = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.With, ast.If, ast.Try, ast.While)
    names: set[str] = set()
    for node in (node for node in tree.body if isinstance(node, kinds)):
        inner = {id(n) for c in ast.walk(node) if isinstance(c, ast.comprehension) for n in ast.walk(c.target)}
        inner |= {id(n) for c in ast.walk(node) if isinstance(c, ast.FunctionDef | ast.Lambda) for n in ast.walk(c)}
        stores = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        names |= {n.id for n in stores if id(n) not in inner}
    return sorted(name for name in names if not name.startswith("_"))[:12]
