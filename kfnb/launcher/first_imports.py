"""Has imports draw random numbers where, and only where, they do by hand: with the notebook's first such import.

Used by body.py. `rich.style`, which scikit-learn loads, draws from Python's `random` when it is imported. In a task it
may be loaded already (the process was forked from one that has it), or be loaded anew though a task above did so.
"""

from __future__ import annotations

import builtins
import random
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MODULE = "rich.style"
_BITS = 24


def _loaded() -> bool:
    module = sys.modules.get(_MODULE)
    return module is not None and not getattr(module.__spec__, "_initializing", False)


@contextmanager
def drawing_as_by_hand(modules: Sequence[str]) -> Iterator[None]:
    """While inside, the first import of one of `modules` draws, and no other import does."""
    real = builtins.__import__
    waiting = set(modules)
    settled = _loaded()

    def imported(name: str, *arguments: Any, **named: Any) -> Any:
        nonlocal settled
        if settled and not waiting:
            return real(name, *arguments, **named)
        state = random.getstate()
        result = real(name, *arguments, **named)
        if not _loaded():
            return result
        if not settled:  # the innermost import that loaded it
            random.setstate(state)
            settled = True
        parts = named.get("fromlist", arguments[2] if len(arguments) > 2 else None) or ()
        if waiting.intersection([name, *(f"{name}.{part}" for part in parts)]):
            waiting.clear()
            random.getrandbits(_BITS)
        return result

    builtins.__import__ = imported
    try:
        yield
    finally:
        builtins.__import__ = real
