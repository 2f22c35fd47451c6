"""Puts the tags of a step's cells together into one spec.Settings; steps.py calls this, tags.py for a single cell.

Responsible for finding what contradicts itself. Not for reading tags (tags.py) or what a target can do (compiler).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfnb.errors import Diagnostic, Fix
from kfnb.notebook.quantities import amount
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kfnb.notebook.cells import Tag

_SETTINGS = frozenset(Settings.__struct_fields__)
_BYTES = ("memory", "ephemeral-storage", "shared memory")
_MEBIBYTE = 1 << 20


def merge(tags: Iterable[Tag]) -> tuple[dict[str, Any], list[tuple[Tag, Tag]]]:
    """Return all fields that `tags` set, and the pairs of tags that contradict each other (the first one counts).

    Flags are or-ed, lists joined in order without repeats, maps united; anything else can be said only once.
    """
    fields: dict[str, Any] = {}
    said: dict[tuple[str, ...], tuple[Any, Tag]] = {}
    conflicts = []
    for tag in tags:
        slots = [*_slots(tag)]
        clash = next((said[slot][1] for slot, value in slots if slot in said and said[slot][0] != value), None)
        if clash is not None:
            conflicts.append((clash, tag))
            continue
        said.update({slot: (value, tag) for slot, value in slots})
        for field, value in tag.fields.items():
            fields[field] = _joined(fields.get(field), value)
    return fields, conflicts


def step_settings(tags: Iterable[Tag]) -> tuple[Settings, str | None, list[Diagnostic]]:
    """Return the settings and the condition that the tags of one step's cells make together, and what is wrong."""
    fields, conflicts = merge(tags := tuple(tags))
    diagnostics = [_conflict(first, second) for first, second in conflicts if first.word != "step" != second.word]
    settings = settings_from(fields)
    diagnostics += _doubtful(settings, tags)
    return settings, fields.get("when"), diagnostics


def settings_from(fields: dict[str, Any]) -> Settings:
    """Return those of `fields` that are a step's settings."""
    return Settings(**{field: value for field, value in fields.items() if field in _SETTINGS})


def _joined(old: Any, new: Any) -> Any:
    if old is None:
        return new
    if isinstance(new, tuple):
        return old + tuple(item for item in new if item not in old)
    if isinstance(new, dict):
        return {**old, **new}
    return new


def _slots(tag: Tag) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what `tag` says that no other tag of the step may say differently."""
    for field, value in tag.fields.items():
        if field == "env":
            yield from ((("env", key), (field, text)) for key, text in value.items())
        elif field in ("secrets", "config_maps"):
            yield from ((("env", item[2]), (field, item)) for item in value)
        elif field == "volumes":
            yield from ((("volume", path), (claim, read_only)) for claim, path, read_only in value)
        elif field in ("secret_files", "config_map_files"):
            yield from ((("volume", path), (field, name)) for name, path in value)
        elif isinstance(value, dict):
            yield from (((field, key), text) for key, text in value.items())
        elif not isinstance(value, tuple):
            yield (field,), value


def _conflict(first: Tag, second: Tag) -> Diagnostic:
    where = "this cell" if first.cell == second.cell else f"cell {first.cell} of the same step"
    fix = Fix(f"Keep one of `{first.text}` and `{second.text}`.")
    message = f"`{second.text}` contradicts `{first.text}` in {where}."
    return Diagnostic("KF112", "error", message, cell=second.cell, line=second.line, fix=fix)


def _doubtful(settings: Settings, tags: tuple[Tag, ...]) -> Iterator[Diagnostic]:
    for resource, wanted in settings.requests.items():
        most = settings.limits.get(resource)
        if most is not None and amount(wanted) > amount(most):
            tag = next(tag for tag in tags if resource in tag.fields.get("requests", {}))
            message = f"`{tag.text}` requests more than the step's limit of {most}; Kubernetes refuses that."
            fix = Fix(f"Raise the limit: `limit:{resource}:{wanted}`.")
            yield Diagnostic("KF112", "error", message, cell=tag.cell, line=tag.line, fix=fix)
    for tag in tags:
        for what, size in _sizes(tag):
            if amount(size) < _MEBIBYTE:
                message = f"`{tag.text}` asks for {amount(size)} bytes of {what}, too little for anything."
                fix = Fix("Write the unit: `Mi` or `Gi` (a quantity without one is in bytes, `m` is a thousandth).")
                yield Diagnostic("KF125", "warning", message, cell=tag.cell, line=tag.line, fix=fix)


def _sizes(tag: Tag) -> Iterator[tuple[str, str]]:
    sizes = {**tag.fields.get("limits", {}), **tag.fields.get("requests", {})}
    if "shared_memory" in tag.fields:
        sizes["shared memory"] = tag.fields["shared_memory"]
    yield from ((what, size) for what, size in sizes.items() if what in _BYTES)
