"""Runs that last: detached, killed, resumed, cancelled from anywhere; what they started with stays theirs."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_notebooks import Signs, kill_driver, until, write_notebook

from kfnb.client import Client, Run
from kfnb.errors import LeaseHeld
from kfnb.orchestrator import detached
from kfnb.orchestrator.lease import Lease
from kfnb.runners.local import LocalRunner
from tests.run_processes import kill_all, processes_of


class Desk:
    """A client, the notebook's folder, and signs for what runs in it."""

    def __init__(self, client: Client, root: Path) -> None:
        self.client = client
        self.home = client.home
        self.signs = Signs(root / "signs")
        self.folder = root / "work"
        self.folder.mkdir()
        self.notebook = self.folder / "p.ipynb"

    def write(self, *steps: str) -> Path:
        """Write the notebook; each step s0, s1 … says that it ran before anything else."""
        return write_notebook(self.notebook, *(self.signs.ran(f"s{n}") + step for n, step in enumerate(steps)))

    def three_steps(self) -> Path:
        """Write a notebook whose middle step waits for `go`."""
        return self.write("x = int('20')", self.signs.waits("go") + "y = x + 1", "print('final', y * 2)")

    def begun(self, run: Run, step: str = "s1") -> Run:
        """Wait until a step's body runs."""
        until(run, lambda: step in self.signs.who_ran())
        return run

    def attempts(self, run: Run) -> list[int]:
        """The attempt that stands of each step."""
        return [task.attempt for task in run._now().tasks.values()]


@pytest.fixture
def desk(client: Client, tmp_path: Path) -> Iterator[Desk]:
    """A client and a folder to work in; every process of its runs ends by itself."""
    yield Desk(client, tmp_path)
    while processes_of(client.home):
        os.sched_yield()


def final(run: Run) -> str:
    """What the last step printed."""
    return list(run.tasks.values())[-1].log()


# ---------------------------------------------------------------------------------------------------- killed, resumed


def test_a_detached_run_outlives_who_started_it(desk: Desk) -> None:
    """The starter is gone while a step still waits; the run goes on to its end and leaves no process."""
    desk.three_steps()
    script = f"import kfnb; print(kfnb.Client(home={str(desk.home)!r}).run('p.ipynb', detach=True).id)"
    said = subprocess.run([sys.executable, "-c", script], cwd=desk.folder, capture_output=True, text=True, timeout=60)
    run = desk.begun(desk.client.get(said.stdout.strip()))
    assert (True, False) == (run.is_driven, run.is_interrupted)
    desk.signs.give("go")
    assert ("SUCCEEDED", "final 42\n") == (run.wait(60).state, final(run))
    assert ["s0", "s1", "s2"] == desk.signs.who_ran()


def test_a_detached_run_is_resumed_detached(desk: Desk) -> None:
    """Resumed in a process of its own it outlives the client, and wait sees its end from afar."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    kill_all(desk.home)
    desk.signs.give("go")
    resumed = desk.client.resume(run.id, detach=True)
    assert ("SUCCEEDED", [1, 2, 1]) == (resumed.wait(60).state, desk.attempts(resumed))


def test_a_run_killed_before_its_first_event_begins(desk: Desk) -> None:
    """A run that was written down and never begun is resumed as a new one would run."""
    prepared = desk.client.prepare(desk.write("x = 1"))
    run = desk.client.get(prepared.run_id)
    assert (True, "PENDING") == (run.is_interrupted, run.state)
    assert "SUCCEEDED" == desk.client.resume(run.id).wait(60).state
    assert ["s0"] == desk.signs.who_ran()


def test_a_run_that_fails_again_is_failed_again(desk: Desk) -> None:
    """Without a remedy it fails as before, with the attempt counted."""
    run = desk.client.run(desk.write("x = 1", "1 / 0")).wait()
    resumed = desk.client.resume(run.id).wait(60)
    assert ("FAILED", [1, 2]) == (resumed.state, desk.attempts(resumed))
    assert "ZeroDivisionError" in (resumed.tasks["s1"].why or "")


def test_of_two_that_resume_at_once_one_does(desk: Desk) -> None:
    """Both may have seen that nobody drives the run; the lease lets one in."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    kill_all(desk.home)
    first, second = desk.client.get(run.id), desk.client.get(run.id)
    first.start_detached(again=True)
    with pytest.raises(LeaseHeld, match=rf"Run {run.id} is living; `kfnb watch"):
        second.start_detached(again=True)
    desk.signs.give("go")
    assert ("SUCCEEDED", {1, 2}) == (second.wait(60).state, {event.fence for event in second.events()})


