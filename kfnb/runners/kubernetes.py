"""Runs tasks as Jobs of a Kubernetes cluster: one Job an attempt, watched for what becomes of it.

Called by the client and the run process, which give it to the orchestrator's loop. It makes Jobs (`job_manifest` says
what is in them), follows the run's Jobs and pods with one watch each, and reports. Whatever it makes belongs to one
ConfigMap of the run, so that removing that removes everything. Truth about a run lies in the store, not here: after a
restart, `adopt` finds Jobs by their names, which follow from the run, the step and the attempt.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kfnb.errors import ClusterError
from kfnb.runners import pod_logs, pod_state
from kfnb.runners.api_server import ApiError
from kfnb.runners.base import Broken, Exited, Lost, Progress, Report, Started, Waits
from kfnb.runners.job_manifest import (
    CANCELED,
    RUN,
    USER_ERROR,
    Attempt,
    Owner,
    foreign,
    job,
    job_name,
    run_labels,
    run_object,
)
from kfnb.runners.lost_nodes import SILENCE, Silences
from kfnb.runners.orchestrator_job import orchestrator_name
from kfnb.runners.pod_patch import BadPatch
from kfnb.runners.pod_times import began
from kfnb.runners.report_server import ReportServer
from kfnb.runners.sender import Sender
from kfnb.runners.task_packages import Lock, installable, packages_of
from kfnb.runners.waiting import Waiting
from kfnb.runners.watch import Watch
from kfnb.spec import ReportTo

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer, Object
    from kfnb.spec import ExecutorInput, Task

POD_SCRATCH = "/tmp/kfnb"
"""Where an attempt's private view lies in its pod: in the pod's own scratch volume."""
_BATCH = "batch/v1"
_SUSPENDED = "its queue took its room back while it ran"
_OWNER_GOES = 60.0
"""Seconds within which the objects of an orchestrator that was removed have gone with it."""


class _Following(NamedTuple):
    """An attempt that has been started, and how it is to be told about."""

    task: str
    attempt: int


class KubernetesRunner:
    """The runner of a cluster (see `kfnb.runners.base.Runner`). One object serves one run.

    `inside`: the address of the pod of this process, if it runs in the cluster; launchers then report there at once.
    `may_act`: says whether this process drives the run for certain; nothing is started while it may not.
    """

    def __init__(
        self,
        profile: Profile,
        run_id: str,
        api: ApiServer,
        *,
        inside: str | None = None,
        may_act: Callable[[], bool] = lambda: True,
        locked: Lock | None = None,
    ) -> None:
        self._profile = profile
        self._run_id = run_id
        self._api = api
        self._report: Callable[[Report], None] = lambda report: None
        self._owner: Owner | None = None
        self._lock = threading.Lock()
        self._following: dict[str, _Following] = {}  # attempts that are not over, by the name of their Job
        self._said: dict[str, str] = {}  # what was reported last: "runs", or why it waits
        self._began: dict[str, float | None] = {}  # when, of those that run, by their pods
        self._canceled: set[str] = set()
        self._sender = Sender(f"kfnb-sends-{run_id}", self._give_up_silent, self._break)
        self._watches: list[Watch] = []
        self._closed = threading.Event()
        self._inside = inside
        self._may_act = may_act
        self._locked = locked if locked is not None else Lock()
        self._silences = Silences()
        self._reports: ReportServer | None = None
        self._waiting = Waiting(api, self._say_waits, self._break)

    # ------------------------------------------------------------------------------------------- the runner's protocol

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Make the run's ConfigMap and begin to watch its Jobs and pods. ClusterError if the cluster refuses that."""
        self._report = report
        if self._inside is not None:
            self._reports = ReportServer(self._inside, self._hear)
        self._owner = self._make_owner()
        selector = f"{RUN}={self._run_id}"
        jobs = Watch(
            self._api, self._api.place("jobs", group=_BATCH), selector, self._job, self._job_gone, broken=self._break
        )
        pods = Watch(self._api, self._api.place("pods"), selector, self._pod, self._pod_gone, broken=self._break)
        self._waiting.start()
        for watch in (jobs, pods):
            watch.start()
            self._watches.append(watch)
        self._sender.start()

    def versions(self, imports: frozenset[str]) -> dict[str, str]:
        """Return the image, from which Python and packages come, and the versions of what it may lack."""
        return {"image": self._profile.image, **installable(self._profile, self._locked, imports)}

    def snapshot(self, folder: str, target: str) -> str | None:
        """Make none: the client has shipped the folder to the store."""
        return None

    def reserve(self, task: Task) -> str | None:
        """The cluster's scheduler and quotas say what waits."""
        return None

    def has_room(self, task: Task) -> bool:
        """Nothing waits here: see `reserve`."""
        return True

    def release(self, task: str) -> None:
        """Nothing was set aside here: see `reserve`."""

    def fit(self, given: ExecutorInput) -> ExecutorInput:
        """Have the launcher work in the pod's own scratch volume, and report to this process where it can."""
        scratch = f"{POD_SCRATCH}/{given.task.slug}-{given.attempt}"
        to = None
        if self._reports is not None:
            key = self._name(given.task, given.attempt)
            to = ReportTo(url=self._reports.url, attempt=key, token=self._reports.token(key))
        packages = packages_of(self._profile, self._locked, given.task)
        return msgspec.structs.replace(given, scratch=scratch, snapshot=None, report_to=to, packages=packages)

    def start(self, task: Task, attempt: int, input_uri: str) -> None:
        """Have a Job made for this attempt."""
        with self._lock:
            self._following[self._name(task, attempt)] = _Following(task.name, attempt)
        self._sender.put(functools.partial(self._make_job, task, attempt, input_uri))

    def adopt(self, task: Task, attempt: int) -> bool:
        """Say whether the attempt's Job is there; the watches then report on it."""
        name = self._name(task, attempt)
        found = self._api.find(self._api.place("jobs", name, _BATCH))
        if found is None or not self._is_ours(found):
            return False
        with self._lock:
            self._following[name] = _Following(task.name, attempt)
        return True

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Remove the attempt's Job: its pod gets SIGTERM and the grace time, or (now) is killed."""
        with self._lock:
            name = next((n for n, one in self._following.items() if one == (task, attempt)), None)
        if name is None:
            return
        self._canceled.add(name)
        self._sender.put(functools.partial(self._remove_job, name, now=now))

    def close(self, *, keep: bool = False) -> None:
        """End the watches and (unless `keep`) every pod of the run.

        In the cluster what has ended stays for the profile's time, to be looked at, unless the run was cancelled.
        """
        if self._closed.is_set():
            return
        self._closed.set()
        for watch in self._watches:
            watch.stop()
        self._waiting.close()
        self._sender.close()
        if self._reports is not None:
            self._reports.close()
        if keep or self._owner is None:
            return
        with contextlib.suppress(ClusterError):
            if not self._inside or self._canceled or self._following:
                self._api.delete(self._api.place("configmaps", self._owner.name))

    # ---------------------------------------------------------------------------------------------------------- making

    def _name(self, task: Task, attempt: int) -> str:
        return job_name(self._run_id, task.slug, attempt)

    def _make_owner(self) -> Owner:
        """Make the ConfigMap to which everything of the run belongs, or take the one that is there.

        In the cluster the orchestrator's own Job owns it.
        """
        manifest = run_object(self._profile, self._run_id, self._profile.root)
        if self._inside:
            above = self._api.get(self._api.place("jobs", orchestrator_name(self._run_id), _BATCH))["metadata"]
            reference = {"apiVersion": _BATCH, "kind": "Job", "name": above["name"], "uid": above["uid"]}
            manifest["metadata"]["ownerReferences"] = [reference]
        name = manifest["metadata"]["name"]
        end = time.monotonic() + _OWNER_GOES
        while True:
            try:
                made: Object | None = self._api.create(self._api.place("configmaps"), manifest)
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    raise
                made = self._api.find(self._api.place("configmaps", name))
                if made is not None and not self._is_ours(made):
                    raise ClusterError(foreign("ConfigMap", name, self._api.namespace)) from None
            if made is not None and _owners(made) == _owners(manifest):
                return Owner(name, made["metadata"]["uid"])
            # It belongs to an orchestrator that was removed, and is about to go with everything that it owns itself.
            if time.monotonic() > end:
                raise ClusterError(f"ConfigMap {name} in namespace {self._api.namespace} is of another orchestrator.")
            self._closed.wait(0.2)

    def _make_job(self, task: Task, attempt: int, input_uri: str) -> bool:
        """Make the Job of an attempt; false if that cannot be done now."""
        name = self._name(task, attempt)
        if name in self._canceled:
            self._over(name, Exited(task.name, attempt, None, "it was cancelled before its Job was made"))
            return True
        if not self._may_act():
            return False
        assert self._owner is not None
        described = Attempt(self._run_id, task.name, task.slug, attempt, input_uri, task.settings, self._owner)
        try:
            self._create_job(name, job(self._profile, described), _Following(task.name, attempt))
        except ApiError as error:
            if error.status == 403 and "quota" in str(error):
                self._say_waits(name, f"the namespace's quota has no room for it: {error}")
            elif error.is_passing or _without_namespace(error):  # then the run's lease is gone in a moment too
                self._say_waits(name, str(error))
            else:
                self._over(name, Exited(task.name, attempt, None, f"Its Job was refused: {error}"))
                return True
            return False
        except ClusterError as error:
            self._say_waits(name, str(error))
            return False
        except BadPatch as error:
            self._over(name, Exited(task.name, attempt, None, str(error)))
        return True

    def _create_job(self, name: str, manifest: Object, one: _Following) -> None:
        try:
            self._api.create(self._api.place("jobs", group=_BATCH), manifest)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            # Made by this run, where the answer was lost; or by somebody else.
            found = self._api.find(self._api.place("jobs", name, _BATCH))
            if found is not None and not self._is_ours(found):
                self._over(name, Exited(one.task, one.attempt, None, foreign("Job", name, self._api.namespace)))

    def _remove_job(self, name: str, *, now: bool) -> bool:
        """Remove the Job of a cancelled attempt; false if that cannot be done now."""
        one = self._following.get(name)
        if one is None:
            return True
        try:
            if now:
                for pod in self._pods_of(name):
                    self._api.delete(self._api.place("pods", pod["metadata"]["name"]), grace=0)
            if not self._api.delete(self._api.place("jobs", name, _BATCH)) and not self._pods_of(name):
                self._over(name, Exited(one.task, one.attempt, None, "it was cancelled before its pod began"))
        except ClusterError as error:
            if not _is_final(error):
                return False
            self._over(name, Exited(one.task, one.attempt, None, f"It cannot be ended: {error}"))
        return True

    def _give_up_silent(self) -> None:
        for name in self._silences.lost():
            self._lose(name, f"its node has not been heard of for {SILENCE:.0f} s", counted=False)

    def _is_ours(self, found: Object) -> bool:
        labels = found["metadata"].get("labels") or {}
        return run_labels(self._run_id).items() <= labels.items()

    def _pods_of(self, name: str) -> list[Object]:
        found = self._api.get(self._api.place("pods"), {"labelSelector": f"batch.kubernetes.io/job-name={name}"})
        pods: list[Object] = found.get("items", [])
        return pods

    # ------------------------------------------------------------------------------- called by the watches' threads

    def _pod(self, pod: Object) -> None:
        name = _job_of(pod)
        one = self._following.get(name)
        if one is None:
            return
        seen = pod_state.of_pod(pod)
        self._silences.seen(name, pod)
        self._began[name] = began(pod)
        if seen.kind == "waits":
            self._waiting.pod(name, pod)
        elif seen.kind == "runs":
            self._say_runs(name)
        else:
            self._pod_ended(name, one, pod, seen)

    def _pod_ended(self, name: str, one: _Following, pod: Object, seen: pod_state.Seen) -> None:
        log = ""
        if seen.code != 0 and name not in self._canceled:
            log = pod_logs.tail(self._api, pod["metadata"]["name"])
            seen = pod_state.of_pod(pod, last_words=log)
        if seen.kind == "ended" and seen.code == CANCELED and name not in self._canceled:
            self._lose(name, "it was told to end by someone else than the run", counted=True, log=log)
        elif seen.kind == "ended":
            self._say_runs(name)
            self._over(name, Exited(one.task, one.attempt, seen.code, seen.why or None, log))
            if seen.code is None:  # its Job takes that for a disruption, and would start it again
                self._sender.put(functools.partial(self._remove_left_over, name))
        elif name in self._canceled:
            self._over(name, Exited(one.task, one.attempt, seen.code, seen.why))
        else:
            broken = seen.kind == "broken"
            found = self._api.find(self._api.place("jobs", name, _BATCH)) if broken else None
            if found is not None and found["spec"].get("suspend"):
                self._lose(name, _SUSPENDED, counted=False, log=log)
            else:
                self._lose(name, seen.why, counted=broken, log=log)

    def _pod_gone(self, pod: Object) -> None:
        """A pod that is removed before anyone saw it end: of a cancelled attempt it is the end, else its Job says."""
        name = _job_of(pod)
        one = self._following.get(name)
        if one is not None and name in self._canceled:
            self._over(name, Exited(one.task, one.attempt, None, "it was cancelled"))

    def _job(self, job: Object) -> None:
        name = str(job["metadata"]["name"])
        if name not in self._following:
            return
        seen = pod_state.of_job(job)
        if seen is None or seen.kind == "waits":
            if self._said.get(name) != "runs":
                self._waiting.job(name, job)
            elif seen is not None and name not in self._canceled:
                self._lose(name, _SUSPENDED, counted=False)
            return
        for pod in self._pods_of(name):  # what the pods say counts more; their watch may be a moment behind
            self._pod(pod)
        self._lose(name, seen.why, counted=True)

    def _job_gone(self, job: Object) -> None:
        name = str(job["metadata"]["name"])
        one = self._following.get(name)
        if one is None:
            return
        pods = self._pods_of(name)
        if name not in self._canceled:
            self._lose(name, "its Job was removed by someone", counted=True)
        elif not pods:
            self._over(name, Exited(one.task, one.attempt, None, "it was cancelled"))

    # ------------------------------------------------------------------------------------------ called by the launchers

    def _hear(self, name: str, said: dict[str, Any]) -> None:
        """Take what a launcher says itself: the same comes by way of the store and the pod's status, later."""
        one = self._following.get(name)
        if one is None:
            return
        self._silences.heard(name)
        self._say_runs(name)
        if said.get("event") == "progress" and isinstance(said.get("data"), dict):
            self._report(Progress(one.task, one.attempt, said["data"]))
        elif said.get("event") == "exited" and (said.get("code") in (0, USER_ERROR) or name in self._canceled):
            self._over(name, Exited(one.task, one.attempt, said["code"]))  # of all else the pod tells why

    # --------------------------------------------------------------------------------------------------------- telling

    def _break(self, error: Exception) -> None:
        """Report what one of this runner's threads cannot go on from: without it the run would wait for ever."""
        if not self._closed.is_set():
            self._report(Broken(error))

    def _say_waits(self, name: str, why: str) -> None:
        with self._lock:
            one = self._following.get(name)
            if one is None or self._said.get(name) in ("runs", f"waits: {why}"):
                return
            self._said[name] = f"waits: {why}"
        self._report(Waits(one.task, one.attempt, why))

    def _say_runs(self, name: str) -> None:
        with self._lock:
            one = self._following.get(name)
            if one is None or self._said.get(name) == "runs":
                return
            self._said[name] = "runs"
        self._waiting.over(name)
        self._report(Started(one.task, one.attempt, self._began.get(name)))

    def _over(self, name: str, report: Exited | Lost) -> None:
        with self._lock:
            known = self._following.pop(name, None)
            self._said.pop(name, None)
            self._began.pop(name, None)
            self._silences.forget(name)
            if self._reports is not None:
                self._reports.forget(name)
        self._waiting.over(name)
        if known is not None and not self._closed.is_set():
            self._report(report)

    def _lose(self, name: str, why: str, *, counted: bool, log: str = "") -> None:
        """Give the attempt up: what is left of it is removed, and the run may start the next one."""
        one = self._following.get(name)
        if one is not None:
            self._over(name, Lost(one.task, one.attempt, why, counted, log))
            self._sender.put(functools.partial(self._remove_left_over, name))

    def _remove_left_over(self, name: str) -> bool:
        """Remove the Job of an attempt that is over; false if that cannot be done now."""
        try:
            self._api.delete(self._api.place("jobs", name, _BATCH))
        except ClusterError as error:
            return _is_final(error)  # it stays until the whole run is removed
        return True


def _without_namespace(error: ApiError) -> bool:
    """Say whether something could not be made because its namespace is about to go, or has gone."""
    return error.status == 404 or "being terminated" in str(error)


def _is_final(error: ClusterError) -> bool:
    """Say whether the cluster's answer stays the same: it was a no, and not for now only."""
    return isinstance(error, ApiError) and not error.is_passing


def _owners(found: Object) -> list[str]:
    return [one["uid"] for one in found["metadata"].get("ownerReferences") or ()]


def _job_of(pod: Object) -> str:
    labels = pod["metadata"].get("labels") or {}
    return str(labels.get("batch.kubernetes.io/job-name", ""))
