"""Carries a run from its events into the database of runs: while it is driven, and for whoever finds the rows behind.

The process of a run does it on the side (`following`), never in the way: the database library is loaded only once a run
has taken some seconds, and whatever is wrong with the database is said and not raised. What a process leaves undone,
because the run was short or the process was killed, the next command that reads the database finds and does: each
process notes beforehand, in the data folder, which run it is about to change.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from kfnb.errors import KfnbError
from kfnb.orchestrator import marks, places, results
from kfnb.orchestrator.events import EventReader, RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kfnb.artifacts.store import Store
    from kfnb.metadata.database import Database
    from kfnb.metadata.projection import Known
    from kfnb.spec import RunInfo

FIRST_AFTER = 5.0
"""Seconds that a run takes before its process loads the database library, which costs 0.4 s of a processor."""
EVERY = 1.0


class RunReader:
    """What the store says about one run; every call of `known` adds what is new since the last."""

    def __init__(self, store: Store, info: RunInfo) -> None:
        self.info = info
        self._store = store
        self._reader = EventReader(store, info.run_id)
        self._status = RunStatus(info.spec)

    def known(self) -> Known:
        """Return all that is known about the run now."""
        from kfnb.metadata.projection import Known

        self._status.apply(self._reader.read())
        said = marks.read(self._store, self.info.run_id)
        given = {name: task.output for name, task in self._status.tasks.items() if results.stands(task)}
        return Known(
            root=self._store.root,
            info=self.info,
            facts=self._status,
            results={name: output for name, output in given.items() if output is not None},
            tags=said.tags,
            archived=said.archived,
            batches=self._reader.next - 1,
            marks=said.number,
        )


def note_change(home: Path, root: str, run_id: str) -> None:
    """Note that there is or will be something new about a run. Best effort: a full disk must not matter here."""
    with contextlib.suppress(OSError):
        note = places.notes_folder(home) / run_id
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(root)


@contextlib.contextmanager
def following(home: Path, store: Store, info: RunInfo) -> Iterator[None]:
    """Keep the database up with a run that this process drives meanwhile, as well as that goes."""
    note_change(home, store.root, info.run_id)
    over = threading.Event()
    thread = threading.Thread(target=_follow, args=(home, store, info, over), name=f"kfnb-rows-{info.run_id}")
    thread.daemon = True
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(home: Path, store: Store, info: RunInfo, over: threading.Event) -> None:
    if over.wait(FIRST_AFTER):
        return
    try:
        from kfnb.metadata.database import Database, url_of

        _write_until(Database(url_of(home)), RunReader(store, info), over)
    except (KfnbError, OSError) as error:
        import logging  # 8 ms that almost no run needs

        logging.getLogger("kfnb").warning("%s", error)


def _write_until(database: Database, run: RunReader, over: threading.Event) -> None:
    from kfnb.metadata.database import Behind

    last = False
    while True:
        begin = time.monotonic()
        with contextlib.suppress(*(() if last else (Behind,))):
            _write(database, run.known())
        if last:
            return
        # Where writing is slow, it must not take the processor from the run.
        last = over.wait(max(EVERY, 20 * (time.monotonic() - begin)))


def _write(database: Database, known: Known) -> None:
    """Write the rows; a database that was deleted just now is made anew, one that is damaged otherwise is said."""
    from kfnb.metadata import projection
    from kfnb.metadata.database import Damaged

    try:
        projection.write(database, known)
    except Damaged:
        projection.write(database, known)
