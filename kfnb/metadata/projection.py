"""Writes what a run's events and marks say as rows. The same events give the same rows, however often they are taken.

Called with what the events add up to (whoever reads them knows that: the orchestrator), so that there is one place
that says what an event means. Only rows that differ from what is there are touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from kfnb import digest as digests
from kfnb.metadata import notices, tables
from kfnb.runtime import json_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table

    from kfnb.metadata.database import Database
    from kfnb.spec import Artifact, ExecutorOutput, Json, RunInfo

Row = dict[str, Any]


class TaskFacts(Protocol):
    """What the events say about a task."""

    @property
    def state(self) -> str:
        """Its state."""

    @property
    def attempt(self) -> int:
        """Number of its last attempt."""

    @property
    def cached(self) -> bool:
        """Whether its results were taken from an earlier run."""

    @property
    def started(self) -> float | None:
        """When it began."""

    @property
    def finished(self) -> float | None:
        """When it ended."""

    @property
    def why(self) -> str | None:
        """Why it is in this state."""


class RunFacts(Protocol):
    """What the events say about a run."""

    @property
    def state(self) -> str:
        """Its state."""

    @property
    def why(self) -> str | None:
        """Why it is in this state."""

    @property
    def started(self) -> float | None:
        """When it began."""

    @property
    def finished(self) -> float | None:
        """When it ended."""

    @property
    def host(self) -> str | None:
        """The machine on which its process ran last."""

    @property
    def versions(self) -> Mapping[str, Any]:
        """What it ran: the notebook's digest; commit, branch, tag and dirty of the repository around it."""

    @property
    def tasks(self) -> Mapping[str, TaskFacts]:
        """Its tasks by name, in notebook order."""


@dataclass(frozen=True)
class Known:
    """All that is known about a run. `results`: what its tasks gave, as far as it is part of the run's result."""

    root: str
    info: RunInfo
    facts: RunFacts
    results: Mapping[str, ExecutorOutput]
    tags: frozenset[str] = field(default=frozenset())
    archived: bool = False
    batches: int = 0
    marks: int = 0


def write(database: Database, known: Known) -> None:
    """Make the rows of a run say what is `known`; nothing happens if they come from later events already."""
    with database.writing() as connection:
        write_with(connection, known)


def write_with(connection: Connection, known: Known) -> None:
    """Do `write` within a transaction."""
    runs = tables.runs
    here = and_(runs.c.root == known.root, runs.c.id == known.info.run_id)
    found = connection.execute(select(runs).where(here)).mappings().first()
    if found is not None and (found["batches"], found["marks"]) > (known.batches, known.marks):
        return
    _join_experiment(connection, known)
    row = _run_row(known)
    if found is None:
        key = connection.execute(insert(runs).values(**row).returning(runs.c.key)).scalar_one()
    else:
        key = found["key"]
        if changed := {name: value for name, value in row.items() if found[name] != value}:
            connection.execute(update(runs).where(runs.c.key == key).values(**changed))
    for table, wanted in (
        (tables.tasks, _task_rows(known)),
        (tables.artifacts, _artifact_rows(known)),
        (tables.uses, _use_rows(known)),
        (tables.metrics, _metric_rows(known)),
        (tables.parameters, _parameter_rows(known)),
        (tables.tags, ({"name": name, "created": known.info.created} for name in sorted(known.tags))),
    ):
        _sync(connection, table, key, [{"run": key, **values} for values in wanted])
    notices.tell(connection, known.info.run_id)


def forget(database: Database, root: str, run_ids: Sequence[str]) -> None:
    """Remove every row of runs that are no more."""
    if not run_ids:
        return
    with database.writing() as connection:
        for run_id in run_ids:
            here = and_(tables.runs.c.root == root, tables.runs.c.id == run_id)
            key = connection.execute(select(tables.runs.c.key).where(here)).scalar()
            if key is not None:
                for table in tables.OF_A_RUN:
                    connection.execute(delete(table).where(table.c.run == key))
                connection.execute(delete(tables.runs).where(tables.runs.c.key == key))
                notices.tell(connection, run_id)
        _date_experiments(connection)


def _join_experiment(connection: Connection, known: Known) -> None:
    experiments = tables.experiments
    name, created = known.info.experiment, known.info.created
    first = connection.execute(select(experiments.c.created).where(experiments.c.name == name)).scalar()
    if first is None:
        connection.execute(insert(experiments).values(name=name, created=created))
    elif created < first:
        connection.execute(update(experiments).where(experiments.c.name == name).values(created=created))


def _date_experiments(connection: Connection) -> None:
    """Remove the experiments that have no run any more, and date the others by the first run they have now."""
    runs, experiments = tables.runs, tables.experiments
    first = select(func.min(runs.c.created)).where(runs.c.experiment == experiments.c.name).scalar_subquery()
    connection.execute(delete(experiments).where(first.is_(None)))
    connection.execute(update(experiments).where(experiments.c.created != first).values(created=first))


