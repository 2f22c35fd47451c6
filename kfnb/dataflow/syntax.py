"""What depends on the text of a cell alone: its parse, and the nodes of each of its statements, gone through once.

`program.py` lays the statements of a notebook out from it. A notebook is compiled again and again while it is written,
one cell changed at a time, so the last texts are remembered.
"""

from __future__ import annotations

import ast
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from kfnb.dataflow.magics import ParsedCell, parse_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REMEMBERED = 2048
"""How many texts of cells are remembered."""


class Syntax:
    """One statement, and what its nodes say whatever stands around it. Nothing may change them: compiles share them."""

    def __init__(self, node: ast.stmt) -> None:
        self.node = node

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the statement in the order of `ast.walk`, without contexts (`Load`) and operators."""
        return tuple(nodes_of(self.node))

    @cached_property
    def scope(self) -> tuple[ast.AST, ...]:
        """The nodes that run in the module's scope."""
        return tuple(module_scope(self.node))

    @cached_property
    def bound(self) -> tuple[tuple[str, ast.AST], ...]:
        """Each name that the statement may bind or delete at module scope, with the node that does it."""
        return tuple(_bound(self.scope))

    @cached_property
    def bound_anywhere(self) -> frozenset[str]:
        """Every name that some statement in it may bind, in whatever scope."""
        return frozenset(_names_in(self.nodes))

    @cached_property
    def imports(self) -> tuple[ast.Import | ast.ImportFrom, ...]:
        """The imports in the statement, those in functions included."""
        return tuple(node for node in self.nodes if isinstance(node, (ast.Import, ast.ImportFrom)))


class CellSyntax:
    """The parse of a cell's text and its statements. `automagic`: see `ParsedCell`."""

    def __init__(self, parsed: ParsedCell) -> None:
        self.parsed = parsed
        self.automagic = CellSyntax(parsed.automagic) if parsed.automagic is not None else None

    @cached_property
    def statements(self) -> tuple[Syntax, ...]:
        """The top-level statements."""
        return tuple(map(Syntax, self.parsed.tree.body))


@lru_cache(maxsize=REMEMBERED)
def read_cell(source: str, copy: int) -> CellSyntax:
    """Return the syntax of a cell's text. `copy`: how many cells above have the same text, so that no two cells of a
    notebook share their nodes."""
    return CellSyntax(parse_cell(source))


_NO_NODES = frozenset(
    {"ctx", "op", "ops", "id", "attr", "kind", "asname", "module", "level", "arg", "type_comment", "simple"}
    | {"is_async", "conversion"}
)
_fields: dict[type, tuple[str, ...]] = {ast.Constant: ()}


def _below(node: ast.AST) -> list[ast.AST]:
    kind = type(node)
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [child for child in value if isinstance(child, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def nodes_of(node: ast.AST) -> list[ast.AST]:
    """Return a node and all below it in the order of `ast.walk`, without contexts (`Load`) and operators."""
    found = [node]
    for parent in found:  # grows
        found += _below(parent)
    return found


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def module_scope(node: ast.AST) -> list[ast.AST]:
    """Return the nodes of a statement that run in the module's scope (function bodies and comprehension variables
    aside), each before those below it, without contexts and operators."""
    found: list[ast.AST] = []
    pending = [node]
    while pending:
        node = pending.pop()
        found.append(node)
        if isinstance(node, _COMPREHENSIONS):
            found += [child.target for child in ast.walk(node) if isinstance(child, ast.NamedExpr)]
            continue
        if isinstance(node, _DEFINITIONS):
            arguments = node.args
            children: list[ast.AST] = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
            children += getattr(node, "decorator_list", [])
        elif isinstance(node, ast.ClassDef):
            children = [*node.bases, *(k.value for k in node.keywords), *node.decorator_list]
        else:
            children = _below(node)
        pending += reversed(children)
    return found


def bound_names(node: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that a statement may bind or delete at module scope, with the node that does it."""
    return _bound(module_scope(node))


def _bound(scope: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    for child in scope:
        if isinstance(child, ast.Name) and isinstance(child.ctx, (ast.Store, ast.Del)):
            yield child.id, child
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child.name, child
        elif isinstance(child, (ast.Import, ast.ImportFrom)):
            for alias in child.names:
                yield alias.asname or alias.name.split(".")[0], child
        elif (isinstance(child, ast.ExceptHandler) and child.name) or (
            isinstance(child, (ast.MatchAs, ast.MatchStar)) and child.name
        ):
            yield child.name, child
        elif isinstance(child, ast.MatchMapping) and child.rest:
            yield child.rest, child


def _names_in(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.split(".")[0]
