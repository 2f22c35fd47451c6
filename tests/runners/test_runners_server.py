"""The fork server as seen from outside, where it is another program that does what a fork server must not do."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from kfnb.runners import server as server_module
from kfnb.runners.server import ServerProcess


def shell(script: str, told: list[Any]) -> ServerProcess:
    """A shell in the place of the fork server; what it says, its exit code and what broke are appended to `told`."""

    def take(_: ServerProcess, said: Any) -> None:
        told.append(said["number"] if isinstance(said, dict) else said)

    return ServerProcess(["/bin/sh", "-c", script], os.environ, take, take, lambda error: told.append(repr(error)))


def test_a_server_that_is_closed_is_not_waited_for_by_what_others_keep_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something that left its group holds its output: `close` returns all the same, and the end is told when it is."""
    monkeypatch.setattr(server_module, "_EXIT_SECONDS", 0.1)
    told: list[int] = []
    pid = tmp_path / "pid"
    server = shell(f"setsid sh -c 'echo $$ > {pid}; exec sleep 60' & exec sleep 60", told)
    server.listen()
    while not (pid.exists() and pid.read_text()):
        os.sched_yield()
    server.close(gently=False)
    assert [] == told
    os.kill(int(pid.read_text()), signal.SIGKILL)  # it lives still
    server._reader.join()
    assert [-9] == told


def test_an_end_is_told_to_who_listens_after_it() -> None:
    """A process that ends before anybody listens is not missed."""
    told: list[int] = []
    server = shell("exit 3", told)
    os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
    assert [] == told
    server.listen()
    server._reader.join()
    assert [3] == told
    server.close(gently=False)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"number": 1}', [1, 0]),
        ("5\n[]\nnull\nloaded!\n{", [0]),  # by a library, on what it takes for its standard output
        ('{"number": 1}\n{"other": 2}', [1, "KeyError('number')"]),
    ],
)
def test_what_is_said_is_handed_on_and_a_mistake_in_that_is_told(said: str, told: list[Any]) -> None:
    """What is no event is passed over; an error of whoever takes an event ends the listening and is not lost."""
    heard: list[Any] = []
    server = shell(f"cat <<'END'\n{said}\nEND", heard)
    server.listen()
    server._reader.join()
    assert told == heard
    server.close(gently=False)
