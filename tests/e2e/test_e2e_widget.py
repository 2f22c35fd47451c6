"""In a real browser: a run displayed in a notebook is a living widget, and a plain picture when it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

WAITS = "import os, time\nprint('it waits')\nwhile not os.path.exists({gate!r}):\n    time.sleep(0.02)\nprint(rows)"


@pytest.fixture
def gate(lab: Lab, tmp_path: Path) -> Iterator[Path]:
    """What lets the second step of pipeline.ipynb end, which watch.ipynb runs and displays."""
    gate = tmp_path / "gate"
    cells = [
        nbformat.v4.new_code_cell("rows = [1, 2, 3]", metadata={"tags": ["step:load"]}),
        nbformat.v4.new_code_cell(WAITS.format(gate=str(gate)), metadata={"tags": ["step:wait"]}),
    ]
    folder = lab.root / "widget"
    folder.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "pipeline.ipynb")
    source = "import kfnb\nrun = kfnb.run('pipeline.ipynb', cache=False)\nrun"
    watch = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    watch.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(watch, folder / "watch.ipynb")
    yield gate
    gate.touch()  # else the kernel, which waits for its run, outlives a test that failed


def test_a_run_lives_in_its_cell_and_leaves_a_picture(page: Page, lab: Lab, gate: Path) -> None:
    """Steps change state by themselves, a clicked one shows its log; the saved notebook has the picture alone."""
    page.goto(lab.address("widget/watch.ipynb"))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # what is run before is dropped
    page.locator(".jp-Notebook .jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output")
    step = output.locator(".kfnb-graph-node[data-node=wait]")
    expect(step).to_have_attribute("data-state", "RUNNING")
    step.click()
    expect(output.locator(".kfnb-live-log")).to_contain_text("it waits")
    gate.touch()
    picture = output.locator("img[src^='data:image/svg+xml;base64,']")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", "Pipeline: load succeeded, wait succeeded")
    expect(output.locator(".kfnb-graph")).to_have_count(0)
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.keyboard.press("Control+s")
    (shown,) = read_notebook(lab.root / "widget" / "watch.ipynb")["cells"][0]["outputs"]
    assert {"text/html", "text/plain"} == set(shown["data"])
