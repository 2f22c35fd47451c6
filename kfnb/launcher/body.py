"""The body of a task: the process that runs the user's code. Forked by launch.py, watched by supervise.py.

Enters the private view, brings session state, setup and inputs in, runs the cells, checks what they did, saves what
they gave, and tells the supervisor. Whatever it cannot tell (because it was killed) the supervisor makes up from what
it saw.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import importlib
import json
import os
import signal
import sys
import threading
import types
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb import digest, runtime
from kfnb.artifacts import functions, session
from kfnb.artifacts.store import Store
from kfnb.artifacts.values import load_values, save_values
from kfnb.errors import Diagnostic, Fix, KfnbError, NoDevice
from kfnb.launcher import absent, guard, namespaces, read_only
from kfnb.launcher.cells import Failure, run_cells
from kfnb.launcher.first_imports import drawing_as_by_hand
from kfnb.launcher.frames import Kind, Wires
from kfnb.launcher.outside_paths import own_folders
from kfnb.launcher.paths import PathRecord
from kfnb.launcher.prelude import SetupFailed, after_import, run_setup
from kfnb.launcher.sink import TaskSink
from kfnb.runtime import json_number
from kfnb.spec import FAN_COUNT, FAN_ITEM, Artifact, Blob, ExecutorInput, ExecutorOutput, FileRead, TaskError, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kfnb.launcher.kernel import Kernel
    from kfnb.launcher.workdir import View

_EARLY = ("environ", "cwd", "sys.path")
"""Session state that imports depend on; the rest (random numbers) is restored last, so that loading draws nothing."""

_LIBRARY_THREADS = frozenset(
    [
        "IPython",
        "asyncio",
        "concurrent",
        "ipykernel",
        "joblib",
        "kfnb",
        "loky",
        "matplotlib",
        "multiprocessing",
        "numexpr",
        "sklearn",
        "tornado",
        "tqdm",
        "zmq",
    ]
)
"""Packages that keep threads of their own; a user's own threads at the end of a step are a warning."""


