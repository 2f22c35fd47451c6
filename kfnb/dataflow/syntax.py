"""What depends on the text of a cell alone: its parse, and the nodes of each of its statements, gone through once.

`program.py` lays the statements of a notebook out from it. A notebook is compiled again and again while it is written,
one cell changed at a time, so the last texts are remembered.
"""

from __future__ import annotations

import ast
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from kfnb.dataflow.facts import Facts
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
    def definitions(self) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign, ...]:
        """The functions, classes and named lambdas that run of the module's scope."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found: list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign] = []
        for node in self.scope:
            if isinstance(node, kinds) or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)):
                found.append(node)
        return tuple(found)

    @cached_property
    def facts(self) -> Facts:
        """What its nodes say one by one."""
        return Facts(self.nodes)


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
    | {"is_async", "conversion", "rest", "kwd_attrs"}
)


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of each kind of node that hold nodes of interest, or lists of such."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        names = [name for name in kind._fields if name not in _NO_NODES]
        if "name" in names and kind.__name__ != "TypeAlias":  # a text everywhere else
            names.remove("name")
        found = self[kind] = tuple(names)
        return found


_fields = _Fields({ast.Constant: (), ast.Global: (), ast.Nonlocal: ()})


def below(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below a node, without contexts (`Load`) and operators."""
    found: list[ast.AST] = []
    for name in _fields[node.__class__]:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += value if None not in value else [child for child in value if child is not None]
        elif value is not None:
            found.append(value)
    return found


def nodes_of(node: ast.AST) -> list[ast.AST]:
    """Return a node and all below it in the order of `ast.walk`, without contexts (`Load`) and operators."""
    found = [node]
    for parent in found:  # grows
        if _fields[parent.__class__]:
            found += below(parent)
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
        if not _fields[node.__class__]:
            continue
        if isinstance(node, _COMPREHENSIONS):
            found += [child.target for child in nodes_of(node) if isinstance(child, ast.NamedExpr)]
            continue
        if isinstance(node, _DEFINITIONS):
            arguments = node.args
            children: list[ast.AST] = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
            children += getattr(node, "decorator_list", [])
        elif isinstance(node, ast.ClassDef):
            children = [*node.bases, *(k.value for k in node.keywords), *node.decorator_list]
        else:
            children = below(node)
        children.reverse()
        pending += children
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
