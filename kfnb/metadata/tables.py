"""The tables of the database, as they are today; `migrations/` says how older ones become these.

A run is known by `key` within the database and by (root, id) outside it. Times are seconds since the epoch. Numbers of
metrics and parameters stand twice: as a float, to be compared, and as JSON, exact. The indexes are made for pages of
runs, the newest first: `created` therefore stands beside every metric, parameter and tag. Their keys begin with run and
name: that is how a second condition on a run is looked up.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every form that the tables have had, the oldest first; the last is that of this module."""

metadata = MetaData()
_Key = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER numbers itself in SQLite


def _of_run() -> Column[int]:
    return Column("run", _Key, ForeignKey("runs.key", ondelete="CASCADE"), primary_key=True)


experiments = Table(
    "experiments",
    metadata,
    Column("name", Text, primary_key=True),
    Column("created", Double, nullable=False),  # that of its first run
)

runs = Table(
    "runs",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("root", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("experiment", Text, ForeignKey("experiments.name"), nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    Column("host", Text),
    Column("pipeline", Text, nullable=False),
    Column("notebook", Text, nullable=False),
    Column("notebook_digest", Text, nullable=False),
    Column("git_commit", Text),
    Column("git_branch", Text),
    Column("git_tag", Text),
    Column("git_dirty", Boolean),
    Column("archived", Boolean, nullable=False),
    Column("batches", Integer, nullable=False),  # of its events, taken in here
    Column("marks", Integer, nullable=False),  # likewise
    Column("cluster", Text),  # the name of its profile where the run was started; empty: no cluster
    Column("duration", Double),  # in seconds; empty while it has not ended
    Column("words", Text),  # what is searched for text, in small letters
    Column("started_by", Text),  # a person's name; empty: not known
    UniqueConstraint("root", "id", name="uq_runs_root_id"),
)

tasks = Table(
    "tasks",
    metadata,
    _of_run(),
    Column("name", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    Column("why", Text),
)

artifacts = Table(
    "artifacts",
    metadata,
    _of_run(),
    Column("task", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # value, or logged
    Column("type", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of the bytes, or of the list of digests where there are several
    Column("size", BigInteger, nullable=False),
    Column("uri", Text, nullable=False),  # of the first of its bytes: those that the others are buffers of
    Column("media_type", Text),
)

uses = Table(
    "uses",
    metadata,
    _of_run(),
    Column("task", Text, primary_key=True),
    Column("producer", Text, primary_key=True),
    Column("name", Text, primary_key=True),
)

metrics = Table(
    "metrics",
    metadata,
    _of_run(),
    Column("name", Text, primary_key=True),
    Column("task", Text, primary_key=True),
    Column("number", Double),  # empty for NaN
    Column("value", Text, nullable=False),
    Column("created", Double, nullable=False),
)

parameters = Table(
    "parameters",
    metadata,
    _of_run(),
    Column("name", Text, primary_key=True),
    Column("task", Text, primary_key=True),  # empty: a parameter of the run; else that task logged it
    Column("number", Double),
    Column("value", Text, nullable=False),
    Column("created", Double, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    _of_run(),
    Column("name", Text, primary_key=True),
    Column("created", Double, nullable=False),
)

roots = Table(
    "roots",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("listed", BigInteger, nullable=False),  # the folder of its runs as it was when all of it was known here
)

revision = Table("alembic_version", metadata, Column("version_num", Text, primary_key=True))

OF_A_RUN = (tasks, artifacts, uses, metrics, parameters, tags)
"""The tables whose rows belong to one run."""

Index("ix_runs_newest", runs.c.created, runs.c.key)
Index("ix_runs_created", runs.c.archived, runs.c.created, runs.c.key)
Index("ix_runs_state", runs.c.archived, runs.c.state, runs.c.created, runs.c.key)
Index("ix_runs_experiment", runs.c.archived, runs.c.experiment, runs.c.created, runs.c.key)
Index("ix_runs_name", runs.c.archived, runs.c.name, runs.c.created, runs.c.key)
Index("ix_runs_notebook", runs.c.archived, runs.c.notebook, runs.c.created, runs.c.key)
Index("ix_runs_duration", runs.c.archived, runs.c.duration, runs.c.created, runs.c.key)
Index("ix_runs_words", runs.c.archived, runs.c.created, runs.c.key, runs.c.words)  # a search reads nothing else
Index("ix_runs_git_commit", runs.c.archived, runs.c.git_commit, runs.c.created, runs.c.key)
Index("ix_runs_started_by", runs.c.archived, runs.c.started_by, runs.c.created, runs.c.key)
Index("ix_runs_id", runs.c.id)
Index("ix_runs_unfinished", runs.c.root, runs.c.state)
Index(
    "ix_metrics_values",
    metrics.c.name,
    metrics.c.task,
    metrics.c.number,
    metrics.c.value,
    metrics.c.created,
    metrics.c.run,
)
Index("ix_metrics_newest", metrics.c.name, metrics.c.created, metrics.c.run, metrics.c.task, metrics.c.number)
Index(
    "ix_parameters_values",
    parameters.c.name,
    parameters.c.task,
    parameters.c.number,
    parameters.c.value,
    parameters.c.created,
    parameters.c.run,
)
Index("ix_parameters_newest", parameters.c.name, parameters.c.created, parameters.c.run, parameters.c.number)
Index("ix_tags_newest", tags.c.name, tags.c.created, tags.c.run)
Index("ix_artifacts_digest", artifacts.c.digest)
