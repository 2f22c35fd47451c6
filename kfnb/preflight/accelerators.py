"""Which accelerator types a cluster offers: those that its profile knows, and how many of its nodes have each.

Asked by the server for who chooses a type, and by `kfnb cluster check`. Nothing here keeps anybody from anything: where
the nodes cannot be seen, what the profile knows is all there is to say.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kfnb.errors import ClusterError
from kfnb.preflight import room
from kfnb.profiles import known_accelerators, unnamed_accelerator
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


class Offer(NamedTuple):
    """`types`: how many nodes have each type that the profile knows; None where nodes cannot be seen.

    `unnamed`: what labels call those accelerators of nodes that no type means.
    """

    types: dict[str, int | None]
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
        return Offer(dict.fromkeys(known_accelerators(profile)))
    types: dict[str, int | None] = {type_: nodes_with(nodes, profile, type_) for type_ in known_accelerators(profile)}
    unnamed = {name for node in nodes if (name := unnamed_accelerator(profile, node.labels)) is not None}
    return Offer(types, tuple(sorted(unnamed)))


def nodes_with(nodes: Sequence[Node], profile: Profile, type_: str) -> int:
    """Return how many nodes have the labels and the device that a type means, and let a step's pod in."""
    pod = pod_template(profile, Settings(accelerator=type_), (), labels={})["spec"]
    return len(room.open_to(nodes, pod))


def _nodes(profile: Profile) -> tuple[Node, ...] | None:
    try:
        return cluster_facts.nodes(ApiServer(profile.context, profile.kubeconfig, profile.namespace))
    except ClusterError:
        return None
