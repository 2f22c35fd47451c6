"""Files that processes lock so as not to disturb each other; a lock ends with the process that holds it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.places import CACHE, SUFFIX

MAKING = "making"
"""Who builds programs or images, for whichever cluster."""
CHANGING = f"lock{SUFFIX}"
"""Who brings the cluster up or down."""
USERS = f"users{SUFFIX}"
"""Shared by all test runs that use the cluster: it is not taken down meanwhile."""
TESTS = f"tests.lock{SUFFIX}"
"""Shared by tests, but held alone by one that breaks parts of the cluster."""

DEVICES = f"devices.lock{SUFFIX}"
"""Held by a test whose pods take devices of the nodes, of which there are few."""


@contextmanager
def held(name: str, *, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Hold a lock, alone or shared. BlockingIOError: it cannot be had now, where one is not to wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / name).open("w") as file:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield
