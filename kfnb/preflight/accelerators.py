"""Which accelerator types a cluster offers: those that its profile knows, and how many of its nodes have each.

Asked by the server for who chooses a type, and by `kfnb cluster check`. Nothing here keeps anybody from anything: where
the nodes cannot be seen, what the profile knows is all there is to say.
"""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kfnb.errors import ClusterError
from kfnb.preflight import room
from kfnb.profiles import GPU, known_accelerators, unnamed_accelerator
from kfnb.runners import cluster_facts
from kfnb.runners.api_server import ApiServer
from kfnb.runners.pod_manifest import pod_template
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfnb.profiles import Profile
    from kfnb.runners.cluster_facts import Node

REMEMBERED = 60.0
"""Seconds for which a cluster is not asked again, whatever became of asking."""

_lock = threading.Lock()
_remembered: dict[bytes, tuple[float, Offer]] = {}


class Offered(NamedTuple):
    """`nodes`: how many have a device and let a step in; `most`: how many one of them has. None: it cannot be seen."""

    nodes: int | None = None
    most: int | None = None


class Offer(NamedTuple):
    """`types`: what there is of each type that the profile knows. `gpus`: of NVIDIA's, whatever their type.

    `unnamed`: what labels call those accelerators of nodes that no type means.
    """

    types: dict[str, Offered]
    gpus: Offered = Offered()
    unnamed: tuple[str, ...] = ()


def offered(profile: Profile) -> Offer:
    """Return what the cluster of `profile` offers, as of at most a minute ago; it need not answer."""
    key = msgspec.json.encode(profile)
    with _lock:
        asked, found = _remembered.get(key, (0.0, None))
    if found is None or time.monotonic() - asked >= REMEMBERED:
        found = offer(profile, _nodes(profile))
        with _lock:
            _remembered[key] = (time.monotonic(), found)
    return found


def offer(profile: Profile, nodes: Sequence[Node] | None) -> Offer:
    """Return what these nodes offer to the pods of `profile`; None: they cannot be seen."""
    if nodes is None:
        return Offer(dict.fromkeys(known_accelerators(profile), Offered()))
    types = {type_: _there(nodes, profile, Settings(accelerator=type_)) for type_ in known_accelerators(profile)}
    unnamed = {name for node in nodes if (name := unnamed_accelerator(profile, node.labels)) is not None}
    return Offer(types, _there(nodes, profile, Settings(limits={GPU: "1"})), tuple(sorted(unnamed)))


def _there(nodes: Sequence[Node], profile: Profile, settings: Settings) -> Offered:
    """Return what there is of the device that a step with these settings asks for, where its pod is let in."""
    pod = pod_template(profile, settings, (), labels={})["spec"]
    found = room.open_to(nodes, pod)
    most = max((room.devices_of(node, pod) for node in found), default=Decimal(0))
    return Offered(len(found), int(most) if most.is_finite() else None)


def _nodes(profile: Profile) -> tuple[Node, ...] | None:
    try:
        return cluster_facts.nodes(ApiServer(profile.context, profile.kubeconfig, profile.namespace))
    except ClusterError:
        return None
