"""A syntax tree as text, by which code counts as the same: comments and layout do not show in it.

`ast.dump` says the same in three times the time, and otherwise from Python 3.13 on; it is made of
each cell of a notebook.
"""

from __future__ import annotations

import ast


class _Plans(dict[type, tuple[str, tuple[tuple[str, str, bool], ...]] | None]):
    """For each kind of node how its text begins, and its fields: name, label, whether None stands for nothing."""

    def __missing__(self, kind: type) -> tuple[str, tuple[tuple[str, str, bool], ...]] | None:
        plan = None
        if issubclass(kind, ast.AST):
            fields = tuple((name, f"{name}=", getattr(kind, name, ...) is None) for name in kind._fields)
            plan = (f"{kind.__name__}(", fields)
        self[kind] = plan
        return plan


_plans = _Plans()
_ABSENT = object()


def tree_text(node: object) -> str:
    """Return what `ast.dump` of Python 3.11 says of a tree, or of a list or value within one."""
    if node.__class__ is ast.Name:  # most are
        return f"Name(id={node.id!r}, ctx={node.ctx.__class__.__name__}())"
    if node.__class__ is list:
        return f"[{', '.join(map(tree_text, node))}]"
    plan = _plans[node.__class__]
    if plan is None:
        return repr(node)
    head, fields = plan
    if not fields:
        return head + ")"
    parts = []
    for name, label, optional in fields:
        value = getattr(node, name, _ABSENT)
        if value is _ABSENT or (optional and value is None):
            continue
        parts.append(label + (repr(value) if value.__class__ is str else tree_text(value)))
    return f"{head}{', '.join(parts)})"