def connect(kernel: Kernel, wires: Wires) -> None:
    """Make this freshly forked process a kernel's: its streams, its signals, its descriptors."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # type: ignore[misc]  # noqa: SIM115
    for stream in kernel.streams:
        stream._original_stdstream_copy = wires.log
    kernel.channel.attach(wires.frames, wires.stdout, wires.stderr)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:  # forked from a process that has it loaded: every task would draw the same numbers
        numpy_random.seed()


def _origin(given: ExecutorInput) -> str:
    """Return what the same task over the same values has in common, and no other task."""
    values = {name: artifact.group.digests for name, artifact in given.inputs.items() if artifact.group is not None}
    return digest.of_json([given.task.name, given.task.statements_digest, values, given.parameters])


class Body:
    """One task in its process."""

    def __init__(self, given: ExecutorInput, kernel: Kernel, view: View, store: Store) -> None:
        self._given = given
        self._task = given.task
        self._kernel = kernel
        self._namespace: dict[str, Any] = kernel.shell.user_ns
        self._view = view
        self._store = store
        here = str(view.path if view.mirrored else view.folder)
        withheld = None if view.at_hand else view.not_shipped
        self._record = PathRecord(here, view.linked, str(view.folder) if view.mirrored else None, view.real, withheld)
        self._definitions = frozenset(given.task.definitions)
        self._sink = self._new_sink(store)
        self._watched: dict[str, bytes | None] = {}
        self._loaded: Any = None
        self._warnings: list[Diagnostic] = []

    def _new_sink(self, store: Store) -> TaskSink:
        given = self._given
        return TaskSink(store, given.run_id, self._definitions, self._quietly, given.run_status, self._say_point)

    def _say_point(self, name: str, step: float | None, value: Any) -> None:
        self._kernel.channel.send(Kind.POINT, -1, json.dumps([name, step, value]).encode())

    def run(self, wires: Wires) -> None:
        """Do all of it, and report. Returns once the report is sent."""
        self._enter_view()
        connect(self._kernel, wires)
        functions.made_by(_origin(self._given))
        output = self._guarded()
        self._kernel.channel.send(Kind.RESULT, -1, to_json(output))
        with self._kernel.channel.muted():
            atexit._run_exitfuncs()  # temporary folders go, uploads finish

    def _enter_view(self) -> None:
        view = self._view
        if not view.mirrored:
            self._keep_store_reachable()
            for path in view.environments:
                namespaces.bind(view.folder / path, view.path / path)
            if any(entry.is_symlink() for entry in map(view.path.joinpath, view.linked)):
                self._mount_folder("originals", read_only=True)
            if view.real:
                self._mount_folder("outlet", read_only=False)
            namespaces.bind(view.path, view.folder)
        os.chdir(view.path if view.mirrored else view.folder)
        self._record.install()

    def _mount_folder(self, name: str, *, read_only: bool) -> None:
        place = self._view.mounts / name
        place.mkdir(parents=True, exist_ok=True)
        namespaces.bind(self._view.folder, place, read_only=read_only)

    def _keep_store_reachable(self) -> None:
        """If the store lies in the notebook's folder, the view is about to cover it: go through an open descriptor."""
        root = self._store.local_path("")
        if root is not None and root.resolve().is_relative_to(self._view.folder):
            root.mkdir(parents=True, exist_ok=True)
            self._store = Store(f"/proc/self/fd/{os.open(root, os.O_RDONLY | os.O_DIRECTORY)}", called=str(root))
            self._sink = self._new_sink(self._store)

    def _guarded(self) -> ExecutorOutput:
        try:
            error = self._prepare()
            if error is None:
                error = self._run_cells()
            self._kernel.channel.send(Kind.BODY_DONE, -1)
            return self._failed(error) if error is not None else self._finish()
        except SetupFailed as failed:
            return self._failed(self._setup_error(failed))
        except NoDevice as error:
            fix = Fix("Give this step a GPU too (`gpu:1`), or move the value to the CPU where it is made (`.cpu()`).")
            return self._failed(guard.finding(self._given, "KF623", str(error), fix=fix))
        except KfnbError as error:
            return self._failed(guard.finding(self._given, "KF609", str(error)))
        except KeyboardInterrupt:
            return self._failed(TaskError(message="The step was interrupted.", ename="KeyboardInterrupt"))
        except Exception as error:
            kind = type(error).__name__
            message = f"kfnb itself failed around step {self._task.name!r}: {kind}: {error}. Please report this."
            return self._failed(guard.finding(self._given, "KF616", message))

    # ---------------------------------------------------------------------------------------------- before the cells

    def _prepare(self) -> TaskError | None:
        own = list(sys.path)
        self._restore(_EARLY)
        if self._given.packages is not None:
            from kfnb.launcher.packages import keep_on_path  # for pods only

            keep_on_path(own)
        beyond = self._record.beyond
        beyond.kept_apart = own_folders(Path(self._given.scratch), self._store.local_path(""))
        for name in self._task.parameters:  # setup may need them: a function's default, a setting's argument
            if name in self._given.parameters:
                self._namespace[name] = self._given.parameters[name]
        beyond.recording = True
        run_setup(self._kernel, self._task.setup)
        beyond.recording = False
        if self._given.inputs:
            with self._kernel.channel.muted():
                self._loaded = load_values(self._store, self._inputs_in_order(), self._namespace)
            _show_figures_inline()
            if "matplotlib.figure" in sys.modules:
                import matplotlib.pyplot  # noqa: F401  # a figure that flows is shown as where it was made
        with self._kernel.channel.muted():  # a module that printed when it was first imported does not print again
            self._restore([p for p in self._given.state if p not in _EARLY])
        for provider in self._task.state_watch:
            self._watch(provider)
        runtime.install(self._sink)
        missing = [i.name for i in self._task.inputs if not i.optional and i.name not in self._given.inputs]
        if missing and not self._task.settings.on_exit:  # which may read what was produced; else it is a NameError
            return guard.finding(self._given, "KF617", f"{missing[0]!r} was not given to step {self._task.name!r}.")
        return None

    def _inputs_in_order(self) -> dict[str, Artifact]:
        """Return the inputs in the order of their producers: of a class that flows, the last loaded state holds."""
        place = {name: number for number, name in enumerate(self._task.ancestors)}
        producers = {i.name: place.get(i.producer, -1) for i in self._task.inputs}
        return dict(sorted(self._given.inputs.items(), key=lambda item: producers.get(item[0], -1)))

    def _restore(self, providers: Any) -> None:
        for provider in providers:
            if provider in self._given.state:
                data = self._store.get(self._given.state[provider])
                session.restore(provider, self._swapped(data, str(self._view.folder), str(self._view.path)))

    def _swapped(self, data: bytes, old: str, new: str) -> bytes:
        """Put one folder's path in place of another in session state, where the view lies elsewhere than the folder."""
        return data.replace(os.fsencode(old), os.fsencode(new)) if self._view.mirrored else data

    def _watch(self, provider: str) -> None:
        """Remember a provider's state; where its library is not imported yet, as it is right after that."""
        library = {"numpy.random": "numpy.random", "torch.random": "torch"}.get(provider)
        if library is None:
            self._watched[provider] = session.snapshot(provider)
            return

        def remember() -> None:
            self._watched[provider] = session.snapshot(provider)

        after_import(library, remember)

    def _setup_error(self, failed: SetupFailed) -> TaskError:
        error = failed.error
        return TaskError(
            message=f"{type(error).__name__}: {error}",
            ename=type(error).__name__,
            evalue=str(error),
            traceback=failed.traceback,
            cell=failed.setup.cell or None,
        )

    # ---------------------------------------------------------------------------------------------- the cells

    def _run_cells(self) -> TaskError | None:
        self._record.recording = self._record.beyond.recording = True
        try:
            with self._imports():
                failure = run_cells(self._kernel, self._task.cells, self._given.parameters)
        finally:
            self._record.recording = self._record.beyond.recording = False
        self._warn_of_leftovers()
        return None if failure is None else self._user_error(failure)

    def _imports(self) -> AbstractContextManager[None]:
        """Watch over imports only where Python's random numbers are part of the notebook's state."""
        seeded = "random" in {*self._given.state, *self._task.state_outputs, *self._task.state_watch}
        return drawing_as_by_hand(self._task.first_imports) if seeded or self._task.first_imports else nullcontext()

    def _user_error(self, failure: Failure) -> TaskError:
        if failure.exited:
            message = (
                f"exit() was called in step {self._task.name!r}, which ends a kernel; use an if, or raise an error."
            )
            return guard.finding(self._given, "KF604", message, cell=failure.cell.id)
        self._note_missing()
        not_here = absent.finding(self._given, self._view, self._record, getattr(sys, "last_value", None))
        if not_here is not None:
            return msgspec.structs.replace(not_here, cell=failure.cell.id)
        error, taken = getattr(sys, "last_value", None), self._given.inputs
        if failure.ename == "ValueError" and read_only.is_look_into_input(error, self._namespace, taken):
            message = (
                f"ValueError: {failure.evalue}. Whether pandas hands out an array that can be written to depends on "
                "what else refers to the frame's memory, which is not kept between steps: take a copy "
                "(`.to_numpy().copy()`)."
            )
            return guard.finding(self._given, "KF618", message, cell=failure.cell.id)
        return TaskError(
            message=f"{failure.ename}: {failure.evalue}" if failure.evalue else failure.ename,
            ename=failure.ename,
            evalue=failure.evalue,
            traceback=failure.traceback,
            cell=failure.cell.id,
        )

    def _note_missing(self) -> None:
        """Count what the body looked for in vain as read: a step above may be writing it."""
        error = getattr(sys, "last_value", None)
        if isinstance(error, ModuleNotFoundError) and error.name:
            place = error.name.replace(".", "/")
            self._record.missed(f"{place}.py")
            self._record.missed(f"{place}/__init__.py")
        elif isinstance(error, FileNotFoundError) and isinstance(error.filename, (str, bytes)):
            self._record.missed(error.filename)

    def _warn_of_leftovers(self) -> None:
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not _is_librarys(thread):
                self._warn("KF612", f"thread {thread.name!r}")
        loop = asyncio.get_event_loop_policy().get_event_loop()
        for task in asyncio.all_tasks(loop):
            self._warn("KF613", f"asyncio task {task.get_coro().__qualname__!r}")  # type: ignore[union-attr]

    def _warn(self, code: str, what: str) -> None:
        message = (
            f"The {what} that step {self._task.name!r} started was still alive at its end, and was ended with it; "
            "in one kernel it would have gone on. Wait for it in the step."
        )
        self._warnings.append(
            Diagnostic(code, "warning", message, self._given.notebook_name, guard._own_cell(self._task))
        )

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Keep what kfnb does while the body runs out of the record of paths."""
        record = self._record
        before, record.recording, record.beyond.recording = record.recording, False, False
        try:
            yield
        finally:
            record.recording = record.beyond.recording = before

    # ---------------------------------------------------------------------------------------------- after the cells

    def _failed(self, error: TaskError, **more: Any) -> ExecutorOutput:
        return ExecutorOutput(
            state="FAILED",
            error=error,
            logged=tuple(self._sink.logged),
            metrics=self._sink.metrics,
            parameters=self._sink.parameters,
            paths_read=self._record.read(),
            warnings=tuple(self._warnings),
            **more,
        )

    def _finish(self) -> ExecutorOutput:
        task, given = self._task, self._given
        state_after = {p: session.snapshot(p) for p in dict.fromkeys((*task.state_watch, *task.state_outputs))}
        error = (
            guard.check_inputs(given, self._loaded, self._namespace)
            or guard.check_mates(given, self._loaded, self._namespace)
            or guard.check_state(given, self._watched, state_after)
        )
        records = {**guard.record_scalars(given, self._namespace), **self._spread()}
        error = error or self._check_folder()
        if error is not None:
            return self._failed(error)
        absent = tuple(o.name for o in task.outputs if o.name not in self._namespace)
        with self._kernel.channel.muted():
            artifacts, unsaved = self._save()
            self._store.verify_pending()
        error = self._check_saved(artifacts, unsaved)
        if error is not None:
            return self._failed(error)
        holding = self._holding_path(artifacts)
        bound = (f"{holding!r} holds the path of the folder in a pod",) if holding is not None else ()
        beyond = (*self._record.beyond.effects(), *bound)
        real, here = str(self._view.folder), str(self._view.path)
        state_out = {
            p: self._store.put(self._swapped(data, here, real))
            for p in task.state_outputs
            if (data := state_after[p]) is not None
        }
        return ExecutorOutput(
            state="SUCCEEDED",
            artifacts=artifacts,
            logged=tuple(self._sink.logged),
            absent=absent,
            unsaved=unsaved,
            records=records,
            metrics={**self._tagged_metrics(), **self._sink.metrics},
            parameters=self._sink.parameters,
            state_out=state_out,
            paths_read=self._record.read(),
            files_read=tuple(FileRead(path=p) for p in (*self._record.beyond.inside, *self._record.beyond.read())),
            beyond=beyond,
            warnings=tuple(self._warnings),
        )

    def _spread(self) -> dict[str, int]:
        """Bind each item of the list that a fan-out goes over to a name of its own, and return how many there are."""
        if self._task.spread is None:
            return {}
        items = self._namespace[self._task.spread]
        self._namespace.update({f"{FAN_ITEM}{number}": item for number, item in enumerate(items)})
        return {FAN_COUNT: len(items)}

    def _check_folder(self) -> TaskError | None:
        if not self._view.at_hand:
            return absent.finding(self._given, self._view, self._record)
        written = self._record.written_elsewhere
        if not written:
            return None
        message = (
            f"Step {self._task.name!r} wrote to {written[0]!r} by its absolute path: the notebook's folder itself, "
            "which a run leaves as it is. Write to a relative path, or run where mount namespaces are allowed."
        )
        return guard.finding(self._given, "KF605", message)

    def _tagged_metrics(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self._task.metrics:
            value = guard.plain(self._namespace.get(name))
            if isinstance(value, str):
                found[name] = value
            else:
                try:
                    found[name] = json_number(runtime.scalar(value))
                except TypeError:
                    continue  # not a scalar: no metric
        return found

    def _save(self) -> tuple[dict[str, Artifact], dict[str, str]]:
        task = self._task
        names = [o.name for o in task.outputs if o.needed or self._given.save != "needed"]
        items = [f"{FAN_ITEM}{number}" for number in range(len(self._namespace[task.spread]))] if task.spread else []
        names += items
        if self._given.save == "all":
            names += [name for name in self._user_names() if name not in names]
        if task.hot or task.clashes:  # an input that shares with what a later task changes belongs to its group
            names += [i.name for i in task.inputs if i.name not in names]
        saved = save_values(
            self._store,
            self._namespace,
            names,
            by_reference=self._definitions,
            alone=frozenset(items),
            beside=frozenset(task.spread_beside),
        )
        return dict(saved.artifacts), dict(saved.unsaved)

    def _user_names(self) -> Iterator[str]:
        hidden = self._kernel.shell.user_ns_hidden
        setup = {name for setup in self._task.setup for name in setup.names}
        for name, value in self._namespace.items():
            if not (name.startswith("_") or name in hidden or name in setup or isinstance(value, types.ModuleType)):
                yield name

    def _check_saved(self, artifacts: Mapping[str, Artifact], unsaved: Mapping[str, str]) -> TaskError | None:
        task = self._task
        lost = [o.name for o in task.outputs if o.needed and o.name in unsaved]
        if lost:
            message = (
                f"{lost[0]!r}, which a later step needs, cannot be handed on from step {task.name!r}: "
                f"{unsaved[lost[0]]}"
            )
            return guard.finding(self._given, "KF607", message)
        if self._view.mirrored and not self._view.lasting:
            leaking = self._holding_path(artifacts)
            if leaking is not None:
                message = (
                    f"The value of {leaking!r} holds the path of step {task.name!r}'s private folder, soon gone. "
                    "Keep a relative path, or run where user namespaces are allowed."
                )
                return guard.finding(self._given, "KF606", message)
        return guard.check_sharing(self._given, artifacts)

    def _holding_path(self, artifacts: Mapping[str, Artifact]) -> str | None:
        """Return the name of a value that holds the path of a view that does not lie where the folder does."""
        if not self._view.mirrored:
            return None
        return next((artifact.name for artifact in artifacts.values() if self._holds_path(artifact)), None)

    def _holds_path(self, artifact: Artifact) -> bool:
        blobs: list[Blob] = [artifact.group.pickle] if artifact.group is not None else []
        place = os.fsencode(self._view.path)
        return any(place in self._store.get(blob) for blob in blobs)


def _show_figures_inline() -> None:
    """If a figure was loaded, have figures shown as pictures: by hand the notebook's first plot has seen to that."""
    matplotlib_figure = sys.modules.get("matplotlib.figure")
    if matplotlib_figure is None or "inline" not in os.environ.get("MPLBACKEND", ""):
        return
    if any(issubclass(type(found), matplotlib_figure.Figure) for found in gc.get_objects()):
        importlib.import_module("matplotlib_inline.backend_inline")


def _is_librarys(thread: threading.Thread) -> bool:
    """Say whether a library keeps this thread for itself (a progress bar's monitor, an idle worker of a pool)."""
    target = getattr(thread, "_target", None) or getattr(thread, "function", None)
    own = getattr(target, "__module__", None) or ""
    kind = type(thread).__module__
    return kind.partition(".")[0] in _LIBRARY_THREADS or own.partition(".")[0] in _LIBRARY_THREADS