def test_who_resumes_a_moment_late_is_told_that_the_run_is_living(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else takes the lease after it was seen to be free and before this process drives the run."""
    run = desk.client.run(desk.write("x = 1", "1 / 0")).wait()
    take, other = desk.client._take_runner, Lease(run.lease.path)

    def take_late() -> LocalRunner:
        other.take()
        return take()

    monkeypatch.setattr(desk.client, "_take_runner", take_late)
    with pytest.raises(LeaseHeld, match=rf"Run {run.id} is living; `kfnb watch"):
        desk.client.resume(run.id).wait(60)
    other.release()
    assert (False, [1, 1]) == (run.is_driven, desk.attempts(run))


def test_who_resumes_before_a_run_that_has_ended_is_left_waits_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has just read that it failed: the process that drove it may hold the lease for another moment."""
    run = desk.client.run(desk.write("x = 1", "1 / 0")).wait()
    other, is_held, looks = Lease(run.lease.path), Lease.is_held, iter(range(3))

    def let_go(lease: Lease) -> bool:
        if next(looks, None) is None:
            other.release()
        return is_held(lease)

    other.take()
    monkeypatch.setattr(Lease, "is_held", let_go)
    assert [1, 2] == desk.attempts(desk.client.resume(run.id).wait(60))


@pytest.mark.parametrize("succeeds", [False, True])
def test_who_waits_while_another_resumes_a_run_to_its_end_does_not_resume_it_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, succeeds: bool
) -> None:
    """Two meant the same; the other one's resuming began and ended between two looks. One that succeeded is enough."""
    mark = tmp_path / "mark"
    run = desk.client.run(desk.write("x = 1", f"open({str(mark)!r})")).wait()
    is_held = Lease.is_held

    def resumes(lease: Lease) -> bool:
        monkeypatch.setattr(Lease, "is_held", is_held)
        if succeeds:
            mark.touch()
        desk.client.resume(run.id).wait(60)
        return True

    monkeypatch.setattr(Lease, "is_held", resumes)
    if succeeds:
        assert "SUCCEEDED" == desk.client.resume(run.id).state
    else:
        with pytest.raises(LeaseHeld, match=rf"resumed elsewhere a moment ago; `kfnb show {run.id}`"):
            desk.client.resume(run.id)
    assert [1, 2] == desk.attempts(desk.client.get(run.id))


# ------------------------------------------------------------------------------------------ what a run keeps as it was


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_notebook_changed_while_its_run_lives_does_not_matter(desk: Desk, change: str) -> None:
    """Living, killed and resumed: the run keeps the code that it started with."""
    desk.three_steps()
    run = desk.begun(desk.client.run(desk.notebook, detach=True))
    desk.notebook.unlink()
    if change == "edited":
        write_notebook(desk.notebook, "x = 0", "y = 0", "print('other')")
    kill_all(desk.home)
    desk.signs.give("go")
    assert ("SUCCEEDED", "final 42\n") == (desk.client.resume(run.id).wait(60).state, final(run))


def test_a_deleted_notebook_cannot_remember_and_says_so(desk: Desk) -> None:
    """The run ends as it would; that its facts have no place is an error that names the notebook."""
    desk.three_steps()
    run = desk.client.run(desk.notebook, remember=True)
    desk.begun(run)
    desk.notebook.unlink()
    desk.signs.give("go")
    assert "SUCCEEDED" == run.wait(60).state


def test_data_changed_between_kill_and_resume_does_not_matter(desk: Desk) -> None:
    """The run's own copy of the folder is kept: what reads after the resume sees what was there when it began."""
    data = desk.folder / "data.txt"
    data.write_text("as it was")
    desk.write("x = 1", desk.signs.waits("go") + "y = open('data.txt').read()", "print('final', y)")
    run = desk.begun(desk.client.run(desk.notebook, detach=True))
    kill_all(desk.home)
    data.write_text("changed")
    (desk.folder / "more.txt").write_text("new")
    assert "SUCCEEDED" == desk.client.run(write_notebook(desk.folder / "q.ipynb", "x = 1")).wait().state  # sweeps
    desk.signs.give("go")
    assert ("SUCCEEDED", "final as it was\n") == (desk.client.resume(run.id).wait(60).state, final(run))


