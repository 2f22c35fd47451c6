"""Starts the process that tasks are forked from as the first thing `kfnb run` does; imports as little as can be."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING

from kfnb.errors import KfnbError

if TYPE_CHECKING:
    from kfnb.runners.local import LocalRunner

_started: LocalRunner | None = None


def begin() -> None:
    """Start it without waiting. It ends with this process, whether or not a run takes it over."""
    from kfnb.orchestrator.places import data_home
    from kfnb.runners.local import LocalRunner

    global _started
    runner = LocalRunner(data_home())
    try:
        runner.prestart()
    except KfnbError:
        return  # the run will need it and say what is wrong, in its own words
    atexit.register(runner.close)
    _started = runner


def take() -> LocalRunner | None:
    """Return what `begin` started, once."""
    global _started
    runner, _started = _started, None
    return runner
