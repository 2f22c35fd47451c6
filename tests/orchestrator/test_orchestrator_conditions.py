"""Conditions: what is evaluated over recorded scalars, and what is left to the `if` itself."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfnb.orchestrator.conditions import Undecidable, evaluate


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("accuracy > 0.8", {"accuracy": 0.81}, True),
        ("accuracy > 0.8", {"accuracy": 0.8}, False),
        ("0 < a <= b", {"a": 1, "b": 1}, True),
        ("a and not b", {"a": 1, "b": 0}, True),
        ("a or missing", {"a": "yes"}, True),
        ("flag", {"flag": ""}, False),
        ("best in ('forest', 'boost')", {"best": "forest"}, True),
        ("scores['f1'] >= limits[0]", {"scores": {"f1": 0.5}, "limits": [0.5]}, True),
        ("a - b * 2 > -1 ** 2", {"a": 3, "b": 1}, True),
        ("x != x", {"x": math.nan}, True),
        ("x > 0 or x <= 0", {"x": math.nan}, False),
        ("name is None", {"name": None}, True),
        ("(a if flag else b) == 2", {"a": 1, "b": 2, "flag": False}, True),
        ("names[1:] == ['b']", {"names": ["a", "b"]}, True),
    ],
)
def test_what_python_says_is_what_the_condition_says(expression: str, values: dict[str, Any], expected: bool) -> None:
    """Comparison, boolean logic, arithmetic, `in` and subscripts mean what they mean in Python."""
    assert expected == evaluate(expression, values)


@pytest.mark.parametrize(
    "expression",
    [
        "missing > 1",
        "x.real > 1",
        "len(text) > 1",
        "text > x",
        "x / 0 > 1",
        "text[9]",
        "x ** 10 ** 10 > 1",
        "text * 10 ** 10",
        "'%999999999d' % x",
        "[y for y in text]",
        "lambda: x",
        "(x := 3)",
        "f'{x}'",
        "x is 1000",
        "x +",
        "",
    ],
)
def test_what_could_run_foreign_code_or_fail_is_left_to_the_if(expression: str) -> None:
    """A missing name, an attribute, a call, an error and a number without bounds are not decided here."""
    with pytest.raises(Undecidable):
        evaluate(expression, {"x": 2, "text": "ab"})


_numbers = st.one_of(st.integers(-50, 50), st.floats(allow_nan=True), st.booleans())


@given(
    st.recursive(
        st.sampled_from(["a", "b", "c", "0", "1.5", "True"]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["<", "<=", "==", "!=", ">", "and", "or", "+", "-", "*"]), inner).map(
                lambda parts: f"({' '.join(parts)})"
            ),
            inner.map(lambda text: f"(not {text})"),
        ),
        max_leaves=12,
    ),
    _numbers,
    _numbers,
    _numbers,
)
def test_a_decided_condition_equals_eval(expression: str, a: Any, b: Any, c: Any) -> None:
    """Whatever is decided is what `eval` gives."""
    values = {"a": a, "b": b, "c": c}
    try:
        decided = evaluate(expression, values)
    except Undecidable:
        return
    assert bool(eval(expression, {}, values)) == decided
