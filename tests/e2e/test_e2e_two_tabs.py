"""In a real browser: one notebook in two tabs, written in both, and run from both at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Page, expect
from working import await_kernel, cell, open_notebook, press_run, saving, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def path(lab: Lab, request: pytest.FixtureRequest) -> Path:
    """A notebook of two steps."""
    made = lab.root / f"{request.node.name}.ipynb"
    write_notebook(made, ("step:load", "rows = [1, 2, 3]"), ("step:add", "print('of rows:', sum(rows))"))
    return made


@pytest.fixture
def tabs(lab: Lab, page: Page, path: Path) -> tuple[Page, Page]:
    """The notebook in two tabs of a browser, each at the form of a run."""
    second = page.context.new_page()
    for tab in (page, second):
        open_notebook(tab, lab, path)
        await_kernel(tab)
        save(tab)
        tab.locator("#kfnb-tab-run").click()
    return page, second


def write(tab: Page, code: str) -> None:
    """Write a line at the end of the first cell."""
    editor = cell(tab, "rows = [1").locator(".cm-content")
    editor.click()
    editor.press("Control+End")
    editor.press_sequentially(f"\n{code}")  # into the editor, wherever the focus has gone meanwhile
    expect(editor).to_contain_text(code)
    expect(tab.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_be_visible()


def save(tab: Page) -> None:
    """Save the notebook; what another tab wrote is written over."""
    tab.locator(".jp-Notebook .jp-InputArea-prompt").first.click()
    over = tab.locator(".jp-Dialog .jp-mod-warn", has_text="Overwrite")
    clean = tab.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current:not(.jp-mod-dirty)")
    with saving(tab):
        tab.keyboard.press("Control+s")
        expect(over.or_(clean).first).to_be_visible()
        if over.is_visible():
            over.click()
    expect(clean).to_be_visible()


def source(path: Path) -> str:
    """The code of the first cell as it lies on disk."""
    return "".join(read_notebook(path)["cells"][0]["source"])


def answer(tab: Page, word: str) -> None:
    """Answer what JupyterLab asks when the file is not the one that was read."""
    tab.locator(".jp-Dialog", has_text="has changed on disk").get_by_role("button", name=word).click()


def expect_sum(tab: Page, number: int) -> None:
    """The run has ended, and its last step printed this sum."""
    expect(tab.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    tab.locator(".kfnb-run .kfnb-graph-node[data-node=add]").click()
    expect(tab.locator(".kfnb-log pre")).to_have_text(f"of rows: {number}\n")


def test_a_run_is_of_what_another_tab_saved_and_the_screen_shows_it(tabs: tuple[Page, Page], path: Path) -> None:
    """A tab without changes of its own reads the file anew before it runs it: what is shown is what was run."""
    first, second = tabs
    write(second, "rows.append(10)")
    save(second)
    expect(cell(first, "rows = [1")).not_to_contain_text("append")
    press_run(first, first.locator(".kfnb-run"))
    expect_sum(first, 16)
    expect(cell(first, "rows = [1")).to_contain_text("rows.append(10)")


def test_what_two_tabs_wrote_is_asked_about_and_nothing_is_lost(tabs: tuple[Page, Page], path: Path) -> None:
    """A run that would write over the other tab's code asks: it is let be, this tab's code counts, or that one's."""
    first, second = tabs
    write(second, "rows.append(10)")
    save(second)
    write(first, "rows.append(100)")
    asked = first.locator(".jp-Dialog", has_text="has changed on disk")
    run = first.locator("[data-action=run]")
    press_run(first, asked)
    answer(first, "Cancel")
    expect(run).to_be_enabled()
    expect(first.locator(".kfnb-run-form [role=alert]")).to_have_count(0)
    expect(first.locator(".kfnb-run")).to_have_count(0)
    expect(cell(first, "rows = [1")).to_contain_text("rows.append(100)")
    assert source(path) == "rows = [1, 2, 3]\nrows.append(10)"

    run.click()
    answer(first, "Overwrite")
    expect_sum(first, 106)
    assert source(path) == "rows = [1, 2, 3]\nrows.append(100)"

    write(second, "rows.append(1_000)")
    second.locator("#kfnb-tab-run").click()
    press_run(second, second.locator(".jp-Dialog", has_text="has changed on disk"))
    answer(second, "Revert")
    expect_sum(second, 106)
    expect(cell(second, "rows = [1")).not_to_contain_text("1_000")


def test_two_tabs_start_runs_at_once(tabs: tuple[Page, Page]) -> None:
    """Each tab shows the run that it started; both come to their ends."""
    for tab in tabs:
        tab.locator("[data-action=run]").click()
    for tab in tabs:
        expect_sum(tab, 6)
    ids = {tab.locator(".kfnb-run").get_attribute("data-run") for tab in tabs}
    assert len(ids) == 2
