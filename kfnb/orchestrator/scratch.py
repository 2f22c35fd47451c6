"""The scratch folder of a living run: made when it starts, removed when it ends, swept by a later run if it was killed.

Used by the loop. A lock that dies with its process says whether a folder is still in use.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LOCK = "lock"


class Scratch:
    """`folder` belongs to this run alone, from `claim` to `remove`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    def claim(self) -> None:
        """Make the folder, and remove those beside it whose run is gone. OSError if it cannot be made."""
        while self._lock is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = _try_lock(self.folder, os.O_CREAT)
            if (self.folder / _LOCK).exists():
                self._lock = lock
            else:  # swept by another run in the moment before the lock was held
                os.close(lock)
        for other in self.folder.parent.iterdir():
            if other != self.folder:
                _sweep(other)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sweep(folder: Path) -> None:
    try:
        lock = _try_lock(folder, 0)
    except OSError:
        return  # in use, just being made or just being removed
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _try_lock(folder: Path, flags: int) -> int:
    """Return a descriptor that holds the folder's lock; OSError if another process holds it, or there is none."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | flags, 0o600)
    try:
        # To claim is worth waiting for: only a sweep can be in the way, and it is short.
        fcntl.flock(descriptor, fcntl.LOCK_EX if flags else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
