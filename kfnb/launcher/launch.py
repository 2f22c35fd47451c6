"""Runs one attempt of one task, from its ExecutorInput to its ExecutorOutput; called by the forkserver and by a plain
start.

The calling process is the supervisor: it makes the private view, forks the body, watches it, and writes output.json,
notebook.ipynb and log.txt under the attempt's prefix whatever becomes of the body.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.artifacts.parallel import threads
from kfnb.artifacts.shipped import read_index
from kfnb.artifacts.store import Store
from kfnb.errors import Diagnostic, Fix, KfnbError, NoAccess
from kfnb.launcher import absent, guard, namespaces, own_fault, processes, stamps
from kfnb.launcher.body import Body
from kfnb.launcher.reports import PYTHON, Echo, TaskReport, Tell
from kfnb.launcher.shipped_view import ShippedView
from kfnb.launcher.stopping import Stopped
from kfnb.launcher.supervise import Ended, Supervisor
from kfnb.launcher.workdir import View, settle_outside
from kfnb.locks import FOLDER, try_lock
from kfnb.spec import ExecutorInput, ExecutorOutput, TaskError, Together, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kfnb.launcher.frames import Wires
    from kfnb.launcher.kernel import Kernel
    from kfnb.launcher.masking import Mask
    from kfnb.launcher.memory_limit import MemoryLimit
    from kfnb.launcher.own_image import OwnImage
    from kfnb.launcher.post import Post
    from kfnb.spec import Packages

DONE, USER_ERROR, WRONG_CALL, OUTSIDE, UNFIT, OWN_FAULT, CANCELED = 0, 1, 3, 4, 5, 70, 130
"""Exit codes of a launcher: succeeded, the task failed, called wrongly, something outside cannot be used just now, or
never from here, kfnb itself failed, cancelled."""

PLACE = "JOB_COMPLETION_INDEX"
"""The variable with which an Indexed Job tells each of its pods its place."""

_read_input = msgspec.json.Decoder(ExecutorInput).decode  # made once, before the fork: that takes longer than reading
_read_output = msgspec.json.Decoder(ExecutorOutput).decode


def run_input(
    uri: str, kernel: Kernel, tell: Tell, echo: Echo | None = None, *, patient: bool = False, together: bool = False
) -> int:
    """Run the attempt whose ExecutorInput is at `uri`; return the exit code. Writes the output document in any case.

    `tell` gets progress; `echo`, if given, gets all text that goes to the log (progress then has none). `patient`: a
    store that does not answer is waited for. `together`: at `uri` are elements started as one, of which this is one.
    """
    try:
        given = _read_input(_read(_own_input(uri, patient) if together else uri, patient))
    except (KfnbError, msgspec.MsgspecError) as error:
        said = f"The input of the task cannot be read: {str(error).rstrip('.')}."
        if isinstance(error, NoAccess):
            os.write(2, f"{said}\n".encode())
            return UNFIT
        os.write(2, f"{said} `kfnb resume` starts the step again, with a new one.\n".encode())
        return WRONG_CALL if isinstance(error, msgspec.MsgspecError) else OUTSIDE
    post, image = _post(given), _own_image(given)

    def tell_all(data: dict[str, Any]) -> None:
        tell(data)
        if post is not None:
            post.progress(data)
        if image is not None:
            image.begin()

    def is_silent() -> bool:  # on one machine `tell` is heard; in a pod nobody listens to that
        return post.is_silent if post is not None else given.shipped is not None

    code = _run(given, kernel, tell_all, echo, is_silent, patient=patient)
    if post is not None:
        post.exited(code)
    if image is not None:
        image.finish()
    return code


def _post(given: ExecutorInput) -> Post | None:
    if given.report_to is None:
        return None
    from kfnb.launcher.post import Post  # HTTP takes 6 ms to load, and runs on one machine have none

    return Post(given.report_to)


def _own_image(given: ExecutorInput) -> OwnImage | None:
    if not given.tells_image:
        return None
    from kfnb.launcher.own_image import OwnImage  # for one task of each image in a run

    return OwnImage(given)


def _read(uri: str, patient: bool) -> bytes:
    folder, _, name = uri.rpartition("/")
    return Store(folder or ".", patient=patient).read(name)


def _own_input(uri: str, patient: bool) -> str:
    """Return where the input lies of the element at this pod's place, which its Indexed Job says."""
    described, place = msgspec.json.decode(_read(uri, patient), type=Together), os.environ.get(PLACE, "")
    if not place.isdigit() or int(place) >= len(described.numbers):
        raise msgspec.ValidationError(f"{PLACE} is {place!r}, and the elements at {uri} are {len(described.numbers)}")
    return f"{described.before}{described.numbers[int(place)]}{described.after}"


