"""Takes the documentation's pictures of JupyterLab in a real browser; `make screenshots` calls this."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from jupyter_lab import TOKEN, Lab, read_notebook
from playwright.sync_api import Page, expect, sync_playwright
from working import cell, open_notebook, press_run, run, show_panel

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PATIENCE_MS = 180_000
THEMES = "@jupyterlab/apputils-extension:themes"
SIZE = (1280, 800)
WIDER = 150
"""By how many pixels the panel is made wider than JupyterLab shows it at first."""


def main(folder: Path) -> None:
    """Write the pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary, sync_playwright() as playwright:
        lab = Lab(Path(temporary))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
            page.set_default_timeout(PATIENCE_MS)
            _take(page, lab, folder)
        finally:
            browser.close()
            lab.stop()


def _take(page: Page, lab: Lab, folder: Path) -> None:
    for name in ("churn.ipynb", "churn_data.py"):
        shutil.copy(NOTEBOOKS / name, lab.root)
    _suggest(page, lab, folder)
    open_notebook(page, lab, lab.root / "churn.ipynb")
    _make_room(page)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()

    cell(page, "forest.fit").locator(".jp-InputArea-prompt").click()
    page.locator("#kfnb-tab-step").click()
    expect(page.locator(".kfnb-step-head")).to_contain_text("random forest")
    page.screenshot(path=folder / "step.png")
    page.locator("#kfnb-tab-pipeline").click()
    expect(page.locator(".kfnb-graph-node")).to_have_count(7)
    page.screenshot(path=folder / "pipeline.png")

    graph = run(page, customers="3000")
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note")).to_be_visible()
    graph.locator('[data-node="choose the best"]').click()
    expect(page.locator(".kfnb-log pre")).not_to_contain_text("Nothing has been printed yet.")
    cell(page, "best_name = scores").locator(".jp-InputArea-prompt").click()
    expect(page.locator(".Toastify__toast")).to_have_count(0)  # it covers the log for some seconds
    page.screenshot(path=folder / "run.png")

    run(page, customers="1500")
    _watch_in_the_dark(page, lab, folder)
    _compare(page, lab, folder)


def _suggest(page: Page, lab: Lab, folder: Path) -> None:
    """The same notebook without tags, with the steps that are proposed for it."""
    notebook = read_notebook(lab.root / "churn.ipynb")
    for found in notebook["cells"]:
        found["metadata"].pop("tags", None)
    (lab.root / "untagged.ipynb").write_text(json.dumps(notebook), "utf-8")
    page.goto(lab.address("untagged.ipynb"))
    expect(cell(page, "forest.fit")).to_be_visible()
    show_panel(page)
    _make_room(page)
    page.locator("#kfnb-tab-pipeline").click()
    page.locator("[data-action=suggest]").click()
    expect(page.locator(".kfnb-proposal [data-step]").nth(2)).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    page.screenshot(path=folder / "suggest.png")


def _watch_in_the_dark(page: Page, lab: Lab, folder: Path) -> None:
    """A run that goes on, in the dark theme."""
    lab.set_up(THEMES, {"theme": "JupyterLab Dark"})
    open_notebook(page, lab, lab.root / "churn.ipynb")
    _make_room(page)
    page.locator("#kfnb-tab-run").click()
    page.locator("[data-group=new-run] > summary").click()
    page.locator(".kfnb-run-form [data-parameter=customers]").fill("40000")
    press_run(page, page.locator(".kfnb-run[data-state=RUNNING]"))
    page.locator('.kfnb-run .kfnb-graph-node[data-node="random forest"][data-state=RUNNING]').click()
    expect(page.locator(".kfnb-task")).to_be_visible()
    page.screenshot(path=folder / "watch_dark.png")
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    lab.set_up(THEMES, None)


def _compare(page: Page, lab: Lab, folder: Path) -> None:
    """The two runs before the last one, side by side."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    rows = page.locator(".kfnb-runs tbody tr")
    for place in (1, 2):
        rows.nth(place).get_by_role("checkbox").check()
    page.locator("[data-action=compare]").click()
    expect(page.locator(".kfnb-comparison polyline").first).to_be_visible()
    page.screenshot(path=folder / "compare.png")


def _make_room(page: Page) -> None:
    """Close the file browser, and make the panel wider by its handle."""
    page.locator(".jp-SideBar [data-id=filebrowser]").click()
    expect(page.locator("#filebrowser")).to_be_hidden()
    panel = page.locator("#kfnb-panel").bounding_box()
    assert panel is not None
    x, y = panel["x"] - 1, panel["y"] + panel["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - WIDER, y, steps=5)
    page.mouse.up()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
