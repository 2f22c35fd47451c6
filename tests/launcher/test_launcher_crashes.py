"""Bodies that die, hang, print without end or leave things running: nothing is lost and nothing is left."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from launcher_place import Place, Server

from kfnb.launcher import memory_limit
from kfnb.spec import ExecutorOutput


def living(marker: str) -> list[str]:
    """Return command lines of living processes that name the marker."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if marker in command:
            found.append(command)
    return found


def zombies_below(pid: int) -> list[str]:
    """Return the states of children of a process that are dead and not reaped."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    states = [Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] for child in children]
    return [state for state in states if state == "Z"]


def test_a_body_that_calls_os_exit_keeps_what_it_printed(place: Place) -> None:
    """os._exit fails the task with KF600; the cells before and the lines before it are kept."""
    ran = place.run("print('first')", "import os\nprint('line')\nos._exit(3)", "print('never')")
    assert ("FAILED", "KF600", "c1") == (ran.output.state, ran.output.error.code, ran.output.error.cell)
    assert ["first\n", "line\n", ""] == [ran.text(n) for n in range(3)]
    assert ["SUCCEEDED", "FAILED", "NOT_RUN"] == [cell.state for cell in ran.output.cells]
    assert ran.log == "first\nline\n"
    assert 1 == ran.code


def test_a_body_killed_by_a_signal_keeps_its_lines(place: Place) -> None:
    """SIGKILL fails the task with KF601; printed lines are kept."""
    ran = place.run("import os\nfor i in range(1000): print(i)\nos.kill(os.getpid(), 9)")
    assert ("FAILED", "KF601") == (ran.output.state, ran.output.error.code)
    assert "".join(f"{i}\n" for i in range(1000)) == ran.text(0)


def test_a_crash_in_compiled_code_is_named(place: Place) -> None:
    """A segmentation fault fails the task with KF601, which names the signal."""
    ran = place.run("import ctypes\nctypes.string_at(0)")
    assert "KF601" == ran.output.error.code
    assert "SIGSEGV" in ran.output.error.message


@pytest.mark.skipif(not memory_limit._places(), reason="this user may make no control groups")
def test_a_body_killed_for_lack_of_memory_says_so(place: Place) -> None:
    """What the kernel kills for lack of memory, here in a group that has little, fails with KF602; lines are kept."""
    ran = place.run(
        "import os\nfrom kfnb.launcher.memory_limit import _make_group\n"
        "group = _make_group(100 << 20, os.getpid())\nprint('before', group is not None)",
        "x = bytearray(400 << 20)",
    )
    for above, _ in memory_limit._places():
        memory_limit._sweep(above)
    assert "before True\n" == ran.text(0)
    assert ("FAILED", "KF602", "c1") == (ran.output.state, ran.output.error.code, ran.output.error.cell)
    assert "no memory left" in ran.output.error.message


def test_a_loop_without_end_is_stopped_by_the_timeout(place: Place) -> None:
    """A task past its timeout fails with KF603 at the cell that ran, partial output kept."""
    ran = place.run("print('on')\nwhile True: pass", timeout=0.3)
    assert ("FAILED", "KF603", "c0") == (ran.output.state, ran.output.error.code, ran.output.error.cell)
    assert "on\n" == ran.text(0)


def test_the_timeout_does_not_wait_for_a_body_that_ignores_it(place: Place) -> None:
    """A body that swallows KeyboardInterrupt is killed after the grace."""
    ran = place.run(
        "while True:\n    try:\n        for _ in iter(int, 1): x = 1\n    except BaseException: print('no')",
        timeout=0.2,
    )
    assert ("FAILED", "KF603") == (ran.output.state, ran.output.error.code)
    assert "no\n" == ran.text(0)


def test_what_is_printed_beyond_the_limit_is_in_the_log_only(place: Place) -> None:
    """A cell that prints 50 MB keeps 16 MB in the notebook, all of it in the log, and a warning says so."""
    ran = place.run("line = 'x' * 999\nfor _ in range(50_000): print(line)")
    assert "SUCCEEDED" == ran.output.state
    assert (16 << 20) <= len(ran.text(0)) <= (16 << 20) + 200
    assert "kfnb kept the first 16 MB" in ran.text(0)
    assert 50_000_000 == len(ran.log)
    assert ["KF611"] == [warning.code for warning in ran.output.warnings]


@pytest.mark.timeout(300)
def test_a_gigabyte_printed_ends_neither_the_step_nor_the_disk(place: Place) -> None:
    """Of 1 GB the notebook keeps 16 MB and the log 256 MB, each with a line that says so; the step goes on."""
    ran = place.run("block = ('x' * 999 + '\\n') * 1000\nfor _ in range(1000): print(block, end='')", "print('after')")
    assert ("SUCCEEDED", "after\n") == (ran.output.state, ran.text(1))
    assert (16 << 20) <= len(ran.text(0)) <= (16 << 20) + 200
    assert (256 << 20) <= len(ran.log) <= (256 << 20) + 200
    assert ran.log.endswith("[kfnb keeps 256 MB of a step's log; what follows is dropped]\n")
    assert ["KF611", "KF611"] == [warning.code for warning in ran.output.warnings]


def test_a_body_that_forks_runs_its_cells_once(place: Place) -> None:
    """A child that the user's code forks and that ends as it should disturbs nothing."""
    ran = place.run(
        "import os\npid = os.fork()\nif pid == 0:\n    print('child')\n    os._exit(0)\n"
        "os.waitpid(pid, 0)\nprint('parent')"
    )
    assert "child\nparent\n" == ran.text(0)
    assert "SUCCEEDED" == ran.output.state


