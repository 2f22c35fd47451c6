"""In a real browser: lists of runs and comparisons in a notebook's cells, and what stays of them without a kernel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import cell, choose, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def shown(lab: Lab, page: Page, listed: str) -> tuple[Locator, Locator]:
    """What the cells show: the list of runs, and both side by side."""
    page.set_viewport_size({"width": 1280, "height": 3000})
    page.goto(lab.address(listed))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # what is run before is dropped
    for name in ("Run", "Run All Cells"):
        page.get_by_role("menuitem", name=name, exact=True).click()
    runs, compared = (page.locator(".jp-Notebook .jp-Cell").nth(n).locator(".jp-OutputArea-output") for n in (1, 2))
    expect(runs.locator(".kfnb-shown tbody tr[data-run]").first).to_be_visible()
    expect(compared.locator(".kfnb-shown .kfnb-comparison")).to_be_visible()
    return runs, compared


WAITS = "import os, time\nwhile not os.path.exists({!r}):\n    time.sleep(0.02)"


@pytest.fixture
def gates(lab: Lab, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """What lets the step of a run that another process drives end, and what lets the last cell of followed.ipynb."""
    gate, free = tmp_path / "gate", tmp_path / "free"
    folder = lab.root / "followed"
    folder.mkdir(exist_ok=True)
    step = nbformat.v4.new_code_cell(WAITS.format(str(gate)), metadata={"tags": ["step:wait"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[step]), folder / "pipeline.ipynb")
    start = "import kfnb, time\nbegun = time.time()\nkfnb.run('pipeline.ipynb', cache=False, detach=True).id"
    busy = f"print('it is busy')\n{WAITS.format(str(free))}"
    write_notebook(folder / "followed.ipynb", ("", start), ("", "kfnb.runs(since=begun)"), ("", busy))
    yield gate, free
    for path in (gate, free):
        path.touch()  # else run and kernel outlive a test that failed


def rows(listed: Locator) -> Locator:
    """The names of the runs in the order of the table."""
    return listed.locator("tbody tr[data-run] td:nth-child(2) .kfnb-link")


def test_runs_in_a_cell_are_sorted_searched_compared_and_opened(page: Page, shown: tuple[Locator, Locator]) -> None:
    """As on the page of runs; keys work within the widget, and are no commands of the notebook."""
    listed, compared = shown
    expect(rows(listed)).to_have_text(["second", "first"])
    head = listed.locator("[data-sort='metric.score.auc']")
    head.click()
    head.click()
    expect(rows(listed)).to_have_text(["first", "second"])
    listed.get_by_label("Search runs").fill("SECOND")
    expect(rows(listed)).to_have_text(["second"])
    listed.get_by_label("Search runs").fill("")
    listed.get_by_label("State").select_option("FAILED")
    expect(listed.get_by_text("There are no runs here.")).to_be_visible()
    listed.get_by_label("State").select_option("")
    expect(rows(listed)).to_have_text(["first", "second"])

    listed.get_by_label("Choose all runs of this page").press("Space")
    listed.locator("[data-action=compare]").press("b")  # on a cell it inserts one
    listed.locator("[data-action=compare]").press("Enter")
    expect(listed.locator(".kfnb-comparison [data-differs=true]", has_text="score.auc")).to_have_text(
        "score.auc0.250.5"
    )
    rows(listed).first.press("Enter")
    expect(listed.locator(".kfnb-comparison")).to_have_count(0)
    listed.locator(".kfnb-graph-node[data-node=score]").click()
    expect(listed.locator(".kfnb-live-log")).to_contain_text("scored 1")
    expect(listed.locator(".kfnb-live-results [data-artifact=matrix]")).to_be_visible()

    chart = compared.locator("figure", has=page.get_by_text("score · loss", exact=True))
    chart.locator(".kfnb-chart-plot").hover(position={"x": 200, "y": 40})
    expect(chart.locator(".kfnb-chart-reading > div")).to_contain_text([": 2 at 1", ": 2 at 1"])
    chart.locator(".kfnb-chart-key").first.click()
    chart.locator(".kfnb-chart-plot").hover(position={"x": 340, "y": 40})
    expect(chart.locator(".kfnb-chart-reading > div")).to_contain_text([": 2 at 2"])
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(3)


def test_without_their_kernel_lists_and_comparisons_are_tables(
    page: Page, lab: Lab, shown: tuple[Locator, Locator]
) -> None:
    """The file has no widget while the page keeps it; opened again, and after a restart, tables stand there."""
    listed, compared = shown
    listed.locator("[data-action=compare]").focus()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.keyboard.press("Control+s")
    _, *cells = read_notebook(lab.root / "widgets" / "lists.ipynb")["cells"]
    assert [{"text/html", "text/plain"}] * 2 == [set(cell["outputs"][0]["data"]) for cell in cells]
    expect(listed.locator(".kfnb-shown")).to_be_visible()

    choose(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    for again in (False, True):
        if again:
            page.goto(lab.address("widgets/lists.ipynb"))
        expect(listed.locator("td", has_text="second")).to_be_visible()
        expect(compared.locator("img[alt^='score.roc.']")).to_be_visible()
        expect(page.locator(".kfnb-shown")).to_have_count(0)


def test_a_list_and_an_opened_run_follow_while_a_cell_runs(page: Page, lab: Lab, gates: tuple[Path, Path]) -> None:
    """The run is another process's, and the kernel answers nothing: it says by itself what has changed."""
    gate, free = gates
    page.goto(lab.address("followed/followed.ipynb"))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # what is run before is dropped
    cell(page, "detach=True").locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    listed = page.locator(".jp-OutputArea-output .kfnb-shown")
    rows(listed).click()
    node = listed.locator(".kfnb-graph-node[data-node=wait]")
    expect(node).to_have_attribute("data-state", "RUNNING")
    state = listed.locator("tbody tr[data-run] td:nth-child(3)")
    expect(state).to_contain_text("running")
    page.keyboard.press("Escape")
    cell(page, "it is busy").locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-OutputArea-output", has_text="it is busy")).to_be_visible()
    gate.touch()
    expect(node).to_have_attribute("data-state", "SUCCEEDED")
    expect(state).to_contain_text("succeeded")
    expect(page.get_by_text("Python 3 (ipykernel) | Busy")).to_be_visible()
    free.touch()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
