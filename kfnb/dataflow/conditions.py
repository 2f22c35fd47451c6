"""Finds the steps that are a plain `if`: the orchestrator can decide them without starting anything.

A step whose whole body is one top-level `if` without `else`, on names that other steps can record as scalars, is a
conditional
task. Anything else with an `if` in it is an ordinary step. Used by `graph.py`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kfnb.dataflow.flows import Test
from kfnb.parsing import parse

if TYPE_CHECKING:
    from kfnb.dataflow.book import Book
    from kfnb.dataflow.program import CodeStep, Program
    from kfnb.dataflow.slices import SetupTable

_ALLOWED = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.UAdd,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Is,
    ast.IsNot,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Subscript,
    ast.Tuple,
    ast.List,
)
_JSON = (str, int, float, bool, type(None))


def decidable(test: ast.expr) -> bool:
    """Say whether an expression is in the small language of conditions (orchestrator/conditions.py evaluates it)."""
    if any(not isinstance(node, _ALLOWED) for node in ast.walk(test)):
        return False
    return any(isinstance(node, ast.Name) for node in ast.walk(test))


def plain_if(program: Program, number: int, table: SetupTable) -> ast.expr | None:
    """Return the test of step `number` if its body is one `if` without `else` and nothing else but setup."""
    body = [s.node for s in program.by_step[number] if not s.cell.parameters and s.position not in table.positions]
    if len(body) != 1 or not isinstance(body[0], ast.If) or body[0].orelse or not decidable(body[0].test):
        return None
    return body[0].test


def find_test(
    step: CodeStep,
    number: int,
    program: Program,
    table: SetupTable,
    book: Book,
    producers: dict[str, int],
    parameters: dict[str, bool],
) -> Test | None:
    """Return the condition of a step, or None if it always runs."""
    tagged = step.when is not None
    expression = parse(step.when, mode="eval").body if step.when is not None else plain_if(program, number, table)
    if expression is None:
        return None
    names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
    constants: dict[str, object] = {}
    recorded: dict[str, int] = {}
    run_parameters = []
    for name in sorted(names):
        if name in parameters and name in book.setup:
            run_parameters.append(name)
        elif name in table.constants and name in book.setup and isinstance(table.constants[name], _JSON):
            constants[name] = table.constants[name]
        elif name in producers:
            recorded[name] = producers[name]
        elif not tagged:
            return None
    if not recorded and not run_parameters and not tagged:
        return None
    return Test(ast.unparse(expression), recorded, constants, tuple(run_parameters), tagged)
