"""One run as Python sees it: what it is, waiting for it, its results; and its start, which only the client asks for.

What is asked of it is read from its events as they are now. A run that this process drives is driven by a thread.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.errors import Diagnostic, KfnbError, LeaseHeld, NotFound, RunFailed, WrongCall
from kfnb.orchestrator import detached, foresight, places, requests, results, retrying, takeover
from kfnb.orchestrator.events import EventReader, RunStatus
from kfnb.orchestrator.explain import Explanation, explain_run
from kfnb.orchestrator.handles import ArtifactHandle, TaskRun
from kfnb.orchestrator.lease import Lease
from kfnb.orchestrator.loop import Loop
from kfnb.orchestrator.projecting import following
from kfnb.orchestrator.scratch import Scratch
from kfnb.orchestrator.together import started_with
from kfnb.runners import chosen
from kfnb.spec import PipelineSpec, RunEvent, RunInfo, State

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Sequence

    from kfnb.artifacts.store import Store
    from kfnb.launcher.points import Series
    from kfnb.orchestrator.results import CellOutputs
    from kfnb.runners.base import Runner
    from kfnb.runners.live_logs import LiveLogs
    from kfnb.runners.run_objects import RunObjects
    from kfnb.runners.task_objects import ClusterEvent, PodSeen

Listener = Callable[[RunEvent], None]
"""Called with each event of a run."""

_POLL_SECONDS = 0.2
_LEFT_SECONDS = 10.0
"""How long the process of a run that has ended is waited for."""


class Run:
    """One run, living or over. What is asked of it is read from its events as they are now."""

    def __init__(self, store: Store, info: RunInfo, home: Path | None = None) -> None:
        self.store = store
        self.info = info
        self._home = home if home is not None else places.data_home()
        self.there = chosen.run_objects(info.run_id, info.options)  # None: it runs on this machine
        run_folder = store.local_path(places.run_key(info.run_id))
        self.lease = Lease(places.lease_path(self._home, run_folder, store.root, info.run_id))
        self.error: BaseException | None = None
        self.warnings: tuple[Diagnostic, ...] = ()  # of what was looked at before it began, where this process began it
        self._status = RunStatus(info.spec)
        self._reader = EventReader(store, info.run_id)
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._loop: Loop | None = None
        self._done = threading.Event()

    # ---------------------------------------------------------------------------------------------------- what it is

    @property
    def id(self) -> str:
        """Name of the run, unique and sortable by time."""
        return self.info.run_id

    run_id = id

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.info.name

    @property
    def experiment(self) -> str:
        """The experiment that the run belongs to."""
        return self.info.experiment

    @property
    def created(self) -> float:
        """When the run was asked for: seconds since the epoch."""
        return self.info.created

    @property
    def started(self) -> float | None:
        """When its process began: seconds since the epoch."""
        return self._now().started

    @property
    def finished(self) -> float | None:
        """When it ended: seconds since the epoch."""
        return self._now().finished

    @property
    def notebook_path(self) -> str:
        """Where the notebook was."""
        return self.info.notebook_path

    @property
    def spec(self) -> PipelineSpec:
        """The pipeline that the notebook compiled to."""
        return self.info.spec

    @property
    def location(self) -> str:
        """Where everything about the run is kept."""
        return places.uri(self.store.root, places.run_key(self.id))

    @property
    def state(self) -> State:
        """State of the run now."""
        return self._now().state

    @property
    def begins(self) -> int:
        """How often the run was begun or taken up."""
        return self._now().begins

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to the run, unless it is resumed."""
        return self._now().ended

    @property
    def had_ended(self) -> bool:
        """Whether it had ended when that was last looked at: nothing is asked of the store."""
        return self._status.ended

    @property
    def cluster(self) -> str | None:
        """Name of the cluster that the run is on, as the profile was called where it was started; None: no cluster."""
        return self.info.options.get("on")

    @property
    def is_driven(self) -> bool:
        """Whether a process of this machine, or one in the run's cluster, drives the run now.

        Of a run that has not ended, in a cluster that cannot be asked from here (`unseen`), that is taken to be so.
        """
        if self.there is None:
            return self.lease.is_held()
        # A process of this machine that is only starting has not taken the lease there yet.
        if not self.drives_itself and self.lease.is_held():
            return True
        driven = self.there.is_driven()
        return driven if driven is not None else not self._now().ended

    @property
    def unseen(self) -> str | None:
        """Why the run's cluster could not be asked from here, lately, whether the run is driven; None: it could."""
        if self.there is None or not self.is_driven:
            return None
        return self.there.unseen

    @property
    def why_interrupted(self) -> str:
        """Why nothing drives an interrupted run any more, in words."""
        why = self.there.why_gone() if self.there is not None else None
        return why or "its process is gone"

    @property
    def drives_itself(self) -> bool:
        """Whether the run's orchestrator is in its cluster: it needs this machine no more."""
        return self.there is not None and not self.info.options.get("local_orchestrator")

    @property
    def is_interrupted(self) -> bool:
        """Whether the run has not ended and the process that drove it is gone: `resume` goes on with it."""
        status = self._now()
        if status.ended or self._loop is not None:
            return False
        is_gone = self.lease.is_left_by(status.host) if self.there is None else not self.is_driven
        return is_gone and not self._now().ended

    @property
    def waits(self) -> str | None:
        """Why the run's orchestrator has not begun in its cluster, which is asked; None if it has, or there is none."""
        if self.there is None or not self.drives_itself or self.state != "PENDING":
            return None
        return self.there.why_it_waits()

    @property
    def why(self) -> str | None:
        """Why the run is in this state, where there is something to say beyond its tasks."""
        return self._now().why

    @property
    def tasks(self) -> dict[str, TaskRun]:
        """The tasks by name, in notebook order."""
        return {name: TaskRun(self, status) for name, status in self._now().tasks.items()}

    def task(self, name: str) -> TaskRun:
        """Return the task called `name`; NotFound if there is none."""
        tasks = self.tasks
        if name not in tasks:
            raise NotFound(f"Run {self.id} has no task {name}. Its tasks are {', '.join(tasks)}.")
        return tasks[name]

    @property
    def batches(self) -> int:
        """How many batches of events there are: those after it are what is new (see `new_events`)."""
        self._now()
        return self._reader.next - 1

    def new_events(self, after: int = 0) -> EventReader:
        """Return a reader of the events after batch number `after`, those to come too; its `read` gives the next."""
        return EventReader(self.store, self.id, after)

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics by task and name; NaN is a float here."""
        return results.metric_numbers(self._now())

    def series(self) -> dict[str, dict[str, Series]]:
        """Return how metrics went, by task and name, where one was logged more than once; of living tasks as yet."""
        told = {
            name: task
            for name, task in self.tasks.items()
            if (task.progress.get("points") if task.output is None else task.output.series)
        }
        return {name: found for name, task in told.items() if (found := task.series())}

    @property
    def artifacts(self) -> dict[str, ArtifactHandle]:
        """The run's results by name: the last version of each notebook name, and what was logged under other names."""
        values: dict[str, ArtifactHandle] = {}
        logged: dict[str, ArtifactHandle] = {}
        for task, status in self._now().tasks.items():
            if status.output is not None and results.stands(status):
                values.update({n: ArtifactHandle(self, task, a) for n, a in status.output.artifacts.items()})
                logged.update({a.name: ArtifactHandle(self, task, a) for a in status.output.logged})
        return {name: found for name, found in {**logged, **values}.items() if not name.startswith("_kfnb_")}

    @property
    def facts(self) -> dict[str, tuple[str, str]]:
        """What was learned about the notebook: for each task that stopped with a fact, (cell, tag)."""
        return results.facts(self._now())

    def to_dict(self) -> dict[str, Any]:
        """Return the run as `kfnb show --json` prints it."""
        document = results.run_document(self.id, self._now())
        return {
            **document,
            "interrupted": self.is_interrupted,
            "cluster": self.cluster,
            "started_by": self.info.started_by or None,
        }

    def __repr__(self) -> str:
        status = self._now()
        done = sum(task.state == "SUCCEEDED" for task in status.tasks.values())
        return f"<Run {self.id} {self.name!r} {status.state}: {done} of {len(status.tasks)} tasks done>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from kfnb.client.display import picture  # only needed where a run is displayed

        return picture(self)

    def _ipython_display_(self) -> None:
        from kfnb.client.display import show  # only needed where a run is displayed

        show(self, self._now)

    # ------------------------------------------------------------------------------------------------ while it lives

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, at most `timeout` seconds, and return it; look at `state` for how it ended.

        A run of another process that is interrupted is returned too (`is_interrupted`), for nothing more happens then.

        An interrupt (Ctrl-C) while waiting cancels a run of this process cleanly, a second one at once, and
        KeyboardInterrupt is raised all the same. OutsideError if the run could not go on because of something outside,
        such as a full disk.
        """
        if self._loop is None:
            self._wait_from_afar(timeout)
            return self
        try:
            self._done.wait(timeout)
        except KeyboardInterrupt:
            self._loop.cancel(now=self._status.state == "CANCELING")
            raise
        if self._done.is_set() and self.error is not None:
            raise self.error
        return self

    def wait_until_left(self) -> bool:
        """Wait a while for the process of a run that has ended: it is busy with the end, or another one goes on.

        Return whether another one has gone on meanwhile, to the run's end again.
        """
        begins, end = self.begins, time.monotonic() + _LEFT_SECONDS
        while self.has_ended and self.is_driven and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return self.has_ended and self.begins > begins

    def cancel(self, now: bool = False) -> None:
        """Ask the run to stop: cleanly, so that each task saves what it has, or `now`. One that has ended stays so.

        A run that no process drives has ended when this returns; others end soon: `wait`.
        """
        if self.there is not None:
            self.there.look_anew()
        if self._loop is not None:
            self._loop.cancel(now=now)
        elif not self._now().ended and not (self._is_left_alone() and self._end_abandoned()):
            requests.ask(self.store, self.id, requests.Request(kind="cancel", now=now))

    def holding(self) -> contextlib.AbstractContextManager[object]:
        """Return the run's lease, to be held for a while; LeaseHeld where something drives the run."""
        return self.lease if self.there is None else self.there.lease()

    def held_elsewhere(self) -> LeaseHeld:
        """Return what says that something drives the run, and what can be done."""
        return LeaseHeld(f"Run {self.id} is living; `kfnb watch {self.id}` shows it, `cancel` ends it.")

    def must_be_retriable(self, task: str) -> None:
        """WrongCall, with what to do instead, unless this task can be done anew by itself. The lease is held."""
        retrying.must_be_retriable(self._now(), task)

    def _is_left_alone(self) -> bool:
        """Say whether nothing drives the run and answers; an orchestrator that cannot begin does not either."""
        return self.is_interrupted or (self.there is not None and self.there.why_it_waits() is not None)

    def _end_abandoned(self) -> bool:
        try:
            with self.holding(), Scratch(places.scratch_path(self._home, self.store.root, self.id)).held():
                if self.there is not None:
                    self.there.end_tasks()  # which save what they have
                takeover.cancel_abandoned(self.store, self.info, time.time())
                if self.there is not None:
                    self.there.remove()
        except LeaseHeld:  # it was only just starting
            return False
        return True

    def events(self) -> list[RunEvent]:
        """Return everything that has happened in the run so far, in order."""
        return EventReader(self.store, self.id).read()

    def watch(self, on_event: Listener, timeout: float | None = None) -> Run:
        """Call `on_event` with every event of the run so far and to come, until it ends or is interrupted; return it.

        Works for a run of any process, in the thread of the caller; at most `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        reader, status = EventReader(self.store, self.id), RunStatus(self.spec)
        while True:
            events = reader.read()
            status.apply(events)
            if events and status.ended:
                self._now()  # `had_ended` knows it then
            for event in events:
                on_event(event)
            if end is not None and time.monotonic() >= end:
                return self
            if not events:
                if status.ended and not self.is_driven:  # else its process is about to go on, or busy with its end
                    return self
                if self.is_interrupted:
                    return self
                time.sleep(_POLL_SECONDS)

    def live_logs(self, *, orchestrator: bool = False, follow: bool = True) -> LiveLogs:
        """Return what the pods of a run on a cluster print, as they do: those of its tasks, or of its `orchestrator`.

        `follow`: until they end; else what they have printed. WrongCall if the run has no such pods.
        """
        if self.there is None or (orchestrator and not self.drives_itself):
            driver = "it runs on this machine" if self.there is None else "it is driven from a machine"
            raise WrongCall(f"Run {self.id} has no such pods: {driver}.")
        return chosen.live_logs(self.there, self.id, self.store.read, orchestrator=orchestrator, follow=follow)

    def pod(self, task: str) -> PodSeen:
        """Return the pod of a task's last attempt in the run's cluster, which is asked; WrongCall if it is on none."""
        status, there = self.task(task), self._cluster_of(task)
        if status.cached or not status.attempt:
            why = "Its results were taken from an earlier run" if status.cached else "It has not been started"
            return chosen.no_pod(f"{why}, so it has no pod.")
        planned = self.spec.task(task)
        key, together = f"{places.attempt_key(self.id, planned.slug, status.attempt)}/input.json", None
        found = started_with(self.store, self.id, planned, status.attempt)
        if found is not None:
            key, together = found
        return there.pod(planned, status.attempt, places.uri(self.store.root, key), together)

    def cluster_events(self, task: str) -> list[ClusterEvent]:
        """Return what the run's cluster has to say of a task's last attempt; WrongCall if the run is on none."""
        status, there = self.task(task), self._cluster_of(task)
        if status.cached or not status.attempt:
            return []
        planned = self.spec.task(task)
        found = started_with(self.store, self.id, planned, status.attempt)
        return there.events(planned, status.attempt, found.together if found is not None else None)

    def _cluster_of(self, task: str) -> RunObjects:
        if self.there is None:
            raise WrongCall(f"Task {task} of run {self.id} has no pod: it runs on this machine.")
        return self.there

    def explain(self, step: str | None = None) -> list[Explanation]:
        """Say why each step, or the given one, ran or was taken from the cache: what differs from an earlier run."""
        return explain_run(self.store, self.info, self._now(), step)

    def subscribe(self, callback: Listener) -> Callable[[], None]:
        """Call `callback` with each further event of a run of this process; return what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def raise_for_state(self) -> Run:
        """Raise RunFailed if the run has not ended SUCCEEDED; else return it."""
        status = self._now()
        if status.state != "SUCCEEDED":
            whys = [f"{t.name}: {t.why}" for t in status.tasks.values() if t.state == "FAILED"] or [status.why or ""]
            raise RunFailed(f"Run {self.id} is {status.state}. " + "\n".join(whys))
        return self

    # ------------------------------------------------------------------------------------------------- its results

    def outputs_by_cell(self) -> dict[str, CellOutputs]:
        """Return what every cell of the notebook showed, by its id: what `write_outputs` puts under them."""
        return results.outputs_by_cell(self.store, self.spec, self._now())

    def write_outputs(self, into: Path | str | None = None) -> Path:
        """Put the outputs of every cell under it in the notebook `into` (default: the one that was run); code stays."""
        path = Path(into if into is not None else self.info.notebook_path)
        results.write_outputs(self.store, self.spec, self._now(), path)
        return path

    def files(self, into: Path | str | None = None) -> list[str]:
        """Do to the folder `into` (default: the notebook's) what the run did to its private view; return the paths."""
        folder = Path(into if into is not None else self.info.folder)
        return results.apply_files(self.store, results.written_files(self._now()), folder)

    def remember(self) -> dict[str, tuple[str, str]]:
        """Write the facts that were learned as tags into the notebook that was run; return them (see `facts`)."""
        results.remember(Path(self.info.notebook_path), self.facts)
        return self.facts

    # ------------------------------------------------------------------------------------------------------- inside

    def start(
        self,
        runner: Runner,
        on_event: Listener | None = None,
        *,
        own: Sequence[str] = (),
        again: bool | str = False,
        seen: dict[str, Any] | None = None,
    ) -> None:
        """Drive the run in a thread of this process, with `runner`, which is its own from now on. The client's.

        `own`: folders of kfnb's own on this machine, which the notebook does not see.
        """
        self._now()  # what happened before, if it is taken up again
        if on_event is not None:
            self.subscribe(on_event)
        self._loop = self._loop_with(runner, own=own, again=again, on_events=self._take)
        # Not a daemon: a script that ends without waiting still gets its run.
        threading.Thread(target=self._drive, args=(self._loop, seen), name=f"kfnb-{self.id}").start()
        _living.add(self)

    def settle(self, runner: Runner, elsewhere: Callable[[], None]) -> None:
        """Do here what needs no task to run; `elsewhere` is called if one must, and drives the run from then on."""
        loop = self._loop_with(runner, elsewhere=elsewhere)
        with following(self._home, self.store, self.info):
            loop.run()

    def _loop_with(self, runner: Runner, **more: Any) -> Loop:
        def lost(why: str) -> None:
            loop.leave(why)

        self.lease.lost = lost
        loop = Loop(
            self.info,
            self.store,
            runner,
            root=self.store.root,
            scratch=places.scratch_path(self._home, self.store.root, self.id),
            lease=self.lease if self.there is None else self.there.lease(lost),
            computing=self._home / "computing",
            **more,
        )
        return loop

    def start_detached(self, *, again: bool | str = False) -> None:
        """Start a process that drives the run and outlives this one; LeaseHeld if one does. The client's."""
        try:
            with self.lease:  # which the process inherits: there is no moment in which nobody holds it
                self._now()
                detached.start(self._home, self.store.root, self.id, self.lease, again=again)
                self._status.state = "PENDING"  # also if it had ended: it goes on
        except LeaseHeld:
            raise self.held_elsewhere() from None

    def _drive(self, loop: Loop, seen: dict[str, Any] | None) -> None:
        try:
            with following(self._home, self.store, self.info):
                loop.run()
            if not self._status.ended:  # it had been cancelled before it began
                self._take(self._reader.read())
            if seen is not None and loop.repeats:
                foresight.note(self._home, seen)
            if self.info.options.get("remember"):
                self.remember()
        except LeaseHeld:  # somebody else was a moment faster
            self.error = self.held_elsewhere()
        except BaseException as error:
            self.error = error
            if not isinstance(error, KfnbError) and not self._status.ended:
                self._take([RunEvent(kind="run-state", time=time.time(), state="FAILED", why=repr(error))])
        finally:
            _living.discard(self)
            self._done.set()

    def _take(self, events: list[RunEvent]) -> None:
        with self._lock:
            self._status.apply(events)
        self._tell(events)

    def _tell(self, events: list[RunEvent]) -> None:
        for event in events:
            for listener in list(self._listeners):
                try:
                    listener(event)
                except Exception:
                    import logging  # 8 ms that almost no run needs

                    logging.getLogger("kfnb").exception("A listener of run %s failed", self.id)

    def _now(self) -> RunStatus:
        """Return what the events say now; those of another process's run are read from the store."""
        if self._loop is None:
            with self._lock:  # threads that ask at the same time take what is new in its order
                events = self._reader.read()
                self._status.apply(events)
            self._tell(events)
        return self._status

    def _wait_from_afar(self, timeout: float | None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        # A run that has ended and is driven is about to go on, or its process is still busy with the end.
        while (not self._now().ended or self.is_driven) and not self.is_interrupted:
            if end is not None and time.monotonic() >= end:
                return
            time.sleep(_POLL_SECONDS)


_living: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _stop_living_runs() -> None:
    """Stop at once what still runs: only so when waiting for it at the end of the program was interrupted."""
    for run in list(_living):
        run.cancel(now=True)
        run._done.wait(5)
