"""Where the test cluster lies on this machine and which addresses it has; every module here reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = Path(__file__).parent / "modules"
"""A folder a Go module: what is built from source, at exact versions."""

_USUAL = "10.99"
NETWORK = os.environ.get("KFNB_TEST_CLUSTER_NETWORK", _USUAL)
"""The first two numbers of all the cluster's addresses; clusters of different networks do not know each other."""
SUFFIX = "" if NETWORK == _USUAL else f"-{NETWORK}"
"""What tells names of one cluster's things from another's."""
RUN = Path(os.environ.get("KFNB_TEST_CLUSTER_RUN", f"/run/kfnb-test-cluster{SUFFIX}"))
"""All state of the running cluster; `down` removes it."""
CACHE = Path(os.environ.get("KFNB_TEST_CLUSTER_CACHE", "~/.cache/kfnb-test-cluster")).expanduser()
"""What is kept between clusters, and shared by those that run at once: programs, wheels, images."""
LOGS = RUN / "logs"

BRIDGE = f"kfnb{SUFFIX or '-test'}"
ADDRESS = f"{NETWORK}.0.1"
"""The control plane's, on the bridge: seen alike from this machine, the nodes and the pods."""
SERVICES = f"{NETWORK}.128.0/17"
FIRST_SERVICE = f"{NETWORK}.128.1"
PODS = f"{NETWORK}.0.0/17"
API = f"https://{ADDRESS}:6443"
REGISTRY = f"{ADDRESS}:5099"
IMAGES_HOST = "kfnb.test"
"""The registry's name in image references: the nodes know its address."""
S3 = f"http://{ADDRESS}:7070"
BUCKET = "kfnb"
NAMESPACE = "kfnb"
"""A namespace that is always there, for people who try kfnb; tests have one each."""
STORE_SECRET = "kfnb-store"
"""The secret with the keys of the S3 endpoint, in every namespace that the cluster makes."""


@dataclass(frozen=True)
class Node:
    """One node: a network and a mount namespace of this machine that hold containerd, kubelet and kube-proxy."""

    name: str
    number: int
    resources: dict[str, str] = field(default_factory=dict)
    """Fake devices, as `resource: count`."""
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[dict[str, str], ...] = ()

    @property
    def address(self) -> str:
        """The node's own, on the bridge."""
        return f"{NETWORK}.0.{10 + self.number}"

    @property
    def pods(self) -> str:
        """The range its pods have addresses from."""
        return f"{NETWORK}.{self.number}.0/24"

    @property
    def link(self) -> str:
        """This machine's end of the cable to the node."""
        return f"{BRIDGE}-{self.number}"

    @property
    def cgroup(self) -> str:
        """Under which all its pods are accounted for."""
        return f"kfnb{SUFFIX}-{self.name}"

    @property
    def folder(self) -> Path:
        """Its state."""
        return RUN / "nodes" / self.name


NODES = (
    Node("cpu", 1),
    Node(
        "gpu",
        2,
        resources={"nvidia.com/gpu": "2", "nvidia.com/mig-1g.5gb": "2", "amd.com/gpu": "1", "google.com/tpu": "4"},
        labels={
            "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
            "cloud.google.com/gke-accelerator": "nvidia-tesla-t4",
            "nvidia.com/gpu.product": "Tesla-T4",
            "nvidia.com/gpu.present": "true",
        },
        taints=({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},),
    ),
)


def node_named(name: str) -> Node:
    """The node of this name."""
    found = [node for node in NODES if node.name == name]
    if not found:
        raise SystemExit(f"There is no node {name!r}: the nodes are {', '.join(node.name for node in NODES)}.")
    return found[0]
