"""The database follows the events, whoever wrote them, and whatever becomes of the database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from metadata_runs import batches, finished, prepare

from kfnb.artifacts.store import Store
from kfnb.client import Client
from kfnb.history import History, as_document
from kfnb.history.catching_up import Readers
from kfnb.history.listed import FIRST_PAGE, Listed
from kfnb.metadata import store as rows
from kfnb.metadata.filtering import RunFilter
from kfnb.orchestrator import places
from kfnb.orchestrator.events import EventLog, batch_key
from kfnb.orchestrator.projecting import note_change
from kfnb.spec import RunEvent, State

Ids = Callable[..., list[str]]


def all_rows(history: History) -> dict[str, list[tuple[Any, ...]]]:
    history.runs(RunFilter())
    with history.database.reading() as connection:
        return rows.all_rows(connection)


def settle(client: Client) -> None:
    """Make the list of runs look as if it had not changed for a while."""
    folder = client.store.local_path("runs")
    assert folder is not None
    os.utime(folder, (1000.0, 1000.0))


def notebook(folder: Path, *sources: str) -> Path:
    import nbformat

    cells = [
        nbformat.v4.new_code_cell(source, metadata={"tags": [f"step:s{number}"]}, id=f"c{number}")
        for number, source in enumerate(sources)
    ]
    path = folder / "nb.ipynb"
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "P"}}), path
    )
    return path


def test_rebuilt_rows_are_the_same(client: Client, history: History, tmp_path: Path) -> None:
    """Of real runs, one of them failed, one tagged and archived: every row of every table, from the events alone."""
    path = notebook(
        tmp_path, "import kfnb\nn = int('3')\nkfnb.log_metric('auc', 0.5)\nkfnb.log_param('lr', 0.1)", "print(n)"
    )
    good = client.run(path, experiment="E").wait()
    history.tag(good.id, ("good", "best"))
    history.archive(good.id)
    before = all_rows(history)
    client.run(notebook(tmp_path, "n = 1 / 0", "print(n)"), name="bad").wait()
    history.tag(good.id, ("best",), remove=True)
    kept = all_rows(history)
    assert before != kept
    assert {"SUCCEEDED", "FAILED"} == {row[5] for row in kept["runs"]}
    assert all(kept[name] for name in ("experiments", "tasks", "artifacts", "uses", "metrics", "parameters", "tags"))
    assert 2 == history.rebuild()
    assert kept == all_rows(history)


def test_new_living_and_deleted_runs_are_found(client: Client, ids: Ids) -> None:
    """A run is listed once it is prepared, its state follows its events, and it is gone with its folder."""
    assert [] == ids()
    prepare(client.store, "r1", created=1.0)
    finished(client.store, "r2", created=2.0)
    assert (["r2", "r1"], ["r1"]) == (ids(), ids(state="PENDING"))
    settle(client)
    log = EventLog(client.store, "r1")
    for batch in batches():
        log.append(batch)
    assert ["r2", "r1"] == ids(state="SUCCEEDED")
    shutil.rmtree(Path(client.store.root) / "runs" / "r2")
    assert ["r1"] == ids()


def test_a_run_that_goes_on_after_its_end_is_found_by_its_note(client: Client, ids: Ids) -> None:
    """Whoever drives a run notes it beforehand; so an ended run that is resumed is looked at again."""
    finished(client.store, "r1")
    assert ["r1"] == ids(state="SUCCEEDED")
    settle(client)
    assert ["r1"] == ids(state="SUCCEEDED")
    note_change(client.home, client.root, "r1")
    EventLog(client.store, "r1", 7).append([batches(end="RUNNING")[-1][0]])
    assert ["r1"] == ids(state="RUNNING")


def test_old_notes_about_runs_at_rest_are_removed(client: Client, ids: Ids) -> None:
    """A note goes when its run has ended and nobody can be just about to drive it."""
    finished(client.store, "r1")
    prepare(client.store, "r2")
    for run in ("r1", "r2"):
        note_change(client.home, client.root, run)
    notes = places.notes_folder(client.home)
    ids()
    assert ["r1", "r2"] == sorted(note.name for note in notes.iterdir())
    for note in notes.iterdir():
        os.utime(note, (time.time() - 100, time.time() - 100))
    ids()
    assert ["r2"] == [note.name for note in notes.iterdir()]


def test_runs_of_other_stores_are_listed_too(client: Client, tmp_path: Path, ids: Ids) -> None:
    """With a store named, its runs; without, all of this data folder, though their store is out of reach now."""
    there = Client(home=client.home, root=str(tmp_path / "elsewhere"))
    path = notebook(tmp_path, "x = 1")
    here_run, there_run = client.run(path).wait(), there.run(path).wait()
    assert {here_run.id, there_run.id} == set(ids())
    found = History(there).runs(RunFilter(root=there.root)).runs
    assert [there_run.id] == [row.columns["id"] for row in found]
    shutil.rmtree(there.root)
    assert {here_run.id, there_run.id} == set(ids())


def test_the_last_run_of_another_store_leaves_the_list_when_deleted(client: Client, tmp_path: Path, ids: Ids) -> None:
    """Though nothing else in the data folder tells of that store any more."""
    there = Client(home=client.home, root=str(tmp_path / "elsewhere"))
    run = there.run(notebook(tmp_path, "x = 1")).wait()
    assert [run.id] == ids()
    History(client).delete(run.id)
    assert [] == ids()


def test_a_run_of_a_store_that_was_listed_once_is_followed_to_its_end(client: Client, tmp_path: Path) -> None:
    """Another data folder's run, seen while it went on, is listed with the state that it ended in, without its root."""
    there = Client(home=client.home, root=str(tmp_path / "elsewhere"))
    prepare(there.store, "r1")
    assert ["PENDING"] == [row.columns["state"] for row in History(there).runs(RunFilter(root=there.root)).runs]
    finished(there.store, "r1")
    assert ["SUCCEEDED"] == [row.columns["state"] for row in History(client).runs(RunFilter()).runs]


