"""What the tables say of calls that change nothing, or share nothing with their results, tried on the libraries."""

from __future__ import annotations

import collections
import inspect
import pathlib
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dataflow_libraries import OTHER_VERSIONS, find, frame
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from kfnb.dataflow.tables import changers, copies, lookers

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries', not ours

# --------------------------------------------------------------------------------------------------------- lookers


def fitted(model: Any) -> Any:
    """A fitted model."""
    X, y = make_classification(40, 4, random_state=0)
    return model.fit(X, y)


RECEIVERS: dict[str, Any] = {
    "frame": frame,
    "series": lambda: frame()["k"],
    "text series": lambda: frame()["b"],
    "array": lambda: np.arange(6.0).reshape(2, 3),
    "text": lambda: "a b,c",
    "list": lambda: [[1], [2]],
    "dict": lambda: {"k": [1]},
    "set": lambda: {1, 2},
    "counter": lambda: collections.Counter("aab"),
    "path": lambda: pathlib.Path("nothing-of-that-name"),
    "regression": lambda: fitted(LogisticRegression()),
    "scaler": lambda: fitted(StandardScaler()),
    "index": lambda: pd.Index([3, 1]),
}

CLOSERS = {"to_string"}
"""Given a number, these take it for an open file, write to it and close it: standard output, say."""


def copies_of(kind: str) -> Any:
    """A function that makes a receiver anew, fast."""
    pickled = pickle.dumps(RECEIVERS[kind]())
    return lambda: pickle.loads(pickled)


def tried(receiver: Any) -> list[tuple[Any, ...]]:
    """Argument lists to try."""
    X = np.arange(24.0).reshape(6, 4)
    return [(), (1,), ("k",), (["k"],), (X,), (X, np.zeros(len(X), int)), (len,), (receiver,), (0, 1), ({"k": "b"},)]


