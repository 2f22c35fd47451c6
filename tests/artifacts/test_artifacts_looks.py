"""Equality in words, previews, and the state of the session."""

from __future__ import annotations

import os
import random
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import matplotlib
import msgspec
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression

from kfnb.artifacts import session
from kfnb.artifacts.equality import difference, equal
from kfnb.artifacts.preview import LIMIT, preview
from kfnb.errors import WrongCall

matplotlib.use("agg")


class Plain:
    """An object with attributes and a remembered result."""

    def __init__(self, x: Any) -> None:
        self.x = x

    @cached_property
    def twice(self) -> Any:
        return [self.x, self.x]


class Hostile:
    """An object whose every look fails."""

    def __repr__(self) -> str:
        raise RuntimeError("do not look")

    def __len__(self) -> int:
        raise RuntimeError("do not look")

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("do not look")


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns or {"a": [1, 2, 3, 4]})


DIFFERENCES: list[tuple[Any, Any, str]] = [
    (1, 1.0, "value: int != float"),
    (True, 1, "value: bool != int"),
    (0.0, -0.0, "value: 0.0 != -0.0"),
    ([1, [2, "x"]], [1, [2, "y"]], "value[1][1]: 'x' != 'y'"),
    ((1,), (1, 2), "value: length 1 != 2"),
    ({"a": 1}, {"a": 2}, "value['a']: 1 != 2"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "value: key 'a' != key 'b' (same keys in another order)"),
    ({1, 2}, {1, 3}, "value: 2 is only in one of the two sets"),
    (np.arange(3), np.arange(3.0), "value: dtype int64 != float64"),
    (np.zeros((2, 2)), np.zeros((4,)), "value: shape (2, 2) != (4,)"),
    (np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]]), "value[1, 1]: np.int64(4) != np.int64(5)"),
    (np.array([1, "a"], object), np.array([1, "b"], object), "value[1]: 'a' != 'b'"),
    (np.float32(1), np.float64(1), "value: numpy.float32 != numpy.float64"),
    (frame(), frame(a=[1, 2, 3, 9]), "value['a'].iloc[3]: np.int64(4) != np.int64(9)"),
    (frame(), frame(b=[1, 2, 3, 4]), "value.columns[0]: 'a' != 'b'"),
    (frame(), frame(a=[1.0, 2, 3, 4]), "value['a']: dtype int64 != float64"),
    (frame(), frame().set_axis([0, 1, 2, 4]), "value.index: pandas.RangeIndex != pandas.Index"),
    (pd.Series([1], name="x"), pd.Series([1], name="y"), "value.name: 'x' != 'y'"),
    (Plain([1]), Plain([2]), "value.x[0]: 1 != 2"),
    (LogisticRegression(C=1), LogisticRegression(C=2), "value.C: 1 != 2"),
    (
        scipy.sparse.csr_matrix([[1.0]]),
        scipy.sparse.csr_matrix([[2.0]]),
        "value.data[0]: np.float64(1.0) != np.float64(2.0)",
    ),
    (lambda x: x + 1, lambda x: x + 2, "with different code"),
    (np.random.default_rng(1), np.random.default_rng(2), "value"),
    (np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0]), "value.mask[0]"),
]


@pytest.mark.parametrize(("one", "two", "words"), DIFFERENCES, ids=[words for _, _, words in DIFFERENCES])
def test_a_difference_is_said_in_words(one: Any, two: Any, words: str) -> None:
    """The first difference is named by the expression that leads to it."""
    assert words in (difference(one, two) or "")
    assert not equal(two, one)


def _cyclic() -> list[Any]:
    made: list[Any] = [1]
    made.append(made)
    return made


SAME: list[tuple[Any, Any]] = [
    (float("nan"), float("nan")),
    ([np.nan, {"x": complex("nan")}], [np.nan, {"x": complex("nan")}]),
    (np.array([1.0, np.nan, np.inf]), np.array([1.0, np.nan, np.inf])),
    (np.array(["NaT", "2020"], "M8[D]"), np.array(["NaT", "2020"], "M8[D]")),
    (frame(a=[1.0, None], b=["x", None]), frame(a=[1.0, None], b=["x", None])),
    (frame(a=pd.Categorical(["x", None])), frame(a=pd.Categorical(["x", None]))),
    (pd.array([1, None]), pd.array([1, None])),
    (LogisticRegression(C=2), LogisticRegression(C=2)),
    (np.random.default_rng(1), np.random.default_rng(1)),
    (_cyclic(), _cyclic()),
    (Path("a"), Path("a")),
    (Figure(), Figure()),
    (iter([1, 2]), iter([1, 2])),
    (ValueError("x", 1), ValueError("x", 1)),
]


@pytest.mark.parametrize(("one", "two"), SAME, ids=[type(one).__name__ for one, _ in SAME])
def test_equal_values_are_equal(one: Any, two: Any) -> None:
    """Equal values of every kind are equal, NaN to NaN."""
    assert difference(one, two) is None


def test_a_remembered_result_makes_no_difference() -> None:
    """A cached property that only one of two objects has read does not count."""
    one, two = Plain(1), Plain(1)
    assert [1, 1] == one.twice
    assert equal(one, two)


def test_deep_values_are_compared() -> None:
    """A list nested 50,000 deep is compared."""
    one: list[Any] = []
    two: list[Any] = []
    for _ in range(50_000):
        one, two = [one], [two]
    assert equal(one, two)
    assert not equal(one, [two])


