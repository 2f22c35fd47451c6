"""Reads runs in any order, page after page, from where the last page ended. Called by the history of runs.

A page begins behind the last run of the page before, wherever that run stands by now: runs that come meanwhile neither
shift it nor are told twice. Each order is that of an index, so that a page costs what is looked at to fill it. An order
has parts, one after the other: of a metric the runs whose value is a number, those with another value (NaN), and those
without one, which stand at the end either way round.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from sqlalchemy import exists, literal, select, tuple_

from kfnb.errors import WrongCall
from kfnb.metadata import tables
from kfnb.metadata.filtering import has, in_time, leads, of_runs
from kfnb.metadata.store import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause, Select

    from kfnb.metadata.filtering import RunFilter
    from kfnb.metadata.store import RunRow

COLUMNS = {
    "name": tables.runs.c.name,
    "state": tables.runs.c.state,
    "notebook": tables.runs.c.notebook,
    "experiment": tables.runs.c.experiment,
    "duration": tables.runs.c.duration,
    "commit": tables.runs.c.git_commit,
    "started_by": tables.runs.c.started_by,
}
"""What runs can be sorted by beside the time when they were made, their parameters and their metrics."""

CREATED = "created"
FEW = 300
"""Of so many runs the keys are looked for by name."""


@dataclass(frozen=True)
class Order:
    """By what runs are sorted: `created`, a key of COLUMNS, `param.NAME`, `param.TASK.NAME` or `metric.TASK.NAME`.

    `down`: the greatest, or the newest, first.
    """

    key: str = CREATED
    down: bool = True

    def __post_init__(self) -> None:
        """Raise WrongCall for a key that there is not."""
        kind, _, name = self.key.partition(".")
        known = self.key in (CREATED, *COLUMNS)
        if not known and not (kind == "param" and name) and not (kind == "metric" and "." in name):
            raise WrongCall(
                f"Runs cannot be sorted by {self.key!r}, only by {', '.join((CREATED, *COLUMNS))}, param.NAME or "
                "metric.TASK.NAME."
            )


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: in which part of which order, and what its last run is sorted by there."""

    key: str
    down: bool
    part: int
    at: tuple[str | float | int, ...]

    def to_text(self) -> str:
        """Return the cursor as the server gives it away: text that only `cursor` understands."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode().rstrip("=")


def cursor(text: str, order: Order) -> Cursor:
    """Return what `Cursor.to_text` gave; WrongCall if that was not for `order`."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found = msgspec.msgpack.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Cursor)
    except (ValueError, msgspec.DecodeError):
        found = None
    if found is None or not _is_of(found, order):
        raise WrongCall(f"{text!r} is no cursor of this list. Ask for its first page, without a cursor.")
    return found


def _is_of(found: Cursor, order: Order) -> bool:
    parts = _parts(order)
    if (found.key, found.down) != (order.key, order.down) or not 0 <= found.part < len(parts):
        return False
    kinds = [column.type.python_type for column in parts[found.part].by]
    return len(kinds) == len(found.at) and all(
        isinstance(value, kind) and not (isinstance(value, int) and value >= 1 << 63)
        for value, kind in zip(found.at, kinds, strict=True)
    )


class _Part(NamedTuple):
    """A part of an order: from where, which rows, and by which columns; the last of these is the key of a run."""

    source: FromClause
    where: tuple[ColumnElement[bool], ...]
    by: tuple[ColumnElement[Any], ...]
    down: bool


def page_after(
    connection: Connection, wanted: RunFilter, order: Order, limit: int, after: Cursor | None = None
) -> tuple[list[RunRow], Cursor | None]:
    """Return the next `limit` runs that pass, in `order`, and where they end; None if there are no others."""
    wanted = _narrowed(connection, wanted, order)
    keys: list[int] = []
    ends: list[Cursor] = []
    for number, part in enumerate(_parts(order)):
        if len(keys) > limit or (after is not None and number < after.part):
            continue
        at = after.at if after is not None and number == after.part else None
        query = _query(part, wanted, at, is_newest=order.key == CREATED).limit(limit + 1 - len(keys))
        for row in connection.execute(query):
            keys.append(row[-1])
            ends.append(Cursor(order.key, order.down, number, tuple(row)))
    return rows_of(connection, keys[:limit]), ends[limit - 1] if len(keys) > limit else None


def _narrowed(connection: Connection, wanted: RunFilter, order: Order) -> RunFilter:
    """Return the filter with the keys of the runs that a text is in, where these are few.

    No index finds a text. Where few have it, each part of the order would look through all runs for them again.
    """
    if wanted.search is None or order.key == CREATED:
        return wanted
    query = select(tables.runs.c.key).where(*of_runs(wanted)).limit(FEW + 1)
    keys = tuple(connection.execute(query).scalars())
    return wanted if len(keys) > FEW else replace(wanted, search=None, keys=keys)


def _query(part: _Part, wanted: RunFilter, at: Sequence[Any] | None, *, is_newest: bool) -> Select[Any]:
    """Return what selects, of the runs of a part that pass, those behind `at`: what the part is sorted by."""
    source, where, by, down = part
    others = leads(wanted)
    is_led = is_newest and bool(others)
    if is_led:  # the index of the first condition has the newest runs first
        table, condition = others.pop(0)
        source = table.join(tables.runs, tables.runs.c.key == table.c.run)
        where, by = (condition, *in_time(wanted, table)), (table.c.created, table.c.run)
    query = select(*by).select_from(source).where(*where, *of_runs(wanted), *has(others))
    if is_led:  # a run may have the metric from several tasks
        query = query.group_by(*by)
    if at is not None:
        here, there = tuple_(*by), tuple_(*map(literal, at))
        query = query.where(here < there if down else here > there)
    return query.order_by(*(column.desc() if down else column for column in by))


# ------------------------------------------------------------------------------------------------------------- parts


def _parts(order: Order) -> list[_Part]:
    if order.key == CREATED:
        return [*_of_created(order)]
    return [*(_of_column(order) if order.key in COLUMNS else _of_value(order))]


def _of_created(order: Order) -> Iterator[_Part]:
    runs = tables.runs
    yield _Part(runs, (), (runs.c.created, runs.c.key), order.down)


def _of_column(order: Order) -> Iterator[_Part]:
    runs, column = tables.runs, COLUMNS[order.key]
    yield _Part(runs, (column.is_not(None),), (column, runs.c.created, runs.c.key), order.down)
    if column.nullable:
        yield _Part(runs, (column.is_(None),), (runs.c.created, runs.c.key), True)


def _of_value(order: Order) -> Iterator[_Part]:
    kind, _, name = order.key.partition(".")
    table = tables.metrics if kind == "metric" else tables.parameters
    task, dot, of_task = name.partition(".")
    named = (table.c.name == (of_task if dot else name), table.c.task == (task if dot else ""))
    runs = tables.runs
    source = table.join(runs, runs.c.key == table.c.run)
    number, run = table.c.number, table.c.run
    then = (table.c.value, table.c.created, run)
    yield _Part(source, (*named, number.is_not(None)), (number, *then), order.down)
    yield _Part(source, (*named, number.is_(None)), then, order.down)
    yield _Part(runs, (~exists().where(run == runs.c.key, *named),), (runs.c.created, runs.c.key), True)
