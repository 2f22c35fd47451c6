"""A run's own process: `python -m kfnb.run_process RUN` drives a run that was prepared (`Client.prepare`) to its end.

RUN is a run's id in the default store, or the folder of the run (…/store/runs/ID). SIGTERM and Ctrl-C cancel the run
cleanly, a second one at once. Exit codes are those of `kfnb run`.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import msgspec

from kfnb.artifacts.store import Store
from kfnb.errors import KfnbError, StoreError, WrongCall
from kfnb.orchestrator import places
from kfnb.orchestrator.loop import Loop
from kfnb.runners.local import LocalRunner
from kfnb.spec import RunInfo

EXIT_CODES = {"SUCCEEDED": 0, "FAILED": 1, "CANCELED": 130}


def run_prepared(run: str) -> int:
    """Drive the run called `run` to its end in this process; return the exit code."""
    home = places.data_home()
    folder = Path(run)
    is_folder = (folder / "run.json").is_file()
    root = str(folder.absolute().parent.parent) if is_folder else str(home / "store")
    store = Store(root)
    info = _read(store, folder.absolute().name if is_folder else run)
    runner = LocalRunner()
    runner.leave_out = places.own_folders(home, store.local_path(""))
    runner.prestart(info.spec.kernel)
    loop = Loop(info, store, runner, root=root, scratch=home / "scratch" / info.run_id)
    presses: list[int] = []

    def stop(number: int, frame: object) -> None:
        presses.append(number)
        loop.cancel(now=len(presses) > 1)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return EXIT_CODES[loop.run()]


def _read(store: Store, run_id: str) -> RunInfo:
    try:
        return msgspec.json.decode(store.read(places.run_key(run_id, "run.json")), type=RunInfo)
    except StoreError:
        raise WrongCall(f"There is no run {run_id} in {store.root}.") from None


def main() -> int:
    """Read the command line and drive the run that it names."""
    if len(sys.argv) != 2:
        print("usage: python -m kfnb.run_process RUN", file=sys.stderr)
        return WrongCall.exit_code
    try:
        return run_prepared(sys.argv[1])
    except KfnbError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
