"""matplotlib figures: a figure that flows to another step does not open itself there a second time.

A figure that pyplot manages would, when loaded, make itself pyplot's current figure and be shown at the end of the cell.
"""

from __future__ import annotations

import copyreg
from typing import Any

from matplotlib.figure import Figure


def _reduce(_pickler: Any, figure: Figure) -> Any:
    state = figure.__getstate__()
    state.pop("_restore_to_pylab", None)
    return copyreg.__newobj__, (type(figure),), state  # type: ignore[attr-defined]


REDUCERS: dict[type, Any] = {Figure: _reduce}
