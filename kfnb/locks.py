"""Locks on files and folders, which end with the last process that holds them; used by whoever shares a machine."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = os.O_RDWR | os.O_CREAT
"""How a file is opened to be locked: it is made where there is none."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY


def try_lock(path: Path, how: int = FILE) -> int | None:
    """Return a descriptor that holds the lock of a path; None if another does. OSError if it cannot be opened."""
    descriptor = os.open(path, how, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Say whether somebody holds the lock of a path; what is not there is held by nobody."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
