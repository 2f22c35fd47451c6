"""Parts of the test cluster break when they are told to, and work again afterwards."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.cluster import components, control_plane, node
from tests.cluster.cluster_pods import job, outcome, submit
from tests.cluster.fixtures import Cluster
from tests.cluster.places import node_named
from tests.cluster.shell import ClusterError, wait_until


def phases(cluster: Cluster, namespace: str) -> list[str]:
    """The phases of all pods of a namespace."""
    return [pod["status"]["phase"] for pod in cluster.get("--namespace", namespace, "pods")["items"]]


def test_the_api_server_breaks_and_comes_back(cluster: Cluster, namespace: str, chaos: ModuleType) -> None:
    """While the API server is down nothing answers; started again, it knows what it knew."""
    chaos.stop(chaos.API_SERVER)
    with pytest.raises(ClusterError, match="refused"):
        cluster.kubectl("get", "nodes")
    chaos.start(chaos.API_SERVER)
    assert namespace == cluster.get("namespace", namespace)["metadata"]["name"]


def test_the_store_breaks_and_comes_back(cluster: Cluster, namespace: str, chaos: ModuleType) -> None:
    """The S3 endpoint is gone while its gateway is down, and is there again with it."""
    chaos.stop(chaos.S3_GATEWAY)
    assert not control_plane.s3_answers()
    chaos.start(chaos.S3_GATEWAY)
    assert control_plane.s3_answers()


def test_a_node_without_its_kubelet_is_noticed(cluster: Cluster, namespace: str, chaos: ModuleType) -> None:
    """A node whose kubelet is dead becomes unready, its pods go on, and it is ready again with the kubelet."""
    cpu = node_named("cpu")
    submit(cluster, namespace, job(cluster, "lasts", "import time; time.sleep(1000)", nodeName="cpu"))
    wait_until(lambda: phases(cluster, namespace) == ["Running"], "The start of the pod")
    chaos.stop(chaos.kubelet("cpu"))
    wait_until(lambda: not node.is_ready(cpu), "The node's being missed")
    assert node.containers(cpu)
    chaos.start(chaos.kubelet("cpu"))
    wait_until(lambda: node.is_ready(cpu), "The node's return")


def test_a_node_that_loses_power_runs_pods_again(cluster: Cluster, namespace: str, chaos: ModuleType) -> None:
    """With a node's power all its processes end; afterwards it runs pods as before, and has its devices."""
    chaos.power_off("gpu")
    gpu = node_named("gpu")
    wait_until(lambda: not node.containers(gpu), "The end of the node's containers")
    assert not components.alive(chaos.kubelet("gpu"))
    chaos.power_on("gpu")
    assert ("Complete", "back") == outcome(cluster, namespace, job(cluster, "again", "print('back')", nodeName="gpu"))


def test_a_drained_node_has_no_pods(cluster: Cluster, namespace: str, chaos: ModuleType) -> None:
    """Draining a node evicts its pods, and new ones wait until it takes some again."""
    submit(cluster, namespace, job(cluster, "lasts", "import time; time.sleep(1000)"))
    wait_until(lambda: phases(cluster, namespace) == ["Running"], "The start of the pod")
    chaos.drain("cpu")
    assert "Running" not in phases(cluster, namespace)
    chaos.uncordon("cpu")


def test_an_unknown_component_is_named(cluster: Cluster, namespace: str, chaos: ModuleType) -> None:
    """Stopping what is not there says what is."""
    with pytest.raises(ClusterError, match=r"There is no component 'kubelet': there are anchor-cpu, .*s3-gateway"):
        chaos.stop("kubelet")
