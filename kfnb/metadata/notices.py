"""What processes that share a PostgreSQL database tell each other: that the rows of a run are others now.

Told by whoever writes rows (`projection`), heard by who shows lists of runs (the history's changes). SQLite is in the
data folder, where every process leaves notes anyway.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

    from kfnb.metadata.database import Database

_CHANNEL = "kfnb_runs"
_WHO = secrets.token_hex(4)


def tell(connection: Connection, run_id: str) -> None:
    """Tell others, once the transaction is kept, that the rows of a run are others now."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(_CHANNEL, f"{_WHO} {run_id}")))


class Notices:
    """What other processes tell over a database; not safe from threads."""

    def __init__(self, database: Database) -> None:
        url = database.url
        self._url = url if url.get_backend_name() == "postgresql" and url.get_driver_name() == "psycopg" else None
        self._connection: psycopg.Connection | None = None

    def heard(self) -> list[str]:
        """Return the runs that were told since the last time; none of them where the database cannot be reached."""
        if self._url is None:
            return []
        import psycopg  # only there where PostgreSQL is used

        try:
            if self._connection is None:
                address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
                self._connection = psycopg.connect(address, autocommit=True)
                self._connection.execute(f"LISTEN {_CHANNEL}")
            told = [notice.payload.partition(" ") for notice in self._connection.notifies(timeout=0)]
        except psycopg.Error:
            self.close()  # it is listened again the next time
            return []
        return [run for who, _, run in told if who != _WHO]

    def close(self) -> None:
        """Hear no more, until the next time that it is asked what was heard."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
