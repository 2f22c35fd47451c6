"""The lease of a run: who holds it drives the run, and nobody else does. A file lock, which dies with its process.

Taken by the loop before it looks at the run, and by whoever cancels a run that nobody drives. The lock says that the
holder lives; that no event of an earlier holder slips in later is the log's business (numbered batches, fences).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any, Protocol

from kfnb.errors import LeaseHeld, OutsideError

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 1.0
"""Seconds to try again: a holder that was killed a moment ago, or someone who only looks, is gone by then."""
_PAUSE = 0.02


class Holder(Protocol):
    """A lease: while it is held, nobody else drives the run."""

    def __enter__(self) -> object:
        """Take it; LeaseHeld if somebody else has it."""

    def __exit__(self, *_: object) -> None:
        """Give it back."""


class Lease:
    """The lease at `path`. One object takes it once at a time; threads of one process exclude each other too.

    `inherited`: a descriptor that holds it already, from the process that started this one.
    """

    def __init__(self, path: Path, inherited: int | None = None) -> None:
        self.path = path
        self._inherited = inherited
        self._descriptor: int | None = None
        if inherited is not None:
            os.set_inheritable(inherited, False)

    def fileno(self) -> int:
        """Return the descriptor that holds the lease: it is held until every copy of it is closed."""
        assert self._descriptor is not None, "the lease is not held"
        return self._descriptor

    def take(self) -> None:
        """Hold the lease from now on; LeaseHeld, which names the holder, if another process does.

        OutsideError where there can be no lease: a folder that may not be written to, a file system without locks.
        """
        descriptor, self._inherited = self._inherited, None
        try:
            self._descriptor = descriptor if descriptor is not None else self._lock()
        except OSError as error:
            raise OutsideError(f"The run's lease {self.path} cannot be taken: {error.strerror}.") from None
        with contextlib.suppress(OSError):  # who holds it is only told to people; a full disk must not matter here
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(whoami()).encode(), 0)

    def _lock(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        end = time.monotonic() + _PATIENCE
        try:
            while not _try(descriptor, fcntl.LOCK_EX):
                if time.monotonic() >= end:
                    raise LeaseHeld(f"Another process drives this run: {_words(_read(descriptor))}.")
                time.sleep(_PAUSE)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def release(self) -> None:
        """Give the lease back, if it is held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def is_held(self) -> bool:
        """Say whether anyone holds the lease, this object included."""
        if self._descriptor is not None:
            return True
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _try(descriptor, fcntl.LOCK_SH)
        except OSError:  # a file system without locks: nobody can have taken it
            return False
        finally:
            os.close(descriptor)

    def __enter__(self) -> Lease:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def whoami() -> dict[str, Any]:
    """Return what tells people who drives a run: the machine and the process."""
    return {"host": socket.gethostname(), "pid": os.getpid()}


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(holder: dict[str, Any]) -> str:
    return f"process {holder['pid']} on {holder['host']}" if {"pid", "host"} <= holder.keys() else "it has just started"
