"""Which statements are setup, and which of them a step needs: imports, definitions and literals that can be repeated
anywhere.

A name is setup if running its statement again elsewhere gives the same thing: every binding of it is the same import,
or it is
bound exactly once, at top level and unconditionally, to a definition made of setup or to an immutable literal, and
never changed.
Used by `graph.py`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from kfnb.dataflow.book import BUILTINS, IPYTHON_NAMES, Book
from kfnb.dataflow.syntax import bound_names, nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.dataflow.program import Program, Statement
    from kfnb.dataflow.summaries import Summary

_REPEATABLE_CALLS = (
    "dataclasses.",
    "enum.",
    "typing.",
    "typing_extensions.",
    "collections.namedtuple",
    "re.compile",
    "pathlib.",
    "decimal.Decimal",
    "fractions.Fraction",
    "datetime.timedelta",
    "datetime.date",
    "datetime.datetime",
    "itertools.count",
    "collections.",
    "numpy.dtype",
    "functools.",
    "operator.",
    "torch.nn.",
    "pydantic.",
    "attr.",
    "attrs.",
    "weakref.",
)
_REPEATABLE_BUILTINS = frozenset(
    [
        "int",
        "float",
        "str",
        "bool",
        "tuple",
        "frozenset",
        "list",
        "dict",
        "set",
        "len",
        "range",
        "object",
        "property",
        "staticmethod",
        "classmethod",
        "super",
        "type",
        "bytes",
        "complex",
        "slice",
        "sorted",
        "min",
        "max",
        "sum",
        "abs",
        "round",
        "zip",
        "enumerate",
    ]
)


class Definition(msgspec.Struct, frozen=True):
    """A setup statement. `needs`: setup names that running it needs; `calls_on`: names its functions read when
    called."""

    names: tuple[str, ...]
    kind: str
    statement: Statement
    needs: frozenset[str] = frozenset()


@dataclass
class SetupTable:
    """All setup of a notebook: for each name its statements, in notebook order (an import may be repeated)."""

    by_name: dict[str, list[Definition]] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)

    @cached_property
    def positions(self) -> frozenset[int]:
        """Where all setup statements stand; asked for once the table is complete."""
        return frozenset(d.statement.position for found in self.by_name.values() for d in found)

    @cached_property
    def definitions_of(self) -> dict[int, set[str]]:
        """The functions, classes and session objects that each step defines; asked for once the table is complete."""
        found: dict[int, set[str]] = {}
        for name, definitions in self.by_name.items():
            for definition in definitions:
                if definition.kind == "definition":
                    found.setdefault(definition.statement.step, set()).add(name)
        return found


# ---------------------------------------------------------------------------------------------------- what binds names


def literal(node: ast.expr | None) -> bool:
    """Say whether `node` is an immutable literal: constants, tuples and arithmetic of them."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Tuple):
        return all(literal(e) for e in node.elts)
    if isinstance(node, ast.UnaryOp):
        return literal(node.operand)
    return isinstance(node, ast.BinOp) and literal(node.left) and literal(node.right) and _small(node)


def _small(node: ast.BinOp) -> bool:
    return not isinstance(node.op, (ast.Pow, ast.LShift)) or all(
        not isinstance(c.value, int) or abs(c.value) < 64 for c in ast.walk(node.right) if isinstance(c, ast.Constant)
    )


