"""Notices that something about the runs of a data folder has changed: for who shows lists of them, and ends.

Called by the server and by lists in notebooks, some times a second while a page is seen. What is looked at costs next
to nothing: the notes that each process leaves in the data folder before it changes a run, the list of runs, the events
of those that go on, and what another machine says over a database that is shared. Only when that differs is the
database brought up and asked.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from kfnb.artifacts.store import Store
from kfnb.errors import KfnbError
from kfnb.metadata import store as rows
from kfnb.metadata.notices import Notices
from kfnb.orchestrator import marks, places
from kfnb.orchestrator.events import batch_key
from kfnb.orchestrator.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kfnb.history import History

EVERY = 0.2
"""Seconds between looks at what may have changed."""
PAUSE = 0.5
"""Seconds between two times that a page is told at least."""
AT_LATEST = 10.0
"""Seconds after which the database is asked in any case: whether a cluster still drives a run shows nowhere else."""
THERE_EVERY = 1.0
"""Seconds between looks at a run in a bucket, each a request or two; longer where more than `AT_ONCE` go on there."""
AT_ONCE = 5
SKEW = 60.0
"""Seconds that clocks of machines may differ by, where it is asked whether a run has just ended."""


class News(NamedTuple):
    """Runs, by id: those that go on, and those that have ended since the last time."""

    living: tuple[str, ...]
    ended: tuple[str, ...]


class Changes:
    """What has changed since it was last looked at. `batch_of`: the last batch of a run that is watched anyway.

    Its parts may be called from any thread, one at a time.
    """

    def __init__(self, history: Callable[[], History], home: Path, batch_of: Callable[[str], int | None]) -> None:
        self._history = history
        self._home = home
        self._batch_of = batch_of
        self._lock = threading.Lock()
        self._signs: dict[tuple[str, ...], object] = {}
        self._there: dict[str, object] = {}
        self._looked_there = 0.0
        self._notices: Notices | None = None
        self._heard: Counter[str] = Counter()
        self._touched: set[str] = set()  # runs about which the signs say that there may be something new
        self._going: list[rows.Going] = []
        self._known: dict[int, rows.Stand] = {}
        self._extent: tuple[int, int] | None = None
        self._living: tuple[str, ...] = ()
        self._taken = time.time()

    def look(self) -> bool:
        """Say whether there may be news."""
        with self._lock:
            return self._look()

    def _look(self) -> bool:
        signs = dict(self._read_signs())
        changed = {sign for sign in signs.keys() | self._signs.keys() if signs.get(sign) != self._signs.get(sign)}
        self._touched |= {sign[1] for sign in changed if len(sign) > 1}
        self._signs = signs
        return bool(changed)

    def rest(self) -> None:
        """Nobody asks for a while."""
        with self._lock:
            if self._notices is not None:
                self._notices.close()

    def take(self) -> News | None:
        """Bring the database up to what has happened, and return what is new; None if nothing is.

        DatabaseError where the database cannot be used.
        """
        with self._lock:
            return self._take(self._history())

    def _take(self, history: History) -> News | None:
        begun = time.time()
        touched = sorted(self._touched | {run.id for run in self._going})
        history.catch_up()
        with history.database.reading() as connection:
            before, self._going = self._going, rows.going(connection)
            found = rows.stands_of(connection, touched, self._extent and self._extent[0])
            extent_before, self._extent = self._extent, rows.extent(connection)
        self._touched.difference_update(touched)
        changed = {key: stand for key, stand in found.items() if stand != self._known.get(key)}
        over = tuple(one.id for key, one in changed.items() if self._has_ended(self._known.get(key), one))
        ended = over if extent_before is not None else ()  # at first there is nothing to compare with
        living = tuple(run.id for run in self._going if not history.is_interrupted(run.root, run.id, run.host))
        is_new = (before, extent_before, self._living) != (self._going, self._extent, living) or bool(changed)
        self._known.update(changed)
        self._living, self._taken = living, begun
        return News(living, ended) if is_new else None

    def _has_ended(self, before: rows.Stand | None, now: rows.Stand) -> bool:
        """Say whether a run has ended since, for the first time or again."""
        if now.finished is None or (before is not None and before.finished == now.finished):
            return False
        return now.finished > self._taken - SKEW

    def _read_signs(self) -> Iterator[tuple[tuple[str, ...], object]]:
        with contextlib.suppress(FileNotFoundError):
            for note in places.notes_folder(self._home).iterdir():
                yield ("note", note.name), _changed(note)
        yield ("elsewhere",), _changed(self._home / "elsewhere")
        yield ("runs",), _changed(self._home / "store" / "runs")
        if self._notices is None:
            self._notices = Notices(self._history().database)
        self._heard.update(self._notices.heard())
        yield from ((("heard", run), count) for run, count in self._heard.items())
        there = []
        for run in self._going:
            folder = Store(run.root).local_path(places.run_key(run.id))
            if folder is None:
                there.append(run)
                continue
            lease = Lease(places.lease_path(self._home, folder, run.root, run.id))
            yield ("run", run.id), (_changed(folder / "events"), _changed(folder / "marks"), lease.is_held())
        self._look_there(there)
        yield from ((("run", run), sign) for run, sign in self._there.items())

    def _look_there(self, runs: list[rows.Going]) -> None:
        """Look at runs in buckets, but not at each turn."""
        if time.monotonic() - self._looked_there < THERE_EVERY * max(1.0, len(runs) / AT_ONCE):
            watched = {run.id: self._batch_of(run.id) for run in runs}
            self._there.update({run: batch for run, batch in watched.items() if batch is not None})
            return
        self._looked_there = time.monotonic()
        self._there = {run.id: self._sign_there(run) for run in runs}

    def _sign_there(self, run: rows.Going) -> object:
        batch = self._batch_of(run.id)
        if batch is not None:
            return batch
        with contextlib.suppress(KfnbError):  # out of reach
            store = Store(run.root)
            has_more = store.exists(batch_key(run.id, run.batches + 1)) or store.exists(
                marks.mark_key(run.id, run.marks + 1)
            )
            return (run.batches, run.marks, has_more)
        return None


def _changed(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return None
