"""Whether a node lets a pod in: by its labels and its taints, as the scheduler judges. Pure; used by unscheduled.py.

https://kubernetes.io/docs/concepts/scheduling-eviction/ (assigning pods to nodes; taints and tolerations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Object = dict[str, Any]

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
"""The kind of affinity that is more than a wish."""


def is_open(node: Object, spec: Object) -> bool:
    """Say whether a node lets a pod in: by its labels and its taints."""
    labelled = (spec.get("nodeSelector") or {}).items() <= labels_of(node).items()
    return (
        labelled
        and meets(node, spec.get("affinity") or {})
        and not any(kept_off_by(node, spec.get("tolerations") or ()))
    )


def kept_off_by(node: Object, tolerations: Sequence[Object]) -> Iterator[str]:
    """Yield the taints of a node that keep a pod off, as `key=value`."""
    for taint in (node.get("spec") or {}).get("taints") or ():
        if taint["effect"] != "PreferNoSchedule" and not any(_bears(each, taint) for each in tolerations):
            yield taint["key"] + (f"={taint['value']}" if taint.get("value") else "")


def _bears(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return bool(toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""))


def meets(node: Object, affinity: Object) -> bool:
    """Say whether a node has what a pod's node affinity requires: one of the terms, and of that everything.

    What is not written as the API has it requires nothing: the API server refuses it, and says why.
    """
    terms: Any = affinity
    for field in ("nodeAffinity", REQUIRED, "nodeSelectorTerms"):
        terms = terms.get(field) if isinstance(terms, dict) else None
    if not isinstance(terms, list):
        return True
    labels = labels_of(node)
    return any(all(_holds(labels, each) for each in _expressions(term)) for term in terms)


def _expressions(term: Any) -> list[Object]:
    found = term.get("matchExpressions") if isinstance(term, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _holds(labels: dict[str, str], expression: Object) -> bool:
    value, wanted = labels.get(str(expression.get("key"))), expression.get("values") or []
    if not isinstance(wanted, list):
        return True
    match expression.get("operator"):
        case "In":
            return value in wanted
        case "NotIn":
            return value not in wanted
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator if wanted and str(wanted[0]).isdigit():
            if value is None or not value.isdigit():
                return False
            return int(value) > int(wanted[0]) if operator == "Gt" else int(value) < int(wanted[0])
        case _:
            return True


def labels_of(node: Object) -> dict[str, str]:
    """Return the labels of a node."""
    return node["metadata"].get("labels") or {}
