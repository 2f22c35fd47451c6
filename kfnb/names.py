"""The form in which names of distributions are compared: pip, an image and METADATA spell them each in its own way."""

from __future__ import annotations

import re


def canonical(name: str) -> str:
    """Return a distribution's name in the one form that all its spellings have."""
    return re.sub(r"[-_.]+", "-", name).lower()