def test_of_a_run_that_goes_on_only_what_is_new_is_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who keeps the readers of runs reads each batch of events once, however often the database is brought up."""
    prepare(client.store, "r1")
    log, readers, found = EventLog(client.store, "r1"), Readers(), list[str]()
    find = Store.find
    monkeypatch.setattr(Store, "find", lambda store, key: found.append(key) or find(store, key))
    states: tuple[State, ...] = ("RUNNING", "CANCELING", "CANCELED")
    for number, state in enumerate(states):
        log.append([RunEvent(kind="run-state", time=float(number), state=state)])
        history = History(client, readers=readers)
        assert [state] == [row.columns["state"] for row in history.runs(RunFilter()).runs]
    in_vain = [0, 1, 1]  # the one that comes next is asked for before it is there
    assert in_vain == [found.count(batch_key("r1", number)) - 1 for number in (1, 2, 3)]
    assert {} == readers


@pytest.mark.parametrize("fate", ["deleted", "garbage", "cut off"])
def test_a_lost_database_is_made_anew(client: Client, history: History, said: list[str], fate: str) -> None:
    """Deleted, overwritten with garbage or cut off: the next command has all rows again, and says what it found."""
    for number in range(30):
        finished(client.store, f"r{number:02}", {"auc": 0.5}, created=float(number))
    kept = all_rows(history)
    path = history.database.path
    assert path is not None
    if fate == "deleted":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(b"garbage" * 5000 if fate == "garbage" else content[: len(content) // 2])
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
    again = History(client, say=said.append)
    assert kept == all_rows(again)
    assert ([] if fate == "deleted" else ["KF802"]) == [text.partition(":")[0] for text in said]


def test_a_list_says_what_was_found_while_it_looked(client: Client, history: History) -> None:
    """What is said where the database is brought up stands in the page that comes then, once."""
    finished(client.store, "r1", {"auc": 0.5}, created=1.0)
    listed = Listed(client, history.runs(RunFilter()).runs)
    assert history.database.path is not None
    for path in history.database.path.parent.iterdir():
        path.unlink()
    history.database.path.write_bytes(b"garbage" * 5000)
    listed.take(listed.changes())
    found = [listed.page({"question": FIRST_PAGE}) for _ in range(2)]
    assert [["KF802"], []] == [[text.partition(":")[0] for text in page["messages"]] for page in found]
    assert ["r1", "r1"] == [row["run_id"] for page in found for row in page["runs"]]


def test_a_locked_database_is_read_as_it_is(
    client: Client, history: History, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds the lock there is a message and the rows of before; afterwards all of them."""
    from kfnb.metadata import database

    finished(client.store, "r1", created=1.0)
    assert 1 == len(history.runs(RunFilter()).runs)
    assert history.database.path is not None
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    impatient = History(client, say=said.append)
    finished(client.store, "r2", created=2.0)
    other = sqlite3.connect(history.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert ["r1"] == [row.columns["id"] for row in impatient.runs(RunFilter()).runs]
    assert ["KF803"] == [text.partition(":")[0] for text in said]
    other.execute("ROLLBACK")
    other.close()
    assert ["r2", "r1"] == [row.columns["id"] for row in impatient.runs(RunFilter()).runs]


def test_a_run_that_cannot_be_read_is_left_out(client: Client, history: History, said: list[str]) -> None:
    """Others are listed; the message names the run, each time until it can be read."""
    finished(client.store, "good")
    client.store.write(places.run_key("bad", "run.json"), b"{")
    for _ in range(2):
        assert ["good"] == [row.columns["id"] for row in history.runs(RunFilter()).runs]
    assert 2 == len(said)
    assert "Run bad is left out" in said[0]


def test_a_run_knows_its_version(client: Client, history: History, tmp_path: Path) -> None:
    """Commit, branch, tag and dirty of the repository around the notebook, and its digest, are in the first event."""
    path = notebook(tmp_path, "x = 1")

    def git(*words: str) -> str:
        identity = (
            "-c",
            "user.name=n",
            "-c",
            "user.email=e@x",
            "-c",
            "commit.gpgsign=false",
            "-c",
            "tag.gpgsign=false",
        )
        command = ["git", *identity, "-C", str(tmp_path), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    without = client.run(path).wait()
    assert (None, without.spec.notebook_digest) == (
        without.events()[0].data["versions"]["git"],
        without.events()[0].data["versions"]["notebook_digest"],
    )
    git("init", "-b", "trunk")
    git("add", "nb.ipynb")
    git("commit", "-m", "one")
    git("tag", "v1")
    clean = client.run(path).wait()
    facts = {"commit": git("rev-parse", "HEAD"), "branch": "trunk", "tag": "v1", "dirty": False}
    assert facts == clean.events()[0].data["versions"]["git"]
    git("checkout", "--detach")
    git("commit", "--allow-empty", "-m", "two")
    notebook(tmp_path, "x = 2")
    dirty = client.run(path).wait()
    document = as_document(history.runs(RunFilter(ids=(dirty.id,))).runs[0])
    facts = {"commit": git("rev-parse", "HEAD"), "branch": None, "tag": None, "dirty": True}
    assert {"notebook_digest": dirty.spec.notebook_digest, "git": facts} == document["versions"]


FOLLOWED = """
import sys
from kfnb.client import Client
from kfnb.orchestrator import projecting
projecting.FIRST_AFTER = projecting.EVERY = 0.05
if sys.argv[3] == "broken":
    import pathlib
    folder = pathlib.Path(sys.argv[1]) / "database"
    folder.mkdir(parents=True)
    (folder / "kfnb.db").write_bytes(b"garbage" * 1000)
if sys.argv[3] == "locked":
    import sqlite3
    from kfnb.history import History
    from kfnb.metadata import database
    from kfnb.metadata.filtering import RunFilter
    database.BUSY_SECONDS = 0.1
    History(Client(home=sys.argv[1])).runs(RunFilter())
    other = sqlite3.connect(sys.argv[1] + "/database/kfnb.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
run = Client(home=sys.argv[1]).run(sys.argv[2]).wait()
print(run.state, *(name for name in sys.modules if name in ("alembic", "mako")))
"""


@pytest.mark.parametrize("fate", ["whole", "broken", "locked", "deleted"])
def test_a_run_that_takes_a_while_is_in_the_database_at_its_end(client: Client, tmp_path: Path, fate: str) -> None:
    """Its own process writes the rows, without a migration library. A broken or locked database hurts no run and is
    said; one that is deleted meanwhile is made anew.
    """
    path, beside = client.home / "database", tmp_path / "nb"
    beside.mkdir()
    remove = f"while not os.path.exists({str(path / 'kfnb.db')!r}):\n    time.sleep(0.02)\n"
    remove += f"os.unlink({str(path / 'kfnb.db')!r})\n"
    source = "import os, time\n" + (remove if fate == "deleted" else "") + "time.sleep(0.5)"
    command = [sys.executable, "-c", FOLLOWED, str(client.home), str(notebook(beside, source)), fate]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (0, "SUCCEEDED") == (done.returncode, done.stdout.split()[0])
    said = {"broken": "KF802", "locked": "KF803"}.get(fate, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    if fate in ("whole", "deleted"):
        assert ("SUCCEEDED\n", "") == (done.stdout, done.stderr)
        with History(client).database.reading() as connection:
            states = [state for state, _, _ in rows.known_runs(connection, client.root).values()]
    elif fate == "locked":
        states = [row.columns["state"] for row in History(client).runs(RunFilter()).runs]
    else:
        return
    assert ["SUCCEEDED"] == states


def test_a_short_run_loads_no_database_library(client: Client, tmp_path: Path) -> None:
    """`kfnb run` of a notebook that is soon done imports neither SQLAlchemy nor alembic."""
    program = (
        "import sys\nfrom kfnb.client import Client\nprint(Client(home=sys.argv[1]).run(sys.argv[2]).wait().state,"
        "*(name for name in sys.modules if name in ('sqlalchemy', 'alembic')))"
    )
    command = [sys.executable, "-c", program, str(client.home), str(notebook(tmp_path, "x = 1"))]
    assert "SUCCEEDED\n" == subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_copied_store_is_a_store_of_its_own(client: Client, history: History, tmp_path: Path) -> None:
    """A run whose folder was copied is known by each of its places."""
    finished(client.store, "r1")
    shutil.copytree(client.root, tmp_path / "copy")
    history.runs(RunFilter())
    copy = Client(home=client.home, root=str(tmp_path / "copy"))
    assert 1 == len(History(copy).runs(RunFilter(root=copy.root)).runs)
    assert 2 == len(all_rows(history)["runs"])
    assert Store(copy.root).children("runs") == client.store.children("runs")
