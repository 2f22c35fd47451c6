"""Values of parameters as texts of JSON, to and from the front end: to a browser 1.0 is 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from collections.abc import Mapping


def written(value: Any) -> str:
    """Return the JSON of a value, in which 1.0 is not 1."""
    return json.dumps(value, ensure_ascii=False)


def values_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that texts of JSON say, by name; WrongCall names the one that is none."""
    values = {}
    for name, text in texts.items():
        try:
            values[name] = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise WrongCall(f"The value of {name} is not JSON: {error}.") from None
    return values
