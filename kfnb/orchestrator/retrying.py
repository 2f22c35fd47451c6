"""Which tasks of a run that has ended are done anew where only one of them is to be: what `kfnb resume --task` says.

Pure; asked by the client, which refuses a task that cannot be retried, and when the run is taken up.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kfnb.orchestrator.events import RunStatus
    from kfnb.spec import Task


def must_be_retriable(status: RunStatus, name: str) -> None:
    """WrongCall, with what to do instead, unless the task called `name` is one that can be done anew by itself."""
    if name not in status.tasks:
        near = difflib.get_close_matches(name, status.tasks, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"its tasks are {', '.join(status.tasks)}."
        raise WrongCall(f"The run has no task {name!r}; {hint}")
    if not status.ended:
        raise WrongCall(
            "The run was interrupted: resume all of it first, for what one task gives may still be missing."
        )
    task = status.tasks[name]
    if task.state == "SUCCEEDED":
        raise WrongCall(f"Task {name!r} has SUCCEEDED, which stands. `kfnb run --from` does a step anew, in a new run.")
    if task.state == "SKIPPED":
        raise WrongCall(f"Task {name!r} was skipped: {task.why}. Retry what it waits for, and it runs by itself.")


def chosen(tasks: Mapping[str, Task], status: RunStatus, name: str, *, fail_fast: bool) -> frozenset[str]:
    """Return what is done anew for the task called `name`: it, what it lacks, and all that waits for one of these.

    What has succeeded among these stands all the same. `fail_fast`: a failure ended the run early; with the task that
    failed goes on what was cancelled for that.
    """
    above = {one: () if task.settings.on_exit else task.after for one, task in tasks.items()}
    below: dict[str, list[str]] = {one: [] for one in tasks}
    for one, others in above.items():
        for other in others:
            below[other].append(one)
    lacking = _reached([name], lambda one: [o for o in above[one] if status.tasks[o].state != "SUCCEEDED"])
    # Whether what was skipped still is comes out by itself; what else waits for it has nothing to do with this.
    begin = [one for one in lacking if status.tasks[one].state != "SKIPPED"]
    found = _reached(begin, below.__getitem__)
    if fail_fast and any(status.tasks[one].state == "FAILED" for one in begin):
        found |= {one for one, task in status.tasks.items() if task.state == "CANCELED"}
    return frozenset(found)


def _reached(begin: Iterable[str], further: Callable[[str], Iterable[str]]) -> set[str]:
    """Return everything that can be reached, and where it begins."""
    found, stack = set(begin), list(begin)
    while stack:
        new = [one for one in further(stack.pop()) if one not in found]
        found.update(new)
        stack += new
    return found
