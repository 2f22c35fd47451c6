"""What becomes of an attempt whose Job cannot be made: it waits, and says for what, or it is over."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path

import pytest
from nowhere import served
from scripted_api import Answer, Object, ScriptedApi, listed, refused

from kfnb.profiles import Profile
from kfnb.runners.base import Exited, Report, Waits
from kfnb.runners.job_manifest import RUN, TASK
from kfnb.runners.kubernetes import KubernetesRunner
from kfnb.spec import Task

PROFILE = Profile(name="test", namespace="team-quota", root="s3://runs/kfnb", image="base:1")
QUOTA = Task(name="quota", slug="quota", cells=())
JOB = 'jobs.batch "kfnb-r-quota-1" is forbidden: '
RULE = JOB + 'admission webhook "rules.team-quota" denied the request: no such quota'
FULL = JOB + "exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=3, limited: count/jobs.batch=3"


def made(folder: Path, *answers: Answer, may_act: Callable[[], bool] = lambda: True) -> tuple[Report, list[Object]]:
    """What is first told of an attempt of which the API server says this, and what was sent to it."""
    api = ScriptedApi(*answers)
    told: queue.SimpleQueue[Report] = queue.SimpleQueue()
    runner = KubernetesRunner(PROFILE, "r", served(folder, api.address), may_act=may_act)
    runner._report = told.put
    runner.start(QUOTA, 1, "s3://runs/kfnb/input.json")
    runner._sender.start()
    try:
        return told.get(timeout=30), api.sent
    finally:
        runner._sender.close()
        api.close()


def job(name: str, ended: str | None) -> Object:
    """A Job of the run as it is listed; `ended`: when, if it has."""
    conditions = [{"type": "Complete", "status": "True", "lastTransitionTime": ended}] if ended else []
    return {"metadata": {"name": name, "labels": {RUN: "r", TASK: name}}, "status": {"conditions": conditions}}


def test_what_is_called_after_quotas_waits_for_none(tmp_path: Path) -> None:
    """A rule of the cluster refuses for good, whatever the names in its words are."""
    told, _ = made(tmp_path, refused(403, RULE))
    assert isinstance(told, Exited)
    assert (None, True) == (told.code, "denied the request: no such quota" in str(told.why))


@pytest.mark.parametrize("answer", [refused(401), refused(404, 'namespaces "team-quota" not found')])
def test_what_may_pass_is_waited_for(tmp_path: Path, answer: Answer) -> None:
    """A login that has expired and a namespace that goes are the whole run's, which is left; no step fails by them."""
    assert isinstance(made(tmp_path, answer)[0], Waits)


def test_who_is_not_sure_to_drive_the_run_says_so(tmp_path: Path) -> None:
    """Nothing is made meanwhile."""
    why = "it cannot be seen just now that the run is still this process's"
    assert (Waits("quota", 1, why), []) == made(tmp_path, may_act=lambda: False)


def test_who_drives_the_run_no_more_does_not_ask_again_for_what_was_not_answered(tmp_path: Path) -> None:
    """That is looked at before each request: another process may have taken the run over since the one before."""
    looks = iter((True,))
    told, sent = made(tmp_path, refused(503), Answer(200, ({},), {}), may_act=lambda: next(looks, False))
    assert (Waits, 1) == (type(told), len(sent))


def test_a_full_quota_is_waited_for_and_given_room(tmp_path: Path) -> None:
    """Where it counts objects the older half of the run's own that have ended is removed."""
    jobs = [job("kfnb-r-b-1", "2026-11-28T13:00:02Z"), job("kfnb-r-a-1", "2026-11-28T13:00:01Z"), job("c", None)]
    done = Answer(200, ({},), {})
    told, sent = made(tmp_path, refused(403, FULL), listed("1", *jobs), done)
    assert isinstance(told, Waits)
    assert told.why.startswith("the namespace's quota has no room for it: ")
    assert ["Job", "DeleteOptions"] == [body["kind"] for body in sent]
