"""A JupyterLab of the tests' own and pages of a real browser that show it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import pytest
from jupyter_lab import Lab
from playwright.sync_api import Browser, Page, expect, sync_playwright
from working import write_notebook

PATIENCE_MS = 90_000
"""How long a page may take for what it is expected to show: a busy machine is slow, not wrong."""

expect.set_options(timeout=PATIENCE_MS)

MEASURED = 'import kfnb\n\nkfnb.log_metric("letters", len(longest))'

SCORE = """import kfnb
print('scored', rate)
for loss in (4, 2, rate):
    kfnb.log_metric('loss', loss)
kfnb.log_metric('auc', rate / 4)
kfnb.log_roc_curve([0, rate / 4, 1], [0, 1, 1], [1, 0.5, 0], name='roc')
kfnb.log_confusion_matrix(['no', 'yes'], [[5, rate], [1, 2]], name='matrix')"""
SCORES = """import kfnb, time
begun = time.time()
first = kfnb.run('scores.ipynb', name='first').wait()
second = kfnb.run('scores.ipynb', {'rate': 2}, name='second').wait()"""

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def lab(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the extension, for the tests of one file: runs of others are not in its cache and its lists."""
    if not (root / "kfnb" / "labextension" / "package.json").is_file():
        _without("the extension is not built: `make front-end` builds it")
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; Playwright holds an event loop as long, in which other tests could run none of their own."""
    if CHROMIUM is None:
        _without("there is no Chromium: `make chromium` installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_MS)
        yield chromium
        chromium.close()


@pytest.fixture
def screen() -> dict[str, Any]:
    """The screen of a page, in the words of Playwright's contexts."""
    return {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def page(browser: Browser, screen: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page of a browser that knows nothing; with KFNB_SCREENSHOTS=FOLDER its last sight is kept there."""
    context = browser.new_context(**screen)
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    yield opened
    if os.environ.get("KFNB_SCREENSHOTS"):
        opened.screenshot(path=Path(os.environ["KFNB_SCREENSHOTS"]) / f"{request.node.name}.png")
    context.close()


@pytest.fixture
def quickstart(lab: Lab, root: Path, request: pytest.FixtureRequest) -> Path:
    """The quickstart in the folder that JupyterLab serves, without one of its steps, with a metric."""
    notebook = json.loads((root / "notebooks" / "quickstart.ipynb").read_text("utf-8"))
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    cells["longest"]["metadata"].clear()
    cells["longest"]["source"] += ["\n", *MEASURED.splitlines(keepends=True)]
    path = lab.root / (re.sub(r"\W+", "_", request.node.name) + ".ipynb")
    path.write_text(json.dumps(notebook), "utf-8")
    return path


@pytest.fixture
def watched(lab: Lab, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A notebook that runs and displays another, and what lets the step of that one end."""
    gate, folder = tmp_path / "gate", lab.root / "watched"
    folder.mkdir(exist_ok=True)
    waits = f"import os, time\nprint('it waits')\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)"
    step = nbformat.v4.new_code_cell(waits, metadata={"tags": ["step:wait"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[step]), folder / "pipeline.ipynb")
    show = nbformat.v4.new_code_cell("import kfnb\nrun = kfnb.run('pipeline.ipynb', cache=False)\nrun")
    watch = nbformat.v4.new_notebook(cells=[show])
    watch.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(watch, folder / "watch.ipynb")
    yield "watched/watch.ipynb", gate
    gate.touch()  # else the kernel, which waits for its run, outlives a test that failed


@pytest.fixture
def listed(lab: Lab) -> str:
    """A notebook that runs another twice, and shows the list of runs and both side by side."""
    folder = lab.root / "widgets"
    folder.mkdir(exist_ok=True)
    step = nbformat.v4.new_code_cell(SCORE, metadata={"tags": ["step:score"]})
    rate = nbformat.v4.new_code_cell("rate = 1", metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[rate, step]), folder / "scores.ipynb")
    shown = "kfnb.runs(since=begun)", "kfnb.compare(first, second)"
    write_notebook(folder / "lists.ipynb", *(("", code) for code in (SCORES, *shown)))
    return "widgets/lists.ipynb"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return Path(__file__).resolve().parents[2]


def _without(why: str) -> NoReturn:
    pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
