"""What a pipeline asks for and this machine does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfnb.errors import Diagnostic, Fix
from kfnb.notebook.quantities import amount
from kfnb.runners.machine import CPU, GPU, MEMORY, Machine, this_machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.spec import PipelineSpec, Task


def findings_here(spec: PipelineSpec, *, allow_cpu: bool = False) -> tuple[Diagnostic, ...]:
    """Return what stands against running a pipeline on this machine.

    A device that is not there is an error, unless the step may run without (`allow_cpu`); more processors or memory
    than there are is a warning: the step then runs with nothing beside it.
    """
    asking = [task for task in spec.tasks if task.settings.limits or task.settings.requests]
    machine = this_machine() if asking else None
    return tuple(found for task in asking for found in _findings(task, machine or this_machine(), allow_cpu))


def _findings(task: Task, machine: Machine, allow_cpu: bool) -> Iterator[Diagnostic]:
    asked = {**task.settings.limits, **task.settings.requests}
    for resource, quantity in asked.items():
        has = machine.amount(resource)
        if _is_device(resource) and amount(quantity) > has:
            yield _no_device(task, resource, quantity, has, allow_cpu)
        elif resource in (CPU, MEMORY) and float(amount(quantity)) > has:
            shown = f"{has:g}" if resource == CPU else f"{has / 2**30:.3g} GiB"
            yield Diagnostic(
                "KF508",
                "warning",
                f"Step `{task.name}` asks for {quantity} of {resource}, and this machine has {shown}: it runs with "
                "nothing beside it that asks for any.",
                cell=_cell_with(task, resource),
                line=1,
            )


def _is_device(resource: str) -> bool:
    return "/" in resource


def _no_device(task: Task, resource: str, quantity: str, has: float, allow_cpu: bool) -> Diagnostic:
    what = f"{quantity} GPU{'s' if quantity != '1' else ''}" if resource == GPU else f"{quantity} of {resource}"
    there = f"{has:g}" if has else "none"
    if allow_cpu:
        message = f"Step `{task.name}` asks for {what}; this machine has {there}, and it runs with that."
        return Diagnostic("KF507", "warning", message, cell=_cell_with(task, resource), line=1)
    declared = "; KFNB_GPUS=0 declares one that nvidia-smi does not show" if resource == GPU else ""
    return Diagnostic(
        "KF507",
        "error",
        f"Step `{task.name}` asks for {what}, and this machine has {there}.",
        cell=_cell_with(task, resource),
        line=1,
        fix=Fix(text=f"Run it with --allow-cpu, if its code can do without{declared}."),
    )


def _cell_with(task: Task, resource: str) -> str:
    """Return the cell whose tag asks for a resource, as far as that can be seen."""
    words = (f"limit:{resource}:", f"request:{resource}:", *(("gpu:",) if resource == GPU else ()))
    tagged = (cell.id for cell in task.cells if any(tag.startswith(words) for tag in cell.tags))
    return next(tagged, next((cell.id for cell in task.cells if cell.role == "body"), task.cells[0].id))
