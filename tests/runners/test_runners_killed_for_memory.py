"""When an orchestrator gives its run up for the memory that it lacks."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest
from nowhere import served
from scripted_api import Answer, Object, ScriptedApi, listed, refused

from kfnb.errors import ClusterError
from kfnb.profiles import Profile
from kfnb.runners.base import Broken, Report
from kfnb.runners.killed_for_memory import MOST, TooLittleMemory, too_little_memory
from kfnb.runners.kubernetes import KubernetesRunner

PROFILE = Profile(name="test", namespace="team", root="s3://runs/kfnb", image="base:1")
KILLED = {"reason": "OOMKilled", "startedAt": "2026-01-01T10:00:00Z", "finishedAt": "2026-01-01T10:09:59Z"}
LATER = {**KILLED, "finishedAt": "2026-01-01T10:10:00Z"}
SHOT = {**KILLED, "reason": "Error", "exitCode": 137}


def pod(name: str, ended: Object | None, job: str = "own", limit: str | None = "512Mi") -> Object:
    """A pod of an orchestrator's Job, which runs, or ended so."""
    state = {"running": {}} if ended is None else {"terminated": ended}
    resources = {"limits": {"memory": limit}} if limit else {}
    return {
        "metadata": {"name": name, "labels": {"batch.kubernetes.io/controller-uid": job}},
        "spec": {"containers": [{"name": "main", "resources": resources}]},
        "status": {"containerStatuses": [{"name": "main", "state": state}]},
    }


def killed(count: int, ended: Object = KILLED, job: str = "own") -> list[Object]:
    """Pods of a Job that ended so."""
    return [pod(f"{job}-{number}", ended, job) for number in range(count)]


def found(folder: Path, *pods: Object) -> TooLittleMemory | None:
    """What an orchestrator finds that has these pods beside itself."""
    api = ScriptedApi(listed("1", *pods))
    try:
        return too_little_memory(served(folder, api.address), "r")
    finally:
        api.close()


@pytest.fixture(autouse=True)
def _in_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFNB_POD_NAME", "mine")


@pytest.mark.parametrize(
    ("others", "is_over"),
    [
        (killed(MOST), True),
        (killed(MOST - 1), False),
        (killed(MOST, SHOT), False),
        (killed(MOST, LATER), False),
        (killed(MOST, job="earlier"), False),
    ],
    ids=["often", "not often", "for something else", "after a while", "before it was resumed"],
)
def test_after_how_many_a_run_is_given_up(tmp_path: Path, others: list[Object], is_over: bool) -> None:
    """Those of its own Job that were killed for memory count, and of these those that did not get far."""
    assert is_over == (found(tmp_path, pod("mine", None), *others) is not None)


@pytest.mark.parametrize(
    ("limit", "words", "helps"),
    [("512Mi", "its limit of 512Mi", True), ("1Gi", "its limit of 1Gi", False), (None, "what its nodes have", False)],
)
def test_what_to_do_is_said(tmp_path: Path, limit: str | None, words: str, helps: bool) -> None:
    """The limit is that of the pod, wherever it came from; a higher one is named where it would be given."""
    error = str(found(tmp_path, pod("mine", None, limit=limit), *killed(MOST)))
    begin = f"The run's orchestrator used more memory than {words} and was killed, {MOST} times. Run it anew with `--lo"
    assert (True, helps) == (error.startswith(begin), "or with more `memory` in `limits`" in error)


def test_outside_a_pod_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a run given up by a pod that its Job does not have."""
    assert None is found(tmp_path, *killed(MOST))
    monkeypatch.delenv("KFNB_POD_NAME")
    assert None is found(tmp_path, pod("mine", None), *killed(MOST))


def test_who_drives_the_run_is_told(tmp_path: Path) -> None:
    """By what ends the run for good, before anything is watched: here a cluster that lets nobody do that."""
    job = {"metadata": {"name": "j", "uid": "own"}}
    owner = {"apiVersion": "batch/v1", "kind": "Job", **job["metadata"]}
    made = {"metadata": {"name": "kfnb-r", "uid": "u", "ownerReferences": [owner]}}
    pods = listed("1", pod("mine", None), *killed(MOST))
    api = ScriptedApi(Answer(200, (job,), {}), Answer(201, (made,), {}), pods, refused(403))
    told: queue.SimpleQueue[Report] = queue.SimpleQueue()
    runner = KubernetesRunner(PROFILE, "r", served(tmp_path, api.address), inside="127.0.0.1")
    try:
        with pytest.raises(ClusterError):
            runner.open(told.put, ())
    finally:
        runner.close(keep=True)
        api.close()
    broken = told.get_nowait()
    assert isinstance(broken, Broken)
    assert isinstance(broken.error, TooLittleMemory)
    assert not broken.error.is_passing
