"""How attempts end whose pods the cluster takes away, or the run."""

from __future__ import annotations

import queue
from pathlib import Path

import msgspec
import pytest
from nowhere import nowhere, served
from scripted_api import Object, ScriptedApi, listed

from kfnb.profiles import Profile
from kfnb.runners.base import Lost, Report, Started
from kfnb.runners.job_manifest import job_name
from kfnb.runners.kubernetes import KubernetesRunner
from kfnb.spec import Task

PROFILE = Profile(name="test", namespace="team", root="s3://runs/kfnb", image="base:1")
STEP = Task(name="train", slug="train", cells=())
NAME = job_name("r", STEP.slug, 1)
TARGET = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "make room"}
PREEMPTED = "its pod had to make room for a more important one (make room)"


def pod(*conditions: Object) -> Object:
    """The attempt's pod, in which the step runs."""
    main = {"name": "main", "state": {"running": {}}}
    status = {"phase": "Running", "conditions": [*conditions], "containerStatuses": [main]}
    return {"metadata": {"name": "p", "labels": {"batch.kubernetes.io/job-name": NAME}}, "status": status}


def job(reason: str) -> Object:
    """The attempt's Job, failed for a reason."""
    failed = {"type": "Failed", "status": "True", "reason": reason}
    return {"metadata": {"name": NAME}, "spec": {}, "status": {"conditions": [failed]}}


@pytest.mark.parametrize(
    ("conditions", "reason", "why", "counted"),
    [
        ((TARGET,), "PodFailurePolicy", PREEMPTED, False),
        ((TARGET,), "BackoffLimitExceeded", PREEMPTED, False),
        ((), "PodFailurePolicy", "its pod was taken away", False),
        ((), "BackoffLimitExceeded", "its pod was removed before it had ended: by someone, or by the cluster", True),
    ],
)
def test_why_a_pod_was_to_go_is_remembered(
    conditions: tuple[Object, ...], reason: str, why: str, counted: bool, tmp_path: Path
) -> None:
    """A Job says that its pod was taken away, not why; where its failure is seen before the pod's end, that one did.

    The pod said so while it still ran.
    """
    api = ScriptedApi(listed("1"))
    told: queue.SimpleQueue[Report] = queue.SimpleQueue()
    runner = KubernetesRunner(PROFILE, "r", served(tmp_path, api.address))
    runner._report = told.put
    try:
        runner.start(STEP, 1, "s3://runs/kfnb/input.json")
        runner._pod(pod(*conditions))
        runner._job(job(reason))
    finally:
        api.close()
    assert isinstance(told.get_nowait(), Started)
    lost = told.get_nowait()
    assert isinstance(lost, Lost)
    assert (why, counted) == (lost.why, lost.counted)


def test_a_cancelled_pod_has_the_time_that_the_profile_gives_it(tmp_path: Path) -> None:
    """It is killed after that, and not before: it may have much to save."""
    slow = msgspec.structs.replace(PROFILE, grace_seconds=300)
    assert 300 < KubernetesRunner(slow, "r", nowhere(tmp_path)).grace < 330
