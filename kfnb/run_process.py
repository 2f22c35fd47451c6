"""A run's own process: `python -m kfnb.run_process RUN` drives a run that was prepared (`Client.prepare`) to its end.

RUN is a run's id in the default store (or in the one at `--root URI`), or the folder of the run (…/store/runs/ID). A
run whose process was killed is taken up where it was; one that has ended stays as it ended, unless `--again` is given:
then all that did not succeed is done anew, or, with `--again=TASK`, that task and what waits for it. SIGTERM and Ctrl-C
cancel the run cleanly, a second one at once. Exit codes are those of `kfnb run`.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kfnb.artifacts.store import Store
from kfnb.errors import ClusterError, KfnbError, OutsideError, StoreError, WrongCall
from kfnb.orchestrator import crashes, places, results, takeover
from kfnb.orchestrator.events import EventReader, RunStatus
from kfnb.orchestrator.lease import Holder, Lease
from kfnb.orchestrator.loop import Loop
from kfnb.orchestrator.projecting import following
from kfnb.runners.chosen import cluster_runner, know_endpoints, run_objects
from kfnb.runners.local import LocalRunner
from kfnb.spec import RunEvent, RunInfo

if TYPE_CHECKING:
    from kfnb.runners.base import Runner
    from kfnb.runners.run_objects import RunObjects

EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "CANCELED": 130}


def run_prepared(
    run: str,
    root: str | None = None,
    *,
    again: bool | str = False,
    again_after: int | None = None,
    lease: int | None = None,
    in_cluster: bool = False,
) -> int:
    """Drive the run called `run` to its end in this process; return the exit code.

    `lease`: an inherited descriptor. `in_cluster`: this is the run's orchestrator pod. What ends it then is no wish to
    cancel (its node is drained): it leaves the run to the next pod. And how a run ended is no failure of the pod's.
    """
    know_endpoints()
    home = places.data_home()
    folder = Path(run)
    if (folder / "run.json").is_file():
        run, root = folder.absolute().name, str(folder.absolute().parent.parent)
    store = Store(root if root is not None else str(home / "store"))
    try:
        info = _read(store, run)
        there = run_objects(run, info.options, inside=in_cluster)
    except msgspec.MsgspecError as error:
        return _end_unreadable(store, run, error, in_cluster=in_cluster)
    if there is not None and in_cluster and (why := there.why_too_little_memory()) is not None:
        return _give_up(store, info, there, why, again_after=again_after if again else None)
    own = places.own_folders(home, store.local_path(""))
    held: Holder
    in_pods = cluster_runner(there, run, info.options, inside=in_cluster) if there is not None else None
    runner: Runner = in_pods if in_pods is not None else _local_runner(home, own, info.spec.kernel)
    if there is not None:
        held = there.lease(lambda why: loop.leave(why))
    else:
        path = places.lease_path(home, store.local_path(places.run_key(run)), store.root, run)
        held = Lease(path, lease, lambda why: loop.leave(why))
    loop = Loop(
        info,
        store,
        runner,
        root=store.root,
        scratch=places.scratch_path(home, store.root, run),
        lease=held,
        again=again,
        again_after=again_after,
        restarted=in_cluster,
        computing=home / "computing",
        own=own,
        on_events=_print if in_cluster else lambda events: None,
    )
    _on_signals(loop, leave=in_cluster)
    try:
        with contextlib.nullcontext() if in_cluster else following(home, store, info):
            end = loop.run()
    except Exception as error:
        if not in_cluster or not _has_ended(store, info):
            raise
        _print_error(error)
        return 0  # else this pod would be started again, for nothing
    if there is not None and in_pods is not None and in_cluster:
        if end != "CANCELED":
            in_pods.keep_images()
        else:  # nothing of it stays to be looked at, not even this pod
            with contextlib.suppress(ClusterError):
                there.remove()
        return 0
    if info.options.get("remember"):
        status = RunStatus(info.spec)
        status.apply(EventReader(store, info.run_id).read())
        results.remember(Path(info.notebook_path), results.facts(status))
    return EXIT_CODES[end]


def _end_unreadable(store: Store, run_id: str, error: Exception, *, in_cluster: bool) -> int:
    """Refuse a run that a newer or older kfnb has written; in a cluster, where nobody would see that, end it."""
    from importlib.metadata import version  # for this message only

    why = f"Run {run_id} was written by another kfnb than {version('kfnb')}, which is to drive it: {error}."
    if not in_cluster:
        raise OutsideError(why)
    takeover.fail_undriven(store, run_id, f"{why} The image must have the kfnb that starts runs.", time.time())
    print(why, file=sys.stderr)
    return 0


def _give_up(store: Store, info: RunInfo, there: RunObjects, why: str, *, again_after: int | None) -> int:
    """End a run whose orchestrator has too little memory for it; its tasks are removed, if need be by the next pod."""

    def remove_tasks() -> None:
        try:
            there.remove_tasks()
        except ClusterError as error:
            if error.is_passing:
                raise

    with there.lease():
        try:
            events = takeover.give_up(store, info, why, time.time(), remove_tasks, again_after=again_after)
        except KfnbError:
            raise
        except Exception as error:  # a mistake of kfnb's own: it may be spared the next pod, but not all that follow
            number = crashes.note(store, info.run_id, error)
            if number < crashes.MOST:
                raise
            _print_error(error)
            remove_tasks()
            with contextlib.suppress(msgspec.MsgspecError):  # of a log that cannot be read nobody learns how it ended
                why = crashes.in_words(info.run_id, error, number)
                takeover.fail_undriven(store, info.run_id, why, time.time())
            return 0
    _print(events)
    return 0


def _has_ended(store: Store, info: RunInfo) -> bool:
    status = RunStatus(info.spec)
    with contextlib.suppress(StoreError, msgspec.MsgspecError):
        status.apply(EventReader(store, info.run_id).read())
    return status.ended


def _print_error(error: Exception) -> None:
    if isinstance(error, KfnbError):
        print(error, file=sys.stderr)
    else:
        traceback.print_exception(error)


def _print(events: list[RunEvent]) -> None:
    """Write a line a change of state: what `kubectl logs` and `kfnb logs --orchestrator` show."""
    for event in events:
        if event.state is not None:
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event.time))
            what = f"task {event.task}" if event.task is not None else "run"
            print(f"{when} {what}: {event.state}" + (f": {event.why}" if event.why else ""), flush=True)


def _on_signals(loop: Loop, *, leave: bool) -> None:
    presses: list[int] = []

    def stop(number: int, frame: object) -> None:
        presses.append(number)
        if leave:
            loop.leave("its orchestrator was told to end")
        else:
            loop.cancel(now=len(presses) > 1)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _local_runner(home: Path, own: tuple[str, ...], kernel: str) -> LocalRunner:
    runner = LocalRunner()
    runner.leave_out, runner.kernel = own, kernel
    runner.memory, runner.locks = home / "interpreters", home / "gpus"
    return runner


def _read(store: Store, run_id: str) -> RunInfo:
    try:
        return msgspec.json.decode(store.read(places.run_key(run_id, "run.json")), type=RunInfo)
    except StoreError:
        raise WrongCall(f"There is no run {run_id} in {store.root}.") from None


def main() -> int:
    """Read the command line and drive the run that it names."""
    parser = argparse.ArgumentParser(prog="python -m kfnb.run_process", description="Drive a run to its end.")
    parser.add_argument("run", metavar="RUN", help="a run's id, or its folder")
    parser.add_argument("--root", metavar="URI", help="the store that holds it")
    parser.add_argument(
        "--again",
        metavar="TASK",
        nargs="?",
        const=True,
        default=False,
        help="do anew what did not succeed, or one task",
    )
    parser.add_argument(
        "--again-after",
        metavar="N",
        type=int,
        help="how often the run had been begun when that was asked: a process that is started again does it once",
    )
    parser.add_argument("--lease", type=int, metavar="FD", help="descriptor that holds the run's lease")
    parser.add_argument("--in-cluster", action="store_true", help="this is the run's orchestrator pod")
    parser.exit_on_error = False
    try:
        given = parser.parse_args()
    except argparse.ArgumentError as error:
        print(error, file=sys.stderr)
        return WrongCall.exit_code
    try:
        return run_prepared(
            given.run,
            given.root,
            again=given.again,
            again_after=given.again_after,
            lease=given.lease,
            in_cluster=given.in_cluster,
        )
    except KfnbError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
