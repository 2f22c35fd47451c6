"""In a real browser: whoever runs a notebook that is not saved is asked once, and can take the answer back."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_lab import Lab
from playwright.sync_api import Page, expect
from working import choose, open_notebook, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def change(page: Page, path: Path, line: str) -> None:
    """Write a line into the notebook, which is not on disk by that, and ask for a run."""
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(f"\n{line}")
    assert line not in path.read_text("utf-8")
    page.locator("#kfnb-tab-run").click()
    new = page.locator("[data-group=new-run]")
    if new.get_attribute("open") is None:
        new.locator("> summary").click()
    page.locator("[data-action=run]").click()


def expect_runs(page: Page, path: Path, line: str, number: int) -> None:
    """So many runs of the notebook have been started, the last of what was written."""
    listed = page.locator("[data-field=runs] option:not([value=''])")
    expect(listed).to_have_count(number)
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    assert line in path.read_text("utf-8")


def test_whether_a_notebook_may_be_saved_is_asked_once(lab: Lab, page: Page) -> None:
    """No is no, and asked again; yes counts from then on, on another day too, until the settings say otherwise."""
    path = lab.root / "unsaved.ipynb"
    write_notebook(path, ("step:load", "rows = [1, 2, 3]"))
    open_notebook(page, lab, path)
    dialog = page.locator(".jp-Dialog")
    change(page, path, "# first")
    expect(dialog).to_contain_text("Save the notebook and run it?")
    dialog.locator(".jp-mod-reject").click()
    expect(dialog).to_have_count(0)
    assert "# first" not in path.read_text("utf-8")
    page.locator("[data-action=run]").click()
    dialog.locator(".jp-mod-accept").click()
    expect_runs(page, path, "# first", 1)

    change(page, path, "# second")
    expect_runs(page, path, "# second", 2)
    open_notebook(page, lab, path)
    change(page, path, "# third")
    expect_runs(page, path, "# third", 3)

    choose(page, "Settings", "Settings Editor")
    page.get_by_placeholder("Search settings").last.fill("Pipeline (kfnb)")
    consent = page.get_by_label("Save before a run")
    expect(consent).to_be_checked()
    with page.expect_response(lambda answer: "lab/api/settings/@kfnb" in answer.url and answer.request.method == "PUT"):
        consent.uncheck()
    open_notebook(page, lab, path)
    change(page, path, "# fourth")
    expect(dialog).to_contain_text("Save the notebook and run it?")
