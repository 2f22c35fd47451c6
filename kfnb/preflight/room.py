"""Whether a cluster has room for the pods of a pipeline at all, were nothing else there: nodes, quotas, limits. Pure.

How much is free now is for the scheduler to say; here only that which waiting cannot change.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kfnb.errors import Diagnostic, Fix
from kfnb.notebook.quantities import BadValue, amount
from kfnb.profiles import GPU
from kfnb.runners import node_fit
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kfnb.profiles import Profile
    from kfnb.runners.cluster_facts import Facts, Node, Quota, Range
    from kfnb.spec import Task

Asked = dict[str, Decimal]
"""Amounts by resource."""

_GROWING = (
    "cloud.google.com/gke-nodepool",
    "eks.amazonaws.com/nodegroup",
    "karpenter.sh/nodepool",
    "kubernetes.azure.com/agentpool",
)
"""Labels of nodes in clusters to which nodes are added when pods wait for them."""


def findings(
    facts: Facts, profile: Profile, task: Task, pod: Mapping[str, Any], beside: Mapping[str, Any] | None
) -> Iterator[Diagnostic]:
    """Yield what keeps a step's `pod` (a template's spec) from ever running. `beside`: that of the orchestrator."""
    for why, resource in too_much(facts, pod, beside):
        message = f"Step `{task.name}` {why}."
        cell = cell_of(task, *_tags(resource))
        fix = Fix("Ask for less, or have the limit of the namespace raised.")
        yield Diagnostic("KF923", "error", message, cell=cell, line=1, fix=fix)
    if facts.nodes is not None and (unfit := no_node(facts.nodes, pod)) is not None:
        yield _unfit(facts.nodes, profile, task, *unfit)


def of_orchestrator(facts: Facts, profile: Profile, pod: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield what keeps the `pod` that drives a run from being made, whatever room there is."""
    for why, _ in refused(facts, pod):
        fix = Fix(
            f"Give it that by the limits or the pod patch of cluster `{profile.name}`, or change the namespace's."
        )
        yield Diagnostic("KF923", "error", f"The run's orchestrator {why}.", fix=fix)


def _unfit(nodes: Sequence[Node], profile: Profile, task: Task, why: str, resource: str | None) -> Diagnostic:
    tags = _tags(resource) if resource else ("node:", "toleration:", "accelerator:", "gpu:")
    message = f"Step `{task.name}` fits no node of cluster `{profile.name}`: {why}."
    cell = cell_of(task, *tags)
    if grows(nodes, profile):
        message += " It waits until one is added."
        return Diagnostic("KF922", "warning", message, cell=cell, line=1)
    fix = f"Ask for what there is; if nodes are added when pods wait for them: `autoscaled = true` in `{profile.name}`."
    return Diagnostic("KF922", "error", message, cell=cell, line=1, fix=Fix(fix))


def grows(nodes: Sequence[Node], profile: Profile) -> bool:
    """Say whether nodes are added for pods that wait: by the profile, else by the labels of those that are there."""
    if profile.autoscaled is not None:
        return profile.autoscaled
    return not nodes or any(label in node.labels for node in nodes for label in _GROWING)


# --------------------------------------------------------------------------------------------------------------- nodes


