"""Mistakes of kfnb's own in pods: nothing hangs or is repeated without end, and the run says that it was kfnb."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfnb.runners.job_manifest import TASK
from tests.cluster import images
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import ORCHESTRATOR, Place, end, made_place, notebook

BREAK = "import {module} as m\ndef broken(*a, **k): raise RuntimeError('broken on purpose')\nm.{name} = broken"
"""Has a function of kfnb fail in each process."""
LAUNCHER = BREAK.format(module="kfnb.launcher.launch", name="_compose")
HOG = "import kfnb.orchestrator.loop as m\ndef hog(*a, **k): return b'x' * (1 << 30)\nm.Loop._start = hog"
"""Has an orchestrator want more memory than it has when it begins."""
ORCHESTRATORS = BREAK.format(module="kfnb.orchestrator.loop", name="Loop._start")


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def how_it_ended(place: Place, selector: str) -> dict[str, Any]:
    """Wait for a pod and for the end of its container; what the cluster says of that."""
    wait = ("--namespace", place.namespace, "wait", "pod", "--selector", selector, "--timeout", "240s")
    place.cluster.kubectl(*wait, "--for", "create")
    ended = "status.containerStatuses[0].state.terminated"
    pod = json.loads(place.cluster.kubectl(*wait, "--for", f"jsonpath={{.{ended}}}", "--output", "json"))
    found: dict[str, Any] = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    return found


def test_mistakes_of_kfnbs_own_in_pods_are_told(place: Place, tmp_path: Path) -> None:
    """A launcher that fails is not tried again, and an orchestrator that crashes is, twice; both runs have FAILED.

    The launcher's exit code says whose fault it was. What it was is said in log and run, not in the pod's status.
    """
    path = notebook(tmp_path / "p.ipynb", "x = 1\nprint(x)", "print(x + 1)")
    image = images.make_faulty()
    driven = place.run(path, cache=False, profile={"image": image, "env": {images.FAULT: ORCHESTRATORS}})
    step = place.run(
        path, cache=False, local_orchestrator=True, profile={"image": image, "env": {images.FAULT: LAUNCHER}}
    )
    container = how_it_ended(place, f"kfnb.dev/run={step.id},{TASK}=s0")
    assert (70, "Error", None) == (container["exitCode"], container["reason"], container.get("message"))
    assert ("FAILED", 1) == (end(step), step.tasks["s0"].attempt)
    assert "kfnb itself failed around step 's0': RuntimeError: broken on purpose." in str(step.tasks["s0"].why)
    assert "RuntimeError: broken on purpose" in step.tasks["s0"].log()
    assert "FAILED" == end(driven, 300)
    assert "kfnb itself failed for the 3. time while it drove the run: RuntimeError: broken on purpose." in str(
        driven.why
    )
    crashes = list(driven.store.list(f"runs/{driven.id}/crashes"))
    assert 3 == len(crashes)
    ended = place.get("pods", "--selector", f"kfnb.dev/run={driven.id},{ORCHESTRATOR}")
    assert {"Failed": 2, "Succeeded": 1} == {
        phase: sum(pod["status"]["phase"] == phase for pod in ended) for phase in ("Failed", "Succeeded")
    }


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_an_orchestrator_without_the_memory_it_needs_gives_its_run_up(place: Place, tmp_path: Path) -> None:
    """Six of its pods are killed, with pauses of the cluster between; the next one says so, and nothing runs on."""
    path = notebook(tmp_path / "p.ipynb", "x = 1")
    fault = {"image": images.make_faulty(), "env": {images.FAULT: HOG}, "limits": {"memory": "256Mi"}}
    run = place.run(path, cache=False, profile=fault)
    assert "FAILED" == end(run, 1800)
    assert "used more memory than its limit of 256Mi and was killed, 6 times" in str(run.why)
    assert {"s0": "PENDING"} == {name: task.state for name, task in run.tasks.items()}
    assert [] == place.pods(run)
