"""A line of numbers as a row of small bars, for tables in a shell. Called by `kfnb metrics --series`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24


def spark(values: Sequence[Any]) -> str:
    """Return the values, at most WIDTH of them at even distances, as bars; a blank for what is no finite number."""
    shown = values
    if len(values) > WIDTH:
        shown = [values[round(place * (len(values) - 1) / (WIDTH - 1))] for place in range(WIDTH)]
    finite = [value for value in shown if _is_finite(value)]
    if not finite:
        return " " * len(shown)
    least, width = min(finite), max(finite) - min(finite)
    return "".join(_bar((value - least) / width if width else 0.5) if _is_finite(value) else " " for value in shown)


def _bar(share: float) -> str:
    return BARS[min(len(BARS) - 1, int(share * len(BARS)))]


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
