"""Runs that go on without the command, from the shell: --detach, watch, resume, cancel; retries, policies, sweeps."""

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

from tests.run_processes import kill_all, kill_each, processes_of
from tests.written_notebooks import write_cells

SLOW = "import time\nprint('begun', flush=True)\ntime.sleep(60)"


def write_notebook(path: Path, *cells: tuple[str, str]) -> Path:
    return write_cells(path, ((tags.split(), source) for tags, source in cells))


class Shell:
    """The command line in a folder, with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "nb"
        self.folder.mkdir()
        self.home = folder / "home"
        self.env = {**os.environ, "KFNB_HOME": str(self.home)}
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "kfnb", *arguments],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        process = self.start(*arguments)
        said, errors = process.communicate(timeout=90)
        assert code == process.returncode, errors
        return said, errors

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code)[0])

    def end(self) -> None:
        """End what is left of all that was started here, and close what it was read from."""
        kill_all(self.home)
        for process in self.started:
            with process:
                process.kill()

    def until_printed(self, run: str, text: str) -> None:
        end = time.monotonic() + 60
        while text not in self("logs", run)[0]:
            assert time.monotonic() < end


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell; after the test no process of its runs is left: what a failed test leaves living is killed."""
    shell = Shell(tmp_path)
    yield shell
    end = time.monotonic() + 30
    while (left := processes_of(shell.home)) and time.monotonic() < end:
        time.sleep(0.05)
    shell.end()
    assert [] == left


def test_detach_prints_the_id_and_watch_follows_to_the_end(shell: Shell) -> None:
    """The id is all there is on stdout; watching gives the run's exit code, also after it has ended."""
    write_notebook(shell.folder / "p.ipynb", ("step:a", "x = int('1')"), ("step:b", "1 / (x - 1)"))
    said, messages = shell("run", "p.ipynb", "--detach")
    run = said.strip()
    assert [run] == said.split()
    assert f"kfnb watch {run}" in messages
    for _ in range(2):
        watched, lines = shell("watch", run, code=1)
        assert "a: succeeded" in lines
        assert "ZeroDivisionError" in lines
        assert "failed" in watched
    assert ("FAILED", False) == tuple(shell.json("show", run)[key] for key in ("state", "interrupted"))


def test_an_interrupted_watch_leaves_the_run_alone_and_cancel_ends_it(shell: Shell) -> None:
    """Ctrl-C in `watch` says so; `cancel` from another shell waits until the run has ended; a second one says so."""
    write_notebook(shell.folder / "p.ipynb", ("step:a", SLOW))
    run = shell.json("run", "p.ipynb", "--detach")["run_id"]
    shell.until_printed(run, "begun")
    watching = shell.start("watch", run)
    assert watching.stderr is not None
    assert "a: running\n" == watching.stderr.readline()
    watching.send_signal(signal.SIGINT)
    _, messages = watching.communicate(timeout=60)
    assert (130, True) == (watching.returncode, "goes on" in messages)
    assert "RUNNING" == shell.json("show", run)["state"]
    _, refused = shell("resume", run, code=4)
    assert "is living" in refused
    assert "CANCELED" == shell.json("cancel", run)["state"]
    assert "CANCELED already" in shell("cancel", run)[1]


@pytest.mark.parametrize("how", ["--now", "--no-wait"])
def test_ways_to_cancel(shell: Shell, how: str) -> None:
    """At once, or without waiting for the end."""
    write_notebook(shell.folder / "p.ipynb", ("step:a", SLOW))
    run = shell.json("run", "p.ipynb", "--detach")["run_id"]
    shell.until_printed(run, "begun")
    shell("cancel", run, how)
    shell("watch", run, code=130)
    assert "CANCELED" == shell.json("show", run)["state"]


def test_watch_takes_a_killed_detached_run_up_again(shell: Shell) -> None:
    """Everything of it is killed; `show` says that it is interrupted, and `watch` has it go on."""
    go = shell.folder.parent / "go"
    wait = f"import os, time\nprint('begun', flush=True)\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)"
    write_notebook(shell.folder / "p.ipynb", ("step:a", wait), ("step:b", "print('end')"))
    run = shell.json("run", "p.ipynb", "--detach")["run_id"]
    shell.until_printed(run, "begun")
    kill_each(processes_of(shell.home))
    shown = shell.json("show", run)
    assert ("RUNNING", True) == (shown["state"], shown["interrupted"])
    go.touch()
    assert "going on with it" in shell("watch", run)[1]
    assert "SUCCEEDED" == shell.json("show", run)["state"]


