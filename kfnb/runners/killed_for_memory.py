"""Says that a run is to be given up whose orchestrator is killed for the memory it needs, again and again.

Asked by its next pod before that reads the run's log, as that may be what there is too little memory for.

The Job of an orchestrator starts it again a hundred times, for nodes that come and go: it cannot tell those from one
that has too little memory, as a rule for that (`podFailurePolicy`) would have it wait for pods on lost nodes. But the
pods of a Job that have failed stay beside it, and say why they ended.
"""

from __future__ import annotations

import contextlib
import datetime
import os
from typing import TYPE_CHECKING

from kfnb.notebook.quantities import amount
from kfnb.runners.orchestrator_job import MOST_MEMORY, orchestrator_name
from kfnb.runners.pod_manifest import MAIN
from kfnb.runners.pod_state import container

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfnb.runners.api_server import ApiServer, Object

MOST = 6
"""Pods killed so after which a run is not taken up again: with what the Job waits between them some ten minutes."""
_SOON = datetime.timedelta(minutes=10)
"""A pod that lived longer got somewhere: the next one goes on from there."""
_JOB = "batch.kubernetes.io/controller-uid"


def too_little_memory(api: ApiServer, run_id: str) -> str | None:
    """Return why this orchestrator's pod need not go on, as those before it did not get far; None if it may.

    It may also where nobody can say: outside a pod, without an answer, or with one that is not understood.
    """
    if own := os.environ.get("KFNB_POD_NAME"):
        selector = f"batch.kubernetes.io/job-name={orchestrator_name(run_id)}"
        with contextlib.suppress(Exception):  # ClusterError, or what pods do not say as is thought here
            pods = api.get(api.place("pods"), {"labelSelector": selector})["items"]
            return _of_pods(pods, own)
    return None


def _of_pods(pods: Iterable[Object], own: str) -> str | None:
    by_name = {pod["metadata"]["name"]: pod for pod in pods}
    if own not in by_name:
        return None
    job = _job(by_name[own])  # not those of an earlier Job of this name, which are about to go
    killed = sum(_was_soon_killed(pod) for pod in by_name.values() if _job(pod) == job)
    if killed < MOST:
        return None
    resources = container(by_name[own]["spec"]["containers"], MAIN).get("resources") or {}
    limit = (resources.get("limits") or {}).get("memory")
    all_there_was = f"its limit of {limit}" if limit else "what its nodes have"
    todo = "Run it anew with `--local-orchestrator`, where your machine drives it"
    if limit and amount(limit) < amount(MOST_MEMORY):
        todo += f", or with more `memory` in `limits` of the cluster's profile, of which it has {MOST_MEMORY} at most"
    return (
        f"The run's orchestrator used more memory than {all_there_was} and was killed, {killed} times. {todo}. "
        "Without `--no-cache` that takes what has succeeded from the cache."
    )


def _was_soon_killed(pod: Object) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    ended = (container(statuses, MAIN).get("state") or {}).get("terminated") or {}
    if ended.get("reason") != "OOMKilled":
        return False
    began, end = (ended.get(f"{what}At") for what in ("started", "finished"))
    parsed = datetime.datetime.fromisoformat
    return not began or not end or parsed(end) - parsed(began) < _SOON


def _job(pod: Object) -> str | None:
    found: str | None = (pod["metadata"].get("labels") or {}).get(_JOB)
    return found