def test_a_forked_child_that_runs_on_does_not_give_a_second_result(place: Place) -> None:
    """A child that returns from the cell like its parent is killed with the task."""
    ran = place.run("import os, time\nif os.fork() == 0: time.sleep(1000)\nx = 1")
    assert "SUCCEEDED" == ran.output.state
    assert ["KF614"] == [warning.code for warning in ran.output.warnings]


def test_a_process_left_running_is_named_and_ended(place: Place) -> None:
    """A child process, even one in a session of its own, is ended with the step, and a warning names it."""
    ran = place.run("import subprocess\n_ = subprocess.Popen(['sleep', '98761'], start_new_session=True)")
    assert [] == living("sleep 98761")
    assert "sleep 98761" in ran.output.warnings[0].message
    assert [] == zombies_below(place.server.process.pid)


def test_a_thread_left_running_is_named(place: Place) -> None:
    """A user's own thread that is alive at the end is a warning that names it; the task ends nevertheless."""
    ran = place.run("import threading, time\nthreading.Thread(target=lambda: time.sleep(1000), name='ticker').start()")
    assert "SUCCEEDED" == ran.output.state
    assert ["KF612"] == [warning.code for warning in ran.output.warnings]
    assert "ticker" in ran.output.warnings[0].message


def test_an_asyncio_task_left_running_is_named(place: Place) -> None:
    """An asyncio task that is not done at the end is a warning."""
    ran = place.run(
        "import asyncio\nasync def ticker(): await asyncio.sleep(1000)\nt = asyncio.ensure_future(ticker())"
    )
    assert ["KF613"] == [warning.code for warning in ran.output.warnings]


@pytest.mark.parametrize("call", ["exit()", "quit()", "exit"])
def test_exit_fails_the_task(place: Place, call: str) -> None:
    """exit() and quit() end a kernel: the task fails with KF604 and the next cell does not run."""
    ran = place.run(call, "print('never')")
    assert ("FAILED", "KF604") == (ran.output.state, ran.output.error.code)
    assert "NOT_RUN" == ran.output.cells[1].state


def test_a_failing_cell_stops_the_task(place: Place) -> None:
    """The first failing cell stops the task; its traceback is in the output and under the cell."""
    ran = place.run("x = 1", "1 / 0", "print('never')")
    error = ran.output.error
    assert ("ZeroDivisionError", "division by zero", None, "c1") == (error.ename, error.evalue, error.code, error.cell)
    assert [] != list(error.traceback)
    assert ["SUCCEEDED", "FAILED", "NOT_RUN"] == [cell.state for cell in ran.output.cells]


