"""Python's shared random source: what points at it still does after loading, it is not saved as a copy of itself."""

from __future__ import annotations

import random
from typing import Any


def shared_source() -> random.Random:
    """The source behind `random.random()` and its like."""
    return random._inst


def _reduce(_pickler: Any, source: random.Random) -> Any:
    return (shared_source, ()) if source is shared_source() else NotImplemented


REDUCERS: dict[type, Any] = {random.Random: _reduce}