def _run(
    given: ExecutorInput,
    kernel: Kernel,
    tell: Tell,
    echo: Echo | None,
    is_silent: Callable[[], bool],
    *,
    patient: bool,
) -> int:
    store = Store(given.root, patient=patient)
    mask = None
    try:
        mask = _mask(given)
        output = launch(given, store, kernel, tell, echo, is_silent, mask)
    except Stopped:
        output = ExecutorOutput(state="CANCELED", error=TaskError(message="The step was cancelled before it began."))
        with contextlib.suppress(KfnbError):
            store.write(f"{given.prefix}/output.json", to_json(output))
    except (KfnbError, OSError) as error:
        output = _hidden(_outside(given, error), mask)
        with contextlib.suppress(KfnbError):
            store.write(f"{given.prefix}/output.json", to_json(output))
        os.write(2, (f"{error}\n" if mask is None else mask.text(f"{error}\n")).encode())
        return UNFIT if isinstance(error, NoAccess) else OUTSIDE
    except Exception as error:
        own_fault.keep(given, store, error, mask)
        return OWN_FAULT
    return {"SUCCEEDED": DONE, "FAILED": USER_ERROR}.get(output.state, CANCELED)


def launch(
    given: ExecutorInput,
    store: Store,
    kernel: Kernel,
    tell: Tell = lambda data: None,
    echo: Echo | None = None,
    is_silent: Callable[[], bool] = lambda: False,
    mask: Mask | None = None,
) -> ExecutorOutput:
    """Run the attempt in a body forked from this process; return its output, which is then also in the store.

    `is_silent`: whether nobody hears what is told. `mask`: hides secrets in what the body says.

    Must be called in the main thread of a process of its own: it takes over its signals and its children.
    Raises what the store or the disk raises if not even the output can be written.
    """
    scratch = _scratch(given)
    given = msgspec.structs.replace(given, scratch=str(scratch))
    _hold(scratch)
    processes.adopt_orphans()
    with contextlib.ExitStack() as removed:
        removed.callback(shutil.rmtree, scratch, ignore_errors=True)
        if given.packages is not None and (lacking := _install(given, given.packages, scratch)) is not None:
            lacking = _hidden(lacking, mask)
            store.write(f"{given.prefix}/output.json", to_json(lacking))
            return lacking
        view = _view(given, store, scratch, kernel, removed)
        report = TaskReport(given, store, tell, echo, is_silent)
        rewrite = (os.fsencode(view.path), os.fsencode(view.folder)) if view.mirrored else None
        supervisor = Supervisor(given.task.cells, report, _timeout(given), rewrite, memory=_memory(given), mask=mask)
        report.collector = supervisor.collector
        with _stop_on_signals(supervisor) as wake:
            ended = supervisor.run(lambda wires: _body(given, kernel, view, store, wires), wake)
        output = _hidden(_compose(given, store, view, report, supervisor, ended), mask)
        if view.at_hand:
            view.settle_real()
            settle_outside(view, scratch)
        report.close()
        store.write(f"{given.prefix}/output.json", to_json(output))
        return output


def _install(given: ExecutorInput, wanted: Packages, scratch: Path) -> ExecutorOutput | None:
    """Install what the image lacks; return the failed task's output where that cannot be done."""
    from kfnb.launcher.packages import NotInstalled, install  # for pods only

    try:
        install(wanted, scratch / "packages")
    except NotInstalled as error:
        cell = next((cell.id for cell in given.task.cells if any(t.startswith("packages:") for t in cell.tags)), None)
        fix = Fix(
            "Use an image that has it (`kfnb image build` makes one), or name an index that pods reach: see "
            "`package_index` of the cluster's profile."
        )
        message = f"Step {given.task.name!r} {error}."
        return ExecutorOutput(state="FAILED", error=guard.finding(given, "KF624", message, cell=cell, fix=fix))
    return None


def _view(given: ExecutorInput, store: Store, scratch: Path, kernel: Kernel, removed: contextlib.ExitStack) -> View:
    """Lay out the task's view of the folder: from the folder itself, or from the store where it is not at hand.

    What comes from the store is waited for while libraries are loaded. `removed`: what is to be done in the end.
    """
    if given.shipped is not None:
        shipped = ShippedView(read_index(store, given.shipped), scratch)
        removed.callback(shipped.remove)
        with threads(1, "kfnb-view") as beside:  # it uses the store, and the body is forked next
            laid_out = beside.submit(shipped.lay_out, given.files, store)
            kernel.load(given.preload)
            laid_out.result()
        return shipped
    root = store.local_path("")
    view = View(given.folder, scratch, not _namespaces_work(), (scratch, *([root] if root is not None else [])))
    view.build(given.snapshot, given.files, store)
    if given.real:
        view.lead_out(given.real, _relative(given.task.effects.writes, view.folder))
    return view


