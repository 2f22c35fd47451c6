"""The example that a person begins with, from the launcher and from the empty panel."""

from __future__ import annotations

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Page, expect
from working import run, show_panel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_example_is_opened_from_the_launcher_and_from_the_panel(lab: Lab, page: Page) -> None:
    """Each makes a notebook of its own in the folder that is looked at, with steps in it, which run as they are."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Example").click()
    expect(page.locator(".kfnb-chip", has_text="longest")).to_be_visible()
    show_panel(page)
    graph = run(page)
    expect(graph.locator("[data-node=longest]")).to_be_visible()

    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    show_panel(page)
    page.locator("#kfnb-panel [data-action=open-example]").click()
    expect(page.locator(".kfnb-chip", has_text="longest")).to_be_visible()
    assert ["pipeline_example.ipynb", "pipeline_example_2.ipynb"] == sorted(
        file.name for file in lab.root.glob("*.ipynb")
    )
