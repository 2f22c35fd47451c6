"""What people write in plain Python, cell by cell a step: each run shows what it shows by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .comparison import Comparison
from .corpus import Cell, Example

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = {
    "a metaclass counts the classes that it makes": """
class Meta(type):
    made = []
    def __new__(mcs, name, bases, body):
        mcs.made.append(name)
        return super().__new__(mcs, name, bases, body)
---
class Model(metaclass=Meta):
    pass
---
class Person(Model):
    pass
---
print(Meta.made, type(Person()) is Person)
""",
    "chained targets are one list": """
a = b = []
---
b += [2]
---
print(a)
""",
    "methods are found by the text of their name": """
from itertools import count
numbers = count(1)
class Simulator:
    def step(self, kind):
        return getattr(self, "on_" + kind)()
    def on_arrive(self):
        return next(numbers)
simulator = Simulator()
---
simulator.step("arrive")
---
next(numbers)
""",
    "a handler registered by a decorator of an object is taken off again": """
class Bus:
    def __init__(self):
        self.handlers = {}
    def on(self, name):
        def register(function):
            self.handlers.setdefault(name, []).append(function)
            return function
        return register
bus = Bus()
---
@bus.on("data")
def collect(value):
    print(value)
---
bus.handlers["data"].remove(collect)
---
bus.handlers
""",
    "a module that a cell writes keeps what it remembers": """
%%writefile remembering.py
seen = []
def remember(value):
    seen.append(value)
    return seen
---
from remembering import remember
remember(1)
---
remember(2)
""",
    "a stand-in hands all attributes on": """
class Proxy:
    def __init__(self, target):
        object.__setattr__(self, "_target", target)
    def __getattr__(self, name):
        return getattr(self._target, name)
    def __setattr__(self, name, value):
        setattr(self._target, name, value)
class Point:
    x = 1
point = Point()
proxy = Proxy(point)
---
proxy.x = 5
---
print(point.x, proxy.x)
""",
    "slots that cannot be assigned flow": """
class Frozen:
    __slots__ = ("value",)
    def __init__(self, value):
        object.__setattr__(self, "value", value)
    def __setattr__(self, name, value):
        raise AttributeError("frozen")
frozen = Frozen([1])
---
frozen.value.append(2)
---
frozen.value
""",
    "a generator of random numbers picks an object that is changed": """
import random
rng = random.Random(3)
lists = [[], []]
---
rng.choice(lists).append(1)
---
lists
""",
    "a function stores one global in another": """
config = {"host": "a", "inner": {"n": 0}}
snapshots = []
def snap():
    snapshots.append(dict(config))
snap()
---
config["inner"]["n"] = 5
---
snapshots
""",
    "a function makes an argument the current one": """
current = None
def use(item):
    global current
    current = item
item = []
use(item)
---
current.append(1)
---
item
""",
    "the notebook is looked up as a module": """
import sys
value = 3
---
getattr(sys.modules[__name__], "val" + "ue")
""",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in NOTEBOOKS.items()])
def test_every_cell_a_step_equals_the_notebook(text: str, tmp_path: Path) -> None:
    """The run ends well and shows under every cell what one kernel shows."""
    cells = tuple(Cell("code", source.strip("\n")) for source in text.split("---\n"))
    comparison = Comparison(Example("adversary", "python", cells), tmp_path)
    assert not isinstance(comparison.by_hand, str), "the notebook fails by hand"
    verdict = comparison.verdict("every", probes=True)
    assert ("equal", "") == (verdict.kind, verdict.detail)
