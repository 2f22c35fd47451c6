"""Detached runs, runs whose processes are killed, and what `resume`, `cancel` and `watch` make of them."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb.client import Client, Run
from kfnb.errors import LeaseHeld, OutsideError, WrongCall
from kfnb.spec import RunEvent
from tests.run_processes import kill_each, orchestrators_of, processes_of

UNTIL = "import os, time\nprint('begun', flush=True)\nwhile not os.path.exists({!r}):\n    time.sleep(0.01)"
WAIT = "import time\nprint('begun', flush=True)\ntime.sleep(60)"


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def running(run: Run, task: str) -> Callable[[], bool]:
    """Whether a task has begun to print."""
    return lambda: "begun" in run.tasks[task].log()


def test_a_detached_run_goes_on_by_itself(client: Client, tmp_path: Path) -> None:
    """Another client watches it to its end and gets its values; it is driven from the moment it was asked for."""
    path = write_notebook(tmp_path / "p.ipynb", "x = int('1')", "y = x + 1\nprint(y)")
    run = client.run(path, detach=True)
    assert run.is_driven or run.has_ended
    seen: list[RunEvent] = []
    other = Client(home=tmp_path / "home").get(run.id)
    assert "SUCCEEDED" == other.watch(seen.append).state
    assert ("run-started", "run-state") == (seen[0].kind, seen[-1].kind)
    assert {1} == {event.fence for event in seen}
    assert 2 == other.artifacts["y"].load()
    assert "SUCCEEDED" == run.wait().state
    until(lambda: processes_of(tmp_path / "home") == [])
    assert "" == (tmp_path / "home" / "detached" / f"{run.id}.log").read_text()


@pytest.mark.parametrize("only_the_orchestrator", [False, True])
def test_a_killed_run_is_resumed(client: Client, tmp_path: Path, *, only_the_orchestrator: bool) -> None:
    """What had succeeded does not run again; the notebook and the data are those the run began with."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "data.txt").write_text("old")
    bodies, go = tmp_path / "bodies", tmp_path / "go"
    note = f"open({str(bodies)!r}, 'a').write"
    path = write_notebook(
        folder / "p.ipynb",
        f"{note}('a ')\nx = int('1')",
        f"{note}('b ')\n{UNTIL.format(str(go))}\ny = x + 1",
        "print(open('data.txt').read(), y)",
    )
    run = client.run(path, detach=True)
    until(running(run, "s1"))
    with pytest.raises(LeaseHeld, match="living"):
        client.resume(run.id)
    if only_the_orchestrator:
        assert 1 == kill_each(orchestrators_of(tmp_path / "home"))
    else:
        assert kill_each(processes_of(tmp_path / "home")) >= 3
    until(lambda: run.is_interrupted)
    assert ("RUNNING", True) == (run.state, run.to_dict()["interrupted"])
    path.unlink()
    (folder / "data.txt").write_text("new")
    go.touch()
    resumed = client.resume(run.id).wait()
    assert "SUCCEEDED" == resumed.state
    assert ["a", "b", "b"] == bodies.read_text().split()
    assert "old 2\n" == resumed.tasks["s2"].log()
    assert [1, 2] == sorted({event.fence for event in resumed.events()})
    assert not resumed.is_interrupted
    assert resumed.state == client.resume(run.id).state
    assert ["a", "b", "b"] == bodies.read_text().split()


def test_what_failed_runs_again_with_the_runs_own_notebook(client: Client, tmp_path: Path) -> None:
    """The cause is mended meanwhile; the notebook was edited, which does not count."""
    outside = tmp_path.parent / f"{tmp_path.name}-flag"
    path = write_notebook(
        tmp_path / "p.ipynb", "x = int('1')", f"y = int(open({str(outside)!r}).read()) + x", "print(y)"
    )
    run = client.run(path).wait()
    assert ["SUCCEEDED", "FAILED", "SKIPPED"] == [t.state for t in run.tasks.values()]
    began = run.tasks["s0"].started
    outside.write_text("41")
    write_notebook(path, "raise SystemError")
    resumed = client.resume(run.id).wait()
    assert ("SUCCEEDED", "42\n") == (resumed.state, resumed.tasks["s2"].log())
    assert began == resumed.tasks["s0"].started
    assert None is resumed.tasks["s1"].why
    outside.unlink()


def test_a_cancelled_run_is_resumed(client: Client, tmp_path: Path) -> None:
    """The request of before counts no more."""
    go = tmp_path.parent / f"{tmp_path.name}-go"
    source = UNTIL.format(str(go))
    run = client.run(write_notebook(tmp_path / "p.ipynb", source, "print(1)"), detach=True)
    until(running(run, "s0"))
    run.cancel()
    run.cancel()
    assert "CANCELED" == run.wait().state
    until(lambda: not run.is_driven)
    go.touch()
    resumed = client.resume(run.id, detach=True)
    until(lambda: resumed.state == "SUCCEEDED")
    until(lambda: processes_of(tmp_path / "home") == [])
    go.unlink()


