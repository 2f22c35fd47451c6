"""Which runs are meant: a filter, and the conditions that it puts on rows. Called by what reads pages of runs.

A filter that names metrics, parameters or tags starts from the index of the first of these, in which the newest runs
come first; so a page costs what is looked at to fill it, and never the sorting of all runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import and_, or_, select

from kfnb.metadata import tables
from kfnb.metadata.projection import as_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Select, Table

Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
Share = Literal["no", "only", "too"]
"""Whether what is special is among what is meant."""


@dataclass(frozen=True)
class Condition:
    """What a metric or a parameter must be: `auc > 0.8`. `name` may be TASK.NAME."""

    name: str
    comparison: Comparison
    value: Any


@dataclass(frozen=True)
class NameInTime:
    """A path that a notebook had for some time: `since` then, and not any more from `until` on; None: no end."""

    path: str
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True)
class RunFilter:
    """Which runs are meant: those that pass everything that is given.

    Of several states, experiments or people one suffices.
    """

    states: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metrics: tuple[Condition, ...] = ()
    parameters: tuple[Condition, ...] = ()
    since: float | None = None
    until: float | None = None
    archived: Share = "no"
    interrupted: Share = "too"
    gone: tuple[int, ...] = ()  # keys of those that nothing drives any more, which no database knows
    root: str | None = None
    ids: tuple[str, ...] = ()
    keys: tuple[int, ...] | None = None  # in this database
    notebook: tuple[NameInTime, ...] | None = None
    search: str | None = None  # text in the id, the name, the experiment or the notebook's path, in any case


Lead = tuple["Table", "ColumnElement[bool]"]
"""A table of what belongs to runs, and what a row of it must be."""


def leads(wanted: RunFilter) -> list[Lead]:
    """Return what must be in other tables for a run to pass."""
    return [
        *((tables.tags, tables.tags.c.name == name) for name in wanted.tags),
        *((tables.metrics, _is(tables.metrics, condition)) for condition in wanted.metrics),
        *((tables.parameters, _is(tables.parameters, condition)) for condition in wanted.parameters),
    ]


def newest(wanted: RunFilter) -> Select[Any]:
    """Return what selects the keys of the runs that pass, the newest first."""
    runs = tables.runs
    found = leads(wanted)
    if not found:
        return select(runs.c.key).where(*of_runs(wanted)).order_by(runs.c.created.desc(), runs.c.key.desc())
    table, condition = found[0]
    return (
        select(table.c.run)
        .select_from(table.join(runs, runs.c.key == table.c.run))
        .where(condition, *of_runs(wanted), *has(found[1:]), *in_time(wanted, table))
        .group_by(table.c.created, table.c.run)
        .order_by(table.c.created.desc(), table.c.run.desc())
    )


def has(others: Sequence[Lead]) -> list[ColumnElement[bool]]:
    """Return the conditions that rows of other tables are there for a row of `runs`.

    Each is looked up once for all runs: asked run by run, a database without statistics takes the wrong index. They
    stand for themselves: `auc > 0.8` and `auc < 0.9` may be of two tasks.
    """
    return [tables.runs.c.key.in_(select(table.c.run).where(this).correlate(None)) for table, this in others]


def of_runs(wanted: RunFilter) -> Iterable[ColumnElement[bool]]:
    """Return the conditions on a row of `runs` itself."""
    runs = tables.runs
    if wanted.archived != "too":
        yield runs.c.archived.is_(wanted.archived == "only")
    if wanted.interrupted != "too":
        is_gone = runs.c.key.in_(wanted.gone)
        yield is_gone if wanted.interrupted == "only" else ~is_gone
    if wanted.states:
        yield runs.c.state.in_(wanted.states)
    if wanted.experiments:
        yield runs.c.experiment.in_(wanted.experiments)
    if wanted.people:
        yield runs.c.started_by.in_(wanted.people)
    if wanted.root is not None:
        yield runs.c.root == wanted.root
    if wanted.ids:
        yield runs.c.id.in_(wanted.ids)
    if wanted.keys is not None:
        yield runs.c.key.in_(wanted.keys)
    if wanted.notebook is not None:
        yield or_(*(and_(runs.c.notebook == name.path, *in_time(name, runs)) for name in wanted.notebook))
    if wanted.search is not None:
        yield runs.c.words.contains(wanted.search.casefold(), autoescape=True)
    yield from in_time(wanted, runs)


def in_time(wanted: RunFilter | NameInTime, table: Table) -> Iterable[ColumnElement[bool]]:
    """Return the conditions on the time at which a run was created, as it stands in `table`."""
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
