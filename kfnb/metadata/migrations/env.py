"""What alembic runs for every change of the tables: all of them on the connection, and in the transaction, it is given.

Loaded by alembic alone, from `upgrade` in the package's `__init__`.
"""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=None,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
