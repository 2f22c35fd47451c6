"""Which tasks of a run are run at all, and which may be taken from the cache: what `--from` and its kin say.

Pure; worked out from a run's options by the client, which refuses bad ones, and by the loop.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.errors import WrongCall
from kfnb.orchestrator.cache import why_never_kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.spec import PipelineSpec, Task

OPTIONS = {"from_step": "--from", "only": "--only", "until": "--until"}


class Selection(NamedTuple):
    """`anew`: tasks that are not looked up in the cache, and why. `needed`: those that must be found there, as only
    the step of this name is to run. `left_out`: those that do not run, and why.
    """

    anew: Mapping[str, str] = {}
    needed: Mapping[str, str] = {}
    left_out: Mapping[str, str] = {}


def select(spec: PipelineSpec, options: Mapping[str, Any]) -> Selection:
    """Return what the options of a run say about its tasks; WrongCall for an unknown step, or options that clash."""
    given = {name: options[name] for name in OPTIONS if options.get(name) is not None}
    tasks = {task.name: task for task in spec.tasks}
    for name, step in given.items():
        if step not in tasks:
            raise WrongCall(_unknown(OPTIONS[name], step, list(tasks)))
    if "only" in given and len(given) > 1:
        raise WrongCall("--only runs one step by itself: it goes with neither --from nor --until.")
    start, only, until = (given.get(name) for name in OPTIONS)
    if start is not None and until is not None and start != until and start not in tasks[until].ancestors:
        raise WrongCall(f"Step {until!r} does not come after {start!r}: nothing would be run anew.")
    anew = {task.name: why for task in spec.tasks if (why := why_never_kept(task)) is not None}
    if not options.get("cache", True):
        anew |= dict.fromkeys(tasks, "the run was to use nothing from the cache (--no-cache)")
    if start is not None:
        below = [task.name for task in spec.tasks if start in (task.name, *task.ancestors)]
        below += _head_of(tasks[start])
        anew |= dict.fromkeys(below, f"the run was to run {start!r} and all below it anew (--from {start})")
    target = only if only is not None else until
    if target is None:
        return Selection(anew)
    kept = {target, *tasks[target].ancestors, *(task.name for task in spec.tasks if task.settings.on_exit)}
    why = f"only {only!r} was to run (--only)" if only is not None else f"the run was to end with {until!r} (--until)"
    left_out = {name: why for name in tasks if name not in kept}
    if only is None:
        return Selection(anew, left_out=left_out)
    whole = [only, *_head_of(tasks[only])]
    anew |= dict.fromkeys(whole, f"the run was to run this step anew (--only {only})")
    return Selection(anew, dict.fromkeys((n for n in tasks[only].ancestors if n not in whole), only), left_out)


def _head_of(task: Task) -> list[str]:
    """Return the task that makes the items of a fan-out: to a person it is the same step."""
    return [task.fan.head] if task.fan is not None else []


def _unknown(option: str, step: str, names: list[str]) -> str:
    near = difflib.get_close_matches(step, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"its steps are {', '.join(names)}."
    return f"{option} {step}: the notebook has no step of this name; {hint}"
