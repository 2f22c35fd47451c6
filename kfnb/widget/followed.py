"""Questions of a widget's page that are answered again whenever the answer is another one, also while a cell runs."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kfnb.errors import KfnbError
from kfnb.widget import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MOST = 8
"""Questions of one kind that are followed at once, those heard last: a page that was closed does not say so."""
WORD_EVERY = 60.0
"""Seconds between times at which a page is there to be heard: it says a question again so often, to say that it is."""
SILENT_FOR = 15
"""So many such times without a word end the following of a question; its page's next word begins it anew."""
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


@dataclass
class _Question:
    asked: dict[str, Any]
    told: dict[str, Any]
    heard: int


class Followed:
    """Questions of one kind by number, and what the page was told of each; a thread looks while there are any."""

    def __init__(
        self,
        source: Source,
        send: Callable[[dict[str, Any]], object],
        when_free: Callable[[Callable[[], None]], object],
    ) -> None:
        """`when_free`: calls when the kernel can hear pages, which it cannot while a cell runs."""
        self._source, self._send, self._when_free = source, send, when_free
        self._told: dict[int, _Question] = {}
        self._lock = threading.Lock()  # who holds it may answer: an older answer never comes after a newer one
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._is_ended = False
        self._unseen_until = 0.0
        self._chances = 0  # times at which pages could be heard
        self._next_chance = 0.0

    def expect(self, asked: dict[str, Any], value: Any) -> None:
        """Follow a question whose answer the page has from the beginning, until it asks something itself."""
        with self._lock:
            self._unseen_until = time.monotonic() + UNSEEN_FOR
            self._keep(UNASKED, asked, {"value": value})

    def ask(self, asked: dict[str, Any]) -> None:
        """Answer a question of the page, and follow it until the page leaves it; one that is followed is only heard."""
        with self._lock:
            self._told.pop(UNASKED, None)
            if (known := self._told.pop(asked["number"], None)) is not None:
                self._keep(asked["number"], asked, known.told)
                return
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
        self._told[number] = _Question(asked, answer, self._chances)
        for old in list(self._told)[:-MOST]:
            del self._told[old]
        self._woken.set()
        if self._thread is None and not self._is_ended:
            self._thread = threading.Thread(target=self._follow, name="kfnb-followed", daemon=True)
            self._thread.start()

    def _follow(self) -> None:
        while not self._is_over():
            is_well = False
            with contextlib.suppress(Exception):  # the page's connection was closed
                is_well = self._look()
            self._woken.wait(self._source.pause if is_well else AFTER_TROUBLE)

    def _is_over(self) -> bool:
        with self._lock:
            if time.monotonic() > self._unseen_until:
                self._told.pop(UNASKED, None)
            for number, question in list(self._told.items()):
                if number != UNASKED and self._chances - question.heard > SILENT_FOR:
                    del self._told[number]
            self._woken.clear()
            if self._told and not self._is_ended:
                self._ask_for_chance()
                return False
            self._thread = None
            with contextlib.suppress(Exception):  # it is looked at no more in any case
                self._source.rest()
            return True

    def _ask_for_chance(self) -> None:
        """Have it counted when a page can be heard next: the silence of one that cannot be heard says nothing."""
        if time.monotonic() >= self._next_chance:
            self._next_chance = math.inf
            with contextlib.suppress(RuntimeError):  # the kernel ends
                self._when_free(self._have_chance)

    def _have_chance(self) -> None:
        """Called by the kernel's main thread, which waits for nothing here."""
        self._chances += 1
        self._next_chance = time.monotonic() + WORD_EVERY

    def _look(self) -> bool:
        """Send what has become another answer; say whether all could be answered."""
        with self._lock:
            followed = [question.asked for question in self._told.values()]
            was_well = self._is_well()
        found = answered(lambda: self._source.is_other(followed))
        if was_well and found == {"value": False}:
            return True
        with self._lock:
            for number, question in self._told.items():
                answer = found
                if "value" in found:
                    answer = answered(lambda asked=question.asked: self._source.now(asked))  # type: ignore[misc]
                if answer != question.told:
                    question.told = {}  # as long as it is not known to be sent
                    self._send({"number": number, **answer})
                    question.told = answer
            return self._is_well()

    def _is_well(self) -> bool:
        return all("value" in question.told for question in self._told.values())


def answered(work: Callable[[], Any]) -> dict[str, Any]:
    """Return the `value` that the page is sent, or else the `trouble` in words."""
    try:
        return {"value": plain(work())}
    except KfnbError as error:
        return {"trouble": str(error)}
    except Exception as error:  # a page's question must not end up as a traceback in some cell
        return {"trouble": f"The kernel cannot answer this: {error!r}."}
