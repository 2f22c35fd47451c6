"""The time of a run beside its metrics, parameters and tags, so that a filter by these reads the newest first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INDEXES = {
    "metrics": ("ix_metrics_number", ["name", "created", "run", "task", "number"]),
    "parameters": ("ix_parameters_number", ["name", "created", "run", "number"]),
    "tags": ("ix_tags_name", ["name", "created", "run"]),
}


def upgrade() -> None:
    """Add the column, fill it, and put the new indexes in the place of the old ones."""
    for table, (old, columns) in _INDEXES.items():
        op.drop_index(old, table_name=table)
        op.add_column(table, sa.Column("created", sa.Double))
        op.execute(f"UPDATE {table} SET created = (SELECT created FROM runs WHERE runs.key = {table}.run)")
        with op.batch_alter_table(table) as batch:
            batch.alter_column("created", existing_type=sa.Double(), nullable=False)
        op.create_index(f"ix_{table}_newest", table, columns)
    op.create_index("ix_runs_newest", "runs", ["created", "key"])
    op.create_index("ix_runs_unfinished", "runs", ["root", "state"])
