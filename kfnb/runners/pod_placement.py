"""Where a pod may run and how much it is given: a step's settings and the cluster's profile, put together.

Pure; pod_manifest.py puts the answer into the pod, preflight may ask the same without one. A step's word on a resource,
a label or a kind of affinity replaces the profile's on the same; tolerations add up.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.notebook.quantities import amount
from kfnb.profiles import GPU, Accelerator, accelerator
from kfnb.runners.node_fit import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kfnb.profiles import Profile
    from kfnb.spec import Settings

GONE_SECONDS = 60
"""How long a pod stays on a node that is not ready or cannot be reached, before the cluster gives it up."""


class Resources(NamedTuple):
    """What a container asks for, by resource, as Kubernetes quantities."""

    requests: dict[str, str]
    limits: dict[str, str]


def resources(profile: Profile, settings: Settings) -> Resources:
    """Return requests and limits. A limit alone is its own request; devices and huge pages are always asked for so."""
    limits = {**settings.limits}
    requests = {**settings.requests}
    for resource, wanted in settings.requests.items():
        if _is_whole(resource):
            limits.setdefault(resource, wanted)
        elif resource in profile.limits and amount(profile.limits[resource]) >= amount(wanted):
            limits.setdefault(resource, profile.limits[resource])
    said = {*settings.limits, *settings.requests}
    limits |= {resource: most for resource, most in profile.limits.items() if resource not in said}
    requests |= {resource: least for resource, least in profile.requests.items() if resource not in said}
    for resource, most in settings.limits.items():
        requests.setdefault(resource, most)
    requests |= {resource: most for resource, most in limits.items() if _is_whole(resource)}
    return _with_accelerator(profile, settings, Resources(requests, limits))


def _with_accelerator(profile: Profile, settings: Settings, found: Resources) -> Resources:
    """Count in the resource that the accelerator type is: `gpu:2` are two of those, none said is one."""
    wanted = accelerator_of(profile, settings)
    if wanted is None or wanted.resource in found.limits:
        return found
    limits = {resource: most for resource, most in found.limits.items() if resource != GPU}
    requests = {resource: least for resource, least in found.requests.items() if resource != GPU}
    number = {wanted.resource: found.limits.get(GPU, "1")}
    return Resources({**requests, **number}, {**limits, **number})


def accelerator_of(profile: Profile, settings: Settings) -> Accelerator | None:
    """Return what the step's `accelerator:TYPE` means, None if it has none or nobody knows the type."""
    return accelerator(profile, settings.accelerator) if settings.accelerator else None


def node_selector(profile: Profile, settings: Settings) -> dict[str, str]:
    """Return the labels that a node must carry."""
    wanted = accelerator_of(profile, settings)
    return {**profile.node_selector, **(wanted.node_selector if wanted else {}), **settings.node_selector}


def tolerations(profile: Profile, settings: Settings) -> list[dict[str, str | int]]:
    """Return the taints that a pod bears, each once: the profile's, the step's, those of its devices, a minute of a
    node that is gone.

    Clouds taint the nodes with a device by the device's own name, MIG slices by that of the whole GPU.
    """
    wanted = accelerator_of(profile, settings)
    devices = dict.fromkeys(_taint(name) for name in resources(profile, settings).limits if "/" in name)
    found: list[Mapping[str, str | int]] = [
        *profile.tolerations,
        *settings.tolerations,
        *(wanted.tolerations if wanted else ()),
        *({"key": device, "operator": "Exists"} for device in devices),
    ]
    known = {str(each.get("key")) for each in found}
    gone = [f"node.kubernetes.io/{state}" for state in ("not-ready", "unreachable")]
    found += [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": GONE_SECONDS}
        for key in gone
        if key not in known
    ]
    return [dict(each) for number, each in enumerate(found) if each not in found[:number]]


def affinity(profile: Profile, settings: Settings) -> dict[str, Any]:
    """Return the pod's affinity; what the accelerator type needs of a node is joined to every way it may be met."""
    found = {**profile.affinity, **settings.affinity}
    wanted = accelerator_of(profile, settings)
    if wanted is None or not wanted.any_label:
        return found
    of_node: Any = found.get("nodeAffinity", {})
    required: Any = of_node.get(REQUIRED, {}) if isinstance(of_node, dict) else None
    terms = required.get("nodeSelectorTerms", [{}]) if isinstance(required, dict) else None
    if not isinstance(terms, list) or not all(map(_is_term, terms)):
        return found  # the API server says what is wrong
    joined = [_both(term, other) for term, other in product(terms, _terms(wanted))]
    return {**found, "nodeAffinity": {**of_node, REQUIRED: {**required, "nodeSelectorTerms": joined}}}


def _terms(wanted: Accelerator) -> Iterator[dict[str, Any]]:
    """Yield one term a label: terms are alternatives."""
    for label, values in wanted.any_label.items():
        yield {"matchExpressions": [{"key": label, "operator": "In", "values": list(values)}]}


def _is_term(written: Any) -> bool:
    return isinstance(written, dict) and isinstance(written.get("matchExpressions", []), list)


def _both(term: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {**term, "matchExpressions": [*term.get("matchExpressions", []), *other["matchExpressions"]]}


def _is_whole(resource: str) -> bool:
    """Say whether a resource cannot be promised in part: its request is its limit."""
    return "/" in resource or resource.startswith("hugepages-")


def _taint(resource: str) -> str:
    return GPU if resource.startswith("nvidia.com/") else resource