@pytest.mark.parametrize("kind", RECEIVERS)
def test_a_looker_leaves_its_receiver_as_it_was(
    kind: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever arguments a looking method accepts, its receiver is the same afterwards."""
    monkeypatch.chdir(tmp_path)
    make = copies_of(kind)
    for name in sorted((lookers.LOOKER_METHODS | lookers.AMBIGUOUS_LOOKERS) - CLOSERS):
        if not hasattr(make(), name) or not callable(getattr(make(), name)):
            continue
        for number in range(len(tried(make()))):
            receiver = make()
            before = pickle.dumps(receiver)
            try:
                getattr(receiver, name)(*tried(receiver)[number])
            except Exception:
                continue
            assert before == pickle.dumps(receiver), (name, number)


def test_no_method_both_looks_and_changes() -> None:
    """No name is in both tables."""
    assert set() == (lookers.LOOKER_METHODS | lookers.AMBIGUOUS_LOOKERS) & (
        changers.CHANGER_METHODS - {"legend", "grid", "text"}
    )


# ---------------------------------------------------------------------------------------------------------- copies


def mutable_parts(value: Any) -> dict[int, Any]:
    """Every mutable object that a value reaches, by id; arrays by their memory."""
    found: dict[int, Any] = {}
    waiting = [value]
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or isinstance(thing, (type, str, bytes, int, float, complex, type(None), np.dtype)):
            continue
        if callable(thing) and not hasattr(thing, "fit"):
            continue
        if isinstance(thing, np.ndarray):
            found[id(thing)] = thing
            if thing.dtype == object:
                waiting += list(thing.flat)
        elif isinstance(thing, (pd.DataFrame, pd.Series)):
            waiting += (
                [np.asarray(column) for _, column in thing.items()]
                if isinstance(thing, pd.DataFrame)
                else [thing.to_numpy()]
            )
        elif isinstance(thing, dict):
            found[id(thing)] = thing
            waiting += [*thing.keys(), *thing.values()]
        elif isinstance(thing, (list, set)):
            found[id(thing)] = thing
            waiting += list(thing)
        elif isinstance(thing, (tuple, frozenset)):
            waiting += list(thing)
        elif hasattr(thing, "__dict__") and not inspect.ismodule(thing):
            found[id(thing)] = thing
            waiting += list(vars(thing).values())
    return found


def share(left: Any, right: Any) -> bool:
    """Do two values reach a common mutable object?"""
    ones, others = mutable_parts(left), mutable_parts(right)
    if set(ones) & set(others):
        return True
    arrays = [a for a in ones.values() if isinstance(a, np.ndarray) and a.size]
    return any(np.shares_memory(a, b) for a in arrays for b in others.values() if isinstance(b, np.ndarray) and b.size)


@pytest.mark.parametrize(
    "kind", [kind for kind in RECEIVERS if kind not in ("frame", "series", "text series", "index")]
)
def test_the_result_of_a_copying_method_shares_nothing(
    kind: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mutable object is reached from both the receiver and the result."""
    monkeypatch.chdir(tmp_path)
    make = copies_of(kind)
    shallow = copies.SHALLOW_COPYING_METHODS if kind in ("list", "dict", "set") else frozenset()
    for name in sorted(copies.COPYING_METHODS - shallow - CLOSERS):
        if not hasattr(make(), name) or not callable(getattr(make(), name)) or (kind == "list" and name == "count"):
            continue
        for number in range(len(tried(make()))):
            receiver = make()
            try:
                result = getattr(receiver, name)(*tried(receiver)[number])
            except Exception:
                continue
            assert not share(receiver, result), (name, number)


@pytest.mark.parametrize("kind", ["frame", "series", "text series"])
def test_results_of_pandas_methods_do_not_alias_under_copy_on_write(
    kind: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the result does not show in the receiver."""
    monkeypatch.chdir(tmp_path)
    make = copies_of(kind)
    for name in sorted((copies.PANDAS_COPYING_METHODS | copies.COPYING_METHODS) - CLOSERS):
        if not hasattr(make(), name):
            continue
        for number in range(len(tried(make()))):
            receiver = make()
            before = pickle.dumps(receiver)
            try:
                result = getattr(receiver, name)(*tried(receiver)[number])
            except Exception:
                continue
            if isinstance(result, (pd.DataFrame, pd.Series)) and len(result):
                try:
                    result.iloc[:] = (
                        result.iloc[0] if isinstance(result, pd.Series) else result.iloc[[0] * len(result)].to_numpy()
                    )
                except (ValueError, TypeError):
                    continue
            assert before == pickle.dumps(receiver), (name, number)


def call_arguments() -> list[tuple[Any, ...]]:
    """Argument lists for dotted calls: arrays, frames, lists, text."""
    a = np.arange(1.0, 7.0).reshape(2, 3)
    v = np.array([3.0, 1.0, 2.0])
    y = np.array([0, 1, 1, 0, 1])
    nested = [[1, 2], [3, 4]]
    return [
        (a,), (v,), (v, v), (a, a.T), ([v, v],), (v > 1, v, v), (v, 1), (v, 1, 2), (y, y), (y, y / 2), (frame(),),
        ([frame(), frame()],), (frame(), frame()), (frame()["k"],), (nested,), ("12",), (3,), (4, 4), ("{}",),
        (a[:2, :2],), (v, [0]), (v, 0, 1), (frame(), ["b"]),
        (LogisticRegression(), *make_classification(40, 4, random_state=0)), (frame()["b"], frame()["c"]), (2.5, 1),
    ]  # fmt: skip


def test_the_result_of_a_copying_call_shares_nothing() -> None:
    """No mutable object is reached from both the arguments and the result; at least 200 calls could be tried."""
    silent = {"copy.deepcopy", "print", "input", "callable", "type", "inspect.signature", "pandas.json_normalize"}
    # A number given for a path is a file descriptor: reading from the test runner's own ones waits for ever.
    readers = (
        "sklearn.datasets.",
        "pandas.read_",
        "numpy.load",
        "numpy.genfromtxt",
        "json.load",
        "pickle.load",
        "joblib.",
    )
    silent |= {"numpy.clip", "numpy.diff"}  # told to do nothing they give back what they were given
    worked = set()
    for name, function in ALL_CALLS.items():
        if name in silent or name.startswith((*readers, "sklearn.model_selection.", "sklearn.insp")):
            continue
        for arguments in call_arguments():
            if isinstance(function, np.ufunc) and len(arguments) != function.nin:
                continue  # a further argument is where the result goes
            if name.startswith("sklearn.utils.") and isinstance(arguments[0], list):
                continue  # another order of the same elements
            try:
                result = function(*arguments)
            except Exception:
                continue
            worked.add(name)
            results = result if isinstance(result, list) else [result]
            if any(isinstance(r, (pd.DataFrame, pd.Series)) for r in results):
                continue  # pandas shares memory until one of the two is written to
            assert not share(arguments, result), (name, arguments)
    assert len(worked) >= 200


def all_calls() -> dict[str, Any]:
    """Every copying call that can be found."""
    found = {}
    for name in copies.COPYING_CALLS - OTHER_VERSIONS:
        try:
            thing = find(name)
        except LookupError:
            continue
        if thing is not None:
            found[name] = thing
    return found


ALL_CALLS = all_calls()
