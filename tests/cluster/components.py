"""Long-lived processes of the cluster: each is recorded by its id and what it was started with.

So another process can tell whether it is alive, kill it, and start the same again.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster.places import LOGS, RUN
from tests.cluster.shell import PATH, ClusterError, found, wait_until, write

FOLDER = RUN / "components"
_MARK = "KFNB_TEST_CLUSTER"
"""In the environment of every component, and so of what it starts."""


@dataclass(frozen=True)
class Component:
    """A process: its id, when it began (ticks after the machine's start), and what starts it again."""

    name: str
    pid: int
    began: int
    command: list[str]
    env: dict[str, str]


def start(name: str, *command: str | Path, env: dict[str, str] | None = None) -> int:
    """Start a process that outlives this one, in a session of its own; its words go to `logs/NAME.log`."""
    words = [str(word) for word in command]
    program = found(words[0])
    if program is None:
        raise ClusterError(f"{words[0]}, which {name} is started with, is not there. `setup` installs it.")
    LOGS.mkdir(parents=True, exist_ok=True)
    log = os.open(LOGS / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        pid = os.posix_spawn(
            program,
            words,
            {"PATH": PATH, "HOME": "/", _MARK: str(RUN), **(env or {})},  # no proxy, no credentials of who starts it
            file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0)] + [(os.POSIX_SPAWN_DUP2, log, to) for to in (1, 2)],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGPIPE),
        )
    finally:
        os.close(log)
        os.close(nothing)
    began = _began(pid)
    write(FOLDER / f"{name}.json", json.dumps(asdict(Component(name, pid, began or 0, words, env or {}))), 0o600)
    return pid


def start_again(name: str) -> int:
    """Start a component that was stopped, with what it was started with; nothing where it is alive."""
    component = recorded(name)
    return component.pid if alive(name) else start(name, *component.command, env=component.env)


def stop(name: str) -> None:
    """Kill a component, without grace: as a crash does, and because the API server's own end takes a minute."""
    component = recorded(name)
    if alive(name):
        kill([component.pid])
        wait_until(lambda: not alive(name), f"The end of {name}", 20)


def alive(name: str) -> bool:
    """Whether the very process that was recorded lives: its id may have gone to another since."""
    if name not in names():
        return False
    component = recorded(name)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(component.pid, os.WNOHANG)  # one that this process started itself must be collected
    return _began(component.pid) == component.began


def marked() -> list[int]:
    """Ids of all living processes that a component is or started, recorded or not; containers do not count."""
    mark = f"{_MARK}={RUN}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if mark in (process / "environ").read_bytes().split(b"\0") and _began(int(process.name)):
                found.append(int(process.name))
    return found


def kill(pids: Iterable[int]) -> None:
    """Kill these processes; one that has ended is no matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def names() -> list[str]:
    """All components that were ever started in this cluster."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def recorded(name: str) -> Component:
    """What is known of a component; ClusterError where there is none of this name."""
    if name not in names():
        raise ClusterError(
            f"There is no component {name!r}: there are {', '.join(names()) or 'none, the cluster is down'}."
        )
    return Component(**json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def last_words(name: str) -> str:
    """The end of a component's log."""
    with contextlib.suppress(OSError):
        return "\n".join((LOGS / f"{name}.log").read_text("utf-8", "replace").splitlines()[-15:])
    return ""


def _began(pid: int) -> int | None:
    """When the process began, None where it has ended; proc(5): the 22nd field of stat, after a name in parentheses."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
