"""Runs on a cluster as another machine sees them than the one that started them: found, listed, and told where."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from test_cli_runs import write_notebook

import kfnb
from kfnb.cli.app import run_app
from kfnb.client import Client
from kfnb.errors import ClusterError, KfnbError, WrongCall
from kfnb.orchestrator import requests, takeover
from kfnb.profiles import Profile
from kfnb.runners.chosen import cluster_options


class Machine:
    """Another machine, with a data folder and a name of its own for the cluster."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """The exit code of a command and what it printed, on standard output and error."""
        self._capfd.readouterr()
        code = run_app(words)
        said = self._capfd.readouterr()
        return code, said.out, said.err

    def json(self, *words: str) -> Any:
        """The document that a command prints."""
        return json.loads(self(*words, "--json")[1])


@pytest.fixture
def run_id(tmp_path: Path, bucket: str) -> str:
    """A run that another machine has written down for its cluster `theirs`, and not started."""
    profile = Profile(
        name="theirs", context="their-context", kubeconfig="/theirs", namespace="n", root=f"{bucket}/runs", image="i:1"
    )
    client = Client(home=tmp_path / "their-home", root=profile.root)
    notebook = write_notebook(tmp_path / "n.ipynb", [("step:s", "x = 1")])
    return client.prepare(notebook, options=cluster_options(profile, local_orchestrator=False)).run_id


@pytest.fixture
def machine(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Machine:
    """A machine that knows the cluster as `ours`, and one more whose store does not answer."""
    config, kubeconfig = tmp_path / "clusters.toml", tmp_path / "kubeconfig"
    config.write_text(
        f'[clusters.ours]\nnamespace = "n"\nimage = "i:1"\nroot = "{bucket}/runs"\ncontext = "our-context"\n'
        f'kubeconfig = "{kubeconfig}"\n'
        '[clusters.away]\nnamespace = "n"\nimage = "i:1"\nroot = "s3://not-there/runs"\n',
        "utf-8",
    )
    monkeypatch.setenv("KFNB_CONFIG", str(config))
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "our-home"))
    return Machine(capfd)


def test_a_run_of_a_cluster_is_found_from_another_machine(machine: Machine, run_id: str) -> None:
    """By its id in the roots of the clusters that are known, with `--on` alone, from Python; it says where it is."""
    assert (run_id, "theirs") == tuple(machine.json("show", run_id)[key] for key in ("run_id", "cluster"))
    shown = machine("show", run_id[:-1], "--on", "ours")
    assert f"run {run_id} · pending · on theirs" in shown[1].splitlines()[0]
    assert "Whether anything drives the run cannot be seen from here, only what it has written: " in shown[2]
    assert "kubeconfig" in shown[2]
    assert run_id == machine.json("show", "last", "--on", "ours")["run_id"]
    assert run_id == kfnb.get(on="ours").id
    found = kfnb.get(run_id).there
    assert found is not None
    assert "our-context" == found.profile.context  # not that of the machine which started it
    assert (4, "", True) == (*(said := machine("logs", run_id, "--orchestrator"))[:2], "kubeconfig" in said[2])


def test_a_run_whose_cluster_cannot_be_asked_is_not_taken_for_interrupted(machine: Machine, run_id: str) -> None:
    """The lists say what is known, and who cancels it leaves the wish in the store, where its orchestrator finds it."""
    (row,) = machine.json("runs", "--on", "ours")["runs"]
    assert ("PENDING", False) == (row["state"].upper(), row["interrupted"])
    assert (0, "", f"Asked run {run_id} to stop.\n") == machine("cancel", run_id, "--no-wait")
    store = kfnb.get(run_id).store
    (name,) = requests.unanswered(store, run_id, set())
    asked = requests.read(store, run_id, name)
    assert asked is not None
    assert "cancel" == asked.kind


def test_why_a_run_failed_before_it_began_is_shown(machine: Machine, run_id: str) -> None:
    """What ended it stands under its state, and a run that has ended stays as it is."""
    store = kfnb.get(run_id).store
    takeover.fail_undriven(store, run_id, "somebody may not do that", time.time())
    takeover.fail_undriven(store, run_id, "something else", time.time())
    head, why, *_ = machine("show", run_id)[1].splitlines()
    assert (f"n · run {run_id} · failed · on theirs", "somebody may not do that") == (head, why)


def test_runs_say_on_which_cluster_they_are(machine: Machine, run_id: str, tmp_path: Path) -> None:
    """In a column of its own, which is left out where all are on this machine."""
    Client(home=tmp_path / "our-home").prepare(write_notebook(tmp_path / "m.ipynb", [("step:s", "x = 1")]))
    assert ["RUN", "STATE", "CREATED"] == machine("runs")[1].split()[:3]
    assert [(run_id, "theirs")] == [(r["run_id"], r["cluster"]) for r in machine.json("runs", "--on", "ours")["runs"]]
    head, row = machine("runs", "--on", "ours")[1].splitlines()
    assert (["RUN", "STATE", "ON"], "theirs") == (head.split()[:3], row[head.index("ON") :].split()[0])


def test_a_run_that_is_nowhere(machine: Machine) -> None:
    """What was looked at is said, which clusters there are, and which store did not answer."""
    code, _, said = machine("show", "2026")
    assert (3, True) == (code, "There is no run 2026 in " in said)
    assert "`--on NAME`, which may be ours, away." in said
    assert "not-there" in said
    assert "`--on NAME`, which may be ours, away." in machine("runs")[2]
    code, _, said = machine("show", "2026", "--on", "ours")
    assert (3, False) == (code, "`--on NAME`" in said)


@pytest.mark.parametrize("local", [False, True])
def test_python_asks_of_a_cluster_what_the_command_line_does(machine: Machine, tmp_path: Path, local: bool) -> None:
    """Before a run whether it can run there, or nothing (`preflight`); and who drives it (`local_orchestrator`)."""
    del machine
    notebook = write_notebook(tmp_path / "m.ipynb", [("step:s", "x = 1")])
    with pytest.raises(KfnbError, match="kubeconfig"):
        kfnb.run(notebook, on="ours", local_orchestrator=local)
    with pytest.raises(WrongCall, match="There is no run last"):
        kfnb.get(on="ours")
    with pytest.raises(ClusterError, match="kubeconfig"):
        kfnb.run(notebook, on="ours", local_orchestrator=local, preflight=False)
    run = kfnb.get(on="ours")
    assert (local, "ours", "FAILED", True) == (
        run.info.options["local_orchestrator"],
        run.cluster,
        run.state,
        "kubeconfig" in str(run.why),
    )


@pytest.mark.parametrize("words", [("runs",), ("show", "last"), ("cancel", "last"), ("logs", "last")])
def test_a_cluster_and_a_root_exclude_each_other(machine: Machine, words: tuple[str, ...]) -> None:
    """`--on` means the root of the cluster's profile; a name that is not known is told."""
    code, _, said = machine(*words, "--on", "ours", "--root", "/tmp/x")
    assert (3, True) == (code, "--on and --root exclude each other" in said)
    code, _, said = machine(*words, "--on", "ous")
    assert (2, True) == (code, "Write `ours`." in said)


def test_python_and_the_command_line_refuse_the_same(machine: Machine, tmp_path: Path) -> None:
    """A run on this machine has no other orchestrator than a local one."""
    notebook = write_notebook(tmp_path / "m.ipynb", [("step:s", "x = 1")])
    code, _, said = machine("run", str(notebook), "--local-orchestrator")
    with pytest.raises(WrongCall) as caught:
        kfnb.run(notebook, local_orchestrator=True)
    assert (3, f"{caught.value}\n") == (code, said)
