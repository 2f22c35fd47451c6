"""The same call of many things at once, for stores that answer over a network; used by the store and its buckets."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 16
_SECONDS = 5.0


@contextlib.contextmanager
def threads(number: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of at most `number` threads, which are gone when it is left (a fork may follow)."""
    begun: list[int] = []
    try:
        with ThreadPoolExecutor(number, name, lambda: begun.append(threading.get_native_id())) as pool:
            yield pool
    finally:
        _wait_for_the_end(begun)


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return `function` of each item, in order, each in the caller's context (`hurried`, say)."""
    todo = list(items)
    if len(todo) < 2:
        return [function(item) for item in todo]
    with threads(min(AT_ONCE, len(todo)), "kfnb-store") as pool:
        try:
            contexts = [contextvars.copy_context() for _ in todo]  # each is of one thread at a time
            return list(pool.map(lambda context, item: context.run(function, item), contexts, todo))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _wait_for_the_end(begun: list[int]) -> None:
    """Return when the system has ended these threads, which Python takes for ended somewhat earlier.

    Until then OpenSSL may clean up after them, under a lock that a child forked meanwhile would find taken for ever.
    Only Linux tells.
    """
    end = time.monotonic() + _SECONDS
    for thread in begun:
        while Path(f"/proc/self/task/{thread}").exists() and time.monotonic() < end:
            time.sleep(0.0002)
