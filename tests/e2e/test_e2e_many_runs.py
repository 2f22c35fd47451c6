"""In a real browser: the page of runs where there are more than one page of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Page, expect

from kfnb.client import Client
from kfnb.history import History
from tests.benchmarks.history import fill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

RUNS, PAGE = 120, 50


def test_pages_are_turned_and_what_is_chosen_on_them_is_kept(page: Page, lab: Lab) -> None:
    """The newest are first; the last page says that it is; another order begins at the first page again."""
    client = Client(home=lab.home)
    fill(History(client), Path(client.root), RUNS)
    client.close()
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    shown = page.locator(".kfnb-runs-page")
    rows = shown.locator(".kfnb-runs tbody tr")
    forth, back = shown.locator("[data-action=next-page]"), shown.locator("[data-action=previous-page]")
    pages = shown.get_by_role("navigation", name="Pages of the list")

    for number, (newest, count) in enumerate(((120, PAGE), (70, PAGE), (20, 20)), start=1):
        expect(pages).to_contain_text(f"Page {number}")
        expect(rows).to_have_count(count)
        expect(rows.first).to_have_attribute("data-run", f"run-{newest:06d}")
        rows.first.get_by_role("checkbox").check()
        if newest > PAGE:
            forth.click()
    expect(forth).to_be_disabled()
    expect(forth).to_have_accessible_description("This is the last page.")
    expect(shown.locator("[data-chosen]")).to_have_attribute("data-chosen", "3")
    back.click()
    expect(rows.first.get_by_role("checkbox")).to_be_checked()
    expect(rows.first).to_have_attribute("data-run", "run-000070")

    shown.locator("[data-sort=created]").click()
    expect(pages).to_contain_text("Page 1")
    expect(rows.first).to_have_attribute("data-run", "run-000001")
    expect(back).to_be_disabled()
    shown.get_by_placeholder("Search runs").fill("run-000070")
    expect(rows).to_have_count(1)
    expect(rows.first.get_by_role("checkbox")).to_be_checked()
    expect(pages).to_have_count(0)
