"""Answers what only the notebook's folder and interpreter know: star imports, scripts, the notebook's own modules."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING

from kfnb.dataflow.magics import parse_cell
from kfnb.dataflow.syntax import bound_names
from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kfnb.notebook.cells import Notebook


def search_paths(notebook: Notebook) -> tuple[str, ...]:
    """Return the folders that the notebook adds to `sys.path` with a literal."""
    found = []
    for cell in notebook.cells:
        if cell.kind != "code" or "sys.path" not in cell.source:
            continue
        for node in ast.walk(parse_cell(cell.source).tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("sys.path.append", "sys.path.insert")
                and node.args
            ):
                place = node.args[-1]
                if isinstance(place, ast.Constant) and isinstance(place.value, str):
                    found.append(place.value)
    return tuple(found)


def star_resolver(folder: Path, search: tuple[str, ...]) -> Callable[[str], tuple[str, ...] | None]:
    """Return a function that asks the notebook's interpreter, in the notebook's folder, what a star import binds."""
    known: dict[str, tuple[str, ...] | None] = {}
    program = (
        "import importlib, json, sys; sys.path[:0] = ['', *sys.argv[2:]]; m = importlib.import_module(sys.argv[1]);"
        "print('\\n' + json.dumps(list(getattr(m, '__all__', None) or [n for n in vars(m) if not n.startswith('_')])))"
    )

    def resolve(module: str) -> tuple[str, ...] | None:
        if module not in known:
            try:
                done = subprocess.run(
                    [sys.executable, "-c", program, module, *search],
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=True,
                )
                known[module] = tuple(json.loads(done.stdout.splitlines()[-1]))
            except (OSError, subprocess.SubprocessError, ValueError, IndexError):
                known[module] = None
        return known[module]

    return resolve


def _written(notebook: Notebook) -> dict[str, str]:
    """Return the files that cells with `%%writefile` write, by the path given there."""
    return {
        cell.source.splitlines()[0].split()[-1]: cell.source.partition("\n")[2]
        for cell in notebook.cells
        if cell.kind == "code" and cell.source.startswith("%%writefile ")
    }


def script_names(folder: Path, notebook: Notebook) -> Callable[[str], tuple[str, ...] | None]:
    """Return a function that says which names a script binds at its top level: a file, or a cell with `%%writefile`."""
    written = _written(notebook)

    def names(path: str) -> tuple[str, ...] | None:
        try:
            tree = parse(written[path] if path in written else (folder / path).read_text(encoding="utf-8"))
        except (OSError, SyntaxError, ValueError):
            return None
        return tuple(dict.fromkeys(name for statement in tree.body for name, _ in bound_names(statement)))

    return names


def own_modules(notebook: Notebook) -> dict[str, str]:
    """Return the source of the modules that the notebook imports from its own folder, or from one it adds to
    `sys.path`."""
    folder = notebook.path.parent
    text = "\n".join(cell.source for cell in notebook.cells if cell.kind == "code")
    found = {
        name.removesuffix(".py"): source
        for name, source in _written(notebook).items()
        if name.endswith(".py") and "/" not in name
    }
    for place in (folder, *(folder / path for path in search_paths(notebook))):
        for file in sorted(place.glob("*.py")) if place.is_dir() else ():
            if file.stem in text and file.stem not in found:
                try:
                    found[file.stem] = file.read_text(encoding="utf-8")
                except (OSError, UnicodeDecodeError):
                    continue
    return found
