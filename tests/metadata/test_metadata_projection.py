"""From events to rows: the same events give the same rows, in whatever portions they come."""

from __future__ import annotations

from typing import Any

import msgspec
from metadata_runs import batches, finished, known, prepare

from kfnb.artifacts.store import Store
from kfnb.metadata import projection
from kfnb.metadata import store as rows
from kfnb.metadata.database import Database
from kfnb.metadata.filtering import RunFilter
from kfnb.orchestrator import marks
from kfnb.orchestrator.events import EventLog


def all_rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.reading() as connection:
        return rows.all_rows(connection)


def test_a_run_becomes_rows(database: Database, store: Store) -> None:
    """Run, tasks, artifacts with digest, place and who takes them, metrics, parameters, versions and tags are rows."""
    finished(store, "r1", {"auc": 0.9, "loss": "NaN"}, parameters={"n": 3}, experiment="E", started_by="ada")
    marks.add(store, "r1", "tag", "good")
    projection.write(database, known(store, "r1"))
    found = all_rows(database)
    run = ("r1", "nb", "E", "SUCCEEDED", None, 1000.0, 1.0, 3.0, "here", "nb", "", "d" * 64)
    assert [(store.root, *run, "c0ffee", "main", "v1", False, False, 6, 1, None, 2.0, "r1\nnb\ne\n", "ada")] == [
        row[1:] for row in found["runs"]
    ]
    r1 = (store.root, "r1")
    assert [("E", 1000.0)] == found["experiments"]
    assert [
        (r1, "load", 0, "SUCCEEDED", 1, False, 1.0, 2.0, None),
        (r1, "train", 1, "SUCCEEDED", 1, False, 2.0, 3.0, None),
    ] == found["tasks"]
    place = f"{store.root}/artifacts/aa/{'a' * 62}"
    assert [(r1, "load", 0, "rows", "value", "Dataset", "a" * 64, 7, place, None)] == found["artifacts"]
    assert [(r1, "train", "load", "rows")] == found["uses"]
    assert [
        (r1, "auc", "train", 0.9, "0.9", 1000.0),
        (r1, "loss", "train", None, '"NaN"', 1000.0),
    ] == found["metrics"]
    assert [
        (r1, "kind", "train", None, '"tree"', 1000.0),
        (r1, "lr", "train", 0.1, "0.1", 1000.0),
        (r1, "n", "", 3.0, "3", 1000.0),
    ] == found["parameters"]
    assert [(r1, "good", 1000.0)] == found["tags"]


def test_portions_give_the_same_rows_as_all_at_once(database: Database, store: Store) -> None:
    """Projecting after every batch ends with the rows that one projection of all of them gives; again changes none."""
    info = prepare(store, "r1")
    log = EventLog(store, "r1")
    for batch in batches({"auc": 0.9}):
        log.append(batch)
        projection.write(database, known(store, "r1"))
    in_portions = all_rows(database)
    projection.write(database, known(store, "r1"))
    assert in_portions == all_rows(database)
    projection.forget(database, store.root, [info.run_id])
    assert {name: [] for name in in_portions} == all_rows(database)
    projection.write(database, known(store, "r1"))
    assert in_portions == all_rows(database)


def test_later_rows_are_not_overwritten_by_earlier_knowledge(database: Database, store: Store) -> None:
    """Who has read less of the log than what is in the rows changes nothing."""
    prepare(store, "r1")
    log = EventLog(store, "r1")
    first, *others = batches()
    log.append(first)
    early = known(store, "r1")
    for batch in others:
        log.append(batch)
    projection.write(database, known(store, "r1"))
    late = all_rows(database)
    projection.write(database, early)
    assert late == all_rows(database)


def test_what_a_run_takes_back_is_gone_from_the_rows(database: Database, store: Store) -> None:
    """A task that starts again has no metrics any more, and a tag that was taken away is no row."""
    finished(store, "r1", {"auc": 0.9})
    marks.add(store, "r1", "tag", "good", "old")
    projection.write(database, known(store, "r1"))
    again = [msgspec.structs.replace(batches()[1][1], task="train", state="PENDING", time=9.0)]
    EventLog(store, "r1", 7).append(again)
    marks.add(store, "r1", "untag", "old")
    projection.write(database, known(store, "r1"))
    found = all_rows(database)
    assert ([], ["good"]) == (found["metrics"], [row[1] for row in found["tags"]])


def test_an_experiment_is_as_old_as_its_first_run(database: Database, store: Store) -> None:
    """Whatever the order in which runs are taken in; and it goes with its last run."""
    for run, created in (("b", 20.0), ("a", 10.0), ("c", 30.0)):
        finished(store, run, created=created, experiment="E")
        projection.write(database, known(store, run))
    assert [("E", 10.0)] == all_rows(database)["experiments"]
    projection.forget(database, store.root, ["a"])
    assert [("E", 20.0)] == all_rows(database)["experiments"]
    projection.forget(database, store.root, ["b", "c"])
    assert [] == all_rows(database)["experiments"]


def test_filters_of_runs(database: Database, store: Store) -> None:
    """Each filter alone and several together find the runs that pass, the newest first, each once; pages follow."""
    from kfnb.history.filters import run_filter

    for number in range(6):
        finished(
            store,
            f"r{number}",
            {"auc": number / 10, "loss": "NaN" if number == 5 else 1 - number / 10},
            created=1000.0 + number,
            parameters={"lr": 0.1 * (number % 2), "shape": "tree" if number < 3 else "net"},
            experiment="odd" if number % 2 else "even",
        )
    marks.add(store, "r1", "tag", "good")
    marks.add(store, "r3", "tag", "good", "best")
    marks.add(store, "r0", "archive")
    for number in range(6):
        projection.write(database, known(store, f"r{number}"))

    def found(limit: int | None = None, offset: int = 0, **words: Any) -> str:
        with database.reading() as connection:
            page = rows.page(connection, run_filter(**words), limit, offset)
        return "".join(row.columns["id"][1:] for row in page)

    assert "54321" == found()
    assert "0" == found(archived=True)
    assert "543210" == found(archived="too")
    assert ("54", "32", "1") == (found(2), found(2, 2), found(2, 4))
    assert ("531", "54321") == (found(experiment="odd"), found(experiment=["odd", "even"]))
    assert ("31", "3") == (found(tag="good"), found(tag=["good", "best"]))
    assert ("543", "43", "5") == (
        found(metric="auc>=0.3"),
        found(metric=["auc>=0.3", "auc<0.5"]),
        found(metric="auc=0.5"),
    )
    assert ("43", "") == (found(metric="train.auc>0.2", param="shape=net", until=1005.0), found(metric="load.auc>0.2"))
    assert ("5", "4321") == (found(metric="loss!=0.6", param="shape=net", since=1005.0), found(metric="loss<2"))
    assert ("21", "42") == (found(param="shape=tree"), found(param="lr<0.05", until=1005.0, experiment="even"))
    assert ("", "54321") == (found(state="failed"), found(state="SUCCEEDED"))
    assert "3" == found(tag="good", metric="auc>0.2", param=["shape!=tree", "train.lr=0.1"], experiment="odd")
    assert RunFilter() == run_filter()
