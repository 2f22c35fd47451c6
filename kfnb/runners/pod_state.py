"""What a pod's or a Job's status means for the attempt that it carries. Pure; used by the Kubernetes runner.

The rules are the API's: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ (phases, container states)
and pod-lifecycle's "pod conditions" (DisruptionTarget, PodScheduled). The container of a task is called `main`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kfnb.runners.diagnose import (
    NOTHING,
    Around,
    is_unfit,
    why_container_ended,
    why_evicted,
    why_job_waits,
    why_overused,
    why_pod_waits,
)
from kfnb.runners.lost_nodes import is_out_of_sight
from kfnb.runners.pod_logs import last_memory, without_events
from kfnb.runners.pod_manifest import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]


Kind = Literal["waits", "runs", "ended", "moved", "broken"]


class Seen(NamedTuple):
    """How an attempt stands. `code`: the exit code, where it `ended`; None if its node ended it for what it did.

    `why`: in words, where there is something to say: of one that `runs`, why it will be taken away. `unfit`: the step
    did not begin, and will not with this image and this access to the store.

    `moved`: the cluster took the pod away (eviction, drain, preemption; `own`: for what the step used beyond what it
    had asked for); `broken`: it ended without the task's doing.
    """

    kind: Kind
    why: str = ""
    code: int | None = None
    unfit: bool = False
    own: bool = False


def of_pod(pod: Object, around: Around = NOTHING, last_words: str = "") -> Seen:
    """Return how the attempt in a pod stands. `around`, `last_words` (the end of its log): what is known beside it."""
    status: Object = pod.get("status") or {}
    phase = status.get("phase", "Pending")
    main = container(status.get("containerStatuses") or (), MAIN)
    disrupted = _disruption(pod)
    ended = (main.get("state") or {}).get("terminated")
    if phase in ("Succeeded", "Failed") or ended is not None:
        return _ended(pod, ended, disrupted, last_words)
    if disrupted is not None and pod["metadata"].get("deletionTimestamp") and has_lost_its_node(pod):
        return Seen("moved", disrupted)  # others end first, and save what they have: no two attempts run at once
    if (main.get("state") or {}).get("running") is not None:
        return Seen("runs", disrupted or "")
    return Seen("waits", why_pod_waits(pod, around))


def _ended(pod: Object, ended: Object | None, disrupted: str | None, last_words: str) -> Seen:
    status: Object = pod.get("status") or {}
    code = ended.get("exitCode") if ended is not None else None
    if code == 0:
        return Seen("ended", code=0)
    if status.get("reason") == "DeadlineExceeded":
        return Seen("ended", why_container_ended(pod, ended or {}), code)
    if status.get("reason") == "Evicted":
        said = str(status.get("message") or "")
        if own := why_evicted(said):
            return Seen("ended", own)
        if own := why_overused(said):
            return Seen("moved", own, own=True)
    if disrupted is not None:
        return Seen("moved", disrupted)
    if ended is None or code is None:
        why = status.get("message") or status.get("reason") or "its pod ended before the step began"
        failed = next(_failed_init(status), None)
        return Seen("broken", failed or str(why))
    if pod["metadata"].get("deletionTimestamp") and code in _TOLD_TO_END:
        return Seen("broken", REMOVED)
    memory, last_words = last_memory(last_words), without_events(last_words)
    why = why_container_ended(pod, ended, last_words, memory)
    if ended.get("reason") in _UNKNOWN_ENDS:
        return Seen("broken", why or "its node does not know how it ended")
    return Seen("ended", why, code, is_unfit(pod, ended, last_words))


END_SEEN = 15.0
"""Seconds that the removal of a task may take to reach its pod, and its end to be seen, beside the pod's grace."""
REMOVED = "its pod was removed before it had ended: by someone, or by the cluster"
"""Why an attempt is lost of which no pod is left to say how it ended."""
_UNKNOWN_ENDS = ("ContainerStatusUnknown", "Unknown")
"""The kubelet's word for a container that is not there any more, and containerd's, after its node started anew."""
_TOLD_TO_END = (130, 137, 143)
"""Exit codes of what ends because it is told to: the launcher's own, and those of SIGKILL and SIGTERM."""


