"""Runs side by side from Python, as values and as a notebook shows them."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat
import pytest

import kfnb
from kfnb.client import Client, Run
from kfnb.errors import WrongCall
from kfnb.history.compared import Comparison

PARAMETERS = "rate = 1\nlabel = '<b>'"
SCORE = """
import kfnb
kfnb.log_metrics({"auc": rate / 4, "same": 1, "none": float("nan")})
for loss in (rate, float("inf"), rate / 2):
    kfnb.log_metric("loss <i>", loss)
kfnb.log_roc_curve([0, rate / 4, 1], [0, 1, 1], [1, 0.5, 0], name="roc")
kfnb.log_confusion_matrix(["no", label], [[5, rate], [1, 2]], name="matrix")
"""


@pytest.fixture
def runs(client: Client, tmp_path: Path) -> tuple[Run, Run]:
    """Two runs of a notebook with another parameter and another line of code."""
    found = []
    for rate, code in ((1, SCORE), (2, SCORE + "print('more')")):
        cells = [
            nbformat.v4.new_code_cell(PARAMETERS, id="p", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(code, id="s", metadata={"tags": ["step:score"]}),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "scores.ipynb")
        found.append(client.run(tmp_path / "scores.ipynb", {"rate": rate}).wait())
    client.close()
    return found[0], found[1]


def test_a_comparison_has_the_values_of_each_run(runs: tuple[Run, Run]) -> None:
    """Parameters and metrics are in the order of the runs, and code is told against the first."""
    compared = kfnb.compare(*runs)
    assert (1, 2) == compared.parameters["rate"]
    assert (0.25, 0.5) == compared.metrics["score.auc"]
    assert all(value != value for value in compared.metrics["score.none"])
    assert [("s", "changed", runs[1].id)] == [(c["cell"], c["kind"], c["run_id"]) for c in compared.cells]
    words = f"<Comparison of {runs[0].id}, {runs[1].id}: 1 parameters, 2 metrics, 1 versions and 1 cells differ>"
    assert words == repr(compared)


def test_a_notebook_shows_runs_side_by_side(runs: tuple[Run, Run]) -> None:
    """What differs is bold, no head is empty, both curves lie in one picture, and no text of the user's is markup."""
    html = Comparison(runs)._repr_html_()
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    assert ["<b>parameters</b>", "<b>rate</b>", "<b>1</b>", "<b>2</b>"] == cells[
        (at := cells.index("<b>rate</b>") - 1) : at + 4
    ]
    assert ["metrics", "score.same", "1", "1"] == cells[(at := cells.index("score.same") - 1) : at + 4]
    assert "&lt;b&gt;" in html
    assert "score.loss &lt;i&gt;" in html
    pictures = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", html)
    went, roc = (base64.b64decode(picture).decode() for picture in pictures)
    assert 2 == roc.count("<polyline")
    assert ["60.0,123.3 360.0,180.0", "60.0,10.0 360.0,123.3"] == re.findall(r'points="([^"]+)"', went)
    assert [
        *(f"{runs[0].id}: 0.5", f"{runs[1].id}: 1"),
        *(f"{runs[0].id}: area 0.8750", f"{runs[1].id}: area 0.7500"),
    ] == re.findall(r"</span> ([^<]+)</div>", html)
    assert "+print(&#x27;more&#x27;)" in html
    assert [] == re.findall("<th[^>]*></th>", html)


def test_floats_among_parameters_are_floats_beside_one_another(client: Client, tmp_path: Path) -> None:
    """As Python writes them where they have few digits: 1.0 is not 1."""
    cells = [
        nbformat.v4.new_code_cell("rate = 1.0", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("twice = rate * 2", metadata={"tags": ["step:twice"]}),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "rates.ipynb")
    runs = [
        client.run(tmp_path / "rates.ipynb", given).wait() for given in ({}, {"rate": 0.123456789}, {"rate": 1e-05})
    ]
    html = Comparison(runs)._repr_html_()
    values = re.findall(r"<td[^>]*><b>(.*?)</b></td>", html)
    assert ["1.0", "0.1235", "1e-05"] == values[(at := values.index("rate") + 1) : at + 3]


def test_runs_that_are_the_same_say_so(runs: tuple[Run, Run]) -> None:
    """A run beside itself differs in nothing."""
    assert "The code cells are the same." in Comparison((runs[0], runs[0]))._repr_html_()


def test_one_run_is_not_compared(runs: tuple[Run, Run]) -> None:
    """Fewer than two runs are refused with what to write."""
    with pytest.raises(WrongCall, match="two runs or more"):
        kfnb.compare(runs[0])
