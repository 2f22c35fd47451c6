"""Turns the steps of a notebook into what the analysis takes, and reads the run parameters. Used by the compiler
only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kfnb.dataflow.magics import parse_cell
from kfnb.dataflow.program import CodeCell, CodeStep
from kfnb.dataflow.slices import literal
from kfnb.errors import Diagnostic
from kfnb.spec import Parameter

if TYPE_CHECKING:
    from kfnb.notebook.cells import NotebookCell
    from kfnb.notebook.steps import Step, Steps


def is_setup(source: str) -> bool:
    """Say whether a cell above the first step is pure setup: imports, definitions and immutable literals."""
    parsed = parse_cell(source)
    if parsed.error is not None:
        return False
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in parsed.tree.body:
        if isinstance(node, kinds) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node is not parsed.tree.body[-1]
        ):
            continue
        if isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets) and literal(node.value):
            continue
        return False
    return True


def code_step(step: Step) -> CodeStep:
    cells = tuple(
        CodeCell(
            id=cell.id,
            source=cell.source,
            ordinal=cell.ordinal,
            index=cell.index,
            parameters=cell.role == "parameters",
            may_raise="raises-exception" in cell.tags,
            metrics=cell.metrics,
            uses=cell.uses,
            changes=cell.changes,
            keeps=cell.keeps,
            binds=cell.binds,
            draws=cell.draws,
        )
        for cell in step.cells
    )
    return CodeStep(step.name, cells, step.when)


def read_parameters(steps: Steps) -> tuple[tuple[Parameter, ...], list[Diagnostic]]:
    """Return the run parameters: `name = literal` in the cell tagged so."""
    cell = steps.parameters_cell
    if cell is None:
        return (), []
    parsed = parse_cell(cell.source)
    parameters: dict[str, Parameter] = {}
    problems: list[Diagnostic] = []
    for node in parsed.tree.body:
        name, value, annotation = _assignment(node)
        if name is None or value is None:
            continue
        try:
            default = ast.literal_eval(value)
            _json(default)
        except (ValueError, TypeError):
            continue
        parameters[name] = Parameter(name=name, default=default, type=_type(default, annotation))
    problems += _late_parameters(parsed.tree, parameters, cell)
    return tuple(parameters.values()), problems


def _late_parameters(tree: ast.Module, parameters: dict[str, Parameter], cell: NotebookCell) -> list[Diagnostic]:
    if parameters or not tree.body:
        return []
    return [
        Diagnostic(
            code="KF501",
            severity="warning",
            message="This cell is tagged `parameters` but has no `name = literal` that JSON can hold: "
            "the run has no parameters.",
            cell=cell.id,
            line=1,
        )
    ]


def _assignment(node: ast.stmt) -> tuple[str | None, ast.expr | None, ast.expr | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value, None
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.value, node.annotation
    return None, None, None


def _json(value: object) -> None:
    """Raise if JSON would not give `value` back (tuples, sets, bytes, keys that are not text)."""
    if isinstance(value, (str, int, float, bool, type(None))):
        return
    if isinstance(value, list):
        for element in value:
            _json(element)
    elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
        for element in value.values():
            _json(element)
    else:
        raise TypeError(type(value).__name__)


def _type(default: object, annotation: ast.expr | None) -> str:
    kinds = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}
    if isinstance(annotation, ast.Name) and annotation.id in kinds.values():
        return annotation.id
    return kinds.get(type(default), "any")


def is_immutable(value: object) -> bool:
    return not isinstance(value, (list, dict))
