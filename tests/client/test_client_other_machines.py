"""Runs of this data folder whose process is, or was, on another machine, which gives signs of life."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_notebooks import Signs, until, write_notebook

from kfnb.client import Client, Run
from kfnb.errors import LeaseHeld, OutsideError
from kfnb.history import History
from kfnb.history.filters import run_filter
from kfnb.orchestrator import lease as leases
from tests.run_processes import kill_all, processes_of

AWAY = """
import fcntl, socket
socket.gethostname = lambda: "away"
fcntl.flock = lambda *_: None
"""
"""Makes a process one of another machine, whose locks are not seen here."""


@pytest.fixture
def signs(tmp_path: Path) -> Signs:
    """What bodies say and wait for."""
    return Signs(tmp_path / "signs")


@pytest.fixture
def away(client: Client, tmp_path: Path, signs: Signs) -> Iterator[Run]:
    """A run whose process is on another machine; its second step waits for `go`."""
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "sitecustomize.py").write_text(AWAY)
    (tmp_path / "work").mkdir()
    steps = ("x = int('20')", signs.ran("s1") + signs.waits("go") + "y = x + 1", "print('final', y * 2)")
    run = client.get(client.prepare(write_notebook(tmp_path / "work" / "p.ipynb", *steps)).run_id)
    more = {"KFNB_HOME": str(client.home), "PYTHONPATH": str(tmp_path / "away")}
    command = [sys.executable, "-m", "kfnb.run_process", run.id]
    with subprocess.Popen(command, env={**os.environ, **more}, stderr=subprocess.DEVNULL):
        until(run, lambda: ["s1"] == signs.who_ran())
        yield run
    while processes_of(client.home):
        os.sched_yield()


def silent_since_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a holder that has given no sign for a moment be silent."""
    monkeypatch.setattr(leases, "SILENT", 0.1)


def test_what_lives_on_another_machine_is_left_to_it(client: Client, signs: Signs, away: Run) -> None:
    """Though its lock is not seen here: it is not interrupted, not resumed, not deleted; and it can be cancelled."""
    assert ("away", False, False) == (away._now().host, away.is_driven, away.is_interrupted)
    with pytest.raises(LeaseHeld, match="living"):
        client.resume(away.id)
    with pytest.raises(LeaseHeld, match="living"):
        History(client).delete(away.id)
    away.cancel()
    assert "CANCELED" == away.wait(60).state


def test_what_was_lost_with_its_machine_is_resumed_here(
    client: Client, signs: Signs, away: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once no sign has come for a while it is interrupted, in the list too, and goes on here."""
    kill_all(client.home)
    assert not away.is_interrupted
    silent_since_now(monkeypatch)
    until_interrupted(away)
    listed = History(client).runs(run_filter(interrupted="only")).runs
    assert [away.id] == [row.columns["id"] for row in listed]
    signs.give("go")
    assert "SUCCEEDED" == client.resume(away.id).wait(60).state
    assert ["s1", "s1"] == signs.who_ran()


def test_what_was_lost_with_its_machine_is_deleted_here(
    client: Client, away: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not living, so it can go."""
    kill_all(client.home)
    silent_since_now(monkeypatch)
    until_interrupted(away)
    History(client).delete(away.id)
    assert [] == client.runs()


def test_a_machine_that_was_asleep_leaves_the_run_to_who_took_it_up(
    client: Client, signs: Signs, away: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Awake again it ends its processes, writes nothing and takes nothing away that the other one needs."""
    asleep = processes_of(client.home)
    for process in asleep:
        os.kill(process, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        silent_since_now(patched)
        until_interrupted(away)
        resumed = client.resume(away.id, detach=True)
    until(resumed, lambda: ["s1", "s1"] == signs.who_ran())
    for process in asleep:
        os.kill(process, signal.SIGCONT)
    until(resumed, lambda: not set(asleep) & set(processes_of(client.home)))
    assert resumed.is_driven
    signs.give("go")
    assert "SUCCEEDED" == resumed.wait(60).state
    fences = [event.fence for event in resumed.events()]
    assert ({1, 2}, sorted(fences)) == (set(fences), fences)


@pytest.mark.parametrize("detach", [False, True])
def test_a_run_that_another_machine_took_is_left_though_nothing_happens_in_it(
    client: Client, signs: Signs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detach: bool
) -> None:
    """Its process ends by what the lease says, not only by what it cannot write; the run goes on from there."""
    monkeypatch.setattr(leases, "SIGN_EVERY", 0.05)
    (tmp_path / "work").mkdir()
    notebook = write_notebook(tmp_path / "work" / "p.ipynb", signs.ran("s0") + signs.waits("go"))
    run = client.run(notebook, detach=detach)
    until(run, lambda: ["s0"] == signs.who_ran())
    run.lease.path.write_text(json.dumps({"host": "another", "pid": 7}))
    if not detach:
        with pytest.raises(OutsideError, match="process 7 on another has taken it over"):
            run.wait(60)
    while processes_of(client.home):
        os.sched_yield()
    assert not client.get(run.id).has_ended
    silent_since_now(monkeypatch)
    while not run.lease._is_silent():
        os.sched_yield()
    signs.give("go")
    assert "SUCCEEDED" == client.resume(run.id).wait(60).state


def until_interrupted(run: Run) -> None:
    """Wait until it is seen that nothing drives the run."""
    while not run.is_interrupted:
        os.sched_yield()
