"""A run's display in a notebook, kept up to date while the run lives; the client's Run calls it.

The display is a widget with a plain picture and table beside it, for pages that know no widgets. The last update is the
plain form alone: so a saved notebook shows the end of the run everywhere.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Bundle = Callable[[], dict[str, str]]

EVERY_SECONDS = 0.3
"""Time between two looks at a run that has no widget; the display changes only where the run has."""
UNSEEN_SECONDS = 2.0
"""Time between two updates of what stands beside a widget that no page is known to show: each draws the widget anew."""


class Live(Protocol):
    """What is shown of a run beyond its plain form."""

    @property
    def is_seen(self) -> bool:
        """Whether a page shows it: then the plain form beside it need not follow the run."""

    def view(self) -> dict[str, Any]:
        """Return its entry in the MIME bundle."""

    def wait(self) -> bool:
        """Wait for news, a moment long at most, and show them; say whether any can come."""

    def close(self) -> None:
        """Take it away."""


def show(bundle: Bundle, ended: Callable[[], bool], live: Callable[[], Live | None] = lambda: None) -> None:
    """Display `bundle()` in the running cell, and update it from a thread until `ended()`; a terminal shows it once.

    `live` makes what is shown while the run lives, if anything.
    """
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    first = bundle()
    shell = get_ipython()  # type: ignore[no-untyped-call,unused-ignore]
    if ended() or getattr(shell, "kernel", None) is None:
        display(first, raw=True)  # type: ignore[no-untyped-call,unused-ignore]
        return
    shown = live()
    content = {**first, **(shown.view() if shown is not None else {})}
    handle = display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call,unused-ignore]
    target, more = (_follow, (ended,)) if shown is None else (_follow_beside, (shown,))
    threading.Thread(target=target, args=(handle, first, bundle, *more), name="kfnb-display", daemon=True).start()


def _follow(handle: Any, last: dict[str, str], bundle: Bundle, ended: Callable[[], bool]) -> None:
    over = False
    while not over:
        time.sleep(EVERY_SECONDS)
        over = ended()  # asked before the bundle is made, so that the last one shows the end
        new = bundle()
        if new != last:
            handle.update(new, raw=True)
            last = new


def _follow_beside(handle: Any, last: dict[str, str], bundle: Bundle, live: Live) -> None:
    """Keep the widget up to date, and what stands beside it while no page shows it; at the end only that stays."""
    updated = time.monotonic()
    try:
        while live.wait():
            if not live.is_seen and time.monotonic() - updated >= UNSEEN_SECONDS:
                updated = time.monotonic()
                new = bundle()
                if new != last:
                    handle.update({**new, **live.view()}, raw=True)
                    last = new
    finally:
        handle.update(bundle(), raw=True)
        live.close()
