"""A run's objects in its cluster as its owner handles them from a laptop: its orchestrator, its lease, its removal.

Used by the client and by the run's own process. The orchestrator's Job owns everything else of its run (the ConfigMap,
which owns the tasks' Jobs, and so their pods); removing it removes all.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from kfnb.errors import ClusterError, LeaseHeld
from kfnb.runners import cluster_lease, pod_state, task_objects
from kfnb.runners.api_server import PATIENCE, ApiError, ApiServer, Foreign, Unreachable
from kfnb.runners.cluster_lease import ClusterLease
from kfnb.runners.job_manifest import RUN, Attempt, foreign, job, job_name, owner_reference, run_labels, run_name
from kfnb.runners.killed_for_memory import too_little_memory
from kfnb.runners.orchestrator_job import orchestrator_job, orchestrator_name
from kfnb.runners.pod_patch import BadPatch
from kfnb.runners.run_home import Elsewhere, must_be_at, was_made_anew
from kfnb.runners.seats import Seat
from kfnb.runners.task_objects import PodSeen
from kfnb.runners.waiting import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.profiles import Profile
    from kfnb.runners.job_manifest import Owner
    from kfnb.runners.run_home import RunHome
    from kfnb.runners.task_objects import ClusterEvent
    from kfnb.spec import Task, Together

_BATCH = "batch/v1"
_LEASES = "coordination.k8s.io/v1"
_START = "kfnb.dev/start"
"""The annotation of an orchestrator's Job by which whoever asked for it knows it."""
_LOOK_EVERY, _LOOK_AFTER_SILENCE = 1.0, 15.0
_READ_ANEW = 10.0
"""Seconds after which a kubeconfig that did not lead to the run's cluster is read anew."""
_QUICK = 5.0

_silent: dict[tuple[str | None, ...], tuple[float, str]] = {}
"""Clusters that did not answer, since when, and why: a look waits for that, and many runs are looked at in a row."""


