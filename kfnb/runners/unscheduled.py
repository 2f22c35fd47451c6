"""Why no node takes a pod, in words: from the scheduler's message, and from the nodes where they may be read. Pure.

Used by diagnose.py. The message is that of kube-scheduler's FitError: `0/3 nodes are available: 1 Insufficient cpu, 2
node(s) had untolerated taint(s). … preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.`
It counts a node under the first obstacle only; taints come before labels, labels before what is free.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.notebook.quantities import BadValue, amount
from kfnb.runners.node_fit import REQUIRED, is_open, kept_off_by, labels_of, meets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Object = dict[str, Any]

STANDARD = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})
"""Resources that every node has."""


class Reason(NamedTuple):
    """What the scheduler holds against some nodes."""

    text: str
    nodes: int


def why_unscheduled(pod: Object, said: str, nodes: Sequence[Object] | None, ahead: int | None) -> str:
    """Say why no node takes a pod, and what to do. `said`: the scheduler's message.

    `nodes`: all of the cluster, None where they may not be read. `ahead`: how many tasks that wait for the same came
    before, None if that is not known.
    """
    reasons = _reasons(said)
    claim = re.search(r'persistentvolumeclaim "([^"]+)" not found', said)
    if claim:
        return (
            f"there is no volume claim {claim[1]} in its namespace. Make it, or correct the tag `pvc:`; it goes on then"
        )
    if "unbound immediate PersistentVolumeClaims" in said:
        return (
            f"its volume claim{_named(_claims(pod))} has no volume yet. See `kubectl describe pvc`: storage class, "
            "size and access mode must be such that the cluster has or makes one"
        )
    lacking = _scarcest_of(reasons)
    if lacking is not None:
        return _insufficient(pod, lacking, said, nodes, ahead)
    obstacles = "; ".join(reason.text for reason in reasons)
    if "PersistentVolume's node affinity" in obstacles or "volume node affinity conflict" in obstacles:
        return (
            f"its volume (claim{_named(_claims(pod))}) can only be used in another zone or on another node than those "
            "that it may run on. Place the step where the volume is, or use another volume"
        )
    for end, words in _OTHERS.items():
        if end in obstacles:
            return words
    if "node affinity/selector" in obstacles or "untolerated taint" in obstacles:
        return _labels_and_taints(pod, reasons, nodes)
    return f"no node takes it: {said.partition('preemption:')[0].strip()}"


_OTHERS = {
    "pod affinity rules": (
        "its affinity asks for a node beside certain other pods; there is none. Correct the affinity, or start them"
    ),
    "anti-affinity rules": (
        "its affinity keeps it off every node on which certain other pods run. It starts when one of those has ended"
    ),
    "Too many pods": "every node has as many pods as it takes. It starts when one of them has ended",
    "free ports": "the port of the node that it asks for is taken on every node. It starts when that is free",
    "max volume count": "no node can take one more volume. It starts when a pod with a volume has ended",
    "topology spread": "its topology spread constraints allow no node now. It starts when other pods have ended",
}


class Queued(NamedTuple):
    """Since when a pod waits, and for which resource; None if it is not a resource that it lacks."""

    since: str
    name: str
    resource: str | None


def queued(pod: Object) -> Queued:
    """Return a pod's place among those that wait for a node."""
    return Queued(pod["metadata"]["creationTimestamp"], pod["metadata"]["name"], _lacks(pod))


def tasks_ahead(mine: Queued, others: Iterable[Queued]) -> int:
    """Count those that have waited longer for the same resource."""
    if mine.resource is None:
        return 0
    return sum(each.resource == mine.resource and each < mine for each in others)


