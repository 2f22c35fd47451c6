"""Bridge, links and routes: the control plane's address on this machine, and a cable to each node.

Nothing leaves the machine: the nodes have no default route, and nothing is translated to the world's addresses.
"""

from __future__ import annotations

from tests.cluster.places import ADDRESS, BRIDGE, NODES, SERVICES, Node
from tests.cluster.shell import attempt, call


def make_bridge() -> None:
    """The bridge, with the control plane's address: the API server refuses to be found at a loopback address."""
    call("ip", "link", "add", BRIDGE, "type", "bridge")
    call("ip", "address", "add", f"{ADDRESS}/24", "dev", BRIDGE)
    call("ip", "link", "set", BRIDGE, "up")


def bridge_exists() -> bool:
    """Whether this machine has the bridge."""
    return attempt("ip", "link", "show", BRIDGE)


def connect(node: Node, pid: int) -> None:
    """Lay a cable from the bridge into the network namespace of this process, and tell it where everything is."""
    call("ip", "link", "add", node.link, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    call("ip", "link", "set", node.link, "master", BRIDGE, "up")
    call("ip", "route", "add", node.pods, "via", node.address)
    inside = ("nsenter", f"--net=/proc/{pid}/ns/net")
    call(*inside, "ip", "address", "add", f"{node.address}/24", "dev", "eth0")
    call(*inside, "ip", "link", "set", "lo", "up")
    call(*inside, "ip", "link", "set", "eth0", "up")
    # Services' addresses are never on a wire; but without a route nothing reaches the rules that translate them.
    call(*inside, "ip", "route", "add", SERVICES, "dev", "eth0")
    for other in NODES:
        if other != node:
            call(*inside, "ip", "route", "add", other.pods, "via", other.address)
    call(*inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def unplug(node: Node, *, back: bool = False) -> None:
    """Pull a node's cable out of the bridge, or plug it in again: what runs on the node goes on alone."""
    call("ip", "link", "set", node.link, "up" if back else "down")


def remove() -> None:
    """Take away cables and bridge; what is not there is no matter."""
    for link in (*(node.link for node in NODES), BRIDGE):
        attempt("ip", "link", "delete", link)
