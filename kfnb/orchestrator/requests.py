"""What others ask of a living run, through the store: each request is an object that is created once and never changed.

`ask` is called by the client, from any process; the loop reads the requests each second and answers each by an event.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from kfnb.orchestrator import places

if TYPE_CHECKING:
    from collections.abc import Iterable


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request. `now`: stop at once, without letting tasks save what they have."""

    kind: Literal["cancel"]
    now: bool = False


class Documents(Protocol):
    """What is needed of a store."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a document if there is none; say whether it was written."""

    def read(self, key: str) -> bytes:
        """Return a document."""

    def children(self, prefix: str) -> Iterable[str]:
        """Return the names right below a prefix."""


def ask(store: Documents, run_id: str, request: Request) -> str:
    """Put a request where the run's process finds it; return its name."""
    while True:
        name = f"{time.time_ns():020d}-{os.urandom(3).hex()}.json"
        if store.create(places.run_key(run_id, "requests", name), msgspec.json.encode(request)):
            return name


def unanswered(store: Documents, run_id: str, answered: set[str]) -> list[str]:
    """Return the names of the requests that are not among `answered`, the oldest first."""
    return sorted(name for name in store.children(places.run_key(run_id, "requests")) if name not in answered)


def read(store: Documents, run_id: str, name: str) -> Request | None:
    """Return a request; None if this kfnb cannot read it, as one that a newer kfnb wrote. StoreError as the store's."""
    try:
        return msgspec.json.decode(store.read(places.run_key(run_id, "requests", name)), type=Request)
    except msgspec.DecodeError:
        return None
