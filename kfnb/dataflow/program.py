"""What the analysis is given: steps of code cells as plain data, so that it knows nothing of notebooks.

The compiler makes these from the notebook's steps; tests make them by hand.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from kfnb.dataflow.magics import MARK, ParsedCell
from kfnb.dataflow.syntax import Syntax, read_cell

StarResolver = Callable[[str], tuple[str, ...] | None]
"""Gives the names that `from MODULE import *` binds, or None where it cannot be known."""


class CodeCell(msgspec.Struct, frozen=True):
    """A code cell and what its tags say about it: `uses:`, `changes:`, `keeps:`, `binds:`, `draws`."""

    id: str
    source: str
    ordinal: int = 0
    index: int = 0
    parameters: bool = False
    may_raise: bool = False  # tagged raises-exception: a statement may stop half way and the cell still passes
    metrics: bool = False
    uses: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    draws: bool = False


class CodeStep(msgspec.Struct, frozen=True):
    """A step: its cells in the order in which they run. `when` is the text of its `when:` tag."""

    name: str
    cells: tuple[CodeCell, ...]
    when: str | None = None
    foreach: bool = False


class Statement(msgspec.Struct, frozen=True):
    """One top-level statement of a cell. `last`: it ends the cell, so an expression there is shown and not thrown
    away."""

    node: ast.stmt
    cell: CodeCell
    step: int
    position: int  # among all statements of the notebook, in the order in which they run
    last: bool
    lazy: bool = False  # annotations are not evaluated
    syntax: Syntax = msgspec.field(default_factory=lambda: Syntax(ast.Pass()))

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes of the statement."""
        return self.syntax.nodes


@dataclass
class Program:
    """All statements of a notebook in order, with the parse of each cell."""

    steps: tuple[CodeStep, ...]
    statements: list[Statement] = field(default_factory=list)
    parses: dict[str, ParsedCell] = field(default_factory=dict)
    _sources: dict[int, str] = field(default_factory=dict)

    @cached_property
    def by_step(self) -> list[list[Statement]]:
        """The statements of each step."""
        found: list[list[Statement]] = [[] for _ in self.steps]
        for statement in self.statements:
            found[statement.step].append(statement)
        return found

    def source_of(self, statement: Statement) -> str:
        """Return the text of a statement as it runs: its own lines (decorators included), or what IPython makes of
        them.

        Where a statement shares its lines with others, its normal form is given.
        """
        known = self._sources.get(statement.position)
        if known is None:
            known = self._sources[statement.position] = self._source_of(statement)
        return known

    def _source_of(self, statement: Statement) -> str:
        node, parsed = statement.node, self.parses[statement.cell.id]
        first = first_line(node)
        if not parsed.plain:
            if first in parsed.runnable:
                return parsed.runnable[first]
            calls = (c for c in ast.walk(node) if isinstance(c, ast.Call) and isinstance(c.func, ast.Name))
            mark = next((c.args[0] for c in calls if c.func.id == MARK), None)  # type: ignore[attr-defined]
            if isinstance(mark, ast.Constant) and isinstance(mark.value, int):
                return str(parsed.marks[mark.value].detail["source"])
            return ast.unparse(node)
        last = node.end_lineno or node.lineno
        alone = all(
            other is node or (other.end_lineno or other.lineno) < first or first_line(other) > last
            for other in parsed.tree.body
        )
        if not alone:
            return ast.unparse(node)
        return "\n".join(statement.cell.source.splitlines()[first - 1 : last])


def first_line(node: ast.stmt) -> int:
    """Return the first line of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def read_program(steps: tuple[CodeStep, ...]) -> Program:
    """Parse every cell once and lay its statements out in the order in which they run. Cells with syntax errors are
    left out."""
    program = Program(steps)
    position = 0
    bound: set[str] = set()
    future: set[str] = set()
    copies: Counter[str] = Counter()
    for number, step in enumerate(steps):
        for cell in step.cells:
            read = read_cell(cell.source, copies[cell.source])
            copies[cell.source] += 1
            if read.automagic is not None and _first_word(cell.source) not in bound:
                read = read.automagic
            parsed = read.parsed
            if not future <= set(parsed.future):  # a future import holds for all later cells
                parsed = replace(parsed, future=tuple(sorted(future.union(parsed.future))))
            future.update(parsed.future)
            program.parses[cell.id] = parsed
            if parsed.error is not None:
                continue
            body = read.statements
            for place, syntax in enumerate(body):
                shown = place == len(body) - 1 and not cell.source.rstrip().endswith(";")
                bound |= syntax.facts.bound
                lazy = "annotations" in future
                program.statements.append(Statement(syntax.node, cell, number, position, shown, lazy, syntax))
                position += 1
    return program


def _first_word(source: str) -> str:
    found = re.match(r"\s*(\w+)", source)
    return found[1] if found else ""
