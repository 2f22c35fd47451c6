"""Joins parts until the pipeline that they make compiles, and values that cannot leave their process stay in one step.

`__init__.py` calls `fit`. Parts are joined by leaving out the tag between them, never by changing a tag of the
person's own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from kfnb.dataflow.magics import parse_cell
from kfnb.errors import Diagnostic
from kfnb.spec import PipelineSpec
from kfnb.suggestion.words import UNSAVEABLE_CALLS, UNSAVEABLE_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.suggestion.parts import Part

Compiled = tuple[PipelineSpec | None, tuple[Diagnostic, ...]]
TryOut = Callable[[list["Part"]], Compiled]
"""Compiles the notebook with the tags that the given parts stand for."""


class Fitted(msgspec.Struct):
    """Parts that compile, what they compile to, and what had to be joined for it, in words."""

    parts: list[Part]
    pipeline: PipelineSpec | None
    diagnostics: tuple[Diagnostic, ...]
    notes: list[str]


def fit(parts: list[Part], try_out: TryOut) -> Fitted:
    """Return parts without errors; `pipeline` is None if even one part for everything has some."""
    notes: list[str] = []
    bound = _held_names(parts)
    pipeline, diagnostics = try_out(parts)
    while True:
        errors = [found for found in diagnostics if found.severity == "error"]
        if errors or pipeline is None:
            better = _without_error(parts, errors, try_out)
            why = f"{errors[0].code}: {errors[0].message}" if errors else ""
        else:
            better, why = _keeping_together(parts, pipeline, bound)
        if better is None:
            return Fitted(parts, pipeline, diagnostics, list(dict.fromkeys(notes)))
        notes.append(f"Fewer steps, because otherwise: {why}" if errors else why)
        parts = better
        pipeline, diagnostics = try_out(parts)


def _without_error(parts: list[Part], errors: Sequence[Diagnostic], try_out: TryOut) -> list[Part] | None:
    """Return the parts with one boundary less: beside the first error's part, the one that leaves fewest errors."""
    at = _part_of(parts, errors[0].cell if errors else None)
    near = [place for place in (at, at + 1) if 0 < place < len(parts) and not parts[place].own]
    others = [place for place in range(1, len(parts)) if not parts[place].own]
    candidates = near or sorted(others, key=lambda place: abs(place - at))[:1]
    joined = [_joined(parts, place) for place in candidates]
    if len(joined) < 2:
        return joined[0] if joined else None
    return min(joined, key=lambda parts: _errors(try_out(parts)))


def _errors(compiled: Compiled) -> int:
    return sum(found.severity == "error" for found in compiled[1])


def _part_of(parts: list[Part], cell: str | None) -> int:
    return next((n for n, part in enumerate(parts) if any(look.cell.id == cell for look in part.looks)), 0)


def _joined(parts: list[Part], place: int) -> list[Part]:
    """Return the parts with the one at `place` as the end of the one before it."""
    first, second = parts[place - 1], parts[place]
    whole = msgspec.structs.replace(first, looks=[*first.looks, *second.looks])
    return [*parts[: place - 1], whole, *parts[place + 1 :]]


# ------------------------------------------------------------------------------------- values that cannot be passed on


def _keeping_together(parts: list[Part], pipeline: PipelineSpec, held: dict[str, str]) -> tuple[list[Part] | None, str]:
    """Return the parts with maker and user of a value that cannot be saved in one, None where there is no such."""
    places = {cell.id: n for n, part in enumerate(parts) for cell in (look.cell for look in part.looks)}
    at = {task.name: places[task.cells[-1].id] for task in pipeline.tasks if task.cells[-1].id in places}
    for edge in pipeline.edges:
        name = next((name for name in edge.names if name in held), None)
        begin, end = at.get(edge.source), at.get(edge.target)
        if name is None or begin is None or end is None or any(part.own for part in parts[begin + 1 : end + 1]):
            continue
        joined = parts
        for _ in range(end - begin):
            joined = _joined(joined, begin + 1)
        if len(joined) < len(parts):
            return (
                joined,
                f"`{edge.source}` goes on until the last use of `{name}` ({held[name]}), which cannot be saved.",
            )
    return None, ""


def _held_names(parts: Sequence[Part]) -> dict[str, str]:
    """Return names that are bound to what lives in its process only, and what makes it, in words."""
    aliases: dict[str, str] = {}
    makers: set[str] = set()
    trees = [parse_cell(look.cell.source).tree for part in parts for look in part.looks]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            aliases.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            aliases.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.FunctionDef) and any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _body(node)):
            makers.add(node.name)
    held: dict[str, str] = {}
    for tree in trees:
        for statement in tree.body:
            for target, value in _bindings(statement):
                what = _held(value, aliases, makers)
                if what:
                    held[target] = what
    return held


def _body(function: ast.FunctionDef) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.GeneratorExp)):
            yield node
            yield from (child for child in ast.walk(node))


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(statement, ast.Assign):
        yield from ((target.id, statement.value) for target in statement.targets if isinstance(target, ast.Name))


def _held(value: ast.expr, aliases: dict[str, str], makers: set[str]) -> str:
    if isinstance(value, ast.GeneratorExp):
        return "a generator"
    if not isinstance(value, ast.Call):
        return ""
    name = ast.unparse(value.func)
    first, dot, rest = name.partition(".")
    full = f"{aliases.get(first, first)}{dot}{rest}"
    if full in makers:
        return f"what {name}() yields"
    held = full in UNSAVEABLE_CALLS or (isinstance(value.func, ast.Attribute) and value.func.attr in UNSAVEABLE_METHODS)
    return f"{name.rpartition('.')[2]}()" if held else ""
