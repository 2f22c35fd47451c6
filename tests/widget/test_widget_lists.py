"""Lists of runs and comparisons displayed in a notebook: widgets that are asked, and tables where there is no page."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from widget_page import Page, answer, needs_widgets, shown, state

from kfnb.widget import VIEW

pytestmark = needs_widgets

SCORE = """
import kfnb
print('scored', rate)
for loss in (4, 2, float('nan')):
    kfnb.log_metric('loss', loss)
kfnb.log_metric('auc', rate / 4)
kfnb.log_roc_curve([0, rate / 4, 1], [0, 1, 1], [1, 0.5, 0], name='roc')
kfnb.log_confusion_matrix(['no', '<b>'], [[5, rate], [1, 2]], name='matrix')
"""
RUN = """
import kfnb, pickle
import pandas as pd
first = kfnb.run('scores.ipynb', name='plain').wait()
second = kfnb.run('scores.ipynb', {'rate': 2}, name='<i>', experiment='rates').wait()
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A kernel that has run a notebook twice."""
    folder = tmp_path_factory.mktemp("lists")
    cells = [
        nbformat.v4.new_code_cell("rate = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(SCORE, metadata={"tags": ["step:score"]}),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "scores.ipynb")
    environment = {**os.environ, "KFNB_HOME": str(folder / "home")}
    manager, client = start_new_kernel(cwd=str(folder), env=environment)
    try:
        page = Page(client)
        page.run(RUN)
        yield page
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def names(answered: dict[str, Any]) -> list[str]:
    """The names of the runs of a page."""
    return [run["name"] for run in answered["value"]["runs"]]


def test_a_comparison_is_a_widget_beside_its_tables(page: Page) -> None:
    """It has everything at once, as the server says it; shown again, it is the same widget."""
    data = shown(page, "compared = kfnb.compare(first, second)\ncompared")
    assert {VIEW, "text/html", "text/plain"} == set(data)
    assert data["text/html"].startswith('<div class="kfnb-comparison">')
    compared = state(page, data)["compared"]
    assert ["plain", "<i>"] == [run["name"] for run in compared["comparison"]["runs"]]
    assert {"rate": ["1", "2"]} == compared["comparison"]["written"]
    roc, matrix = (compared["metrics"][1]["score"][name] for name in ("roc", "matrix"))
    assert ("roc_curve", [0, 0.5, 1]) == (roc["kind"], roc["fpr"])
    assert ("confusion_matrix", [[5, 2], [1, 2]]) == (matrix["kind"], matrix["rows"])
    assert {"steps": [0, 1, 2], "values": [4, 2, "NaN"], "logged": 3} == compared["series"][0]["score"]["loss"]
    assert data[VIEW] == shown(page, "compared")[VIEW]


def test_a_list_of_runs_is_a_widget_beside_its_table(page: Page) -> None:
    """Its first page and experiments are there at once; the frame's own table stands beside it."""
    data = shown(page, "kfnb.runs()")
    assert {VIEW, "text/html", "text/plain"} == set(data)
    assert data["text/html"].startswith('<div class="kfnb-runs"><div>')
    assert "metric.score.auc" in data["text/html"]
    assert "<th></th>" not in data["text/html"]
    traits = state(page, data)
    assert ["<i>", "plain"] == [run["name"] for run in traits["page"]["runs"]]
    assert "scores.ipynb" == traits["page"]["runs"][0]["notebook"]
    assert {"rate": "2"} == traits["page"]["runs"][0]["written"]
    assert (["rates", "Default"], "") == (traits["experiments"], traits["note"])


def test_a_list_is_sorted_and_searched_by_the_kernel(page: Page) -> None:
    """The page asks as it asks the server; only runs of the frame come, as they are now."""
    data = shown(page, "kfnb.runs()")
    sort = {"sort": ["metric.score.auc"], "limit": ["50"]}
    assert ["plain", "<i>"] == names(answer(page, data, "page", question=sort))
    assert ["<i>"] == names(answer(page, data, "page", question={**sort, "search": ["<I>"]}))
    assert ["<i>"] == names(answer(page, data, "page", question={**sort, "metric": ["auc>0.3"]}))
    assert [] == names(answer(page, data, "page", question={**sort, "state": ["FAILED"]}))
    assert ["plain", "<i>"] == names(answer(page, data, "page", question={**sort, "notebook": ["scores.ipynb"]}))
    first = answer(page, data, "page", question={**sort, "limit": ["1"]})
    assert ["plain"] == names(first)
    after = {**sort, "limit": ["1"], "cursor": [first["value"]["next"]]}
    assert ["<i>"] == names(answer(page, data, "page", question=after))
    one = shown(page, "kfnb.runs(experiment='rates')")
    assert ["<i>"] == names(answer(page, one, "page", question=sort))


