"""matplotlib figures: a figure that flows to another step does not open itself there a second time.

A figure that pyplot manages would, when loaded, become pyplot's current figure and be shown at the end of the cell.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from typing import Any

from matplotlib.figure import Figure


def _reduce(_pickler: Any, figure: Figure) -> Any:
    state: Any = figure.__getstate__()
    state.pop("_restore_to_pylab", None)
    return copyreg.__newobj__, (type(figure),), state  # type: ignore[attr-defined]


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        return _reduce(None, obj) if isinstance(obj, Figure) else NotImplemented


def copied(figure: Figure) -> Figure:
    """A copy of a figure that pyplot does not know."""
    file = io.BytesIO()
    _Pickler(file, 5).dump(figure)
    made: Figure = pickle.loads(file.getbuffer())
    return made


REDUCERS: dict[type, Any] = {Figure: _reduce}
