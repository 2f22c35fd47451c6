"""The same call of many things at once, for stores that answer over a network; used by the store and its buckets."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 16
_SECONDS = 5.0


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return `function` of each item, in order; the threads for it are gone when this returns (a fork may follow)."""
    todo = list(items)
    if len(todo) < 2:
        return [function(item) for item in todo]
    begun: list[int] = []
    try:
        with ThreadPoolExecutor(
            min(AT_ONCE, len(todo)), "kfnb-store", lambda: begun.append(threading.get_native_id())
        ) as pool:
            try:
                return list(pool.map(function, todo))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:
        _wait_for_the_end(begun)


def _wait_for_the_end(threads: list[int]) -> None:
    """Return when the system has ended these threads, which Python takes for ended somewhat earlier.

    Until then OpenSSL may clean up after them, under a lock that a child forked meanwhile would find taken for ever.
    Only Linux tells.
    """
    end = time.monotonic() + _SECONDS
    for thread in threads:
        while Path(f"/proc/self/task/{thread}").exists() and time.monotonic() < end:
            time.sleep(0.0002)
