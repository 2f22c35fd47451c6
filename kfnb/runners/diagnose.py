"""Why a task's pod waits or how it came to its end, in one plain sentence with what to do. Pure.

Used by pod_state.py, from a pod's status alone or with events and nodes, which cost requests (waiting.py). Reasons and
messages are those of kubelet, the Job controller, the scheduler and the container runtime: tests make most of them
happen on a cluster, and quote others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.notebook.quantities import amount
from kfnb.runners.orchestrator_job import SERVICE_ACCOUNT as OWN_ACCOUNT
from kfnb.runners.pod_manifest import MAIN
from kfnb.runners.refusals import OverQuota, over_quota
from kfnb.runners.unpulled import why_not_pulled
from kfnb.runners.unscheduled import why_unscheduled

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]


class Around(NamedTuple):
    """What is known beside the object itself. `events`: its own, in any order; `nodes`: None if they may not be read.

    `ahead`: how many tasks that wait for the same came before, None if that is not known.
    """

    events: Sequence[Object] = ()
    nodes: Sequence[Object] | None = None
    ahead: int | None = None


NOTHING = Around()
"""Nothing is known beside the object."""


def why_pod_waits(pod: Object, around: Around = NOTHING) -> str:
    """Say what a pod that has not begun waits for, and what to do if it should not."""
    status: Object = pod.get("status") or {}
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (one.get("state") or {}).get("waiting") or {}
        reason, said = waiting.get("reason", ""), (waiting.get("message") or "").strip()
        if reason not in ("", "ContainerCreating", "PodInitializing"):
            return _why_container_waits(pod, _image_of(pod, one), reason, said)
    for condition in status.get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            said = (condition.get("message") or condition.get("reason") or "").strip()
            if condition.get("reason") == "SchedulingGated":
                return "something in the cluster holds it back (a scheduling gate). It goes on when that lets it"
            return why_unscheduled(pod, said, around.nodes, around.ahead)
    if not (pod.get("spec") or {}).get("nodeName"):
        return "it is given a node"
    return _why_container_is_not_made(pod, around.events)


def _why_container_waits(pod: Object, image: str, reason: str, said: str) -> str:
    if reason in ("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "SignatureValidationFailed"):
        secrets = [each["name"] for each in (pod.get("spec") or {}).get("imagePullSecrets") or ()]
        return why_not_pulled(image, said, secrets)
    if reason == "InvalidImageName":
        return f"{image!r} cannot be the name of an image. Correct the tag `image:` (or the profile) and run again"
    if reason == "ErrImageNeverPull":
        return (
            f"image {image} is not on the node, and the profile's image_pull_policy is Never. Put it there, or "
            "let it be pulled"
        )
    if reason in ("CreateContainerConfigError", "CreateContainerError"):
        return _why_not_set_up(image, said)
    words = {"RunContainerError": "its container cannot be started", "CrashLoopBackOff": "its container keeps crashing"}
    return f"{words.get(reason, reason)}: {said}" if said else words.get(reason, reason)


def _why_not_set_up(image: str, said: str) -> str:
    if missing := _missing(said):
        return missing
    if "runAsNonRoot and image" in said or "non-root policy" in said:
        who = re.search(r"non-numeric user \(([^)]*)\)", said)
        user = f"user {who[1]!r}, which may be root" if who else "root"
        return (
            f"image {image} runs as {user}, which the pod's security forbids. Give it a numbered user (`USER 1000`), "
            "or set run_as_user in the profile"
        )
    return f"its container cannot be set up: {said}"


def _missing(said: str) -> str | None:
    """Name the secret or config map, or the key of one, that is said not to be there."""
    key = re.search(r"couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?([^\s,]+)", said)
    if not key:
        key = re.search(r"references non-existent (?:secret |config )key: (\S+)", said)
        if key:
            return f"a secret or config map that it mounts has no key {key[1]}. Add it; it goes on then"
    kinds = {"secret": ("secret", "secret:"), "configmap": ("config map", "configmap:")}
    if key:
        kind, tag = kinds[key[2].lower()]
        return f"{kind} {key[3]} has no key {key[1]}. Add it, or correct the tag `{tag}`; it goes on then"
    whole = re.search(r'(secret|configmap) "([^"]+)" not found', said)
    if whole:
        kind, tag = kinds[whole[1]]
        more = ", or the profile's store_secret" if kind == "secret" else ""
        place = f"correct the tag `{tag}`{more}"
        return f"there is no {kind} {whole[2]} in its namespace. Make it, or {place}; it goes on then"
    return None


def _why_container_is_not_made(pod: Object, events: Sequence[Object]) -> str:
    """From its events: between being given a node and being made, a container's status says nothing."""
    for event in _latest_first(events):
        reason, said = event.get("reason"), str(event.get("message") or "")
        if reason in ("FailedMount", "FailedAttachVolume", "FailedMapVolume"):
            return _missing(said) or f"a volume of it cannot be mounted: {said.strip().rstrip('.')}"
        if reason == "FailedCreatePodSandBox":
            return f"its node cannot make a place for it: {said.strip().rstrip('.')}. It is tried again"
        if reason == "Pulling":
            return f"its image {_container(pod).get('image')} is being pulled"
        if reason in ("Pulled", "Created", "Started"):
            break
    return "its container is being made"


