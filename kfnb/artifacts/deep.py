"""Calls a function with room for deep recursion: long linked lists and deep trees are pickled and compared recursively.

Used by the pickler, by equality and by the compiler when Python's usual limit does not do.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_STACK = 1 << 30
_DEPTH = 600_000
_lock = threading.Lock()


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Return `function(*args)`, called in a thread with a stack of 1 GB (of which only what is used takes memory)."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.extend((True, function(*args)))
        except BaseException as error:
            outcome.extend((False, error))

    with _lock:
        limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK)
        sys.setrecursionlimit(max(limit, _DEPTH))
        try:
            thread = threading.Thread(target=run, name="kfnb-deep")
            thread.start()
            threading.stack_size(size)
            thread.join()
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)
    done, result = outcome
    if not done:
        raise result
    return result


def if_needed(function: Callable[..., Any], *args: Any) -> Any:
    """Return `function(*args)`; with room for deep recursion if it needs that."""
    try:
        return function(*args)
    except RecursionError:
        return call(function, *args)
