"""What goes wrong in real clusters, for tests: a part is killed and starts again, a node is cut off or drained …"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster import components, control_plane, network, node
from tests.cluster.places import node_named

API_SERVER = control_plane.API_SERVER
S3_GATEWAY = control_plane.S3_GATEWAY


def kubelet(node_name: str) -> str:
    """The component that is the kubelet of this node."""
    return node.kubelet(node_named(node_name))


def stop(component: str) -> None:
    """Kill a component, as a crash does; what it ran (a kubelet's pods) goes on."""
    components.stop(component)


def start(component: str) -> None:
    """Start a component that was stopped; the API server and the S3 gateway are waited for."""
    components.start_again(component)
    ready = {API_SERVER: control_plane.answers, S3_GATEWAY: control_plane.s3_answers}
    if component in ready:
        control_plane.wait_for(component, ready[component])


def power_off(node_name: str) -> None:
    """Kill a node's programs and everything that ran on it, all at once."""
    node.stop(node_named(node_name))


def power_on(node_name: str) -> None:
    """Start the node again and wait until it is ready."""
    node.start_again(node_named(node_name))


def unplug(node_name: str) -> None:
    """Cut a node off from everything else; what it runs goes on."""
    network.unplug(node_named(node_name))


def plug_in(node_name: str) -> None:
    """Give a node its network back; it need not be ready when this returns."""
    network.unplug(node_named(node_name), back=True)


def drain(node_name: str) -> None:
    """Evict all pods of a node and keep new ones off, as before its maintenance; returns when they have gone."""
    control_plane.kubectl("drain", node_name, "--ignore-daemonsets", "--force", "--delete-emptydir-data")


def uncordon(node_name: str) -> None:
    """Let a drained node take pods again."""
    control_plane.kubectl("uncordon", node_name)


@contextmanager
def tainted(node_name: str) -> Iterator[None]:
    """Drive all pods off a node that goes on, as who repairs it does; afterwards it takes pods again."""
    taint = "maintenance=now:NoExecute"
    control_plane.kubectl("taint", "node", node_name, taint)
    try:
        yield
    finally:
        control_plane.kubectl("taint", "node", node_name, f"{taint}-")


def delete_pod(namespace: str, pod: str) -> None:
    """Delete a pod by hand, without waiting for its end."""
    control_plane.kubectl("--namespace", namespace, "delete", "pod", pod, "--wait=false")
