"""A run whose launchers cannot reach its orchestrator, as where a network policy forbids it: the store has all."""

from __future__ import annotations

import json
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


def orchestrator_of(run: Run) -> int:
    """The process that drives a run in the cluster, once there is one."""
    found: list[int] = []

    def there() -> bool:
        commands = {process: command_of(process) for process in every_process()}
        found[:] = [p for p, c in commands.items() if c[:1] != [""] and {"kfnb.run_process", run.id} <= set(c)]
        return bool(found)

    wait_until(there, "The start of the run's orchestrator", 60)
    return found[0]


def in_its_pod(process: int, *words: str) -> str:
    """What a command says in the network of the pod of a process."""
    return call("nsenter", f"--net=/proc/{process}/ns/net", *words)


def dropped(process: int) -> int:
    """How many packets to the pod of a process were dropped."""
    rule = in_its_pod(process, "iptables", "-L", "INPUT", "-v", "-n", "-x").splitlines()[2]
    return int(rule.split()[0])


def told(run: Run) -> list[dict[str, Any]]:
    """What happened in a run, but for when, who drove it, where its results lie, and how far a step was meanwhile."""
    kept = [event for event in run.events() if event.kind != "task-progress"]
    return [_plain(event, run.id) for event in kept]


def _plain(event: RunEvent, run_id: str) -> dict[str, Any]:
    found = json.loads(msgspec.json.encode(event).replace(run_id.encode(), b"RUN"))
    output = found.get("output") or {}
    data = {} if event.kind == "run-started" else found.get("data")
    return {**found, "time": None, "data": data, "output": [output.get("state"), sorted(output)]}


def test_events_are_the_same_where_reports_are_dropped(place: Place, tmp_path: Path) -> None:
    """A step's failure, its next attempt and its end come by way of the store and the pods then, and nothing else."""
    fails = "import os\nassert os.uname().nodename.split('-')[-2] == '2'\nx = int('1')"
    path = notebook(tmp_path / "p.ipynb", fails, "y = x + 1\nprint(y)", tags={0: ("step:s0", "retry:1")})
    unheard, heard = (place.run(path, name="p", cache=False) for _ in range(2))
    process = orchestrator_of(unheard)
    in_its_pod(process, "iptables", "-A", "INPUT", "-p", "tcp", "--syn", "-j", "DROP")
    wait_until(lambda: dropped(process) > 0, "A report that is dropped", 60)
    assert ["SUCCEEDED"] * 2 == [end(run) for run in (unheard, heard)]
    assert told(heard) == told(unheard)
    assert any(event.kind == "task-progress" for event in heard.events())
    assert not any(event.kind == "task-progress" for event in unheard.events())
