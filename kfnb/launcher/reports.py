"""What a supervisor writes while and after a body runs: log, executed notebook, progress, the points of metrics; used
by launch.py.

The log grows line by line where the store is a folder; elsewhere it is written with the notebook every few seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfnb.launcher import memory_limit
from kfnb.launcher.points import Points
from kfnb.launcher.supervise import Listener
from kfnb.spec import to_json

if TYPE_CHECKING:
    from kfnb.artifacts.store import Store
    from kfnb.launcher.collect import Collector
    from kfnb.spec import ExecutorInput

PYTHON = ".".join(map(str, sys.version_info[:3]))
"""The version of the interpreter that the cells run in."""
SAVE_EVERY = 3.0
"""Seconds between two saves of the notebook that is being executed."""
PAUSE = 10.0
"""Times as long as a save took is the pause after it: the body is not read meanwhile, and each sends the whole log."""
LOG_LIMIT = 256 << 20
"""Bytes that the log of one task keeps."""
SAVE_POINTS_EVERY = 1.0
"""Likewise of the points of metrics, where the store is a folder; elsewhere they go with the notebook."""
_LOOK_AT_MEMORY_EVERY = 0.5
_MORE_MEMORY = 1.1
"""Times as much as was told last that makes it worth telling."""
_TELL_EVERY = 0.1
_TELL_CHARACTERS = 2000

Tell = Callable[[dict[str, Any]], None]
Echo = Callable[[str], None]


class TaskReport(Listener):
    """Log, notebook and progress of one attempt. While the body runs, an error in saving waits for the last save.

    `is_silent`: says whether the orchestrator does not hear what is told; then it is left in the store too.
    """

    def __init__(
        self,
        given: ExecutorInput,
        store: Store,
        tell: Tell,
        echo: Echo | None = None,
        is_silent: Callable[[], bool] = lambda: False,
    ) -> None:
        self.log_key = f"{given.prefix}/log.txt"
        self.notebook_key = f"{given.prefix}/notebook.ipynb"
        self.series_key = f"{given.prefix}/series.json"
        self.progress_key = f"{given.prefix}/progress.json"
        self.collector: Collector | None = None
        self.points = Points()
        self.truncated = False
        self._given = given
        self._store = store
        self._tell = tell
        self._echo = echo
        self._is_silent = is_silent
        self._changed = False
        self._saved = self._saved_points = time.monotonic()
        self._took = 0.0  # the last save, in seconds
        self._points_there = 0
        self._in_pod = given.shipped is not None
        self._looked_at_memory = 0.0
        self._told = 0.0
        self._unsaid = ""
        self._state: dict[str, Any] = {"python": PYTHON}
        self._last: dict[str, Any] = {}  # all that was told, of each thing the last
        self._is_left = False
        self._done = 0
        self._size = 0
        path = store.local_path(self.log_key)
        self._in_store = path is not None
        self._path = path if path is not None else Path(given.scratch) / "log.txt"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._log = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def on_cell(self, number: int, state: str, when: float) -> None:
        """Tell that a cell began or ended."""
        cell = self._given.task.cells[number]
        self._done += state == "SUCCEEDED"
        self._state |= {"cell": cell.id, "number": number + 1, "done": self._done, "cells": len(self._given.task.cells)}
        self._say({**self._state, "state": state, "time": when})
        self._changed = True

    def on_text(self, text: str) -> None:
        """Write to the log, up to its limit."""
        if not text:
            return
        self._changed = True
        data = text.encode("utf-8", "replace")
        if self._size + len(data) > LOG_LIMIT:
            if self.truncated:
                return
            self.truncated = True
            kept = data[: LOG_LIMIT - self._size]
            data = kept + f"\n[kfnb keeps {LOG_LIMIT >> 20} MB of a step's log; what follows is dropped]\n".encode()
        self._size += len(data)
        try:
            os.write(self._log, data)
        except OSError:
            self.truncated = True
            self._size = LOG_LIMIT
        if self._echo is not None:
            self._echo(text)
        else:
            self._unsaid = (self._unsaid + text)[-2 * _TELL_CHARACTERS :]

    def on_point(self, name: str, step: float | None, value: Any) -> None:
        """Keep a point of a metric."""
        self.points.add(name, step, value)

    def on_tick(self) -> None:
        """Tell new text, and save the notebook and the points if it is time."""
        now = time.monotonic()
        if now - self._saved_points >= (SAVE_POINTS_EVERY if self._in_store else SAVE_EVERY):
            self._saved_points = now
            with contextlib.suppress(Exception), self._store.hurried():  # as below
                self._save_points()
        is_due = self._changed or (self._is_left and not self._is_silent())
        pause = max(SAVE_EVERY, PAUSE * self._took)
        if is_due and now - self._saved >= pause:  # before more is said, which is not heard in this moment
            try:
                with self._store.hurried():  # the body is not watched meanwhile
                    self.save()
                    self._leave_progress()
            except Exception:
                self._has_saved(now)  # it is tried again, and at the end it must work
        if self._unsaid and now - self._told >= _TELL_EVERY:
            self._told = now
            text, self._unsaid = self._unsaid[-_TELL_CHARACTERS:], ""
            self._say({**self._state, "log": text})
        if self._in_pod and now - self._looked_at_memory >= _LOOK_AT_MEMORY_EVERY:
            self._looked_at_memory = now
            self._tell_memory()

    def _tell_memory(self) -> None:
        """Tell the most that the pod has used, where it has a limit: with what goes beyond, this process is killed."""
        found = memory_limit.own_limit()
        if found is not None and found[1] > _MORE_MEMORY * self._state.get("memory", 0):
            self._state["memory"] = found[1]
            self._say({**self._state})

    def _say(self, data: dict[str, Any]) -> None:
        self._last |= data
        self._tell(data)

    def _leave_progress(self) -> None:
        """Leave in the store how far the attempt is, while that is not heard; in the end its output says it.

        When it is heard again that is taken away: who looks there would take it for news.
        """
        if self._last and self._is_silent():
            self._is_left = True
            self._store.write(self.progress_key, to_json(self._last))
        elif self._is_left:
            self._store.remove_document(self.progress_key)
            self._is_left = False

    def save(self) -> None:
        """Save the notebook as executed so far, and the log if the store is elsewhere."""
        begun, self._changed = time.monotonic(), False
        if self.collector is not None:
            self.collector.flush()
            notebook = json.dumps(executed_notebook(self._given, self.collector), ensure_ascii=False)
            self._store.write(self.notebook_key, notebook.encode("utf-8", "replace"))
        if not self._in_store:
            self._store.write(self.log_key, self._path.read_bytes())
        self._has_saved(begun)

    def _has_saved(self, begun: float) -> None:
        self._saved = time.monotonic()
        self._took = self._saved - begun

    def _save_points(self) -> None:
        """Save the points so far where there are new ones, and tell that there are."""
        if self.points.count > self._points_there and self.points.are_a_curve:
            self._store.write(self.series_key, to_json(self.points.series()))
            self._points_there = self._state["points"] = self.points.count
            self._say({**self._state})

    def close(self) -> None:
        """Tell what is not told yet, and save for the last time."""
        self._told = 0.0
        self.on_tick()
        os.close(self._log)
        self._save_points()
        self.save()


def executed_notebook(given: ExecutorInput, collector: Collector) -> dict[str, Any]:
    """Return the task's cells with their outputs so far, as a notebook (nbformat 4.5)."""
    cells = [
        {
            "cell_type": "code",
            "id": cell.id,
            "metadata": {"tags": list(cell.tags)} if cell.tags else {},
            "source": cell.source,
            "execution_count": collector.counts[number],
            "outputs": collector.rendered(number),
        }
        for number, cell in enumerate(given.task.cells)
    ]
    spec = {"name": given.kernel, "display_name": given.kernel, "language": "python"}
    metadata = {
        "kernelspec": spec,
        "language_info": {"name": "python", "version": PYTHON},
        "kfnb": {"run": given.run_id, "task": given.task.name, "attempt": given.attempt},
    }
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
