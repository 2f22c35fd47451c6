"""Runs one notebook twice, and once with everything of the run killed in its middle; called by the suite.

Like the comparison it judges from outside: by the command line, the log of events and the processes that there are.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.run_processes import kill_all

from .comparison import Comparison, Verdict, environment, kfnb

SPY = """import sys
if "kfnb.launcher.forkserver" in sys.orig_argv:
    with open({!r}, "a") as _said:
        _said.write("started\\n")
"""
"""A sitecustomize.py, by which the process that kernels come from says that it was started."""


@dataclass(frozen=True)
class Twice:
    """A notebook that was run twice. `again`: steps of the second run that were not taken from the cache.

    `never_kept`: steps of which the first run said that their results cannot be used again. `kernels`: how often the
    second run got a kernel ready.
    """

    verdicts: tuple[Verdict, Verdict]
    again: frozenset[str]
    never_kept: frozenset[str]
    kernels: int


def run_twice(comparison: Comparison, how: str) -> Twice:
    """Run the notebook split as `how`, and once more in the same folder."""
    notebook, spy = comparison.written(how, probes=True), comparison.folder / "spy"
    spy.mkdir()
    said = spy / "said"
    (spy / "sitecustomize.py").write_text(SPY.format(str(said)))
    given = (["run", notebook.name, "--json"], notebook.parent, comparison.folder, {"PYTHONPATH": str(spy)})
    first = kfnb(*given)
    verdict = comparison.judged(notebook, first)
    if verdict.kind != "equal":
        return Twice((verdict, verdict), frozenset(), frozenset(), 0)
    explained = json.loads(kfnb(["explain", "last", "--json"], notebook.parent, comparison.folder).stdout)["steps"]
    assert said.read_text(), "the spy is not heard"
    said.write_text("")
    second = kfnb(*given)
    tasks = json.loads(second.stdout).get("tasks", {})
    return Twice(
        verdicts=(verdict, comparison.judged(notebook, second)),
        again=frozenset(name for name, task in tasks.items() if task["state"] == "SUCCEEDED" and not task["cached"]),
        never_kept=frozenset(step["step"] for step in explained if step["kept"] is False),
        kernels=said.read_text().count("started"),
    )


@dataclass(frozen=True)
class Killed:
    """A run that was killed and resumed. `hit`: whether it lived; `again`: steps that ran again though done."""

    verdict: Verdict
    hit: bool
    again: frozenset[str]


def run_killed(comparison: Comparison, how: str) -> Killed:
    """Run the notebook detached, kill everything of it once some of its steps are done, and resume it."""
    notebook = comparison.written(how, probes=True)
    began = kfnb(["run", notebook.name, "--detach", "--json"], notebook.parent, comparison.folder)
    if began.returncode:
        return Killed(comparison.judged(notebook, began), hit=False, again=frozenset())
    run_id = json.loads(began.stdout)["run_id"]
    run = comparison.folder / "kfnb-home" / "store" / "runs" / run_id
    steps = len(json.loads((run / "run.json").read_bytes())["spec"]["tasks"])
    chance = random.Random(f"{comparison.example.name} {how}")
    enough = chance.randrange(steps)
    while len(done(run)) < enough and not has_ended(run):
        time.sleep(0.005)
    time.sleep(chance.uniform(0, 0.1))  # within a step, or between two
    kill_all(Path(environment(comparison.folder)["KFNB_HOME"]))
    hit, before = not has_ended(run), done(run)
    resumed = kfnb(["resume", run_id, "--json"], notebook.parent, comparison.folder)
    after = done(run)
    again = frozenset(name for name, attempts in before.items() if after[name] != attempts)
    return Killed(comparison.judged(notebook, resumed), hit, again)


def events(run: Path) -> list[dict[str, Any]]:
    """Return the events of the run that lies in the folder `run`."""
    return [event for batch in sorted((run / "events").glob("*.json")) for event in json.loads(batch.read_bytes())]


def done(run: Path) -> dict[str, list[int]]:
    """Return the attempts that succeeded, by step."""
    found: dict[str, list[int]] = {}
    for event in events(run):
        if event["kind"] == "task-state" and event["state"] == "SUCCEEDED":
            found.setdefault(event["task"], []).append(event["attempt"])
    return found


def has_ended(run: Path) -> bool:
    """Say whether nothing more happens in the run."""
    states = [event["state"] for event in events(run) if event["kind"] == "run-state"]
    return bool(states) and states[-1] in ("SUCCEEDED", "FAILED", "CANCELED")
