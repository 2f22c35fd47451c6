"""Steps that comments in cells make, as a person sees and runs them in a browser."""

from __future__ import annotations

import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Page, expect
from working import await_kernel, cell, command, let_be_saved, open_notebook, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_step_of_a_comment_is_shown_set_and_run(lab: Lab, page: Page) -> None:
    """It has its own chip below a tagged step; its tab shows what the comment says; it is run from its cells."""
    path = lab.root / "comments.ipynb"
    write_notebook(
        path,
        ("step:read", "rows = [1, 2]"),
        ("", "# step: add, retry: 2\ntotal = sum(rows)"),
        ("", "print('the total is', total)"),
        ("step:end", "print(total)"),
    )
    open_notebook(page, lab, path)
    await_kernel(page)
    expect(page.locator(".kfnb-chip-name")).to_have_text(["read", "add", "end"])
    expect(cell(page, "the total is")).to_have_attribute("data-kfnb-step", "add")

    cell(page, "total = sum").locator(".jp-InputArea-prompt").click()
    panel = page.locator(".kfnb-step-tab")
    expect(panel.locator("h2")).to_have_text("add")
    expect(panel.locator(".kfnb-step-head")).to_contain_text("A comment in the cell makes this step.")
    expect(panel.locator(".kfnb-facts dd")).to_have_text(["rows", "total"])
    for field, value in {"role": "step", "step": "add", "retry": "2"}.items():
        expect(panel.locator(f"[data-field={field}]")).to_have_value(value)
        expect(panel.locator(f"[data-field={field}]")).to_be_disabled()
    panel.locator("[data-field=timeout]").fill("10m")
    panel.locator("[data-field=timeout]").press("Enter")
    expect(cell(page, "total = sum").locator(".kfnb-chip")).to_contain_text("time-out 10m")

    cell(page, "the total is").locator(".jp-InputArea-prompt").click()
    command(page, "Run up to This Step")
    done = page.locator(".kfnb-run[data-state=SUCCEEDED]")
    let_be_saved(page, done)
    expect(done).to_be_visible()
    expect(page.locator("[data-group=new-run][open]")).to_have_count(0)  # as after its button
    states = {"read": "SUCCEEDED", "add": "SUCCEEDED", "end": "SKIPPED"}
    for name, state in states.items():
        expect(page.locator(f'.kfnb-run [data-node="{name}"]')).to_have_attribute("data-state", state)
    expect(cell(page, "total = sum").locator(".kfnb-chip-state")).to_contain_text("succeeded")
    saved = read_notebook(path)["cells"]
    assert [["step:read"], ["timeout:10m"], None, ["step:end"]] == [one["metadata"].get("tags") for one in saved]


def test_a_step_that_comments_name_is_renamed_in_them_too(lab: Lab, page: Page) -> None:
    """Tags, comments and the order that they say follow the new name, and one undo takes all of it back."""
    path = lab.root / "renamed.ipynb"
    write_notebook(
        path,
        ("step:read", "rows = [1, 2]"),
        ("", "# step: add, after: read\ntotal = sum(rows)"),
        ("", "# step: read\nrows.append(3)"),
    )
    open_notebook(page, lab, path)
    await_kernel(page)
    expect(page.locator(".kfnb-chip-name")).to_have_text(["read", "add", "read, continued"])
    cell(page, "rows = [1, 2]").locator(".jp-InputArea-prompt").click()
    name = page.locator(".kfnb-step-tab [data-field=step]")
    name.fill("read!")
    expect(page.locator(".kfnb-step-tab .kfnb-problem")).to_contain_text("A comment names this step")
    name.fill("load")
    name.press("Enter")
    expect(page.locator(".kfnb-chip-name")).to_have_text(["load", "add", "load, continued"])
    expect(cell(page, "total = sum").locator(".cm-line").first).to_have_text("# step: add, after: load")
    expect(cell(page, "rows.append").locator(".cm-line").first).to_have_text("# step: load")
    cell(page, "rows = [1, 2]").locator(".jp-InputArea-prompt").click()
    page.keyboard.press("z")
    expect(page.locator(".kfnb-chip-name")).to_have_text(["read", "add", "read, continued"])
    expect(cell(page, "total = sum").locator(".cm-line").first).to_have_text("# step: add, after: read")
    expect(cell(page, "rows.append").locator(".cm-line").first).to_have_text("# step: read")
