"""Run parameters from the shell: `-p name=value` and `-f params.json|yaml`; called by `run` and `verify`."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

from kfnb.errors import WrongCall
from kfnb.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def read_parameters(given: Sequence[str], file: Path | None, types: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the values of `-f` with those of `-p` over them. `types`: JSON types of the notebook's parameters."""
    values = _from_file(file) if file is not None else {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise WrongCall(f"`-p {text}` is not name=value. Write it like `-p epochs=10`.")
        values[name] = parse_value(value, (types or {}).get(name))
    return values


def parse_value(text: str, type_name: str | None = None) -> Any:
    """Return the value of a Python or JSON literal; a bare word is text.

    For a parameter of type str everything is text, but quotes around all of it are taken off.
    """
    literal = _literal(text)
    if type_name == "str" and not isinstance(literal, str):
        return text
    return literal


def _literal(text: str) -> Any:
    stripped = text.strip()
    try:
        value = ast.literal_eval(parse(stripped, mode="eval"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError):
            return text
    return _plain(value, text)


def _plain(value: Any, text: str) -> Any:
    """Return `value` as what JSON can hold: a tuple becomes a list; what JSON cannot hold is refused."""
    if isinstance(value, list | tuple):
        return [_plain(item, text) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise WrongCall(f"The value {text} has keys that are not text; a parameter is what JSON can hold.")
        return {key: _plain(item, text) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise WrongCall(f"The value {text} is a {type(value).__name__}; a parameter is what JSON can hold.")


def _from_file(file: Path) -> dict[str, Any]:
    values = read_mapping(file)
    if not isinstance(values, dict):
        raise WrongCall(f'The parameter file {file} must hold names and values, like {{"epochs": 10}}.')
    return {str(name): value for name, value in values.items()}


def read_mapping(file: Path) -> Any:
    """Return what a JSON or YAML file holds, in terms of JSON; WrongCall if it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCall(f"The parameter file {file} cannot be read: {error}.") from None
    try:
        values = _yaml(text) if file.suffix.lower() in (".yaml", ".yml") else json.loads(text)
    except ValueError as error:
        raise WrongCall(f"The parameter file {file} does not parse: {error}.") from None
    if isinstance(values, dict):
        return {str(name): _plain(value, str(value)) for name, value in values.items()}
    return _plain(values, str(values))


def _yaml(text: str) -> Any:
    import yaml  # type: ignore[import-untyped]  # papermill brings it; only read where a YAML file is given

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None