def import_keys(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Return the names that an import binds and what each of them is, by its dotted name."""
    keys = {}
    for alias in node.names:
        if isinstance(node, ast.Import):
            name = alias.asname or alias.name.split(".")[0]
            keys[name] = alias.name if alias.asname else name
        elif alias.name != "*":
            keys[alias.asname or alias.name] = "." * node.level + f"{node.module or ''}.{alias.name}"
    return keys


def imported_modules(node: ast.AST) -> set[str]:
    """Return the modules that a node may import, by their dotted names."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def import_roots(node: ast.stmt) -> set[str]:
    """Return the top-level packages that an import statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return set()


# ---------------------------------------------------------------------------------------------------- finding setup


def find_setup(program: Program, book: Book, demoted: set[str], parameters: dict[str, bool]) -> SetupTable:
    """Return the setup of a notebook and fill `book`'s setup, imports and bound names.

    `demoted`: names found to be changed somewhere. `parameters`: run parameters, and whether each is immutable.
    """
    bindings: dict[str, list[tuple[Statement, ast.AST]]] = {}
    excluded = set(demoted)
    for statement in program.statements:
        excluded |= statement.syntax.facts.made_global
        for name, node in statement.syntax.bound:
            bindings.setdefault(name, []).append((statement, node))
        if isinstance(statement.node, ast.ImportFrom) and statement.node.names[0].name == "*":
            names = book.resolver(_module(statement.node)) if book.resolver is not None else None
            for name in names or ():
                bindings.setdefault(name, []).append((statement, statement.node))
    book.bound = set(bindings) | excluded - demoted
    book.imports = _imports(bindings, book)
    table = SetupTable()
    conditional = frozenset(number for number, step in enumerate(program.steps) if step.when is not None)
    for name, places in bindings.items():
        if name not in excluded:
            _consider(name, places, table, book, parameters, conditional)
    _drop_what_needs_more(table, book, parameters)
    book.setup = set(table.by_name) | {
        name
        for name, immutable in parameters.items()
        if immutable and name not in excluded and _only_parameter(bindings.get(name, []))
    }
    return table


def _only_parameter(places: list[tuple[Statement, ast.AST]]) -> bool:
    return len(places) == 1 and places[0][0].cell.parameters


def _module(node: ast.ImportFrom) -> str:
    return "." * node.level + (node.module or "")


def _imports(bindings: dict[str, list[tuple[Statement, ast.AST]]], book: Book) -> dict[str, str]:
    imports = {}
    for name, places in bindings.items():
        keys = {_import_key(name, node) for _, node in places}
        if len(keys) == 1 and (key := keys.pop()) is not None:
            imports[name] = key
    return imports


def _import_key(name: str, node: ast.AST) -> str | None:
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return f"{_module(node)}.{name}"
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return import_keys(node).get(name)
    return None


def _consider(
    name: str,
    places: list[tuple[Statement, ast.AST]],
    table: SetupTable,
    book: Book,
    parameters: dict[str, bool],
    conditional: frozenset[int],
) -> None:
    """Note `name` as setup if it is. `conditional`: steps that may be left out, and what they alone bind with them."""
    if any(statement.cell.may_raise for statement, _ in places) or all(s.step in conditional for s, _ in places):
        return
    if all(isinstance(node, (ast.Import, ast.ImportFrom)) and node is statement.node for statement, node in places):
        kept = [Definition(_names_of(s.node, book), "import", s) for s, _ in places if not future_import(s.node)]
        if name in book.imports and kept:
            table.by_name[name] = kept
        return
    if len(places) != 1 or name in parameters:
        return
    statement, node = places[0]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node is statement.node:
        if all(_repeatable(child, book) for child in _run_at_definition(node)):
            needs = frozenset(definition_names(node, statement.lazy))
            table.by_name[name] = [Definition((name,), "definition", statement, needs)]
        return
    value = _assigned_literal(statement.node, name)
    if isinstance(value, ast.Call) and _is_session_object(value, book):
        table.by_name[name] = [Definition((name,), "definition", statement, frozenset(_loads([value])))]
        return
    if value is not None and literal(value):
        table.by_name[name] = [Definition((name,), "literal", statement)]
        try:
            table.constants[name] = ast.literal_eval(value)
        except ValueError:
            pass


def _is_session_object(node: ast.Call, book: Book) -> bool:
    """Say whether a call gives something of the session itself (a logger, a handler) that can be had again anywhere."""
    dotted = _dotted(node.func, book) or ""
    if dotted != "decimal.getcontext" and (not dotted.startswith("logging.") or "FileHandler" in dotted):
        return False
    arguments = [*node.args, *(k.value for k in node.keywords)]
    return all(literal(a) or _dotted(a, book) is not None for a in arguments)


def future_import(node: ast.stmt) -> bool:
    """Say whether a statement is `from __future__ import …`, which holds for all later cells."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _names_of(node: ast.stmt, book: Book) -> tuple[str, ...]:
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return tuple(book.resolver(_module(node)) or ()) if book.resolver is not None else ()
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    return tuple(import_keys(node))


def _assigned_literal(node: ast.stmt, name: str) -> ast.expr | None:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.value
    if (
        isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.annotation, (ast.Name, ast.Constant))
    ):
        return node.value
    return None


def _run_at_definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[ast.expr]:
    """Yield the expressions that run when a function or class is defined (decorators are looked at by the walk)."""
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from (k.value for k in node.keywords)
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield from _run_at_definition(statement)
            else:
                yield from (child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr))
    else:
        yield from node.args.defaults
        yield from (d for d in node.args.kw_defaults if d is not None)


