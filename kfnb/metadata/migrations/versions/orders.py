"""How long runs took, what of them is searched, and indexes in every order in which runs are listed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, fill them, and make the indexes."""
    op.add_column("runs", sa.Column("duration", sa.Double))
    op.add_column("runs", sa.Column("words", sa.Text))
    op.execute("UPDATE runs SET duration = finished - started")
    _fill_words()
    op.create_index("ix_runs_words", "runs", ["archived", "created", "key", "words"])
    for name in ("name", "notebook", "duration", "git_commit"):
        op.create_index(f"ix_runs_{name}", "runs", ["archived", name, "created", "key"])
    for table in ("metrics", "parameters"):
        op.create_index(f"ix_{table}_values", table, ["name", "task", "number", "value", "created", "run"])


def _fill_words() -> None:
    """In Python, for SQLite knows the small letters of no script but the Latin."""
    runs = sa.table("runs", *map(sa.column, ("key", "id", "name", "experiment", "notebook", "words")))
    connection = op.get_bind()
    rows = connection.execute(sa.select(runs.c.key, runs.c.id, runs.c.name, runs.c.experiment, runs.c.notebook)).all()
    if rows:
        connection.execute(
            runs.update().where(runs.c.key == sa.bindparam("of")).values(words=sa.bindparam("text")),
            [{"of": key, "text": "\n".join(texts).casefold()} for key, *texts in rows],
        )