def _lacks(pod: Object) -> str | None:
    """Return the resource that keeps a pod from being given a node, None if it is none."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return _scarcest_of(_reasons(condition.get("message") or ""))
    return None


def asked(pod: Object, resource: str) -> str | None:
    """Return how much of a resource a pod asks for, as it is written; of several containers the first that does."""
    for container in (pod.get("spec") or {}).get("containers") or ():
        requests = (container.get("resources") or {}).get("requests") or {}
        if resource in requests:
            return str(requests[resource])
    return None


def _insufficient(pod: Object, resource: str, said: str, nodes: Sequence[Object] | None, ahead: int | None) -> str:
    """Tell apart: nobody has such a thing, nobody has as much of it, and all of it is in use."""
    wanted = asked(pod, resource) or "some"
    if nodes is None:
        if _for_good(said):
            return f"it asks for {wanted} {resource}, more than any node that it may run on has. {_less(resource)}"
        return f"it asks for {wanted} {resource}, and all of it is in use{_ahead(ahead)}. {_SOON}"
    having = [node for node in nodes if _size(_allocatable(node).get(resource, "0"))]
    if not having:
        devices = sorted({name for node in nodes for name in _devices(node)})
        there = f"The cluster has {', '.join(devices)}" if devices else "The cluster has no devices at all"
        return f"no node has any {resource}. {there}: change the step's tags, or add such a node"
    open_ = [node for node in having if is_open(node, pod.get("spec") or {})]
    if not open_:
        has = "has" if len(having) == 1 else "have"
        return f"{_nodes(having)} {has} {resource}, but {_closed(having, pod.get('spec') or {})}"
    most = max((_allocatable(node)[resource] for node in open_), key=_size)
    if _size(wanted) > _size(most):
        return f"it asks for {wanted} {resource}, and no node has more than {_readable(most)}. {_less(resource)}"
    if resource in STANDARD:
        return f"it asks for {wanted} {resource}, which no node has free now{_ahead(ahead)}. {_SOON}"
    number = f"{len(open_)} node has" if len(open_) == 1 else f"{len(open_)} nodes have"
    return f"{number} {resource}, all in use{_ahead(ahead)}. {_SOON}"


_SOON = "It starts when something else has ended"


def _less(resource: str) -> str:
    tag = "`gpu:`" if resource == "nvidia.com/gpu" else f"`request:{resource}:` or `limit:{resource}:`"
    return f"Ask for less with the tag {tag}, or add a larger node"


def _ahead(ahead: int | None) -> str:
    if not ahead:
        return ""
    return f"; {ahead} task{'s'[: ahead > 1]} ahead"


def _labels_and_taints(pod: Object, reasons: Sequence[Reason], nodes: Sequence[Object] | None) -> str:
    spec = pod.get("spec") or {}
    selector: dict[str, str] = spec.get("nodeSelector") or {}
    labels = ", ".join(f"{name}={value}" for name, value in sorted(selector.items()))
    if nodes is None:
        wrong = sum(reason.nodes for reason in reasons if "affinity/selector" in reason.text)
        tainted = sum(reason.nodes for reason in reasons if "untolerated taint" in reason.text)
        parts = [f"{wrong} without the labels that it asks for{f' ({labels})' if labels else ''}"] if wrong else []
        parts += [f"{tainted} with a taint that it does not bear"] if tainted else []
        return f"no node takes it: there {_are(wrong or tainted)} {' and '.join(parts)}. {_OWN_TAGS}"
    labelled = [node for node in nodes if selector.items() <= labels_of(node).items()]
    if selector and not labelled:
        return f"no node has the labels {labels}. Correct the tag `node:`, or label a node"
    fitting = [node for node in labelled if meets(node, spec.get("affinity") or {})]
    if not fitting:
        return f"no node is such as its affinity asks for{_terms(spec)}. Correct the affinity, or label a node"
    return f"{_nodes(fitting)} would do, but {_closed(fitting, spec)}"


def _closed(nodes: Sequence[Object], spec: Object) -> str:
    """Say why nodes that would do let no pod in."""
    taints = sorted({taint for node in nodes for taint in kept_off_by(node, spec.get("tolerations") or ())})
    if any(taint.startswith(_NOT_READY) for taint in taints):
        return "not now: not ready, or closed for maintenance. It starts when one is back"
    if taints:
        tag = f"toleration:{taints[0].partition('=')[0]}"
        return f"it does not bear the taint {', '.join(taints)} there. Add the tag `{tag}` if it may run there"
    return "without the labels that it asks for. Check the tag `node:` and the affinity"


def _nodes(nodes: Sequence[Object]) -> str:
    return f"node {_name(nodes[0])}" if len(nodes) == 1 else f"{len(nodes)} nodes"


_OWN_TAGS = "Check the tags `node:` and `toleration:`, and the affinity"
_NOT_READY = "node.kubernetes.io/"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _reasons(said: str) -> list[Reason]:
    """Read the obstacles out of the scheduler's message, those that hold for all nodes without a number."""
    _, _, rest = said.partition("nodes are available: ")
    listed = rest.partition(". ")[0].partition(" preemption:")[0]
    found = [re.match(r"(?:(\d+) )?(.*)", part.strip()) for part in listed.split(", ")]
    return [Reason(each[2].rstrip("."), int(each[1] or 0)) for each in found if each and each[2]]


def _for_good(said: str) -> bool:
    """Say whether, as the scheduler has it, no pod that ends would make room."""
    return "preemption:" in said and "No preemption victims" not in said


def _scarcest_of(reasons: Iterable[Reason]) -> str | None:
    """Return the resource to name among those that are lacking: a device rather than what every node has."""
    lacking = [reason.text.removeprefix("Insufficient ") for reason in reasons if "Insufficient " in reason.text]
    return min(lacking, key=lambda name: (name in STANDARD, name), default=None)


def _claims(pod: Object) -> list[str]:
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


def _named(names: Sequence[str]) -> str:
    return f" {', '.join(names)}" if names else ""


def _name(node: Object) -> str:
    return str(node["metadata"]["name"])


def _allocatable(node: Object) -> dict[str, str]:
    return (node.get("status") or {}).get("allocatable") or {}


def _size(quantity: str) -> float:
    try:
        return float(amount(quantity))
    except BadValue:
        return 0.0


def _readable(quantity: str) -> str:
    """Return a quantity as a person writes it: nodes give memory in Ki, disk in bytes."""
    size = _size(quantity)
    if size < 1 << 20:
        return quantity
    power = next(n for n in (4, 3, 2) if size >= 1 << 10 * n)
    return f"{size / (1 << 10 * power):.0f}{' KMGT'[power]}i"


def _devices(node: Object) -> list[str]:
    return [name for name, size in _allocatable(node).items() if "/" in name and _size(size) > 0]


def _terms(spec: Object) -> str:
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED) or {}
    keys = {e["key"] for t in required.get("nodeSelectorTerms") or () for e in t.get("matchExpressions") or ()}
    return f" (label{'s'[: len(keys) > 1]} {', '.join(sorted(keys))})" if keys else ""
