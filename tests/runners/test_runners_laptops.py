"""What people's own machines do to runs that the cluster drives: they are closed, or two of them start the same one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.cli.app import run_app
from kfnb.profiles.editing import add_profile, as_table
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, made_place, notebook
from tests.cluster.shell import wait_until

STEPS = ("import time\nprint('begun', flush=True)\ntime.sleep(8)\nx = int('1')", "y = x + 1\nprint(y)")


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def test_a_laptop_that_is_closed_changes_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run whose command is killed goes on; another machine follows it and has all of it when its objects are gone."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    table = {name: value for name, value in as_table(place.profile).items() if value not in ({}, [], None)}
    add_profile("test", {**table, "ttl_seconds": 3})
    path = notebook(tmp_path / "p.ipynb", *STEPS)
    command = [sys.executable, "-m", "kfnb", "run", str(path), "--on", "test", "--no-cache"]
    environment = {**os.environ, "KFNB_HOME": str(tmp_path / "closed")}
    with subprocess.Popen(command, env=environment, start_new_session=True) as laptop:
        try:
            wait_until(lambda: place.get("jobs") != [], "The run's first Job", 60)
            run = place.client().get("last")
            place.wait_running(run, "s0")
        finally:
            os.killpg(laptop.pid, signal.SIGKILL)
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "other"))

    def kfnb(*words: str) -> str:
        capfd.readouterr()
        assert 0 == run_app([*words, "--on", "test"])
        return capfd.readouterr().out

    assert "RUNNING" == run.state
    kfnb("watch", "last")
    assert [(run.id, "SUCCEEDED")] == [(r["run_id"], r["state"]) for r in json.loads(kfnb("runs", "--json"))["runs"]]
    wait_until(lambda: place.left() == [], "The end of objects whose time is over", 60)
    assert "succeeded" in kfnb("show", run.id).splitlines()[0]
    copy = shutil.copy(path, tmp_path / "copy.ipynb")
    kfnb("outputs", "last", "--into", str(copy))
    shown = [cell["outputs"][0]["text"] for cell in json.loads(Path(copy).read_text("utf-8"))["cells"]]
    assert ["begun\n", "2\n"] == ["".join(text) for text in shown]
