"""A run on a cluster is taken over from who lives on, paused or without its pod: that one does nothing more to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.profiles.editing import add_profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.cluster_lease import ClusterLease
from kfnb.runners.job_manifest import job_name
from tests.cluster.certificates import CONTEXT
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, at_gate, end, made_place, notebook, settings_of
from tests.cluster.shell import wait_until


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs, and a file of profiles that has its profile."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
        add_profile("test", settings_of(made.profile))
        yield made


def test_a_driver_that_was_paused_leaves_the_run_to_who_took_it_over(place: Place, tmp_path: Path) -> None:
    """It goes on while the step still runs that it has started: both see that end, and one goes on from there."""
    path = notebook(tmp_path / "p.ipynb", at_gate(), "y = x + 1", "print(y)")
    command = [sys.executable, "-m", "kfnb", "run", str(path), "--on", "test", "--no-cache", "--local-orchestrator"]
    with subprocess.Popen(
        command,
        env={**os.environ, "KFNB_HOME": str(tmp_path / "paused")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as paused:
        try:
            wait_until(lambda: place.get("jobs") != [], "The run's first Job")
            run = place.client().get("last")
            place.wait_running(run, "s0")
            os.killpg(paused.pid, signal.SIGSTOP)
            other = place.client().resume(run.id)
            wait_until(lambda: {1, 2} == {event.fence for event in run.events()}, "The next driver")
            wait_until(lambda: run.tasks["s0"].state == "RUNNING", "The step as the next driver sees it")
            os.killpg(paused.pid, signal.SIGCONT)
            place.open_gate(run, "s0")
            said, _ = paused.communicate(timeout=120)
        finally:
            paused.kill()
    assert 4 == paused.returncode, said
    assert re.search("nother process (writes the log of|has taken the) run", said), said
    assert "SUCCEEDED" == end(other)
    made = place.get("events", "--field-selector", "involvedObject.kind=Job,reason=SuccessfulCreate")
    jobs = {(one["involvedObject"]["name"], one["involvedObject"]["uid"]) for one in made}
    assert {job_name(run.id, step, 1): 1 for step in ("s0", "s1", "s2")} == Counter(name for name, _ in jobs)
    done = Counter(event.task for event in run.events() if event.kind == "task-state" and event.state == "SUCCEEDED")
    assert {"s0": 1, "s1": 1, "s2": 1} == done


def test_one_whose_pod_was_removed_does_nothing_once_another_drives_the_run(
    cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a holder whose pod is no more; where its process lives on all the same, it acts no longer."""
    monkeypatch.setenv("KFNB_POD_NAME", "gone")
    lost: list[str] = []
    first, second = (
        ClusterLease(ApiServer(CONTEXT, cluster.environment["KUBECONFIG"], namespace), "kfnb-r", {}, lost.append)
        for _ in range(2)
    )
    with first:
        assert first.is_mine()
        with second:
            assert (False, True) == (first.is_mine(), second.is_mine())
            wait_until(lambda: lost != [], "The word that another has the lease")
    assert lost[0].startswith("another process has taken the run over: pod/gone/")
