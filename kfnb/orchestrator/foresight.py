"""Guesses whether a run will find everything in the cache, so that nothing need be got ready for it in advance.

Asked first thing by the command line and the client, before the notebook is even read; hence nothing is imported here
but the standard library. A wrong guess costs the time that getting ready early would have saved, nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def sight(notebook: str, call: str) -> dict[str, Any]:
    """Return what a later run will be recognised by: the notebook's file as it is now, and the call."""
    try:
        info = os.stat(notebook)  # noqa: PTH116 - called before pathlib is loaded
    except OSError:
        return {"notebook": notebook}  # what is wrong with it is said when it is compiled
    return {"notebook": os.path.abspath(notebook), "call": call, "time": info.st_mtime_ns, "size": info.st_size}  # noqa: PTH100


def sight_of_prepared(notebook: str, root: str, asked: bytes) -> dict[str, Any]:
    """Return what a later run in the store `root` will be recognised by: all that it was `asked` to do."""
    return {"notebook": f"{notebook} in {root}", "call": f"{zlib.crc32(asked):08x}", "size": len(asked)}


def expects_hits(home: Path, seen: dict[str, Any]) -> bool:
    """Say whether the latest run of the same notebook that was seen so is expected to be repeated from the cache."""
    try:
        return bool(json.loads(_place(home, seen).read_bytes()) == seen)
    except (OSError, ValueError):
        return False


def note(home: Path, seen: dict[str, Any]) -> None:
    """Note that a run seen so would find everything in the cache now, as well as one can tell."""
    place = _place(home, seen)
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(seen))


def _place(home: Path, seen: dict[str, Any]) -> Path:
    return home / "foresight" / f"{zlib.crc32(seen['notebook'].encode()):08x}.json"
