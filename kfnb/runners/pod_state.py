"""What a pod's or a Job's status means for the attempt that it carries. Pure; used by the Kubernetes runner.

The rules are the API's: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (phases, container states)
and pod-lifecycle's "pod conditions" (DisruptionTarget, PodScheduled). The container of a task is called `main`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kfnb.runners.pod_manifest import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]


Kind = Literal["waits", "runs", "ended", "moved", "broken"]


class Seen(NamedTuple):
    """How an attempt stands. `code`: the exit code, where it `ended`. `why`: in words, where there is something to say.

    `moved`: the cluster took the pod away (eviction, drain, preemption); `broken`: it ended without the task's doing.
    """

    kind: Kind
    why: str = ""
    code: int | None = None


def of_pod(pod: Object) -> Seen:
    """Return how the attempt in a pod stands."""
    status: Object = pod.get("status") or {}
    phase = status.get("phase", "Pending")
    main = container(status.get("containerStatuses") or (), MAIN)
    disrupted = _disruption(status)
    ended = (main.get("state") or {}).get("terminated")
    if phase in ("Succeeded", "Failed") or ended is not None:
        return _ended(status, ended, disrupted)
    if disrupted is not None and pod["metadata"].get("deletionTimestamp"):
        return Seen("moved", disrupted)
    if (main.get("state") or {}).get("running") is not None:
        return Seen("runs")
    return Seen("waits", waiting_for(pod))


def _ended(status: Object, ended: Object | None, disrupted: str | None) -> Seen:
    code = ended.get("exitCode") if ended is not None else None
    if code == 0:
        return Seen("ended", code=0)
    if disrupted is not None:
        return Seen("moved", disrupted)
    if ended is None or code is None:
        why = status.get("message") or status.get("reason") or "its pod ended before the step began"
        failed = next(_failed_init(status), None)
        return Seen("broken", failed or str(why))
    if ended.get("reason") == "OOMKilled":
        return Seen("ended", "OOMKilled", code)
    if ended.get("reason") in ("ContainerCannotRun", "StartError", "ContainerStatusUnknown"):
        return Seen("broken", str(ended.get("message") or ended["reason"]))
    return Seen("ended", code=code)


def _failed_init(status: Object) -> Iterator[str]:
    for one in status.get("initContainerStatuses") or ():
        ended = (one.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            said = (ended.get("message") or "").strip() or f"exit code {ended['exitCode']}"
            yield f"what prepares its container ({one['name']}) failed: {said}"


def _disruption(status: Object) -> str | None:
    """Return why the cluster took the pod away, in words; None if it did not."""
    for condition in status.get("conditions") or ():
        if condition["type"] == "DisruptionTarget" and condition["status"] == "True":
            said = (condition.get("message") or "").strip().rstrip(".")
            words = _DISRUPTIONS.get(condition.get("reason", ""), "its pod was taken away")
            return f"{words} ({said})" if said else words
    if status.get("reason") in ("Evicted", "Preempting", "NodeShutdown", "NodeAffinity", "Shutdown", "Terminated"):
        said = (status.get("message") or "").strip().rstrip(".")
        return f"its pod was evicted ({said})" if said else "its pod was evicted"
    return None


_DISRUPTIONS = {
    "PreemptionByScheduler": "its pod had to make room for a more important one",
    "DeletionByTaintManager": "its node is gone or was marked as unusable",
    "EvictionByEvictionAPI": "its pod was evicted, as when a node is drained",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node was short of something and ended its pod",
}


def container(statuses: Any, name: str) -> Object:
    """Return the status of a container; empty if there is none yet."""
    return next((one for one in statuses if one["name"] == name), {})


def waiting_for(pod: Object) -> str:
    """Say what a pod that has not begun waits for."""
    status: Object = pod.get("status") or {}
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (one.get("state") or {}).get("waiting") or {}
        reason, said = waiting.get("reason", ""), (waiting.get("message") or "").strip()
        if reason in _WAITING:
            return f"{_WAITING[reason]}: {said}" if said else _WAITING[reason]
        if reason not in ("", "ContainerCreating", "PodInitializing"):
            return f"{reason}: {said}" if said else str(reason)
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"no node takes it now: {(condition.get('message') or condition.get('reason') or '').strip()}"
    return "its container is being made" if (pod.get("spec") or {}).get("nodeName") else "it is given a node"


_WAITING = {
    "ErrImagePull": "its image cannot be pulled",
    "ImagePullBackOff": "its image cannot be pulled",
    "InvalidImageName": "the name of its image is not one",
    "ErrImageNeverPull": "its image is not on the node, and may not be pulled",
    "CreateContainerConfigError": "its container cannot be set up",
    "CreateContainerError": "its container cannot be made",
    "RunContainerError": "its container cannot be started",
    "CrashLoopBackOff": "its container keeps crashing",
}


def of_job(job: Object) -> Seen | None:
    """Return how a Job stands where its pods do not say it: it failed, or it is suspended; else None."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition["type"] in ("Failed", "FailureTarget") and condition["status"] == "True":
            said = condition.get("message") or condition.get("reason") or "the Job failed"
            return Seen("broken", str(said))
    if (job.get("spec") or {}).get("suspend"):
        queue = (job["metadata"].get("labels") or {}).get("kueue.x-k8s.io/queue-name")
        return Seen("waits", f"it waits in queue {queue}" if queue else "its Job is suspended")
    return None
