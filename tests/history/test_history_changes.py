"""What is said about runs, their end, and the sweeping of what they leave."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import nbformat
import pytest
from metadata_runs import batches, finished, prepare

from kfnb.artifacts.store import Store
from kfnb.client import Client
from kfnb.errors import OutsideError, StoreError, WrongCall
from kfnb.history import History
from kfnb.history.collection import collect
from kfnb.history.compared import Comparison
from kfnb.history.comparison import compare
from kfnb.history.filters import condition, moment, run_filter
from kfnb.history.listed import FIRST_PAGE, Listed
from kfnb.metadata.filtering import Condition
from kfnb.metadata.paging import Order
from kfnb.orchestrator import marks, places
from kfnb.orchestrator.events import EventLog
from kfnb.orchestrator.lease import Lease
from kfnb.spec import Artifact, Blob, ExecutorOutput
from tests.runners.nowhere import unseen_options

Ids = Callable[..., list[str]]


def test_tags_and_the_archive_outlive_the_database(client: Client, history: History, ids: Ids) -> None:
    """They are kept beside the events, so a rebuilt database has them."""
    finished(client.store, "r1")
    finished(client.store, "r2")
    assert ("best", "good") == history.tag("r1", ("good", "best"))
    assert ("good",) == history.tag("r1", ("best",), remove=True)
    history.archive("r2")
    for _ in range(2):
        assert (["r1"], ["r1"], ["r2"]) == (ids(), ids(tag="good"), ids(archived=True))
        history.rebuild()
    history.archive("r2", undo=True)
    assert {"r1", "r2"} == set(ids())


def test_saying_it_again_writes_nothing(client: Client) -> None:
    """A mark that changes nothing is no object; marks of several writers are all kept."""
    finished(client.store, "r1")
    assert 1 == marks.add(client.store, "r1", "tag", "a").number
    assert 1 == marks.add(client.store, "r1", "tag", "a").number
    assert 2 == marks.add(Store(client.root), "r1", "tag", "b").number
    assert frozenset("ab") == marks.read(client.store, "r1").tags
    client.store.write(marks.mark_key("r1", 3), b"[]")
    with pytest.raises(StoreError, match="said about run r1"):
        marks.read(client.store, "r1")


@pytest.mark.parametrize("name", ["", " a", "a\nb"])
def test_a_tag_is_one_line_of_text(client: Client, history: History, name: str) -> None:
    """Anything else is a wrong call."""
    finished(client.store, "r1")
    with pytest.raises(WrongCall, match="no tag"):
        history.tag("r1", (name,))


def test_a_deleted_run_is_gone_for_good(client: Client, history: History, ids: Ids) -> None:
    """From the store, the lists, also of a rebuilt database; an interrupted run can be deleted too."""
    finished(client.store, "r1")
    prepare(client.store, "r2")
    assert {"r1", "r2"} == set(ids())
    assert "r1" == history.delete("r1")
    assert ["r2"] == ids()
    history.delete("r2")
    history.rebuild()
    assert [] == ids()
    assert [] == client.store.list("runs")
    with pytest.raises(WrongCall, match="no run"):
        history.delete("r1")


def test_a_living_run_is_not_deleted(client: Client, history: History) -> None:
    """Neither one that a process drives, nor one that another machine may be driving."""
    finished(client.store, "r1")
    folder = client.store.local_path(places.run_key("r1"))
    with (
        Lease(places.lease_path(client.home, folder, client.store.root, "r1")),
        pytest.raises(OutsideError, match="r1 is living"),
    ):
        history.delete("r1")
    prepare(client.store, "r2")
    EventLog(client.store, "r2").append(batches()[0])  # of a machine called "here"
    with pytest.raises(OutsideError, match="r2 is living"):
        history.delete("r2")
    assert 2 == len(client.store.children("runs"))


def test_a_run_whose_cluster_is_no_more_is_deleted_when_that_is_said(
    client: Client, history: History, tmp_path: Path
) -> None:
    """It cannot be seen from here whether anything drives it."""
    prepare(client.store, "r1", options=unseen_options(tmp_path))
    with pytest.raises(OutsideError, match="r1 may be living: it cannot be deleted from here"):
        history.delete("r1")
    assert "r1" == history.delete("r1", gone=True)
    assert [] == client.store.list("runs")


def test_interrupted_runs_are_found_by_that(client: Client, history: History, ids: Ids) -> None:
    """In any order: what has not ended and nothing drives; neither living runs nor those of another machine."""
    finished(client.store, "r1")
    for run in ("r2", "r3", "r4"):
        prepare(client.store, run)
    EventLog(client.store, "r4").append(batches()[0])  # of a machine called "here"
    folder = client.store.local_path(places.run_key("r3"))
    with Lease(places.lease_path(client.home, folder, client.store.root, "r3")):
        assert ["r2"] == ids(interrupted=True)
        assert ["r2"] == ids(interrupted="only", state="PENDING")
        assert [] == ids(interrupted="only", state="SUCCEEDED")
        assert {"r1", "r3", "r4"} == set(ids(interrupted=False))
        assert {"r1", "r2", "r3", "r4"} == set(ids())
        page = history.sorted_runs(run_filter(interrupted="only"), Order("name"), 1)
        assert (["r2"], False) == ([row.columns["id"] for row in page.runs], page.more)
    assert {"r2", "r3"} == set(ids(interrupted=True))


def test_a_list_in_a_notebook_finds_interrupted_runs_by_that(client: Client, history: History) -> None:
    """As the page of runs does: only these, or none of these."""
    finished(client.store, "r1")
    prepare(client.store, "r2")
    listed = Listed(client, history.runs(run_filter()).runs)
    found = {
        share: [row["run_id"] for row in listed.page({"question": {**FIRST_PAGE, "interrupted": [share]}})["runs"]]
        for share in ("only", "no")
    }
    assert {"only": ["r2"], "no": ["r1"]} == found


# --------------------------------------------------------------------------------------------------------- sweeping


def with_blob(store: Store, run: str, content: bytes) -> Blob:
    """Write a finished run whose result is `content`."""
    blob = store.put(content)
    output = ExecutorOutput(state="SUCCEEDED", artifacts={"x": Artifact(name="x", blob=blob)})
    prepare(store, run)
    events = batches()
    events[2][0] = msgspec.structs.replace(events[2][0], output=output)
    log = EventLog(store, run)
    for batch in events:
        log.append(batch)
    return blob


def age(store: Store, *blobs: Blob) -> None:
    """Make blobs a day old."""
    for blob in blobs:
        path = store.blob_path(blob)
        assert path is not None
        os.utime(path, (time.time() - 86_400,) * 2)


def test_gc_removes_what_no_run_refers_to(client: Client, history: History) -> None:
    """After a run was deleted, what it alone referred to goes; a dry run only counts it; the young stays."""
    store = client.store
    alone, shared = with_blob(store, "r1", b"alone" * 100), with_blob(store, "r1b", b"shared")
    assert shared == with_blob(store, "r2", b"shared")
    age(store, alone, shared)
    young = store.put(b"young")
    history.delete("r1")
    history.delete("r1b")
    dry = collect(store, client.home, dry_run=True)
    assert (1, 500, 1, True) == (dry.objects, dry.size, dry.young, store.has(alone.digest))
    done = collect(store, client.home)
    assert (dry, False, True, True) == (
        done,
        store.has(alone.digest),
        store.has(shared.digest),
        store.has(young.digest),
    )
    assert 1 == collect(store, client.home, grace=0).objects


def test_gc_leaves_the_cache_what_it_can_use(client: Client, history: History, tmp_path: Path) -> None:
    """Results of a run that is there are hits afterwards too; of a deleted one everything goes, and it runs again."""
    path = tmp_path / "nb.ipynb"
    cells = [
        nbformat.v4.new_code_cell(source, metadata={"tags": [f"step:{name}"]}, id=name)
        for name, source in {"make": "rows = list(range(1000))", "sum": "print(sum(rows))"}.items()
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)

    def cached() -> tuple[str, list[bool]]:
        run = client.run(path).wait()
        assert "SUCCEEDED" == run.state
        return run.id, [task.cached for task in run.tasks.values()]

    first, fresh = cached()
    collect(client.store, client.home, grace=0)
    second, hits = cached()
    assert ([False, False], [True, True]) == (fresh, hits)
    assert [] != client.store.list("cache")
    history.delete(first)
    history.delete(second)
    collect(client.store, client.home, grace=0)
    assert ([], []) == (list(client.store.blobs()), client.store.list("cache"))
    assert [False, False] == cached()[1]


def test_gc_keeps_what_a_living_run_may_refer_to(client: Client) -> None:
    """Whatever was put, or put again, since a living run began stays, without any grace; what is older goes."""
    store = client.store
    old, again, mine = store.put(b"old"), store.put(b"again"), store.put(b"mine")
    age(store, old, again)
    prepare(store, "r1", created=time.time() - 3600)
    assert again == store.put(b"again")
    folder = store.local_path(places.run_key("r1"))
    with Lease(places.lease_path(client.home, folder, store.root, "r1")):
        assert (1, 2) == (collect(store, client.home, grace=0).objects, len(list(store.blobs())))
    assert (2, []) == (collect(store, client.home, grace=0).objects, list(store.blobs()))
    assert not store.has(mine.digest)


def test_gc_keeps_what_an_attempt_left_that_the_log_does_not_know_yet(client: Client) -> None:
    """A killed run's last attempt may be taken up again: its documents count as well as the events."""
    store = client.store
    blob = store.put(b"result")
    age(store, blob)
    prepare(store, "r1")
    output = ExecutorOutput(state="SUCCEEDED", artifacts={"x": Artifact(name="x", blob=blob)})
    store.write(places.attempt_key("r1", "load", 1) + "/output.json", msgspec.json.encode(output))
    assert 0 == collect(store, client.home, grace=0).objects