def _scratch(given: ExecutorInput) -> Path:
    """Make the attempt's folder: where it was told to be, or among the temporary files of a pod that cannot do that."""
    wanted = Path(given.scratch)
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    except OSError:
        if given.shipped is None:
            raise
    return Path(tempfile.mkdtemp(prefix="kfnb-"))


def _hold(scratch: Path) -> None:
    """Lock the attempt's folder until this process and its body are gone; who takes the run up again waits for that."""
    with contextlib.suppress(OSError):  # a file system without locks
        try_lock(scratch, FOLDER)


def _body(given: ExecutorInput, kernel: Kernel, view: View, store: Store, wires: Wires) -> None:
    if not view.mirrored and not namespaces.enter_own_mounts():
        raise RuntimeError("a mount namespace could be had, and now it cannot")
    Body(given, kernel, view, store).run(wires)


def _relative(paths: Iterable[str], folder: Path) -> Iterator[str]:
    """Yield the absolute ones of `paths` that lie in the folder, relative to it."""
    start = f"{folder}/"
    return (path.removeprefix(start) for path in paths if path.startswith(start))


_works: list[bool] = []


def _namespaces_work() -> bool:
    """Try once a process tree, in a child: a namespace that was entered cannot be left."""
    if not _works:
        child = processes.fork()
        if child == 0:
            os._exit(0 if namespaces.enter_own_mounts() else 1)
        _works.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0)
    return _works[0]


def find_out_namespaces() -> None:
    """Find out now whether mount namespaces can be had, so that no task has to (the forkserver calls this)."""
    _namespaces_work()


def _timeout(given: ExecutorInput) -> float | None:
    limits = [t for t in (given.timeout, given.task.settings.timeout) if t is not None]
    return min(limits, default=None)


def _memory(given: ExecutorInput) -> MemoryLimit | None:
    limit = given.task.settings.limits.get("memory")
    if limit is None or not sys.platform.startswith("linux"):
        return None
    from kfnb.launcher.memory_limit import MemoryLimit
    from kfnb.notebook.quantities import amount

    return MemoryLimit(int(amount(limit)))


def _mask(given: ExecutorInput) -> Mask | None:
    if given.shipped is None:  # on the user's machine
        return None
    from kfnb.launcher.masking import mask_of

    return mask_of(given)


def _hidden(output: ExecutorOutput, mask: Mask | None) -> ExecutorOutput:
    return output if mask is None else mask.output(output)


@contextlib.contextmanager
def _stop_on_signals(supervisor: Supervisor) -> Iterator[int]:
    """Have SIGTERM, SIGHUP and SIGINT stop the body; yield a descriptor that wakes the supervisor up."""
    read, write = os.pipe()
    for descriptor in (read, write):
        os.set_blocking(descriptor, False)
    before = {
        n: signal.signal(n, lambda *_: supervisor.stop("canceled"))
        for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    }
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    try:
        yield read
    finally:
        signal.set_wakeup_fd(-1)
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # it is over: what is left is writing it down
        os.close(read)
        os.close(write)


def _compose(
    given: ExecutorInput, store: Store, view: View, report: TaskReport, supervisor: Supervisor, ended: Ended
) -> ExecutorOutput:
    """Put together what the body said and what was seen from outside."""
    said = ExecutorOutput(state="FAILED") if ended.result is None else _read_output(ended.result)
    changed: dict[str, Any] = {}
    if ended.stopped is not None and said.state != "SUCCEEDED":
        changed = _stopped(given, ended)
    elif ended.memory_peak is not None and said.state != "SUCCEEDED":
        changed = {"state": "FAILED", "error": _over_memory(given, ended, ended.memory_peak)}
    elif ended.result is None:
        changed = {"error": _death(given, ended)}
    made_of = stamps.made_of(given, view, said)
    files = view.changes(store)
    damaged = view.damaged_originals()
    if damaged and changed.get("state") != "CANCELED":
        message = (
            f"Step {given.task.name!r} changed {damaged[0]!r} in the notebook's folder itself, past kfnb, which links "
            "files of this size instead of copying them. Write to a new file, or copy it in the step first."
        )
        changed |= {"state": "FAILED", "error": guard.finding(given, "KF605", message)}
    if isinstance(view, ShippedView) and said.state == "SUCCEEDED" and not changed:
        not_here = absent.afterwards(given, view)
        changed = {"state": "FAILED", "error": not_here} if not_here is not None else {}
    return msgspec.structs.replace(
        said,
        files=files,
        files_read=made_of,
        cells=tuple(supervisor.results),
        warnings=(*said.warnings, *_warnings(given, report, supervisor, ended)),
        started=ended.started,
        finished=ended.finished,
        notebook=report.notebook_key,
        log=report.log_key,
        series=report.series_key if report.points.are_a_curve else None,
        python=PYTHON,
        **changed,
    )


