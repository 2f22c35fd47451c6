"""In a real browser: a run displayed in a notebook is a living widget, and a plain picture where none can live."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import choose, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WAITS = "import os, time\nprint('it waits')\nwhile not os.path.exists({gate!r}):\n    time.sleep(0.02)\nprint(rows)"


DIRTY = ".lm-TabBar-tab.jp-mod-dirty"
STARTS = "import kfnb\nrun = kfnb.run('pipeline.ipynb', cache=False{more})\nrun"


@pytest.fixture
def gate(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """What lets the second step of pipeline.ipynb end, which the notebooks of this folder run and display."""
    gate = tmp_path / "gate"
    cells = [
        nbformat.v4.new_code_cell("rows = [1, 2, 3]", metadata={"tags": ["step:load"]}),
        nbformat.v4.new_code_cell(WAITS.format(gate=str(gate)), metadata={"tags": ["step:wait"]}),
    ]
    folder = lab.root / "widget"
    folder.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "pipeline.ipynb")
    write_notebook(folder / "watch.ipynb", ("", STARTS.format(more="")))
    write_notebook(folder / "detached.ipynb", ("", STARTS.format(more=", detach=True")))
    yield gate
    gate.touch()  # else the kernel, which waits for its run, outlives a test that failed


def start(page: Page, lab: Lab, name: str) -> Locator:
    """Open a notebook, run its cell, and wait until the second step runs; what the cell shows is returned."""
    page.goto(lab.address(f"widget/{name}"))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # what is run before is dropped
    page.locator(".jp-Notebook .jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output")
    expect(output.locator(".kfnb-graph-node[data-node=wait]")).to_have_attribute("data-state", "RUNNING")
    return output


def saved(page: Page, lab: Lab, name: str) -> dict[str, str]:
    """Save the notebook; return what its file has of the cell's output, by media type."""
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.keyboard.press("Control+s")
    (shown,) = read_notebook(lab.root / "widget" / name)["cells"][0]["outputs"]
    return {kind: "".join(text) for kind, text in shown["data"].items()}


def picture(output: Locator, state: str) -> Locator:
    """The picture of the run with its second step in this state."""
    return output.locator(f"img[src^='data:image/svg+xml;base64,'][alt='Pipeline: load succeeded, wait {state}']")


def test_a_run_lives_in_its_cell_and_leaves_a_picture(page: Page, lab: Lab, gate: Path) -> None:
    """Steps change state by themselves, a clicked one shows its log; the saved notebook has the picture alone."""
    output = start(page, lab, "watch.ipynb")
    output.locator(".kfnb-graph-node[data-node=load]").click()
    expect(output.locator(".kfnb-live-results [data-artifact=rows]")).to_be_visible()
    output.locator(".kfnb-graph-node[data-node=wait]").click()
    expect(output.locator(".kfnb-live-log")).to_contain_text("it waits")
    gate.touch()
    expect(picture(output, "succeeded")).to_be_visible()
    expect(output.locator(".kfnb-graph")).to_have_count(0)
    assert {"text/html", "text/plain"} == set(saved(page, lab, "watch.ipynb"))


def test_a_notebook_saved_meanwhile_has_the_run_as_it_stands(page: Page, lab: Lab, gate: Path) -> None:
    """The file has a picture of that moment, the page its widget; opened again, the picture follows the run."""
    output = start(page, lab, "watch.ipynb")
    output.locator(".kfnb-graph-node[data-node=wait]").click()
    expect(output.locator(".kfnb-live-log")).to_contain_text("it waits")
    kept = saved(page, lab, "watch.ipynb")
    assert {"text/html", "text/plain"} == set(kept)
    assert 'alt="Pipeline: load succeeded, wait running"' in kept["text/html"]
    assert " · as it stood on " in kept["text/html"]
    expect(output.locator(".kfnb-live-log")).to_contain_text("it waits")  # a widget drawn anew would not show it
    expect(page.locator(DIRTY)).to_have_count(0)

    page.goto(lab.address("widget/watch.ipynb"))
    expect(picture(output, "running")).to_be_visible()
    gate.touch()
    expect(picture(output, "succeeded")).to_be_visible()
    expect(page.locator(DIRTY)).to_have_count(0)
    assert "wait succeeded" in saved(page, lab, "watch.ipynb")["text/html"]


def test_a_run_that_outlives_its_kernel_is_shown_to_its_end(page: Page, lab: Lab, gate: Path) -> None:
    """A picture takes the place of a widget whose kernel is gone and follows the run; that of a saved notebook too."""
    output = start(page, lab, "detached.ipynb")
    assert "wait running" in saved(page, lab, "detached.ipynb")["text/html"]
    choose(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(picture(output, "running")).to_be_visible()
    expect(output.locator(".kfnb-live")).to_have_count(0)
    gate.touch()
    expect(picture(output, "succeeded")).to_be_visible()
    page.goto(lab.address("widget/detached.ipynb"))
    expect(picture(output, "succeeded")).to_be_visible()
