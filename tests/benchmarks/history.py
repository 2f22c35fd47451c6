"""The benchmark of the history: 100,000 runs in the database, and pages of them as a person asks for them."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.stopwatch import BIN, Place, Row, at_most

RUNS = 100_000
EXPERIMENTS = 20
PAGE = 50

QUESTIONS: dict[str, tuple[dict[str, Any], int]] = {
    "the newest": ({}, 1),
    "the newest, page 100": ({}, 100),
    "of one state, page 10": ({"state": "FAILED"}, 10),
    "of one experiment, page 10": ({"experiment": "experiment-7"}, 10),
    "with a tag": ({"tag": "good"}, 1),
    "with a metric above a value": ({"metric": "auc>0.95"}, 1),
    "with a parameter and a metric": ({"param": "lr=0.01", "metric": "auc>0.9"}, 1),
    "of one day": ({"since": 1e9 + 50_000 * 60.0, "until": 1e9 + 51_440 * 60.0}, 1),
}
"""What is asked: the words of a filter, and which page."""


def pages(place: Place) -> Iterator[Row]:
    """Pages of 50 of 100,000 runs, each with all its metrics, parameters and tags."""
    from kfnb.client import Client
    from kfnb.history import History
    from kfnb.history.filters import run_filter

    home = place.folder / "home"
    client = Client(home=home)
    history = History(client)
    fill(history, Path(client.root))
    for what, (words, page) in QUESTIONS.items():
        wanted, times = run_filter(**words), []
        for _ in range(place.rounds + 1):
            start = time.perf_counter()
            found = history.runs(wanted, PAGE, page)
            times.append(time.perf_counter() - start)
            if len(found.runs) != PAGE:
                raise SystemExit(f"{what}: {len(found.runs)} runs instead of {PAGE}")
        yield at_most(f"{PAGE} of {RUNS:,} runs, {what}", statistics.median(times[1:]) * 1000, 50, "ms")
    whole, bare = place.seconds(
        lambda: place.run(BIN / "kfnb", "runs", "--json"), lambda: place.run(sys.executable, "-c", "pass")
    )
    yield Row("`kfnb runs`, whole process", f"{whole - bare:.2f} s beyond Python's own start")


def fill(history: Any, root: Path, runs: int = RUNS) -> None:
    """Write the rows of so many runs that ended, and note that they are all that the store holds."""
    from kfnb.metadata import store, tables

    folder = root / "runs"
    folder.mkdir(parents=True)
    states = ("SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "CANCELED")
    with history.database.writing() as connection:
        connection.execute(
            tables.experiments.insert(),
            [{"name": f"experiment-{n}", "created": 1e9} for n in range(EXPERIMENTS)],
        )
        for first in range(0, runs, 10_000):
            numbers = range(first + 1, min(first + 10_000, runs) + 1)
            connection.execute(tables.runs.insert(), [_run(n, str(root), states[n % 5]) for n in numbers])
            connection.execute(tables.tasks.insert(), [_task(n, name) for n in numbers for name in ("load", "train")])
            connection.execute(tables.metrics.insert(), [_metric(n, name) for n in numbers for name in ("auc", "loss")])
            connection.execute(tables.parameters.insert(), [_parameter(n) for n in numbers])
            good = [{"run": n, "name": "good", "created": _created(n)} for n in numbers if n % 50 == 0]
            connection.execute(tables.tags.insert(), good)
        store.set_listed(connection, str(root), folder.stat().st_mtime_ns)


def _created(number: int) -> float:
    return 1e9 + number * 60.0


def _run(number: int, root: str, state: str) -> dict[str, Any]:
    return {
        "key": number,
        "root": root,
        "id": f"run-{number:06d}",
        "name": "bench",
        "experiment": f"experiment-{number % EXPERIMENTS}",
        "state": state,
        "created": _created(number),
        "started": _created(number) + 1,
        "finished": _created(number) + 50,
        "duration": 49.0 - number % 40,
        "words": f"run-{number:06d}\nbench\nexperiment-{number % EXPERIMENTS}\n/notebooks/bench.ipynb",
        "pipeline": "bench",
        "notebook": "/notebooks/bench.ipynb",
        "notebook_digest": f"{number % 1000:064d}",
        "git_commit": f"{number % 500:040d}",
        "archived": False,
        "batches": 6,
        "marks": 0,
    }


def _task(run: int, name: str) -> dict[str, Any]:
    return {
        "run": run,
        "name": name,
        "position": 0 if name == "load" else 1,
        "state": "SUCCEEDED",
        "attempt": 1,
        "cached": False,
    }


def _metric(run: int, name: str) -> dict[str, Any]:
    value = (run * 7919 % 100_003) / 100_003
    return {
        "run": run,
        "task": "train",
        "name": name,
        "number": value,
        "value": json.dumps(value),
        "created": _created(run),
    }


def _parameter(run: int) -> dict[str, Any]:
    value = (0.1, 0.01, 0.001)[run % 3]
    return {"run": run, "task": "", "name": "lr", "number": value, "value": json.dumps(value), "created": _created(run)}
