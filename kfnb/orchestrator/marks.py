"""What people say about a run beside what happened in it: tags, and whether it is archived.

Kept as numbered objects in `runs/ID/marks/`, each created only if absent, as events are; so the database of runs can be
lost with nothing lost. Written by the history of runs, read by whoever projects a run into the database.
"""

from __future__ import annotations

import time
from typing import Literal, Protocol

import msgspec

from kfnb.errors import StoreError
from kfnb.orchestrator import places


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was said. `names`: the tags that are added or removed."""

    kind: Literal["tag", "untag", "archive", "unarchive"]
    time: float
    names: tuple[str, ...] = ()


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What all marks of a run say together. `number`: how many there are."""

    tags: frozenset[str] = frozenset()
    archived: bool = False
    number: int = 0


class Documents(Protocol):
    """What is needed of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none; say whether it was written."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def exists(self, key: str) -> bool:
        """Say whether there is a document."""


def mark_key(run_id: str, number: int) -> str:
    """Return the key of mark `number` (from 1) of a run."""
    return places.run_key(run_id, "marks", f"{number:08d}.json")


def add(store: Documents, run_id: str, kind: Literal["tag", "untag", "archive", "unarchive"], *names: str) -> Marks:
    """Say something about a run, and return what is said about it now. Saying it again changes nothing."""
    while True:
        found = read(store, run_id)
        mark = Mark(kind=kind, time=time.time(), names=names)
        then = _after(found, mark)
        if (then.tags, then.archived) == (found.tags, found.archived):
            return found
        if store.create(mark_key(run_id, then.number), msgspec.json.encode(mark)):
            return then


def read(store: Documents, run_id: str) -> Marks:
    """Return what is said about a run."""
    found = Marks()
    while store.exists(key := mark_key(run_id, found.number + 1)):
        try:
            mark = msgspec.json.decode(store.read(key), type=Mark)
        except msgspec.DecodeError as error:
            raise StoreError(f"What is said about run {run_id} cannot be read from {key}: {error}.") from None
        found = _after(found, mark)
    return found


def _after(found: Marks, mark: Mark) -> Marks:
    tags, archived = found.tags, found.archived
    if mark.kind == "tag":
        tags |= frozenset(mark.names)
    elif mark.kind == "untag":
        tags -= frozenset(mark.names)
    else:
        archived = mark.kind == "archive"
    return Marks(tags=tags, archived=archived, number=found.number + 1)