def _repeatable(node: ast.expr, book: Book) -> bool:
    """Say whether running an expression again gives an equal thing: only calls known to do so."""
    for child in ast.walk(node):
        if isinstance(child, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
        if isinstance(child, ast.Call) and not _repeatable_call(child, book):
            return False
    return True


def _repeatable_call(node: ast.Call, book: Book) -> bool:
    dotted = _dotted(node.func, book)
    if dotted is None:
        return False
    if dotted in book.bound:
        return dotted in book.classes or dotted in book.functions
    return dotted in _REPEATABLE_BUILTINS or dotted.startswith(_REPEATABLE_CALLS)


def _dotted(node: ast.expr, book: Book) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([book.imports.get(node.id, node.id), *reversed(parts)])


def definition_names(node: ast.AST, lazy_annotations: bool = False) -> set[str]:
    """Return the names that must exist when a function or class is defined."""
    names: set[str] = set()
    if isinstance(node, ast.ClassDef):
        own: set[str] = set()  # bound above in the class body
        parts: list[ast.AST] = [*node.bases, *(k.value for k in node.keywords), *node.decorator_list]
        names |= _loads(parts)
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names |= definition_names(statement, lazy_annotations) - own
            elif isinstance(statement, ast.AnnAssign) and lazy_annotations:
                names |= _loads([statement.value] if statement.value else []) - own
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                names |= _loads(list(ast.iter_child_nodes(statement))) - own
            else:
                names |= _loads([statement]) - own
            own |= {name for name, _ in bound_names(statement)}
        return names
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    arguments = node.args
    parts = [*node.decorator_list, *arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
    if not lazy_annotations:
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        parts += [a.annotation for a in every if a is not None and a.annotation is not None]
        parts += [node.returns] if node.returns is not None else []
    return _loads(parts)


def _loads(nodes: list[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        found = [n for n in nodes_of(node) if isinstance(n, ast.Name)]
        inner = {n.id for n in found if isinstance(n.ctx, ast.Store)}
        names |= {n.id for n in found if isinstance(n.ctx, ast.Load)} - inner
    return names


def _drop_what_needs_more(table: SetupTable, book: Book, parameters: dict[str, bool]) -> None:
    """Take out, until nothing changes, the definitions that need a name which is no setup."""
    known = BUILTINS | IPYTHON_NAMES
    while True:
        bad = [
            name
            for name, definitions in table.by_name.items()
            for definition in definitions
            if any(
                need not in table.by_name
                and (need in book.bound or need not in known)
                and not parameters.get(need, False)
                for need in definition.needs - {name}
            )
        ]
        if not bad:
            return
        for name in bad:
            table.by_name.pop(name, None)


# ---------------------------------------------------------------------------------------------------- slicing


def called_names(name: str, book: Book) -> set[str]:
    """Return the names that the functions and methods called `name` read when they are called."""
    names: set[str] = set()
    for summary in book.functions.get(name, ()):
        names |= summary.reads
    for info in book.classes.get(name, ()):
        for relative in book.family(info):
            for method in relative.methods.values():
                names |= method.reads
    return names


# ---------------------------------------------------------------------------------------------------- definitions that
# do more than define


_WHEN_MADE = ("__init__", "__new__", "__post_init__", "__set_name__")
_WHEN_A_CLASS_IS_MADE = ("__new__", "__init__", "__prepare__", "__call__")


def impure_definitions(table: SetupTable, book: Book) -> set[str]:
    """Return the definitions that run code of the notebook (a decorator, a metaclass, a call in a class body) which
    does something, or reads what is no setup: to repeat them elsewhere would not give the same."""
    found = set()
    for name, definitions in table.by_name.items():
        node = definitions[0].statement.node
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if isinstance(node, kinds) and any(_acts(summary, book) for summary in _run_when_defined(node, book)):
            found.add(name)
    return found & book.setup


def _acts(summary: Summary, book: Book) -> bool:
    data = {name for name in summary.reads if name in book.bound and name not in book.setup}
    effects = any(effect.kind not in ("shows", "reads") for effect in summary.effects)
    return bool(data or summary.changes or summary.binds or summary.deletes or effects)


def _run_when_defined(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, book: Book) -> Iterator[Summary]:
    expressions = list(_run_at_definition(node))
    inner = [c for c in ast.walk(node) if isinstance(c, ast.ClassDef)] if isinstance(node, ast.ClassDef) else []
    decorated = [*inner, *(f for c in inner for f in c.body if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)))]
    for definition in decorated or [node]:
        expressions += definition.decorator_list
    for name in {n.id for e in expressions for n in ast.walk(e) if isinstance(n, ast.Name)}:
        yield from book.functions.get(name, ())
        for info in book.classes.get(name, ()):
            yield from (info.methods[m] for m in _WHEN_MADE if m in info.methods)
    for made in inner:
        yield from _run_when_a_class_is_made(made, book)


def _run_when_a_class_is_made(node: ast.ClassDef, book: Book) -> Iterator[Summary]:
    bases = [n for b in node.bases for n in ast.walk(b) if isinstance(n, ast.Name)]
    for base in (info for n in bases for info in book.classes.get(n.id, ())):
        for relative in book.family(base):
            if "__init_subclass__" in relative.methods:
                yield relative.methods["__init_subclass__"]
            if relative.node is not None and relative.node is not node:
                yield from _of_metaclass(relative.node, book)
    yield from _of_metaclass(node, book)


def _of_metaclass(node: ast.ClassDef, book: Book) -> Iterator[Summary]:
    for keyword in node.keywords:
        if keyword.arg == "metaclass" and isinstance(keyword.value, ast.Name):
            for info in book.classes.get(keyword.value.id, ()):
                for relative in book.family(info):
                    yield from (relative.methods[m] for m in _WHEN_A_CLASS_IS_MADE if m in relative.methods)
