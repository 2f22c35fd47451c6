"""The lease of a run: who holds it drives the run, and nobody else does. A file lock, which dies with its process.

Taken by the loop before it looks at the run, and by whoever cancels a run that nobody drives. The lock says that the
holder lives; that no event of an earlier holder slips in later is the log's business (numbered batches, fences).

Not every file system shows a lock to other machines. So the holder also gives a sign of life: every few seconds it sets
the time of the file. Another machine takes a free lock for left only when no sign has come for a while. A holder that
gave none because it was asleep finds another's name in the file when it wakes, and leaves the run.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from kfnb.errors import LeaseHeld, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PATIENCE = 1.0
"""Seconds to try again: a holder that was killed a moment ago, or someone who only looks, is gone by then."""
_PAUSE = 0.02
SIGN_EVERY = 5.0
"""Seconds between two signs of life of a holder."""
SILENT = 30.0
"""Seconds without a sign after which a holder on another machine is taken for gone."""


class Holder(Protocol):
    """A lease: while it is held, nobody else drives the run."""

    def __enter__(self) -> object:
        """Take it; LeaseHeld if somebody else has it."""

    def __exit__(self, *_: object) -> None:
        """Give it back."""


class Lease:
    """The lease at `path`. One object takes it once at a time; threads of one process exclude each other too.

    `inherited`: a descriptor that holds it already, from the process that started this one. `lost` is called, in a
    thread of the lease's, when another machine has taken it.
    """

    def __init__(
        self, path: Path, inherited: int | None = None, lost: Callable[[str], None] = lambda why: None
    ) -> None:
        self.path = path
        self.lost = lost
        self._inherited = inherited
        self._descriptor: int | None = None
        self._is_handed_on = False
        self._me: dict[str, Any] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if inherited is not None:
            os.set_inheritable(inherited, False)

    def fileno(self) -> int:
        """Return the descriptor that holds the lease: it is held until every copy of it is closed."""
        assert self._descriptor is not None, "the lease is not held"
        self._is_handed_on = True
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
        self._is_handed_on = False
        self._me = {**whoami(), "token": os.urandom(4).hex()}  # process numbers come again, in containers soon
        with contextlib.suppress(OSError):  # a full disk must not matter here
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps(self._me).encode(), 0)
        self._ended.clear()
        kept = (self._descriptor, self._me)
        self._thread = threading.Thread(target=self._keep, args=kept, name="kfnb-lease", daemon=True)
        self._thread.start()

    def _lock(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        end = time.monotonic() + _PATIENCE
        try:
            while not _try(descriptor, fcntl.LOCK_EX):
                if time.monotonic() >= end:
                    raise LeaseHeld(f"Another process drives this run: {_words(_read(descriptor))}.")
                time.sleep(_PAUSE)
            other = _read(descriptor)
            if other.get("host") not in (None, whoami()["host"]) and not self._is_silent():
                raise LeaseHeld(f"Another process drives this run: {_words(other)}.")
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def release(self) -> None:
        """Give the lease back, if it is held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        self._ended.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None
        with contextlib.suppress(OSError):  # who says goodbye is not waited for by other machines
            if not self._is_handed_on and self._holder() == self._me:
                os.ftruncate(descriptor, 0)
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

    def is_left_by(self, host: str | None) -> bool:
        """Say whether nobody drives the run any more, whose process ran on `host` last, as far as is seen from here.

        Of a lease that is not here, of another machine with a data folder of its own, nothing is seen.
        """
        if self.is_held():
            return False
        return host in (None, whoami()["host"]) or self._is_silent()

    def _is_silent(self) -> bool:
        """Say whether no sign has come for a while, by the clock of the file system, which every machine has alike."""
        try:
            with self.path.open("rb") as lease, tempfile.TemporaryFile(dir=self.path.parent) as now:
                return os.fstat(now.fileno()).st_mtime - os.fstat(lease.fileno()).st_mtime > SILENT
        except OSError:  # it is not here, or may not be written to: then nothing could be taken up from here either
            return False

    def _keep(self, descriptor: int, me: dict[str, Any]) -> None:
        """Give signs of life until it is released or somebody else's."""
        while not self._ended.wait(SIGN_EVERY):
            with contextlib.suppress(OSError):  # a store that is away: the log finds that out
                other = self._holder()
                if other and other != me and not self._is_handed_on:
                    self.lost(f"{_words(other)} has taken it over")
                    return
                if other in ({}, me):
                    os.utime(descriptor)

    def _holder(self) -> dict[str, Any]:
        """Return who is named in the file as it is now: what an open one shows may be old where it comes by network."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            return _read(descriptor)
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
