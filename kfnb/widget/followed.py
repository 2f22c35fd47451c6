"""Questions of a widget's page that are answered again whenever the answer is another one, also while a cell runs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from kfnb.errors import KfnbError
from kfnb.widget import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MOST = 8
"""Questions of one kind that are followed at once, the newest: a page that was closed does not say so."""
AFTER_TROUBLE = 2.0
"""Seconds until the next look where the last one failed."""
UNSEEN_FOR = 600.0
"""Seconds that the question of a page that has not been heard of yet is followed: it cannot ask while a cell runs."""
UNASKED = 0
"""The number of that question."""


class Source(Protocol):
    """What answers one kind of question. `pause`: seconds until it is looked at again."""

    pause: float

    def first(self, asked: dict[str, Any]) -> Any:
        """Answer a question that is new."""

    def now(self, asked: dict[str, Any]) -> Any:
        """Answer it again, with what may be another answer by now."""

    def is_other(self, followed: Collection[dict[str, Any]]) -> bool:
        """Say whether an answer may be another one since this was asked last."""

    def rest(self) -> None:
        """Nothing is followed for a while."""


class Followed:
    """Questions of one kind by number, and what the page was told of each; a thread looks while there are any."""

    def __init__(self, source: Source, send: Callable[[dict[str, Any]], object]) -> None:
        self._source, self._send = source, send
        self._told: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._lock = threading.Lock()  # who holds it may answer: an older answer never comes after a newer one
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._is_ended = False
        self._unseen_until = 0.0

    def expect(self, asked: dict[str, Any], value: Any) -> None:
        """Follow a question whose answer the page has from the beginning, until it asks something itself."""
        with self._lock:
            self._unseen_until = time.monotonic() + UNSEEN_FOR
            self._keep(UNASKED, asked, {"value": value})

    def ask(self, asked: dict[str, Any]) -> None:
        """Answer a question of the page, and follow it until the page leaves it."""
        with self._lock:
            self._told.pop(UNASKED, None)
            answer = answered(lambda: self._source.first(asked))
            self._send({"number": asked["number"], **answer})
            self._keep(asked["number"], asked, answer)

    def leave(self, number: int) -> None:
        """Follow a question no more."""
        with self._lock:
            self._told.pop(number, None)
            if not self._told:
                self._woken.set()

    def end(self) -> None:
        """Follow nothing any more; what is looked at now is looked at to its end."""
        self._is_ended = True
        self._woken.set()

    def _keep(self, number: int, asked: dict[str, Any], answer: dict[str, Any]) -> None:
        self._told[number] = asked, answer
        for old in list(self._told)[:-MOST]:
            del self._told[old]
        self._woken.set()
        if self._thread is None and not self._is_ended:
            self._thread = threading.Thread(target=self._follow, name="kfnb-followed", daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        while not self._is_over():
            is_well = self._look()
            self._woken.wait(self._source.pause if is_well else AFTER_TROUBLE)

    def _is_over(self) -> bool:
        with self._lock:
            if time.monotonic() > self._unseen_until:
                self._told.pop(UNASKED, None)
            self._woken.clear()
            if self._told and not self._is_ended:
                return False
            self._thread = None
            self._source.rest()
            return True

    def _look(self) -> bool:
        """Send what has become another answer; say whether all could be answered."""
        with self._lock:
            followed = [asked for asked, _ in self._told.values()]
            was_well = not any("trouble" in told for _, told in self._told.values())
        found = answered(lambda: self._source.is_other(followed))
        if was_well and found == {"value": False}:
            return True
        with self._lock:
            for number, (asked, told) in self._told.items():
                answer = found
                if "value" in found:
                    answer = answered(lambda asked=asked: self._source.now(asked))  # type: ignore[misc]
                if answer != told:
                    self._told[number] = asked, answer
                    self._send({"number": number, **answer})
            return not any("trouble" in told for _, told in self._told.values())


def answered(work: Callable[[], Any]) -> dict[str, Any]:
    """Return the `value` that the page is sent, or else the `trouble` in words."""
    try:
        return {"value": plain(work())}
    except KfnbError as error:
        return {"trouble": str(error)}
    except Exception as error:  # a page's question must not end up as a traceback in some cell
        return {"trouble": f"The kernel cannot answer this: {error!r}."}