def test_a_cell_that_may_fail_does_not_stop_the_task(place: Place) -> None:
    """A cell tagged raises-exception shows its error and the task goes on."""
    ran = place.run("1 / 0", "print('on')", tags=("raises-exception",))
    assert "SUCCEEDED" == ran.output.state
    assert "on\n" == ran.text(1)


def test_sigterm_cancels_and_keeps_what_there_is(place: Place) -> None:
    """A task told to stop is CANCELED, its finally blocks run, and its output so far is kept."""
    source = "import time\ntry:\n    print('begun')\n    time.sleep(1000)\nfinally:\n    print('cleaned')"
    uri = place.give(source)
    place.server.say(op="run", id=uri, input=uri)
    told = place.server.until("progress")
    while not any("begun" in t.get("data", {}).get("log", "") for t in told):
        told += place.server.until("progress")
    place.server.say(op="kill", id=uri, signal="TERM")
    ran = place.result(uri, place.server.until("exited", id=uri))
    assert ("CANCELED", 130) == (ran.output.state, ran.code)
    assert "begun\ncleaned\n" == ran.text(0)


def test_sigkill_leaves_no_process(place: Place) -> None:
    """A supervisor that is killed takes the body and its children along."""
    uri = place.give("import subprocess\nprint('begun')\nsubprocess.run(['sleep', '98762'])")
    place.server.say(op="run", id=uri, input=uri)
    while not living("sleep 98762"):
        pass
    place.server.say(op="kill", id=uri, signal="KILL")
    assert -signal.SIGKILL == place.server.until("exited", id=uri)[-1]["code"]
    assert [] == living("sleep 98762")


def test_a_server_whose_owner_dies_takes_its_tasks_along(tmp_path: Path) -> None:
    """When the forkserver's input ends, running tasks are cancelled, their outputs written, and no process is left."""
    server = Server()
    place = Place(server, tmp_path)
    uri = place.give("import subprocess\nprint('begun')\nsubprocess.run(['sleep', '98763'])")
    server.say(op="run", id=uri, input=uri)
    while not living("sleep 98763"):
        pass
    assert 0 == server.close()
    assert [] == living("sleep 98763")
    output = msgspec.json.decode(Path(uri).with_name("output.json").read_bytes(), type=ExecutorOutput)
    assert "CANCELED" == output.state


def test_a_server_that_is_killed_takes_its_tasks_along(tmp_path: Path) -> None:
    """When the forkserver is killed, its tasks write what they have and end."""
    server = Server()
    place = Place(server, tmp_path)
    uri = place.give("import subprocess\nsubprocess.run(['sleep', '98764'])")
    server.say(op="run", id=uri, input=uri)
    server.until("progress")
    while not living("sleep 98764"):
        pass
    supervisor = os.pidfd_open(
        int(Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()[0])
    )
    server.process.kill()
    server.process.wait()
    assert [] != select.select([supervisor], [], [], 20)[0]
    os.close(supervisor)
    assert [] == living("sleep 98764")
    output = msgspec.json.decode(Path(uri).with_name("output.json").read_bytes(), type=ExecutorOutput)
    assert "CANCELED" == output.state
    server.process.stdin.close()
    server.process.stdout.close()


def test_the_answers_end_with_the_server_and_its_supervisors(tmp_path: Path) -> None:
    """A process that a body left behind does not hold them: who reads them hears at once that all are dead."""
    server = Server()
    place = Place(server, tmp_path)
    pid = place.folder.parent / "pid"
    uri = place.give(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
        f"    with open({str(pid)!r}, 'w') as f:\n        print(os.getpid(), file=f)\n"
        "    time.sleep(60)\n    os._exit(0)\ntime.sleep(60)"
    )
    server.say(op="run", id=uri, input=uri)
    supervisor = server.until("started")[-1]["pid"]
    while not (pid.exists() and pid.read_text().endswith("\n")):
        os.sched_yield()
    os.kill(server.process.pid, signal.SIGSTOP)  # so that it kills nothing that its supervisor leaves
    os.kill(supervisor, signal.SIGKILL)
    server.process.kill()
    stdout = server.process.stdout
    while select.select([stdout], [], [], 30)[0] and stdout.read(1):
        pass
    assert [stdout] == select.select([stdout], [], [], 0)[0]
    os.kill(int(pid.read_text()), signal.SIGKILL)  # it lives still
    assert -9 == server.close()


