"""Brings the database up to the events of all runs before it is read; called by the history of runs.

What is looked at: runs that are new in a store (its list of runs is read only when it has changed), runs that have not
ended, and runs about which a process has left a note in the data folder. What is found out is said in messages.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

from kfnb.artifacts.store import Store
from kfnb.errors import KfnbError, StoreError
from kfnb.metadata import projection
from kfnb.metadata import store as rows
from kfnb.orchestrator import marks, places
from kfnb.orchestrator.events import batch_key
from kfnb.orchestrator.lease import Lease
from kfnb.orchestrator.listing import read_info
from kfnb.orchestrator.projecting import RunReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from kfnb.metadata.database import Database
    from kfnb.metadata.projection import Known

SETTLED_SECONDS = 2.0
"""How old the last change of a folder must be for its time to tell it from the next one."""
NOTE_SECONDS = 60.0
"""How long a note is kept at least: the process that left it may only just be starting."""
_AT_ONCE = 200


class _Listing(NamedTuple):
    """The runs that a store holds, or None where they are those of the last time; and what tells so next time."""

    runs: list[str] | None
    stamp: int


Readers = dict[tuple[str, str], RunReader]
"""What reads runs, by root and id."""


class CatchUp:
    """One catching up of `database` with everything below the data folder `home`, and with the store at its `root`.

    `progress` is told how many of how many runs are done, where that takes a while. `readers`: what the one before has
    read of runs that had not ended, of which only what is new is read then.
    """

    def __init__(
        self,
        database: Database,
        home: Path,
        root: Store,
        *,
        progress: Callable[[int, int], None] = lambda done, of: None,
        readers: Readers | None = None,
    ) -> None:
        self._readers = readers if readers is not None else {}
        self._database = database
        self._home = home
        self._root = root
        self._progress = progress
        self.messages: list[str] = []

    def run(self) -> list[str]:
        """Catch up, and return what there is to say about it. Stores that cannot be reached keep the rows they have."""
        notes = dict(self._notes())
        listed = self._listed(self._root)
        self._catch_up(self._root, listed, [run for run, root in notes.items() if root == self._root.root])
        for root, runs in self._elsewhere(notes).items():
            try:
                store = Store(root)
                folder = store.local_path("")
                if folder is not None and not folder.is_dir():
                    continue  # a disk that is not there now: its runs are not deleted
                noted = [run for run, of in notes.items() if of == root]
                self._catch_up(store, _Listing(None, 0), {*runs, *noted})
            except StoreError as error:
                self.messages.append(str(error))
        self._drop_notes(notes)
        return self.messages

    # ------------------------------------------------------------------------------------------------ what to look at

    def _listed(self, store: Store) -> _Listing:
        """Return the runs in a store, unless its folder says that they are those of the last time."""
        folder = store.local_path("runs")
        stamp = 0
        if folder is not None:
            with contextlib.suppress(OSError):
                stamp = folder.stat().st_mtime_ns
            with self._database.reading() as connection:
                if stamp and stamp == rows.listed(connection, store.root):
                    return _Listing(None, stamp)
            if time.time_ns() - stamp < SETTLED_SECONDS * 1e9:
                stamp = 0
        return _Listing([run for run in _children(store, "runs") if not run.startswith(".")], stamp)

    def _notes(self) -> Iterator[tuple[str, str]]:
        with contextlib.suppress(FileNotFoundError):
            for note in places.notes_folder(self._home).iterdir():
                with contextlib.suppress(OSError):
                    yield note.name, note.read_text()

    def _elsewhere(self, notes: Mapping[str, str]) -> dict[str, set[str]]:
        """Return the runs of this data folder that lie in other stores, by their root, as far as they are not known.

        Among the stores are those that `notes` name, and those that were once listed (`--root`) while a run went on.
        """
        found: dict[str, set[str]] = {root: set() for root in notes.values()}
        with contextlib.suppress(FileNotFoundError):
            for pointer in (self._home / "elsewhere").iterdir():
                if not pointer.name.startswith("."):
                    found.setdefault(pointer.read_text(), set()).add(pointer.name)
        with self._database.reading() as connection:
            for root in rows.unfinished_roots(connection):
                found.setdefault(root, set())
            found.pop(self._root.root, None)
            return {root: runs - rows.known_runs(connection, root).keys() for root, runs in found.items()}

    # ------------------------------------------------------------------------------------------------ catching up

    def _catch_up(self, store: Store, listing: _Listing, noted: Iterable[str]) -> None:
        with self._database.reading() as connection:
            if listing.runs is None:
                known = rows.unfinished_runs(connection, store.root)
                known |= rows.runs_called(connection, store.root, sorted(noted))
                look, gone = known.keys() | set(noted), []
            else:
                known = rows.known_runs(connection, store.root)
                there = set(listing.runs)
                unfinished = {run for run, (state, _, _) in known.items() if state in rows.UNFINISHED}
                look = (there - known.keys()) | (there & (unfinished | set(noted)))
                gone = sorted(known.keys() - there)
        whole = self._project(store, sorted(look), known)
        projection.forget(self._database, store.root, gone)
        if listing.runs is not None:
            with self._database.writing() as connection:
                rows.set_listed(connection, store.root, listing.stamp if whole else 0)

    def _project(self, store: Store, runs: list[str], known: Mapping[str, tuple[str, int, int]]) -> bool:
        """Take in what is new about these runs; return whether all of them could be read."""
        whole, gone = True, []
        for start in range(0, len(runs), _AT_ONCE):
            found = []
            for run in runs[start : start + _AT_ONCE]:
                if run in known and not _is_behind(store, run, *known[run][1:]):
                    continue
                try:
                    if store.exists(places.run_key(run, "run.json")):
                        found.append(self._read(store, run))
                    elif run in known:
                        self._readers.pop((store.root, run), None)
                        gone.append(run)
                except (KfnbError, ValueError) as error:
                    whole = False
                    self.messages.append(f"Run {run} is left out: {error}")
            if found:
                with self._database.writing() as connection:
                    for each in found:
                        projection.write_with(connection, each)
            if len(runs) > _AT_ONCE:
                self._progress(min(start + _AT_ONCE, len(runs)), len(runs))
        projection.forget(self._database, store.root, gone)
        return whole

    def _read(self, store: Store, run: str) -> Known:
        place = store.root, run
        reader = self._readers.get(place) or RunReader(store, read_info(store, run))
        known = reader.known()
        if known.facts.state in rows.UNFINISHED:
            self._readers[place] = reader
        else:
            self._readers.pop(place, None)
        return known

    def _drop_notes(self, notes: Mapping[str, str]) -> None:
        """Remove the notes about runs that have ended, that nobody drives, and that nobody has just begun to drive."""
        for run, root in notes.items():
            note = places.notes_folder(self._home) / run
            with contextlib.suppress(OSError):
                left = note.stat().st_mtime
                folder = Store(root).local_path(places.run_key(run))
                driven = Lease(places.lease_path(self._home, folder, root, run)).is_held()
                if time.time() - left < NOTE_SECONDS or driven:
                    continue
                with self._database.reading() as connection:
                    state = rows.runs_called(connection, root, [run]).get(run, ("", 0, 0))[0]
                if state not in rows.UNFINISHED and note.stat().st_mtime == left:
                    note.unlink()


def _children(store: Store, prefix: str) -> list[str]:
    return list(store.children(prefix))


def _is_behind(store: Store, run: str, batches: int, number: int) -> bool:
    return (
        store.exists(batch_key(run, batches + 1))
        or store.exists(marks.mark_key(run, number + 1))
        or not store.exists(places.run_key(run, "run.json"))
    )
