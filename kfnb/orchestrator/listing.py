"""Finds the runs that a store holds and reads what they were started with. Used by the client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.artifacts.store import Store
from kfnb.errors import StoreError, WrongCall
from kfnb.orchestrator import places
from kfnb.spec import RunInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_decoder = msgspec.json.Decoder(RunInfo)
_WHOLE = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
"""A run's id as `places.new_run_id` makes them."""


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


def find_run(store: Store, elsewhere: Store | None, run_id: str) -> tuple[Store, str] | None:
    """Return the run called `run_id` (or the beginning of that, or `last`) and the store that holds it; None: no such.

    `elsewhere`: where the stores of further runs are noted. WrongCall if several are meant.
    """
    if _WHOLE.fullmatch(run_id) and store.exists(places.run_key(run_id, "run.json")):
        return store, run_id  # without a list of all there are
    stores = dict.fromkeys(names_under(store, "runs"), store)
    for run in names_under(elsewhere, "") if elsewhere is not None else ():
        assert elsewhere is not None
        stores.setdefault(run, Store(elsewhere.read(run).decode()))
    found = [run_id] if run_id in stores else [run for run in stores if run.startswith(run_id)]
    if run_id == "last":
        found = _last(stores)
    return the_only_one(run_id, {run: stores[run] for run in found})


def the_only_one(run_id: str, found: Mapping[str, Store]) -> tuple[Store, str] | None:
    """Return what was found for `run_id`; None if that is nothing, WrongCall if it is several."""
    if len(found) > 1:
        raise WrongCall(f"{run_id} means several runs: {', '.join(sorted(found)[:5])}. Write more of it.")
    return next(((store, run) for run, store in found.items()), None)


def _last(stores: Mapping[str, Store]) -> list[str]:
    newest = max((run[:15] for run in stores), default="")  # to the second; what began later says run.json
    of_that_second = [run for run in stores if run[:15] == newest]
    return sorted(of_that_second, key=lambda run: read_info(stores[run], run).created)[-1:]