def no_node(nodes: Sequence[Node], pod: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Say why no node can take a pod, and the resource that is to blame, if one is; None where a node can."""
    asked = requests(pod)
    for device in (name for name in asked if "/" in name and asked[name] > 0):
        if not any(_has(node, device) > 0 for node in nodes):
            return f"none has `{device}`", device
    chosen = [node for node in nodes if _is_chosen(node, pod)]
    if not chosen:
        return _unlabelled(nodes, pod), None
    borne = [node for node in chosen if not _repelling(node, pod)]
    if not borne:
        taints = dict.fromkeys(taint for node in chosen for taint in _repelling(node, pod))
        return f"those that it may run on have taints that it does not tolerate: {', '.join(taints)}", None
    large = borne
    for resource, wanted in asked.items():
        enough = [node for node in large if _has(node, resource) >= wanted]
        if not enough:
            most = max(_has(node, resource) for node in large)
            text = f"it asks for {shown(resource, wanted)} of {resource}, and the most that one has for it is "
            return text + shown(resource, most), resource
        large = enough
    return None


def open_to(nodes: Sequence[Node], pod: Mapping[str, Any]) -> list[Node]:
    """Return the nodes that a pod may be placed on, by their labels and taints and the devices that they have."""
    lets_in = (node for node in nodes if _is_chosen(node, pod) and not _repelling(node, pod))
    return [node for node in lets_in if all(_has(node, device) > 0 for device in _devices(pod))]


def devices_of(node: Node, pod: Mapping[str, Any]) -> Decimal:
    """Return how many a node has of the device that a pod asks for: of the scarcest, where it asks for several."""
    return min((_has(node, device) for device in _devices(pod)), default=Decimal(0))


def _devices(pod: Mapping[str, Any]) -> list[str]:
    return [name for name, wanted in requests(pod).items() if "/" in name and wanted > 0]


def requests(pod: Mapping[str, Any]) -> Asked:
    """Return what the scheduler sets aside for a pod: its containers together, or one that prepares if that is more."""
    total: Asked = {}
    for container in pod["containers"]:
        for resource, wanted in _requests_of(container).items():
            total[resource] = total.get(resource, Decimal(0)) + wanted
    for container in pod.get("initContainers") or ():
        for resource, wanted in _requests_of(container).items():
            total[resource] = max(total.get(resource, Decimal(0)), wanted)
    return total


def _requests_of(container: Mapping[str, Any]) -> Asked:
    asked = container.get("resources") or {}
    return amounts({**(asked.get("limits") or {}), **(asked.get("requests") or {})})


def amounts(quantities: Mapping[str, str]) -> Asked:
    """Return quantities as numbers; one in a form that kfnb does not read is left out."""
    found = {}
    for resource, quantity in quantities.items():
        try:
            found[resource] = amount(str(quantity))
        except BadValue:
            continue
    return found


def _has(node: Node, resource: str) -> Decimal:
    return amounts({resource: node.allocatable.get(resource, "0")}).get(resource, Decimal("Infinity"))


def _is_chosen(node: Node, pod: Mapping[str, Any]) -> bool:
    """Say whether a node's labels are those that a pod asks for by its selector and its affinity."""
    labelled = (pod.get("nodeSelector") or {}).items() <= node.labels.items()
    return labelled and node_fit.meets(node.as_object, pod.get("affinity") or {})


def _unlabelled(nodes: Sequence[Node], pod: Mapping[str, Any]) -> str:
    for label, value in (pod.get("nodeSelector") or {}).items():
        if not any(node.labels.get(label) == value for node in nodes):
            return f"none has the label `{label}={value}`"
    return "none has all the labels that its accelerator type, selector and affinity ask for"


def _repelling(node: Node, pod: Mapping[str, Any]) -> list[str]:
    return [*node_fit.kept_off_by(node.as_object, pod.get("tolerations") or ())]


# ------------------------------------------------------------------------------------------------- quotas and limits


def too_much(facts: Facts, pod: Mapping[str, Any], beside: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield what the namespace's quotas and limits do not allow, in words, and the resource that it is about."""
    yield from refused(facts, pod)
    for quota in facts.quotas or ():
        yield from _above(quota, pod, beside, facts.ranges or ())


def refused(facts: Facts, pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield why a pod is refused however much room there is, in words, and the resource that it is about."""
    ranges = facts.ranges or ()
    for each in ranges:
        for container in pod["containers"]:
            yield from _out_of_range(each, container)
    for quota in facts.quotas or ():
        for name in amounts(quota.hard):
            if _says_nothing(name, pod, ranges):
                resource = _resource(name)
                yield f"has no {_kind(name)} of {resource}, which quota `{quota.name}` wants of every pod", resource


def _out_of_range(range_: Range, container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    asked = container.get("resources") or {}
    limits = amounts({**range_.limits, **(asked.get("limits") or {})})
    wanted = amounts(asked.get("requests") or {})
    for resource, most in amounts(range_.most).items():
        value = max(limits.get(resource, Decimal(0)), wanted.get(resource, Decimal(0)))
        if value > most:
            words = f"asks for {shown(resource, value)} of {resource} for a container, and limit range `{range_.name}` "
            yield f"{words}allows {shown(resource, most)}", resource
    for resource, least in amounts(range_.least).items():
        if resource in wanted and wanted[resource] < least:
            words = f"asks for {shown(resource, wanted[resource])} of {resource} for a container, and limit range "
            yield f"{words}`{range_.name}` wants {shown(resource, least)} at least", resource


def _above(
    quota: Quota, pod: Mapping[str, Any], beside: Mapping[str, Any] | None, ranges: Sequence[Range]
) -> Iterator[tuple[str, str]]:
    of_pod = _counted([pod], ranges)
    together = _counted([pod, beside], ranges) if beside is not None else of_pod
    for name, most in amounts(quota.hard).items():
        resource = _resource(name)
        if _says_nothing(name, pod, ranges):
            continue
        if of_pod.get(name, Decimal(0)) > most:
            asks = f"asks for {shown(resource, of_pod[name])} of {name}"
            yield f"{asks}, and quota `{quota.name}` allows {shown(resource, most)} in all", resource
        elif together.get(name, Decimal(0)) > most:
            asks = f"and the run's orchestrator ask for {shown(resource, together[name])} of {name} together"
            yield f"{asks}, and quota `{quota.name}` allows {shown(resource, most)} in all", resource


def _resource(name: str) -> str:
    return name.removeprefix("requests.").removeprefix("limits.")


def _kind(name: str) -> str:
    return "limit" if name.startswith("limits.") else "request"


def _says_nothing(name: str, pod: Mapping[str, Any], ranges: Sequence[Range]) -> bool:
    """Say whether a container lacks what a quota counts; the API server refuses the pod then."""
    resource = _resource(name)
    if resource not in ("cpu", "memory"):
        return False
    if any(resource in {**each.limits, **each.most} or _defaults(each, name, resource) for each in ranges):
        return False
    for container in pod["containers"]:
        asked = container.get("resources") or {}
        limits, wanted = asked.get("limits") or {}, asked.get("requests") or {}
        if resource not in limits and (name.startswith("limits.") or resource not in wanted):
            return True
    return False


def _defaults(each: Range, name: str, resource: str) -> bool:
    return not name.startswith("limits.") and resource in each.requests


def _counted(pods: Iterable[Mapping[str, Any]], ranges: Sequence[Range]) -> Asked:
    """Return what a quota counts of pods and their Jobs, by the quota's own names of it."""
    found: Asked = {}

    def add(name: str, number: Decimal) -> None:
        found[name] = found.get(name, Decimal(0)) + number

    defaults = {resource: value for each in ranges for resource, value in each.limits.items()}
    for pod in pods:
        for name in ("pods", "count/pods", "count/jobs.batch"):
            add(name, Decimal(1))
        for resource, wanted in requests(pod).items():
            add(f"requests.{resource}", wanted)
            if "/" not in resource:
                add(resource, wanted)
        for container in pod["containers"]:
            limits = amounts({**defaults, **((container.get("resources") or {}).get("limits") or {})})
            for resource, most in limits.items():
                add(f"limits.{resource}", most)
    return found


# --------------------------------------------------------------------------------------------------------------- words


def shown(resource: str, number: Decimal) -> str:
    """Return an amount as a person reads it: bytes in binary units, all else as a plain number."""
    if resource in ("memory", "ephemeral-storage", "storage"):
        for unit in ("", "Ki", "Mi", "Gi", "Ti"):
            if number < 1024 or unit == "Ti":
                return f"{number:.4g}{unit}"
            number /= 1024
    return f"{number.normalize():f}"


def _tags(resource: str) -> tuple[str, ...]:
    more = ("gpu:", "accelerator:") if "/" in resource or resource == GPU else ()
    return (f"limit:{resource}:", f"request:{resource}:", f"{resource}:", *more)
