"""What the tables name, found in the libraries, and what it is tried with, for the tests of this folder."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
from typing import Any

import pandas as pd

OTHER_VERSIONS = frozenset(
    """
    itertools.batched IPython.display.set_matplotlib_formats IPython.display.set_matplotlib_close
    numpy.set_string_function os.startfile pandas.read_gbq random.binomialvariate telnetlib.
    """.split()
)
"""Names of the tables that other versions or systems have."""


def find(dotted: str) -> Any:
    """The object of that dotted name; LookupError if there is none, None if its library is not installed."""
    parts = dotted.split(".")
    if hasattr(builtins, parts[0]):
        found: Any = builtins
    elif len(parts) == 1 and parts[0] == "display":  # IPython's
        return dotted
    elif importlib.util.find_spec(parts[0]) is None:
        return None
    else:
        cut = len(parts)
        while True:
            try:
                found = importlib.import_module(".".join(parts[:cut]))
                break
            except ImportError:
                cut -= 1
        parts = parts[cut:]
    for part in parts:
        if not hasattr(found, part):
            raise LookupError(dotted)
        found = getattr(found, part)
    return found


def frame() -> pd.DataFrame:
    """A small frame of numbers and text."""
    return pd.DataFrame({"k": [3.0, 1.0, 2.0], "b": ["x", "y", "x"], "c": [1, 2, 3]})


def arguments_for(name: str) -> list[tuple[Any, ...]]:
    """A few argument lists to try on a method of unknown signature."""
    return [
        (), (3,), ([1, 2, 3],), (2, 3), (1, 1, 1), (3, 2, 2), ([0.5, 0.5],), (3, [0.5, 0.5]), ([1, 2, 3], 2),
        ([16, 8, 4], 6), ([1.0], [[1.0]]), (1, 2, 3),
    ]  # fmt: skip
