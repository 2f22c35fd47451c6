"""The list of runs where some are in a cluster that does not answer, and their store does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfnb.artifacts.store import Store
from kfnb.client import Client, Run
from kfnb.history import History
from kfnb.metadata.filtering import RunFilter
from kfnb.orchestrator.listing import read_info
from kfnb.profiles import Profile
from kfnb.runners.chosen import cluster_options
from tests.runners.nowhere import served
from tests.runners.silent_api import silent_api
from tests.written_notebooks import write_cells


@pytest.mark.parametrize("interrupted", ["too", "no", "only"])
def test_a_list_waits_once_for_a_silent_cluster(tmp_path: Path, bucket: str, interrupted: Any) -> None:
    """However many of its runs have not ended, and each is looked at once, whatever is asked for."""
    with silent_api() as silent:
        served(tmp_path, silent.address)
        there = Profile(
            name="c", context="c", kubeconfig=str(tmp_path / "config"), namespace="n", root=f"{bucket}/runs", image="i"
        )
        client = Client(home=tmp_path / "home", root=there.root)
        notebook = write_cells(tmp_path / "n.ipynb", [(["step:s"], "x = 1")])
        options = cluster_options(there, local_orchestrator=False)
        ids = {client.prepare(notebook, options=options).run_id for _ in range(3)}
        looked: list[str] = []

        def run_at(store: Store, run_id: str) -> Run:
            looked.append(run_id)
            return Run(store, read_info(store, run_id), client.home)

        found = History(client, run_at=run_at).runs(RunFilter(interrupted=interrupted)).runs
        assert (sorted(ids), set() if interrupted == "only" else ids) == (
            sorted(looked),
            {row.columns["id"] for row in found},
        )
        assert 3 > silent.asked > 0
