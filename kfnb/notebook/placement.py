"""Reads what fits no tag: the affinity and the pod patch of steps, in `metadata.kfnb`; steps.py calls this.

    {"affinity": {…}, "pod_patch": {…}, "steps": {"train": {"affinity": {…}, "pod_patch": {…}}}}

What stands beside `steps` is for every step; of an affinity the step's kinds win, a step's patch comes after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.errors import Diagnostic, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kfnb.notebook.steps import Step

_OBJECTS = ("affinity", "pod_patch")
_OURS = frozenset({"steps", "run", "task", "attempt"})
"""Beside the objects: what names the steps, and what kfnb writes into notebooks that it executed."""


def placed(steps: tuple[Step, ...], metadata: dict[str, Any]) -> tuple[tuple[Step, ...], list[Diagnostic]]:
    """Return the steps with what the notebook's metadata say of them, and what is wrong there."""
    about = metadata.get("kfnb")
    if about is None:
        return steps, []
    found: list[Diagnostic] = []
    if not isinstance(about, dict):
        return steps, [_error("`metadata.kfnb` must be an object")]
    whole = {key: value for key, value in about.items() if key not in _OURS}
    by_name = about.get("steps", {})
    if not isinstance(by_name, dict):
        found.append(_error("`metadata.kfnb.steps` must be an object: the name of each step, and what is for it"))
        by_name = {}
    found += _wrong(whole, "metadata.kfnb")
    known = {step.name: step for step in steps}
    for name, own in by_name.items():
        if name not in known:
            found.append(_unknown(f"`metadata.kfnb.steps` speaks of a step `{name}`, which is not there", name, known))
        elif isinstance(own, dict):
            found += _wrong(own, f"metadata.kfnb.steps.{name}", known[name].cells[0].id)
        else:
            found.append(_error(f"`metadata.kfnb.steps.{name}` must be an object", known[name].cells[0].id))
    if any(each.severity == "error" for each in found):
        return steps, found
    return tuple(_with(step, whole, by_name.get(step.name, {})) for step in steps), found


def _with(step: Step, whole: dict[str, Any], own: dict[str, Any]) -> Step:
    patches = tuple(each["pod_patch"] for each in (whole, own) if each.get("pod_patch"))
    affinity = {**whole.get("affinity", {}), **own.get("affinity", {})}
    settings = msgspec.structs.replace(step.settings, affinity=affinity, pod_patches=patches)
    return msgspec.structs.replace(step, settings=settings)


def _wrong(table: dict[str, Any], path: str, cell: str | None = None) -> Iterator[Diagnostic]:
    for key, value in table.items():
        if key not in _OBJECTS:
            yield _unknown(f"`{path}.{key}` means nothing to kfnb", key, _OBJECTS, cell)
        elif not isinstance(value, dict):
            yield _error(f"`{path}.{key}` must be an object", cell)


def _error(message: str, cell: str | None = None) -> Diagnostic:
    return Diagnostic("KF126", "error", f"{message}.", cell=cell, fix=Fix("Edit the notebook's metadata."))


def _unknown(message: str, name: str, known: Iterable[str], cell: str | None = None) -> Diagnostic:
    import difflib  # only for this message

    close = difflib.get_close_matches(name, known, n=1)
    fix = Fix(f"Write `{close[0]}`." if close else f"There are: {', '.join(known)}.")
    return Diagnostic("KF126", "warning", f"{message}.", cell=cell, fix=fix)
