"""Threads of a runner that do not die in silence: what happens in one that must not is told to who drives the run."""

from __future__ import annotations

from collections.abc import Callable

Broken = Callable[[Exception], None]
"""Told of a mistake of kfnb's own, from the thread in which it happened."""


def guarded(work: Callable[[], None], broken: Broken) -> Callable[[], None]:
    """Return `work` for a thread to do; what it raises is told to `broken`."""

    def run() -> None:
        try:
            work()
        except Exception as error:
            broken(error)

    return run
