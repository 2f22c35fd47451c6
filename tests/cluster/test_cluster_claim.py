"""Runs whose root is a folder on a volume claim, which this machine has mounted as pods have it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from msgspec.structs import replace

from kfnb.errors import Refused, StoreError
from kfnb.preflight.cluster_check import Line, check
from kfnb.profiles import Profile
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, end, made_place, notebook

STEPS = (
    "rows = list(range(5))",
    "total = sum(rows)\nprint('total', total)",
    "import kfnb\nkfnb.log_metric('n', total)",
)


@pytest.fixture
def shared(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Path]:
    """A folder of this machine that is the volume of the claim `shared`, as NFS would be, for pods of any node."""
    folder = tmp_path / "shared"
    folder.mkdir()
    before = os.umask(0)  # pods write there as another user than the one who runs tests
    folder.chmod(0o777)
    metadata = {"name": f"shared-{namespace}", "labels": {"test": namespace}}
    size = {"storage": "1Gi"}
    volume = {"capacity": size, "accessModes": ["ReadWriteMany"], "storageClassName": ""}
    claim = {"accessModes": ["ReadWriteMany"], "storageClassName": "", "resources": {"requests": size}}
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": metadata,
            "spec": {
                **volume,
                "hostPath": {"path": str(folder)},
                "claimRef": {"namespace": namespace, "name": "shared"},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "shared", "namespace": namespace},
            "spec": {**claim, "volumeName": metadata["name"]},
        },
    )
    yield folder
    os.umask(before)
    cluster.kubectl("delete", "persistentvolume", metadata["name"], "--wait=false")


@pytest.fixture
def place(
    cluster: Cluster, namespace: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A namespace whose runs lie on the claim; nothing of the profile speaks of a bucket."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        profile = replace(
            made.profile,
            root=str(shared / "kfnb"),
            root_claim=f"shared:{shared}",
            endpoint_url=None,
            store_secret=None,
        )
        yield dataclasses.replace(made, profile=profile)


@pytest.mark.parametrize("local_orchestrator", [True, False], ids=["driven from here", "driven in the cluster"])
def test_a_run_lies_on_a_volume_claim(place: Place, tmp_path: Path, local_orchestrator: bool) -> None:
    """Values, logs and metrics are read here from the folder; the next run uses what the first made."""
    path = notebook(tmp_path / "nb" / "sums.ipynb", *STEPS)
    run = place.run(path, local_orchestrator=local_orchestrator)
    assert "SUCCEEDED" == end(run)
    assert (10, {"s2": {"n": 10}}) == (run.artifacts["total"].load(), run.metrics)
    assert "total 10" in run.tasks["s1"].log()
    again = place.run(path, local_orchestrator=local_orchestrator)
    assert "SUCCEEDED" == end(again)
    assert [True] * 3 == [task.cached for task in again.tasks.values()]


def test_a_cluster_check_says_whether_pods_and_this_machine_share_the_folder(
    place: Place, shared: Path, tmp_path: Path
) -> None:
    """A folder of this machine that only has the same path as the claim's in pods is told."""
    lines = lines_of(place, place.profile)
    assert ("ok", "ok") == (lines["store, from here"].state, lines["store, from a pod"].state)
    (tmp_path / "other").mkdir()
    other = replace(place.profile, root=f"{tmp_path}/other", root_claim=f"shared:{tmp_path}/other")
    line = lines_of(place, other)["store, from a pod"]
    assert ("failed", "Mount the same volume here, at the same path.") == (line.state, line.fix)


def lines_of(place: Place, profile: Profile) -> dict[str, Line]:
    """What `kfnb cluster check` says, by what it says it of."""
    found = check(profile, version=version("kfnb"), seconds=240, tell=lambda _: None)
    return {line.what: line for line in found}


def test_a_run_without_the_folder_is_refused(place: Place, tmp_path: Path) -> None:
    """Nothing is made at a path where the claim is not mounted, whether or not that is looked at before."""
    nowhere = tmp_path / "nowhere"
    profile = replace(place.profile, root=f"{nowhere}/kfnb", root_claim=f"shared:{nowhere}")
    elsewhere, path = dataclasses.replace(place, profile=profile), notebook(tmp_path / "nb.ipynb", "x = 1")
    for preflight, error in ((True, Refused), (False, StoreError)):
        with pytest.raises(error, match=f"Nothing is mounted at {nowhere} on this machine"):
            elsewhere.run(path, preflight=preflight)
    assert not nowhere.exists()
