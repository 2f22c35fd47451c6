"""What the run by hand does, worked out before it starts: which cells, what between them. Pure; `verify` calls it.

The linear notebook is semantics §0: code cells from top to bottom, `skip` cells left out, parameters put in the
place of the literals of their cell, `when:` steps left out when false.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from kfnb.parsing import parse
from kfnb.spec import Artifact  # noqa: TC001 - msgspec looks at the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kfnb.notebook.reader import NotebookCell
    from kfnb.spec import PipelineSpec


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """Values that names hold at a moment as the pipeline says; compared there, in the kernel, with those by hand."""

    step: str | None  # None: at the end of the notebook
    artifacts: dict[str, Artifact] = {}
    absent: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do in the kernel. `cell`: run this cell (place among all cells).

    `when`: leave out all further actions of `step` if the expression `code` is false. `probe`: compare values.
    """

    kind: Literal["cell", "when", "probe"]
    step: str | None = None
    cell: int = 0
    code: str = ""
    probe: Probe | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that `linear` needs to know. `sources` by place of the cell; `root`: store of the pipeline's run."""

    actions: tuple[Action, ...]
    sources: dict[int, str]
    raises: tuple[int, ...]  # cells that may raise
    folder: str
    scratch: str
    kernel: str
    root: str
    timeout: float | None = None
    before: dict[str, Artifact] = {}  # values of an earlier run by hand: "step/name"
    before_root: str = ""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One value that is not as the pipeline has it. `saved`: the value by hand, for the second run by hand."""

    step: str | None
    name: str
    what: str
    by_hand: str
    pipeline: str
    saved: Artifact | None = None
    same_as_before: bool | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the run by hand gave. `outputs` by place of the cell; `failed`: the cell that raised, and how."""

    outputs: dict[int, list[dict[str, Any]]] = {}
    different: tuple[Compared, ...] = ()
    notes: tuple[str, ...] = ()
    values: int = 0
    failed: int | None = None
    error: str = ""


def value_key(step: str | None, name: str) -> str:
    """Return the key of a value in `Plan.before`."""
    return f"{step or ''}/{name}"


def actions_of(
    cells: Sequence[NotebookCell],
    spec: PipelineSpec,
    probes: Mapping[str, Probe],
    last: Probe | None,
    left_out: frozenset[str],
) -> tuple[Action, ...]:
    """Return what to do by hand: every code cell of the notebook and, between them, conditions and probes.

    `left_out`: tasks that cannot run because a `when:` step above them is left out.
    """
    task_of = {cell.index: task for task in spec.tasks for cell in task.cells if cell.role == "body"}
    ends = {max(cell.index for cell in task.cells): task.name for task in spec.tasks if task.cells}
    conditions: set[str] = set()
    actions: list[Action] = []
    for cell in cells:
        task = task_of.get(cell.index)
        if cell.ordinal is None or (task is not None and task.name in left_out):
            continue
        if task is not None and task.name not in conditions and task.condition is not None and task.condition.tagged:
            conditions.add(task.name)
            actions.append(Action(kind="when", code=task.condition.expression, step=task.name))
        actions.append(Action(kind="cell", cell=cell.index, step=task.name if task is not None else None))
        ended = ends.get(cell.index)
        if ended is not None and ended in probes:
            actions.append(Action(kind="probe", probe=probes[ended], step=ended))
    if last is not None:
        actions.append(Action(kind="probe", probe=last))
    return tuple(actions)


def with_parameters(source: str, parameters: Mapping[str, Any]) -> str:
    """Return the source of the `parameters` cell with the literals that it binds replaced by a run's values."""
    try:
        body = parse(source).body
    except SyntaxError:
        return source  # a magic in it: such a cell is refused or holds no parameters
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    data = source.encode()
    for statement in reversed(body):
        target = _single_target(statement)
        value = getattr(statement, "value", None)
        if target is not None and target in parameters and value is not None:
            begin = starts[value.lineno - 1] + value.col_offset
            end = starts[value.end_lineno - 1] + value.end_col_offset
            data = data[:begin] + repr(parameters[target]).encode() + data[end:]
    return data.decode()


def _single_target(statement: ast.stmt) -> str | None:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None
