"""Checks the parameters that a run is given against those that the notebook has. Pure; called by the client."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING, Any

from kfnb.errors import Diagnostic, Fix, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.spec import Parameter, PipelineSpec

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "True or False",
    "list": "a list",
    "dict": "a dictionary",
}


def effective_parameters(spec: PipelineSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every parameter of the run: the given one, else the notebook's. 2 for a float is 2.0.

    Raises Refused with a diagnostic for each one that does not exist, has the wrong type, or that JSON cannot hold.
    """
    known = {parameter.name: parameter for parameter in spec.parameters}
    problems = [d for name, value in given.items() if (d := _problem(spec, known, name, value)) is not None]
    if problems:
        raise Refused(tuple(problems))
    values = {name: _as_typed(known[name].type, value) for name, value in given.items()}
    return {name: values.get(name, parameter.default) for name, parameter in known.items()}


def _as_typed(kind: str, value: Any) -> Any:
    return float(value) if kind == "float" else value


def _problem(spec: PipelineSpec, known: Mapping[str, Parameter], name: str, value: Any) -> Diagnostic | None:
    parameter = known.get(name)
    if parameter is None:
        return _unknown(spec, known, name)
    if not _fits(parameter.type, value):
        message = (
            f"Parameter {name!r} is {_WORDS[parameter.type]} in {spec.notebook} (default {parameter.default!r}), "
            f"not {value!r} ({type(value).__name__})."
        )
        return Diagnostic("KF701", "error", message, notebook=spec.notebook)
    reason = not_json(value)
    if reason is not None:
        message = f"Parameter {name!r} cannot be {value!r}: {reason}."
        return Diagnostic("KF702", "error", message, notebook=spec.notebook)
    return None


def _unknown(spec: PipelineSpec, known: Mapping[str, Parameter], name: str) -> Diagnostic:
    fix: Fix | None
    if not known:
        message = f"{spec.notebook} has no parameters, so {name!r} cannot be set."
        fix = Fix("tag the cell that assigns them with `parameters`")
    else:
        message = f"{spec.notebook} has no parameter {name!r}. It has {', '.join(known)}."
        near = difflib.get_close_matches(name, known, 1)
        fix = Fix(f"did you mean {near[0]!r}?") if near else None
    return Diagnostic("KF700", "error", message, notebook=spec.notebook, fix=fix)


def _fits(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    known = {"str": str, "list": list, "dict": dict}.get(kind)
    return known is None or isinstance(value, known)


def not_json(value: Any) -> str | None:
    """Say why JSON cannot hold `value` exactly, or None if it can."""
    if value is None or isinstance(value, bool | str):
        return None
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**64 else "the number is larger than 64 bits"
    if isinstance(value, float):
        return None if math.isfinite(value) else "JSON has no such number"
    if isinstance(value, list):
        return next((reason for item in value if (reason := not_json(item)) is not None), None)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "the keys of a dictionary must be text"
        return next((reason for item in value.values() if (reason := not_json(item)) is not None), None)
    if isinstance(value, tuple):
        return "give a list instead of a tuple"
    return f"{type(value).__name__} is not a number, text, True, False, None, a list or a dictionary"
