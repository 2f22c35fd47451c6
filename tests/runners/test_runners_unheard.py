"""A run whose launchers cannot reach its orchestrator, as where a network policy forbids it: the store has all."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.client import Run
from kfnb.orchestrator.events import RunEvent
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import call, wait_until
from tests.run_processes import command_of, every_process


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def process_of(run: Run, module: str) -> int:
    """The process in the cluster that runs a module of kfnb's for a run, once there is one."""
    found: list[int] = []

    def there() -> bool:
        commands = {process: command_of(process) for process in every_process()}
        found[:] = [p for p, c in commands.items() if module in c and c[:1] != [""] and run.id in " ".join(c)]
        return bool(found)

    wait_until(there, f"The start of {module} for the run")
    return min(found)  # its children, which it forks, look the same


def in_its_pod(process: int, *words: str) -> str:
    """What a command says in the network of the pod of a process."""
    return call("nsenter", f"--net=/proc/{process}/ns/net", *words)


def dropped(process: int) -> int:
    """How many packets to the pod of a process were dropped."""
    rule = in_its_pod(process, "iptables", "-L", "INPUT", "-v", "-n", "-x").splitlines()[2]
    return int(rule.split()[0])


_HOW_FAR = ("cell", "number", "done", "cells", "state")


def told(run: Run) -> list[dict[str, Any]]:
    """What happened in a run, but for when, who drove it and where its results lie. Of progress, what was said last.

    What a step waits for is left out: that is told after two seconds, and one run may wait longer than the other.
    """
    waits = [event for event in run.events() if event.state == "PENDING" and not event.data]
    events = [_plain(event, run.id) for event in run.events() if event not in waits]
    last = {(event["task"], event["attempt"]): n for n, event in enumerate(events) if event["kind"] == "task-progress"}
    return [e for n, e in enumerate(events) if e["kind"] != "task-progress" or last[e["task"], e["attempt"]] == n]


def _plain(event: RunEvent, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "attempt": None,
        "task": None,
        **json.loads(msgspec.json.encode(event).replace(run_id.encode(), b"RUN")),
    }
    output = found.get("output") or {}
    data = {} if event.kind == "run-started" else found.get("data")
    if event.kind == "task-progress":
        data = {name: event.data.get(name) for name in _HOW_FAR}
    return {**found, "time": None, "data": data, "output": [output.get("state"), sorted(output)]}


def progress(run: Run, task: str) -> list[tuple[Any, Any]]:
    """How far a task said to be: how many cells were done, of how many."""
    said = [event.data for event in run.events() if event.kind == "task-progress" and event.task == task]
    return [(data.get("done"), data.get("cells")) for data in said]


def test_events_are_the_same_where_reports_are_dropped(place: Place, tmp_path: Path) -> None:
    """A step's failure, its next attempt, how far each came and its end come by way of the store and the pods then."""
    fails = "import os\nassert os.uname().nodename.split('-')[-2] == '2'\nx = int('1')"
    tags = {0: ("step:s0", "retry:1"), 2: ()}
    path = notebook(tmp_path / "p.ipynb", fails, "y = x + 1", "print(y)", tags=tags)
    unheard, heard = (place.run(path, name="p", cache=False) for _ in range(2))
    process = process_of(unheard, "kfnb.run_process")
    in_its_pod(process, "iptables", "-A", "INPUT", "-p", "tcp", "--syn", "-j", "DROP")
    wait_until(lambda: dropped(process) > 0, "A report that is dropped")
    assert ["SUCCEEDED"] * 2 == [end(run) for run in (unheard, heard)]
    assert told(heard) == told(unheard)
    last = [(e["task"], e["attempt"], e["data"]["done"]) for e in told(unheard) if e["kind"] == "task-progress"]
    assert [("s0", 1, 0), ("s0", 2, 1), ("s1", 1, 2)] == last


@pytest.mark.parametrize("local", [False, True])
def test_how_far_a_long_step_is_shows_while_it_runs(place: Place, tmp_path: Path, *, local: bool) -> None:
    """Its launcher cannot tell the orchestrator, which reads it from the store: also one that is no pod at all."""
    path = notebook(tmp_path / "p.ipynb", "x = 1", "import time\nwhile True:\n    time.sleep(1)", tags={1: ()})
    run = place.run(path, name="p", local_orchestrator=local)
    if not local:
        in_its_pod(process_of(run, "kfnb.run_process"), "iptables", "-A", "INPUT", "-p", "tcp", "--syn", "-j", "DROP")
    wait_until(lambda: (1, 2) in progress(run, "s0"), "Progress of a step that goes on")
    assert "RUNNING" == run.tasks["s0"].state
    run.cancel()
    assert "CANCELED" == end(run)


def test_how_far_a_step_came_that_left_nothing_its_log_says(place: Place, tmp_path: Path) -> None:
    """Its launcher was killed before it saved anything, and what it told was dropped: the pod has it still."""
    path = notebook(tmp_path / "p.ipynb", "x = 1", "import time\nwhile True:\n    time.sleep(1)", tags={1: ()})
    run = place.run(path, name="p")
    in_its_pod(process_of(run, "kfnb.run_process"), "iptables", "-A", "INPUT", "-p", "tcp", "--syn", "-j", "DROP")
    launcher = process_of(run, "kfnb.launcher")
    wait_until(lambda: [pod["status"]["phase"] for pod in place.pods(run)] == ["Running"], "The step's pod")
    of_task = f"kfnb.dev/run={run.id},kfnb.dev/task"
    wait_until(lambda: '"done":1' in place.kubectl("logs", "--selector", of_task), "The second cell")
    os.kill(launcher, signal.SIGKILL)
    assert "FAILED" == end(run)
    assert (1, 2) == progress(run, "s0")[-1]
