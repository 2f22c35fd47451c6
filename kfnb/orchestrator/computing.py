"""Who is computing a result right now: a file lock a key, so that equal tasks of several runs are computed once.

Held by the loop from an attempt's start to its end. A lock dies with its process, so a dead holder's is free at once.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from kfnb.locks import is_locked, try_lock

if TYPE_CHECKING:
    from pathlib import Path


class Computing:
    """The locks in `folder` that one run holds; several runs of one process exclude each other too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def begin(self, key: str, who: str) -> bool:
        """Hold the lock of `key`, unless somebody else does; say whether it is held now. `who`: told to those."""
        if key in self._held:
            return True
        path = self._folder / key
        while True:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = try_lock(path)
            if descriptor is None:
                return False
            if _is_at(descriptor, path):
                break
            os.close(descriptor)  # removed by its holder in the moment before the lock was held
        self._held[key] = descriptor
        with contextlib.suppress(OSError):  # only told to people
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, who.encode(), 0)
        return True

    def end(self, key: str) -> None:
        """Give the lock of `key` back, if this run holds it."""
        descriptor = self._held.pop(key, None)
        if descriptor is not None:
            (self._folder / key).unlink(missing_ok=True)
            os.close(descriptor)

    def end_all(self) -> None:
        """Give back everything."""
        for key in list(self._held):
            self.end(key)

    def is_free(self, key: str) -> bool:
        """Say whether nobody computes the result of `key`."""
        return not is_locked(self._folder / key)

    def holder(self, key: str) -> str:
        """Return what the holder of `key` said about itself; empty if nothing is known."""
        with contextlib.suppress(OSError, ValueError):
            return (self._folder / key).read_bytes()[:200].decode()
        return ""


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
