"""What the tables say of calls that change something, tried on the libraries themselves."""

from __future__ import annotations

import ast
import collections
import io
import pathlib
import pickle
import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dataflow_libraries import arguments_for, find
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from kfnb.dataflow.tables import changers, signatures

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries', not ours


class Numbers:
    """A picklable object with state."""

    def __init__(self) -> None:
        self.value = 1


CHANGES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "append": ([1], (2,)),
    "extend": ([1], ([2],)),
    "insert": ([1], (0, 2)),
    "remove": ([1], (1,)),
    "pop": ([1], ()),
    "clear": ([1], ()),
    "sort": ([2, 1], ()),
    "reverse": ([2, 1], ()),
    "add": ({1}, (2,)),
    "discard": ({1}, (1,)),
    "update": ({1: 2}, ({3: 4},)),
    "setdefault": ({}, (1, 2)),
    "popitem": ({1: 2}, ()),
    "difference_update": ({1}, ({1},)),
    "intersection_update": ({1}, ({2},)),
    "symmetric_difference_update": ({1}, ({2},)),
    "appendleft": (collections.deque([1]), (2,)),
    "extendleft": (collections.deque([1]), ([2],)),
    "popleft": (collections.deque([1]), ()),
    "rotate": (collections.deque([1, 2]), (1,)),
    "move_to_end": (collections.OrderedDict(a=1, b=2), ("a",)),
    "__setitem__": ([1], (0, 2)),
    "__delitem__": ([1], (0,)),
    "__setattr__": (Numbers(), ("value", 2)),
    "__delattr__": (Numbers(), ("value",)),
    "__iadd__": ([1], ([2],)),
    "__ior__": ({1}, ({2},)),
    "__iand__": ({1}, ({2},)),
    "__isub__": ({1}, ({1},)),
    "__ixor__": ({1}, ({1},)),
    "__imul__": ([1], (2,)),
    "__next__": (iter([1, 2]), ()),
    "read": (io.StringIO("ab"), (1,)),
    "readline": (io.StringIO("a\nb"), ()),
    "readlines": (io.StringIO("a\nb"), ()),
    "write": (io.StringIO(), ("a",)),
    "writelines": (io.StringIO(), (["a"],)),
    "seek": (io.StringIO("ab"), (1,)),
    "truncate": (io.StringIO("ab"), (1,)),
    "read1": (io.BytesIO(b"ab"), (1,)),
    "readinto": (io.BytesIO(b"ab"), (bytearray(1),)),
    "fit": (LinearRegression(), ([[1], [2]], [1, 2])),
    "fit_transform": (StandardScaler(), ([[1], [2]],)),
    "partial_fit": (StandardScaler(), ([[1], [2]],)),
    "set_params": (LinearRegression(), ()),
    "fill": (np.zeros(3), (1,)),
    "put": (np.zeros(3), ([0], [1])),
    "seed": (random.Random(0), (1,)),
    "setstate": (random.Random(0), (random.Random(1).getstate(),)),
    "set_state": (np.random.RandomState(0), (np.random.RandomState(1).get_state(),)),
    "spawn": (np.random.default_rng(0), (1,)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changer_changes_its_receiver(name: str) -> None:
    """The receiver's pickle differs after the call."""
    receiver, arguments = CHANGES[name]
    assert name in changers.CHANGER_METHODS
    before = pickle.dumps(receiver)
    keywords = {"fit_intercept": False} if name == "set_params" else {}
    getattr(receiver, name)(*arguments, **keywords)
    assert before != pickle.dumps(receiver)


def figure_with_axes() -> tuple[Any, Any]:
    """A figure and its axes."""
    from matplotlib.figure import Figure

    drawn = Figure()
    return drawn, drawn.subplots()


@pytest.mark.parametrize(
    "call",
    [
        "ax.text(0, 0, 'a')",
        "ax.annotate('a', (0, 0))",
        "ax.legend()",
        "ax.set_title('a')",
        "ax.axhline(1)",
        "ax.fill_between([1], [1])",
        "ax.imshow([[1]])",
        "ax.errorbar([1], [1])",
        "ax.twinx()",
        "figure.add_subplot(2, 1, 2)",
        "figure.suptitle('a')",
        "figure.add_axes((0, 0, 1, 1))",
        "figure.set_size_inches(1, 1)",
        "ax.grid(True)",
        "ax.tick_params(labelsize=3)",
        "ax.set(xlabel='a')",
        "ax.step([1], [1])",
        "ax.invert_yaxis()",
    ],
)
def test_drawing_changes_figures(call: str) -> None:
    """A method that draws or sets something is a change of figure or axes."""
    figure, ax = figure_with_axes()
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Attribute)
    assert node.func.attr in changers.CHANGER_METHODS
    before = pickle.dumps(figure)
    eval(call, {"ax": ax, "figure": figure})
    assert before != pickle.dumps(figure)