class RunObjects:
    """The objects of run `run_id` in the cluster of `profile`. Nothing is asked of the cluster before the first use.

    `home`: where the run lives, if that is known. Whatever is asked of another cluster raises Elsewhere.
    """

    def __init__(self, profile: Profile, run_id: str, home: RunHome | None = None) -> None:
        self.profile = profile
        self._run_id = run_id
        self._home = home
        self._server: ApiServer | None = None
        self._found: tuple[float, ApiServer] | None = None  # what was reached last, and when its kubeconfig was read
        self._elsewhere: str | None = None  # why that is not the run's cluster
        self._looked = 0.0
        self._driven: bool | None = None
        self.unseen: str | None = None
        """Why the cluster could not be asked lately what drives the run."""
        self._lease: ClusterLease | None = None

    @property
    def api(self) -> ApiServer:
        """The cluster."""
        return self._reach(PATIENCE)

    def _reach(self, patience: float) -> ApiServer:
        if self._server is not None:
            return self._server
        now = time.monotonic()
        if self._found is None or now - self._found[0] >= _READ_ANEW:
            server = ApiServer(self.profile.context, self.profile.kubeconfig, self.profile.namespace)
            self._found, self._elsewhere = (now, server), None
        if self._elsewhere is not None:
            raise Elsewhere(self._elsewhere)
        _, server = self._found
        if self._home is not None:
            try:
                must_be_at(self._home, server, self._run_id, patience=patience)
            except Elsewhere as error:
                self._elsewhere = str(error)
                raise
        self._server = server
        return server

    def lease(self, lost: Callable[[str], None] = lambda why: None) -> ClusterLease:
        """Return the run's lease, to be taken; `lost` is told if it cannot be kept."""
        self._lease = ClusterLease(self.api, run_name(self._run_id), run_labels(self._run_id), lost)
        return self._lease

    def belong_to(self, owner: Owner) -> None:
        """Have the lease of this process, if it holds it, go with the object that owns the run."""
        if self._lease is not None:
            self._lease.belong_to(owner_reference(owner))

    def may_act(self) -> bool:
        """Say whether nobody else can be driving the run, as far as this process's lease of it goes."""
        return self._lease is None or self._lease.is_mine()

    def start_orchestrator(self, *, again: bool | str = False, again_after: int | None = None) -> None:
        """Have the cluster drive the run. LeaseHeld if something drives it already, ClusterError if it refuses.

        `again`: what did not succeed in a run that ended is done anew, or of that the task of this name; an
        orchestrator that has ended makes way. `again_after`: as orchestrator_job has it.
        """
        try:
            manifest = orchestrator_job(self.profile, self._run_id, again=again, again_after=again_after)
        except BadPatch as error:
            message = f"The pod patch of cluster `{self.profile.name}` cannot be applied: {error}."
            raise ClusterError(message) from error
        manifest["metadata"]["annotations"] = {_START: os.urandom(8).hex()}
        while not self._try_create(manifest):
            self._make_way()
        self.look_anew()

    def _try_create(self, job: pod_state.Object) -> bool:
        """Make a Job; false if there is one of its name. One that was made and whose answer was lost is ours."""
        try:
            self.api.create(self.api.place("jobs", group=_BATCH), job)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            found = self._orchestrator()
            ours = job["metadata"]["annotations"][_START]
            return found is not None and ours == (found["metadata"].get("annotations") or {}).get(_START)
        return True

    def _make_way(self) -> None:
        """Remove an orchestrator that has ended; LeaseHeld if it has not, ClusterError if it is somebody else's Job."""
        found = self._orchestrator()
        if found is None:  # by now
            return
        if not run_labels(self._run_id).items() <= (found["metadata"].get("labels") or {}).items():
            raise Foreign(foreign("Job", orchestrator_name(self._run_id), self.api.namespace))
        if not _has_ended(found):
            raise LeaseHeld(f"Run {self._run_id} is driven by its orchestrator in the cluster already.")
        try:  # it alone: another machine may be doing the same, and have started the next one meanwhile
            self.api.delete(self.api.place("jobs", found["metadata"]["name"], _BATCH), only=found)
        except ApiError as error:
            if error.status != 409:
                raise
        time.sleep(0.2)  # it is not gone at once, nor what it owns, for which the next one waits

    def is_driven(self) -> bool | None:
        """Say whether something drives the run, or is about to; None if that was never seen.

        Looks once a second, and less often at a cluster that did not answer this process: lists of runs wait for that.
        """
        if time.monotonic() - self._looked < (_LOOK_EVERY if self.unseen is None else _LOOK_AFTER_SILENCE):
            return self._driven
        since, why = _silent.get(self._where, (0.0, ""))
        if why and time.monotonic() - since < _LOOK_AFTER_SILENCE:
            self.unseen = why
            return self._driven
        try:
            self._reach(_QUICK)
            found = self._orchestrator()
            there = found is not None and not _has_ended(found)
            self._driven, self.unseen = there or self._is_held(), None
        except ClusterError as error:  # out of reach, for a moment or for this machine: what was seen last counts
            self.unseen = str(error)
            if isinstance(error, ApiError | Unreachable) and error.is_passing:  # then `_silent` says when to look again
                _silent[self._where] = (time.monotonic(), str(error))
                return self._driven
        _silent.pop(self._where, None)
        self._looked = time.monotonic()
        return self._driven

    def look_anew(self) -> None:
        """Have the next look ask the cluster, also where it did not answer just now: somebody wants to act."""
        _silent.pop(self._where, None)
        self._looked = 0.0

    @property
    def _where(self) -> tuple[str | None, ...]:
        return (self.profile.context, self.profile.kubeconfig, self.profile.namespace)

    def _is_held(self) -> bool:
        try:
            return cluster_lease.holder(self.api, run_name(self._run_id)) is not None
        except ApiError as error:
            if error.status != 403:
                raise
            return False  # who may not see leases has none that drive runs by themselves

    def why_gone(self) -> str | None:
        """Say why nothing of the run can be there any more: its namespace was deleted; None if that is not so."""
        with contextlib.suppress(ClusterError):
            if (why := cluster_lease.why_nothing_is_there(self.api)) is not None:
                return why
            if self._home is not None and was_made_anew(self._home, self.api):
                return f"the namespace {self.api.namespace} was deleted and made anew since it was started"
        return None

    def why_it_waits(self) -> str | None:
        """Say why the orchestrator has not begun, in words; None if it has, or there is none."""
        selector = f"batch.kubernetes.io/job-name={orchestrator_name(self._run_id)}"
        with contextlib.suppress(ClusterError):
            self._reach(_QUICK)
            pods = self.api.get(self.api.place("pods"), {"labelSelector": selector}, patience=_QUICK)["items"]
            pod = max(pods, key=lambda one: str(one["metadata"]["creationTimestamp"]), default=None)
            job = self._orchestrator() if pod is None else None
            around = Surroundings(self.api).around(job, pod)
            seen = pod_state.of_pod(pod, around) if pod is not None else None
            if job is not None and not _has_ended(job):
                seen = pod_state.of_job(job, around)
            if seen is not None and seen.kind != "runs" and seen.code != 0:
                return seen.why or f"its orchestrator ended with exit code {seen.code} and is started again"
        return None

    def pod(self, task: Task, attempt: int, uri: str, together: Together | None = None) -> PodSeen:
        """Return the pod of an attempt, or what it was made of where it is gone.

        `uri`: of its input; of what is described where it is one of several that were started `together`.
        """
        seat = self._seat(task, attempt, together)
        found = task_objects.pod_of(self.api, seat)
        if found is not None:
            return PodSeen(found, is_there=True)
        made = Attempt(self._run_id, task.name, task.slug, attempt, uri, task.settings)
        if together is not None:
            count, fan = len(together.numbers), task.slug.rpartition(".")[0]
            made = made._replace(task=together.task, slug=fan, elements=count, parallelism=together.most, name=seat.job)
        template = {"apiVersion": "v1", "kind": "Pod", **job(self.profile, made)["spec"]["template"]}
        return PodSeen(
            task_objects.shown(template), is_there=False, why="There is no pod of it now; this is what it is made of."
        )

    def events(self, task: Task, attempt: int, together: Together | None = None) -> list[ClusterEvent]:
        """Return the cluster's events about an attempt, as long as it keeps them."""
        return task_objects.events_of(self.api, self._seat(task, attempt, together))

    def _seat(self, task: Task, attempt: int, together: Together | None) -> Seat:
        if together is None:
            return Seat(job_name(self._run_id, task.slug, attempt))
        fan, _, number = task.slug.rpartition(".")
        name = job_name(self._run_id, f"{fan}.{together.numbers[0]}", attempt)
        return Seat(name, together.numbers.index(int(number)))

    def end_tasks(self) -> None:
        """Remove the run's tasks and wait until their pods have ended, having saved what they have; then kill them."""
        self.api.delete(self.api.place("jobs", orchestrator_name(self._run_id), _BATCH))
        self.api.delete(self.api.place("configmaps", run_name(self._run_id)))
        end = time.monotonic() + self.profile.grace_seconds + pod_state.END_SEEN
        while living := [pod for pod in self._pods() if pod["status"].get("phase") in ("Pending", "Running")]:
            for pod in living if time.monotonic() > end else ():
                self.api.delete(self.api.place("pods", pod["metadata"]["name"]), grace=0)
            time.sleep(_LOOK_EVERY)

    def why_too_little_memory(self) -> str | None:
        """Say why this process, the run's orchestrator, has not the memory that it needs; None if it may have."""
        return too_little_memory(self.api, self._run_id)

    def remove_tasks(self) -> None:
        """Remove the run's tasks; what runs is ended with its grace time."""
        self.api.delete(self.api.place("configmaps", run_name(self._run_id)))

    def remove(self) -> None:
        """Remove every object of the run; what runs is ended with its grace time."""
        self.api.delete(self.api.place("jobs", orchestrator_name(self._run_id), _BATCH))
        self.api.delete(self.api.place("configmaps", run_name(self._run_id)))
        self.api.delete(self.api.place("leases", run_name(self._run_id), _LEASES))

    def _orchestrator(self) -> pod_state.Object | None:
        return self.api.find(self.api.place("jobs", orchestrator_name(self._run_id), _BATCH), patience=_QUICK)

    def _pods(self) -> list[pod_state.Object]:
        found = self.api.get(self.api.place("pods"), {"labelSelector": f"{RUN}={self._run_id}"})
        pods: list[pod_state.Object] = found["items"]
        return pods


def pod_address() -> str | None:
    """Return the address of the pod that this process runs in, which its manifest gave it; None outside a cluster."""
    return os.environ.get("KFNB_POD_IP") or None


def _has_ended(job: pod_state.Object) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)
