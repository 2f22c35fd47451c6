"""What data scientists write in notebooks, cell by cell a step: each run shows what it shows by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .comparison import Comparison
from .corpus import Cell, Example

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = {
    "a picture in space is shown, then looked at": """
import matplotlib.pyplot as plt
fig = plt.figure()
ax = fig.add_subplot(projection="3d")
line, = ax.plot([0, 1], [1, 2], [3, 5])
plt.close(fig)
---
fig
---
len(ax.lines), ax.get_title()
""",
    "neighbours are looked up twice": """
import numpy as np
from sklearn.neighbors import KNeighborsClassifier
knn = KNeighborsClassifier(3, algorithm="kd_tree").fit(np.arange(40.0).reshape(20, 2), np.arange(20) % 2)
---
first = knn.predict([[1, 2]])
---
second = knn.predict([[30, 2]])
print(first, second)
""",
    "a module is written by a cell and imported": """
%%writefile tripling.py
def triple(value):
    return value * 3
---
from tripling import triple
triple(2)
---
triple(3)
""",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in NOTEBOOKS.items()])
def test_every_cell_a_step_equals_the_notebook(text: str, tmp_path: Path) -> None:
    """The run ends well and shows under every cell what one kernel shows."""
    cells = tuple(Cell("code", source.strip("\n")) for source in text.split("---\n"))
    comparison = Comparison(Example("adversary", "data", cells), tmp_path)
    assert not isinstance(comparison.by_hand, str), "the notebook fails by hand"
    verdict = comparison.verdict("every", probes=True)
    assert ("equal", "") == (verdict.kind, verdict.detail)
