"""Runs in processes of their own: Ctrl-C, SIGTERM, a full disk, a script that does not wait."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb.client import Client, Run
from tests.run_processes import processes_of

SCRIPT = "import kfnb\nrun = kfnb.run('p.ipynb')\nprint(run.id, flush=True)\nrun.wait()\n"
STUBBORN = """
import time
print('begun', flush=True)
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print('deaf', flush=True)
"""


def start(folder: Path, *command: str, prepare: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start Python in `folder` with a data folder there."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "KFNB_HOME": str(folder / "home"), **({"PYTHONDONTWRITEBYTECODE": "1"} if prepare else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
    )


def begun(client: Client, process: subprocess.Popen[str], text: str = "begun") -> Run:
    """Wait until the run that the process says has printed `text`."""
    assert process.stdout is not None
    run = client.get(process.stdout.readline().strip())
    while text not in run.tasks["s0"].log():
        assert process.poll() is None
        run.wait(0.05)
    return run


def test_one_interrupt_ends_a_run_cleanly(client: Client, tmp_path: Path) -> None:
    """After Ctrl-C the state is CANCELED, partial outputs are kept, and no process is left."""
    write_notebook(
        tmp_path / "p.ipynb", "print('begun', flush=True)\nimport time\ntime.sleep(60)\nx = int('1')", "print(x)"
    )
    process = start(tmp_path, "-c", SCRIPT)
    run = begun(client, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    assert ("CANCELED", ["CANCELED", "CANCELED"]) == (run.state, [t.state for t in run.tasks.values()])
    assert "begun\n" == run.tasks["s0"].notebook()["cells"][0]["outputs"][0]["text"]
    assert [] == processes_of(tmp_path / "home")


def test_two_interrupts_end_a_run_at_once(client: Client, tmp_path: Path) -> None:
    """A body that swallows the first interrupt is killed by the second."""
    write_notebook(tmp_path / "p.ipynb", STUBBORN)
    waiting = SCRIPT.replace(
        "run.wait()", "\nfor _ in range(3):\n    try:\n        run.wait()\n    except KeyboardInterrupt:\n        pass"
    )
    process = start(tmp_path, "-c", waiting)
    run = begun(client, process)
    os.killpg(process.pid, signal.SIGINT)
    while "deaf" not in run.tasks["s0"].log():
        run.wait(0.05)
    before = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert time.monotonic() - before < 30
    assert "CANCELED" == run.state
    assert [] == processes_of(tmp_path / "home")


def test_a_script_that_does_not_wait_still_gets_its_run(client: Client, tmp_path: Path) -> None:
    """The process ends when the run has ended."""
    write_notebook(tmp_path / "p.ipynb", "import time\ntime.sleep(0.3)", "print(2)")
    process = start(tmp_path, "-c", SCRIPT.replace("run.wait()", ""))
    said, errors = process.communicate(timeout=60)
    assert ("", "SUCCEEDED") == (errors, client.get(said.strip()).state)


def test_no_process_outlives_a_killed_client(client: Client, tmp_path: Path) -> None:
    """When a run's process is killed, its server and tasks end by themselves; a cancel then removes its folder."""
    write_notebook(tmp_path / "p.ipynb", "print('begun', flush=True)\nimport time\ntime.sleep(60)")
    process = start(tmp_path, "-c", SCRIPT)
    run = begun(client, process)
    process.kill()
    process.communicate()
    end = time.monotonic() + 30
    while processes_of(tmp_path / "home") and time.monotonic() < end:
        os.sched_yield()
    assert [] == processes_of(tmp_path / "home")
    assert "SUCCEEDED" == client.run(write_notebook(tmp_path / "q.ipynb", "x = 1")).wait().state
    assert ("RUNNING", True) == (run.state, run.is_interrupted)
    run.cancel()
    assert ("CANCELED", False) == (run.state, run.is_interrupted)


def prepared(client: Client, folder: Path, *steps: str) -> str:
    """A run that is written down and not started."""
    return client.prepare(write_notebook(folder / "p.ipynb", *steps), options={"max_parallel": 2}).run_id


def test_a_prepared_run_runs_in_its_own_process(client: Client, tmp_path: Path) -> None:
    """By its id or by its folder; the exit code says how it ended."""
    good = prepared(client, tmp_path, "x = int('1')", "print(x)")
    bad = prepared(client, tmp_path, "1 / 0")
    for run, code in ((good, 0), (str(tmp_path / "home" / "store" / "runs" / bad), 1)):
        process = start(tmp_path, "-m", "kfnb.run_process", run)
        assert ("", "") == process.communicate(timeout=60)
        assert code == process.returncode
    assert ["SUCCEEDED", "FAILED"] == [client.get(run).state for run in (good, bad)]


def test_sigterm_cancels_a_run_process(client: Client, tmp_path: Path) -> None:
    """SIGTERM is a clean cancel, and the exit code is 130."""
    run = client.get(prepared(client, tmp_path, "import time\ntime.sleep(60)"))
    process = start(tmp_path, "-m", "kfnb.run_process", run.id)
    while run.tasks["s0"].state != "RUNNING":
        run.wait(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert (130, "CANCELED") == (process.returncode, run.state)


def test_an_unknown_run_is_a_wrong_call(client: Client, tmp_path: Path) -> None:
    """A run that is not there is said in one line."""
    process = start(tmp_path, "-m", "kfnb.run_process", "nothing")
    _, said = process.communicate(timeout=60)
    assert (3, 1) == (process.returncode, len(said.splitlines()))


@pytest.mark.parametrize("limit", [10, 600])
def test_a_disk_that_is_full_ends_the_run_with_a_message(client: Client, tmp_path: Path, limit: int) -> None:
    """Whatever can no longer be written, the process ends, says why, and leaves nothing running."""
    run = prepared(client, tmp_path, "x = list(range(100_000))", "print(len(x))")

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = start(tmp_path, "-m", "kfnb.run_process", run, prepare=fill)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (1, 4)
    assert process.returncode == 1 or any(words in said for words in ("cannot be written", "cannot be copied"))
    assert "Traceback" not in said
    assert [] == processes_of(tmp_path / "home")


def test_a_run_works_in_an_ipython_shell(client: Client, tmp_path: Path) -> None:
    """`import kfnb` in an interactive session runs, displays itself and loads values with the session's own classes."""
    write_notebook(tmp_path / "p.ipynb", "class A:\n    pass\na = A()", "b = a")
    code = (
        "class A:\n    pass\n"
        "import kfnb, json\n"
        "run = kfnb.run('p.ipynb').wait()\n"
        "print(json.dumps([run.state, isinstance(run.artifacts['a'].load(), A)]))\n"
    )
    process = start(tmp_path, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code)
    said, errors = process.communicate(timeout=60)
    assert ["SUCCEEDED", True] == json.loads(said.strip().splitlines()[-1]), errors
