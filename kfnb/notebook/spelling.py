"""Says which tag of ours an unknown tag was probably meant to be; tags.py calls this.

A tag of the user's own must not be mistaken for a slip: short words need the same letters but for case, plural and
`_`, longer ones may have one wrong letter if what comes out can be read.
"""

from __future__ import annotations

from functools import lru_cache

from kfnb.notebook.words import FLAGS, FORMS, VALUED, readable

_NEVER_ALONE = frozenset(
    {"accelerator", "gpu", "limit", "prev", "pvc", "retry", "shm", "step", "timeout", "toleration"}
)
"""Valued words that nobody uses as a tag of their own: alone they are a slip."""

_OTHER_WORDS = {"cpu": "limit:cpu", "memory": "limit:memory", "mem": "limit:memory"}


@lru_cache(maxsize=1024)
def meant(text: str) -> str | None:
    """Return the tag that `text` was probably meant to be; None if it is the user's own."""
    word, colon, value = (piece.strip() for piece in text.partition(":"))
    if not colon and word in _NEVER_ALONE:
        return FORMS[word]
    if colon and word.lower() in _OTHER_WORDS:
        return readable(f"{_OTHER_WORDS[word.lower()]}:{value}")
    plain = _plain(word)
    known = VALUED if colon else FLAGS
    for candidate in known:
        if plain == _plain(candidate):
            return f"{candidate}:{value}" if colon else candidate
    for candidate in known:
        if len(candidate) >= (4 if colon else 5) and _one_slip(plain, _plain(candidate)):
            return readable(f"{candidate}:{value}" if colon else candidate)
    return None


def _plain(word: str) -> str:
    return word.lower().replace("_", "-").replace(" ", "-").removesuffix("s")


def _one_slip(written: str, meant: str) -> bool:
    """Return whether one letter too many, too few, wrong, or two swapped turn `written` into `meant`."""
    short, long = sorted((written, meant), key=len)
    if len(long) - len(short) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    if short[start + 1 :] == long[start + 1 :]:
        return True
    swapped = short[start + 1 : start + 2] + short[start : start + 1]
    return swapped == long[start : start + 2] and short[start + 2 :] == long[start + 2 :]
