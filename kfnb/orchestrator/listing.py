"""Finds the runs that a store holds and reads what they were started with. Used by the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.errors import StoreError
from kfnb.orchestrator import places
from kfnb.spec import RunInfo

if TYPE_CHECKING:
    from kfnb.artifacts.store import Store

_decoder = msgspec.json.Decoder(RunInfo)


def names_under(store: Store, prefix: str) -> list[str]:
    """Return the names right below a key."""
    found: Any = store.children(prefix)  # the store's own `list` hides the type's name from type checkers
    return list(found)


def read_info(store: Store, run_id: str) -> RunInfo:
    """Return what a run was started with; StoreError if that cannot be read."""
    try:
        return _decoder.decode(store.read(places.run_key(run_id, "run.json")))
    except msgspec.DecodeError as error:
        raise StoreError(f"What is stored about run {run_id} cannot be read: {error}.") from None
