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
    "importing scikit-learn draws from random, once": """
import random
random.seed(7)
---
from sklearn.metrics import accuracy_score
---
print(accuracy_score([1, 0], [1, 1]), random.random())
---
from sklearn.linear_model import LinearRegression
first = random.random()
---
print(random.random())
""",
    "importing scikit-learn where nothing is loaded before": """
import os
import random
os.environ["PYTHONHASHSEED"] = "0"
random.seed(7)
from sklearn.metrics import accuracy_score
---
from sklearn.linear_model import LinearRegression
first = random.random()
---
from sklearn.cluster import KMeans
print(accuracy_score([1, 0], [1, 1]), random.random())
""",
    "a class made in a function says so": """
from dataclasses import dataclass
def make(kind):
    @dataclass
    class Point:
        x: int = kind
    return Point
---
Point = make(3)
point = Point()
---
print(point, Point, Point.__qualname__)
---
print(type(point) is Point, Point(4))
""",
    "settings in a class keep their order": """
class CFG:
    seed = 1
    lr = 0.1
    folds = [0, 1]
CFG.lr = 1
---
CFG.extra = True
print([name for name in vars(CFG) if not name.startswith("__")])
---
print({name: value for name, value in vars(CFG).items() if not name.startswith("__")})
""",
    "looking up in a function fills a defaultdict": """
from collections import defaultdict
class Table:
    def __init__(self): self.rows = defaultdict(list)
    def row(self, key): return len(self.rows[key])
table = Table()
values = defaultdict(lambda: {"a": 0.0, "b": 1.0})
def best(state):
    return max(values[state], key=values[state].get)
---
print(best("s"), table.row(1))
---
print(len(values), len(table.rows))
""",
    "loading runs no __new__": """
class Counted:
    made = 0
    def __new__(cls, *arguments):
        cls.made += 1
        return super().__new__(cls)
    def __init__(self, value): self.value = value
---
one = Counted(1)
---
two = Counted(2)
print(one.value, Counted.made)
---
print(one.value + two.value, Counted.made)
""",
    "an archive of arrays stays open": """
import numpy as np
np.savez("arrays.npz", a=np.eye(2), b=np.arange(3))
---
data = np.load("arrays.npz")
with np.load("arrays.npz") as closed:
    a = closed["a"]
---
data
---
print(data["b"], sorted(data.files), a, closed.files)
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
