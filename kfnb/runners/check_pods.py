"""Pods that look at the place where tasks, and a run's orchestrator, would be: `kfnb cluster check` runs one of each.

They are made as those of a run are, with the profile's settings and pod patch, and removed in the end.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from kfnb.errors import ClusterError, KfnbError
from kfnb.runners import pod_state
from kfnb.runners.job_manifest import MANAGED_BY
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.runners.pod_manifest import LENT_LAUNCHER, MAIN, Manifest, is_lent, pod_template
from kfnb.runners.pod_patch import patched
from kfnb.runners.pod_report import LARGE, Report
from kfnb.runners.waiting import Waiting
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.artifacts.store import Store
    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer, Object

Role = Literal["task", "orchestrator"]

_BATCH = "batch/v1"
_LOOK_EVERY = 0.5
_HOPELESS = frozenset(
    {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"}
)
"""What a pod may wait for that hardly passes by itself; it is given this many seconds:"""
_GIVEN = 8.0


class Seen(NamedTuple):
    """What became of a pod. `report`: what it said, None if it said nothing; `why`: then, in words.

    `begun`: seconds until its container ran. `digest`: of the image that it ran. `whole`: its report was found in the
    store too.
    """

    report: Report | None = None
    why: str = ""
    begun: float | None = None
    digest: str = ""
    whole: bool = False


def check_job(profile: Profile, id_: str, role: Role, image: str | None = None) -> Manifest:
    """Return the Job of a pod that looks at the place of a `role`; `id_`: of the check. `image`: that of a tag."""
    settings = Settings(image=image)
    labels = {MANAGED_BY: "kfnb", "kfnb.dev/check": id_}
    start = LENT_LAUNCHER if role == "task" and is_lent(profile, settings) else ("python",)
    command = [*start, "-m", "kfnb.runners.pod_report", profile.root, report_key(id_, role)]
    if role == "orchestrator":
        template = orchestrator_job(profile, id_)["spec"]["template"]
        template["spec"]["containers"][0]["command"] = [*command, "--orchestrator"]
        template["metadata"]["labels"] = {**profile.labels, **labels}
    else:
        template = patched(pod_template(profile, settings, command, labels=labels), profile.pod_patch)
    template["spec"]["containers"][0]["terminationMessagePolicy"] = "FallbackToLogsOnError"
    return {
        "apiVersion": _BATCH,
        "kind": "Job",
        "metadata": {"name": f"kfnb-check-{id_}-{role}", "namespace": profile.namespace, "labels": labels},
        "spec": {"backoffLimit": 0, "ttlSecondsAfterFinished": 60, "template": template},
    }


def report_key(id_: str, role: Role) -> str:
    """Return where in the store a pod's whole report lies."""
    return f"checks/{id_}/{role}.json"


def run_check_pod(
    api: ApiServer,
    profile: Profile,
    store: Store,
    id_: str,
    role: Role,
    image: str | None = None,
    *,
    seconds: float,
    tell: Callable[[str], None],
) -> Seen:
    """Run such a pod for at most `seconds` and return what it saw; `tell` is called with why it waits, in words."""
    try:
        job = api.create(api.place("jobs", group=_BATCH), check_job(profile, id_, role, image), patience=5.0)
    except KfnbError as error:
        return Seen(why=str(error))
    try:
        return _follow(api, job, store, report_key(id_, role), seconds, tell)
    finally:
        with contextlib.suppress(ClusterError):
            api.delete(api.place("jobs", job["metadata"]["name"], _BATCH), patience=5.0)


def _follow(api: ApiServer, job: Object, store: Store, key: str, seconds: float, tell: Callable[[str], None]) -> Seen:
    name, started = job["metadata"]["name"], time.monotonic()
    said: dict[str, str] = {}

    def say(name: str, why: str) -> None:
        if said.get(name) != why:
            tell(why)
        said[name] = why

    waiting = Waiting(api, say)
    waiting.start()
    begun: float | None = None
    try:
        while (passed := time.monotonic() - started) < seconds:
            pods = api.get(api.place("pods"), {"labelSelector": f"batch.kubernetes.io/job-name={name}"})["items"]
            pod = pods[-1] if pods else None
            if pod is None:
                waiting.job(name, job)
                if passed > _GIVEN and name in said:
                    break
            elif (seen := pod_state.of_pod(pod, last_words=_last_words(pod))).kind == "waits":
                waiting.pod(name, pod)
                if passed > _GIVEN and _is_hopeless(pod):
                    said[name] = seen.why
                    break
            else:
                waiting.over(name)
                begun = begun if begun is not None else passed
                if seen.kind != "runs":
                    return _outcome(pod, seen, store, key, begun)
            time.sleep(_LOOK_EVERY)
    finally:
        waiting.close()
    why = said.get(name) or "it has not begun, and nothing says why"
    return Seen(why=f"after {time.monotonic() - started:.0f} s: {why}", begun=begun)


def _outcome(pod: Object, seen: pod_state.Seen, store: Store, key: str, begun: float) -> Seen:
    digest = pod_state.image_digest(pod) or ""
    report, is_whole = None, False
    with contextlib.suppress(msgspec.MsgspecError):
        report = msgspec.json.decode(_last_words(pod), type=Report)
    if report is None:
        return Seen(why=seen.why or "it ended without a word", begun=begun, digest=digest)
    with contextlib.suppress(KfnbError, msgspec.MsgspecError):
        whole = msgspec.json.decode(store.read(key), type=Report)
        report = msgspec.structs.replace(report, **{name: getattr(whole, name) for name in LARGE})
        is_whole = True
    return Seen(report=report, begun=begun, digest=digest, whole=is_whole)


def _last_words(pod: Object) -> str:
    status = pod_state.container((pod.get("status") or {}).get("containerStatuses") or (), MAIN)
    return str(((status.get("state") or {}).get("terminated") or {}).get("message") or "")


def _is_hopeless(pod: Object) -> bool:
    status = pod_state.container((pod.get("status") or {}).get("containerStatuses") or (), MAIN)
    return ((status.get("state") or {}).get("waiting") or {}).get("reason") in _HOPELESS
