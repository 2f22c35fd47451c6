"""Notebooks run on the test cluster by kfnb itself, for tests of any room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfnb.client import Client, Run
from kfnb.profiles import Profile
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.fixtures import Cluster
from tests.cluster.places import BUCKET, CHECKOUT, STORE_SECRET

RIGHTS = CHECKOUT / "kfnb" / "deploy" / "orchestrator.yaml"


class Place:
    """A namespace of the cluster in which kfnb may run, its profile, and a client whose runs lie in the store."""

    def __init__(
        self, cluster: Cluster, namespace: str, home: Path, monkeypatch: pytest.MonkeyPatch, **profile: Any
    ) -> None:
        for name, value in cluster.environment.items():
            monkeypatch.setenv(name, value)
        cluster.kubectl("--namespace", namespace, "apply", f"--filename={RIGHTS}")
        self.cluster = cluster
        self.namespace = namespace
        self.profile = Profile(
            name="test",
            context=CONTEXT,
            kubeconfig=str(KUBECONFIG),
            namespace=namespace,
            root=f"s3://{BUCKET}/{namespace}",
            endpoint_url=cluster.environment["AWS_ENDPOINT_URL"],
            store_secret=STORE_SECRET,
            grace_seconds=1,
            **{"image": cluster.image, **profile},
        )
        self.client = Client(home=home, root=self.profile.root)

    def pods(self, run: Run) -> dict[str, dict[str, Any]]:
        """The pods of a run's tasks, by the name of their step."""
        selector = f"--selector=kfnb.dev/run={run.id},kfnb.dev/task"
        found = self.cluster.get("--namespace", self.namespace, "pods", selector)["items"]
        return {pod["metadata"]["annotations"]["kfnb.dev/task-name"]: pod for pod in found}

    def nodes(self, run: Run) -> dict[str, str]:
        """On which node each step of a run is or was."""
        return {name: pod["spec"]["nodeName"] for name, pod in self.pods(run).items()}


def span(run: Run, name: str) -> tuple[float, float]:
    """When a task began and ended: seconds since the epoch."""
    task = run.tasks[name]
    assert task.started is not None
    assert task.finished is not None
    return task.started, task.finished
