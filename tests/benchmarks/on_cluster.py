"""Benchmarks on the test cluster, beside the floor: the same containers as bare Jobs, each made on the watch event.

The floor's containers do nothing (`python3 -c pass` in the same image); what kfnb needs above or below that is its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import secrets
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfnb.client import Client
from kfnb.profiles import read_profiles
from kfnb.profiles.editing import add_profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.watch import Watch
from tests.benchmarks import notebooks
from tests.benchmarks.stopwatch import BIN, Place, Row, at_most, ratio
from tests.cluster import control_plane, environment, images, lifecycle
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.places import BUCKET, S3, STORE_SECRET

EXAMPLES = Path(__file__).parents[2] / "notebooks"
RIGHTS = Path(__file__).parents[2] / "kfnb" / "deploy" / "orchestrator.yaml"
_BARE = {"app": "bare"}
_SINCE_ITS_START = """\
started = int(open("/proc/1/stat").read().rpartition(")")[2].split()[19]) / __import__("os").sysconf("SC_CLK_TCK")
print(float(open("/proc/uptime").read().split()[0]) - started)"""
"""A step that says how long the first process of its container, the launcher, has been there."""


@dataclass(frozen=True)
class ClusterPlace:
    """A namespace for one benchmark, with kfnb's profile for it, beside a folder on this machine."""

    place: Place
    namespace: str
    api: ApiServer

    @property
    def root(self) -> str:
        """Where runs of this benchmark lie."""
        return _root(self.namespace)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of commands that know the profile `bench`."""
        return self.place.environment | {"KFNB_CONFIG": str(self.place.folder / "clusters.toml")}

    def check(self, notebook: str) -> None:
        """Look at what stands against a run of a notebook on the cluster, as on a machine that has never looked."""
        bench = read_profiles(self.place.folder / "clusters.toml")[0].by_name["bench"]
        with tempfile.TemporaryDirectory() as home:
            found = Client(home=Path(home), root=bench.root).check(self.place.folder / notebook, on=bench)
            assert not [one for one in found if one.severity == "error"]

    def kfnb(self, notebook: str, *options: str) -> dict[str, Any]:
        """Run a notebook on the cluster, driven there; return the run's document."""
        command = [BIN / "kfnb", "run", notebook, "--json", "--on", "bench", *options]
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.place.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise SystemExit(f"{notebook} on the cluster: exit {done.returncode}\n{done.stderr[-2000:]}")
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def pods(self) -> int:
        """How many pods of tasks there are."""
        found = self.api.get(self.api.place("pods"), {"labelSelector": "kfnb.dev/task"})
        return len(found["items"])

    def printed(self, notebook: str, step: str) -> str:
        """Run a notebook on the cluster and return what a step of it has printed."""
        run = self.kfnb(notebook, "--no-cache")["run_id"]
        return Client(home=self.place.folder / "home", root=self.root).get(run).tasks[step].log()

    def requests(self) -> int:
        """How many requests orchestrators in this namespace have made to the API server so far, watches among them."""
        counts = f'apiserver_flowcontrol_dispatched_requests_total{{flow_schema="{self.namespace}",.*}} (.*)'
        return sum(int(float(count)) for count in re.findall(counts, control_plane.kubectl("get", "--raw", "/metrics")))

    def bare_chain(self, length: int) -> None:
        """Jobs one after the other, each made when the one before is complete."""
        self._bare([[f"c{number}"] for number in range(length)])

    def bare_fan(self, width: int) -> None:
        """One Job, `width` beside each other, one more."""
        self._bare([["first"], [f"m{number}" for number in range(width)], ["last"]])

    def bare_churn(self) -> None:
        """Jobs in the order of the churn example's steps."""
        self._bare([["prepare"], ["logistic", "forest", "boosting"], ["evaluate"], ["choose"], ["deploy"]])

    def _bare(self, rounds: list[list[str]]) -> None:
        ended: queue.SimpleQueue[str] = queue.SimpleQueue()

        def changed(job: dict[str, Any]) -> None:
            if any(c["type"] == "Complete" and c["status"] == "True" for c in job["status"].get("conditions", ())):
                ended.put(job["metadata"]["name"])

        jobs = self.api.place("jobs", group="batch/v1")
        watch = Watch(self.api, jobs, "app=bare", changed, lambda job: None)
        watch.start()
        for names in rounds:
            for name in names:
                self.api.create(jobs, _bare_job(name))
            for _ in names:
                ended.get(timeout=120)
        watch.stop()
        for name in (name for names in rounds for name in names):
            self.api.delete(f"{jobs}/{name}")


def _bare_job(name: str) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": images.EXAMPLES.exact,
        "command": ["python3", "-c", "pass"],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {"restartPolicy": "Never", "securityContext": security, "containers": [container]}
    template = {"metadata": {"labels": _BARE}, "spec": pod}
    return {"metadata": {"name": name, "labels": _BARE}, "spec": {"backoffLimit": 0, "template": template}}