def test_a_run_that_nobody_drives_is_cancelled_at_once(client: Client, tmp_path: Path) -> None:
    """Killed, or written down and never started: it is CANCELED when `cancel` returns."""
    path = write_notebook(tmp_path / "p.ipynb", WAIT)
    waiting = client.get(client.prepare(path).run_id)
    waiting.cancel()
    assert "CANCELED" == waiting.state
    run = client.run(path, detach=True)
    until(running(run, "s0"))
    kill_each(processes_of(tmp_path / "home"))
    until(lambda: run.is_interrupted)
    run.cancel()
    assert ("CANCELED", "CANCELED") == (run.state, run.tasks["s0"].state)


def test_a_copy_of_a_living_run_is_a_run_of_its_own(client: Client, tmp_path: Path) -> None:
    """It can be looked at, and resumed in its own store, while the original goes on."""
    go = tmp_path.parent / f"{tmp_path.name}-go"
    source = UNTIL.format(str(go))
    run = client.run(write_notebook(tmp_path / "p.ipynb", "x = int('1')", source, "print(x)"), detach=True)
    until(running(run, "s1"))
    shutil.copytree(tmp_path / "home" / "store", tmp_path / "copy")
    copy = Client(home=tmp_path / "home2", root=str(tmp_path / "copy")).get(run.id)
    assert ("RUNNING", True, False) == (copy.state, copy.is_interrupted, run.is_interrupted)
    go.touch()
    other = Client(home=tmp_path / "home2", root=str(tmp_path / "copy"))
    assert "SUCCEEDED" == other.resume(run.id).wait().state
    assert "SUCCEEDED" == run.wait().state
    until(lambda: processes_of(tmp_path / "home") == [])
    assert {1} == {event.fence for event in run.events()}
    go.unlink()


def test_a_store_that_vanishes_ends_the_run_with_a_message(client: Client, tmp_path: Path) -> None:
    """The run's own process says why, and nothing is left running."""
    run = client.run(
        write_notebook(tmp_path / "p.ipynb", "import time\nprint('begun', flush=True)\ntime.sleep(3)", "1")
    )
    until(running(run, "s0"))
    (tmp_path / "home" / "store").rename(tmp_path / "gone")
    (tmp_path / "home" / "store").write_text("no folder any more")
    with pytest.raises(OutsideError):
        run.wait()
    assert [] == processes_of(tmp_path / "home")


# ---------------------------------------------------------------------------------------------- one task is retried


def needs(file: Path, value: str) -> str:
    """Code that fails until a file outside the notebook's folder is there."""
    return f"print(open({str(file)!r}).read())\n{value}"


def states(run: Run) -> str:
    """First letters of the states of all tasks."""
    return "".join(task.state[0] if task.state != "SKIPPED" else "-" for task in run.tasks.values())


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder outside the notebook's, of which a step would see a copy."""
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside"


def test_one_task_is_retried_and_others_stay_failed(client: Client, tmp_path: Path, outside: Path) -> None:
    """What waited for it runs, what another failure left out does not; what cannot be retried is said."""
    (tmp_path / "nb").mkdir()
    path = write_notebook(
        tmp_path / "nb" / "p.ipynb",
        "x = int('1')",
        needs(outside / "b", "y = x + 1"),
        "print(y)",
        needs(outside / "d", "z = x + 2"),
        "print(y + z)",
    )
    run = client.run(path).wait()
    assert "SF-F-" == states(run)
    (outside / "b").touch()
    (outside / "d").touch()
    for task, says in {"s9": "has no task 's9'", "s0": "kfnb run --from", "s2": "it needs 's1', which failed"}.items():
        with pytest.raises(WrongCall, match=says):
            client.resume(run.id, task=task)
    retried = client.resume(run.id, task="s1").wait()
    assert ("FAILED", "SSSF-") == (retried.state, states(retried))
    assert ("2\n", 1) == (retried.tasks["s2"].log(), retried.tasks["s3"].attempt)
    whole = client.resume(run.id, task="s3").wait()
    assert ("SUCCEEDED", "SSSSS") == (whole.state, states(whole))
    with pytest.raises(WrongCall, match="has SUCCEEDED"):
        client.resume(run.id, task="s3")


