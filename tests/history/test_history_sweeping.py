"""Sweeping a store elsewhere (`kfnb gc`) while a run there is living."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from metadata_runs import batches, prepare

from kfnb.artifacts.shipped import Index, ShippedEntry
from kfnb.artifacts.store import Store
from kfnb.errors import OutsideError
from kfnb.history.collection import Collected, collect
from kfnb.orchestrator import places
from kfnb.orchestrator.events import EventLog
from kfnb.spec import Blob


@pytest.fixture(params=["bucket", "gcs_bucket"], ids=["s3", "gs"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in a bucket of either kind, in which whatever is put or found again is young at once."""
    monkeypatch.setattr("kfnb.artifacts.bucket.RENEW_AFTER", -60.0)  # which its slack makes 0
    return Store(request.getfixturevalue(request.param) + "/kfnb")


def times(store: Store) -> dict[str, float]:
    """When each blob was last put."""
    return {digest: put for digest, _, put in store.blobs()}


def until_later(store: Store) -> None:
    """Return once the clock of a store has gone on, so that what is put from now on is younger than what is there."""
    latest = max(times(store).values())
    store.write("clock/tick", b"")
    while (store.found_since("clock") or 0.0) <= latest:
        store.write("clock/tick", b"")


def begin(store: Store, *shipped: Blob) -> EventLog:
    """Have a run that another machine drives, with a folder in the store; return its log."""
    entries = tuple(ShippedEntry("data.csv", "file", 0o644, blob.size, blob=blob) for blob in shipped)
    index = Index(folder="/nb", limit=1 << 20, entries=entries)
    store.write(places.run_key("r1", "folder.json"), msgspec.json.encode(index))
    prepare(store, "r1")
    log = EventLog(store, "r1")
    log.append(batches()[0])
    return log


def test_what_a_living_run_put_found_or_shipped_stays(store: Store, tmp_path: Path) -> None:
    """What nothing refers to and nobody used since the run began goes; the rest stays, until the run has ended."""
    old, again, shipped = store.put(b"old"), store.put(b"again"), store.put(b"shipped")
    until_later(store)
    log = begin(store, shipped)
    mine = store.put(b"mine")
    assert store.renew(again.digest)
    assert Collected(objects=1, size=3, young=2) == collect(store, tmp_path, grace=0)
    assert {again.digest, shipped.digest, mine.digest} == times(store).keys()
    assert not store.has(old.digest)
    until_later(store)
    for batch in batches()[1:]:
        log.append(batch)
    assert 2 == collect(store, tmp_path, grace=0).objects
    assert {shipped.digest} == times(store).keys()


def test_a_grace_period_counts_from_when_something_was_last_found(store: Store, tmp_path: Path) -> None:
    """What nobody refers to, and no run is living, stays for the grace period all the same."""
    blob = store.put(b"young")
    assert (0, 1) == (collect(store, tmp_path).objects, collect(store, tmp_path, grace=60).young)
    assert store.has(blob.digest)


def test_a_store_that_does_not_tell_ages_waits_for_the_end_of_the_run(tmp_path: Path) -> None:
    """Where finding a result does not make it young nothing is removed while a run is living."""
    store = Store(f"memory://{tmp_path.name}-{tmp_path.parent.name}")
    store.put(b"old")
    begin(store)
    with pytest.raises(OutsideError, match=r"Run r1 is living, and memory://.* when it has ended"):
        collect(store, tmp_path, grace=0)
    assert 1 == len(times(store))
