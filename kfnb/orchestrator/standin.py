"""Loads values of a run into the caller's process, where the notebook's own classes and functions may not exist.

Called by the client for `run.artifacts[…].load()` and `run.tasks[…].inputs()`. A value is pickled with its class by
reference to `__main__`, as in the notebook. What the caller's `__main__` lacks is then taken from the notebook: its
imports, definitions and literals are executed, in order, in a module that stands in for `__main__` while unpickling.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.spec import PipelineSpec

_lock = threading.RLock()


@contextlib.contextmanager
def main_with_definitions(spec: PipelineSpec) -> Iterator[dict[str, Any]]:
    """Let a module stand in for `__main__` that also has what the notebook defines; yield its namespace.

    The caller's own definitions come first. The notebook's are executed only if something is missing.
    """
    with _lock:
        real = sys.modules["__main__"]
        stand_in = _StandIn(real, spec)
        sys.modules["__main__"] = stand_in
        try:
            yield vars(stand_in)
        finally:
            sys.modules["__main__"] = real


class _StandIn(types.ModuleType):
    """`__main__` as the caller has it, and what it lacks as the notebook defines it."""

    def __init__(self, real: types.ModuleType, spec: PipelineSpec) -> None:
        super().__init__("__main__")
        self._kfnb_real = real
        self._kfnb_spec = spec
        self._kfnb_done = False

    def __getattr__(self, name: str) -> Any:
        real = vars(self)["_kfnb_real"]
        if name in vars(real):
            return vars(real)[name]
        if not vars(self)["_kfnb_done"]:
            self._kfnb_done = True
            for source in definitions(vars(self)["_kfnb_spec"]):
                # What cannot be defined here (a library is missing) is missed only by who needs it.
                with contextlib.suppress(Exception):
                    exec(compile(source, "<notebook>", "exec"), vars(self))
        if name in vars(self):
            return vars(self)[name]
        raise AttributeError(f"neither this session nor the notebook defines {name!r}")


def definitions(spec: PipelineSpec) -> list[str]:
    """Return the imports, definitions and literals of a notebook in their order, each once."""
    placed: dict[tuple[int, int], str] = {}
    for task in spec.tasks:
        for part in task.setup:
            if part.kind != "setter":
                placed[part.ordinal, part.line] = part.source
        for cell in task.cells:
            for line, source in _defined_in(cell.source):
                placed.setdefault((cell.ordinal, line), source)
    return list(dict.fromkeys(placed[place] for place in sorted(placed)))


def _defined_in(source: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with magics: what its readers need of it is in their setup
        return
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            yield first, "\n".join(source.splitlines()[first - 1 : node.end_lineno])
