"""Says whether a notebook still means what it meant when it was last analysed, and if so takes that analysis over.

A notebook is compiled again and again while it is written. The analysis looks at names, calls and paths, hardly ever at
the value of a number and never at comments or layout; where nothing else has changed in a few cells, all that it found
holds, and only what carries the cells' text is made anew. Everything else is analysed from the beginning. The compiler
asks for it; a test holds it against compiles that remember nothing.
"""

from __future__ import annotations

import ast
import dataclasses
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfnb.dataflow.program import CodeCell, CodeStep, Program, Statement, first_line
from kfnb.dataflow.syntax import read_cell

if TYPE_CHECKING:
    from kfnb.dataflow.flows import Dataflow, SetupUse, StepFlow
    from kfnb.dataflow.magics import ParsedCell

MOST = 8
"""How many cells may have changed: where more have, an edit is not what happened."""


def renewed(known: Dataflow, steps: tuple[CodeStep, ...]) -> Dataflow | None:
    """Return what `known` says of `steps`, None if that cannot be told without analysing them.

    Every part of `known` that no changed cell has to do with is the same object in the result.
    """
    changed = _changed_cells(known.program.steps, steps)
    if changed is None or known.compares_constants or not _may_be_taken_over(known, changed):
        return None
    if not changed:
        return known
    program = _with_cells(known.program, steps, changed)
    if program is None:
        return None
    places = {s.position for s in program.statements if s is not known.program.statements[s.position]}
    moved = {place for place in places & known.repeatable if not _stays(place, known.program, program)}
    constants = _constants(known, program, places)
    if constants is None:
        return None
    return replace(known, program=program, steps=_with_setup(known.steps, moved, program), constants=constants)


def _changed_cells(before: tuple[CodeStep, ...], after: tuple[CodeStep, ...]) -> list[tuple[CodeCell, CodeCell]] | None:
    """Return the cells whose text has changed, as they were and are; None if something else has changed."""
    if len(before) != len(after):
        return None
    changed = []
    for old, new in zip(before, after, strict=True):
        if old == new:
            continue
        if (old.name, old.when, old.foreach, len(old.cells)) != (new.name, new.when, new.foreach, len(new.cells)):
            return None
        for cell, now in zip(old.cells, new.cells, strict=True):
            if cell == now:
                continue
            if replace(cell, source=now.source) != now:
                return None
            changed.append((cell, now))
    return changed if len(changed) <= MOST else None


def _may_be_taken_over(known: Dataflow, changed: list[tuple[CodeCell, CodeCell]]) -> bool:
    """Say that no diagnostic points into a changed cell and no condition is made of one."""
    cells = {cell.id for cell, _ in changed}
    if any(finding.place.cell in cells for finding in known.findings):
        return False
    steps = {n for n, step in enumerate(known.program.steps) if any(cell.id in cells for cell in step.cells)}
    return all(known.steps[number].test is None for number in steps)


def _with_cells(
    program: Program, steps: tuple[CodeStep, ...], changed: list[tuple[CodeCell, CodeCell]]
) -> Program | None:
    """Return the program with the changed cells in it; None if one says something else than it did."""
    texts = [cell.source for step in steps for cell in step.cells]
    statements, parses = list(program.statements), dict(program.parses)
    for old, new in changed:
        before, read = program.parses[old.id], read_cell(new.source, 0)
        if texts.count(new.source) > 1 or not _plain(before) or not _plain(read.parsed) or read.parsed.future:
            return None
        ends = [text.rstrip().endswith(";") for text in (old.source, new.source)]
        if ends[0] != ends[1] or not _alike(before.tree, read.parsed.tree):
            return None
        parses[new.id] = dataclasses.replace(read.parsed, future=before.future)
        mine = [s for s in program.statements if s.cell.id == new.id]
        for statement, syntax in zip(mine, read.statements, strict=True):
            statements[statement.position] = replace(statement, node=syntax.node, cell=new, syntax=syntax)
    return Program(steps, statements, parses)


def _plain(parsed: ParsedCell) -> bool:
    """Say whether a cell is nothing but Python, whatever is bound above it."""
    return parsed.plain and parsed.error is None and parsed.automagic is None and not (parsed.marks or parsed.problems)


def _alike(old: object, new: object) -> bool:
    """Say whether the analysis sees no difference between two trees, or lists or values within them."""
    if old.__class__ is not new.__class__:
        return False
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_alike, old, new))
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        return _same_to_analysis(old.value, new.value)
    if isinstance(old, ast.AST):
        return all(_alike(getattr(old, name, None), getattr(new, name, None)) for name in old._fields)
    return old == new


def _same_to_analysis(old: object, new: object) -> bool:
    """Say whether two constants are one to the analysis. Of a number it asks whether it is zero, and below 64."""
    if old.__class__ is not new.__class__:
        return False
    if isinstance(old, (int, float, complex)) and isinstance(new, (int, float, complex)) and not isinstance(old, bool):
        return (old == 0, abs(old) < 64) == (new == 0, abs(new) < 64)
    return old == new


def _stays(place: int, before: Program, after: Program) -> bool:
    """Say whether a statement's text and its first line are what they were."""
    old, new = before.statements[place], after.statements[place]
    return before.source_of(old) == after.source_of(new) and first_line(old.node) == first_line(new.node)


def _constants(known: Dataflow, program: Program, places: set[int]) -> dict[str, object] | None:
    """Return the values of literals that are setup; None if a condition is made of one that changed."""
    constants = dict(known.constants)
    for statement in (program.statements[place] for place in places):
        for name, _ in statement.syntax.bound:
            if name not in constants:
                continue
            if any(flow.test is not None and name in flow.test.constants for flow in known.steps):
                return None
            assert isinstance(statement.node, (ast.Assign, ast.AnnAssign))
            assert statement.node.value is not None
            constants[name] = ast.literal_eval(statement.node.value)
    return constants


def _with_setup(flows: list[StepFlow], moved: set[int], program: Program) -> list[StepFlow]:
    """Return the flows of all steps, those with setup that stands at `moved` places with its statements of now."""
    if not moved:
        return flows
    made: dict[SetupUse, SetupUse] = {}

    def now(statement: Statement) -> Statement:
        return program.statements[statement.position]

    def use_now(use: SetupUse) -> SetupUse:
        if moved.isdisjoint((use.statement.position, *(s.position for s in use.prelude))):
            return use
        if use not in made:
            made[use] = replace(use, statement=now(use.statement), prelude=tuple(map(now, use.prelude)))
        return made[use]

    found = []
    for flow in flows:
        setup = list(map(use_now, flow.setup))
        found.append(replace(flow, setup=setup) if setup != flow.setup else flow)
    return found
