"""matplotlib figures: a figure that flows to another step does not open itself there a second time.

A figure that pyplot manages would, when loaded, become pyplot's current figure and be shown at the end of the cell.
And its transforms, which tell each other of changes, must find each other again: matplotlib keeps who is to be told
under the id that it had in the process that saved it, where a new transform of the same id here would take its place.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import weakref
from typing import Any

from matplotlib.figure import Figure
from matplotlib.transforms import TransformNode


def _reduce(_pickler: Any, figure: Figure) -> Any:
    state: Any = figure.__getstate__()
    state.pop("_restore_to_pylab", None)
    return copyreg.__newobj__, (type(figure),), state  # type: ignore[attr-defined]


def _reduce_transform(_pickler: Any, node: Any) -> Any:
    make, arguments, state = node.__reduce_ex__(5)[:3]
    told = (parent for parent in state["_parents"].values() if parent is not None)
    return make, arguments, state | {"_parents": dict(enumerate(told))}, None, None, restore_transform


def restore_transform(node: Any, state: dict[str, Any]) -> None:
    """Give a transform its state; those that it tells of changes are kept under the ids that they have here."""
    told: dict[int, weakref.ref[Any]] = {}

    def remember(key: int, parent: object) -> None:
        told[key] = weakref.ref(parent, lambda _: told.pop(key, None))

    for parent in state.pop("_parents").values():
        remember(id(parent), parent)
    node.__setstate__(state | {"_parents": {}})
    node._parents = told


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        reducer = next((reducer for kind, reducer in REDUCERS.items() if isinstance(obj, kind)), None)
        return NotImplemented if reducer is None else reducer(None, obj)


def copied(figure: Figure) -> Figure:
    """A copy of a figure that pyplot does not know."""
    file = io.BytesIO()
    _Pickler(file, 5).dump(figure)
    made: Figure = pickle.loads(file.getbuffer())
    return made


REDUCERS: dict[type, Any] = {Figure: _reduce, TransformNode: _reduce_transform}
