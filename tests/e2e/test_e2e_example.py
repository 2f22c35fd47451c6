"""The example that a person begins with, from the launcher and from the empty panel."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_lab import READ_ONLY, TOKEN, Lab
from playwright.sync_api import Page, expect
from working import run, show_panel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_the_example_is_opened_from_the_launcher_and_from_the_panel(lab: Lab, page: Page) -> None:
    """Each makes a notebook of its own in the folder that is looked at, with steps in it, which run as they are."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Example").click()
    expect(page.locator(".kfnb-chip", has_text="longest")).to_be_visible()
    expect(page.locator(".kfnb-run-form")).to_be_visible()  # the panel comes by itself, a moment after the notebook
    graph = run(page)
    expect(graph.locator("[data-node=longest]")).to_be_visible()

    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    show_panel(page)
    page.locator("#kfnb-panel [data-action=open-example]").click()
    expect(page.locator(".kfnb-chip", has_text="longest")).to_be_visible()
    assert ["pipeline_example.ipynb", "pipeline_example_2.ipynb"] == sorted(
        file.name for file in lab.root.glob("*.ipynb")
    )


def test_the_panel_makes_the_example_in_the_folder_that_is_looked_at_or_says_why_not(lab: Lab, page: Page) -> None:
    """A folder that cannot be written says so, and nothing is made; another one gets the example, not the root."""
    for folder in (READ_ONLY, "mine"):
        (lab.root / folder).mkdir()
    before = notebooks(lab)
    look_at(page, lab, READ_ONLY)
    button = page.locator("#kfnb-panel [data-action=open-example]")
    dialog = page.locator(".jp-Dialog")
    button.click()
    expect(dialog).to_contain_text("The example could not be made")
    expect(dialog).to_contain_text("Permission denied")
    dialog.locator(".jp-mod-reject").click()
    expect(dialog).to_have_count(0)

    look_at(page, lab, "mine")
    button.click()
    expect(page.locator(".kfnb-chip", has_text="longest")).to_be_visible()
    assert {lab.root / "mine" / "pipeline_example.ipynb"} == notebooks(lab) - before


def notebooks(lab: Lab) -> set[Path]:
    """The notebooks in the root and in its folders."""
    return {*lab.root.glob("*.ipynb"), *lab.root.glob("*/*.ipynb")}


def look_at(page: Page, lab: Lab, folder: str) -> None:
    """Open a page whose file browser shows a folder, with the panel."""
    page.goto(lab.address(folder))
    expect(page.locator(".jp-BreadCrumbs-item").last).to_have_text(folder)
    show_panel(page)
