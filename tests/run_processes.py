"""The living processes of runs, as seen from outside; for tests of any room that look for them or kill them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable
from pathlib import Path


def processes_of(home: Path) -> list[int]:
    """Living processes, other than this one, that have KFNB_HOME set to `home`."""
    mark = f"KFNB_HOME={home}".encode()
    return [process for process in every_process() if process != os.getpid() and mark in _read(process, "environ")]


def orchestrators_of(home: Path) -> list[int]:
    """Those of them that drive a run; one that ends in the moment of looking is none."""
    return [process for process in processes_of(home) if "kfnb.run_process" in command_of(process)]


def every_process() -> list[int]:
    """All processes of this machine."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def command_of(process: int) -> list[str]:
    """The command line of a process; nothing in it if it is gone."""
    return [part.decode(errors="replace") for part in _read(process, "cmdline")]


def _read(process: int, name: str) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes().split(b"\0")
    except OSError:
        return []


def kill_each(processes: Iterable[int]) -> int:
    """Send each process SIGKILL, and say how many there were still: what was listed may end before it is killed."""
    killed = 0
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            killed += 1
    return killed


def kill_all(home: Path) -> None:
    """Kill every process of the runs in `home` with SIGKILL, and wait until they are gone."""
    while found := processes_of(home):
        kill_each(found)
        os.sched_yield()
