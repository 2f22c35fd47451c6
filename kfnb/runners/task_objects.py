"""What a cluster has of one task: its pod as it is now, and the cluster's own events about it; `Run` hands it out.

Looked at when a person asks, not while a run is driven. What is gone by then is said, not guessed.
"""

from __future__ import annotations

import copy
import datetime
from typing import TYPE_CHECKING, NamedTuple

from kfnb.credentials import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.runners.api_server import ApiServer, Object
    from kfnb.runners.seats import Seat

HIDDEN = "(hidden)"
"""Stands for what looks like a credential. Values of Secrets are never in a pod: it names them."""

_QUICK = 5.0
_CREATED = "Created pod: "
"""What a Job's event says before the name of its pod."""


class PodSeen(NamedTuple):
    """A task's pod, for people's eyes. `is_there`: it is as the cluster has it now; else it is what its Job asks for.

    `manifest`: None if the task has had no pod; `why` says so, or why it is not there.
    """

    manifest: Object | None
    is_there: bool
    why: str | None = None


class ClusterEvent(NamedTuple):
    """An event of Kubernetes. `time`: when it was last seen, seconds since the epoch. `times`: how often.

    `about`: kind and name of an object. `is_warning`: it is not of the normal kind.
    """

    time: float
    about: str
    reason: str
    message: str
    times: int
    is_warning: bool


def pod_of(api: ApiServer, seat: Seat) -> Object | None:
    """Return the newest pod of an attempt, for people's eyes; None if there is none, or none any more."""
    found = api.get(api.place("pods"), {"labelSelector": seat.selector}, patience=_QUICK)["items"]
    pod = max(found, key=lambda one: str(one["metadata"]["creationTimestamp"]), default=None)
    return None if pod is None else shown({"apiVersion": "v1", "kind": "Pod", **pod})


def shown(manifest: Object) -> Object:
    """Return an object without what nobody wants to read, and with no value that looks like a credential."""
    made = copy.deepcopy(manifest)
    made["metadata"].pop("managedFields", None)
    for variable in _variables(made.get("spec") or {}):
        if is_secret(variable["name"], str(variable.get("value", ""))):
            variable["value"] = HIDDEN
    return made


def events_of(api: ApiServer, seat: Seat) -> list[ClusterEvent]:
    """Return the cluster's events about an attempt's Job and its pods, in order; Kubernetes keeps them for an hour.

    Of a Job that carries other elements of a fan-out too, nothing of these.
    """
    of_job = _events(api, "Job", seat.job)
    pods = {one["message"].removeprefix(_CREATED) for one in of_job if one["message"].startswith(_CREATED)}
    others = {pod for pod in pods if not pod.startswith(seat.pods)}
    of_job = [one for one in of_job if one["message"].removeprefix(_CREATED) not in others]
    pods -= others
    raw = [*of_job, *(one for pod in sorted(pods) for one in _events(api, "Pod", pod))]
    return sorted(_event(one) for one in raw)


def _variables(spec: Object) -> Iterator[Object]:
    for kind in ("initContainers", "containers"):
        for container in spec.get(kind) or ():
            yield from container.get("env") or ()


def _events(api: ApiServer, kind: str, name: str) -> list[Object]:
    query = {"fieldSelector": f"involvedObject.kind={kind},involvedObject.name={name}"}
    found: list[Object] = api.get(api.place("events"), query, patience=_QUICK)["items"]
    return [{"message": "", **one} for one in found]


def _event(raw: Object) -> ClusterEvent:
    about = raw["involvedObject"]
    series = raw.get("series") or {}
    when = series.get("lastObservedTime") or raw.get("lastTimestamp") or raw.get("eventTime")
    when = when or raw["metadata"]["creationTimestamp"]
    return ClusterEvent(
        time=datetime.datetime.fromisoformat(str(when)).timestamp(),
        about=f"{about['kind']} {about['name']}",
        reason=str(raw.get("reason") or ""),
        message=str(raw["message"]),
        times=int(series.get("count") or raw.get("count") or 1),
        is_warning=raw.get("type") == "Warning",
    )