# -------------------------------------------------------------------------------------------------------------- the Job


def why_job_waits(job: Object, around: Around = NOTHING) -> str:
    """Say what a Job without a pod waits for, and what to do if it should not."""
    if (job.get("spec") or {}).get("suspend"):
        queue = (job["metadata"].get("labels") or {}).get("kueue.x-k8s.io/queue-name")
        if queue:
            look = f"see `kubectl describe localqueue {queue}`"
            return f"it waits in queue {queue}. It starts when the queue has room; {look}"
        return "its Job is suspended. It starts when someone resumes it (`spec.suspend: false`)"
    said = refusal(around)
    return why_pod_is_refused(said) if said is not None else "its pod is being made"


def refusal(around: Around) -> str | None:
    """Return what the API server said of a Job's pod when it refused it last; None if it has not."""
    refused = (one for one in _latest_first(around.events) if one.get("reason") == "FailedCreate")
    return next((str(one.get("message") or "") for one in refused), None)


def why_pod_is_refused(said: str) -> str:
    """Say why the API server takes no pod of a Job's: `said` is its answer, as the event FailedCreate quotes it."""
    why = re.sub(r'^(Error creating: )?(pods? "[^"]*" is forbidden: )?', "", said).strip().rstrip(".")
    if full := over_quota(why):
        return _over_quota(full)
    if quota := re.search(r"failed quota: ([^:]+): must specify (.*)", why):
        return f"quota {quota[1]} demands that it says {quota[2]}. Set that with tags, or in the profile"
    if "no PriorityClass" in why:
        name = why.partition("name ")[2].partition(" ")[0]
        return f"the cluster has no priority class {name}. Correct the tag `priority:`, or the profile's priority_class"
    if account := re.search(r'serviceaccount "([^"]+)" not found', why):
        make = "`kfnb cluster init` makes it" if account[1] == OWN_ACCOUNT else "Make it, or correct the profile"
        return f"there is no service account {account[1]} in its namespace. {make}"
    if level := re.search(r'violates PodSecurity "([^":]+)[^"]*": (.*)', why):
        return (
            f"the namespace's Pod Security level {level[1]} refuses its pod: {level[2]}. Change the pod patch or the "
            "profile, or have the namespace's level changed"
        )
    if re.search(r"(maximum|minimum) .* (is|to)|max limit to request ratio", why):
        return f"the namespace's limits (LimitRange) refuse its pod: {why}. Ask for what they allow"
    if hook := re.search(r'admission webhook "([^"]+)" denied the request: (.*)', why, re.S):
        return f"a rule of the cluster ({hook[1]}) refuses its pod: {hook[2]}"
    return f"the cluster refuses its pod: {why}"


def _over_quota(full: OverQuota) -> str:
    name = full.name
    resource, _, wanted = full.requested.partition("=")
    most, taken = full.limited.partition("=")[2], full.used.partition("=")[2]
    what = resource.removeprefix("requests.")
    if most == "0":
        return (
            f"quota {name} allows no {what} in its namespace, and it asks for {wanted}. Ask for none, or have it raised"
        )
    return (
        f"quota {name} of its namespace has no room: {taken} of {most} {what} are taken, and it asks for {wanted}. "
        "It starts when other pods have ended, or the quota is raised"
    )


# -------------------------------------------------------------------------------------------------------------- the end


def why_container_ended(pod: Object, ended: Object, last_words: str = "", memory: int | None = None) -> str:
    """Say how a container came to its end; "" where its exit code says all. `last_words`: the end of its log.

    `memory`: bytes that it had used at most when its launcher last said so.
    """
    status: Object = pod.get("status") or {}
    code, reason = ended.get("exitCode"), ended.get("reason")
    if status.get("reason") == "DeadlineExceeded":
        seconds = (pod.get("spec") or {}).get("activeDeadlineSeconds")
        most = f"{seconds} s" if seconds else "the time"
        return (
            f"Its pod was ended: it ran longer than {most} that its cluster allows (activeDeadlineSeconds). "
            "Make the step shorter, or have that limit raised."
        )
    if reason == "OOMKilled":
        return _out_of_memory(pod, memory)
    if unfit := _why_image_is_unfit(pod, ended, last_words):
        return unfit
    if reason in ("ContainerCannotRun", "StartError"):
        return f"Its container could not be started: {str(ended.get('message') or '').strip().rstrip('.')}."
    if code in _SAY_WHY and last_words:
        return _last_line(last_words)
    if code == _OWN_FAULT and last_words:
        return (
            f"kfnb itself failed around the step: {_last_line(last_words)} The step's log says where; please report it."
        )
    if code == _KILLED:
        return "Its process was killed (exit code 137): by the node, or for the memory that the node lacked."
    if last_words:
        return (
            f"Its process ended with exit code {code} before the step was done: see the step's log. "
            f"It last said: {_last_line(last_words)}"
        )
    return ""


