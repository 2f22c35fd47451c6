"""Paths as far as code spells them out: patterns with `*` for what is not known, and whether two of them can meet.

Used by the walkers (to fold) and by `edges.py` (to compare what steps read and write).
"""

from __future__ import annotations

import posixpath
import re

ANY = "*"


def joined(*parts: str | None) -> str:
    """Return the pattern of a path put together from `parts`; a part that is not known is `*`."""
    known = [ANY if part is None else part for part in parts]
    return posixpath.join(*known) if known else ""


def normal(pattern: str) -> str:
    """Return `pattern` without `./`, doubled slashes and `x/..`."""
    if not pattern or pattern == ".":
        return ""
    if "://" in pattern:
        return pattern
    cleaned = posixpath.normpath(re.sub(r"\*+", ANY, pattern))
    return "" if cleaned == "." else cleaned


def is_url(pattern: str) -> bool:
    """Say whether `pattern` names something that is not a file of this machine."""
    return bool(re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", pattern)) and not pattern.startswith("file://")


def meet(a: str, b: str) -> bool:
    """Say whether some path can match both patterns, or lie below or above the other one's (a folder and its
    content)."""
    a, b = normal(a), normal(b)
    if not a or not b or a == b:
        return True
    if ANY not in a and ANY not in b:
        return a.startswith(b + "/") or b.startswith(a + "/")
    return _meet_from_start(a, b) and _meet_at_end(a, b)


def _meet_from_start(a: str, b: str) -> bool:
    head_a, head_b = a.split(ANY, 1)[0], b.split(ANY, 1)[0]
    shared = min(len(head_a), len(head_b))
    if head_a[:shared] == head_b[:shared]:
        return True
    # a/b*  and  a  (the folder itself)
    return head_a.startswith(head_b.rstrip("/") + "/") or head_b.startswith(head_a.rstrip("/") + "/")


def _meet_at_end(a: str, b: str) -> bool:
    if "/" in (a + b) and (ANY not in a or ANY not in b):
        folder, pattern = (a, b) if ANY not in a else (b, a)
        if pattern.startswith(folder + "/"):
            return True
        if re.fullmatch(_expression(pattern) + "(/.*)?", folder):
            return True
        return re.fullmatch(_expression(folder) + "(/.*)?", pattern.replace(ANY, "")) is not None
    tail_a, tail_b = a.rsplit(ANY, 1)[-1], b.rsplit(ANY, 1)[-1]
    if "/" in tail_a or "/" in tail_b:
        return True
    shared = min(len(tail_a), len(tail_b))
    return shared == 0 or tail_a[-shared:] == tail_b[-shared:]


def _expression(pattern: str) -> str:
    return ".*".join(re.escape(part) for part in pattern.split(ANY))
