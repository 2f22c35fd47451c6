"""A run's display in a notebook, kept up to date while the run lives; the client's Run calls it.

The first display is a plain picture and table, and so is every update: a saved notebook shows the last one everywhere.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_SECONDS = 0.3
"""Time between two looks at the run; the display changes only where the run has."""


def show(bundle: Callable[[], dict[str, str]], ended: Callable[[], bool]) -> None:
    """Display `bundle()` in the running cell, and update it from a thread until `ended()`; a terminal shows it once."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    first = bundle()
    shell = get_ipython()  # type: ignore[no-untyped-call,unused-ignore]
    if ended() or getattr(shell, "kernel", None) is None:
        display(first, raw=True)  # type: ignore[no-untyped-call,unused-ignore]
        return
    handle = display(first, raw=True, display_id=True)  # type: ignore[no-untyped-call,unused-ignore]
    threading.Thread(target=_follow, args=(handle, first, bundle, ended), name="kfnb-display", daemon=True).start()


def _follow(handle: Any, last: dict[str, str], bundle: Callable[[], dict[str, str]], ended: Callable[[], bool]) -> None:
    over = False
    while not over:
        time.sleep(EVERY_SECONDS)
        over = ended()  # asked before the bundle is made, so that the last one shows the end
        new = bundle()
        if new != last:
            handle.update(new, raw=True)
            last = new