def _counted(namespace: str) -> dict[str, object]:
    """What has the API server count the requests of the orchestrators of a namespace apart from others."""
    orchestrator = {"kind": "ServiceAccount", "serviceAccount": {"namespace": namespace, "name": "kfnb-orchestrator"}}
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": namespace},
        "spec": {
            "matchingPrecedence": 100,
            "priorityLevelConfiguration": {"name": "workload-high"},
            "rules": [{"subjects": [orchestrator], "resourceRules": [everything]}],
        },
    }


@contextlib.contextmanager
def on_cluster(place: Place, **settings: Any) -> Iterator[ClusterPlace]:
    """Give a place on the test cluster, brought up where it is not. `settings`: further ones of the profile."""
    lifecycle.up()
    os.environ.update(environment.variables())
    namespace = f"bench-{secrets.token_hex(3)}"
    lifecycle.make_namespace(namespace)
    control_plane.kubectl("--namespace", namespace, "apply", "--filename", str(RIGHTS))
    control_plane.apply(_counted(namespace))
    profile = {
        "context": CONTEXT,
        "kubeconfig": str(KUBECONFIG),
        "namespace": namespace,
        "root": _root(namespace),
        "endpoint_url": S3,
        "store_secret": STORE_SECRET,
        "image": images.EXAMPLES.exact,
        "ttl_seconds": 60,
    }
    add_profile("bench", profile | settings, path=place.folder / "clusters.toml")
    try:
        yield ClusterPlace(place, namespace, ApiServer(CONTEXT, str(KUBECONFIG), namespace))
    finally:
        control_plane.kubectl("delete", "flowschema", namespace)
        control_plane.kubectl("delete", "namespace", namespace, "--wait=false")


def _root(namespace: str) -> str:
    return f"s3://{BUCKET}/{namespace}"


def chain(place: Place) -> Iterator[Row]:
    """K1: ten steps one after the other, beside ten bare Jobs; and the same unchanged."""
    with on_cluster(place) as there:
        ten = notebooks.write(place.folder / "chain.ipynb", notebooks.chain(10))
        floor, ours = place.seconds(lambda: there.bare_chain(10), lambda: there.kfnb(ten, "--no-cache"))
        yield ratio("chain of 10 empty steps on the cluster", ours, floor, 0.8, "bare Jobs")
        before = there.requests()
        there.kfnb(ten, "--no-cache")
        made = (there.requests() - before) / 10
        yield Row("requests of its orchestrator to the API server a task", f"{made:.1f}", "≤ 3", made <= 3)
        first = notebooks.write(place.folder / "first.ipynb", {"first": _SINCE_ITS_START})
        began = statistics.median(float(there.printed(first, "first")) for _ in range(place.rounds))
        yield at_most("from the launcher's start in a pod to the first line of a step", began, 0.6, "s")
        (checked,) = place.seconds(lambda: there.check(ten))
        yield at_most("what is looked at before a run, nothing remembered", checked, 2.0, "s")
        there.kfnb(ten)
        before = there.pods()
        for option, words in (
            ((), "the chain again, unchanged"),
            (("--local-orchestrator",), "the same, driven from here"),
        ):
            (again,) = place.seconds(lambda option=option: there.kfnb(ten, *option))
            yield at_most(words, again, 2.0, "s")
        yield Row("pods that this starts", str(there.pods() - before), "0", there.pods() == before)


def fan(place: Place) -> Iterator[Row]:
    """K2: one step, eight beside each other, one more, beside bare Jobs of that shape."""
    with on_cluster(place) as there:
        eight = notebooks.write(place.folder / "fan.ipynb", notebooks.fan(8))
        floor, ours = place.seconds(lambda: there.bare_fan(8), lambda: there.kfnb(eight, "--no-cache"))
        yield Row(
            "1 → 8 → 1 empty steps on the cluster", f"{ours / floor:.2f} × bare Jobs ({ours:.1f} s / {floor:.1f} s)"
        )


def churn(place: Place) -> Iterator[Row]:
    """K3: the churn example on the cluster, beside the same on this machine and beside bare Jobs that do nothing."""
    for source in (*EXAMPLES.glob("churn*.ipynb"), *EXAMPLES.glob("churn*.py")):
        shutil.copy(source, place.folder)
    with on_cluster(place) as there:
        here, floor, ours = place.seconds(
            lambda: place.kfnb("churn.ipynb"),
            there.bare_churn,
            lambda: there.kfnb("churn.ipynb", "--no-cache"),
        )
        yield Row("churn on the cluster", f"{ours / floor:.2f} × empty bare Jobs ({ours:.1f} s / {floor:.1f} s)")
        yield Row("churn on this machine, uncached", f"{here:.1f} s")
