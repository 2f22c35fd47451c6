"""kfnb from Python: start runs, look at them, load what they made. The command line and the server call only this.

A run started here is driven by a thread of this process, so it works in a script, in an IPython shell and beside a
running event loop. Everything about a run is in the store: another process sees the same run through `Client.get`.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from kfnb.artifacts.store import Store
from kfnb.errors import Diagnostic, KfnbError, OutsideError, RunFailed
from kfnb.orchestrator import detached, foresight, places, requests, results, takeover
from kfnb.orchestrator.events import EventReader, RunStatus
from kfnb.orchestrator.explain import Explanation, explain_run
from kfnb.orchestrator.handles import ArtifactHandle, TaskRun
from kfnb.orchestrator.lease import Lease, LeaseHeld, whoami
from kfnb.orchestrator.listing import find_run, names_under, read_info
from kfnb.orchestrator.loop import Loop, parallel_tasks
from kfnb.orchestrator.parameters import effective_parameters
from kfnb.orchestrator.projecting import following
from kfnb.orchestrator.scratch import Scratch
from kfnb.orchestrator.selection import select
from kfnb.orchestrator.versions import git_facts
from kfnb.runners.local import LocalRunner
from kfnb.spec import PipelineSpec, RunEvent, RunInfo, State, to_json

if TYPE_CHECKING:
    from kfnb.suggestion import Suggestion

Listener = Callable[[RunEvent], None]

_POLL_SECONDS = 0.2


class Client:
    """Runs of this machine. `home`: kfnb's data folder (default: KFNB_HOME, else the platform's).

    `root`: URI of another place for runs and artifacts (default: `home`/store). `runner`: one that was prestarted; the
    first run takes it over. `call`: what a command was called with, by which its repetition is recognised.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        root: str | None = None,
        runner: LocalRunner | None = None,
        call: str | None = None,
    ) -> None:
        self.home = Path(home).absolute() if home is not None else places.data_home()
        self.store = Store(root if root is not None else str(self.home / "store"))
        self.root = self.store.root
        self._given_home = home is not None
        self._elsewhere = root is not None
        self._prestarted = runner
        self._call = call
        self._lock = threading.Lock()

    def check(self, path: Path | str) -> tuple[Diagnostic, ...]:
        """Return every finding about a notebook, errors first to last as they stand; nothing is run."""
        from kfnb.compiler import check_notebook  # not needed to look at runs

        return check_notebook(Path(path))

    def compile(self, path: Path | str) -> PipelineSpec:
        """Return what a notebook compiles to; Refused with its diagnostics if it has errors."""
        from kfnb.compiler import compile_notebook  # not needed to look at runs

        return compile_notebook(Path(path))

    def suggest(self, path: Path | str, *, skip: bool = False) -> Suggestion:
        """Return steps proposed for a notebook, and the tags that make them; nothing is written or run.

        `skip`: cells that only explore are to be tagged `skip`. Refused if it has errors, whatever its steps.
        """
        from kfnb.compiler import compile_read  # not needed to look at runs
        from kfnb.suggestion import suggest_steps

        return suggest_steps(Path(path), compile_read, skip=skip)

    def apply_suggestion(self, suggestion: Suggestion, into: Path | str | None = None) -> Path:
        """Write the proposed tags into the notebook, or into a copy of it in the file `into`; return the path."""
        from kfnb.suggestion.records import apply

        return apply(suggestion, self.home / "suggested", Path(into) if into is not None else None)

    def remove_suggestion(self, path: Path | str) -> dict[str, tuple[str, ...]]:
        """Take the tags off a notebook that `apply_suggestion` wrote into it; return them by cell.

        WrongCall if none are remembered for it in this data folder.
        """
        from kfnb.suggestion.records import undo

        return undo(Path(path), self.home / "suggested")

    def prestart(self) -> None:
        """Start the process that forks tasks now, so that it loads while the notebook is read and compiled."""
        if self._prestarted is None:
            self._prestarted = self._take_runner()
            atexit.register(self.close)

    def close(self) -> None:
        """End what `prestart` started, if no run has taken it over."""
        with self._lock:
            runner, self._prestarted = self._prestarted, None
        if runner is not None:
            runner.close()
        atexit.unregister(self.close)

    def _take_runner(self, *, start: bool = True) -> LocalRunner:
        """Return a runner that belongs to the caller alone; started, unless nothing is expected to run (`start`)."""
        with self._lock:
            runner, self._prestarted = self._prestarted, None
        if runner is None:
            runner = LocalRunner(self.home if self._given_home else None)
            if start:
                runner.prestart()
        runner.leave_out = places.own_folders(self.home, self.store.local_path(""))
        runner.memory = self.home / "interpreters"
        return runner

    def run(
        self,
        path: Path | str,
        params: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        experiment: str = "Default",
        max_parallel: int | None = None,
        cache: bool = True,
        from_step: str | None = None,
        only: str | None = None,
        until: str | None = None,
        fail_fast: bool = False,
        remember: bool = False,
        save: Literal["needed", "final", "all"] = "final",
        detach: bool = False,
        on_event: Listener | None = None,
        spec: PipelineSpec | None = None,
    ) -> Run:
        """Start a run of the notebook at `path` and return it at once; `wait()` waits for its end.

        `params` are values for the notebook's parameters. `max_parallel`: tasks at a time (default: the number of
        processors, at least 2). `cache`: results of earlier runs are used where nothing they depend on has changed;
        not those of `from_step` and all steps below it. `only` runs this step alone, on earlier results of those above
        it; `until` leaves out what this step does not need. `fail_fast`: the first failure ends the run. `remember`:
        facts learned while running become tags of the notebook. `save`: which values are kept: those that a step
        needs, also every final value, or all. `detach`: a process of its own drives the run and outlives this one
        (`on_event` then hears nothing: see `Run.watch`). `on_event` is called with each event, from the thread that
        drives the run. Raises Refused, before anything runs, for what is wrong with the notebook or the parameters.
        `spec`: what the notebook compiles to, where the caller has it already.
        """
        options = {
            "max_parallel": max_parallel or parallel_tasks(),
            "cache": cache,
            "from_step": from_step,
            "only": only,
            "until": until,
            "fail_fast": fail_fast,
            "save": save,
            "remember": remember,
            "detached": detach,
        }
        call = self._call if self._call is not None else repr(sorted((params or {}).items()))
        seen = foresight.sight(str(path), call)
        foreseen = cache and from_step is None and only is None and foresight.expects_hits(self.home, seen)
        runner = None if detach else self._take_runner(start=not foreseen)
        try:
            info = self.prepare(path, params, name=name, experiment=experiment, options=options, spec=spec)
            if runner is not None:
                (runner.choose if foreseen else runner.prestart)(info.spec.kernel)
        except BaseException:
            if runner is not None:
                runner.close()
            raise
        run = Run(self.store, info, self.home)
        if runner is None:
            self.close()
            run._start_detached()
        else:
            run._start(runner, on_event, seen=seen)
        return run

    def resume(self, run_id: str, *, detach: bool = False, on_event: Listener | None = None) -> Run:
        """Go on with a run whose process is gone, or do anew what did not succeed in one that ended; return it at once.

        Nothing that succeeded runs again; the notebook is the run's own, as it was when the run began. A run that has
        SUCCEEDED is returned as it is. LeaseHeld if a process drives the run. `detach`, `on_event`: as in `run`.
        """
        run = self.get(run_id)
        if run.state == "SUCCEEDED":
            return run
        try:
            with run._lease:
                takeover.dismiss_requests(run.store, run.info, time.time())
        except LeaseHeld:
            raise LeaseHeld(f"Run {run.id} is living; `kfnb watch {run.id}` shows it, `cancel` ends it.") from None
        if detach:
            self.close()
            run._start_detached(again=True)
            return run
        runner = self._take_runner()
        try:
            runner.leave_out = places.own_folders(self.home, run.store.local_path(""))
            runner.prestart(run.spec.kernel)
            run._start(runner, on_event, again=True)
        except BaseException:
            runner.close()
            raise
        return run

    def prepare(
        self,
        path: Path | str,
        params: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        experiment: str = "Default",
        options: Mapping[str, Any] | None = None,
        spec: PipelineSpec | None = None,
    ) -> RunInfo:
        """Compile a notebook and write down a run of it, without starting it."""
        path = Path(path)
        if spec is None:
            spec = self.compile(path)
        parameters = effective_parameters(spec, params or {})
        select(spec, options or {})
        try:
            content = path.read_bytes()
        except OSError as error:
            raise OutsideError(f"The notebook {path} cannot be read: {error.strerror}.") from None
        versions = {"notebook_digest": spec.notebook_digest, "git": git_facts(path.absolute().parent)}
        while True:
            now = time.time()
            info = RunInfo(
                run_id=places.new_run_id(now),
                name=name or spec.name,
                experiment=experiment,
                spec=spec,
                parameters=parameters,
                created=now,
                folder=os.path.realpath(path.absolute().parent),
                notebook_path=str(path.absolute()),
                options={"given": sorted(params or {}), **(options or {})},
                versions=versions,
            )
            if self.store.create(places.run_key(info.run_id, "run.json"), to_json(info)):
                break
        self.store.write(places.run_key(info.run_id, "notebook.ipynb"), content)
        if self._elsewhere:
            pointers = Store(str(self.home / "elsewhere"))
            pointers.write(info.run_id, self.root.encode())
        return info

    def get(self, run_id: str) -> Run:
        """Return a run by its id, by the beginning of it that no other run has, or as `last`."""
        elsewhere = None if self._elsewhere else Store(str(self.home / "elsewhere"))
        store, found = find_run(self.store, elsewhere, run_id)
        return Run(store, read_info(store, found), self.home)

    def runs(self) -> list[Run]:
        """Return all runs here, the newest first."""
        infos = (read_info(self.store, run) for run in names_under(self.store, "runs"))
        return [Run(self.store, i, self.home) for i in sorted(infos, key=lambda info: info.created, reverse=True)]


