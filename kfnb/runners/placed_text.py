"""Where the text of a pod's log stands in the whole of it: of a long log a node keeps the end. Used by live_logs.py.

The launcher's first line is the beginning, and from time to time it says how many characters it has printed. What
stands between is handed out as it comes, unless it came so late that kubelet may have begun a new file meanwhile, and
another one, of which nobody who reads along is told: then the launcher's next word is waited for.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from kfnb.runners.pod_logs import is_event

if TYPE_CHECKING:
    from collections.abc import Callable

_SOON = 5.0
"""Seconds after which a line comes late; kubelet looks every ten seconds whether a log is to have a new file."""
_QUIET = 1.0
"""Seconds without a line after which nothing more is waited for."""


class PlacedText:
    """The text of one log. `tell` is called with what has its place: the characters before it, and the text.

    Characters are those that are no line ends: the launcher puts some of these before lines of its own.
    """

    def __init__(self, tell: Callable[[int, str], None]) -> None:
        self.at: int | None = None
        self._tell = tell
        self._begun = False
        self._waiting = ""
        self._since = 0.0

    def take(self, lines: list[str], late: float) -> None:
        """Take in lines as they follow each other; the last one was printed `late` seconds ago."""
        text: list[str] = []
        for line in lines:
            if is_event(line):
                self._waiting += "".join(text)
                text = []
                self._hear(line)
            elif self.at is not None:
                text.append(line)
            self._begun = True
        self._waiting += "".join(text)
        self._since = time.monotonic()
        if late < _SOON:
            self.hand_out()

    def lose(self) -> None:
        """Something may be missing between what was taken in and what comes."""
        self.at, self._waiting, self._begun = None, "", True

    def hand_out(self, quiet: float = 0.0) -> None:
        """Tell what waits, if nothing has come for so long."""
        if self._waiting and self.at is not None and time.monotonic() - self._since >= quiet:
            self._tell(self.at, self._waiting)
            self.at += count_characters(self._waiting)
            self._waiting = ""

    def hand_out_if_quiet(self) -> None:
        """Tell what waits, if nothing more seems to come."""
        self.hand_out(_QUIET)

    def _hear(self, line: str) -> None:
        said = json.loads(line)
        if said["event"] == "started" and not self._begun:
            self.at = 0
        elif said["event"] == "log":
            if self.at is not None and self.at + count_characters(self._waiting) == said["at"]:
                self.hand_out()
            self.at, self._waiting = said["at"], ""


def count_characters(text: str) -> int:
    """Count the characters of a text that are no line ends."""
    return len(text) - text.count("\n")
