"""Removes from a store what no run refers to (`kfnb gc`), beside living runs too.

A blob stays if any document of any run names it, and a record of the cache if any run is there that it has results of.
Whatever a living run put or found there since it began stays as well, and everything younger than a grace period:
putting or finding what is there already makes it young again. Ages are by the store's clock, which pods and laptops
share. An S3 store cannot remove a blob only if it is still old: one that is put again in the milliseconds between the
question and the removal is lost, and the run that put it says so. Folders and Google's buckets have no such gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfnb.errors import OutsideError
from kfnb.orchestrator import places
from kfnb.orchestrator.cache import RECORDS, runs_behind
from kfnb.orchestrator.events import ENDED
from kfnb.orchestrator.lease import Lease
from kfnb.orchestrator.listing import read_info
from kfnb.orchestrator.projecting import RunReader

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.artifacts.store import Store

GRACE_SECONDS = 3600.0

_DIGEST = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True)
class Collected:
    """What was removed (or would be): how many objects and bytes. `young`: objects that stay for now, for their age."""

    objects: int
    size: int
    young: int


def collect(store: Store, home: Path, *, grace: float = GRACE_SECONDS, dry_run: bool = False) -> Collected:
    """Remove every blob that no run refers to and that is older than `grace` seconds and than every living run.

    StoreError, with nothing removed, if a document of a run cannot be read: what it names would not be known.
    OutsideError for a store that cannot say what was put there lately, while a run is living.
    """
    named: set[str] = set()
    runs = _runs(store)
    before = store.now() - max(0.0, grace) - store.slack  # once the store has answered: it tells the time by that
    for run in runs:
        before = min(before, _living_since(store, home, run))
        named |= _named(store, run)
    objects = size = young = 0
    for digest, bytes_of_it, made in store.blobs():
        if digest in named:
            continue
        if made >= before or not (dry_run or store.discard(digest, before)):
            young += 1
        else:
            objects, size = objects + 1, size + bytes_of_it
    for key in _useless_records(store, runs):
        objects += 1
        size += len(store.read(key))
        if not dry_run:
            store.remove_document(key)
    if not dry_run:
        store.sweep(before)
    return Collected(objects, size, young)


def _runs(store: Store) -> list[str]:
    found: Any = store.children("runs")  # the store's own `list` hides the type's name from type checkers
    return [run for run in found if store.exists(places.run_key(run, "run.json"))]


def _useless_records(store: Store, runs: list[str]) -> list[str]:
    """Return the records of the cache whose results are all of runs that were deleted: they never give a hit again."""
    return [key for key in store.list(RECORDS) if runs_behind(store, key).isdisjoint(runs)]


def _living_since(store: Store, home: Path, run: str) -> float:
    """Return since when a run that is living may have put something; infinity if it is not living."""
    folder = store.local_path(places.run_key(run))
    info = read_info(store, run)
    lease = Lease(places.lease_path(home, folder, store.root, run))
    if not lease.is_held():
        facts = RunReader(store, info).known().facts
        if facts.state in ENDED or lease.is_left_by(facts.host):
            return float("inf")
    since = store.found_since(places.run_key(run))
    if since is None:
        raise OutsideError(
            f"Run {run} is living, and {store.root} does not tell what it uses. Run `kfnb gc` when it has ended."
        )
    return since if folder is None else min(since, info.created)


def _named(store: Store, run: str) -> set[str]:
    """Return whatever could be a digest in the documents of a run: rather too much than too little."""
    found: set[str] = set()
    keys = [key for key in store.list(places.run_key(run)) if key.endswith(".json")]
    for data in store.at_once(store.read, keys):
        found.update(match.decode() for match in _DIGEST.findall(data))
    return found