def test_gc_removes_nothing_where_a_run_cannot_be_read(client: Client) -> None:
    """What such a run refers to is not known, so everything stays."""
    age(client.store, client.store.put(b"old"))
    client.store.write(places.run_key("bad", "run.json"), b"{")
    with pytest.raises(StoreError, match="bad"):
        collect(client.store, client.home)
    assert 1 == len(list(client.store.blobs()))


def test_gc_of_a_store_elsewhere_waits_for_living_runs(client: Client) -> None:
    """There it cannot be told what a living run has found, so it is refused; else it works as anywhere."""
    store = Store(f"memory://{client.home}")
    blob = store.put(b"old")
    prepare(store, "r1")
    lease = places.lease_path(client.home, None, store.root, "r1")
    with Lease(lease), pytest.raises(OutsideError, match="r1 is living"):
        collect(store, client.home, grace=0)
    assert (1, False) == (collect(store, client.home, grace=0).objects, store.has(blob.digest))


# -------------------------------------------------------------------------------------------------------- comparing


def test_compare_names_what_differs(client: Client) -> None:
    """Parameters and metrics side by side, and the code cells that differ, by id, with a short diff."""
    for run, lr, cells in (
        ("r1", 0.1, [("a", "x = 1\ny = 2"), ("b", "z = 3"), ("c", "w = 4")]),
        ("r2", 0.2, [("a", "x = 1\ny = 5"), ("c", "w = 4"), ("d", "v = 5")]),
    ):
        finished(client.store, run, {"auc": lr}, parameters={"lr": lr, "n": 1})
        notebook = {
            "cells": [
                {"cell_type": "code", "id": name, "source": source, "metadata": {"tags": ["step:s"]}}
                for name, source in cells
            ]
        }
        client.store.write(places.run_key(run, "notebook.ipynb"), msgspec.json.encode(notebook))
    document = compare([client.get("r1"), client.get("r2")])
    differ = {
        entry["name"]: entry["values"]
        for kind in ("parameters", "metrics", "versions")
        for entry in document[kind]
        if entry["differs"]
    }
    assert {"lr": [0.1, 0.2], "train.auc": [0.1, 0.2]} == differ
    assert [("a", "changed"), ("b", "removed"), ("d", "added")] == [(c["cell"], c["kind"]) for c in document["cells"]]
    assert " x = 1\n-y = 2\n+y = 5" == document["cells"][0]["diff"].partition("\n")[2]
    assert [] == compare([client.get("r1"), client.get("r1")])["cells"]


