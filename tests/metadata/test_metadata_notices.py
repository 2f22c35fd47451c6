"""What processes tell each other over a database that they share."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy

from kfnb.client import Client
from kfnb.history import History
from kfnb.history.changing import Changes
from kfnb.metadata import notices
from kfnb.metadata.database import SETTING, Database
from kfnb.metadata.filtering import RunFilter
from kfnb.metadata.notices import Notices
from tests.written_notebooks import write_cells


def tell(database: Database, run: str, monkeypatch: pytest.MonkeyPatch, who: str = "another") -> None:
    """Tell of a run as another process does."""
    with monkeypatch.context() as there, database.writing() as connection:
        there.setattr(notices, "_WHO", who)
        notices.tell(connection, run)


def heard(ear: Notices) -> list[str]:
    """Return what is heard, which may take a moment."""
    while not (found := ear.heard()):
        time.sleep(0.02)
    return found


def bring_up(client: Client) -> None:
    """Bring the database up to the runs that a client knows."""
    History(client).runs(RunFilter())


def test_what_others_write_is_heard(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of which another process wrote the rows is told, one's own are not; SQLite tells nothing."""
    ear = Notices(database)
    assert [] == ear.heard()
    tell(database, "own", monkeypatch, notices._WHO)
    tell(database, "r1", monkeypatch)
    if database.path is not None:
        assert [] == ear.heard()
        return
    assert (["r1"], []) == (heard(ear), ear.heard())
    with database.reading() as connection:
        notices.tell(connection, "lost")
        connection.rollback()
    tell(database, "r2", monkeypatch)
    assert ["r2"] == heard(ear)
    ear.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_server_that_was_away_is_heard_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that the server ends is made anew."""
    ear = Notices(database)
    assert [] == ear.heard()
    with database.writing() as connection:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        connection.execute(sqlalchemy.text(end))
    while ear._connection is not None:
        assert [] == ear.heard()
    assert [] == ear.heard()
    tell(database, "r1", monkeypatch)
    assert ["r1"] == heard(ear)
    ear.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_run_that_another_machine_resumed_is_news(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a run that had ended, in a folder that machines share, it is told that it has ended again."""
    monkeypatch.setenv(SETTING, url)
    mended, root = tmp_path / "mended", str(tmp_path / "shared")
    fails = f"import os\nif not os.path.exists({str(mended)!r}):\n    raise ValueError('not mended')"
    there = Client(tmp_path / "there", root=root)
    run = there.run(write_cells(tmp_path / "fails.ipynb", [(("step:a",), fails)])).wait()
    bring_up(there)
    here = Client(tmp_path / "here")
    changes = Changes(lambda: History(here), here.home, lambda run: None)
    changes.look()
    first = changes.take()
    assert first is not None
    assert ((), ()) == first
    mended.write_text("")
    there.resume(run.id).wait()
    with monkeypatch.context() as another:
        another.setattr(notices, "_WHO", "there")
        bring_up(there)
    while not changes.look():
        time.sleep(0.02)
    assert ((), (run.id,)) == changes.take()
    changes.rest()
