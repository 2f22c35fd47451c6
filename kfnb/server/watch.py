"""What is looked at of one run for all pages that watch it: its next batch of events, and what drives it.

The stream of each page (`stream.py`) reads from here. A look at a bucket is one request for the next batch by its name,
which is paid for: so there is one at a time for a run, however many pages watch it, and fewer where nobody sees them.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Literal

from kfnb.errors import KfnbError, NotFound
from kfnb.orchestrator import places
from kfnb.orchestrator.events import EventReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from kfnb.artifacts.store import Store
    from kfnb.client import Run

EVERY = 0.1
"""Seconds between looks at the events of a run that somebody sees."""
UNSEEN_EVERY = 1.0
"""The same where no page that shows it is seen, or where the store is a bucket and nothing has come for `QUIET`."""
QUIET = 1800.0
ENDED_EVERY, ENDED_THERE_EVERY = 1.0, 5.0
"""The same for a run that has ended, which may be resumed from anywhere; the second where the store is a bucket."""
DRIVEN_EVERY, DRIVEN_UNSEEN_EVERY = 1.0, 5.0
"""Seconds between looks at whether something drives the run."""
KEPT = 64
"""Batches that are kept for pages that are about to read them."""

Standing = Literal["driven", "ended", "interrupted", "waiting"]
"""What drives a run, or why nothing does; `waiting`: it is on another machine, as far as is known."""


class Batches:
    """The batches of a run's events, the newest of which are read from the store once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: str) -> bytes | None:
        """Return a batch; None if there is none yet."""
        data = self._kept.get(key)
        if data is None and (data := self._store.find(key)) is not None:
            with self._lock:
                self._kept[key] = data
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return data


class Page:
    """A page that listens to a run. `seen`: whether somebody sees it; `news` is set when there is something new."""

    def __init__(self) -> None:
        self.seen = True
        self.news = asyncio.Event()


class Watch:
    """One run as the server looks at it while pages listen; used in the server's own thread only.

    `batch`: number of the last batch of events; `ends`: how often the run was seen to be over, with all events told;
    `standing`: None before the first look; `unseen`: why the run's cluster could not be asked lately, "" before the
    first look; `trouble`: why it is looked at no more.
    """

    def __init__(self, run: Run, batch: int, threads: Executor) -> None:
        self.run = run
        self.batch = batch
        self.batches = Batches(run.store)
        self.standing: Standing | None = None
        self.waits: str | None = None
        self.unseen: str | None = ""
        self.is_over = False
        self.ends = 0
        self.trouble: KfnbError | None = None
        self.pages: set[Page] = set()
        self._threads = threads
        self._reader = EventReader(self.batches, run.id, batch)
        self._is_here = run.store.local_path("") is not None
        self._came = self._stood = time.monotonic()  # when events came last; when it was seen what drives the run
        self._moved = asyncio.Event()  # something came, so that it is looked at again what drives the run
        self._hurry = asyncio.Event()
        self._tasks = [asyncio.create_task(each()) for each in (self._follow_events, self._follow_its_process)]

    def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()

    def hurry(self) -> None:
        """Look now: somebody sees a page that nobody saw."""
        self._hurry.set()

    @property
    def is_seen(self) -> bool:
        """Whether somebody sees a page that shows the run."""
        return any(page.seen for page in self.pages)

    @property
    def pause(self) -> float:
        """Seconds until the next look at the events."""
        if self.is_over:
            return ENDED_EVERY if self._is_here else ENDED_THERE_EVERY
        is_quiet = not self._is_here and time.monotonic() - self._came >= QUIET
        return EVERY if self.is_seen and not is_quiet else UNSEEN_EVERY

    async def _follow_events(self) -> None:
        while self.trouble is None:
            begun = time.monotonic()
            found = await self._aside(self._look)
            if found:
                self.is_over, self._came, self._stood = False, begun, math.inf
                self.batch = self._reader.next - 1
                self._moved.set()
                self._tell()
                continue  # the next one may be there already
            if self.standing == "ended" and self._stood <= begun and not self.is_over:
                self.is_over = True  # nothing comes after its end
                self.ends += 1
                self._tell()
            await _set_within(self._hurry, self.pause)

    async def _follow_its_process(self) -> None:
        while self.trouble is None:
            self._moved.clear()
            found = await self._aside(lambda: (_standing(self.run), self.run.waits, self.run.unseen))
            if found is None:
                return
            is_new = found != (self.standing, self.waits, self.unseen)
            (self.standing, self.waits, self.unseen), self._stood = found, time.monotonic()
            if is_new:
                self._tell()
            pause = DRIVEN_EVERY if self.is_seen else DRIVEN_UNSEEN_EVERY
            if self.standing in ("ended", "interrupted"):  # what is resumed says so in its events
                await _set_within(self._moved, None if self.standing == "ended" else pause)
            else:
                await asyncio.sleep(pause)

    def _look(self) -> bool:
        """Read the next batch, if it is there: one request. NotFound where a run that had ended was removed."""
        wanted = self._reader.next
        self._reader.read(upto=wanted)
        if self._reader.next > wanted:
            return True
        if self.is_over and not self.run.store.exists(places.run_key(self.run.id, "run.json")):
            raise NotFound(f"There is no run {self.run.id}.")
        return False

    async def _aside(self, work: Callable[[], Any]) -> Any:
        """Return what `work` returns in another thread; None, with the `trouble` told, where that does not go."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except KfnbError as error:  # its store is away, or the run was deleted
            self.trouble = error
            self._tell()
            return None

    def _tell(self) -> None:
        for page in self.pages:
            page.news.set()


class Watches:
    """The runs that are watched in any page."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._by_run: dict[str, Watch] = {}

    def __iter__(self) -> Iterator[Watch]:
        return iter(list(self._by_run.values()))

    def batch_of(self, run_id: str) -> int | None:
        """Return the number of the last batch of a run's events; None if nobody watches it. From any thread."""
        watch = self._by_run.get(run_id)
        return watch.batch if watch is not None else None

    def join(self, run: Run, batch: int, page: Page) -> Watch:
        """Return the watch of a run, which `page` listens to from now on; `batch`: the last that is known."""
        watch = self._by_run.get(run.id)
        if watch is None or watch.trouble is not None:
            watch = self._by_run[run.id] = Watch(run, batch, self._threads)
        watch.pages.add(page)
        watch.hurry()
        return watch

    def leave(self, watch: Watch, page: Page) -> None:
        """A page listens no more; nobody looks at a run to which none does."""
        watch.pages.discard(page)
        if not watch.pages:
            watch.stop()
            if self._by_run.get(watch.run.id) is watch:
                del self._by_run[watch.run.id]


async def _set_within(event: asyncio.Event, seconds: float | None) -> None:
    """Wait until an event is set, so many seconds at most, and clear it."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()


def _standing(run: Run) -> Standing:
    """Say what drives a run, or why nothing does."""
    if run.is_driven:
        return "driven"
    if run.has_ended:
        return "ended"
    return "interrupted" if run.is_interrupted else "waiting"
