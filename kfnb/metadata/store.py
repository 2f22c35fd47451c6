"""Reads the database: runs that pass a filter, the newest first, and what belongs to a run. Called by the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import func, select

from kfnb.metadata import tables
from kfnb.metadata.filtering import newest
from kfnb.runtime import number_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Table

    from kfnb.metadata.filtering import RunFilter

UNFINISHED = ("PENDING", "RUNNING", "CANCELING")
"""States in which more is to come."""


class RunRow(NamedTuple):
    """A run as the database knows it, with its metrics by (task, name), its parameters and its tags."""

    key: int
    columns: dict[str, Any]
    metrics: dict[tuple[str, str], Any]
    parameters: dict[str, Any]
    tags: tuple[str, ...]


def page(connection: Connection, wanted: RunFilter, limit: int | None, offset: int = 0) -> list[RunRow]:
    """Return the runs that pass, the newest first: at most `limit` from the one at `offset`."""
    keys = [row[0] for row in connection.execute(newest(wanted).limit(limit).offset(offset or None))]
    return rows_of(connection, keys)


def experiments(connection: Connection) -> list[str]:
    """Return the names of all experiments, the one with the newest run first."""
    runs = tables.runs
    query = select(runs.c.experiment).group_by(runs.c.experiment).order_by(func.max(runs.c.created).desc())
    return list(connection.execute(query).scalars())


def count(connection: Connection) -> int:
    """Return how many runs are known."""
    return connection.execute(select(func.count()).select_from(tables.runs)).scalar_one()


def known_runs(connection: Connection, root: str) -> dict[str, tuple[str, int, int]]:
    """Return for every run of a root that is known its state and how many batches of events and marks it has."""
    runs = tables.runs
    found = connection.execute(select(runs.c.id, runs.c.state, runs.c.batches, runs.c.marks).where(runs.c.root == root))
    return {row.id: (row.state, row.batches, row.marks) for row in found}


def unfinished_runs(connection: Connection, root: str) -> dict[str, tuple[str, int, int]]:
    """Return `known_runs` of which more is to come."""
    runs = tables.runs
    query = select(runs.c.id, runs.c.state, runs.c.batches, runs.c.marks).where(
        runs.c.root == root, runs.c.state.in_(UNFINISHED)
    )
    return {row.id: (row.state, row.batches, row.marks) for row in connection.execute(query)}


class Going(NamedTuple):
    """A run that has not ended."""

    id: str
    root: str
    host: str | None
    batches: int
    marks: int


def going(connection: Connection) -> list[Going]:
    """Return all runs that have not ended, archived or not."""
    runs = tables.runs
    columns = (runs.c.id, runs.c.root, runs.c.host, runs.c.batches, runs.c.marks)
    wanted = select(*columns).where(runs.c.archived.in_((False, True)), runs.c.state.in_(UNFINISHED))  # by an index
    return [Going(*row) for row in connection.execute(wanted.order_by(runs.c.created))]


class Stand(NamedTuple):
    """How far a run is. `finished`: when it ended; None: it goes on."""

    id: str
    finished: float | None
    batches: int
    marks: int


def stands_of(connection: Connection, ids: Sequence[str], above: int | None) -> dict[int, Stand]:
    """Return how far runs are, by the key of their rows: those called by these `ids`, and those with a key `above`."""
    runs = tables.runs
    wanted = select(runs.c.key, runs.c.id, runs.c.finished, runs.c.batches, runs.c.marks)
    conditions: list[ColumnElement[bool]] = []
    for start in range(0, len(ids), 500):  # SQLite takes a limited number of values in one statement
        conditions.append(runs.c.id.in_(ids[start : start + 500]))
    if above is not None:
        conditions.append(runs.c.key > above)
    return {key: Stand(*rest) for each in conditions for key, *rest in connection.execute(wanted.where(each))}


def extent(connection: Connection) -> tuple[int, int]:
    """Return the key of the newest row, 0 if there is none, and how many there are."""
    key = tables.runs.c.key
    newest, number = connection.execute(select(func.max(key), func.count(key))).one()
    return newest or 0, number


def unfinished_roots(connection: Connection) -> set[str]:
    """Return the roots of all runs that are known and of which more is to come."""
    runs = tables.runs
    return set(connection.execute(select(runs.c.root).distinct().where(runs.c.state.in_(UNFINISHED))).scalars())


def runs_called(connection: Connection, root: str, ids: Sequence[str]) -> dict[str, tuple[str, int, int]]:
    """Return `known_runs` of these `ids`."""
    runs = tables.runs
    query = select(runs.c.id, runs.c.state, runs.c.batches, runs.c.marks).where(runs.c.root == root, runs.c.id.in_(ids))
    return {row.id: (row.state, row.batches, row.marks) for row in connection.execute(query)}


def listed(connection: Connection, root: str) -> int:
    """Return what `set_listed` was given for a root; 0 if nothing."""
    found = connection.execute(select(tables.roots.c.listed).where(tables.roots.c.uri == root)).scalar()
    return found or 0


def set_listed(connection: Connection, root: str, value: int) -> None:
    """Note in what state the list of a root's runs was when all of them were known here."""
    connection.execute(tables.roots.delete().where(tables.roots.c.uri == root))
    connection.execute(tables.roots.insert().values(uri=root, listed=value))


def all_rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that comes from events, sorted, by table; root and id stand for the key of a run."""
    runs = tables.runs
    names = {row.key: (row.root, row.id) for row in connection.execute(select(runs.c.key, runs.c.root, runs.c.id))}
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table in (tables.experiments, runs, *tables.OF_A_RUN):
        rows = connection.execute(select(table)).mappings()
        of_run = {"run", "key"} & set(table.c.keys())
        found[table.name] = sorted(
            (tuple(names[value] if name in of_run else value for name, value in row.items()) for row in rows), key=repr
        )
    return found


# -------------------------------------------------------------------------------------------------------------- rows


def rows_of(connection: Connection, keys: Sequence[int]) -> list[RunRow]:
    """Return the runs with these keys, in their order, with all that is known of them."""
    found = {row["key"]: dict(row) for row in _of(connection, tables.runs, tables.runs.c.key, keys)}
    metrics: dict[int, dict[tuple[str, str], Any]] = {key: {} for key in keys}
    parameters: dict[int, dict[str, Any]] = {key: {} for key in keys}
    tags: dict[int, list[str]] = {key: [] for key in keys}
    for row in _of(connection, tables.metrics, tables.metrics.c.run, keys):
        metrics[row["run"]][row["task"], row["name"]] = _decoded(row["value"])
    for row in _of(connection, tables.parameters, tables.parameters.c.run, keys):
        name = f"{row['task']}.{row['name']}" if row["task"] else row["name"]
        parameters[row["run"]][name] = _decoded(row["value"])
    for row in _of(connection, tables.tags, tables.tags.c.run, keys):
        tags[row["run"]].append(row["name"])
    return [
        RunRow(key, found[key], metrics[key], parameters[key], tuple(sorted(tags[key]))) for key in keys if key in found
    ]


def _of(connection: Connection, table: Table, column: Any, keys: Sequence[int]) -> Iterable[Any]:
    for start in range(0, len(keys), 500):  # SQLite takes a limited number of values in one statement
        chosen = select(table).where(column.in_(keys[start : start + 500]))
        yield from connection.execute(chosen).mappings()


def _decoded(value: str) -> Any:
    return number_from_json(msgspec.json.decode(value))
