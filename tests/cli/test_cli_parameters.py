"""Run parameters as people write them in a shell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfnb.cli.parameters import parse_value, read_parameters
from kfnb.errors import WrongCall


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10", 10),
        ("-0.5", -0.5),
        ("1e-3", 1e-3),
        ("[64, -32]", [64, -32]),
        ("(1, 2)", [1, 2]),
        ('{"a": [null, true]}', {"a": [None, True]}),
        ("{'a': None}", {"a": None}),
        ("None", None),
        ("null", None),
        ("True", True),
        ("true", True),
        ("'quoted text'", "quoted text"),
        ('"10"', "10"),
        ("forest", "forest"),
        ("a=b", "a=b"),
        ("", ""),
        ("2026-11-24", "2026-11-24"),
        ("../data/a.csv", "../data/a.csv"),
    ],
)
def test_a_value_is_a_python_or_json_literal_else_text(text: str, expected: Any) -> None:
    """Literals of both languages are read; a bare word is text."""
    value = parse_value(text)
    assert expected == value
    assert type(expected) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"), [("5", "5"), ("true", "true"), ("'5'", "5"), ("None", "None"), ("a b", "a b")]
)
def test_for_a_text_parameter_everything_is_text(text: str, expected: str) -> None:
    """The notebook's type decides what `-p name=5` means."""
    assert expected == parse_value(text, "str")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values)
def test_the_repr_of_a_value_is_read_back(value: Any) -> None:
    """What Python prints for a value that JSON can hold means that value."""
    assert value == parse_value(repr(value))


@pytest.mark.parametrize("text", ["epochs", "=3", "two words=3", "1a=3"])
def test_what_is_not_name_and_value_is_refused(text: str) -> None:
    """A parameter without `=` or with an impossible name is a wrong call that shows the right form."""
    with pytest.raises(WrongCall, match="name=value"):
        read_parameters([text], None)


@pytest.mark.parametrize("text", ["{1, 2}", "b'x'", "{1: 2}", "1j"])
def test_what_json_cannot_hold_is_refused(text: str) -> None:
    """Sets, bytes, complex numbers and keys that are not text cannot be run parameters."""
    with pytest.raises(WrongCall, match="JSON can hold"):
        read_parameters([f"x={text}"], None)


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.json", '{"epochs": 3, "name": "a"}'), ("p.yaml", "epochs: 3\nname: a\n"), ("p.yml", "{epochs: 3, name: a}")],
)
def test_parameters_come_from_a_file_and_the_command_line_wins(tmp_path: Path, name: str, content: str) -> None:
    """JSON and YAML files are read by their suffix; `-p` goes over `-f`."""
    file = tmp_path / name
    file.write_text(content)
    assert {"epochs": 5, "name": "a"} == read_parameters(["epochs=5"], file)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.json", "{", "does not parse"),
        ("p.yaml", "a: [", "does not parse"),
        ("p.json", "[1]", "names and values"),
        ("p.yaml", "when: 2026-11-24", "JSON can hold"),
    ],
)
def test_a_bad_parameter_file_is_a_wrong_call(tmp_path: Path, name: str, content: str, message: str) -> None:
    """The message names the file and what is wrong with it."""
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(WrongCall, match=message):
        read_parameters([], file)


def test_a_missing_parameter_file_is_a_wrong_call(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(WrongCall, match=re.escape("no.json")):
        read_parameters([], tmp_path / "no.json")
