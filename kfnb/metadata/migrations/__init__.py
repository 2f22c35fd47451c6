"""Brings a database of an older form up to date; called by `kfnb db upgrade`, the only command that loads alembic.

A database that is made today gets today's tables at once (`database.py`). `env.py` is alembic's way in; each file in
`versions/` is one change of the tables, in the order of `tables.REVISIONS`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kfnb.metadata import tables
from kfnb.metadata.database import check_revision

if TYPE_CHECKING:
    from kfnb.metadata.database import Database


def upgrade(database: Database, revision: str = tables.REVISIONS[-1]) -> tuple[str | None, str]:
    """Bring the tables to the form `revision`, keeping every row; return the form before and after.

    All of it happens or nothing. DatabaseError, with nothing changed, if the tables are of a newer kfnb.
    """
    from alembic import command
    from alembic.config import Config

    before = database.revision()
    if before is not None and before not in tables.REVISIONS:
        check_revision(before, str(database))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.unchecked() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return before, revision
