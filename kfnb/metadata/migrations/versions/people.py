"""Who started a run. Of runs that were made before nobody knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("runs", sa.Column("started_by", sa.Text))
    op.create_index("ix_runs_started_by", "runs", ["archived", "started_by", "created", "key"])
