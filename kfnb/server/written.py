"""Values of parameters that the front end gives as texts of JSON: to a browser 1.0 is 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kfnb.errors import WrongCall

if TYPE_CHECKING:
    from collections.abc import Mapping


def values_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values that texts of JSON say, by name; WrongCall names the one that is none."""
    values = {}
    for name, text in texts.items():
        try:
            values[name] = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise WrongCall(f"The value of {name} is not JSON: {error}.") from None
    return values