def test_compared_runs_say_which_are_interrupted(client: Client) -> None:
    """In the document and in what a notebook shows."""
    finished(client.store, "r1")
    prepare(client.store, "r2")
    for run in ("r1", "r2"):
        client.store.write(places.run_key(run, "notebook.ipynb"), msgspec.json.encode({"cells": []}))
    compared = Comparison([client.get("r1"), client.get("r2")])
    assert [("r1", False), ("r2", True)] == [(run["run_id"], run["interrupted"]) for run in compared.document["runs"]]
    assert ["pending (interrupted)"] == re.findall(r"pending[^<]*", compared._repr_html_())


# ---------------------------------------------------------------------------------------------------------- filters


def test_conditions_are_read_as_people_write_them() -> None:
    """Name, sign and value, with blanks or not; a value is JSON, a word of Python, or text."""
    assert Condition("auc", ">=", 0.8) == condition(" auc >= 0.8 ")
    assert Condition("kind", "=", "tree") == condition("kind=tree")
    assert Condition("kind", "=", "0.1") == condition('kind="0.1"')
    assert Condition("flag", "!=", True) == condition("flag!=True")
    assert Condition("path", "=", "a=b") == condition("path=a=b")


@pytest.mark.parametrize("text", ["auc", "auc>", ">1", "auc>high", "flag<true"])
def test_a_condition_that_says_nothing_is_a_wrong_call(text: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(WrongCall):
        condition(text)


def test_times_are_read_as_people_write_them() -> None:
    """How long ago, or a date or time, local where it names no zone."""
    assert 1_000_000 - 7200 == moment("2h", 1_000_000)
    assert 1_577_836_800 == moment("2020-01-01T00:00:00Z", 0)
    assert time.mktime((2020, 1, 2, 0, 0, 0, 0, 0, -1)) == moment("2020-01-02", 0)
    for words in ({"since": "yesterday"}, {"state": "DONE"}, {"archived": "maybe"}):
        with pytest.raises(WrongCall):
            run_filter(**words)


def test_runs_as_a_data_frame(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`kfnb.runs` takes the filters as keywords and gives a row a run, with metrics and parameters as columns."""
    import kfnb

    monkeypatch.setenv("KFNB_HOME", str(client.home))
    assert 0 == len(kfnb.runs())
    finished(client.store, "r1", {"auc": 0.9}, created=1.0, parameters={"n": 1})
    finished(client.store, "r2", {"auc": 0.5, "loss": "NaN"}, created=2.0)
    frame = kfnb.runs()
    assert ["r2", "r1"] == list(frame["run_id"])
    assert [0.5, 0.9] == list(frame["metric.train.auc"])
    assert "UTC" == str(frame["created"].dt.tz)
    assert ["r1"] == list(kfnb.runs(metric="auc>0.8", param=["n=1"])["run_id"])
    assert ["r1"] == list(kfnb.runs(limit=1, page=2)["run_id"])


def test_without_pandas_the_message_says_so(client: Client) -> None:
    """`kfnb.runs` needs pandas, and names what to install."""
    import subprocess
    import sys

    program = (
        "import sys, kfnb\nsys.modules['pandas'] = None\n"
        "try:\n    kfnb.runs()\nexcept kfnb.OutsideError as error:\n    print(error)"
    )
    environment = {**os.environ, "KFNB_HOME": str(client.home)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert "pip install pandas" in done.stdout