def _failed_init(status: Object) -> Iterator[str]:
    for one in status.get("initContainerStatuses") or ():
        ended = (one.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            said = (ended.get("message") or "").strip() or f"exit code {ended['exitCode']}"
            yield f"what prepares its container ({one['name']}) failed: {said}"


def _disruption(pod: Object) -> str | None:
    """Return why the cluster took the pod away, in words; None if it did not."""
    status: Object = pod.get("status") or {}
    target = condition(pod, "DisruptionTarget")
    if target is not None:
        said = (target.get("message") or "").strip().rstrip(".")
        words = _DISRUPTIONS.get(target.get("reason", ""), _TAKEN_AWAY)
        return f"{words} ({said})" if said else words
    if status.get("reason") in ("Evicted", "Preempting", "NodeShutdown", "NodeAffinity", "Shutdown", "Terminated"):
        said = (status.get("message") or "").strip().rstrip(".")
        return f"its pod was evicted ({said})" if said else "its pod was evicted"
    return None


_TAKEN_AWAY = "its pod was taken away"
_DISRUPTIONS = {
    "PreemptionByScheduler": "its pod had to make room for a more important one",
    "DeletionByTaintManager": "its node is gone or was marked as unusable",
    "EvictionByEvictionAPI": "its pod was evicted, as when a node is drained",
    "DeletionByPodGC": "its node is gone",
    "TerminationByKubelet": "its node was short of something and ended its pod",
}


def has_lost_its_node(pod: Object) -> bool:
    """Say whether a pod was ended because its node is gone, which nothing can be asked about any more.

    By a taint pods are evicted from living nodes too, where they may take their time to end: what runs there is not
    lost before its node is out of sight.
    """
    reason = (condition(pod, "DisruptionTarget") or {}).get("reason")
    if reason != "DeletionByTaintManager":
        return reason == "DeletionByPodGC"
    state = container((pod.get("status") or {}).get("containerStatuses") or (), MAIN).get("state") or {}
    return "terminated" not in state and ("running" not in state or is_out_of_sight(pod))


def has_ended(pod: Object) -> bool:
    """Say whether nothing of a pod runs any more."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def container(statuses: Any, name: str) -> Object:
    """Return the status of a container; empty if there is none yet."""
    return next((one for one in statuses if one["name"] == name), {})


def image_digest(pod: Object) -> str | None:
    """Return the digest of a task's image as its registry knows it; None if the pod's status does not say yet which
    image it is, "" if it came to the node by no registry: then `imageID` is the digest of its configuration."""
    found = container((pod.get("status") or {}).get("containerStatuses") or (), MAIN).get("imageID")
    return str(found).partition("@")[2] if found else None


def condition(found: Object, *types: str) -> Object | None:
    """Return the first of an object's conditions that is of one of these types and holds; None if none does."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] in types and each["status"] == "True"), None)


def of_job(job: Object, around: Around = NOTHING) -> Seen | None:
    """Return how a Job stands where its pods do not say it: it failed, or it has none yet; else None."""
    failed = condition(job, "Failed", "FailureTarget")
    if failed is not None:
        if failed.get("reason") == "BackoffLimitExceeded":
            return Seen("broken", REMOVED)
        if failed.get("reason") == "PodFailurePolicy":  # the only rule of a Job for one attempt (job_manifest.py)
            return Seen("moved", _TAKEN_AWAY)
        return Seen("broken", str(failed.get("message") or failed.get("reason") or "the Job failed"))
    if (job.get("spec") or {}).get("suspend") or around.events:
        return Seen("waits", why_job_waits(job, around))
    return None