def _sync(connection: Connection, table: Table, key: int, wanted: list[Row]) -> None:
    """Make the rows of one run in `table` those that are `wanted`."""
    names = [column.name for column in table.primary_key if column.name != "run"]

    def name_of(row: Any) -> tuple[Any, ...]:
        return tuple(row[name] for name in names)

    there = {name_of(row): dict(row) for row in connection.execute(select(table).where(table.c.run == key)).mappings()}
    asked = {name_of(row): row for row in wanted}
    of_row = and_(table.c.run == key, *(table.c[name] == bindparam(f"of_{name}") for name in names))
    gone = [{f"of_{n}": v for n, v in zip(names, name, strict=True)} for name in there.keys() - asked.keys()]
    other = [
        {**row, **{f"of_{n}": row[n] for n in names}}
        for name, row in asked.items()
        if name in there and there[name] != row
    ]
    if gone:
        connection.execute(delete(table).where(of_row), gone)
    if other:
        values: dict[str, Any] = {column.name: bindparam(column.name) for column in table.c}
        connection.execute(update(table).where(of_row).values(values), other)
    if new := [row for name, row in asked.items() if name not in there]:
        connection.execute(insert(table), new)


# ------------------------------------------------------------------------------------------------------------- rows


def _run_row(known: Known) -> Row:
    info, facts = known.info, known.facts
    git = facts.versions.get("git") or {}
    return {
        "root": known.root,
        "id": info.run_id,
        "name": info.name,
        "experiment": info.experiment,
        "state": facts.state,
        "why": facts.why,
        "created": info.created,
        "started": facts.started,
        "finished": facts.finished,
        "host": facts.host,
        "pipeline": info.spec.name,
        "notebook": info.notebook_path,
        "notebook_digest": facts.versions.get("notebook_digest") or info.spec.notebook_digest,
        "git_commit": git.get("commit"),
        "git_branch": git.get("branch"),
        "git_tag": git.get("tag"),
        "git_dirty": git.get("dirty"),
        "archived": known.archived,
        "batches": known.batches,
        "marks": known.marks,
        "cluster": info.options.get("on"),
        "duration": facts.finished - facts.started if facts.started and facts.finished else None,
        "started_by": info.started_by or None,
        "words": words_of(info.run_id, info.name, info.experiment, info.notebook_path),
    }


def words_of(*texts: str) -> str:
    """Return what is searched of a run: its texts in small letters, in every script alike, one a line."""
    return "\n".join(texts).casefold()


def _task_rows(known: Known) -> Iterator[Row]:
    for position, (name, task) in enumerate(known.facts.tasks.items()):
        yield {
            "name": name,
            "position": position,
            "state": task.state,
            "attempt": task.attempt,
            "cached": task.cached,
            "started": task.started,
            "finished": task.finished,
            "why": task.why,
        }


def _artifact_rows(known: Known) -> Iterator[Row]:
    for task, output in known.results.items():
        made = [("value", artifact) for artifact in output.artifacts.values()]
        made += [("logged", artifact) for artifact in output.logged]
        for position, (kind, artifact) in enumerate(made):
            yield {"task": task, "position": position, "kind": kind, **_artifact(known.root, artifact)}


def _artifact(root: str, artifact: Artifact) -> Row:
    group, blob = artifact.group, artifact.blob
    found = group.digests if group is not None else (blob.digest,) if blob is not None else ()
    size = group.size if group is not None else blob.size if blob is not None else 0
    return {
        "name": artifact.name,
        "type": artifact.type,
        "digest": found[0] if len(found) == 1 else digests.of_json(found) if found else "",
        "size": size,
        "uri": f"{root.rstrip('/')}/artifacts/{found[0][:2]}/{found[0][2:]}" if found else "",
        "media_type": artifact.media_type,
    }


def _use_rows(known: Known) -> Iterator[Row]:
    for task in known.info.spec.tasks:
        for name, producer in sorted({(given.name, given.producer) for given in task.inputs}):
            yield {"task": task.name, "producer": producer, "name": name}


def _metric_rows(known: Known) -> Iterator[Row]:
    for task, output in known.results.items():
        for name, value in output.metrics.items():
            yield {"task": task, "name": name, **_value(value), "created": known.info.created}


def _parameter_rows(known: Known) -> Iterator[Row]:
    given = [("", known.info.parameters)] + [(task, output.parameters) for task, output in known.results.items()]
    for task, values in given:
        for name, value in values.items():
            yield {"task": task, "name": name, **_value(value), "created": known.info.created}


def _value(value: Json) -> Row:
    """Return a value as JSON (NaN and infinities as words) and, where it is one, as a number."""
    return {"number": as_number(value), "value": msgspec.json.encode(json_number(value)).decode()}


def as_number(value: Json) -> float | None:
    """Return a value as a float that can be compared; None for NaN and for what is no number."""
    if isinstance(value, bool | int | float):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if number == number else None
    return {"Infinity": float("inf"), "-Infinity": float("-inf")}.get(value) if isinstance(value, str) else None