@pytest.mark.parametrize(
    ("make", "names", "state"),
    [
        (lambda: np.random.default_rng(0), signatures.NUMPY_RANDOM_METHODS, lambda g: str(g.bit_generator.state)),
        (lambda: np.random.RandomState(0), signatures.NUMPY_RANDOM_METHODS, lambda g: str(g.get_state())),
        (lambda: random.Random(0), signatures.PYTHON_RANDOM_METHODS, lambda g: str(g.getstate())),
    ],
    ids=["Generator", "RandomState", "Random"],
)
def test_methods_of_generators_advance_them(make: Any, names: frozenset[str], state: Any) -> None:
    """Every method in the table that the generator has changes its state."""
    for name in sorted(names):
        if not hasattr(make(), name):
            continue
        assert name in changers.GENERATOR_METHODS
        advanced = False
        for arguments in arguments_for(name):
            generator = make()
            before = state(generator)
            try:
                getattr(generator, name)(*arguments)
            except (TypeError, ValueError, IndexError, AttributeError, NotImplementedError):
                continue
            advanced = advanced or state(generator) != before
        assert advanced, name


def test_the_generators_have_no_other_methods_that_advance_them() -> None:
    """What is not in the table leaves the generator as it was."""
    makers: list[Any] = [lambda: np.random.default_rng(0), lambda: np.random.RandomState(0), lambda: random.Random(0)]
    for make in makers:
        for name in dir(make()):
            if name.startswith("_") or name in changers.GENERATOR_METHODS | changers.CHANGER_METHODS:
                continue
            generator = make()
            before = pickle.dumps(generator)
            if callable(getattr(generator, name)):
                getattr(generator, name)()
            assert before == pickle.dumps(generator), name


def test_ambiguous_names_are_all_that_other_common_types_share_with_generators() -> None:
    """A method of a generator that frames, arrays, text or containers have too is marked as ambiguous."""
    common = (pd.DataFrame, pd.Series, pd.Index, np.ndarray, str, list, dict, set, pathlib.Path, collections.Counter)
    shared = {name for name in changers.GENERATOR_METHODS if any(hasattr(kind, name) for kind in common)}
    assert changers.AMBIGUOUS_GENERATOR_METHODS == shared


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "setattr": (Numbers(), "value", 3),
    "delattr": (Numbers(), "value"),
    "next": (iter([1, 2]),),
    "random.shuffle": (list(range(50)),),
    "heapq.heappush": ([1], 2),
    "heapq.heappop": ([1],),
    "heapq.heapify": ([3, 2, 1],),
    "heapq.heapreplace": ([1, 2], 3),
    "heapq.heappushpop": ([1, 2], 3),
    "bisect.insort": ([1], 2),
    "bisect.insort_left": ([1], 2),
    "bisect.insort_right": ([1], 2),
    "operator.setitem": ([1], 0, 2),
    "operator.delitem": ([1], 0),
    "operator.iadd": ([1], [2]),
    "operator.iconcat": ([1], [2]),
    "operator.imul": ([1], 2),
    "operator.iand": ({1}, {2}),
    "operator.ior": ({1}, {2}),
    "operator.isub": ({1}, {1}),
    "operator.ixor": ({1}, {1}),
    "list.append": ([1], 1),
    "dict.update": ({}, {1: 2}),
    "set.add": (set(), 1),
    "object.__setattr__": (Numbers(), "value", 2),
    "numpy.random.shuffle": (np.arange(50),),
    "numpy.put": (np.zeros(3), [0], [1]),
    "numpy.put_along_axis": (np.zeros(3), np.array([0]), 1, 0),
    "numpy.copyto": (np.zeros(3), np.ones(3)),
    "numpy.place": (np.zeros(3), [True, False, False], [1]),
    "numpy.putmask": (np.zeros(3), [True, False, False], [1]),
    "numpy.fill_diagonal": (np.zeros((2, 2)), 1),
    "numpy.add.at": (np.zeros(3), [0], 1),
    "numpy.maximum.at": (np.zeros(3), [0], 1),
    "json.dump": ([1], io.StringIO()),
    "json.load": (io.StringIO("[1]"),),
    "pickle.dump": ([1], io.BytesIO()),
    "pickle.load": (io.BytesIO(pickle.dumps(1)),),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_call_changes_the_arguments_it_is_said_to_change(name: str) -> None:
    """The arguments at the places in the table differ afterwards, the others do not."""
    arguments = ARGUMENTS[name]
    before = [pickle.dumps(argument) for argument in arguments]
    find(name)(*arguments)
    changed = tuple(place for place, argument in enumerate(arguments) if pickle.dumps(argument) != before[place])
    assert changers.ARGUMENT_CHANGERS[name] == changed
