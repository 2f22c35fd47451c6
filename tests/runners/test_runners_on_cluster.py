"""The example notebooks on a real Kubernetes: equal to the run on this machine, cached, and gone without a trace."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfnb.client import Client, Run
from kfnb.history import History
from kfnb.runners.api_server import ApiServer
from tests.cluster.fixtures import Cluster
from tests.cluster.places import CHECKOUT
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until
from tests.equivalence.comparison import shown

EXAMPLES = (
    *("quickstart", "churn", "learning_rates", "publish_if_better", "parallel_training", "alert_on_failure"),
    "time_limit",
)
"""All but that of GPUs, which is tested where the devices are."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def seen(run: Run, folder: Path) -> dict[str, Any]:
    """What a run ended in, gave and showed under each cell."""
    copy = folder / f"{run.id}.ipynb"
    shutil.copy(run.notebook_path, copy)
    run.write_outputs(copy)
    cells = [cell for cell in json.loads(copy.read_text())["cells"] if cell["cell_type"] == "code"]
    return {
        "state": run.state,
        "tasks": {name: task.state for name, task in run.tasks.items()},
        "metrics": run.metrics,
        "artifacts": sorted(run.artifacts),
        "cells": {cell["id"]: shown(cell) for cell in cells},
    }


@pytest.mark.timeout(900)
def test_examples_end_as_on_this_machine(place: Place, tmp_path: Path) -> None:
    """Each gives the same; a cached run starts no pod, whoever drives it; what was deleted has left no object."""
    folder = tmp_path / "notebooks"
    shutil.copytree(CHECKOUT / "notebooks", folder, ignore=shutil.ignore_patterns("__pycache__", "*.joblib"))
    there = {name: place.run(folder / f"{name}.ipynb") for name in EXAMPLES}
    here = {name: Client(home=tmp_path / "here").run(folder / f"{name}.ipynb").wait() for name in EXAMPLES}
    for name in EXAMPLES:
        assert "goes on" not in end(there[name], 600), name
        expected, actual = seen(here[name], tmp_path), seen(there[name], tmp_path)
        for what in expected:
            assert (name, what, expected[what]) == (name, what, actual[what])

    again = [place.run(folder / "quickstart.ipynb", local_orchestrator=local) for local in (False, True)]
    for run in again:
        assert "SUCCEEDED" == end(run)
        assert {True} == {task.cached for task in run.tasks.values()}
        assert ([], []) == (place.pods(run), place.orchestrators(run))
        assert seen(here["quickstart"], tmp_path) == seen(run, tmp_path)

    history = History(place.client())
    for run in (*there.values(), *again):
        history.delete(run.id)
    wait_until(lambda: [] == place.left(), "The end of all objects")


def test_a_task_costs_few_requests(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most three a task, beside the lease, which costs by time, and what is asked about tasks that wait for long."""
    asked: list[str] = []
    send = ApiServer._send

    def counted(self: ApiServer, method: str, path: str, *more: Any, **named: Any) -> Any:
        asked.append(f"{method} {path.partition('/namespaces/')[2].partition('/')[2].partition('/')[0]}")
        return send(self, method, path, *more, **named)

    path = notebook(
        tmp_path / "p.ipynb",
        "items = list(range(6))",
        "squares = [item * item for item in items]",
        "print(sum(squares))",
        tags={1: ("step:fan", "foreach")},
    )
    monkeypatch.setattr(ApiServer, "_send", counted)
    run = place.run(path, cache=False, local_orchestrator=True, preflight=False)
    assert "SUCCEEDED" == end(run)
    per_task = [one for one in asked if one.endswith((" jobs", " pods", " configmaps"))]
    assert len(per_task) <= 3 * len(run.tasks), Counter(asked)


@pytest.mark.soak
@pytest.mark.timeout(4000)
def test_a_fan_out_of_five_hundred_elements(place: Place, tmp_path: Path) -> None:
    """More tasks than the nodes take at once: each runs once, and their results come together."""
    path = notebook(
        tmp_path / "p.ipynb",
        "items = list(range(500))",
        "squares = [item * item for item in items]",
        "print(sum(squares))",
        tags={1: ("step:fan", "foreach")},
    )
    run = place.run(path, cache=False, profile={"max_parallel": 500})
    assert "SUCCEEDED" == end(run, 3600)
    assert f"{sum(n * n for n in range(500))}\n" == run.tasks["s2"].log()
    assert {1} == {task.attempt for task in run.tasks.values() if task.attempt}
