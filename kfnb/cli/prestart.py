"""Starts the process that tasks are forked from as the first thing `kfnb run` does; imports as little as can be."""

from __future__ import annotations

import atexit
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfnb.runners.local import LocalRunner

_started: LocalRunner | None = None


def begin() -> None:
    """Start it without waiting. It ends with this process, whether or not a run takes it over."""
    from kfnb.runners.local import LocalRunner  # the standard library only

    global _started
    runner = LocalRunner()
    with contextlib.suppress(Exception):  # the run will need it and say what is wrong, in its own words
        runner.prestart()
    atexit.register(runner.close)
    _started = runner


def take() -> LocalRunner | None:
    """Return what `begin` started, once."""
    global _started
    runner, _started = _started, None
    return runner