def is_unfit(pod: Object, ended: Object, last_words: str = "") -> bool:
    """Say whether no step can begin in such a container: for its image, its access to the store, its kfnb."""
    code = ended.get("exitCode")
    if code == _KILLED:  # it may have printed anything
        return False
    return (code in _UNFIT and bool(last_words)) or bool(_why_image_is_unfit(pod, ended, last_words))


def _why_image_is_unfit(pod: Object, ended: Object, last_words: str) -> str:
    """Say why no step can run in an image, as far as its container's end tells; "" if that says nothing of it."""
    said, image = str(ended.get("message") or ""), _container(pod).get("image")
    if program := re.search(r'exec: "([^"]+)": (?:executable file not found|stat .* no such file)', said):
        return f"Image {image} has no program {program[1]!r}: an image for steps has Python in it."
    if "exec format error" in f"{said} {last_words}":
        return f"Image {image} is made for other processors than the node's. Build it for them, or use the tag `node:`."
    if re.search(r"No module named '?kfnb", last_words):
        return (
            f"Image {image} has no kfnb. Have it lent a launcher (`bundle` in the profile), or build it on kfnb's own."
        )
    return ""


_SAY_WHY = (3, 4, 5)
"""Exit codes of a launcher that says on standard error, in words, what it lacks."""
_UNFIT = (3, 5)
"""Those of one that cannot read its input, as one of another version, or to which image or store are of no use."""
_KILLED = 137
_OWN_FAULT = 70
"""Exit code of a launcher in which something happened that must not."""


def _out_of_memory(pod: Object, peak: int | None) -> str:
    limit = ((_container(pod).get("resources") or {}).get("limits") or {}).get("memory")
    of = f"its limit of {limit} (tag `limit:memory:`)" if limit else "what its node has"
    seen = f" (at most {peak / 2**20:,.0f} MiB, when it was last looked at)" if peak else ""
    return f"The step used more memory than {of} and was killed{seen}. Work on less data at a time, or raise the limit."


def _last_line(text: str) -> str:
    """Return the line that says most: the last one with an error in it, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception): ", line)]
    return (errors or lines or [""])[-1][:500]


def why_evicted(said: str) -> str | None:
    """Say what a pod did for which its node ended it, and would again; None where the node was short by itself.

    `said`: the message of the eviction. https://kubernetes.io/docs/concepts/storage/ephemeral-storage/ has the limits.
    """
    if own := re.search(r'Usage of EmptyDir volume "([^"]+)" exceeds the limit "([^"]+)"', said):
        what, fix = "disk (HOME and /tmp)", "Write less there, or raise the profile's scratch_size"
        if own[1] == "shm":
            what, fix = "memory (/dev/shm)", "Raise the tag `shm:`, or the profile's shm_size"
        return f"The step used more than the {own[2]} of {what} that its pod has, and was ended. {fix}."
    if own := re.search(r"ephemeral local storage usage exceeds the total limit of containers (\S+?)\.?(\s|$)", said):
        return (
            f"The step wrote more than its limit of {own[1]} of disk (tag `limit:ephemeral-storage:`), and was ended. "
            "Write less, or raise the limit."
        )
    return None


def why_overused(said: str) -> str | None:
    """Say what a pod that its node ended, for want of something, had used of it beyond what it had asked for.

    `said`: the message of the eviction. None where it had used no more, or asked for none: any use is more than that.
    """
    used = re.search(
        rf"(?:Container {MAIN}|Pod \S+) was using (\S+), request is (\S+), has larger .* of (\S+?)\.", said
    )
    if used is None or used[2] == "0":
        return None
    size = f"{amount(used[1]) / 2**20:,.0f} MiB"
    return (
        f"its node was short of {used[3]} and ended its pod, which used {size} of it and had asked for {used[2]}. Ask "
        f"for what the step needs (tag `request:{used[3]}:` or `limit:{used[3]}:`) and run again, or have it use less"
    )


def _image_of(pod: Object, status: Object) -> str:
    """Return the image of a container as the pod's spec has it: a status may have another name for it."""
    spec = pod.get("spec") or {}
    containers = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    found = (one.get("image") for one in containers if one["name"] == status.get("name"))
    return str(next(found, None) or status.get("image") or "")


def _container(pod: Object) -> Object:
    containers = (pod.get("spec") or {}).get("containers") or ()
    return next((one for one in containers if one["name"] == MAIN), {})


def _latest_first(events: Sequence[Object]) -> list[Object]:
    return sorted(events, key=_when, reverse=True)


def _when(event: Object) -> tuple[str, str]:
    """Return when an event was last seen, and its name, which ends with when it was first seen."""
    series = event.get("series") or {}
    moments = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    last = str(next((each for each in moments if each), ""))
    return last[:19], str(event["metadata"]["name"]).rpartition(".")[2]
