"""The list of runs, where some of them are on a real cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfnb.client import Run
from kfnb.history import History
from kfnb.metadata.filtering import RunFilter
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import end, made_place, notebook


def test_a_run_that_something_drives_is_not_called_interrupted(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that this machine drives, nor one whose orchestrator has yet to begin in the cluster."""
    path = notebook(tmp_path / "waits.ipynb", "import time\nprint('begun', flush=True)\ntime.sleep(600)")
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:

        def seen(run: Run) -> tuple[str, bool]:
            columns = {row.columns["id"]: row.columns for row in History(place.client()).runs(RunFilter()).runs}[run.id]
            return columns["state"], columns["interrupted"]

        there = place.run(path, cache=False)
        assert not seen(there)[1]
        here = place.run(path, cache=False, local_orchestrator=True)
        place.wait_running(here, "s0")
        place.wait_running(there, "s0")
        assert {here.id: ("RUNNING", False), there.id: ("RUNNING", False)} == {r.id: seen(r) for r in (here, there)}
        for run in (here, there):
            run.cancel(now=True)
        assert ["CANCELED", "CANCELED"] == [end(here), end(there)]
