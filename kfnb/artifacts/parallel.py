"""The same call of many things at once, for stores that answer over a network; used by the store and its buckets."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 16


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return `function` of each item, in order; the threads for it are gone when this returns (a fork may follow)."""
    todo = list(items)
    if len(todo) < 2:
        return [function(item) for item in todo]
    with ThreadPoolExecutor(min(AT_ONCE, len(todo)), thread_name_prefix="kfnb-store") as pool:
        try:
            return list(pool.map(function, todo))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
