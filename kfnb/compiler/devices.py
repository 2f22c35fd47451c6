"""Warns of a device that is chosen in a step without a GPU and used in one that has one. Used by the compiler only.

By hand all cells see the same devices. As pods (and on a machine whose GPUs are handed out) a step without `gpu:` sees
none, so `"cuda" if torch.cuda.is_available() else "cpu"` is "cpu" there, and the training below runs on a processor.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kfnb.errors import Diagnostic, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.dataflow.flows import Dataflow
    from kfnb.dataflow.program import Program
    from kfnb.notebook.steps import Step, Steps

_ASKS = frozenset({"is_available", "device_count", "current_device", "current_accelerator", "list_physical_devices"})
"""Functions that say which devices there are: of torch.cuda, torch.accelerator, tensorflow.config."""


def devices_from_above(steps: Steps, flow: Dataflow) -> list[Diagnostic]:
    """Return a warning for each name that depends on the devices seen by a step without one, and flows into one with.

    Nothing is looked at in a notebook whose steps ask for no device.
    """
    found: dict[tuple[int, str], Diagnostic] = {}
    for number in (number for number, step in enumerate(steps.steps) if _has_device(step)):
        for name, taken in flow.steps[number].inputs.items():
            producer = steps.steps[taken.producer]
            place = None if _has_device(producer) else _chosen(producer, name, flow.program)
            if place is not None:
                found.setdefault((taken.producer, name), _warning(name, producer, steps.steps[number], *place))
    return list(found.values())


def _has_device(step: Step) -> bool:
    asked = {**step.settings.limits, **step.settings.requests}
    return step.settings.accelerator is not None or any("/" in resource for resource in asked)


def _warning(name: str, producer: Step, step: Step, cell: str, line: int) -> Diagnostic:
    return Diagnostic(
        code="KF509",
        severity="warning",
        message=f"`{name}` depends on the devices that step `{producer.name}` sees, which asks for none, and step "
        f"`{step.name}` uses it, which asks for one: there it is as if there were no GPU.",
        cell=cell,
        line=line,
        fix=Fix(text=f"Choose it in step `{step.name}`, where it is used, or give step `{producer.name}` a GPU too."),
    )


def _chosen(step: Step, name: str, program: Program) -> tuple[str, int] | None:
    """Return cell and line where a step binds `name` to what depends on devices; None if its last binding does not."""
    choosing = _choosing_functions(program)
    place = None
    for cell in step.cells:
        tree = program.parses[cell.id].tree
        tests = (node for node in ast.walk(tree) if isinstance(node, ast.If) and _depends(node.test, choosing))
        under_test = {node for test in tests for node in _assignments(test)}
        for node in sorted(_assignments(tree), key=lambda node: node.lineno):
            if name in _bound(node):
                place = (cell.id, node.lineno) if node in under_test or _depends(node, choosing) else None
    return place


_Assignment = ast.Assign | ast.AnnAssign | ast.NamedExpr


def _assignments(tree: ast.AST) -> Iterator[_Assignment]:
    yield from (node for node in ast.walk(tree) if isinstance(node, _Assignment))


def _bound(node: _Assignment) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    parts = (part for target in targets for part in (target, *getattr(target, "elts", ())))
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _depends(node: ast.AST, choosing: frozenset[str]) -> bool:
    """Say whether a device is made in it (`torch.device(…)`), asked for, or given by a function of `choosing`."""
    calls = (part for part in ast.walk(node) if isinstance(part, ast.Call))
    return any(_asks(call) or (isinstance(call.func, ast.Name) and call.func.id in choosing) for call in calls)


def _asks(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0] if call.args else None
    on_cpu = isinstance(first, ast.Constant) and first.value == "cpu"
    return name in _ASKS or (name == "device" and first is not None and not on_cpu)


def _choosing_functions(program: Program) -> frozenset[str]:
    """Return the functions of the notebook that give a device, or a text that names one (`def best_device(): …`)."""
    nodes = (node for parsed in program.parses.values() for node in parsed.tree.body)
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef) and _gives_device(node))


def _gives_device(function: ast.FunctionDef) -> bool:
    """Say whether a function asks for devices and returns a choice, and not what it computed on one."""
    none: frozenset[str] = frozenset()
    if not _depends(function, none):
        return False
    names = set().union(*(_bound(node) for node in _assignments(function) if _depends(node, none)))
    returned = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
    return any(
        isinstance(value, (ast.Constant, ast.IfExp))
        or (isinstance(value, ast.Name) and value.id in names)
        or (isinstance(value, ast.Call) and _asks(value))
        for value in returned
    )
