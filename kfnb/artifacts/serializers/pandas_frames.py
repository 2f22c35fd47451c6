"""pandas frames, series and indexes: objects that share memory under copy-on-write are saved apart.

Under copy-on-write two frames may share memory and each writes into a copy of its own; pandas counts the sharers, and
the count does not survive pickling. Loaded as they lie in memory, a write to one would change the other. So within one
pickle the second holder of an array gets a copy. Indexes never change, so they may share with one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas._libs.internals import Block, _unpickle_block
from pandas.core.internals.managers import SingleBlockManager

from kfnb.artifacts.serializers import numpy_arrays

if TYPE_CHECKING:
    from kfnb.artifacts.pickler import ValuePickler


def _parts(values: Any) -> list[Any]:
    """The arrays behind a block's or an index's values: those whose identity says that memory is shared."""
    inner = (getattr(values, name, None) for name in ("_ndarray", "_data", "_mask", "_codes"))
    return [values, *(part for part in inner if hasattr(part, "dtype"))]


def _reduce_block(pickler: ValuePickler, block: Any) -> Any:
    parts = _parts(block.values)
    if block.refs.has_reference():
        pickler.apart.update((id(part), part) for part in parts)
    owners = {id(place.owner) for part in parts if (place := _place(pickler, part)) is not None}
    if owners & pickler.claimed or any(id(part) in pickler.managed or id(part) in pickler.indexed for part in parts):
        values = block.values.copy(order="K") if hasattr(block.values, "strides") else block.values.copy()
        pickler.managed.update((id(part), part) for part in _parts(values))
        return _unpickle_block, (values, block.mgr_locs.indexer, block.ndim)
    pickler.managed.update((id(part), part) for part in parts)
    pickler.claimed.update(owners)
    return NotImplemented


def _reduce_series_manager(_pickler: ValuePickler, manager: Any) -> Any:
    """As pandas does for frames: its own state for a series holds the array, not the block that says who shares it."""
    return type(manager), (manager.blocks[0], manager.axes[0])


def _place(pickler: ValuePickler, part: Any) -> Any:
    return pickler.layout.get(numpy_arrays.key(part)) if hasattr(part, "__array_interface__") else None


def _reduce_index(pickler: ValuePickler, index: Any) -> Any:
    if isinstance(index, pd.RangeIndex | pd.MultiIndex):
        return NotImplemented
    parts = _parts(index._data)
    if any(id(part) in pickler.managed for part in parts):
        index = index.copy(deep=True)
        parts = _parts(index._data)
    pickler.indexed.update((id(part), part) for part in parts)
    return index.__reduce__()


REDUCERS: dict[type, Any] = {
    Block: _reduce_block,
    SingleBlockManager: _reduce_series_manager,
    pd.Index: _reduce_index,
}
