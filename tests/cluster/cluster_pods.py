"""Jobs and pods for the tests of the cluster itself, with just what Pod Security `restricted` asks for."""

from __future__ import annotations

from typing import Any

from tests.cluster.fixtures import Cluster
from tests.cluster.places import STORE_SECRET
from tests.cluster.shell import wait_until


def job(cluster: Cluster, name: str, program: str, **pod: Any) -> dict[str, Any]:
    """A Job that runs a Python program once on kfnb's base image, and the pod's further settings."""
    container = {
        "name": "main",
        "image": cluster.image,
        "command": ["python3", "-c", program],
        "envFrom": [{"secretRef": {"name": STORE_SECRET}}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"limits": pod.pop("limits", {})},
    }
    spec = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        **pod,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": {"spec": spec}},
    }


def outcome(cluster: Cluster, namespace: str, job_: dict[str, Any]) -> tuple[str, str]:
    """Run a Job to its end: `Complete` or `Failed`, and what it printed."""
    submit(cluster, namespace, job_)
    here = ("--namespace", namespace)
    name = f"job/{job_['metadata']['name']}"

    def ends() -> list[str]:
        conditions = cluster.get(*here, name)["status"].get("conditions", [])
        return [each["type"] for each in conditions if each["type"] in ("Complete", "Failed")]

    wait_until(lambda: bool(ends()), f"The end of {name}", 240)
    return ends()[0], cluster.kubectl(*here, "logs", name).strip()


def submit(cluster: Cluster, namespace: str, what: dict[str, Any]) -> None:
    """Make an object in a namespace."""
    cluster.apply({**what, "metadata": {**what["metadata"], "namespace": namespace}})
