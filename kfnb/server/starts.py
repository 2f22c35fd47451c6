"""Runs by the word with which their start was asked for: who lost the answer finds out whether the run has begun.

The word is the asker's own, and stands in what the run was started with: a server that was started anew finds it there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from itertools import islice
from typing import TYPE_CHECKING

from kfnb.client import Run
from kfnb.errors import NotFound
from kfnb.orchestrator.listing import names_under, read_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.client import Client

REMEMBERED = 100
"""Starts of this server that are remembered."""
LOOKED_AT = 50
"""So many of the newest runs are looked at for a word that this server was not asked with."""


class Starts:
    """The starts that this server was asked for, those that it is about too. Safe from threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: OrderedDict[str, Future[Run]] = OrderedDict()

    def begin(self, word: str | None, start: Callable[[], Run]) -> Run:
        """Start a run, or return the one that was started when it was asked for with the same word."""
        if word is None:
            return start()
        with self._lock:
            earlier = self._asked.get(word)
            if earlier is None:
                mine = self._asked[word] = Future()
                while len(self._asked) > REMEMBERED:
                    self._asked.popitem(last=False)
        if earlier is not None:
            return earlier.result()
        try:
            run = start()
        except BaseException as error:
            with self._lock:
                self._asked.pop(word, None)
            mine.set_exception(error)
            raise
        mine.set_result(run)
        return run

    def find(self, word: str, client: Client) -> Run:
        """Return the run that was asked for with a word, as soon as it has begun; NotFound if none has."""
        with self._lock:
            asked = self._asked.get(word)
        if asked is not None and asked.exception() is None:
            return asked.result()
        for name in islice(sorted(names_under(client.store, "runs"), reverse=True), LOOKED_AT):
            info = read_info(client.store, name)
            if info.asked_as == word:
                return Run(client.store, info, client.home)
        raise NotFound("No run was started so.")
