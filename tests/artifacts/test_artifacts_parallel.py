"""The same call of many things at once."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from kfnb.artifacts.parallel import in_parallel


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system's threads are told by Linux")
def test_its_threads_have_ended_for_the_system_too() -> None:
    """Nothing of them is left that may hold a lock of OpenSSL's when the caller forks."""

    def work(number: int) -> int:
        hashlib.sha256(bytes(number)).hexdigest()
        return threading.get_native_id()

    left = [n for _ in range(500) for n in in_parallel(work, range(16)) if Path(f"/proc/self/task/{n}").exists()]
    assert [] == left