def test_an_attached_run_that_was_killed_is_resumed_in_the_shell(shell: Shell) -> None:
    """`watch` says what to do; `resume` does it; a second one has nothing to do."""
    go = shell.folder.parent / "go"
    wait = f"import os, time\nprint('begun', flush=True)\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)"
    write_notebook(shell.folder / "p.ipynb", ("step:a", wait), ("step:b", "print('end')"))
    process = shell.start("run", "p.ipynb")
    while not list(shell.home.glob("store/runs/*/tasks/a/1/log.txt")):
        assert process.poll() is None
        time.sleep(0.02)
    kill_each(processes_of(shell.home))
    process.communicate(timeout=60)
    assert "kfnb resume" in shell("watch", "last", code=1)[1]
    go.touch()
    assert "succeeded" in shell("resume", "last")[0]
    assert "nothing to resume" in shell("resume", "last")[1]
    assert "SUCCEEDED" == shell.json("resume", "last")["state"]


def test_one_task_of_a_run_is_retried(shell: Shell) -> None:
    """`--task` leaves other failures as they are; a task that cannot be retried is refused with what to do."""
    cells = [(f"step:{name}", f"print(open({str(shell.home / name)!r}).read())") for name in ("a", "b")]
    write_notebook(shell.folder / "p.ipynb", *cells)
    shell("run", "p.ipynb", code=1)
    (shell.home / "a").write_text("there")
    document = shell.json("resume", "last", "--task", "a", code=1)
    assert {"a": "SUCCEEDED", "b": "FAILED"} == {name: task["state"] for name, task in document["tasks"].items()}
    assert "there\n" == shell("logs", "last", "a")[0]
    for task, says in (("a", "SUCCEEDED, which stands"), ("c", "its tasks are a, b")):
        assert says in shell("resume", "last", "--task", task, code=3)[1]
    (shell.home / "b").write_text("there")
    shell("resume", "last", "--task", "b")


def test_retry_policy_and_exit_handler(shell: Shell) -> None:
    """A step that fails twice succeeds at its third attempt; the handler is told what failed; --fail-fast ends it."""
    count = shell.folder.parent / "count"
    flaky = (
        f"from pathlib import Path\np = Path({str(count)!r})\nn = len(p.read_text()) if p.exists() else 0\n"
        "p.write_text('x' * (n + 1))\nassert n >= 2\ny = n"
    )
    write_notebook(
        shell.folder / "p.ipynb",
        ("step:flaky retry:2:0.05s", flaky),
        ("step:after", "print(y)"),
        ("step:bad", "1 / 0"),
        ("step:alert on-exit", "import kfnb\ns = kfnb.run_status()\nprint(s.state, sorted(s.whys), y)"),
    )
    document = shell.json("run", "p.ipynb", "--keep-going", code=1)
    assert ["SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED"] == [t["state"] for t in document["tasks"].values()]
    assert "FAILED ['bad'] 2\n" == shell.json("logs", "last", "alert")["logs"]["alert"]
    count.unlink()
    document = shell.json("run", "p.ipynb", "--fail-fast", "--max-parallel", "1", code=1)
    assert document["tasks"]["alert"]["state"] in ("SUCCEEDED", "FAILED")  # y may not be there
    assert "FAILED" == document["state"]


def test_an_exit_handler_above_other_steps_is_refused(shell: Shell) -> None:
    """It names the step below it and says what to do."""
    write_notebook(shell.folder / "p.ipynb", ("step:alert on-exit", "print(1)"), ("step:a", "print(2)"))
    found = shell.json("run", "p.ipynb", code=2)["diagnostics"]
    assert ["KF505"] == [d["code"] for d in found if d["severity"] == "error"]


def test_a_sweep_is_a_run_for_each_combination(shell: Shell) -> None:
    """Values are combined, the table names them with their metrics, and one that cannot be stops it before any run."""
    write_notebook(
        shell.folder / "p.ipynb", ("parameters", "lr = 0.1\nname = 'a'"), ("step:m metrics", "score = lr * 2")
    )
    document = shell.json("run", "p.ipynb", "--sweep", "lr=1,0.5", "--sweep", "name=a,b")
    found = [(r["parameters"]["lr"], r["parameters"]["name"], r["metrics"]["m"]["score"]) for r in document["runs"]]
    assert [(1, "a", 2), (1, "b", 2), (0.5, "a", 1.0), (0.5, "b", 1.0)] == found
    (shell.folder / "grid.json").write_text('[{"lr": 3}, {"lr": 4, "name": "z"}]')
    said, _ = shell("run", "p.ipynb", "--sweep-file", "grid.json")
    head, first, second = (line.split() for line in said.splitlines())
    assert ["lr", "name", "m.lr", "m.score"] == head[2:]
    assert (["3", "3", "6"], ["4", "z", "4", "8"]) == (first[2:], second[2:])
    runs = len(list((shell.home / "store" / "runs").iterdir()))
    shell("run", "p.ipynb", "--sweep", "lr=1,x", code=2)
    for wrong in ("lr", "lr=", "1x=2"):
        shell("run", "p.ipynb", "--sweep", wrong, code=3)
    assert runs == len(list((shell.home / "store" / "runs").iterdir()))