def test_a_copy_of_a_living_run_is_a_run_of_its_own(desk: Desk, tmp_path: Path) -> None:
    """It can be looked at and resumed while the original lives, which does not notice."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    shutil.copytree(desk.home / "store", tmp_path / "copy")
    copied = Client(home=desk.home, root=str(tmp_path / "copy")).get(run.id)
    assert ("RUNNING", True) == (copied.state, copied.is_interrupted)
    assert (True, False) == (run.is_driven, run.is_interrupted)
    resumed = Client(home=desk.home, root=str(tmp_path / "copy")).resume(run.id)
    until(resumed, lambda: 2 == desk.signs.who_ran().count("s1"))
    assert not run.has_ended
    desk.signs.give("go")
    assert ["SUCCEEDED", "SUCCEEDED"] == [resumed.wait(60).state, run.wait(60).state]
    assert ([1, 2, 1], [1, 1, 1]) == (desk.attempts(resumed), desk.attempts(run))
    assert {1} == {event.fence for event in run.events()}


# ----------------------------------------------------------------------------------------------- what cannot be used


def test_a_detached_run_whose_store_vanishes_says_so_in_its_log(desk: Desk) -> None:
    """With no place for events, what it has to say lies in the data folder; no process is left."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    shutil.rmtree(desk.home / "store")
    desk.signs.give("go")
    while processes_of(desk.home):
        os.sched_yield()
    said = detached.log_path(desk.home, run.id).read_text()
    assert "store" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("limit", [10, 600, 2500])
def test_a_run_stopped_by_a_full_disk_is_resumed_when_there_is_space(desk: Desk, limit: int) -> None:
    """Whatever could not be written, events included, the run can be taken up again and gives the right result."""
    desk.write("x = list(range(1000))", "y = sum(x)", "print('final', y)")
    run = desk.client.get(desk.client.prepare(desk.notebook, options={"max_parallel": 2}).run_id)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    stopped = subprocess.run(
        [sys.executable, "-m", "kfnb.run_process", run.id, "--root", str(desk.home / "store")],
        env={**os.environ, "KFNB_HOME": str(desk.home), "PYTHONDONTWRITEBYTECODE": "1"},  # it would be cut off too
        capture_output=True,
        text=True,
        preexec_fn=fill,
        timeout=120,
    )
    assert stopped.returncode in (1, 4)
    assert "Traceback" not in stopped.stderr
    resumed = desk.client.resume(run.id).wait(60)
    assert ("SUCCEEDED", "final 499500\n") == (resumed.state, final(resumed))


# ------------------------------------------------------------------------------------------------------------ cancel


def test_cancelled_while_it_starts(desk: Desk) -> None:
    """A request that is there before the run's process has begun is not lost."""
    run = desk.client.run(desk.three_steps(), detach=True)
    run.cancel()
    assert "CANCELED" == run.wait(60).state
    assert "s2" not in desk.signs.who_ran()


def test_cancelled_while_it_is_taken_up_again(desk: Desk) -> None:
    """What is asked after a resume counts, however early; what was asked before it does not."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    kill_all(desk.home)
    resumed = desk.client.resume(run.id, detach=True)
    resumed.cancel()
    assert "CANCELED" == resumed.wait(60).state
    desk.signs.give("go")
    assert "SUCCEEDED" == desk.client.resume(run.id).wait(60).state


def test_cancelled_while_a_step_saves(desk: Desk) -> None:
    """The step ends CANCELED or with what it saved; the run is CANCELED, and what comes after does not run."""
    slow = (
        "class Slow:\n    def __reduce__(self):\n"
        f"        {desk.signs.ran('saving').strip().replace(chr(10), chr(10) + '        ')}\n"
        "        import time\n        time.sleep(60)\n        return (Slow, ())\n"
    )
    desk.write(slow + "x = Slow()", "y = x")
    run = desk.begun(desk.client.run(desk.notebook, detach=True), "saving")
    run.cancel()
    assert "CANCELED" == run.wait(60).state
    assert "s1" not in desk.signs.who_ran()


def test_cancelled_now_ends_what_does_not_listen(desk: Desk) -> None:
    """A step that swallows its interrupt is killed without a wait for it."""
    deaf = "    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
    desk.write(f"import time\nwhile True:\n{deaf}")
    run = desk.begun(desk.client.run(desk.notebook, detach=True), "s0")
    run.cancel(now=True)
    assert "CANCELED" == run.wait(60).state


def test_a_request_that_cannot_be_read_is_answered_and_changes_nothing(desk: Desk) -> None:
    """Rubbish, and a request of a kind that a newer kfnb may know: the run goes on, and its log says what it saw."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    for name, data in (("1-a.json", b"\xff"), ("2-b.json", b'{"kind": "rewind"}'), ("3-c.json", b"")):
        run.store.write(f"runs/{run.id}/requests/{name}", data)
    until(run, lambda: 3 == [event.kind for event in run.events()].count("request"))
    desk.signs.give("go")
    assert "SUCCEEDED" == run.wait(60).state
    whys = [event.why for event in run.events() if event.kind == "request"]
    assert ["this kfnb cannot read it"] * 3 == whys


def test_sigterm_to_a_detached_process_is_a_clean_cancel(desk: Desk) -> None:
    """As when a machine shuts down; the run can be resumed afterwards."""
    run = desk.begun(desk.client.run(desk.three_steps(), detach=True))
    kill_driver(run, signal.SIGTERM)
    assert "CANCELED" == run.wait(60).state
