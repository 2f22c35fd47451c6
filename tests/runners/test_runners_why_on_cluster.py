"""What tasks wait for or end of, made to happen on the real cluster, and told by the real runner.

What is not made there (a node short of memory, a registry's rate limit, a webhook that refuses, anti-affinity, a
scheduling gate, a quota that demands a limit) has its words tested with quoted messages, if at all, elsewhere.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kfnb.cli.app import run_app
from kfnb.runners.api_server import ApiServer
from kfnb.runners.base import Exited, Lost, Report, Waits
from kfnb.runners.job_manifest import TASK
from kfnb.runners.kubernetes import KubernetesRunner
from kfnb.runners.run_objects import RunObjects
from kfnb.spec import Task
from tests.cluster import situations
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.fixtures import Cluster
from tests.cluster.places import ADDRESS
from tests.cluster.runs import end, made_place, notebook
from tests.cluster.shell import wait_until
from tests.cluster.situations import HOLDERS, PREEMPTS, RUN_ID, Situation
from tests.runners.situation_words import ENDED, SLOW, WAITING

IN_USE = ("devices-in-use", "second-in-line", "not-free-now")
"""Situations that begin once what is in their way runs."""


class Told:
    """What a runner told of each task last: why it waits, or how it ended. `lost`: whether it counts that one was."""

    def __init__(self) -> None:
        self.words: dict[str, str | None] = {}
        self.running: set[str] = set()
        self.lost: dict[str, bool] = {}
        self._lock = threading.Lock()

    def take(self, report: Report) -> None:
        """Take in one report."""
        with self._lock:
            if isinstance(report, Waits | Exited | Lost):
                self.words[report.task] = report.why
                if isinstance(report, Lost):
                    self.lost[report.task] = report.counted
            else:
                self.running.add(report.task)


@contextmanager
def followed(cluster: Cluster, namespace: str, made: dict[str, Situation], told: Told) -> Iterator[None]:
    """Make the Jobs of situations, and have a runner take them up as if another one had made them."""
    runner = KubernetesRunner(
        situations.profile(namespace, cluster.image), RUN_ID, ApiServer(CONTEXT, str(KUBECONFIG), namespace)
    )
    cluster.apply(*(situations.manifest(name, one, namespace, cluster.image) for name, one in made.items()))
    for name in made:
        assert runner.adopt(Task(name=name, slug=name, cells=()), 1)
    runner.open(told.take, ())
    try:
        yield
    finally:
        runner.close(keep=True)


def pod_of(cluster: Cluster, namespace: str, name: str) -> str:
    """The name of a situation's pod."""
    found = cluster.get("--namespace", namespace, "pods", "--selector", f"{TASK}={name}")
    return str(found["items"][0]["metadata"]["name"])


