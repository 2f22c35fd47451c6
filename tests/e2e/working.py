"""What a person does in a notebook in JupyterLab, in the words of the tests."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_lab import Lab
from playwright.sync_api import Locator, Page, expect

RESTORED = "window.jupyterapp?.restored.then(() => true)"
KNOWN_TO_KERNEL = """async () => {
  const { sessionContext, content } = window.jupyterapp.shell.currentWidget;
  const { kernel } = sessionContext.session;
  const [{ language_info: language }, spec] = await Promise.all([kernel.info, kernel.spec]);
  const { language_info, kernelspec } = content.model.sharedModel.getMetadata();
  return language_info?.version === language.version && kernelspec.display_name === spec.display_name;
}"""


def cell(page: Page, code: str) -> Locator:
    """The cell with this code."""
    return page.locator(".jp-CodeCell", has_text=code)


def write_notebook(path: Path, *cells: tuple[str, str]) -> None:
    """Write a notebook for the kernel that is there, of cells of code, each with its tag (or none: empty) before it."""
    made = [nbformat.v4.new_code_cell(code, metadata={"tags": [tag]} if tag else {}) for tag, code in cells]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)


def open_notebook(page: Page, lab: Lab, path: Path) -> None:
    """Open a notebook with tags, and wait until its chips are there."""
    page.goto(lab.address(path.name))
    expect(page.locator(".kfnb-chip-name").first).to_be_visible()
    show_panel(page)


def await_kernel(page: Page) -> None:
    """Wait until the notebook's kernel is there, and has written into the notebook what it is, which is then not saved.

    What can be undone is forgotten a moment before that, and the notebook takes the focus.
    """
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    page.wait_for_function(KNOWN_TO_KERNEL)


def saving(page: Page) -> AbstractContextManager[object]:
    """What is done within saves the notebook: at the end the file is written."""
    return page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url)


def show_panel(page: Page) -> None:
    """Open the panel at the right, if it is not open when JupyterLab has restored what was."""
    panel = page.locator("#kfnb-panel")
    page.wait_for_function(RESTORED)
    if not panel.is_visible():
        page.locator(".jp-SideBar [data-id=kfnb-panel]").click()
    expect(panel.get_by_role("tab", name="Step")).to_be_visible()


def begin_step(page: Page, code: str, name: str) -> None:
    """Begin a step at a cell with the button of its toolbar."""
    cell(page, code).locator(".jp-InputArea-prompt").click()
    cell(page, code).locator('[data-command="kfnb:name-step"]').click()
    page.locator(".jp-Dialog input").fill(name)
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(cell(page, code).locator(".kfnb-chip-name")).to_have_text(name)


def run(page: Page, **parameters: str) -> Locator:
    """Start a run from the form and wait until it has succeeded; its graph is returned."""
    page.locator("#kfnb-tab-run").click()
    form = page.locator(".kfnb-run-form")
    new = page.locator("[data-group=new-run]")
    expect(new).to_be_visible()
    if new.get_attribute("open") is None:
        new.locator("> summary").click()
    for name, text in parameters.items():
        form.locator(f"[data-parameter={name}]").fill(text)
    shown = page.locator(".kfnb-run")
    before = shown.get_attribute("data-run") if shown.is_visible() else ""
    press_run(page, page.locator(f'.kfnb-run:not([data-run="{before}"])'))
    expect(page.locator(f'.kfnb-run[data-state=SUCCEEDED]:not([data-run="{before}"])')).to_be_visible()
    return page.locator(".kfnb-run .kfnb-graph")


def choose_cluster(page: Page, name: str) -> None:
    """Say in the form of a run that it is to go to a cluster."""
    page.locator("#kfnb-tab-run").click()
    page.locator("[data-field=cluster]").select_option(name)
    expect(page.locator("[data-action=run]")).to_have_text(f"▶ Run on {name}")


def command(page: Page, label: str) -> None:
    """Give a command of the palette."""
    page.keyboard.press("Control+Shift+C")
    written = page.locator(".lm-CommandPalette-input")
    expect(written).to_be_focused()
    page.keyboard.type(label)
    expect(page.locator(".lm-CommandPalette-item.lm-mod-active")).to_contain_text(label)
    page.keyboard.press("Enter")
    expect(written).to_be_hidden()


def choose(page: Page, menu: str, item: str) -> None:
    """Choose from a menu of the bar at the top."""
    page.locator(".lm-MenuBar-item", has_text=menu).click()
    page.locator(".lm-Menu-item", has_text=item).click()


def press_run(page: Page, then: Locator) -> None:
    """Press the button that starts a run; asked before `then` whether the notebook may be saved, say yes."""
    page.locator("[data-action=run]").click()
    let_be_saved(page, then)


def let_be_saved(page: Page, then: Locator) -> None:
    """Asked before `then` whether the notebook may be saved, say yes."""
    save = page.locator(".jp-Dialog .jp-mod-accept")
    expect(then.or_(save).first).to_be_visible()
    if save.is_visible():
        save.click()


def expect_told(page: Page, text: str) -> None:
    """A notification says this; it stays in the list of all when it is no longer in the corner, seconds later."""
    listed = page.locator(".jp-Notification-List")
    if not listed.is_visible():
        page.locator(".jp-Notification-Status").click()
    expect(listed).to_contain_text(text)


def tags_of(notebook: dict[str, Any], cell_id: str) -> list[str]:
    """The tags of a cell as they are on disk."""
    found: list[str] = next(cell for cell in notebook["cells"] if cell["id"] == cell_id)["metadata"].get("tags", [])
    return found
