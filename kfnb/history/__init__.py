"""All runs of a data folder: lists of them that can be filtered, what is said about them, their end, and the sweeping.

Called by the command line and by `kfnb.runs`. It reads the database of runs, which it first brings up to the events;
what it changes (tags, archived, deleted) it changes in the store, where a run's truth is.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kfnb.artifacts.store import Store
from kfnb.errors import ClusterError, KfnbError, LeaseHeld, MaybeLiving, WrongCall
from kfnb.history.catching_up import CatchUp, Readers
from kfnb.metadata import store as rows
from kfnb.metadata.database import Behind, Damaged, Database, url_of
from kfnb.metadata.paging import page_after
from kfnb.orchestrator import marks, places
from kfnb.orchestrator.lease import Lease
from kfnb.orchestrator.listing import read_info
from kfnb.orchestrator.projecting import note_change
from kfnb.orchestrator.results import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.client import Client, Run
    from kfnb.metadata.filtering import RunFilter
    from kfnb.metadata.paging import Cursor, Order
    from kfnb.metadata.store import RunRow


@dataclass(frozen=True)
class Page:
    """Runs that pass a filter, in their order. `more`: others are on the next page; `end`: where this one ends."""

    runs: list[RunRow]
    more: bool
    end: Cursor | None = None


class History:
    """The runs that `client` knows, by the database of its data folder. `say` is told what a person should hear.

    For who remembers what was read: `run_at` returns a run of a store elsewhere, `readers` are those of `CatchUp`.
    """

    def __init__(
        self,
        client: Client,
        *,
        say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True),
        progress: Callable[[int, int], None] = lambda done, of: None,
        run_at: Callable[[Store, str], Run] | None = None,
        readers: Readers | None = None,
    ) -> None:
        self._readers: Readers = readers if readers is not None else {}
        self._client = client
        self._run_at = run_at or self._read_run
        self._say = say
        self._progress = progress
        self.database = Database(url_of(client.home))

    # -------------------------------------------------------------------------------------------------------- reading

    def runs(self, wanted: RunFilter, limit: int | None = None, page: int = 1) -> Page:
        """Return a page of the runs that pass: `limit` of them (all if None), pages counted from 1.

        A database that is damaged is made anew, and one that is locked is read as it is, with a message.
        DatabaseError if it cannot be read, or was made by another kfnb.
        """
        self.catch_up()
        offset = (page - 1) * limit if limit is not None else 0
        wanted = self._with_gone(wanted)
        with self.database.reading() as connection:
            found = rows.page(connection, wanted, limit + 1 if limit is not None else None, offset)
        cut = found if limit is None else found[:limit]
        return Page([replace_state(row, self._is_gone_in(wanted, row)) for row in cut], len(found) > len(cut))

    def sorted_runs(self, wanted: RunFilter, order: Order, limit: int, after: Cursor | None = None) -> Page:
        """Return the next `limit` runs that pass, in `order`, behind where another page ended; else as `runs`."""
        self.catch_up()
        wanted = self._with_gone(wanted)
        with self.database.reading() as connection:
            found, end = page_after(connection, wanted, order, limit, after)
        return Page([replace_state(row, self._is_gone_in(wanted, row)) for row in found], end is not None, end)

    def experiments(self) -> list[str]:
        """Return the names of all experiments, the one with the newest run first."""
        self.catch_up()
        with self.database.reading() as connection:
            return rows.experiments(connection)

    def rebuild(self) -> int:
        """Make every row anew from the events, and return how many runs there are."""
        self.database.remove()
        self.catch_up()
        with self.database.reading() as connection:
            return rows.count(connection)

    def catch_up(self) -> None:
        """Bring the database up to the events; what cannot be done is said."""
        try:
            self._catch_up_once()
        except Damaged as error:
            self._say(f"{error} It is made anew now, from the runs' events.")
            self.database.remove()
            self._catch_up_once()

    def _catch_up_once(self) -> None:
        client = self._client
        work = CatchUp(self.database, client.home, client.store, progress=self._progress, readers=self._readers)
        try:
            work.run()
        except Behind as error:
            self._say(str(error))
        for message in work.messages:
            self._say(message)

    def _with_gone(self, wanted: RunFilter) -> RunFilter:
        """Return the filter with the runs that nothing drives any more, if it asks for that.

        Only those that have not ended are looked at: they are few, however many runs there are.
        """
        if wanted.interrupted == "too":
            return wanted
        states = tuple(state for state in rows.UNFINISHED if not wanted.states or state in wanted.states)
        if not states:
            return wanted  # what has ended is not interrupted
        with self.database.reading() as connection:
            living = rows.page(connection, replace(wanted, states=states, interrupted="too"), None)
        return replace(wanted, gone=tuple(row.key for row in living if self._is_gone(row)))

    def _is_gone_in(self, wanted: RunFilter, row: RunRow) -> bool:
        """Say whether nothing drives a run any more, as it was seen where the filter needed it: a cluster is slow."""
        if wanted.interrupted == "too":
            return self._is_gone(row)
        return row.columns["state"] in rows.UNFINISHED and row.key in wanted.gone

    def is_interrupted(self, root: str, run_id: str, host: str | None) -> bool:
        """Say whether the process of a run that has not ended is gone, as far as that can be seen from here."""
        client = self._client
        store = client.store if root == client.root else Store(root)
        folder = store.local_path(places.run_key(run_id))
        if folder is None:  # a run on a cluster, perhaps: there is known what drives it
            with contextlib.suppress(KfnbError):  # out of reach: what was known of it stays
                return self._run_at(store, run_id).is_interrupted
            return False
        return Lease(places.lease_path(client.home, folder, root, run_id)).is_left_by(host)

    def _is_gone(self, row: RunRow) -> bool:
        root, run_id, state, host = (row.columns[name] for name in ("root", "id", "state", "host"))
        return state in rows.UNFINISHED and self.is_interrupted(root, run_id, host)

    def _read_run(self, store: Store, run_id: str) -> Run:
        from kfnb.client import Run  # only needed for what goes on elsewhere

        return Run(store, read_info(store, run_id), self._client.home)

    # ------------------------------------------------------------------------------------------------------- changing

    def tag(self, run_id: str, names: tuple[str, ...], *, remove: bool = False) -> tuple[str, ...]:
        """Give a run tags, or take them away; return those it has now."""
        for name in names:
            if not name.strip() or name != name.strip() or any(not char.isprintable() for char in name):
                raise WrongCall(f"{name!r} is no tag: a tag is text on one line, without blanks around it.")
        run = self._client.get(run_id)
        return tuple(sorted(self._mark(run, "untag" if remove else "tag", *names).tags))

    def archive(self, run_id: str, *, undo: bool = False) -> str:
        """Take a run out of the lists, keeping all of it, or put it back; return its id."""
        run = self._client.get(run_id)
        self._mark(run, "unarchive" if undo else "archive")
        return run.id

    def _mark(self, run: Run, kind: Any, *names: str) -> marks.Marks:
        said = marks.add(run.store, run.id, kind, *names)
        note_change(self._client.home, run.store.root, run.id)
        return said

    def deletable(self, run_id: str, *, gone: bool = False) -> Run:
        """Return a run that may be deleted; LeaseHeld if it is living, or may be so. `gone`: see `delete`."""
        run = self._client.get(run_id)
        if run.there is not None:
            run.there.look_anew()
        if not run.has_ended and not run.is_interrupted:
            if (why := run.unseen) is not None:
                if gone:
                    return run
                raise MaybeLiving(f"Run {run.id} may be living: it cannot be deleted from here. {why}")
            raise LeaseHeld(f"Run {run.id} is living: it cannot be deleted. `kfnb cancel {run.id}` ends it.")
        return run

    def delete(self, run_id: str, *, gone: bool = False) -> str:
        """Remove a run for good, except artifacts (see `collection.collect`); return its id. Not one that is living.

        `gone`: its cluster is no more, where that cannot be asked from here; then nothing can be driving it.
        """
        run = self.deletable(run_id, gone=gone)
        lost = gone and run.unseen is not None
        home = self._client.home
        try:
            with run.holding() if not lost else contextlib.nullcontext():
                if run.there is not None and not lost:
                    run.there.remove()
                run.store.remove(places.run_key(run.id))
        except LeaseHeld as held:
            raise LeaseHeld(f"Run {run.id} is living: it cannot be deleted. {held}") from None
        except ClusterError as error:
            if not run.has_ended:
                raise
            self._say(f"What is left of run {run.id} in its cluster stays there until its time is over. {error}")
            run.store.remove(places.run_key(run.id))
        shutil.rmtree(places.scratch_path(home, run.store.root, run.id), ignore_errors=True)
        for file in (home / "elsewhere" / run.id, run.lease.path, home / "detached" / f"{run.id}.log"):
            file.unlink(missing_ok=True)
        note_change(home, run.store.root, run.id)
        return run.id


def replace_state(row: RunRow, interrupted: bool) -> RunRow:
    """Return `row` with whether its process is gone."""
    return row._replace(columns={**row.columns, "interrupted": interrupted})


def as_document(row: RunRow) -> dict[str, Any]:
    """Return a run as `kfnb runs --json` prints it."""
    from kfnb.runtime import json_number

    columns = row.columns
    metrics: dict[str, dict[str, Any]] = {}
    for (task, name), value in sorted(row.metrics.items()):
        metrics.setdefault(task, {})[name] = json_number(value)
    return {
        "run_id": columns["id"],
        "name": columns["name"],
        "experiment": columns["experiment"],
        "state": columns["state"],
        "why": columns["why"],
        "interrupted": columns["interrupted"],
        **{name: iso(columns[name]) for name in ("created", "started", "finished")},
        "notebook": columns["notebook"],
        "parameters": dict(sorted(row.parameters.items())),
        "metrics": metrics,
        "tags": list(row.tags),
        "archived": columns["archived"],
        "versions": {
            "notebook_digest": columns["notebook_digest"],
            "git": {name: columns[f"git_{name}"] for name in ("commit", "branch", "tag", "dirty")},
        },
        "root": columns["root"],
        "cluster": columns["cluster"],
        "started_by": columns["started_by"],
    }
