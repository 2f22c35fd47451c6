"""In a real browser: the main job by keys alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Page, expect
from working import command, tags_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MOST_TABS = 60
LONGEST = 6
"""The place of the cell without a tag among all of the quickstart's."""


def go_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press Tab (or another key) until what the selector names has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{key} does not lead to {selector}")


def test_the_main_job_without_a_mouse(lab: Lab, page: Page, quickstart: Path) -> None:
    """A cell is tagged, a setting is set, the pipeline is run and looked at, outputs come home and go again."""
    page.goto(lab.address(quickstart.name))
    expect(page.locator(".kfnb-chip-name", has_text="read").first).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    cells = page.locator(".jp-Notebook .jp-Cell")
    for place in range(1, LONGEST + 1):
        page.keyboard.press("ArrowDown")
        expect(cells.nth(place)).to_have_class(re.compile("jp-mod-active"))
    page.keyboard.press("Alt+P")
    expect(page.locator(".jp-Dialog input")).to_be_focused()
    page.keyboard.type("longest")
    page.keyboard.press("Enter")
    expect(cells.nth(LONGEST).locator(".kfnb-chip-name")).to_have_text("longest")

    command(page, "Pipeline Panel")
    expect(page.locator("#kfnb-tab-step")).to_be_focused()
    go_to(page, "[data-group=flow] > summary")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=timeout]")).to_be_visible()
    go_to(page, "[data-field=timeout]")
    page.keyboard.type("10m")
    page.keyboard.press("Enter")

    command(page, "Run as Pipeline")
    expect(page.locator("#kfnb-tab-run")).to_be_focused()
    run(page)
    assert ["step:longest", "timeout:10m"] == tags_of(read_notebook(quickstart), "longest")

    go_to(page, ".kfnb-graph-node")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator(".kfnb-log pre")).to_contain_text("17 words")
    go_to(page, "[data-action=bring-home]", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".kfnb-note")).to_contain_text("Outputs of 5 cells are here.")
    go_to(page, "[data-action=undo-home]")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Notebook .jp-OutputArea-output")).to_have_count(0)


def run(page: Page) -> None:
    """Fill in the form, start the run and wait until it has succeeded; keys then go on from the form's head."""
    go_to(page, "[data-parameter=word]")
    page.keyboard.press("Control+A")
    page.keyboard.type("pipeline")
    go_to(page, "[data-action=run]")
    page.keyboard.press("Enter")
    save = page.locator(".jp-Dialog .jp-mod-accept")
    expect(page.locator(".kfnb-run").or_(save).first).to_be_visible()
    if save.is_visible():
        expect(save).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    expect(page.locator("[data-group=new-run] > summary")).to_be_focused()
