"""What the launcher asks of the operating system about processes; used by supervise.py and forkserver.py.

Linux gives what is needed (prctl, /proc, pidfd); elsewhere the calls do what can be done and say nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import warnings
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    return int(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)) == 0


def die_with_parent(number: int, parent: int) -> None:
    """Have this process receive signal `number` when its parent, whose id is `parent`, dies."""
    if _prctl(_PR_SET_PDEATHSIG, number) and os.getppid() != parent:
        os.kill(os.getpid(), number)  # it died before we asked


def adopt_orphans() -> None:
    """Make this process the parent of every orphaned descendant, so that none can escape."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def fork() -> int:
    """Fork; Python's warning about threads of the parent is no concern of a task (libraries keep idle pools)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def children(pid: int) -> list[int]:
    """Return the living children of a process."""
    found: list[int] = []
    try:
        for listing in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, listing.read_text().split())
    except OSError:
        pass
    return found


def descendants(pid: int) -> list[int]:
    """Return all living descendants of a process, nearest first."""
    found, todo = [], [pid]
    while todo:
        below = children(todo.pop())
        found += below
        todo += below
    return found


def command_line(pid: int) -> str:
    """Return the command line of a process, or an empty string if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def kill_descendants() -> None:
    """Kill every descendant of this process and reap all of them; needs adopt_orphans."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        except ChildProcessError:
            return


def out_of_memory_kills() -> int:
    """Return how many processes this machine has killed for lack of memory since it started."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
