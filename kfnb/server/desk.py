"""The client of a server and the threads that work for its requests; one of each a server."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from kfnb.client import Client, Run
from kfnb.errors import NotFound
from kfnb.history import History, Page, renames
from kfnb.history.filters import order, run_filter
from kfnb.metadata.paging import cursor
from kfnb.orchestrator import places
from kfnb.orchestrator.listing import read_info
from kfnb.server.starts import Starts

if TYPE_CHECKING:
    from pathlib import Path

    from kfnb.artifacts.store import Store
    from kfnb.history.catching_up import Readers
    from kfnb.history.renames import Renames

REMEMBERED = 64
"""Runs whose events, as far as they were read, are remembered."""


class Desk:
    """What handlers work with. `work`: threads for anything; `analysts`: one thread, as analyses take turns.

    `historians`: one thread too: the database of runs is brought up to date by one at a time. `scouts`: threads that
    ask clusters, which may not answer. `lookers`: threads that look at runs that are watched, in buckets far away too.
    `painters`: threads that draw runs for notebooks that are saved.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.client = Client(home)
        self.work = ThreadPoolExecutor(8, thread_name_prefix="kfnb-server")
        self.analysts = ThreadPoolExecutor(1, thread_name_prefix="kfnb-analysis")
        self.historians = ThreadPoolExecutor(1, thread_name_prefix="kfnb-history")
        self.scouts = ThreadPoolExecutor(8, thread_name_prefix="kfnb-scout")
        self.lookers = ThreadPoolExecutor(16, thread_name_prefix="kfnb-look")
        self.painters = ThreadPoolExecutor(4, thread_name_prefix="kfnb-picture")
        self.starts = Starts()
        self._lock = threading.Lock()
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._readers: Readers = {}
        self._asked: dict[tuple[str, str], int] = {}

    # ----------------------------------------------------------------------------------------------------- analyses

    def ask(self, view: tuple[str, str]) -> int:
        """Return the number of a new request of a view, which makes those before it useless."""
        self._asked[view] = number = self._asked.get(view, 0) + 1
        return number

    def is_newest(self, view: tuple[str, str], number: int) -> bool:
        """Say whether no newer request of the view has come."""
        return self._asked.get(view) == number

    # --------------------------------------------------------------------------------------------------------- runs

    def run(self, run_id: str) -> Run:
        """Return a run by its id, with what was read of its events before; NotFound if it is not there any more."""
        with self._lock:
            run = self._runs.get(run_id)
        if run is not None and run.store.exists(places.run_key(run.id, "run.json")):
            return run
        self.forget(run_id)
        found = self.client.get(run_id)
        if found.id != run_id:
            raise NotFound(f"There is no run {run_id}.")
        return self._remember(found)

    def forget(self, run_id: str) -> None:
        """Read a run anew when it is asked for next."""
        with self._lock:
            self._runs.pop(run_id, None)

    def history(self, messages: list[str] | None = None) -> History:
        """Return the history of the runs; what it has to say is added to `messages`."""
        say = (messages if messages is not None else []).append
        return History(self.client, say=say, run_at=self._run_at, readers=self._readers)

    def _run_at(self, store: Store, run_id: str) -> Run:
        """Return a run of a store elsewhere, with what was read of its events before."""
        with self._lock:
            run = self._runs.get(run_id)
        if run is not None and run.store.root == store.root:
            return run
        return self._remember(Run(store, read_info(store, run_id), self.client.home))

    def _remember(self, run: Run) -> Run:
        with self._lock:
            self._runs[run.id] = run
            while len(self._runs) > REMEMBERED:
                self._runs.popitem(last=False)
        return run

    def renames(self) -> Renames:
        """Return what notebooks were called when."""
        return renames.read(self.client.home)

    def page(self, limit: int, sort: str, after: str | None, **wanted: Any) -> tuple[Page, list[str]]:
        """Return a page of the runs that pass the filters, and what there is to say.

        `sort`: a key, with `-` in front for the other way round. `after`: the cursor of the page before.
        """
        messages: list[str] = []
        by = order(sort)
        behind = cursor(after, by) if after is not None else None
        return self.history(messages).sorted_runs(run_filter(**wanted), by, limit, behind), messages
