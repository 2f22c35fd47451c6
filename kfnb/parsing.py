"""Parses Python; all rooms parse through this and never with `ast.parse`, which two threads of Python 3.11 break.

Up to 3.11.7 the interpreter counts the depth of the tree that it builds in one place for all threads (gh-106905). Where
garbage is collected meanwhile, and that runs Python code, another thread may parse in between, and both fail with a
SystemError. A Jupyter server parses in several threads.
"""

from __future__ import annotations

import ast
import gc
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Iterator


IS_SAFE = sys.version_info >= (3, 11, 8)
"""Whether this Python counts for each tree by itself."""

_alone = threading.RLock()


@overload
def parse(source: str | bytes, mode: Literal["exec"] = "exec") -> ast.Module: ...


@overload
def parse(source: str | bytes, mode: Literal["eval"]) -> ast.Expression: ...


def parse(source: str | bytes, mode: str = "exec") -> Any:
    """Return the tree of a module, or of an expression (`mode="eval"`); raises what `ast.parse` raises."""
    if IS_SAFE:
        return ast.parse(source, mode=mode)  # noqa: TID251 - this is the one place
    with _undisturbed():
        return ast.parse(source, mode=mode)  # noqa: TID251


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let nothing else run while a tree is built: no thread that parses too, and no code that garbage may have."""
    with _alone:
        is_collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if is_collecting:
                gc.enable()


def _begin_anew() -> None:
    """Forget in a forked process who parsed in its parent: that thread is not here to let others parse again."""
    global _alone
    _alone = threading.RLock()


os.register_at_fork(after_in_child=_begin_anew)
