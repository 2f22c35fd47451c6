"""What the nodes of a statement say one by one, whatever stands around it, gathered in one go through them.

`syntax.py` keeps it with the statement; `graph.py` and `slices.py` put together what all statements say.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Facts:
    """Names and attributes of one statement by what is done with them.

    `bound`: every name that some statement in it may bind, in whatever scope. `made_global`: names that functions in it
    declare global, or that it stores into `globals()`. `stored`: every attribute that it assigns, fields of a dataclass
    included. `defaulting`: names and attributes that it makes a `defaultdict`. `handed_about`: names, and attributes as
    `.NAME`, that it reads without calling them, and functions that it decorates. `looked_up`: how the attributes begin
    that it looks up by a text. `imports`: the imports in it, those in functions included. `modules`: the dotted modules
    that these name, and the packages above them that are dotted too.
    """

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        self.bound: set[str] = set()
        self.made_global: set[str] = set()
        self.stored: set[str] = set()
        self.defaulting: set[str] = set()
        self.handed_about: set[str] = set()
        self.looked_up: set[str] = set()
        self.imports: list[ast.Import | ast.ImportFrom] = []
        self.modules: set[str] = set()
        self._called: set[ast.AST] = set()  # a call comes before what it calls
        for node in nodes:
            note = _NOTES.get(node.__class__)
            if note is not None:
                note(self, node)

    def _name(self, node: ast.Name) -> None:
        if node.ctx.__class__ is ast.Store:
            self.bound.add(node.id)
        elif node.ctx.__class__ is ast.Load and node not in self._called:
            self.handed_about.add(node.id)

    def _attribute(self, node: ast.Attribute) -> None:
        if node.ctx.__class__ is ast.Store:
            self.stored.add(node.attr)
        elif node.ctx.__class__ is ast.Load and node not in self._called:
            self.handed_about.add("." + node.attr)

    def _call(self, node: ast.Call) -> None:
        self._called.add(node.func)
        start = _start_of_looked_up(node)
        if start is not None:
            self.looked_up.add(start)

    def _subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load) and is_namespace(node.value) and isinstance(node.slice, ast.Constant):
            self.made_global.add(str(node.slice.value))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bound.add(node.name)
        if node.decorator_list:
            self.handed_about.add(node.name)

    def _class(self, node: ast.ClassDef) -> None:
        self.bound.add(node.name)
        for field in node.body:  # fields of a dataclass
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                self.stored.add(field.target.id)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.imports.append(node)
        self.bound.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        for path in [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]:
            parts = path.split(".")
            self.modules.update(".".join(parts[:n]) for n in range(2, len(parts) + 1))

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        if _makes_defaultdict(node.value):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.defaulting.update(_named(target))

    def _global(self, node: ast.Global) -> None:
        self.made_global.update(node.names)


_NOTES: dict[type[ast.AST], Callable[[Facts, Any], None]] = {
    ast.Name: Facts._name,
    ast.Attribute: Facts._attribute,
    ast.Call: Facts._call,
    ast.Subscript: Facts._subscript,
    ast.FunctionDef: Facts._function,
    ast.AsyncFunctionDef: Facts._function,
    ast.ClassDef: Facts._class,
    ast.Import: Facts._import,
    ast.ImportFrom: Facts._import,
    ast.Assign: Facts._assignment,
    ast.AnnAssign: Facts._assignment,
    ast.Global: Facts._global,
}


def _named(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Attribute):
        yield target.attr


def _makes_defaultdict(value: ast.expr | None) -> bool:
    function = value.func if isinstance(value, ast.Call) else None
    name = (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
    return name == "defaultdict"


def _start_of_looked_up(node: ast.Call) -> str | None:
    """Return how the names begin that `getattr(x, "visit_" + kind)` and its like may look up; None for other calls."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    place = 1 if name == "getattr" else 0
    if name not in ("getattr", "attrgetter", "methodcaller") or len(node.args) <= place:
        return None
    text: ast.expr = node.args[place]
    if isinstance(text, ast.BinOp):
        text = text.left
    elif isinstance(text, ast.JoinedStr) and text.values:
        text = text.values[0]
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""


def is_namespace(node: ast.expr, *names: str) -> bool:
    """Say whether `node` is a call of `globals()` (or one of its kind) without arguments."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in (names or ("globals", "locals", "vars", "dir"))
        and not node.args
    )
