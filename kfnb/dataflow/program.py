"""What the analysis is given: steps of code cells as plain data, so that it knows nothing of notebooks.

The compiler makes these from the notebook's steps; tests make them by hand.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kfnb.dataflow.magics import ParsedCell, parse_cell

StarResolver = Callable[[str], tuple[str, ...] | None]
"""Gives the names that `from MODULE import *` binds, or None where it cannot be known."""


@dataclass(frozen=True)
class CodeCell:
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


@dataclass(frozen=True)
class CodeStep:
    """A step: its cells in the order in which they run. `when` is the text of its `when:` tag."""

    name: str
    cells: tuple[CodeCell, ...]
    when: str | None = None
    foreach: bool = False


@dataclass(frozen=True)
class Statement:
    """One top-level statement of a cell. `last`: it ends the cell, so an expression there is shown and not thrown
    away."""

    node: ast.stmt
    cell: CodeCell
    step: int
    position: int  # among all statements of the notebook, in the order in which they run
    last: bool
    lazy: bool = False  # annotations are not evaluated


@dataclass
class Program:
    """All statements of a notebook in order, with the parse of each cell."""

    steps: tuple[CodeStep, ...]
    statements: list[Statement] = field(default_factory=list)
    parses: dict[str, ParsedCell] = field(default_factory=dict)

    def source_of(self, statement: Statement) -> str:
        """Return the text of a statement as it stands in its cell (decorators included), or its normal form.

        The normal form is used where the statement shares its lines with others or comes from a magic.
        """
        node = statement.node
        parsed = self.parses[statement.cell.id]
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        alone = all(
            other is node or (other.end_lineno or other.lineno) < first or other.lineno > last
            for other in parsed.tree.body
        )
        if not alone or not parsed.plain:
            return ast.unparse(node)
        return "\n".join(statement.cell.source.splitlines()[first - 1 : last])


def read_program(steps: tuple[CodeStep, ...]) -> Program:
    """Parse every cell once and lay its statements out in the order in which they run. Cells with syntax errors are
    left out."""
    program = Program(steps)
    position = 0
    bound: set[str] = set()
    future: set[str] = set()
    for number, step in enumerate(steps):
        for cell in step.cells:
            parsed = parse_cell(cell.source)
            if parsed.automagic is not None and _first_word(cell.source) not in bound:
                parsed = parsed.automagic
            if not future <= set(parsed.future):  # a future import holds for all later cells
                parsed = replace(parsed, future=tuple(sorted(future.union(parsed.future))))
            future.update(parsed.future)
            program.parses[cell.id] = parsed
            if parsed.error is not None:
                continue
            body = parsed.tree.body
            bound.update(
                n.id for n in ast.walk(parsed.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            )
            definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
            bound.update(n.name for n in ast.walk(parsed.tree) if isinstance(n, definitions))
            imports = (n for n in ast.walk(parsed.tree) if isinstance(n, (ast.Import, ast.ImportFrom)))
            bound.update(a.asname or a.name.split(".")[0] for n in imports for a in n.names)
            for place, node in enumerate(body):
                shown = place == len(body) - 1 and not cell.source.rstrip().endswith(";")
                program.statements.append(Statement(node, cell, number, position, shown, "annotations" in future))
                position += 1
    return program


def _first_word(source: str) -> str:
    found = re.match(r"\s*(\w+)", source)
    return found[1] if found else ""