def test_what_is_asked_by_one_that_is_gone_is_not_begun(tmp_path: Path) -> None:
    """A request that the server finds when the one who asked is dead starts no task, beside those of who came after."""
    server = Server()
    place = Place(server, tmp_path)
    uri, scratch = place.give("print(1)"), place.home / "scratch" / "1"
    scratch.parent.mkdir(parents=True)
    os.kill(server.process.pid, signal.SIGSTOP)
    server.say(op="run", id=uri, input=uri, scratch=str(scratch))
    server.process.stdin.close()
    os.kill(server.process.pid, signal.SIGCONT)
    assert "" == server.process.stdout.read()
    assert 0 == server.close()
    assert [] == list(scratch.parent.iterdir())
    assert not Path(uri).with_name("output.json").exists()


def test_an_attempt_is_held_as_soon_as_it_is_begun(place: Place) -> None:
    """From when the server says so, its folder is locked, until the attempt is over."""
    go, scratch = place.folder.parent / "go", place.home / "scratch" / "1"
    uri = place.give(f"import os, time\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)")
    scratch.parent.mkdir(parents=True)
    place.server.say(op="run", id=uri, input=uri, scratch=str(scratch))
    place.server.until("started", id=uri)
    descriptor = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    go.touch()
    place.server.until("exited", id=uri)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


def test_no_temporary_files_are_left(place: Place) -> None:
    """After a task, failed or not, its scratch folder is gone and the notebook's folder is as it was."""
    (place.folder / "a.txt").write_text("a")
    place.run("open('b.txt', 'w').write('b')")
    place.run("open('a.txt', 'w').write('b')\nimport os\nos._exit(1)")
    assert [] == list((place.home / "scratch").iterdir())
    assert ["a.txt"] == [p.name for p in place.folder.iterdir()]
    assert "a" == (place.folder / "a.txt").read_text()


def test_a_temporary_folder_of_the_body_is_removed(place: Place) -> None:
    """Exit handlers run at the end of a body: a TemporaryDirectory that is still alive is removed."""
    ran = place.run("import tempfile\nd = tempfile.TemporaryDirectory()\nprint(d.name)")
    assert not Path(ran.text(0).strip()).exists()


def test_progress_is_told_for_every_cell(place: Place) -> None:
    """Each cell is told as it begins and as it ends, with what it printed."""
    ran = place.run("print('one')", "2")
    states = [(t["cell"], t["state"]) for t in ran.told if "state" in t]
    assert [("c0", "RUNNING"), ("c0", "SUCCEEDED"), ("c1", "RUNNING"), ("c1", "SUCCEEDED")] == states
    assert "one\n" in "".join(t.get("log", "") for t in ran.told)


def test_the_plain_start_runs_a_task_by_itself(place: Place) -> None:
    """`python -m kfnb.launcher INPUT` runs a task, says its progress in JSON lines, and exits with 0 or 1."""
    uri = place.give("print('hello')")
    done = subprocess.run(
        [sys.executable, "-m", "kfnb.launcher", uri], capture_output=True, text=True, cwd=place.folder, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert "hello" in lines
    assert "c0" == json.loads(lines[1])["data"]["cell"]
    failing = place.give("1 / 0")
    assert (
        1
        == subprocess.run([sys.executable, "-m", "kfnb.launcher", failing], capture_output=True, check=False).returncode
    )


def test_an_input_that_is_not_there_is_an_outside_error(tmp_path: Path) -> None:
    """An input that cannot be read ends the launcher with 4 and a message without a traceback."""
    command = [sys.executable, "-m", "kfnb.launcher", str(tmp_path / "none.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 4 == done.returncode
    assert "Traceback" not in done.stderr
