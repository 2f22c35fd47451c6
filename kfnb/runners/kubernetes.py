"""Runs tasks as Jobs of a Kubernetes cluster: one Job an attempt, watched for what becomes of it.

Elements of a fan-out that are started as one have an Indexed Job together (`seats.py` knows who sits where); what is
done and told is of each element by itself all the same, by its key: the name that a Job of its own would have.

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
from kfnb.runners.ended_jobs import EndedJobs
from kfnb.runners.job_manifest import (
    CANCELED,
    RUN,
    USER_ERROR,
    Attempt,
    Owner,
    foreign,
    job,
    job_name,
)
from kfnb.runners.lost_nodes import SILENCE, Silences
from kfnb.runners.pod_patch import BadPatch
from kfnb.runners.pod_secrets import secrets_of
from kfnb.runners.pod_times import began
from kfnb.runners.report_server import ReportServer
from kfnb.runners.run_owner import is_of_run, make_owner
from kfnb.runners.seats import Seats, job_label
from kfnb.runners.seen_images import SeenImages
from kfnb.runners.sender import Sender
from kfnb.runners.task_packages import Lock, installable, packages_of
from kfnb.runners.waiting import Waiting
from kfnb.runners.watch import Watch
from kfnb.spec import ReportTo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer, Object
    from kfnb.spec import ExecutorInput, Task, Together

POD_SCRATCH = "/tmp/kfnb"
"""Where an attempt's private view lies in its pod: in the pod's own scratch volume."""
_BATCH = "batch/v1"
_SUSPENDED = "its queue took its room back while it ran"
_SETTLES = 5.0
"""Seconds within which pods are heard of that have ended, after their Job has been."""


class _Following(NamedTuple):
    """An attempt that has been started, and how it is to be told about."""

    task: str
    attempt: int


class KubernetesRunner:
    """The runner of a cluster (see `kfnb.runners.base.Runner`). One object serves one run.

    `inside`: the address of the pod of this process, if it runs in the cluster; launchers then report there at once.
    `may_act`: says whether this process drives the run for certain; nothing is started while it may not. `owned`: is
    told what owns all objects of the run.
    """

    def __init__(
        self,
        profile: Profile,
        run_id: str,
        api: ApiServer,
        *,
        inside: str | None = None,
        may_act: Callable[[], bool] = lambda: True,
        owned: Callable[[Owner], None] = lambda owner: None,
        locked: Lock | None = None,
    ) -> None:
        self._profile = profile
        self._run_id = run_id
        self._api = api
        self._report: Callable[[Report], None] = lambda report: None
        self._owner: Owner | None = None
        self._lock = threading.Lock()
        self._following: dict[str, _Following] = {}  # attempts that are not over, by their keys
        self._seats = Seats()
        self._said: dict[str, str] = {}  # what was reported last: "runs", or why it waits
        self._began: dict[str, float | None] = {}  # when, of those that run, by their pods
        self._moved: dict[str, str] = {}  # why, of those whose pods the cluster takes away
        self._canceled: set[str] = set()
        self._ending: set[tuple[str, bool]] = set()  # Jobs of which cancelled attempts are about to be ended
        self._settling: dict[str, tuple[float, bool]] = {}  # over, as their Jobs say: since when, done?
        self._adopted: dict[str, bool] = {}  # Jobs that were looked for, and whether they are there
        self._sender = Sender(f"kfnb-sends-{run_id}", self._tick, self._break)
        self._watches: list[Watch] = []
        self._closed = threading.Event()
        self._inside = inside
        self._may_act = may_act
        self._owned = owned
        self._locked = locked if locked is not None else Lock()
        self._silences = Silences()
        self._images = SeenImages(profile)
        self._reports: ReportServer | None = None
        self._ended_jobs = EndedJobs(api, run_id, lambda name: not self._living(name))
        self._waiting = Waiting(api, self._say_waits, self._break, self._ended_jobs.make_room)

    # ------------------------------------------------------------------------------------------- the runner's protocol

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Make the run's ConfigMap and begin to watch its Jobs and pods. ClusterError if the cluster refuses that."""
        self._report = report
        if self._inside is not None:
            self._reports = ReportServer(self._inside, self._hear)
        inside, wait = self._inside is not None, self._closed.wait
        self._owner = make_owner(self._api, self._profile, self._run_id, inside=inside, wait=wait)
        self._owned(self._owner)
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
        key, to = self._name(given.task, given.attempt), None
        if self._reports is not None:
            to = ReportTo(url=self._reports.url, attempt=key, token=self._reports.token(key))
        packages = packages_of(self._profile, self._locked, given.task)
        said = secrets_of(self._profile, given.task.settings)._asdict()
        image = self._images.asked_of(key, given)
        more = {"scratch": scratch, "snapshot": None, "report_to": to, "packages": packages, "tells_image": image}
        return msgspec.structs.replace(given, **more, **said)

    def start(self, task: Task, attempt: int, input_uri: str) -> None:
        """Have a Job made for this attempt."""
        name = self._name(task, attempt)
        with self._lock:
            self._following[name] = _Following(task.name, attempt)
        described = Attempt(self._run_id, task.name, task.slug, attempt, input_uri, task.settings)
        self._sender.put(functools.partial(self._make_job, name, described))

    def start_together(self, fan: Task, elements: Sequence[Task], described: Together, uri: str) -> None:
        """Have one Indexed Job made for an attempt of these elements."""
        attempt, settings = described.attempt, elements[0].settings
        with self._lock:
            name = self._share(elements, described)
            self._following |= {self._name(task, attempt): _Following(task.name, attempt) for task in elements}
        made = Attempt(self._run_id, fan.name, fan.slug, attempt, uri, settings, name=name)
        made = made._replace(elements=len(elements), parallelism=described.most)
        self._sender.put(functools.partial(self._make_job, name, made))

    def may_widen(self, elements: Sequence[Task]) -> bool:
        """Say that more may run at once later, unless the Job is in a queue, which counts its pods when it begins."""
        return not (elements[0].settings.queue or self._profile.queue)

    def widen(self, elements: Sequence[Task], described: Together) -> None:
        """Have the Job of these elements run more of them at once, if it may."""
        if self.may_widen(elements):
            with self._lock:
                name = self._share(elements, described)
            self._sender.put(functools.partial(self._widen_job, name))

    def recall(self, elements: Sequence[Task], described: Together) -> None:
        """Know that these elements have a Job together, if it was made."""
        self._share(elements, described)

    def _share(self, elements: Sequence[Task], described: Together) -> str:
        keys = tuple(self._name(task, described.attempt) for task in elements)
        return self._seats.share(keys, described.most)

    def adopt(self, task: Task, attempt: int) -> bool:
        """Say whether the attempt's Job is there; the watches then report on it."""
        key = self._name(task, attempt)
        name = self._seats.job_of(key)
        if name not in self._adopted:
            found = self._api.find(self._api.place("jobs", name, _BATCH))
            self._adopted[name] = found is not None and is_of_run(found, self._run_id)
        if self._adopted[name]:
            with self._lock:
                self._following[key] = _Following(task.name, attempt)
        return self._adopted[name]

    @property
    def grace(self) -> float:
        """What the profile gives a pod to save what it has, and what it takes to be told."""
        return self._profile.grace_seconds + pod_state.END_SEEN

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Remove the attempt's Job: its pod gets SIGTERM and the grace time, or (now) is killed.

        Of a Job that carries others too, which are not cancelled, its pod alone.
        """
        with self._lock:
            key = next((n for n, one in self._following.items() if one == (task, attempt)), None)
            if key is None:
                return
            self._canceled.add(key)
            name = self._seats.job_of(key)
            asked = (name, now) in self._ending
            self._ending.add((name, now))
        if not asked:
            self._sender.put(functools.partial(self._end_canceled, name, now=now))

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
        if not self._inside:
            self._images.keep()
        with contextlib.suppress(ClusterError):
            if not self._inside or self._canceled or self._following:
                self._api.delete(self._api.place("configmaps", self._owner.name))

    def keep_images(self) -> None:
        """Keep in the store which images the run's tasks had; in the cluster, once the run has ended."""
        self._images.complete(lambda key: self._pods(self._seats.selector(key)))

    # ---------------------------------------------------------------------------------------------------------- making

    def _name(self, task: Task, attempt: int) -> str:
        return job_name(self._run_id, task.slug, attempt)

    def _make_job(self, name: str, described: Attempt) -> bool:
        """Make the Job of an attempt, or of several; false if that cannot be done now."""
        for key in self._living(name):
            if key in self._canceled:
                self._ended(key, None, "it was cancelled before its Job was made")
        if not self._living(name):
            return True
        try:
            self._create_job(name, job(self._profile, described._replace(owner=self._owner)))
        except ApiError as error:
            if error.is_over_quota:
                self._all_wait(name, f"the namespace's quota has no room for it: {error}")
                self._ended_jobs.make_room(str(error))
            elif error.is_passing or error.status == 401 or error.lacks_namespace:  # then the lease goes in a while too
                self._all_wait(name, str(error))
            else:
                self._all_end(name, f"Its Job was refused: {error}")
                return True
            return False
        except ClusterError as error:
            self._all_wait(name, str(error))
            return False
        except BadPatch as error:
            self._all_end(name, str(error))
        return True

    def _must_drive(self) -> None:
        """ClusterError unless this process drives the run for certain."""
        if not self._may_act():
            raise ClusterError("it cannot be seen just now that the run is still this process's")

    def _create_job(self, name: str, manifest: Object) -> None:
        try:
            self._api.create(self._api.place("jobs", group=_BATCH), manifest, before=self._must_drive)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            # Made by this run, where the answer was lost; or by somebody else.
            found = self._api.find(self._api.place("jobs", name, _BATCH))
            if found is not None and not is_of_run(found, self._run_id):
                self._all_end(name, foreign("Job", name, self._api.namespace))

    def _widen_job(self, name: str) -> bool:
        """Have as many pods of a Job run at once as may by now; false if that cannot be done now."""
        change = {"spec": {"parallelism": self._seats.most(name)}}
        try:
            self._api.patch(self._api.place("jobs", name, _BATCH), change, before=self._must_drive)
        except ClusterError as error:
            unmade = isinstance(error, ApiError) and error.status == 404 and bool(self._living(name))
            # Without the right to, its elements run as few at a time as before.
            return not error.is_passing and not unmade
        return True

    def _end_canceled(self, name: str, *, now: bool) -> bool:
        """End the cancelled attempts of a Job: all that it carries with the Job; false if that cannot be done now."""
        with self._lock:
            self._ending.discard((name, now))
        living = self._living(name)
        ending = [key for key in living if key in self._canceled]
        if not ending:
            return True
        try:
            whole = len(ending) == len(living)
            was_there = whole and self._api.delete(self._api.place("jobs", name, _BATCH))
            if now or not whole:
                self._end_pods(name, set(ending), now=now)
            if not was_there:
                having = {self._seats.of_pod(pod) for pod in self._pods_of(name)}
                for key in (key for key in ending if key not in having):
                    self._ended(key, None, "it was cancelled before its pod began")
        except ClusterError as error:
            if error.is_passing:
                return False
            for key in ending:
                self._ended(key, None, f"It cannot be ended: {error}")
        return True

    def _end_pods(self, name: str, keys: set[str], *, now: bool) -> None:
        for pod in self._pods_of(name):
            if self._seats.of_pod(pod) in keys:
                self._api.delete(self._api.place("pods", pod["metadata"]["name"]), grace=0 if now else None)

    def _tick(self) -> None:
        """Look after what no watch tells: attempts that have become silent, cannot begin, or ended unseen."""
        for key in self._silences.lost():
            self._lose(key, f"its node has not been heard of for {SILENCE:.0f} s", counted=False)
        for name in self._seats.stuck(self._profile.grace_seconds + SILENCE):
            for key in self._living(name):
                self._lose(key, "pods that do not end keep it from being started: their nodes are lost", counted=False)
        now = time.monotonic()
        due = {key: done for key, (since, done) in list(self._settling.items()) if now - since >= _SETTLES}
        with contextlib.suppress(ClusterError):  # it is asked again with the next tick
            self._settle(due)

    def _pods_of(self, name: str) -> list[Object]:
        """Return the pods of a Job."""
        return self._pods(job_label(name))

    def _pods(self, selector: str) -> list[Object]:
        pods: list[Object] = self._api.get(self._api.place("pods"), {"labelSelector": selector}).get("items", [])
        return pods

    def _living(self, name: str) -> list[str]:
        """Return the attempts of a Job that are not over."""
        with self._lock:
            return [key for key in self._seats.keys_of(name) if key in self._following]

    # ------------------------------------------------------------------------------- called by the watches' threads

    def _pod(self, pod: Object) -> None:
        key = self._seats.of_pod(pod)
        if pod_state.has_ended(pod):
            self._seats.free(key)
        elif pod["metadata"].get("deletionTimestamp"):
            self._seats.hold(key)
        self._images.pod(key, pod)
        one = self._following.get(key)
        if one is None:
            return
        seen = pod_state.of_pod(pod)
        self._silences.seen(key, pod)
        self._began[key] = began(pod)
        if seen.kind in ("runs", "moved") and seen.why:
            self._moved[key] = seen.why  # its Job may be seen to have failed before its end is, and does not say why
        if seen.kind == "waits":
            self._waiting.pod(key, pod)
        elif seen.kind == "runs":
            self._say_runs(key)
        else:
            self._pod_ended(key, pod, seen)

    def _pod_ended(self, key: str, pod: Object, seen: pod_state.Seen) -> None:
        log, canceled = "", key in self._canceled
        if seen.code != 0 and not canceled and not pod_state.has_lost_its_node(pod):
            said = pod_logs.tail(self._api, pod["metadata"]["name"])
            seen, log = pod_state.of_pod(pod, last_words=said), pod_logs.without_events(said)
            if (progress := pod_logs.last_progress(said)) is not None:  # it may have left nothing else
                self._hear(key, {"event": "progress", "data": progress})
        if seen.kind == "ended" and seen.code == CANCELED and not canceled:
            self._lose(key, "it was told to end by someone else than the run", counted=True, log=log)
        elif seen.kind == "ended":
            self._say_runs(key)
            self._ended(key, seen.code, seen.why or None, log, unfit=seen.unfit)
        elif canceled:
            self._ended(key, seen.code, seen.why)
        else:
            broken = seen.kind == "broken"
            found = self._api.find(self._api.place("jobs", self._seats.job_of(key), _BATCH)) if broken else None
            if found is not None and found["spec"].get("suspend"):
                self._lose(key, _SUSPENDED, counted=False, log=log)
            else:
                self._lose(key, seen.why, counted=broken, log=log, own=seen.own)

    def _pod_gone(self, pod: Object) -> None:
        """A pod that is removed before anyone saw it end: of a cancelled attempt it is the end, else its Job says."""
        key = self._seats.of_pod(pod)
        self._seats.free(key)
        if key in self._canceled:
            self._ended(key, None, "it was cancelled")

    def _job(self, job: Object) -> None:
        name = str(job["metadata"]["name"])
        living = self._living(name)
        if not living:
            return
        seen = pod_state.of_job(job)
        if seen is None or seen.kind == "waits":
            self._job_goes_on(name, job, living, waits=seen is not None)
            return
        self._look_at_pods(name)
        over = dict(self._seats.settled(job))
        for key in self._living(name):
            why, counted = (pod_state.REMOVED, True) if key in over else (seen.why, seen.kind == "broken")
            self._lose(key, self._moved.get(key, why), counted=counted and key not in self._moved)

    def _job_goes_on(self, name: str, job: Object, living: list[str], *, waits: bool) -> None:
        """Of a Job that is neither done nor failed: see which of its attempts wait, and which are over all the same."""
        begun = [key for key in living if self._said.get(key) == "runs"]
        if waits and begun:  # it was suspended
            for key in living:
                if key not in self._canceled:
                    self._lose(key, _SUSPENDED, counted=False)
            return
        for key, done in self._seats.settled(job):
            if key in self._following:
                self._settling.setdefault(key, (time.monotonic(), done))
        for key in self._living(name):
            if key not in begun:
                self._waiting.job(key, job)

    def _settle(self, over: dict[str, bool]) -> None:
        """Tell of elements that are over, as their Job says (done or not), and of which no pod is left to say how."""
        for name in {self._seats.job_of(key) for key in over if key in self._following}:
            self._look_at_pods(name)
        for key, done in over.items():
            self._settling.pop(key, None)
            if done:
                self._say_runs(key)
                self._ended(key, 0)
            else:
                self._lose(key, self._moved.get(key, pod_state.REMOVED), counted=key not in self._moved)

    def _look_at_pods(self, name: str) -> None:
        """See how the pods of a Job stand: they say more than it does, and their watch may be a moment behind."""
        for pod in self._pods_of(name):
            self._pod(pod)

    def _job_gone(self, job: Object) -> None:
        name = str(job["metadata"]["name"])
        living = self._living(name)
        if not living:
            return
        having = {self._seats.of_pod(pod) for pod in self._pods_of(name)}
        for key in living:
            if key not in self._canceled:
                self._lose(key, "its Job was removed by someone", counted=True)
            elif key not in having:
                self._ended(key, None, "it was cancelled")

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
            self._ended(name, said["code"])  # of all else the pod tells why

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

    def _all_wait(self, name: str, why: str) -> None:
        for key in self._living(name):
            self._say_waits(key, why)

    def _all_end(self, name: str, why: str) -> None:
        for key in self._living(name):
            self._ended(key, None, why)

    def _ended(
        self, name: str, code: int | None, why: str | None = None, log: str = "", *, unfit: bool = False
    ) -> None:
        one = self._following.get(name)
        if one is not None:
            self._over(name, Exited(one.task, one.attempt, code, why, log, unfit))

    def _over(self, name: str, report: Exited | Lost) -> None:
        with self._lock:
            known = self._following.pop(name, None)
            self._said.pop(name, None)
            self._began.pop(name, None)
            self._moved.pop(name, None)
            self._settling.pop(name, None)
            self._silences.forget(name)
            if self._reports is not None:
                self._reports.forget(name)
        self._waiting.over(name)
        if known is not None and not self._closed.is_set():
            self._report(report)

    def _lose(self, name: str, why: str, *, counted: bool, log: str = "", own: bool = False) -> None:
        """Give the attempt up: what is left of it is removed, and the run may start the next one."""
        one = self._following.get(name)
        if one is not None:
            self._over(name, Lost(one.task, one.attempt, why, counted, log, own))
            self._sender.put(functools.partial(self._remove_left_over, name))

    def _remove_left_over(self, key: str) -> bool:
        """Remove the Job of an attempt that is over; false if that cannot be done now.

        Of a Job that carries others, which go on, its pod alone, unless that has ended: the Job makes no further one.
        """
        name = self._seats.job_of(key)
        try:
            if not self._living(name):
                self._api.delete(self._api.place("jobs", name, _BATCH))
                return True
            for pod in self._pods(self._seats.selector(key)):
                if not pod_state.has_ended(pod) and "deletionTimestamp" not in pod["metadata"]:
                    self._api.delete(self._api.place("pods", pod["metadata"]["name"]))
        except ClusterError as error:
            return not error.is_passing  # it stays until the whole run is removed
        return True
