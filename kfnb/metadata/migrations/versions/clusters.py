"""On which cluster a run is, beside what else is known of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_OF_A_RUN = ("tasks", "artifacts", "uses", "metrics", "parameters", "tags")
_IN_BUCKETS = "root LIKE '%://%'"


def upgrade() -> None:
    """Add the column, and forget the runs in buckets, of which some are on clusters: they are read anew."""
    op.add_column("runs", sa.Column("cluster", sa.Text))
    for table in _OF_A_RUN:
        op.execute(f"DELETE FROM {table} WHERE run IN (SELECT key FROM runs WHERE {_IN_BUCKETS})")
    op.execute(f"DELETE FROM runs WHERE {_IN_BUCKETS}")
