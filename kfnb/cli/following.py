"""Follows what the tasks of a run print, whichever process drives it (`kfnb logs --follow`)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.client import Run

_POLL_SECONDS = 0.2


class LogFollower:
    """The logs of one run, or of one `task` of it, from their beginning; a new attempt's log begins anew."""

    def __init__(self, run: Run, task: str | None = None) -> None:
        self._run = run
        self._task = task
        self._printed: dict[tuple[str, int], int] = {}
        self._last: str | None = None

    def run(self, say: Callable[[str], None]) -> None:
        """Say the lines as they come, until the run has ended, or is interrupted, and all is said."""
        while True:
            over = self._run.has_ended or self._run.is_interrupted
            for name in self._run.tasks if self._task is None else [self._task]:
                self._say_new(name, say, whole=over)
            if over:
                return
            time.sleep(_POLL_SECONDS)

    def _say_new(self, name: str, say: Callable[[str], None], *, whole: bool) -> None:
        task = self._run.tasks[name]
        key, text = (name, task.attempt), task.log()
        begin = self._printed.get(key, 0)
        end = len(text) if whole or task.finished is not None else text.rfind("\n") + 1
        if end <= begin:
            return
        if self._task is None and self._last != name:
            say(f"==> {name} <==")
        say(text[begin:end].rstrip("\n"))
        self._last = name
        self._printed[key] = end
