"""JSON schemas as files keep them; the command line and the server, which write some, call this."""

from __future__ import annotations

from typing import Any


def one_line_descriptions(schema: Any) -> Any:
    """Return a schema with each description on one line: Python versions indent docstrings differently."""
    if isinstance(schema, dict):
        return {
            key: " ".join(value.split())
            if key == "description" and isinstance(value, str)
            else one_line_descriptions(value)
            for key, value in schema.items()
        }
    return [one_line_descriptions(item) for item in schema] if isinstance(schema, list) else schema
