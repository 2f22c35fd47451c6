"""Removes from a store what no run refers to (`kfnb gc`), beside living runs too.

A blob stays if any document of any run names it, and a record of the cache if any run is there that it has results of.
Whatever a living run put or found there since it began stays as well, and everything younger than a grace period:
putting what is there already makes it young again.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kfnb.errors import OutsideError
from kfnb.orchestrator import places
from kfnb.orchestrator.cache import RECORDS, runs_behind
from kfnb.orchestrator.lease import Lease, whoami
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
    OutsideError for a store elsewhere in which a run is living.
    """
    before = time.time() - max(0.0, grace)
    named: set[str] = set()
    runs = _runs(store)
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
    if Lease(places.lease_path(home, folder, store.root, run)).is_held():
        return _only_here(store, run, info.created)
    facts = RunReader(store, info).known().facts
    elsewhere = facts.state in ("RUNNING", "CANCELING") and facts.host != whoami()["host"]
    return _only_here(store, run, info.created) if elsewhere else float("inf")


def _only_here(store: Store, run: str, since: float) -> float:
    if store.local_path("") is None:  # a store elsewhere does not tell which of its blobs a run has found there
        raise OutsideError(f"Run {run} is living, and uses {store.root}. Sweep it when the run has ended.")
    return since


def _named(store: Store, run: str) -> set[str]:
    """Return whatever could be a digest in the documents of a run: rather too much than too little."""
    found: set[str] = set()
    for key in store.list(places.run_key(run)):
        if key.endswith(".json"):
            found.update(match.decode() for match in _DIGEST.findall(store.read(key)))
    return found
