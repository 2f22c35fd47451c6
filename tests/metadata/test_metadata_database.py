"""The database itself: made, shared by processes, upgraded, and refused or made anew where it cannot be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from metadata_runs import finished, known

from kfnb.artifacts.store import Store
from kfnb.metadata import projection, tables
from kfnb.metadata import store as rows
from kfnb.metadata.database import Damaged, Database, DatabaseError
from kfnb.metadata.filtering import RunFilter
from kfnb.metadata.migrations import upgrade

WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from metadata_runs import finished, known
from kfnb.artifacts.store import Store
from kfnb.metadata import projection
from kfnb.metadata.database import Database
store, database = Store(sys.argv[2]), Database(sys.argv[3])
for number in range(5):
    finished(store, f"{sys.argv[4]}-{number}", {"auc": 0.5}, created=float(number))
    projection.write(database, known(store, f"{sys.argv[4]}-{number}"))
print(*(name for name in sys.modules if name in ("alembic", "mako")))
"""


def form(database: Database) -> dict[str, object]:
    """Every table with its columns, keys and indexes."""
    with database.unchecked() as connection:
        found = sqlalchemy.inspect(connection)
        return {
            name: (
                sorted((c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)),
                sorted(found.get_pk_constraint(name)["constrained_columns"]),
                sorted((i["name"], i["column_names"]) for i in found.get_indexes(name)),
                sorted(u["name"] for u in found.get_unique_constraints(name)),
                sorted((k["constrained_columns"], k["referred_table"]) for k in found.get_foreign_keys(name)),
            )
            for name in found.get_table_names()
            if name != tables.revision.name
        }


def test_todays_tables_are_what_all_migrations_make(url: str, database: Database) -> None:
    """A database that is made at once and one that is upgraded from nothing have the same tables and indexes."""
    assert (None, tables.REVISIONS[-1]) == upgrade(database)
    migrated = form(database)
    database.remove()
    with database.reading():
        pass
    assert migrated == form(database)


def test_a_database_of_the_first_form_keeps_its_rows(database: Database, store: Store) -> None:
    """It is refused with KF801 until `upgrade`; then all is there but runs in buckets, which are read anew."""
    upgrade(database, "0001")
    with database.unchecked() as connection:
        connection.exec_driver_sql("INSERT INTO experiments (name, created) VALUES ('E', 7.5)")
        connection.exec_driver_sql(
            "INSERT INTO runs (key, root, id, name, experiment, state, created, pipeline, notebook, notebook_digest, "
            f"archived, batches, marks) VALUES (1, '{store.root}', 'r1', 'nb', 'E', 'SUCCEEDED', 7.5, 'nb', '', 'd', "
            "false, 6, 0)"
        )
        connection.exec_driver_sql("INSERT INTO metrics (run, task, name, number, value) VALUES (1, 't', 'a', 1, '1')")
        connection.exec_driver_sql("INSERT INTO tags (run, name) VALUES (1, 'good')")
        connection.exec_driver_sql(
            "INSERT INTO runs (key, root, id, name, experiment, state, created, pipeline, notebook, notebook_digest, "
            "archived, batches, marks) VALUES (2, 's3://b/p', 'r2', 'nb', 'E', 'RUNNING', 8.5, 'nb', '', 'd', "
            "false, 6, 0)"
        )
        connection.exec_driver_sql("INSERT INTO tags (run, name) VALUES (2, 'good')")
    with pytest.raises(DatabaseError, match=r"KF801.*kfnb db upgrade"), database.reading():
        pass
    assert ("0001", tables.REVISIONS[-1]) == upgrade(database)
    with database.reading() as connection:
        found = rows.all_rows(connection)
        page = rows.page(connection, RunFilter(tags=("good",), search="R1"), 10)
    r1 = (store.root, "r1")
    assert [(r1, "a", "t", 1.0, "1", 7.5)] == found["metrics"]
    assert [(r1, "good", 7.5)] == found["tags"]
    assert [("r1", {("t", "a"): 1}, None)] == [(r.columns["id"], r.metrics, r.columns["started_by"]) for r in page]
    assert (tables.REVISIONS[-1],) * 2 == upgrade(database)


