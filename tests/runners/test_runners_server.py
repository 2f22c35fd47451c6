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
    """A shell in the place of the fork server; the exit code is appended to `told`."""
    return ServerProcess(["/bin/sh", "-c", script], os.environ, lambda *_: None, lambda _, code: told.append(code))


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
