"""The same call of many things at once."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from kfnb.artifacts.parallel import in_parallel, threads

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system's threads are told by Linux")


def work(number: int) -> int:
    """Use OpenSSL, which keeps something for each thread; the system's number of the thread."""
    hashlib.sha256(bytes(number)).hexdigest()
    return threading.get_native_id()


@ON_LINUX
def test_its_threads_have_ended_for_the_system_too() -> None:
    """Nothing of them is left that may hold a lock of OpenSSL's when the caller forks."""

    left = [n for _ in range(500) for n in in_parallel(work, range(16)) if Path(f"/proc/self/task/{n}").exists()]
    assert [] == left


@ON_LINUX
def test_the_thread_of_a_pool_has_ended_when_it_is_left() -> None:
    """As for many things at once: the launcher lays out a task's files so, and forks."""
    left = []
    for _ in range(2_000):
        with threads(1, "test") as pool:
            number = pool.submit(work, 1).result()
        left += [number] if Path(f"/proc/self/task/{number}").exists() else []
    assert [] == left
