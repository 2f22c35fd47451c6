"""kfnb from Python: start runs, look at them, load what they made. The command line and the server call only this.

A run started here is driven by a thread of this process, so it works in a script, in an IPython shell and beside a
running event loop. Everything about a run is in the store: another process sees the same run through `Client.get`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from kfnb.artifacts.store import Store
from kfnb.client.person import who_starts
from kfnb.client.run import Listener, Run
from kfnb.errors import (
    ClusterError,
    Diagnostic,
    KfnbError,
    LeaseHeld,
    NotFound,
    OutsideError,
    Refused,
    StoreError,
    WrongCall,
    by_severity,
)
from kfnb.orchestrator import foresight, places, takeover
from kfnb.orchestrator.cache_key import imports_of
from kfnb.orchestrator.listing import find_run, names_under, read_info, the_only_one
from kfnb.orchestrator.parameters import effective_parameters
from kfnb.orchestrator.selection import select
from kfnb.orchestrator.versions import git_facts
from kfnb.runners import chosen
from kfnb.runners.local import LocalRunner, parallel_tasks
from kfnb.spec import PipelineSpec, RunInfo, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.compiler import Outline
    from kfnb.notebook.cells import Notebook
    from kfnb.profiles import Profile
    from kfnb.runners.run_objects import RunObjects
    from kfnb.suggestion import Suggestion

__all__ = ["Client", "Listener", "Run"]

MOST_ON_CLUSTER = 100
"""Tasks of a run at once on a cluster whose profile says nothing: its scheduler and quotas say the rest."""


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
        chosen.know_endpoints()
        self.home = Path(home).absolute() if home is not None else places.data_home()
        self.store = Store(root if root is not None else str(self.home / "store"))
        self.root = self.store.root
        self._given_home = home is not None
        self._elsewhere = root is not None
        self._prestarted = runner
        self._call = call
        self._lock = threading.Lock()

    def check(
        self,
        path: Path | str,
        *,
        allow_cpu: bool = False,
        on: Profile | None = None,
        content: dict[str, Any] | None = None,
        part: Mapping[str, str | None] | None = None,
    ) -> tuple[Diagnostic, ...]:
        """Return every finding about a notebook, errors first to last as they stand; nothing is run.

        What this machine lacks is among them (`allow_cpu`: steps that ask for a GPU may do without); or, `on` a
        cluster, what that lacks. ClusterError if it cannot be reached. `content`: the notebook's JSON (nbformat), where
        that is not what the file holds yet. `part`: options of `run` that choose steps, whose needs alone count then.
        """
        spec, found = _compiled(Path(path), content)
        if on is not None:
            found = tuple(one for one in found if one.code != "KF503")  # about this machine
        if spec is None:
            return by_severity(found)
        spec = _selected(spec, part or {})
        if on is not None:
            return by_severity((*found, *self._lacking_there(spec, Path(path), on, local=False)))
        return by_severity((*found, *self._lacking(spec, Path(path).name, allow_cpu=allow_cpu)))

    def outline(self, path: Path | str, content: dict[str, Any] | None = None) -> Outline:
        """Return what a notebook is seen to mean, mistakes or not; nothing is run.

        `content`: its JSON (nbformat), where that is not what the file holds yet. Refused if it is no notebook of
        Python with code in it.
        """
        from kfnb.compiler import outline_read  # not needed to look at runs

        return outline_read(_notebook(Path(path), content))

    def compile(self, path: Path | str) -> PipelineSpec:
        """Return what a notebook compiles to; Refused with its diagnostics if it has errors."""
        from kfnb.compiler import compile_notebook  # not needed to look at runs

        return compile_notebook(Path(path))

    def suggest(self, path: Path | str, *, skip: bool = False, content: dict[str, Any] | None = None) -> Suggestion:
        """Return steps proposed for a notebook, and the tags that make them; nothing is written or run.

        `skip`: cells that only explore are to be tagged `skip`. `content`: its JSON (nbformat), where that is not what
        the file holds yet. Refused if it has errors, whatever its steps.
        """
        from kfnb.compiler import compile_read  # not needed to look at runs
        from kfnb.suggestion import suggest_steps

        return suggest_steps(_notebook(Path(path), content), compile_read, skip=skip)

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
        runner.memory, runner.locks = self.home / "interpreters", self.home / "gpus"
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
        allow_cpu: bool = False,
        on: Profile | None = None,
        local_orchestrator: bool = False,
        preflight: bool = True,
        on_event: Listener | None = None,
        spec: PipelineSpec | None = None,
        asked_as: str = "",
    ) -> Run:
        """Start a run of the notebook at `path` and return it at once; `wait()` waits for its end.

        `params` are values for the notebook's parameters. `max_parallel`: tasks at a time (default: the number of
        processors, at least 2). `cache`: results of earlier runs are used where nothing they depend on has changed;
        not those of `from_step` and all steps below it. `only` runs this step alone, on earlier results of those above
        it; `until` leaves out what this step does not need. `fail_fast`: the first failure ends the run. `remember`:
        facts learned while running become tags of the notebook. `save`: which values are kept: those that a step
        needs, also every final value, or all. `detach`: a process of its own drives the run and outlives this one
        (`on_event` then hears nothing: see `Run.watch`). `allow_cpu`: steps that ask for a GPU run without one where
        there is none. `on`: a cluster to run on, whose runs this client must be for (`root`); the run is driven there
        and needs this machine no more, or by this one (`local_orchestrator`). `preflight`: the cluster is asked first
        whether it can run there at all.
        `on_event` is called with each event, from the thread that drives the run. Raises Refused, before anything runs,
        for what is wrong with the notebook or the parameters.
        `spec`: what the notebook compiles to, where the caller has it already. `asked_as`: a word that is kept with the
        run, for who looks for it by that.
        """
        most = max_parallel or (parallel_tasks() if on is None else on.max_parallel or MOST_ON_CLUSTER)
        options = {
            "max_parallel": most,
            "cache": cache,
            "from_step": from_step,
            "only": only,
            "until": until,
            "fail_fast": fail_fast,
            "save": save,
            "remember": remember,
            "detached": detach,
            "allow_cpu": allow_cpu,
        }
        if on is not None:
            return self._run_on_cluster(
                on,
                path,
                params,
                name=name,
                experiment=experiment,
                options=options,
                local=local_orchestrator,
                preflight=preflight,
                spec=spec,
                on_event=on_event,
                asked_as=asked_as,
            )
        call = self._call if self._call is not None else repr(sorted((params or {}).items()))
        seen = foresight.sight(str(path), call)
        foreseen = cache and from_step is None and only is None and foresight.expects_hits(self.home, seen)
        runner = None if detach else self._take_runner(start=not foreseen)
        try:
            info = self.prepare(
                path, params, name=name, experiment=experiment, options=options, spec=spec, asked_as=asked_as
            )
            if runner is not None:
                (runner.choose if foreseen else runner.prestart)(info.spec.kernel)
        except BaseException:
            if runner is not None:
                runner.close()
            raise
        run = Run(self.store, info, self.home)
        if runner is None:
            self.close()
            run.start_detached()
        else:
            run.start(runner, on_event, own=runner.leave_out, seen=seen)
        return run

    def _run_on_cluster(
        self,
        on: Profile,
        path: Path | str,
        params: Any,
        *,
        options: dict[str, Any],
        local: bool,
        preflight: bool,
        on_event: Listener | None,
        spec: PipelineSpec | None,
        **more: Any,
    ) -> Run:
        """Write the run down, ship the notebook's folder, and have the cluster (or, `local`, this machine) drive it."""
        if Store(on.root).root != self.root:
            raise WrongCall(f"Runs on cluster {on.name!r} lie in {on.root}, and this client is for {self.root}.")
        if not preflight:
            self._must_be_mounted(on)
        self.close()
        spec = spec if spec is not None else self.compile(path)
        found = self._lacking_there(_selected(spec, options), Path(path), on, local=local) if preflight else ()
        if any(one.severity == "error" for one in found):
            raise Refused(found)
        options |= chosen.cluster_options(on, local_orchestrator=local) | chosen.home_of(on)
        options |= self._locked(spec, Path(path))
        run = Run(self.store, self.prepare(path, params, options=options, spec=spec, **more), self.home)
        run.warnings = tuple(one for one in found if one.severity == "warning")
        try:
            self._drive_on_cluster(run, on_event, detach=options["detached"])
        except KfnbError as error:  # nothing drives it: it is over before it began
            with contextlib.suppress(StoreError):
                takeover.fail_undriven(run.store, run.id, str(error), time.time())
            raise
        return run

    def _must_be_mounted(self, on: Profile) -> None:
        """StoreError where the folder of the runs is not the one that pods have, which preflight would have said."""
        from kfnb.preflight.there import MOUNT_IT, unmounted  # for runs elsewhere only

        if why := unmounted(on):
            raise StoreError(f"{why} {MOUNT_IT}")

    def _locked(self, spec: PipelineSpec, path: Path) -> dict[str, Any]:
        """Return the option of a run elsewhere that says which packages its tasks need, at the kernel's versions."""
        from kfnb.runners.task_packages import lock  # for runs elsewhere only

        tasks = {task.name: task for task in spec.tasks}
        imports = {task.name: imports_of(task, tasks) for task in spec.tasks}
        return {"lock": msgspec.to_builtins(lock(spec, path.absolute().parent, self.home / "interpreters", imports))}

    def _drive_on_cluster(
        self, run: Run, on_event: Listener | None, *, detach: bool, again: bool | str = False
    ) -> None:
        there = run.there
        assert there is not None, "the run is one of this machine"
        if not run.info.options.get("local_orchestrator"):
            if again or not self._expects_hits(run):
                there.start_orchestrator(again=again, again_after=run.begins)
            else:
                self._settle(run, there)
            if on_event is not None:
                threading.Thread(target=_tell, args=(run, on_event), name=f"kfnb-{run.id}", daemon=True).start()
        elif detach:
            run.start_detached(again=again)
        else:
            run.start(chosen.cluster_runner(there, run.id, run.info.options), on_event, again=again)

    def _settle(self, run: Run, there: RunObjects) -> None:
        """Take from here what the cache has; who may start an orchestrator and not hold a run leaves that to it."""
        try:
            run.settle(chosen.cluster_runner(there, run.id, run.info.options), there.start_orchestrator)
        except ClusterError as error:
            if not error.lacks_right:
                raise
            there.start_orchestrator()

    def _expects_hits(self, run: Run) -> bool:
        """Say whether the same was run there from here before, so that this may need no pod, nor one to drive it."""
        if not run.info.options["cache"]:
            return False
        named = {"run_id": "", "name": "", "asked_as": ""}
        asked = msgspec.structs.replace(run.info, created=0.0, shipped=None, versions={}, **named)
        seen = foresight.sight_of_prepared(run.info.notebook_path, self.root, to_json(asked))
        expected = foresight.expects_hits(self.home, seen)
        foresight.note(self.home, seen)
        return expected

    def resume(
        self, run_id: str, *, task: str | None = None, detach: bool = False, on_event: Listener | None = None
    ) -> Run:
        """Go on with a run whose process is gone, or do anew what did not succeed in one that ended; return it at once.

        Nothing that succeeded runs again; the notebook is the run's own, as it was when the run began. A run that has
        SUCCEEDED is returned as it is. `task`: of a run that has ended only this task is done anew, with what it lacks,
        and then what waited for it; others that failed or were cancelled stay so. WrongCall if that cannot be.
        LeaseHeld if a process drives the run, or has just resumed it to its end. `detach`, `on_event`: as in `run`.
        """
        run = self.get(run_id)
        went_on = (task is not None or run.state != "SUCCEEDED") and run.wait_until_left()
        if run.state == "SUCCEEDED" and task is None:
            return run
        if went_on and task is None:
            said = f"Run {run.id} was resumed elsewhere a moment ago; `kfnb show {run.id}` says how it ended."
            raise LeaseHeld(said)
        try:
            with run.holding():
                if task is not None:
                    run.must_be_retriable(task)
                takeover.dismiss_requests(run.store, run.info, time.time())
        except LeaseHeld:
            raise run.held_elsewhere() from None
        again = task or True
        if run.there is not None:
            self.close()
            self._drive_on_cluster(run, on_event, detach=detach, again=again)
            return run
        if detach:
            self.close()
            run.start_detached(again=again)
            return run
        runner = self._take_runner()
        try:
            runner.leave_out = places.own_folders(self.home, run.store.local_path(""))
            runner.prestart(run.spec.kernel)
            run.start(runner, on_event, own=runner.leave_out, again=again)
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
        asked_as: str = "",
    ) -> RunInfo:
        """Compile a notebook and write down a run of it, without starting it."""
        path = Path(path)
        if spec is None:
            spec = self.compile(path)
        here = "on" not in (options or {})
        chosen_part = _selected(spec, options or {})
        allow_cpu = bool((options or {}).get("allow_cpu"))
        lacking = self._lacking(chosen_part, path.name, allow_cpu=allow_cpu) if here else ()
        if any(one.severity == "error" for one in lacking):
            raise Refused(lacking)
        parameters = effective_parameters(spec, params or {})
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
                started_by=who_starts(),
                asked_as=asked_as,
            )
            if not here:
                info = msgspec.structs.replace(info, shipped=places.run_key(info.run_id, "folder.json"))
            if self.store.create(places.run_key(info.run_id, "run.json"), to_json(info)):
                break
        if info.shipped is not None:
            self._ship(info, info.shipped)
        self.store.write(places.run_key(info.run_id, "notebook.ipynb"), content)
        if self._elsewhere:
            pointers = Store(str(self.home / "elsewhere"))
            pointers.write(info.run_id, self.root.encode())
        return info

    def _ship(self, info: RunInfo, key: str) -> None:
        """Put what tasks elsewhere need of the notebook's folder into the store; without it there is no run."""
        from kfnb.artifacts import shipping  # for runs elsewhere only

        own, beside = places.own_folders(self.home, None), shipping.named_beside(info.spec, info.folder)
        try:
            shipping.ship(info.folder, self.store, key, beside=beside, leave_out=own, memory=self.home / "shipped")
        except BaseException:
            self.store.remove(places.run_key(info.run_id))
            raise

    def _lacking(self, spec: PipelineSpec, notebook: str, *, allow_cpu: bool) -> tuple[Diagnostic, ...]:
        """Return what this machine lacks of what a pipeline asks for."""
        if not any(task.settings.limits or task.settings.requests for task in spec.tasks):
            return ()
        from kfnb.preflight import findings_here  # for notebooks that ask for something only

        found = findings_here(spec, allow_cpu=allow_cpu)
        return tuple(msgspec.structs.replace(one, notebook=notebook) for one in found)

    def _lacking_there(self, spec: PipelineSpec, path: Path, on: Profile, *, local: bool) -> tuple[Diagnostic, ...]:
        """Return what a cluster lacks of what a pipeline asks for, what is doubtful, and what could not be checked."""
        from kfnb.preflight import findings_there  # for runs elsewhere only

        found = findings_there(spec, on, self.home, path.absolute().parent, local=local)
        return tuple(msgspec.structs.replace(one, notebook=path.name) if one.cell else one for one in found)

    def get(self, run_id: str) -> Run:
        """Return a run by its id, by the beginning of it that no other run has, or as `last`.

        One that was not started with this data folder is looked for in the roots of the clusters that are known here,
        unless this client is for a certain root. NotFound if there is none, WrongCall if several are meant.
        """
        elsewhere = None if self._elsewhere else Store(str(self.home / "elsewhere"))
        found = find_run(self.store, elsewhere, run_id)
        if found is None:
            found = self._find_in_clusters(run_id)
        store, run = found
        return Run(store, read_info(store, run), self.home)

    def _find_in_clusters(self, run_id: str) -> tuple[Store, str]:
        message = f"There is no run {run_id} in {self.root}. `kfnb runs` lists those there are."
        if self._elsewhere:
            raise NotFound(message)
        from kfnb.client.elsewhere import in_clusters  # not needed for runs that are known here

        there = in_clusters(run_id, besides=self.root)
        found = the_only_one(run_id, there.runs)
        if found is None and there.clusters:
            message += f" Those of a cluster: `--on NAME`, which may be {', '.join(there.clusters)}."
        if found is None:
            raise NotFound(" ".join((message, *there.unread)))
        return found

    def runs(self) -> list[Run]:
        """Return all runs here, the newest first."""
        infos = (read_info(self.store, run) for run in names_under(self.store, "runs"))
        return [Run(self.store, i, self.home) for i in sorted(infos, key=lambda info: info.created, reverse=True)]


