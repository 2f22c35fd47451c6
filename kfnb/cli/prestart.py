"""Starts the process that tasks are forked from as the first thing `kfnb run` does; imports as little as can be.

Not where the same command has found, or left, everything in the cache: then nothing is started at all, most likely.
"""

from __future__ import annotations

import atexit
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfnb.runners.local import LocalRunner

ANEW = ("--no-cache", "--from", "--only")
_QUIET = frozenset({"--json"})

_started: LocalRunner | None = None


def begin(arguments: Sequence[str]) -> None:
    """Start it without waiting, if it will be needed. It ends with this process, whether or not a run takes it over."""
    from kfnb.runners.local import LocalRunner  # the standard library only

    global _started
    runner = LocalRunner()
    with contextlib.suppress(Exception):  # the run will need it and say what is wrong, in its own words
        if not any(text.startswith("--on") for text in arguments) and not _expects_hits(arguments):
            runner.prestart()
    atexit.register(runner.close)
    _started = runner


def call_of(arguments: Sequence[str]) -> str:
    """Return what a command line asks for, as far as results go."""
    return "\n".join(argument for argument in arguments if argument not in _QUIET)


def _expects_hits(arguments: Sequence[str]) -> bool:
    from kfnb.orchestrator import foresight, places

    notebook = next((text for text in arguments if text.endswith(".ipynb")), None)
    if notebook is None or any(text.startswith(ANEW) for text in arguments):
        return False
    return foresight.expects_hits(places.data_home(), foresight.sight(notebook, call_of(arguments)))


def take() -> LocalRunner | None:
    """Return what `begin` started, once."""
    global _started
    runner, _started = _started, None
    return runner