def _stopped(given: ExecutorInput, ended: Ended) -> dict[str, Any]:
    cell = _cell_of(given, ended)
    if ended.stopped == "timeout":
        message = f"Step {given.task.name!r} ran longer than its timeout of {_timeout(given):g} s."
        return {"state": "FAILED", "error": guard.finding(given, "KF603", message, cell=cell)}
    return {"state": "CANCELED", "error": TaskError(message="The step was cancelled.", cell=cell)}


def _over_memory(given: ExecutorInput, ended: Ended, peak: int) -> TaskError:
    message = (
        f"Step {given.task.name!r} was stopped: it may use {given.task.settings.limits['memory']} of memory "
        f"(limit:memory:) and used {peak / 2**20:,.0f} MiB. Work on less data at a time, or raise the limit."
    )
    return guard.finding(given, "KF619", message, cell=_cell_of(given, ended))


def _over_pod_memory(given: ExecutorInput, ended: Ended) -> TaskError | None:
    """Return what to say where the kernel killed a body for its pod's limit; None if the pod has none."""
    from kfnb.launcher import memory_limit

    found = memory_limit.own_limit()
    if found is None:
        return None
    limit, peak = (f"{amount / 2**20:,.0f} MiB" for amount in found)
    asked = given.task.settings.limits.get("memory")
    whose = f"{asked} of memory (limit:memory:)" if asked else f"{limit} of memory (its cluster says so)"
    message = (
        f"Step {given.task.name!r} was killed: its pod may use {whose}, and it used {peak} when it wanted more. "
        "Work on less data at a time, or raise the limit."
    )
    return guard.finding(given, "KF619", message, cell=_cell_of(given, ended))


def _cell_of(given: ExecutorInput, ended: Ended) -> str | None:
    return given.task.cells[ended.running].id if ended.running is not None else None


def _death(given: ExecutorInput, ended: Ended) -> TaskError:
    """Say why a body ended without a result."""
    name, cell = given.task.name, _cell_of(given, ended)
    if ended.out_of_memory:
        if given.shipped is not None and (own := _over_pod_memory(given, ended)) is not None:
            return own
        message = (
            f"Step {name!r} was killed as the machine had no memory left. Give it less data at once, or more memory."
        )
        return guard.finding(given, "KF602", message, cell=cell)
    if ended.status < 0:
        number = -ended.status
        known = {s.value: s.name for s in signal.Signals}.get(number, str(number))
        more = "; often that is for lack of memory" if number == signal.SIGKILL else ""
        crash = (
            " (a crash in compiled code)"
            if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE)
            else ""
        )
        return guard.finding(given, "KF601", f"Step {name!r} was killed by signal {known}{crash}{more}.", cell=cell)
    message = f"The process of step {name!r} ended by itself (os._exit?, exit code {ended.status}) before it was done."
    return guard.finding(given, "KF600", message, cell=cell)


def _warnings(given: ExecutorInput, report: TaskReport, supervisor: Supervisor, ended: Ended) -> Iterator[Diagnostic]:
    notebook, cells = given.notebook_name, given.task.cells
    for number in sorted(supervisor.collector.truncated):
        message = "The cell printed more than a notebook keeps; the beginning is under it, the rest in the step's log."
        yield Diagnostic("KF611", "warning", message, notebook, cells[number].id)
    if report.truncated:
        yield Diagnostic("KF611", "warning", "The step printed more than its log keeps; the end was dropped.", notebook)
    for process in ended.leftovers if ended.stopped is None else ():
        message = (
            f"Process {process}, which step {given.task.name!r} started, was alive at its end and was ended with it; "
            "in one kernel it would have gone on. Wait for it in the step."
        )
        yield Diagnostic("KF614", "warning", message, notebook, guard._own_cell(given.task))


def _outside(given: ExecutorInput, error: Exception) -> ExecutorOutput:
    message = f"Step {given.task.name!r} could not be run or its results not kept: {error}"
    return ExecutorOutput(state="FAILED", error=guard.finding(given, "KF609", message))
