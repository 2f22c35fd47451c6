"""Functions that remember (`functools.lru_cache`): within one step they do, and where that shows, it is said.

`graph.py` asks for the diagnostics once the walk is done.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kfnb.dataflow.functions import effect_kinds, remembers
from kfnb.dataflow.record import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.dataflow.book import Book
    from kfnb.dataflow.names import StepNotes
    from kfnb.dataflow.program import Program
    from kfnb.dataflow.slices import SetupTable

_UNKNOWN = "unknown"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def memory_findings(program: Program, notes: list[StepNotes], table: SetupTable, book: Book) -> list[Finding]:
    """Return a diagnostic for each function with a cache of which several steps would see that it remembers anew."""
    findings = []
    for name, definitions in table.by_name.items():
        node = definitions[0].statement.node
        decorators = node.decorator_list if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
        if not any(map(remembers, decorators)):
            continue
        if sum(name in note.record.calls for note in notes) < 2:
            continue
        what = _what_shows(name, program, book)
        if what is not None:
            message = (
                f"`{name}` remembers its results, {what}, and several steps call it; each step would remember anew."
            )
            place = Place(definitions[0].statement.cell.id, node.lineno)
            fix = "Call it in one step only, or keep its results in a variable."
            findings.append(Finding("KF213", "error", message, place, fix))
    return findings


def _what_shows(name: str, program: Program, book: Book) -> str | None:
    summaries = book.functions.get(name, ())
    kinds = {kind for summary in summaries for kind in effect_kinds(summary.effects)}
    if kinds - {"reads"} or any(s.changes or s.changed_parameters for s in summaries) or _inspected(name, program):
        return "what it does besides shows"
    if name in book.altered and _asked_again(name, program):
        return "one of them is changed in place"
    return None


def _inspected(name: str, program: Program) -> bool:
    return any(
        isinstance(n, ast.Attribute)
        and n.attr.startswith("cache_")
        and isinstance(n.value, ast.Name)
        and n.value.id == name
        for statement in program.statements
        for n in statement.nodes
    )


def _asked_again(name: str, program: Program) -> bool:
    """Say whether two steps may call the function with the same arguments."""
    asked: dict[str, int] = {}
    for step, arguments in _calls(name, program):
        if arguments == _UNKNOWN or asked.setdefault(arguments, step) != step:
            return True
    return False


def _calls(name: str, program: Program) -> Iterator[tuple[int, str]]:
    """Yield the step and the arguments of each use of the function; a use that is no call may call it with any, and one
    in a function may be run by any step."""
    for statement in program.statements:
        inner = {id(n) for outer in statement.nodes if isinstance(outer, _FUNCTIONS) for n in ast.walk(outer)}
        called = {id(n.func): n for n in statement.nodes if isinstance(n, ast.Call) and id(n) not in inner}
        for node in statement.nodes:
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                call = called.get(id(node))
                yield statement.step, _UNKNOWN if call is None else _literals(call)


def _literals(call: ast.Call) -> str:
    """Return the arguments of a call if they are texts or whole numbers, which equal only what is written alike."""
    constants = [a.value if isinstance(a, ast.Constant) else None for a in call.args]
    if call.keywords or not all(type(constant) in (str, int) for constant in constants):
        return _UNKNOWN
    return repr(constants)
