"""Where the text of a pod's log stands in the whole of it: of a long log a node keeps the end. Used by live_logs.py.

The launcher's first line is the beginning, and from time to time it says how many characters it has printed. Of a short
log what stands between is handed out as it comes. Of a long one kubelet may begin a new file at any moment: to whoever
reads along, lines that were printed just then are missing, and nobody tells. There text is handed out when the
launcher's next word says that it is whole; if none comes, the store has it.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from kfnb.runners.pod_logs import is_event

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORT = 1 << 20
"""Bytes of a log for which kubelet begins no new file: it does so after ten megabytes, or as it is told."""
_LINE = 40
"""Bytes that it writes before each line."""
_QUIET = 3.0
"""Seconds without text after which the launcher's next word is waited for no longer."""


class PlacedText:
    """The text of one log. `tell` is called with what has its place: the characters before it, the text, and whether
    it is sure that nothing is missing in it. Empty text says that what comes before is the store's to tell.

    Characters are those that are no line ends: the launcher puts some of these before lines of its own. `at`: how many
    of them have been told of, or None while it is not known where what comes stands.
    """

    def __init__(self, tell: Callable[[int, str, bool], None]) -> None:
        self.at: int | None = None
        self._tell = tell
        self._begun = False
        self._size = 0
        self._waiting = ""
        self._since = 0.0

    def take(self, lines: list[str]) -> None:
        """Take in lines as they follow each other."""
        text: list[str] = []
        for line in lines:
            self._size += len(line.encode()) + _LINE
            if is_event(line):
                self._wait_with(text)
                text = []
                self._hear(line)
            elif self.at is not None:
                text.append(line)
            self._begun = True
        self._wait_with(text)
        if self._size < _SHORT:
            self._hand_out(sure=True)

    def lose(self) -> None:
        """Something may be missing between what was taken in and what comes."""
        self.at, self._waiting, self._begun = None, "", True

    def look(self) -> None:
        """Leave to the store what waits, if the launcher seems to say nothing more."""
        if self._waiting.strip("\n") and time.monotonic() - self._since >= _QUIET:
            self.finish()
            self.lose()

    def finish(self) -> None:
        """Hand out what waits, of which nothing more is said."""
        self._hand_out(sure=False)

    def _wait_with(self, text: list[str]) -> None:
        if text:
            self._waiting += "".join(text)
            self._since = time.monotonic()

    def _hand_out(self, *, sure: bool) -> None:
        if self._waiting and self.at is not None:
            self._tell(self.at, self._waiting, sure)
            self.at, self._waiting = self.at + count_characters(self._waiting), ""

    def _hear(self, line: str) -> None:
        said = json.loads(line)
        if said["event"] == "started" and not self._begun:
            self.at = 0
        elif said["event"] == "log":
            if self.at is not None and self.at + count_characters(self._waiting) == said["at"]:
                self._hand_out(sure=True)
            else:
                self.at, self._waiting, self._size = said["at"], "", max(self._size, _SHORT)
                self._tell(said["at"], "", True)


def count_characters(text: str) -> int:
    """Count the characters of a text that are no line ends."""
    return len(text) - text.count("\n")
