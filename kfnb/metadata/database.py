"""The database itself: found by its URL, opened, made where there is none, and refused where its form is another one.

SQLite in the data folder, in WAL mode with a busy time-out, so that several processes read while one writes; or what
the setting KFNB_DATABASE names (`postgresql+psycopg://…`), by the same statements. Everything that can go wrong leaves
here as one of three errors: a `Behind` is worth a message only, a `Damaged` one is made anew, the rest is for a person.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import event, exc

from kfnb.errors import OutsideError
from kfnb.metadata import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

SETTING = "KFNB_DATABASE"
BUSY_SECONDS = 5.0
"""How long a statement waits for another process's."""

_LOCK_KEY = 0x6B666E62  # of the lock under which a PostgreSQL database is made
_WRITES = "kfnb_writes"


class DatabaseError(OutsideError):
    """The database cannot be used. Runs do not need it; what lists and filters them does."""


class Behind(DatabaseError):
    """The database could not be written to now, so that its rows may be older than the events."""


class Damaged(DatabaseError):
    """The file is no database any more, or not all of one. Everything in it can be made anew."""


def url_of(home: Path) -> str:
    """Return the URL of the database: KFNB_DATABASE, else SQLite in the data folder."""
    return os.environ.get(SETTING) or f"sqlite:///{home / 'database' / 'kfnb.db'}"


class Database:
    """One database. Nothing is touched before the first use; connections are not kept between uses of SQLite."""

    def __init__(self, url: str) -> None:
        try:
            self.url = sqlalchemy.make_url(url)
            self._engine = _engine(self.url)
        except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
            raise DatabaseError(
                f"KF805: the setting {SETTING} names a database that cannot be used: {_first_line(error)}. "
                f"It is a URL such as postgresql+psycopg://user@host/name (`pip install 'kfnb[postgresql]'`); "
                "unset it to use SQLite in the data folder."
            ) from None
        self._checked = False

    @property
    def path(self) -> Path | None:
        """The file of the database; None if it is on a server."""
        is_file = self.url.get_backend_name() == "sqlite" and self.url.database
        return Path(str(self.url.database)) if is_file else None

    def __str__(self) -> str:
        return str(self.path or self.url.render_as_string(hide_password=True))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database. It is made first where there is none."""
        with self._words():
            self._check()
            with self._engine.begin() as connection:
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are all kept at the end, or none; one at a time, others wait."""
        with self._words():
            self._check()
            with self._for_writing() as connection, connection.begin():
                _lock_out_others(connection)
                yield connection

    @contextlib.contextmanager
    def unchecked(self) -> Iterator[Connection]:
        """Give a connection for changing the form of the tables, of whatever form they are."""
        with self._words(), self._for_writing() as connection, connection.begin():
            _lock_out_others(connection)
            yield connection
        self._checked = False

    def revision(self) -> str | None:
        """Return the form that the tables have now; None where there are none."""
        with self._words():
            self._make_folder()
            with self._engine.begin() as connection:
                return _revision(connection)

    def remove(self) -> None:
        """Remove every row and table; `reading` and `writing` make them anew."""
        path = self.path
        if path is not None:
            for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                with _as_behind(self):
                    file.unlink(missing_ok=True)
        else:
            with self.unchecked() as connection:
                tables.metadata.drop_all(connection)
        self._checked = False

    def _make_folder(self) -> None:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)

    def _for_writing(self) -> Connection:
        return self._engine.connect().execution_options(**{_WRITES: True})

    def _check(self) -> None:
        """Make the tables where there are none; DatabaseError if they have another form than this kfnb's."""
        if self._checked and (self.path is None or self.path.exists()):
            return
        self._make_folder()
        with self._engine.begin() as connection:
            found = _revision(connection)
        if found is None:
            with self._for_writing() as connection, connection.begin():
                _lock_out_others(connection)
                found = _revision(connection) or _make(connection)
        check_revision(found, str(self))
        self._checked = True

    @contextlib.contextmanager
    def _words(self) -> Iterator[None]:
        """Turn what goes wrong outside into an error that a person understands."""
        try:
            yield
        except exc.DBAPIError as error:
            raise self._in_words(error) from error
        except OSError as error:
            raise DatabaseError(f"KF804: the database {self} cannot be used: {error.strerror or error}.") from error

    def _in_words(self, error: exc.DBAPIError) -> DatabaseError:
        said = _first_line(error.orig if error.orig is not None else error)
        code = getattr(error.orig, "sqlite_errorname", "")
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return Behind(
                f"KF803: the database {self} is locked by another process ({said}). Runs go on without it; "
                "it is caught up by the next command."
            )
        if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or (code == "SQLITE_ERROR" and "no such" in said):
            self._checked = False  # a file deleted after the check is an empty one now: the next use makes its tables
            return Damaged(f"KF802: the database {self} is damaged ({said}). `kfnb db rebuild` makes it anew.")
        if code.startswith(("SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR")):
            return Behind(f"KF803: the database {self} cannot be written to ({said}). Runs go on without it.")
        return DatabaseError(
            f"KF804: the database {self} cannot be used: {said}. Runs do not need it; only lists of them do."
        )


def check_revision(found: str, name: str) -> None:
    """DatabaseError if tables of the form `found` are not those that this kfnb reads."""
    if found == tables.REVISIONS[-1]:
        return
    if found in tables.REVISIONS:
        raise DatabaseError(
            f"KF801: the database {name} was made by an older kfnb (form {found}, this one is "
            f"{tables.REVISIONS[-1]}). `kfnb db upgrade` brings it up to date; nothing in it is lost."
        )
    raise DatabaseError(
        f"KF800: the database {name} was made by a newer kfnb (form {found}; this one knows up to "
        f"{tables.REVISIONS[-1]}). Upgrade kfnb, or set {SETTING} to another database."
    )


def _engine(url: sqlalchemy.URL) -> Engine:
    """Return an engine that opens a connection for each question: a server that asks for days leaves none open."""
    if url.get_backend_name() != "sqlite":
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the module's own is deferred, and fails when it writes
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


def _lock_out_others(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(_LOCK_KEY)))


def _revision(connection: Connection) -> str | None:
    if not sqlalchemy.inspect(connection).has_table(tables.revision.name):
        return None
    return connection.execute(sqlalchemy.select(tables.revision.c.version_num)).scalar()


def _make(connection: Connection) -> str:
    tables.metadata.create_all(connection)
    connection.execute(tables.revision.insert().values(version_num=tables.REVISIONS[-1]))
    return tables.REVISIONS[-1]


@contextlib.contextmanager
def _as_behind(database: Database) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Behind(f"KF803: the database {database} cannot be removed: {error.strerror or error}.") from error


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
