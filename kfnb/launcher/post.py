"""Tells the run's orchestrator at once, over HTTP, how far a task is and that it has finished; used by `launch`.

It is for speed alone: what does not get through is left in the store (`reports.py`), so nothing here may fail or hold
up the task. Where the orchestrator cannot be reached (a network policy, a new orchestrator elsewhere) it gives up soon:
at once where nothing answers at all, which is how a network policy looks.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from kfnb.spec import ReportTo

_SECONDS = 2.0
_MOST_FAILURES = 3
_MOST_WAITING = 1000


class Post:
    """What one attempt tells. The thread that sends starts with the first word: after the body has been forked."""

    def __init__(self, to: ReportTo) -> None:
        self._to = to
        self._waiting: queue.Queue[tuple[int, dict[str, Any]] | None] = queue.Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._failures = 0
        self._said = self._told = 0

    @property
    def is_silent(self) -> bool:
        """Whether what was to be told last has not got through so far."""
        return self._told < self._said

    def progress(self, data: dict[str, Any]) -> None:
        """Tell how far the attempt is."""
        self._put({"event": "progress", "data": data})

    def exited(self, code: int) -> None:
        """Tell that the attempt is over, and wait until that is told, if it can be told soon."""
        self._put({"event": "exited", "code": code})
        self._put_in_line(None)
        if self._thread is not None:
            self._thread.join(2 * _SECONDS)

    def _put(self, said: dict[str, Any]) -> None:
        self._said += 1
        self._put_in_line((self._said, said))

    def _put_in_line(self, said: tuple[int, dict[str, Any]] | None) -> None:
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(said)
        if self._thread is None:
            self._thread = threading.Thread(target=self._send_all, name="kfnb-post", daemon=True)
            self._thread.start()

    def _send_all(self) -> None:
        while (next_one := self._waiting.get()) is not None:
            number, said = next_one
            if self._failures < _MOST_FAILURES:
                try:
                    self._send(said)
                except (OSError, http.client.HTTPException) as error:
                    connected = self._connection is not None and self._connection.sock is not None
                    forbidden = isinstance(error, TimeoutError) and not connected
                    self._failures = _MOST_FAILURES if forbidden else self._failures + 1
                    self._hang_up()
                else:
                    self._failures, self._told = 0, number
        self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, said: dict[str, Any]) -> None:
        """Send one word, once more where the other end has closed the connection, as it does after a silence."""
        is_kept = self._connection is not None
        try:
            status = self._answer_to(said)
        except (ConnectionError, http.client.HTTPException):
            if not is_kept:
                raise
            self._hang_up()
            status = self._answer_to(said)
        if status >= 400:
            raise http.client.HTTPException(f"refused: {status}")

    def _answer_to(self, said: dict[str, Any]) -> int:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(urlsplit(self._to.url).netloc, timeout=_SECONDS)
        headers = {"Authorization": f"Bearer {self._to.token}", "X-Kfnb-Attempt": self._to.attempt}
        self._connection.request("POST", "/", json.dumps(said), {**headers, "Content-Type": "application/json"})
        response = self._connection.getresponse()
        response.read()
        return response.status
