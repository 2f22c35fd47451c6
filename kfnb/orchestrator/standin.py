"""Loads values of a run into the caller's process, where the notebook's own classes and functions may not exist.

Called by the client for `run.artifacts[…].load()` and `run.tasks[…].inputs()`. A value refers to classes and functions
of the notebook's `__main__`. While it is loaded, a namespace stands in for `__main__`: what is asked of it comes from
the caller's own session if that is interactive (the notebook itself, most often), else from the notebook's imports,
definitions and literals, which are then executed there in their order.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.spec import PipelineSpec

_lock = threading.RLock()


@contextlib.contextmanager
def notebook_namespace(spec: PipelineSpec) -> Iterator[dict[str, Any]]:
    """Yield a namespace that has what the notebook defines; inside, it is also what `__main__` means to pickle."""
    with _lock:
        real = sys.modules["__main__"]
        namespace = _Namespace(spec, vars(real) if _is_interactive(real) else {})
        sys.modules["__main__"] = _StandIn(namespace)
        try:
            yield namespace
        finally:
            sys.modules["__main__"] = real


def _is_interactive(main: types.ModuleType) -> bool:
    return "get_ipython" in vars(main) or hasattr(sys, "ps1")


class _Namespace(dict[str, Any]):
    """Global names of loaded functions. (Python asks `__missing__` of globals that are no plain dict.)"""

    def __init__(self, spec: PipelineSpec, session: dict[str, Any]) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self._spec: PipelineSpec | None = spec
        self._session = session

    def __missing__(self, name: str) -> Any:
        if name in self._session:
            return self._session[name]
        if hasattr(builtins, name):
            raise KeyError(name)
        self._define()
        if name in self:
            return self[name]
        raise KeyError(name)

    def _define(self) -> None:
        """Execute the notebook's definitions, once."""
        spec, self._spec = self._spec, None
        for source in definitions(spec) if spec is not None else ():
            # What cannot be defined here (a library is not installed) is missed only by who needs it.
            with contextlib.suppress(Exception):
                exec(compile(source, "<notebook>", "exec"), self)


class _StandIn(types.ModuleType):
    """The module `__main__` made of a namespace, for pickles that name it."""

    def __init__(self, namespace: _Namespace) -> None:
        super().__init__("__main__")
        self._kfnb_namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return vars(self)["_kfnb_namespace"][name]
        except KeyError:
            raise AttributeError(f"neither this session nor the notebook defines {name!r}") from None


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
        tree = parse(source)
    except SyntaxError:  # a cell with magics: what its readers need of it is in their setup
        return
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            yield first, "\n".join(source.splitlines()[first - 1 : node.end_lineno])
