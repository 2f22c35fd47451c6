"""A run in pods of the test cluster equals the notebook too: nothing of this machine is there but what was shipped."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from kfnb.profiles.editing import add_profile
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, made_place

from .comparison import KFNB, Comparison, Verdict, environment
from .test_equivalence import EXAMPLES, KINDS, expected, label, sampled

CHOSEN = {
    "pandas/weather_years",
    "numpy/image_filters",
    "sklearn/own_transformer",
    "plain/server_log",
    "plots/palette_study",
    "classes/vending_machine",
    "closures/event_loop",
    "files/module_above",
    "random/simulation",
    "inplace/aliases",
}
"""One of each kind, for the short form."""
AT_ONCE = 5
"""How many notebooks run side by side; a node has room for some twenty pods."""
MOST_SECONDS = 400
"""That one of them may take, beside the others and whatever else the cluster does."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs, which `--on test` means; its pods do sums in the same order as this machine."""
    order = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch, env=order) as made:
        monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
        settings = msgspec.to_builtins(made.profile)
        add_profile(settings.pop("name"), settings)
        yield made


def run(notebook: Path, home: Path, place: Place, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a notebook on the cluster; one that does not end says where it is."""
    command = [*KFNB, "run", notebook.name, "--json", "--on", "test", *options]
    env = environment(home) | {"PYTHONFAULTHANDLER": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=notebook.parent, env=env, **pipes) as process:
        try:
            said, errors = process.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            there = place.kubectl("get", "nodes,jobs,pods", "--output=wide")
            process.send_signal(signal.SIGABRT)  # it writes the stacks of its threads
            said, errors = process.communicate(timeout=30)
            raise AssertionError(f"{notebook.name} has not ended.\n{there}\n{errors}") from None
    return subprocess.CompletedProcess(command, process.returncode, said, errors)


def complaints(splits: dict[str, str], folder: Path, place: Place) -> dict[str, Verdict]:
    """Return the verdicts of these notebooks, split as it says, that are not what exceptions.toml says.

    A pod drives every other run, a process of this machine the rest. By hand they run here meanwhile, one after the
    other: what runs them belongs to this thread.
    """
    found, drivers = {}, itertools.cycle(((), ("--local-orchestrator",)))
    with ThreadPoolExecutor(AT_ONCE) as side_by_side:
        begun = []
        for example in (example for example in EXAMPLES if label(example) in splits):
            how = splits[label(example)]
            comparison = Comparison(example, folder / label(example))
            notebook = comparison.written(how, probes=how != "tagged")
            ran = side_by_side.submit(run, notebook, comparison.folder, place, *next(drivers))
            begun.append((how, comparison, notebook, ran))
        for how, comparison, notebook, ran in begun:
            assert not isinstance(comparison.by_hand, str), f"{label(comparison.example)} fails by hand"
            found[label(comparison.example)] = (how, comparison.example, comparison.judged(notebook, ran.result()))
    return {
        name: verdict
        for name, (how, example, verdict) in found.items()
        if verdict.codes != expected(example, how) or verdict.kind in ("differs", "crash")
    }


@pytest.mark.timeout(3 * MOST_SECONDS)
def test_equals_the_notebook_on_the_cluster(place: Place, tmp_path: Path) -> None:
    """Every cell of a run whose steps are pods shows what it shows by hand, for a notebook of each kind."""
    assert {} == complaints(dict.fromkeys(CHOSEN, "tagged"), tmp_path, place)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_every_notebook_equals_its_run_on_the_cluster(kind: str, place: Place, tmp_path: Path) -> None:
    """The same for all notebooks of a kind, those that their author did not cut being cut anew."""
    splits = {label(one): sampled(index, one) for index, one in enumerate(EXAMPLES) if one.kind == kind}
    assert {} == complaints(splits, tmp_path, place)
