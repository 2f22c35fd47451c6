"""`python -m kfnb.launcher INPUT_URI`: the plain start of one task, in a pod or where no forkserver is.

`--element-of URI` instead: of the elements described there, the one at the place that this pod has in its Indexed Job.
Writes one JSON line an event on standard output: first `started`, then `progress`, last `exited` with the exit code;
the task's own text stands between them as it comes, with `log` in it from time to time, which says how much of it there
was. SIGTERM stops the task, which saves what it has. Exit codes: 0
succeeded, 1 the task failed, 3 called wrongly, 4 something outside (store, disk) cannot be used just now, 5 it cannot
be used from here at all, 70 kfnb itself failed, 130 cancelled.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from kfnb.launcher.stopping import Stopped, stop_at_signals

WRONG_CALL, BROKEN, CANCELED = 3, 70, 130
MARK_EVERY = 256 << 10
"""Bytes of a node's log after which it is said how much text there was: of a long log a node keeps the end only."""
MARK_SECONDS = 1.0
"""Seconds after which it is said, once there were so many bytes: whoever reads along waits for that."""
LINE = 40
"""Bytes that a node writes before each line: when it was printed, and where."""


class Lines:
    """Standard output, as events and text; an event always begins a line. A reader that is gone is no failure."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        self._at_start = True
        self._count = self._marked = 0  # characters of text that are no line ends: in all, and when that was said
        self._size = self._size_then = 0  # bytes of the node's log, likewise
        self._said = 0.0

    def event(self, name: str, **more: Any) -> None:
        """Write one event."""
        line = json.dumps({"event": name, **more}, separators=(",", ":"))
        self._write(("" if self._at_start else "\n") + line + "\n")

    def text(self, text: str) -> None:
        """Write text of the task, and now and then after a whole line how much that was so far."""
        whole = text.rfind("\n") + 1
        self._write_counted(text[:whole])
        if whole and self._is_to_be_marked():
            self.event("log", at=self._count)
            self._marked, self._size_then, self._said = self._count, self._size, time.monotonic()
        self._write_counted(text[whole:])

    def _is_to_be_marked(self) -> bool:
        if self._count == self._marked or self._size < MARK_EVERY:
            return False
        return self._size - self._size_then >= MARK_EVERY or time.monotonic() - self._said >= MARK_SECONDS

    def _write_counted(self, text: str) -> None:
        self._count += len(text) - text.count("\n")
        self._write(text)

    def _write(self, text: str) -> None:
        left = memoryview(text.encode("utf-8", "replace"))
        self._size += len(left) + LINE * text.count("\n")
        self._at_start = text.endswith("\n") if text else self._at_start
        try:
            while left:
                left = left[os.write(self._out, left) :]
        except OSError:
            self._out = os.open(os.devnull, os.O_WRONLY)


def main() -> int:
    """Run the task named on the command line."""
    together = sys.argv[1:2] == ["--element-of"]
    if len(sys.argv) != 2 + together or sys.argv[-1].startswith("-"):
        os.write(2, b"usage: python -m kfnb.launcher INPUT_URI | --element-of URI\n")
        return WRONG_CALL
    uri = sys.argv[-1]
    if "://" not in uri:
        uri = str(Path(uri).absolute())
    if sys.path and not sys.flags.safe_path:
        sys.path.pop(0)  # the folder it was started in, which `-m` puts first
    lines, code = Lines(), BROKEN
    try:
        stop_at_signals()
        lines.event("started")  # only now: whoever reads it may send a signal
        code = _run(uri, lines, together)
    except Stopped:
        code = CANCELED
    finally:
        lines.event("exited", code=code)
    return code


def _run(uri: str, lines: Lines, together: bool) -> int:
    from kfnb.launcher.kernel import Kernel
    from kfnb.launcher.launch import run_input

    def tell(data: dict[str, Any]) -> None:
        lines.event("progress", data=data)

    return run_input(uri, Kernel(), tell, lines.text, patient=True, together=together)


if __name__ == "__main__":
    sys.exit(main())
