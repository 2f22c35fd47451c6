"""Detached runs from the command line: started, watched, cancelled, killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_cli_runs import Shell, write_notebook

from tests.run_processes import kill_all, processes_of


class Desk(Shell):
    """The command line in a folder, with a notebook whose middle step waits for `go`."""

    def __init__(self, root: Path) -> None:
        (root / "work").mkdir()
        super().__init__(root / "work", root / "home")
        self.sign, self.log = root / "go", root / "ran"
        self.started: list[subprocess.Popen[str]] = []
        wait = f"import os, time\nwhile not os.path.exists({str(self.sign)!r}):\n    time.sleep(0.02)\n"
        ran = f"with open({str(self.log)!r}, 'a') as f:\n    _ = f.write('{{}} ')\n"
        cells = [("step:a", ran.format("a") + "x = int('41')"), ("step:b", ran.format("b") + wait + "y = x + 1")]
        write_notebook(self.folder / "nb.ipynb", [*cells, ("step:c", "print('final', y)")])

    def begin(self) -> str:
        """Start a detached run and wait until its middle step runs; return the id."""
        run = self("run", "nb.ipynb", "--detach").stdout.strip()
        while "b" not in (self.log.read_text() if self.log.exists() else ""):
            os.sched_yield()
        return run

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and return at once."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """End what is left of all that was started here, and close what it was read from."""
        kill_all(self.home)
        for process in self.started:
            with process:
                process.kill()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A place to work at; all processes of its runs end by themselves: what a failed test leaves living is killed."""
    desk = Desk(tmp_path)
    yield desk
    end = time.monotonic() + 30
    while (left := processes_of(desk.home)) and time.monotonic() < end:
        time.sleep(0.02)
    desk.end()
    assert [] == left


def document(text: str) -> Any:
    """The one JSON document that a command printed."""
    return json.loads(text)


def test_a_detached_run_prints_its_id_and_goes_on(desk: Desk) -> None:
    """The id alone on stdout, the document with --json; the run is watched to its end from another command."""
    run = desk.begin()
    assert run == desk.json("show", "last")["run_id"]
    assert not desk.json("show", run)["interrupted"]
    desk.sign.touch()
    watched = desk("watch", run, "--json")
    assert (0, "SUCCEEDED") == (watched.returncode, document(watched.stdout)["state"])
    for line in ("a: succeeded", "b: running", "c: succeeded"):  # also what had happened before
        assert line in watched.stderr
    started = desk("run", "nb.ipynb", "--detach", "--json", "--no-cache")
    assert 0 == started.returncode
    assert 0 == desk("watch", document(started.stdout)["run_id"]).returncode


def test_watch_ends_with_the_code_of_the_run(desk: Desk) -> None:
    """A failed run makes `watch` fail too, also when it has been over for long."""
    write_notebook(desk.folder / "bad.ipynb", [("step:a", "1 / 0")])
    run = desk("run", "bad.ipynb", "--detach").stdout.strip()
    for _ in range(2):
        assert 1 == desk("watch", run).returncode


def test_an_interrupt_ends_the_watching_and_not_the_run(desk: Desk) -> None:
    """After Ctrl-C the run lives, and the message says how to go on."""
    run = desk.begin()
    process = desk.start("watch", run)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("b: running"):
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert 130 == process.returncode
    assert f"Run {run} goes on" in said
    desk.sign.touch()
    assert 0 == desk("watch", run).returncode


def test_a_killed_run_says_so_and_is_resumed(desk: Desk) -> None:
    """`show` says interrupted; `resume` ends it right and a second one has nothing to do; what was done stays done."""
    run = desk.begin()
    kill_all(desk.home)
    assert ("RUNNING", True) == (desk.json("show", run)["state"], desk.json("show", run)["interrupted"])
    desk.sign.touch()
    resumed = desk("resume", run, "--json")
    assert (0, "SUCCEEDED") == (resumed.returncode, document(resumed.stdout)["state"])
    assert "final 42\n" == desk("logs", run, "c").stdout
    assert ["a", "b", "b"] == desk.log.read_text().split()
    again = desk("resume", run)
    assert 0 == again.returncode
    assert "nothing to resume" in again.stderr


def test_watch_takes_up_a_detached_run_whose_process_is_gone(desk: Desk) -> None:
    """It says that it does, and shows the run to its end."""
    run = desk.begin()
    kill_all(desk.home)
    desk.sign.touch()
    watched = desk("watch", run)
    assert 0 == watched.returncode
    assert "going on with it" in watched.stderr
    assert "final 42\n" == desk("logs", run, "c").stdout


def test_a_failed_run_is_resumed_detached_and_watched(desk: Desk) -> None:
    """`watch` right after `resume --detach` waits for the new end, not for the old one."""
    write_notebook(desk.folder / "bad.ipynb", [("step:a", f"print(open({str(desk.sign)!r}).read())")])
    run = desk("run", "bad.ipynb", "--detach").stdout.strip()
    assert 1 == desk("watch", run).returncode
    desk.sign.touch()
    assert run == desk("resume", run, "--detach").stdout.strip()
    assert 0 == desk("watch", run).returncode


def test_a_living_run_is_not_resumed(desk: Desk) -> None:
    """The exit code is that of something outside, and the message says what can be done."""
    run = desk.begin()
    refused = desk("resume", run)
    assert 4 == refused.returncode
    assert f"kfnb watch {run}" in refused.stderr
    desk.sign.touch()
    assert 0 == desk("watch", run).returncode


@pytest.mark.parametrize("how", [[], ["--now"], ["--no-wait"]])
def test_cancel_ends_a_run_of_another_process(desk: Desk, how: list[str]) -> None:
    """It waits for the end unless told not to; a second cancel says that there is nothing to do."""
    run = desk.begin()
    assert 0 == desk("cancel", run, *how).returncode
    assert 130 == desk("watch", run).returncode
    assert "CANCELED already" in desk("cancel", run).stderr


def test_cancel_ends_a_run_that_nobody_drives(desk: Desk) -> None:
    """Killed before, it is CANCELED when the command returns."""
    run = desk.begin()
    kill_all(desk.home)
    assert "CANCELED" == desk.json("cancel", run)["state"]


def test_a_store_named_relative_to_the_folder_is_found_by_all_processes(desk: Desk) -> None:
    """`--root store` means the folder in which the command was called, also to the run's own process."""
    desk.sign.touch()
    run = desk("run", "nb.ipynb", "--detach", "--root", "../store").stdout.strip()
    assert 0 == desk("watch", run, "--root", "../store").returncode
    assert (desk.folder.parent / "store" / "runs" / run / "run.json").exists()
    assert (
        "final 42\n"
        == subprocess.run(
            [sys.executable, "-m", "kfnb", "logs", run, "c"], cwd="/", env=desk.env, capture_output=True, text=True
        ).stdout
    )
