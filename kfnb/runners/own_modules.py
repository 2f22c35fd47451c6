"""Modules that lie beside a notebook, and what they import; asked for images, and for what a pod has to install."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


def with_own(modules: Iterable[str], folder: Path, given: Collection[str] = ()) -> set[str]:
    """Return modules together with what those of them import that lie beside the notebook, and so on.

    `given`: modules that packages give, see `is_own`.
    """
    found: set[str] = set()
    left = [*modules]
    while left:
        module = left.pop()
        if module not in found:
            found.add(module)
            if is_own(module, folder, given=module in given):
                left += (name for file in _sources(module, folder) for name in _imported(file))
    return found


def _sources(module: str, folder: Path) -> Iterator[Path]:
    file = folder / f"{module}.py"
    yield from [file] if file.is_file() else sorted((folder / module).rglob("*.py"))


def _imported(file: Path) -> Iterator[str]:
    """Yield the top-level modules that a file imports; none of one that is not Python."""
    try:
        tree = parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def is_own(module: str, folder: Path, *, given: bool = False) -> bool:
    """Say whether a module comes with Python, or lies beside the notebook.

    `given`: a package gives one of this name, to which Python prefers what lies beside the notebook only where that is
    a file or has an `__init__.py`; a plain folder (`wandb`, `datasets`) holds what it may.
    """
    here = (folder / f"{module}.py", folder / module / "__init__.py" if given else folder / module)
    return module in sys.stdlib_module_names or any(place.exists() for place in here)
