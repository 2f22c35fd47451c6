"""Reads the database: pages of runs that pass a filter, and what belongs to a run. Called by the history of runs.

A filter that names metrics, parameters or tags starts from the index of the first of these, in which the newest runs
come first; so a page costs what is looked at to fill it, and never the sorting of all runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from sqlalchemy import and_, exists, func, or_, select

from kfnb.metadata import tables
from kfnb.metadata.projection import as_number
from kfnb.runtime import number_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select, Table

Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
Archived = Literal["no", "only", "too"]

UNFINISHED = ("PENDING", "RUNNING", "CANCELING")
"""States in which more is to come."""


@dataclass(frozen=True)
class Condition:
    """What a metric or a parameter must be: `auc > 0.8`. `name` may be TASK.NAME."""

    name: str
    comparison: Comparison
    value: Any


@dataclass(frozen=True)
class RunFilter:
    """Which runs are meant: those that pass everything that is given. Of several states or experiments one suffices."""

    states: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metrics: tuple[Condition, ...] = ()
    parameters: tuple[Condition, ...] = ()
    since: float | None = None
    until: float | None = None
    archived: Archived = "no"
    root: str | None = None
    ids: tuple[str, ...] = ()
    notebook: str | None = None  # its path
    search: str | None = None  # text in the id, the name, the experiment or the notebook's path, in any case


class RunRow(NamedTuple):
    """A run as the database knows it, with its metrics by (task, name), its parameters and its tags."""

    key: int
    columns: dict[str, Any]
    metrics: dict[tuple[str, str], Any]
    parameters: dict[str, Any]
    tags: tuple[str, ...]


def page(connection: Connection, wanted: RunFilter, limit: int | None, offset: int = 0) -> list[RunRow]:
    """Return the runs that pass, the newest first: at most `limit` from the one at `offset`."""
    keys = [row[0] for row in connection.execute(_keys(wanted).limit(limit).offset(offset or None))]
    return _rows(connection, keys)


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


# ------------------------------------------------------------------------------------------------------------ filter


def _keys(wanted: RunFilter) -> Select[Any]:
    runs = tables.runs
    leads = [
        *((tables.tags, tables.tags.c.name == name) for name in wanted.tags),
        *((tables.metrics, _is(tables.metrics, condition)) for condition in wanted.metrics),
        *((tables.parameters, _is(tables.parameters, condition)) for condition in wanted.parameters),
    ]
    if not leads:
        return select(runs.c.key).where(*_of_runs(wanted)).order_by(runs.c.created.desc(), runs.c.key.desc())
    table, condition = leads[0]
    others = [exists().where(other.c.run == runs.c.key, this) for other, this in _aliased(leads[1:])]
    return (
        select(table.c.run)
        .select_from(table.join(runs, runs.c.key == table.c.run))
        .where(condition, *_of_runs(wanted), *others, *_in_time(wanted, table))
        .group_by(table.c.created, table.c.run)
        .order_by(table.c.created.desc(), table.c.run.desc())
    )


def _aliased(leads: Sequence[tuple[Table, ColumnElement[bool]]]) -> Iterable[tuple[Any, ColumnElement[bool]]]:
    """Give every further condition a table of its own: `auc > 0.8` and `auc < 0.9` may be of two tasks."""
    from sqlalchemy.sql.visitors import replacement_traverse

    for table, condition in leads:
        other = table.alias()

        def swap(element: Any, table: Table = table, other: Any = other, **_: Any) -> Any:
            return other.c[element.name] if getattr(element, "table", None) is table else None

        yield other, replacement_traverse(condition, {}, swap)


def _of_runs(wanted: RunFilter) -> Iterable[ColumnElement[bool]]:
    runs = tables.runs
    if wanted.archived != "too":
        yield runs.c.archived.is_(wanted.archived == "only")
    if wanted.states:
        yield runs.c.state.in_(wanted.states)
    if wanted.experiments:
        yield runs.c.experiment.in_(wanted.experiments)
    if wanted.root is not None:
        yield runs.c.root == wanted.root
    if wanted.ids:
        yield runs.c.id.in_(wanted.ids)
    if wanted.notebook is not None:
        yield runs.c.notebook == wanted.notebook
    if wanted.search is not None:
        texts = (runs.c.id, runs.c.name, runs.c.experiment, runs.c.notebook)
        yield or_(*(text.icontains(wanted.search, autoescape=True) for text in texts))
    yield from _in_time(wanted, runs)


def _in_time(wanted: RunFilter, table: Table) -> Iterable[ColumnElement[bool]]:
    if wanted.since is not None:
        yield table.c.created >= wanted.since
    if wanted.until is not None:
        yield table.c.created < wanted.until


def _is(table: Table, condition: Condition) -> ColumnElement[bool]:
    """Return what a row of `metrics` or `parameters` must be. NaN is equal to nothing and different from everything."""
    task, _, name = condition.name.partition(".")
    named: ColumnElement[bool] = table.c.name == condition.name
    if name:
        named = or_(named, and_(table.c.name == name, table.c.task == task))
    number = as_number(condition.value)
    if number is None:
        same = table.c.value == msgspec.json.encode(condition.value).decode()
        return and_(named, same if condition.comparison == "=" else ~same)
    column = table.c.number
    compared = {
        "=": column == number,
        "!=": or_(column != number, column.is_(None)),
        "<": column < number,
        "<=": column <= number,
        ">": column > number,
        ">=": column >= number,
    }[condition.comparison]
    return and_(named, compared)


# -------------------------------------------------------------------------------------------------------------- rows


def _rows(connection: Connection, keys: Sequence[int]) -> list[RunRow]:
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