class Run:
    """One run, living or over. What is asked of it is read from its events as they are now."""

    def __init__(self, store: Store, info: RunInfo, home: Path | None = None) -> None:
        self.store = store
        self.info = info
        self._home = home if home is not None else places.data_home()
        run_folder = store.local_path(places.run_key(info.run_id))
        self._lease = Lease(places.lease_path(self._home, run_folder, store.root, info.run_id))
        self.error: BaseException | None = None
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
    def has_ended(self) -> bool:
        """Whether nothing more happens to the run, unless it is resumed."""
        return self._now().ended

    @property
    def is_driven(self) -> bool:
        """Whether a process of this machine drives the run now."""
        return self._lease.is_held()

    @property
    def is_interrupted(self) -> bool:
        """Whether the run has not ended and the process that drove it is gone: `resume` goes on with it."""
        status = self._now()
        here = status.host in (None, whoami()["host"])
        return here and not status.ended and self._loop is None and not self.is_driven and not self._now().ended

    @property
    def why(self) -> str | None:
        """Why the run is in this state, where there is something to say beyond its tasks."""
        return self._now().why

    @property
    def tasks(self) -> dict[str, TaskRun]:
        """The tasks by name, in notebook order."""
        return {name: TaskRun(self, status) for name, status in self._now().tasks.items()}

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics by task and name; NaN is a float here."""
        return results.metric_numbers(self._now())

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
        return {**results.run_document(self.id, self._now()), "interrupted": self.is_interrupted}

    def __repr__(self) -> str:
        status = self._now()
        done = sum(task.state == "SUCCEEDED" for task in status.tasks.values())
        return f"<Run {self.id} {self.name!r} {status.state}: {done} of {len(status.tasks)} tasks done>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return _as_picture(self)

    def _ipython_display_(self) -> None:
        from kfnb.drawing.live_display import show  # only needed where a run is displayed

        show(lambda: _as_picture(self), lambda: self._now().ended)

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

    def cancel(self, now: bool = False) -> None:
        """Ask the run to stop: cleanly, so that each task saves what it has, or `now`. One that has ended stays so.

        A run that no process drives has ended when this returns; others end soon: `wait`.
        """
        if self._loop is not None:
            self._loop.cancel(now=now)
        elif not self._now().ended and not (self.is_interrupted and self._end_abandoned()):
            requests.ask(self.store, self.id, requests.Request(kind="cancel", now=now))

    def _end_abandoned(self) -> bool:
        try:
            with self._lease, Scratch(places.scratch_path(self._home, self.store.root, self.id)).held():
                takeover.cancel_abandoned(self.store, self.info, time.time())
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

    def _start(
        self,
        runner: LocalRunner,
        on_event: Listener | None = None,
        *,
        again: bool = False,
        seen: dict[str, Any] | None = None,
    ) -> None:
        self._now()  # what happened before, if it is taken up again
        if on_event is not None:
            self.subscribe(on_event)
        self._loop = Loop(
            self.info,
            self.store,
            runner,
            root=self.store.root,
            scratch=places.scratch_path(self._home, self.store.root, self.id),
            lease=self._lease,
            again=again,
            computing=self._home / "computing",
            own=runner.leave_out,
            on_events=self._take,
        )
        # Not a daemon: a script that ends without waiting still gets its run.
        threading.Thread(target=self._drive, args=(self._loop, seen), name=f"kfnb-{self.id}").start()
        _living.add(self)

    def _start_detached(self, *, again: bool = False) -> None:
        with self._lease:  # which the process inherits: there is no moment in which nobody holds it
            self._now()
            detached.start(self._home, self.store.root, self.id, self._lease, again=again)
            self._status.state = "PENDING"  # also if it had ended: it goes on

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
        except BaseException as error:
            self.error = error
            if not isinstance(error, KfnbError):
                self._take([RunEvent(kind="run-state", time=time.time(), state="FAILED", why=repr(error))])
        finally:
            _living.discard(self)
            self._done.set()

    def _take(self, events: list[RunEvent]) -> None:
        with self._lock:
            self._status.apply(events)
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
            with self._lock:
                events = self._reader.read()
            self._take(events)
        return self._status

    def _wait_from_afar(self, timeout: float | None) -> None:
        end = None if timeout is None else time.monotonic() + timeout
        # A run that has ended and is driven is about to go on, or its process is still busy with the end.
        while (not self._now().ended or self.is_driven) and not self.is_interrupted:
            if end is not None and time.monotonic() >= end:
                return
            time.sleep(_POLL_SECONDS)


def _as_picture(run: Run) -> dict[str, str]:
    from kfnb.drawing.run_html import run_bundle  # only needed where a run is displayed

    return run_bundle(run.spec, run.to_dict(), name=run.name)


_living: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _stop_living_runs() -> None:
    """Stop at once what still runs: only so when waiting for it at the end of the program was interrupted."""
    for run in list(_living):
        run.cancel(now=True)
        run._done.wait(5)
