"""Which accelerator types a cluster offers, and on how many nodes."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kfnb.preflight.accelerators import Offer, Offered, offer, offered
from kfnb.profiles import Accelerator, Profile, known_accelerators
from kfnb.runners.cluster_facts import Node
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people

BIG = Accelerator(resource="example.com/big", node_selector={"kind": "big"}, tolerations=({"key": "big"},))
PROFILE = Profile(
    name="test", namespace="ml", root="s3://runs/kfnb", image="base:1", accelerators={"big": BIG, "t4": Accelerator()}
)
PLAIN = msgspec.structs.replace(PROFILE, accelerators={})
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
GPU_NAME = "nvidia.com/gpu"
GPU = {GPU_NAME: "2"}
ONE = {"metadata": {"name": "a", "labels": {"cloud.google.com/gke-accelerator": "nvidia-l4"}}, "spec": {}}
NODES = {"items": [{**ONE, "status": {"allocatable": GPU}}]}


def node(labels: dict[str, str], allocatable: dict[str, str] = GPU, *taints: dict[str, str]) -> Node:
    """A node with GPUs."""
    return Node("n", allocatable, labels, taints)


@pytest.mark.parametrize(
    ("nodes", "type_", "expected"),
    [
        ([node({"nvidia.com/gpu.product": "Tesla-T4"}, GPU, TAINT)] * 2, "t4", 2),
        ([node({"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"})], "nvidia-tesla-t4", 1),
        ([node({"karpenter.k8s.aws/instance-gpu-name": "h100"})], "h100", 1),
        ([node({"nvidia.com/gpu.product": "Tesla-T4"}, {"cpu": "4"})], "t4", 0),
        ([node({"nvidia.com/gpu.product": "Tesla-T4"}, GPU, {**TAINT, "key": "ours"})], "t4", 0),
        ([node({}), node({"nvidia.com/gpu.product": "NVIDIA-L4"})], "t4", 0),
        ([], "t4", 0),
    ],
)
def test_nodes_have_a_type_by_their_labels_and_devices(nodes: list[Node], type_: str, expected: int) -> None:
    """As clouds and NVIDIA's feature discovery label them; one that has no device or keeps steps off does not count."""
    assert Offered(expected, 2 if expected else 0) == offer(PLAIN, nodes).types[type_]


def test_a_profile_s_own_types_are_counted_by_what_it_says_of_them() -> None:
    """By its selector, resource and tolerations; and a type that it defines anew is that."""
    big = node({"kind": "big"}, {"example.com/big": "1"}, {"key": "big", "value": "", "effect": "NoSchedule"})
    found = offer(PROFILE, [big, node({})])
    assert ((1, 1), (1, 2), (0, 0)) == (found.types["big"], found.types["t4"], found.types["h100"])


def test_how_many_gpus_one_node_has() -> None:
    """Of a type, and of whatever type: what is on several nodes is not together, nor there where a step is kept off."""
    small, large = {"nvidia.com/gpu.product": "Tesla-T4"}, {"nvidia.com/gpu.product": "NVIDIA-RTX-A6000"}
    kept = {**TAINT, "key": "ours"}
    found = offer(PLAIN, [node(small), node(small), node(large, {GPU_NAME: "8"}), node(large, {GPU_NAME: "16"}, kept)])
    assert ((2, 2), (3, 8)) == (found.types["t4"], found.gpus)


def test_what_no_type_means_is_told_as_the_nodes_call_it() -> None:
    """A label that a type means is none of these, on whichever nodes; nor is a node without any such label."""
    found = offer(
        PROFILE,
        [
            node({"nvidia.com/gpu.product": "NVIDIA-RTX-A6000", "cloud.google.com/gke-accelerator": "other"}),
            node({"nvidia.com/gpu.product": "another", "cloud.google.com/gke-accelerator": "nvidia-l4"}),
            node({"kind": "big", "nvidia.com/gpu.product": "own"}),
            node({"disk": "ssd"}),
        ],
    )
    assert ("NVIDIA-RTX-A6000",) == found.unnamed


def test_where_nodes_cannot_be_seen_the_profile_s_types_are_all() -> None:
    """Nothing is said of nodes then, not that there are none."""
    assert Offer(dict.fromkeys(known_accelerators(PROFILE), Offered())) == offer(PROFILE, None)


class Nodes(http.server.BaseHTTPRequestHandler):
    """What an API server says of nodes: that it has one, or whatever else it is told to."""

    answers: tuple[int, object] = (200, NODES)
    asked = 0

    def do_GET(self) -> None:
        """Answer."""
        type(self).asked += 1
        status, answer = self.answers
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[type[Nodes], Profile]]:
    """An API server, and the profile of its cluster."""
    handler = type("Own", (Nodes,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        host = f"http://127.0.0.1:{server.server_port}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "k", "cluster": {"server": host}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        }
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        yield handler, msgspec.structs.replace(PROFILE, kubeconfig=str(tmp_path / "kubeconfig"))
        server.shutdown()


def test_a_cluster_is_asked_once_a_minute(api: tuple[type[Nodes], Profile], monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel may ask as often as it is drawn; a profile that was changed is another one."""
    handler, profile = api
    assert [1, 1] == [offered(profile).types["l4"].nodes for _ in range(2)]
    assert 1 == handler.asked
    assert 1 == offered(msgspec.structs.replace(profile, namespace="other")).types["l4"].nodes
    assert 2 == handler.asked
    monkeypatch.setattr("kfnb.preflight.accelerators.REMEMBERED", 0.0)
    handler.answers = (200, {"items": []})
    assert (0, 3) == (offered(profile).types["l4"].nodes, handler.asked)


@pytest.mark.parametrize("answer", [(403, {"message": "nodes is forbidden"}), (401, {})])
def test_who_may_not_see_nodes_is_not_asked_again_either(
    api: tuple[type[Nodes], Profile], answer: tuple[int, object]
) -> None:
    """Without the right, or without being known, the types of the profile are offered, at once the second time."""
    handler, profile = api
    handler.answers = answer
    assert [offer(profile, None)] * 2 == [offered(profile) for _ in range(2)]
    assert 1 == handler.asked


def test_the_types_that_the_cluster_s_nodes_have(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """Who may list nodes is told what they have; who may not hears what the profile knows."""
    slices = {"slice": Accelerator(resource="nvidia.com/mig-1g.5gb"), "amd": Accelerator(resource="amd.com/gpu")}
    amd = {"amd": msgspec.structs.replace(slices["amd"], tolerations=(TAINT,))}
    profile = msgspec.structs.replace(
        PLAIN, namespace=namespace, kubeconfig=cluster.environment["KUBECONFIG"], accelerators={**slices, **amd}
    )
    seen = offered(profile)
    assert {"slice": 1, "amd": 1, "t4": 1, "nvidia-tesla-t4": 1} == {
        name: nodes for name, (nodes, _) in seen.types.items() if nodes
    }
    assert ((), (0, 0)) == (seen.unnamed, seen.types["h100"])
    kubeconfig, _ = people(cluster, namespace, tmp_path, {"nobody": ()})["nobody"]
    hidden = offered(msgspec.structs.replace(profile, kubeconfig=str(kubeconfig)))
    assert offer(profile, None) == hidden
