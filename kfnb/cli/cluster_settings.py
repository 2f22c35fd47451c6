"""Understands `--set KEY=VALUE` of `kfnb cluster add`."""

from __future__ import annotations

import tomllib
from typing import Any

from kfnb.errors import WrongCall
from kfnb.profiles.checks import problems


def with_settings(table: dict[str, Any], settings: list[str]) -> dict[str, Any]:
    """Return a profile's table with settings from the command line; WrongCall if one has not the form KEY=VALUE.

    A dot in a key leads into a table. A value is TOML where the setting takes that, else the text as it stands, so
    that texts need no quotes.
    """
    for setting in settings:
        key, equals, text = setting.partition("=")
        path = [part.strip() for part in _parts(key)]
        if not equals or not all(path):
            raise WrongCall(f"`--set {setting}` must have the form KEY=VALUE, like grace_seconds=60 or env.A=1.")
        table = _with_setting(table, path, text.strip())
    return table


def _parts(key: str) -> list[str]:
    """Return the parts of a dotted key. Labels have dots of their own: below a table of texts no dot leads further."""
    first, dot, rest = key.partition(".")
    if not dot:
        return [first]
    deeper = first in ("accelerators", "affinity", "pod_patch")
    return [first, *(rest.split(".") if deeper else [rest])]


def _with_setting(table: dict[str, Any], path: list[str], text: str) -> dict[str, Any]:
    """Return the table with one more setting: of what the text can mean, the first that nothing is wrong with."""
    candidates = [*_as_toml(text), text]
    made = [_put(table, path, candidate) for candidate in candidates]
    before = {problem.message for problem in problems(table)}
    fine = (one for one in made if not [p for p in problems(one) if p.key == path[0] and p.message not in before])
    return next(fine, made[0])


def _as_toml(text: str) -> list[Any]:
    try:
        return [tomllib.loads(f"value = {text}")["value"]]
    except tomllib.TOMLDecodeError:
        return []


def _put(table: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    key, *rest = path
    if not rest:
        return {**table, key: value}
    inner = table.get(key, {})
    if not isinstance(inner, dict):
        raise WrongCall(f"`--set {'.'.join(path)}=…`: `{key}` has a value already, and is no table.")
    return {**table, key: _put(inner, rest, value)}