def evict(cluster: Cluster, namespace: str, pod: str) -> None:
    """Have a pod evicted, as `kubectl drain` does."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": namespace}}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    cluster.kubectl("create", "--raw", path, "--filename=-", text=json.dumps(body))


def expected(cluster: Cluster) -> dict[str, str]:
    """What is to be said, on this cluster."""
    there: list[dict[str, Any]] = [node["status"]["allocatable"] for node in cluster.get("nodes")["items"]]
    memory = max(int(each["memory"].removesuffix("Ki")) for each in there)
    words = {"IMAGE": cluster.image, "CPU": max(each["cpu"] for each in there), "MEMORY": f"{memory / 2**20:.0f}Gi"}
    words["10.99.0.1"] = ADDRESS
    words["PREEMPTED"] = "default-scheduler: preempting to accommodate a higher priority pod"
    found = {}
    for name, text in (WAITING | ENDED | SLOW).items():
        for word, stands_for in words.items():
            text = text.replace(word, stands_for)
        found[name] = text
    return found


@pytest.mark.usefixtures("devices")
@pytest.mark.leaves("the run that is looked at is nobody's: only what it waits for was made")
def test_every_situation_is_told_in_words(cluster: Cluster, namespace: str) -> None:
    """Of each of some fifty real Jobs that wait or fail, the runner tells why, in one sentence with what to do."""
    told = Told()
    limited = {name: one for name, one in situations.WAITING.items() if one.limited}
    later = {name: one for name, one in situations.WAITING.items() if name in IN_USE}
    others = {n: one for n, one in (situations.WAITING | situations.ENDED).items() if n not in limited | later}
    wanted = {name: text for name, text in expected(cluster).items() if name not in SLOW}
    assert (limited | later | others).keys() <= wanted.keys()
    with (
        situations.prepared(namespace),
        followed(cluster, situations.limited(namespace), limited, told),
        followed(cluster, namespace, HOLDERS | others, told),
    ):
        wait_until(lambda: set(HOLDERS) <= told.running, "The start of what holds something")
        with followed(cluster, namespace, later, told):
            evict(cluster, namespace, pod_of(cluster, namespace, "drained"))
            cluster.kubectl("--namespace", namespace, "delete", "pod", pod_of(cluster, namespace, "deleted"))
            wait_for(told, {name: wanted[name] for name in IN_USE})
            preempts = situations.manifest("preempts", PREEMPTS, namespace, cluster.image)
            preempts["spec"]["template"]["spec"]["priorityClassName"] = namespace
            cluster.apply(preempts)
            wait_for(told, wanted, 240)
    assert wanted == {name: told.words.get(name) for name in wanted}
    counts = {"preempted": False, "drained": False, "deleted": True}
    assert counts == {name: told.lost.get(name) for name in counts}


def wait_for(told: Told, wanted: dict[str, str], seconds: float = 120) -> None:
    """Wait until all this has been told; what has not been told by then is left to an assertion."""
    done = threading.Event()
    end = threading.Timer(seconds, done.set)
    end.start()
    while not done.is_set() and any(told.words.get(name) != text for name, text in wanted.items()):
        done.wait(0.1)
    end.cancel()


def test_a_step_that_waits_says_why_wherever_its_run_is_looked_at(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """The sentence of a run's orchestrator, which may not read nodes, is in the task, the events and `kfnb show`."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    why = (
        "registry nowhere.test cannot be reached from the node, to pull image nowhere.test/image:1: its name cannot be "
        "resolved there. It is tried again and again; check the registry's name and the cluster's network"
    )
    tags = {0: ("step:s0", "image:nowhere.test/image:1")}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(notebook(tmp_path / "waits.ipynb", "pass", tags=tags))
        wait_until(lambda: run.tasks["s0"].why == why, "The reason of the wait")
        assert ["PENDING"] == [event.state for event in run.events() if event.why == why]
        assert 0 == run_app(["show", run.id, "--root", place.profile.root])
        assert why in capsys.readouterr().out
        run.cancel()
        assert "CANCELED" == end(run)


def test_an_orchestrator_that_cannot_begin_says_why(
    cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `kfnb cluster init` has not been run, that is said, and not that nothing happens."""
    monkeypatch.setenv("KUBECONFIG", cluster.environment["KUBECONFIG"])
    there = RunObjects(situations.profile(namespace, cluster.image), RUN_ID)
    there.start_orchestrator()
    why = "there is no service account kfnb-orchestrator in its namespace. `kfnb cluster init` makes it"
    wait_until(lambda: there.why_it_waits() is not None, "The reason of the wait")
    assert why == there.why_it_waits()


@pytest.mark.soak
@pytest.mark.leaves("the run that is looked at is nobody's: only what it waits for was made")
def test_a_store_that_pods_cannot_reach_is_told_in_words(cluster: Cluster, namespace: str) -> None:
    """A launcher waits two minutes for its store, and then says which one does not answer."""
    told = Told()
    wanted = {name: text for name, text in expected(cluster).items() if name in SLOW}
    with followed(cluster, namespace, situations.SLOW, told):
        wait_for(told, wanted, 240)
    assert wanted == told.words
