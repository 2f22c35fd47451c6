"""The scratch folder of a living run: made when it starts, removed when it ends, swept by a later run if it was killed.

Used by the loop. A lock that dies with its process says whether a folder is still in use; so does one on each attempt's
own folder, which the attempt's processes hold, for they may outlive the process of the run by some seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from typing import TYPE_CHECKING

from kfnb.errors import OutsideError
from kfnb.locks import is_locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SNAPSHOT = "snapshot"
"""Name of the run's own copy of small files in its scratch folder."""

_LOCK = "lock"
_COMPLETE = "snapshot-complete"
_KEEP_SECONDS = 86_400.0
"""How long the copy of a run that was killed is kept: a run that is taken up again goes on with the files it had."""
_END_SECONDS = 20.0
"""How long attempts of a run's earlier process may take to end: they save what they have (5 s), then are killed."""
_DYING_SECONDS = 5.0
"""How long processes of this run are waited for that were killed: one that a step left behind may live on for long."""
_PAUSE = 0.02


class Scratch:
    """`folder` belongs to this run alone, from `claim` to `remove`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None
        self._is_left = False

    def claim(self) -> None:
        """Make the folder, wait until the attempts of an earlier process are gone, and sweep what killed runs left.

        OSError if it cannot be made; OutsideError if an earlier attempt does not end.
        """
        while self._lock is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = _try_lock(self.folder, os.O_CREAT)
            if (self.folder / _LOCK).exists():
                self._lock = lock
            else:  # swept by another run in the moment before the lock was held
                os.close(lock)
        working = _still_used(self.folder, _END_SECONDS)
        if working is not None:
            raise OutsideError(
                f"Processes of an earlier attempt still work in {working}. End them (`fuser {working}` names them), "
                "then resume the run."
            )
        for attempt in _attempts(self.folder):
            shutil.rmtree(attempt, ignore_errors=True)
        for other in self.folder.parent.iterdir():
            if other != self.folder:
                _sweep(other)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Claim the folder, and remove it at the end of the block."""
        self.claim()
        try:
            yield
        finally:
            self.remove()

    def kept_snapshot(self) -> str | None:
        """Return the run's copy of small files that an earlier process of it made, if it is there and whole."""
        whole = (self.folder / _COMPLETE).exists() and (self.folder / SNAPSHOT).is_dir()
        return str(self.folder / SNAPSHOT) if whole else None

    def keep_snapshot(self) -> None:
        """Note that the copy of small files is whole."""
        (self.folder / _COMPLETE).touch()

    def remove(self) -> None:
        """Remove the folder with all that is in it, once what was killed just now is gone and writes there no more.

        Not if it was left.
        """
        if self._is_left:
            return
        with contextlib.suppress(OSError):
            _still_used(self.folder, _DYING_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._release()

    def leave(self) -> None:
        """Give the folder up as it is: whoever drives the run by now, or next, works in it."""
        self._is_left = True
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _attempts(folder: Path) -> Iterator[Path]:
    return (entry for entry in sorted(folder.iterdir()) if entry.name != SNAPSHOT and entry.is_dir())


def _still_used(folder: Path, seconds: float) -> Path | None:
    """Wait until no process of an attempt is left, at most so long; return an attempt that still has one."""
    end = time.monotonic() + seconds
    for attempt in _attempts(folder):
        while is_locked(attempt):
            if time.monotonic() >= end:
                return attempt
            time.sleep(_PAUSE)
    return None


def _sweep(folder: Path) -> None:
    """Remove what a run that is gone left; its copy of small files only when nobody has taken it up for a day."""
    try:
        lock = _try_lock(folder, 0)
    except OSError:
        return  # in use, just being made or just being removed
    with contextlib.suppress(OSError):
        attempts = list(_attempts(folder))
        if not any(map(is_locked, attempts)):
            fresh = (folder / _COMPLETE).exists() and time.time() - (folder / _LOCK).stat().st_mtime < _KEEP_SECONDS
            for gone in attempts if fresh else [folder]:
                shutil.rmtree(gone, ignore_errors=True)
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
