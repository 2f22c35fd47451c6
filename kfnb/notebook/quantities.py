"""Kubernetes quantities, durations and counts; tag_values.py and settings.py call this.

BadValue is what every parser of a tag's value raises.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class BadValue(Exception):
    """A value does not parse; the text says what is wrong.

    `better` is the value that was probably meant, `instead` another whole tag that was; None where that is unclear.
    """

    def __init__(self, message: str, better: str | None = None, instead: str | None = None) -> None:
        super().__init__(message)
        self.better = better
        self.instead = instead


@contextmanager
def inside(before: str = "", after: str = "") -> Iterator[None]:
    """While a part of a value is read: a better part, with `before` and `after` around it, becomes a better whole."""
    try:
        yield
    except BadValue as error:
        better = f"{before}{error.better}{after}" if error.better else None
        raise BadValue(str(error), better, error.instead) from None


_NUMBER = r"(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})"
_QUANTITY = re.compile(_NUMBER + r"([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,2})?", re.A)
_LOOSE_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgtpe])(i?)b?", re.A | re.I)
_POWERS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)w)?" + "".join(rf"(?:(\d+(?:\.\d+)?){unit})?" for unit in "dhms"), re.A)
_LOOSE_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|m|s)[a-z]*", re.A | re.I)


def amount(quantity: str) -> Decimal:
    """Return a Kubernetes quantity as a number (`500m` → 0.5, `1Ki` → 1024); BadValue if it is none."""
    match = _QUANTITY.fullmatch(quantity)
    if not match:
        loose = _LOOSE_QUANTITY.fullmatch(quantity)
        better = None
        if loose:
            number, letter, binary = loose.groups()
            letter = letter.upper() if binary or letter not in "kK" else "k"
            better = f"{number}{letter}{binary.lower()}"
        raise BadValue(f"`{quantity}` is not a Kubernetes quantity (like 2, 500m, 4Gi)", better)
    number, suffix = match.group(1), match.group(2) or ""
    if suffix in _BINARY:
        return Decimal(number) * Decimal(1024 ** _BINARY[suffix])
    if suffix in _POWERS:
        return Decimal(number).scaleb(_POWERS[suffix])
    return Decimal(number + suffix)


def seconds(duration: str) -> float:
    """Return a duration (`30s`, `1d12h`, `1.5h`; units w d h m s, largest first) in seconds; BadValue if it is none."""
    match = _DURATION.fullmatch(duration)
    if not duration or not match:
        raise BadValue(f"`{duration}` is not a duration (like 30s, 90m, 2h, 1d12h)", _better_duration(duration))
    total = sum(float(n) * size for n, size in zip(match.groups(), _UNITS.values(), strict=True) if n)
    if total <= 0 or total == float("inf"):
        raise BadValue(f"`{duration}` is not a duration longer than nothing and shorter than for ever")
    return total


def _better_duration(duration: str) -> str | None:
    if re.fullmatch(r"[1-9][0-9]*", duration):
        return f"{duration}s"
    loose = _LOOSE_DURATION.fullmatch(duration)
    return f"{loose[1]}{loose[2].lower()}" if loose else None


def count(text: str, what: str, least: int = 1) -> int:
    """Return a whole number of at least `least`; BadValue, naming `what`, if it is none."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise BadValue(f"`{text}` is not {what}: a whole number from {least}")
    return int(text)