@given(st.recursive(st.integers() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_a_value_equals_its_copy(value: Any) -> None:
    """Whatever a value is made of, it equals its deep copy."""
    import copy

    assert difference(value, copy.deepcopy(value)) is None


# --------------------------------------------------------------------------------------------------------- previews


def _drawn() -> Figure:
    made = Figure()
    made.add_subplot().plot([1, 2])
    return made


KINDS: list[tuple[Any, str]] = [
    (frame(), "Dataset"),
    (pd.Series([1]), "Dataset"),
    (np.zeros((3, 3)), "Dataset"),
    (np.array(["a", [1]], object), "Dataset"),
    (scipy.sparse.eye(3), "Dataset"),
    (LogisticRegression(), "Model"),
    ({"accuracy": 0.5, "n": 3}, "Metrics"),
    ({"accuracy": "high"}, "Artifact"),
    (_drawn(), "Artifact"),
    (3, "Artifact"),
    (Hostile(), "Artifact"),
    ([Hostile()], "Artifact"),
    (frame(a=[Hostile()]), "Dataset"),
    ("x" * 10**6, "Artifact"),
    (10**5000, "Artifact"),
    (frame(**{f"{'c' * 300}{n}": ["t" * 1000] * 20 for n in range(300)}), "Dataset"),
    (LogisticRegression, "Artifact"),
    (len, "Artifact"),
    (pd.DataFrame(), "Dataset"),
]


@pytest.mark.parametrize(
    ("value", "kind"), KINDS, ids=[f"{type(v).__name__}-{k}-{n}" for n, (v, k) in enumerate(KINDS)]
)
def test_a_preview_is_small_safe_json(value: Any, kind: str) -> None:
    """Every value has its artifact type and a preview that JSON holds, of at most 32 KB."""
    found, seen = preview(value)
    data = msgspec.json.encode(seen)
    assert kind == found
    assert len(data) <= LIMIT + 1000
    assert msgspec.json.decode(data)["class"]


def test_a_frame_s_preview_has_shape_schema_and_head() -> None:
    """A frame shows its shape, its columns with their types, and its first rows."""
    _, seen = preview(frame(a=[1, 2], b=["x", None], t=pd.to_datetime(["2020-01-01", None])))
    assert [2, 3] == seen["shape"]
    assert [["a", "int64"], ["b", "str"], ["t", "datetime64[us]"]] == seen["schema"]
    assert [[1, "x", "2020-01-01 00:00:00"], [2, "nan", "NaT"]] == seen["head"]


def test_a_figure_s_preview_is_a_small_picture() -> None:
    """A figure shows as a PNG, and is not drawn itself for that."""
    made = _drawn()
    made.set_layout_engine("constrained")
    before = [tuple(axes.get_position().bounds) for axes in made.axes]
    _, seen = preview(made)
    assert seen["picture"].startswith("data:image/png;base64,")
    assert before == [tuple(axes.get_position().bounds) for axes in made.axes]


# ---------------------------------------------------------------------------------------------------------- session


@pytest.fixture(autouse=True)
def _session(monkeypatch: pytest.MonkeyPatch) -> Any:
    saved = {provider: session.snapshot(provider) for provider in session.PROVIDERS}
    yield
    for provider, data in saved.items():
        if data is not None:
            session.restore(provider, data)


def test_random_sources_continue_where_they_were() -> None:
    """Restored random state gives the numbers that would have come."""
    random.seed(3)
    np.random.seed(3)
    np.random.normal()
    saved = {provider: session.snapshot(provider) for provider in ("random", "numpy.random")}
    coming = [random.random(), random.gauss(), *np.random.normal(size=3)]
    assert all(session.changed(p, data, session.snapshot(p)) for p, data in saved.items())
    for provider, data in saved.items():
        assert data is not None
        session.restore(provider, data)
        assert not session.changed(provider, data, session.snapshot(provider))
    assert coming == [random.random(), random.gauss(), *np.random.normal(size=3)]


def test_numpy_s_state_may_be_of_another_generator() -> None:
    """A global bit generator that the notebook chose is restored with its kind."""
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(5))
    try:
        data = session.snapshot("numpy.random")
        coming = np.random.random()
        np.random.set_bit_generator(np.random.MT19937(1))
        assert data is not None
        session.restore("numpy.random", data)
        assert coming == np.random.random()
    finally:
        np.random.set_bit_generator(before)


def test_folder_environment_and_path_are_restored(tmp_path: Path) -> None:
    """The working directory, variables (added, changed, removed) and sys.path come back."""
    os.environ |= {"KFNB_T1": "a", "KFNB_T2": "b"}
    saved = {provider: session.snapshot(provider) for provider in ("cwd", "environ", "sys.path")}
    before = (Path.cwd(), list(sys.path))
    os.chdir(tmp_path)
    sys.path.append("/somewhere")
    os.environ["KFNB_T1"] = "changed"
    os.environ["KFNB_T3"] = "new"
    del os.environ["KFNB_T2"]
    assert all(session.changed(p, data, session.snapshot(p)) for p, data in saved.items())
    for provider, data in saved.items():
        assert data is not None
        session.restore(provider, data)
    shown = (os.environ["KFNB_T1"], os.environ["KFNB_T2"], os.environ.get("KFNB_T3"))
    assert (before, ("a", "b", None)) == ((Path.cwd(), list(sys.path)), shown)


def test_a_library_that_is_not_imported_does_not_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Torch there is no Torch state, and no change of it."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert session.snapshot("torch.random") is None
    assert not session.changed("torch.random", None, b"x")


def test_an_unknown_provider_is_refused() -> None:
    """A provider that does not exist is a WrongCall that lists those that do."""
    with pytest.raises(WrongCall, match=r"numpy\.random"):
        session.snapshot("weather")
