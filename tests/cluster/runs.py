"""Runs on the test cluster, for tests: a namespace with kfnb's rights in it, a profile for it, a client of its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.client import Client, Run
from kfnb.profiles import Profile
from kfnb.profiles.editing import as_table
from kfnb.runners.api_server import ApiServer
from kfnb.runners.orchestrator_job import SERVICE_ACCOUNT
from kfnb.runners.rights import drives, missing
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.fixtures import Cluster
from tests.cluster.places import BUCKET, CHECKOUT, S3, STORE_SECRET
from tests.cluster.shell import wait_until
from tests.written_notebooks import write_cells

KINDS = "pods,jobs,configmaps,leases"
"""What a run may have in its namespace."""
EVERY_KIND = "all,configmaps,secrets,leases,persistentvolumeclaims"
"""What a run must leave nothing of; `all` is pods, Jobs and what else kubectl counts as that."""
ORCHESTRATOR = "kfnb.dev/role=orchestrator"
GATE = "/tmp/gate"
"""The file in a pod for which a step may wait; `Place.open_gate` makes it."""


@dataclass(frozen=True)
class Place:
    """A namespace for runs, and a data folder of this machine that knows them."""

    cluster: Cluster
    namespace: str
    profile: Profile
    home: Path

    def client(self) -> Client:
        """A client for runs in this namespace's part of the store."""
        return Client(home=self.home, root=self.profile.root)

    def run(self, notebook: Path, params: Mapping[str, Any] | None = None, **more: Any) -> Run:
        """Start a run on the cluster; `profile`: further settings of its profile."""
        on = msgspec.structs.replace(self.profile, **more.pop("profile", {}))
        return self.client().run(notebook, params, on=on, **more)

    def kubectl(self, *words: str) -> str:
        """What kubectl says of this namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *words)

    def get(self, *words: str) -> list[dict[str, Any]]:
        """The objects that `kubectl get` finds in this namespace."""
        found: list[dict[str, Any]] = self.cluster.get("--namespace", self.namespace, *words)["items"]
        return found

    def objects(self, run: Run) -> list[str]:
        """Kind and name of every object of a run that is there."""
        found = self.get(KINDS, "--selector", f"kfnb.dev/run={run.id}")
        return sorted(f"{one['kind']}/{one['metadata']['name']}" for one in found)

    def left(self) -> list[str]:
        """Kind and name of every object in this namespace that is kfnb's."""
        found = self.get(EVERY_KIND, "--selector", "app.kubernetes.io/managed-by=kfnb")
        return sorted(f"{one['kind']}/{one['metadata']['name']}" for one in found)

    def pods(self, run: Run, task: str | None = None) -> list[dict[str, Any]]:
        """The pods of a run's tasks, or of one of them; those that are being deleted are not counted."""
        wanted = f"kfnb.dev/run={run.id},kfnb.dev/task" + (f"={task}" if task is not None else "")
        found = self.get("pods", "--selector", wanted)
        return [one for one in found if "deletionTimestamp" not in one["metadata"]]

    def orchestrators(self, run: Run) -> list[dict[str, Any]]:
        """The pods that drive a run and are not being deleted."""
        found = self.get("pods", "--selector", f"kfnb.dev/run={run.id},{ORCHESTRATOR}")
        return [one for one in found if "deletionTimestamp" not in one["metadata"]]

    def wait_running(self, run: Run, *tasks: str, attempt: int = 1) -> None:
        """Wait until these tasks have printed that they have begun, in this attempt or a later one."""

        def begun() -> bool:
            return all("begun" in run.tasks[t].log() and run.tasks[t].attempt >= attempt for t in tasks)

        wait_until(begun, f"The start of {', '.join(tasks)}", 240)

    def open_gate(self, run: Run, task: str) -> None:
        """Have the pod of a task that waits at its gate go on."""
        (pod,) = [one for one in self.pods(run, task) if one["status"]["phase"] == "Running"]
        self.kubectl("exec", pod["metadata"]["name"], "--", "touch", GATE)


def end(run: Run, seconds: float = 300) -> str:
    """Wait for the end of a run; its state, or that it goes on."""
    run.wait(seconds)
    return run.state if run.has_ended else f"goes on: {[(t.name, t.state, t.why) for t in run.tasks.values()]}"


def at_gate(then: str = "x = int('1')") -> str:
    """The source of a step that says that it has begun and goes on when `Place.open_gate` lets it, however late."""
    waits = f"import os, time\nprint('begun', flush=True)\nwhile not os.path.exists('{GATE}'):\n    time.sleep(0.1)\n"
    return waits + then


def notebook(path: Path, *steps: str, tags: Mapping[int, tuple[str, ...]] | None = None) -> Path:
    """Write a notebook in which each source is a step of its own (s0, s1 …) unless `tags` says otherwise."""
    tagged = (((tags or {}).get(number, (f"step:s{number}",)), source) for number, source in enumerate(steps))
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_cells(path, tagged)


def settings_of(profile: Profile) -> dict[str, Any]:
    """What a file of profiles is to say of a profile."""
    return {name: value for name, value in as_table(profile).items() if value not in ({}, [], None)}


def wait_for_driver(namespace: str) -> None:
    """Wait until the account that drives runs there may do so: the API server knows of a role a moment after it is
    made, and what is looked at before a run would find that it may not."""
    api = ApiServer(CONTEXT, str(KUBECONFIG), namespace)
    wait_until(lambda: not missing(api, drives(), account=SERVICE_ACCOUNT), "The rights of who drives runs")


@contextmanager
def made_place(cluster: Cluster, namespace: str, home: Path, patch: pytest.MonkeyPatch, **more: Any) -> Iterator[Place]:
    """A place for runs in `namespace`, with the rights that kfnb ships. `more`: further settings of the profile."""
    cluster.kubectl("apply", "--namespace", namespace, "-f", str(CHECKOUT / "kfnb" / "deploy" / "orchestrator.yaml"))
    for name, value in cluster.environment.items():
        patch.setenv(name, value)
    profile = Profile(
        name="test",
        context=CONTEXT,
        kubeconfig=str(KUBECONFIG),
        namespace=namespace,
        root=f"s3://{BUCKET}/{namespace}",
        endpoint_url=S3,
        store_secret=STORE_SECRET,
        image=cluster.examples_image,
        grace_seconds=15,
        **more,
    )
    wait_for_driver(namespace)
    yield Place(cluster, namespace, profile, home)
