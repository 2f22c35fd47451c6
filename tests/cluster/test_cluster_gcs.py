"""Runs whose root is a bucket of Google's kind, for this machine and for pods."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from gcs_server import GcsServer
from msgspec.structs import replace

from tests.cluster.fixtures import Cluster
from tests.cluster.places import ADDRESS
from tests.cluster.runs import Place, end, made_place, notebook

STEPS = (
    "rows = list(range(5))",
    "total = sum(rows)\nprint('total', total)",
    "import kfnb\nkfnb.log_metric('n', total)",
)


@pytest.fixture
def place(
    cluster: Cluster, namespace: str, gcs_server: GcsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A place for runs whose store is such a bucket, at an address of this machine that pods reach."""
    server = GcsServer(gcs_server.program, host=ADDRESS)
    try:
        root = f"{server.make_bucket('kfnb')}/{namespace}"
        with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as found:
            for name, value in server.environment.items():
                monkeypatch.setenv(name, value)
            profile = replace(found.profile, root=root, endpoint_url=server.url, store_secret=None)
            yield dataclasses.replace(found, profile=profile)
    finally:
        server.stop()


def test_a_run_lies_in_a_bucket_of_googles(place: Place, tmp_path: Path) -> None:
    """Orchestrator, steps and this machine use one bucket; a second run finds all in the cache, and has no pod."""
    path = notebook(tmp_path / "work" / "bucket.ipynb", *STEPS)
    first = place.run(path)
    assert ("SUCCEEDED", "total 10\n", {"n": 10}) == (end(first), first.tasks["s1"].log(), first.metrics["s2"])
    second = place.run(path)
    assert ("SUCCEEDED", [True] * 3) == (end(second), [task.cached for task in second.tasks.values()])
    assert [] == place.pods(second)
