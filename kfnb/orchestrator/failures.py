"""Why tasks fail, in words, and which failures another attempt may not have. Pure; used by the state machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kfnb.errors import Diagnostic, Fix
from kfnb.spec import ExecutorOutput, Task, TaskError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.orchestrator.messages import TaskLost

REPEATABLE = frozenset({None, "KF600", "KF601", "KF602", "KF603", "KF609", "KF619", "KF624", "KF653", "KF654"})
"""Codes of failures that another attempt may not have: the code's own errors, killed, timed out, lost. What kfnb found
out about the notebook stays true."""
_WHY_LENGTH = 600
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")  # IPython's words for the outermost place in a cell
_NO_REASON = {"FAILED": "it failed without saying why", "CANCELED": "something outside the run told it to stop"}


def error_of(output: ExecutorOutput) -> TaskError:
    """Return the error of a result that is no success."""
    return output.error or TaskError(message=_NO_REASON[output.state], code="KF651")


def why_it_failed(error: TaskError) -> str:
    """Return the one line that says why a task failed: with its code where kfnb stopped it, else as Python says it."""
    if error.code is not None:
        text = error.message if error.message.startswith(error.code) else f"{error.code}: {error.message}"
    else:
        text = error.message or f"{error.ename}: {error.evalue}"
    if error.cell and "(cell " not in text:
        line = _LINE.search(_COLOUR.sub("", "\n".join(error.traceback)))
        text += f" (cell {error.cell}, line {line[1]})" if line else f" (cell {error.cell})"
    return text if len(text) <= _WHY_LENGTH else text[: _WHY_LENGTH - 1] + "…"


def conflict_error(reader: Task, writer: Task, path: str) -> TaskError:
    """Return the error of a task that read `path` without waiting for the step above that wrote it."""
    tag = f"prev:{writer.name}"
    message = (
        f"Step {reader.name!r} looked at {path!r}, which step {writer.name!r} above it writes, but nothing in the code "
        f"says that it comes after {writer.name!r}: by hand it would have seen what {writer.name!r} wrote."
    )
    cell = first_cell(reader)
    fix = Fix(f"add the tag {tag!r} to the step, or run again with --remember", cell=cell, add_tags=(tag,))
    diagnostic = Diagnostic("KF652", "error", message, cell=cell, fix=fix)
    return TaskError(message=message, code="KF652", diagnostic=diagnostic, fact=tag, fact_cell=cell)


def lacking_error(task: Task, only: str) -> TaskError:
    """Return the error of a task that was not to run, has no earlier result, and is needed by the one that was."""
    message = (
        f"Step {only!r} needs {task.name!r}, of which the cache has no result that still holds, and only {only!r} "
        f"was to run. Leave out `--only {only}`, or run `kfnb run --until {task.name}` first."
    )
    diagnostic = Diagnostic("KF655", "error", message, cell=first_cell(task))
    return TaskError(message=message, code="KF655", diagnostic=diagnostic)


def lost_error(task: Task, losses: int, lost: TaskLost) -> TaskError:
    """Return the error of a task that was taken away too often."""
    message = f"Step {task.name!r} was lost {losses} times by the place where it ran: {lost.why}."
    if not lost.own:
        message += " When that is over, `kfnb resume` goes on from there."
    return TaskError(message=message, code="KF656", cell=first_cell(task))


def undecided_error(task: Task, condition: str, why: str) -> TaskError:
    """Return the error of a task of which the condition cannot be evaluated."""
    message = f"The condition {condition!r} cannot be evaluated: {why}."
    diagnostic = Diagnostic("KF650", "error", message, cell=first_cell(task))
    return TaskError(message=message, code="KF650", diagnostic=diagnostic)


def fact_of(error: TaskError, failed: Task, tasks: Mapping[str, Task]) -> dict[str, Any]:
    """Return what was learned from a failure as data of its event: the tag, and the cell to put it on."""
    if error.fact is None:
        return {}
    return {"fact": error.fact, "cell": error.fact_cell or first_cell(tasks.get(error.fact_step or "", failed))}


def first_cell(task: Task) -> str | None:
    return next((cell.id for cell in task.cells if cell.role == "body"), None)
