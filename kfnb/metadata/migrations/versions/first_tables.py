"""The first form: experiments, runs, and what belongs to a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _of_run() -> sa.Column[int]:
    return sa.Column("run", _KEY, sa.ForeignKey("runs.key", ondelete="CASCADE"), primary_key=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "experiments",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
    )
    _make_runs()
    _make_tasks()
    _make_numbers()
    op.create_table(
        "roots", sa.Column("uri", sa.Text, primary_key=True), sa.Column("listed", sa.BigInteger, nullable=False)
    )


def _make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("experiment", sa.Text, sa.ForeignKey("experiments.name"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("started", sa.Double),
        sa.Column("finished", sa.Double),
        sa.Column("host", sa.Text),
        sa.Column("pipeline", sa.Text, nullable=False),
        sa.Column("notebook", sa.Text, nullable=False),
        sa.Column("notebook_digest", sa.Text, nullable=False),
        sa.Column("git_commit", sa.Text),
        sa.Column("git_branch", sa.Text),
        sa.Column("git_tag", sa.Text),
        sa.Column("git_dirty", sa.Boolean),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("batches", sa.Integer, nullable=False),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.UniqueConstraint("root", "id", name="uq_runs_root_id"),
    )
    op.create_index("ix_runs_created", "runs", ["archived", "created", "key"])
    op.create_index("ix_runs_state", "runs", ["archived", "state", "created", "key"])
    op.create_index("ix_runs_experiment", "runs", ["archived", "experiment", "created", "key"])
    op.create_index("ix_runs_id", "runs", ["id"])


def _make_tasks() -> None:
    op.create_table(
        "tasks",
        _of_run(),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("started", sa.Double),
        sa.Column("finished", sa.Double),
        sa.Column("why", sa.Text),
    )
    op.create_table(
        "artifacts",
        _of_run(),
        sa.Column("task", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text),
    )
    op.create_index("ix_artifacts_digest", "artifacts", ["digest"])
    op.create_table(
        "uses",
        _of_run(),
        sa.Column("task", sa.Text, primary_key=True),
        sa.Column("producer", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
    )


def _make_numbers() -> None:
    for name in ("metrics", "parameters"):
        op.create_table(
            name,
            _of_run(),
            sa.Column("name", sa.Text, primary_key=True),
            sa.Column("task", sa.Text, primary_key=True),
            sa.Column("number", sa.Double),
            sa.Column("value", sa.Text, nullable=False),
        )
        op.create_index(f"ix_{name}_number", name, ["name", "number"])
    op.create_table("tags", _of_run(), sa.Column("name", sa.Text, primary_key=True))
    op.create_index("ix_tags_name", "tags", ["name"])