def test_of_a_cancelled_run_one_task_is_retried(client: Client, tmp_path: Path, outside: Path) -> None:
    """With what it lacks; what else was cancelled stays so, and with it the run."""
    (tmp_path / "nb").mkdir()
    waits = UNTIL.format(str(outside / "go"))
    path = write_notebook(tmp_path / "nb" / "p.ipynb", f"{waits}\nx = int('1')", "y = x + 1", "print(y)", "print(4)")
    run = client.run(path, max_parallel=1, detach=True)
    until(running(run, "s0"))
    with pytest.raises(LeaseHeld, match="living"):
        client.resume(run.id, task="s0")
    run.cancel()
    assert ("CANCELED", "CCCC") == (run.wait().state, states(run))
    (outside / "go").touch()
    until(lambda: not run.is_driven)
    assert ("CANCELED", "SSSC") == ((again := client.resume(run.id, task="s1").wait()).state, states(again))
    assert ("SUCCEEDED", "SSSS") == ((again := client.resume(run.id).wait()).state, states(again))


def test_a_retry_whose_process_is_killed_goes_on_as_one(client: Client, tmp_path: Path, outside: Path) -> None:
    """What it left alone is left alone by the next process too; before that no other task can be retried."""
    (tmp_path / "nb").mkdir()
    waits = UNTIL.format(str(outside / "go"))
    path = write_notebook(
        tmp_path / "nb" / "p.ipynb",
        f"open({str(outside / 'a')!r})\n{waits}\nx = int('1')",
        "print(x)",
        f"open({str(outside / 'a')!r})",
    )
    run = client.run(path).wait()
    assert "F-F" == states(run)
    (outside / "a").touch()
    run = client.resume(run.id, task="s0", detach=True)
    until(lambda: run.tasks["s0"].state == "RUNNING")
    kill_each(processes_of(tmp_path / "home"))
    until(lambda: run.is_interrupted)
    with pytest.raises(WrongCall, match="resume all of it"):
        client.resume(run.id, task="s2")
    (outside / "go").touch()
    assert ("FAILED", "SSF") == ((again := client.resume(run.id).wait()).state, states(again))


def test_an_element_of_a_fan_out_is_retried(client: Client, tmp_path: Path, outside: Path) -> None:
    """The fan-out has failed as long as another element has; retried as a whole it runs those that failed."""
    (tmp_path / "nb").mkdir()
    part = f"def part(n):\n    open({str(outside)!r} + f'/{{n}}')\n    return n\nks = [part(n) for n in range(3)]"
    path = write_notebook(
        tmp_path / "nb" / "p.ipynb", part, "print(ks)", tags={0: ("step:k", "foreach"), 1: ("step:end",)}
    )
    (outside / "1").touch()
    run = client.run(path).wait()
    assert "SFSFF-" == states(run)
    (outside / "0").touch()
    assert "SSSFF-" == states(client.resume(run.id, task="k[0]").wait())
    (outside / "2").touch()
    assert "SSSSSS" == states(whole := client.resume(run.id, task="k").wait())
    assert [1, 2, 1, 2] == [whole.tasks[name].attempt for name in ("k[items]", "k[0]", "k[1]", "k[2]")]


def test_with_fail_fast_a_retry_goes_on_with_what_was_ended_early(
    client: Client, tmp_path: Path, outside: Path
) -> None:
    """The failure had ended the run: where it is mended, the run goes on."""
    (tmp_path / "nb").mkdir()
    path = write_notebook(tmp_path / "nb" / "p.ipynb", f"open({str(outside / 'a')!r})", "print(2)")
    run = client.run(path, max_parallel=1, fail_fast=True).wait()
    assert "F-" == states(run)
    (outside / "a").touch()
    assert ("SUCCEEDED", "SS") == ((again := client.resume(run.id, task="s0").wait()).state, states(again))


# ------------------------------------------------------------------------------------------------------ crash test

STEPS = {
    "a": ("", "1"),
    "b": ("a", "a + 1"),
    "c": ("a", "a * 2"),
    "d": ("b c", "b + c"),
    "e": ("d", "d + 1"),
    "f": ("d", "d * 2"),
    "g": ("e f", "e + f"),
    "h": ("a", "a + 10"),
    "i": ("h", "h + 1"),
    "j": ("g i", "g + i"),
}
PARTS = 3
EXPECTED = 28


def crash_notebook(path: Path, log: Path) -> Path:
    """Ten steps with branches, one that fails at its first attempt, a fan-out, a condition, and an exit handler."""
    sources = []
    for name, (_, expression) in STEPS.items():
        flaky = f"\nassert open({str(log)!r}).read().split().count('g') > 1" if name == "g" else ""
        value = "int('1')" if expression == "1" else expression
        note = f"print({name!r}, file=open({str(log)!r}, 'a'), flush=True)"
        sources.append(f"import time\n{note}{flaky}\ntime.sleep(0.05)\n{name} = {value}")
    sources.append(
        f"def part(n):\n    import time\n    print(f'k{{n}}', file=open({str(log)!r}, 'a'), flush=True)\n"
        f"    time.sleep(0.05)\n    return n\nks = [part(n) for n in range({PARTS})]"
    )
    sources.append("if j > 5:\n    print('final', j + sum(ks))")
    sources.append(f"import kfnb\nopen({str(log)!r}, 'a').write('exit-' + str(kfnb.run_status().state) + '\\n')")
    tags = {number: (f"step:{name}",) for number, name in enumerate(STEPS)}
    tags[6] = ("step:g", "retry:3:0.05s")
    tags[10], tags[11], tags[12] = ("step:k", "foreach"), ("step:gate",), ("step:bye", "on-exit")
    return write_notebook(path, *sources, tags=tags)