def test_runs_of_a_list_are_compared_and_opened(page: Page) -> None:
    """The answers are those of the widgets of a comparison and of a run; what cannot be answered is said in words."""
    data = shown(page, "kfnb.runs()")
    ids = [run["run_id"] for run in state(page, data)["page"]["runs"]]
    compared = answer(page, data, "compare", runs=ids)["value"]
    assert ids == [run["run_id"] for run in compared["comparison"]["runs"]]
    assert 2 == len(compared["metrics"]) == len(compared["series"])
    opened = answer(page, data, "run", run=ids[0])["value"]
    assert (["score"], "SUCCEEDED") == ([n["name"] for n in opened["graph"]["nodes"]], opened["status"]["state"])
    log = answer(page, data, "log", run=ids[0], task="score")["value"]
    assert ("scored 2", False) == (log["text"].splitlines()[0], log["cut"])
    made = answer(page, data, "results", run=ids[0], task="score")["value"]
    assert [4, 2, "NaN"] == made["series"]["loss"]["values"]
    assert "Choose two runs or more." == answer(page, data, "compare", runs=ids[:1])["trouble"]
    assert "There is no run" in answer(page, data, "run", run="nope")["trouble"]
    assert "The kernel cannot answer this: KeyError" in answer(page, data, "page")["trouble"]


def test_the_frame_stays_a_data_frame(page: Page) -> None:
    """What is made of it is plain, also in a pickle; one that was changed is shown as any other."""
    page.run(
        "frame = kfnb.runs()\n"
        "made = (frame[frame.name == 'plain'], frame.copy(), frame.head(1), pickle.loads(pickle.dumps(frame)))\n"
        "assert isinstance(frame, pd.DataFrame) and [pd.DataFrame] * 4 == [type(one) for one in made]\n"
        "pd.testing.assert_frame_equal(made[3], pd.DataFrame(frame))"
    )
    changes = ("frame.loc[0, 'name'] = 'x'", "frame['new'] = 1", "frame.sort_values('created', inplace=True)")
    for change in changes:
        assert {"text/html", "text/plain"} == set(shown(page, f"frame = kfnb.runs()\n{change}\nframe"))


def test_more_runs_than_a_list_shows_are_told(page: Page) -> None:
    """The newest are shown, and it is said how many there are."""
    data = shown(page, "from kfnb.history import listed\nmost, listed.MOST = listed.MOST, 1\nkfnb.runs()")
    page.run("listed.MOST = most")
    traits = state(page, data)
    assert ["<i>"] == [run["name"] for run in traits["page"]["runs"]]
    assert "The first 1 of 2 runs are shown; the DataFrame has all." == traits["note"]


def test_who_cannot_be_asked_gets_tables_alone(page: Page) -> None:
    """A program that runs notebooks saves what it gets: there is no widget in it, which would be nothing later."""
    page.client.allow_stdin = False
    try:
        for source in ("kfnb.runs()", "kfnb.compare(first, second)"):
            assert {"text/html", "text/plain"} == set(shown(page, source))
        page.run("assert type(kfnb.runs()) is pd.DataFrame")
    finally:
        page.client.allow_stdin = True


def test_a_terminal_gets_text(page: Page, tmp_path: Path) -> None:
    """IPython without a kernel shows both as text, without a word about widgets."""
    home = shown(page, "from kfnb.orchestrator.places import data_home\nstr(data_home())")["text/plain"].strip("'")
    program = "import kfnb\ndisplay(kfnb.runs())\ndisplay(kfnb.compare(*kfnb.runs()['run_id']))"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", program],
        env={**os.environ, "KFNB_HOME": home, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert "<Comparison of " in done.stdout
    assert "run_id" in done.stdout
