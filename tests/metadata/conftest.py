"""Databases of their own for the tests: SQLite, and a real PostgreSQL where one is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from postgresql_server import owner, programs, server

from kfnb.artifacts.store import Store
from kfnb.metadata.database import Database


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, with a place for the name of the database."""
    if programs() is None:
        _without("no PostgreSQL server is installed: neither in /usr/lib/postgresql nor on the path")
    if owner() is None:
        _without("PostgreSQL does not run as root, and there is no user postgres or nobody")
    with server() as url:
        yield url


def _without(why: str) -> None:
    """Skip what needs the server; in continuous integration nothing is skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is not there yet (SQLite), or that is empty (PostgreSQL)."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'database' / 'kfnb.db'}"
    of_server: str = request.getfixturevalue("postgresql")
    engine = sqlalchemy.create_engine(of_server % "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        number = connection.exec_driver_sql("SELECT count(*) FROM pg_database").scalar()
        connection.exec_driver_sql(f"CREATE DATABASE test_{number}")
    engine.dispose()
    return of_server % f"test_{number}"


@pytest.fixture
def database(url: str) -> Database:
    """A database without tables."""
    return Database(url)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(str(tmp_path / "store"))
