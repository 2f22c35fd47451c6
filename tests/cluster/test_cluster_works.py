"""The test cluster itself: its nodes, what its pods can and cannot do, and what they reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kfnb.artifacts.store import Store
from kfnb.runners.api_server import ApiServer
from tests.cluster import components, lifecycle
from tests.cluster.cluster_pods import job, outcome, submit
from tests.cluster.fixtures import Cluster
from tests.cluster.leavings import left_by_runs
from tests.cluster.places import BUCKET, FIRST_SERVICE
from tests.cluster.shell import ClusterError, wait_until

GPU = {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}


def test_a_second_up_starts_nothing_again(cluster: Cluster, namespace: str) -> None:
    """Bringing up a cluster that is up leaves every process as it was."""
    before = {name: components.recorded(name).pid for name in components.names()}
    lifecycle.up()
    assert before == {name: components.recorded(name).pid for name in components.names()}


def test_two_nodes_are_ready(cluster: Cluster, namespace: str) -> None:
    """There are two nodes, and both take pods."""
    ready = {
        node["metadata"]["name"]: condition["status"]
        for node in cluster.get("nodes")["items"]
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    }
    assert {"cpu": "True", "gpu": "True"} == ready


def test_a_restricted_job_imports_kfnb(cluster: Cluster, namespace: str) -> None:
    """A Job without root, privileges and a writable root runs Python with kfnb, whose byte code is in the image."""
    program = "import kfnb, os, pathlib; print(os.getuid(), pathlib.Path(kfnb.__cached__).exists())"
    assert ("Complete", "1000 True") == outcome(cluster, namespace, job(cluster, "imports", program))


def test_pods_and_laptop_share_a_store(cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a pod writes to the S3 endpoint is read on this machine, under the same address and keys."""
    root = f"s3://{BUCKET}/{namespace}"
    program = f"from kfnb.artifacts.store import Store; Store({root!r}).write('greeting', b'hello'); print('written')"
    assert ("Complete", "written") == outcome(cluster, namespace, job(cluster, "writes", program))
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    assert b"hello" == Store(root).read("greeting")


def test_the_profile_of_the_environment_is_ready(cluster: Cluster, share: None, tmp_path: Path) -> None:
    """With the shell lines of `env` nothing of the profile `test` fails `kfnb cluster check`."""
    environment = {**os.environ, **cluster.environment, "KFNB_HOME": str(tmp_path)}
    command = (sys.executable, "-m", "kfnb", "cluster", "check", "test")
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert (0, []) == (done.returncode, [line for line in done.stdout.splitlines() if line.startswith("failed")])


def test_gpus_look_real(cluster: Cluster, namespace: str) -> None:
    """The second node offers GPUs of several kinds, and keeps off what does not tolerate them."""
    gpu = cluster.get("node", "gpu")
    offered = {name: count for name, count in gpu["status"]["allocatable"].items() if ".com/" in name}
    assert {"nvidia.com/gpu": "2", "nvidia.com/mig-1g.5gb": "2", "amd.com/gpu": "1", "google.com/tpu": "4"} == offered
    assert [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}] == gpu["spec"]["taints"]


@pytest.mark.usefixtures("devices")
def test_a_pod_that_asks_for_a_gpu_gets_to_its_node(cluster: Cluster, namespace: str) -> None:
    """A pod that tolerates GPU nodes and asks for two GPUs runs on the node that has them."""
    asks = job(cluster, "asks", "print('ran')", limits={"nvidia.com/gpu": "2"}, tolerations=[GPU])
    assert ("Complete", "ran") == outcome(cluster, namespace, asks)
    assert ["gpu"] == [pod["spec"]["nodeName"] for pod in cluster.get("--namespace", namespace, "pods")["items"]]


def test_a_third_gpu_is_waited_for(cluster: Cluster, namespace: str) -> None:
    """A pod that asks for more GPUs than there are stays pending, and the scheduler says why."""
    submit(cluster, namespace, job(cluster, "greedy", "", limits={"nvidia.com/gpu": "3"}, tolerations=[GPU]))

    def reasons() -> str:
        pods = cluster.get("--namespace", namespace, "pods")["items"]
        return json.dumps([pod["status"].get("conditions", []) for pod in pods])

    wait_until(lambda: "Insufficient nvidia.com/gpu" in reasons(), "The scheduler's word")


def test_a_privileged_pod_is_refused(cluster: Cluster, namespace: str) -> None:
    """Pod Security refuses what its level `restricted` does not allow."""
    container = {"name": "main", "image": cluster.image, "securityContext": {"privileged": True}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": {"containers": [container]}}
    with pytest.raises(ClusterError, match='violates PodSecurity "restricted:latest": privileged'):
        submit(cluster, namespace, pod)


def test_nothing_outside_is_reached(cluster: Cluster, namespace: str) -> None:
    """A pod reaches the API server's service, and finds no way to an address that is not of the cluster."""
    program = f"""
import errno, socket, time
for seconds in range(60):  # a node that was just mended is told of services a moment later
    try:
        socket.create_connection(({FIRST_SERVICE!r}, 443), timeout=10).close()
        break
    except OSError:
        time.sleep(1)
else:
    raise SystemExit("the API server's service is not reached")
try:
    socket.create_connection(("1.1.1.1", 443), timeout=10)
except OSError as problem:
    print(errno.errorcode[problem.errno])
"""
    assert ("Complete", "ENETUNREACH") == outcome(cluster, namespace, job(cluster, "leaves", program))


def test_pods_of_different_nodes_reach_each_other(cluster: Cluster, namespace: str) -> None:
    """A pod gets an answer over HTTP from a pod of another node, at that pod's own address."""
    serves = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8000)"
    submit(cluster, namespace, job(cluster, "serves", serves, nodeName="gpu"))
    here = ("--namespace", namespace)

    def addresses() -> list[str]:
        pods = cluster.get(*here, "pods", "--selector=job-name=serves")["items"]
        return [pod["status"].get("podIP", "") for pod in pods if pod["status"]["phase"] == "Running"]

    wait_until(lambda: bool(addresses()), "The start of the pod that serves")
    program = f"""
import time, urllib.request
for again in range(50):
    try:
        print(urllib.request.urlopen("http://{addresses()[0]}:8000/").status)
        break
    except OSError:
        time.sleep(0.2)
"""
    assert ("Complete", "200") == outcome(cluster, namespace, job(cluster, "calls", program, nodeName="cpu"))


def test_what_runs_leave_is_found_with_and_without_labels(cluster: Cluster, namespace: str) -> None:
    """What a test makes by hand, and the pods of that, are not taken for it."""
    submit(cluster, namespace, job(cluster, "by-hand", ""))
    wait_until(lambda: cluster.get("--namespace", namespace, "pods")["items"] != [], "The pod")
    assert [] == left_by_runs(namespace, 0)
    api = ApiServer(None, cluster.environment["KUBECONFIG"], namespace)
    for kind, group in (("configmaps", ""), ("leases", "coordination.k8s.io/v1")):
        api.create(api.place(kind, group=group), {"metadata": {"name": "left"}})
    assert ["ConfigMap/left", "Lease/left"] == left_by_runs(namespace, 0)
    for kind, group in (("configmaps", ""), ("leases", "coordination.k8s.io/v1")):
        api.delete(api.place(kind, "left", group))