def crash(folder: Path, seed: int) -> bool:
    """Kill a run, or only its process, at a random moment; say whether it still lived. It must end right."""
    rng = random.Random(seed)
    home, log = folder / "home", folder / "outside" / "log"
    log.parent.mkdir(parents=True)
    log.touch()
    (folder / "nb").mkdir()
    client = Client(home=home)
    run = client.run(crash_notebook(folder / "nb" / "p.ipynb", log), max_parallel=2, detach=True)
    time.sleep(rng.uniform(0.1, 2.5))  # the moment of the kill is what the test is about
    over = run.has_ended
    done = {name for name, task in run.tasks.items() if task.state == "SUCCEEDED"}
    bodies = log.read_text().split()
    kill_each(orchestrators_of(home) if seed % 3 and not over else processes_of(home))
    until(lambda: not run.is_driven)
    ended = run.has_ended  # in the moment before the kill: then nothing is left to do but what its process was tidying
    end = client.resume(run.id).wait()
    client.close()
    assert {"SUCCEEDED"} == {task.state for task in end.tasks.values()}, (seed, end.to_dict())
    assert f"final {EXPECTED}\n" == end.tasks["gate"].log()
    until(lambda: processes_of(home) == [])  # those whose orchestrator was killed end by themselves
    assert ended or [] == list((home / "scratch").iterdir())
    after = log.read_text().split()
    done |= {f"k{name[2]}" for name in done if name.startswith("k[") and name[2].isdigit()}
    again = {name for name in done if after.count(name) > bodies.count(name)}
    assert set() == again, (seed, again)
    assert {*STEPS, *(f"k{n}" for n in range(PARTS)), "exit-SUCCEEDED"} == set(after)
    outputs = [(e.task, e.attempt) for e in end.events() if e.kind == "task-state" and e.state == "SUCCEEDED"]
    assert len(set(outputs)) == len(outputs) == 14 + PARTS
    return not over


@pytest.mark.timeout(900)  # ten runs, each killed and taken up again, take minutes where others want the processor too
@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(10, 220, 10))])
def test_a_run_killed_at_random_moments_ends_right(tmp_path: Path, first: int) -> None:
    """Ten kills: right results, nothing recorded done twice, nothing left; most of them hit a living run."""
    hits = sum(crash(tmp_path / str(seed), seed) for seed in range(first, first + 10))
    assert hits >= 5


def lose(folder: Path, seed: int) -> bool:
    """Kill some processes of a run that this process drives; say whether it failed for that. It must end either way."""
    rng = random.Random(seed)
    home, log = folder / "home", folder / "outside" / "log"
    log.parent.mkdir(parents=True)
    log.touch()
    (folder / "nb").mkdir()
    run = Client(home=home).run(crash_notebook(folder / "nb" / "p.ipynb", log), max_parallel=2)
    until(lambda: any(task.state == "RUNNING" for task in run.tasks.values()) or run.has_ended)
    time.sleep(rng.uniform(0, 0.5))  # the moment of the kill is what the test is about
    found = processes_of(home)
    kill_each(rng.sample(found, min(len(found), rng.randint(1, 3))))
    run.wait(120)
    assert run.has_ended, (seed, run.to_dict())
    until(lambda: processes_of(home) == [])
    assert [] == list((home / "scratch").iterdir())
    return run.state == "FAILED"


@pytest.mark.parametrize("first", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(5, 105, 5))])
def test_a_run_whose_processes_are_killed_at_random_ends(tmp_path: Path, first: int) -> None:
    """Whichever of them it loses, and when: no end of one is missed, and some of these kills hit."""
    assert sum(lose(tmp_path / str(seed), seed) for seed in range(first, first + 5)) >= 1


def test_the_log_of_a_run_is_plain_json(client: Client, tmp_path: Path) -> None:
    """A batch is a list of events that any program can read."""
    run = client.run(write_notebook(tmp_path / "p.ipynb", "1")).wait()
    batches = sorted((tmp_path / "home" / "store" / "runs" / run.id / "events").iterdir())
    assert "run-started" == json.loads(batches[0].read_bytes())[0]["kind"]