def test_a_newer_database_is_refused(database: Database) -> None:
    """KF800 for reading, writing and upgrading, with nothing changed."""
    with database.reading():
        pass
    with database.unchecked() as connection:
        connection.execute(tables.revision.update().values(version_num="9999"))
    with pytest.raises(DatabaseError, match="KF800"), database.reading():
        pass
    with pytest.raises(DatabaseError, match="KF800"), database.writing():
        pass
    with pytest.raises(DatabaseError, match="KF800"):
        upgrade(database)
    assert "9999" == database.revision()


def test_several_processes_make_and_write_one_database(url: str, database: Database, store: Store) -> None:
    """Processes that start at once with no database make one, and it has every run of theirs; no alembic is loaded."""
    command = [sys.executable, "-c", WRITER, str(Path(__file__).parent), store.root, url]
    writers = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in "abcd"]
    assert ["\n"] * 4 == [writer.communicate()[0] for writer in writers]
    assert [0] * 4 == [writer.returncode for writer in writers]
    with database.reading() as connection:
        assert {f"{name}-{number}" for name in "abcd" for number in range(5)} == rows.known_runs(
            connection, store.root
        ).keys()


def test_no_connection_stays_open(postgresql: str, url: str, database: Database) -> None:
    """A server that asks for days holds nothing of the database between its questions."""
    with database.reading():
        pass
    engine = sqlalchemy.create_engine(postgresql % "postgres", poolclass=sqlalchemy.NullPool)
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'".format(url.rpartition("/")[2])
    with engine.connect() as connection:
        while connection.exec_driver_sql(count).scalar():  # the server takes a moment to see that one has gone
            connection.rollback()


def test_a_damaged_file_is_told_from_other_faults(tmp_path: Path, store: Store) -> None:
    """KF802 for a file that is no database, and for one with a table missing; `remove` makes way for a new one."""
    path = tmp_path / "kfnb.db"
    database = Database(f"sqlite:///{path}")
    finished(store, "r1")
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(Damaged, match="KF802"):
        projection.write(database, known(store, "r1"))
    database.remove()
    projection.write(database, known(store, "r1"))
    with database.unchecked() as connection:
        connection.exec_driver_sql("DROP TABLE metrics")
    with pytest.raises(Damaged, match="KF802"):
        projection.write(database, known(store, "r1"))


def test_a_file_emptied_between_check_and_use_is_made_anew_at_the_next_use(tmp_path: Path, store: Store) -> None:
    """As after a deletion just before connecting: the first use says it, the next one has its tables again."""
    path = tmp_path / "kfnb.db"
    database = Database(f"sqlite:///{path}")
    finished(store, "r1")
    projection.write(database, known(store, "r1"))
    path.write_bytes(b"")
    with pytest.raises(Damaged, match="KF802"):
        projection.write(database, known(store, "r1"))
    projection.write(database, known(store, "r1"))
    with database.reading() as connection:
        assert ["r1"] == list(rows.known_runs(connection, store.root))


def test_a_database_that_cannot_be_reached_says_so(tmp_path: Path) -> None:
    """KF804 names the database without its password; KF805 a setting that is no URL of a database."""
    with (
        pytest.raises(DatabaseError, match=r"KF804.*postgresql\+psycopg://me:\*\*\*@/x"),
        Database(f"postgresql+psycopg://me:secret@/x?host={tmp_path}").reading(),
    ):
        pass
    for url in ("nonsense", "nosuch://x"):
        with pytest.raises(DatabaseError, match=r"KF805.*KFNB_DATABASE"):
            Database(url)
