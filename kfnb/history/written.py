"""Values of parameters as texts of JSON, for pages: to a browser 1.0 is 1, and a large whole number a rounded one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def written(value: Any) -> str:
    """Return the JSON of a value, in which 1.0 is not 1."""
    return json.dumps(value, ensure_ascii=False)


def all_written(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the JSON of each value, by name."""
    return {name: written(value) for name, value in values.items()}


def with_written(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of `comparison.compare` with the JSON of each run's value of each parameter: `written`."""
    parameters = document["parameters"]
    return {**document, "written": {each["name"]: [written(value) for value in each["values"]] for each in parameters}}