def _tell(run: Run, on_event: Listener) -> None:
    """Tell of a run of another process, until it has ended or cannot be seen; whoever waits for it says why then."""
    with contextlib.suppress(KfnbError):
        run.watch(on_event)


def _notebook(path: Path, content: dict[str, Any] | None) -> Notebook:
    """Return the notebook at `path`, or, of the same name and folder, the one that `content` is."""
    from kfnb.notebook.reader import checked_content, notebook_of, read_notebook

    return read_notebook(path) if content is None else notebook_of(path, checked_content(content, path.name))


def _compiled(path: Path, content: dict[str, Any] | None) -> tuple[PipelineSpec | None, tuple[Diagnostic, ...]]:
    """Return what a notebook compiles to, None if it has errors, and what was found in it."""
    from kfnb.compiler import check_notebook, compile_read  # not needed to look at runs

    if content is None:
        return check_notebook(path)
    try:
        return compile_read(_notebook(path, content))
    except Refused as refused:
        return None, refused.diagnostics


def _selected(spec: PipelineSpec, options: Mapping[str, Any]) -> PipelineSpec:
    """Return a pipeline with only those tasks that the options of a run let run."""
    selection = select(spec, options)
    tasks = (t for t in spec.tasks if t.name not in selection.left_out and t.name not in selection.needed)
    return msgspec.structs.replace(spec, tasks=tuple(tasks))
