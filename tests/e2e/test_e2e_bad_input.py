"""In a real browser: kernels that are busy or gone, notebooks that cannot be written or are not there."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from jupyter_lab import READ_ONLY, Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import cell, choose, open_notebook, press_run, run, show_panel, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BUSY = """import os, time
while not os.path.exists({gate!r}):
    time.sleep(0.02)
print("free again")"""
DIES = "import os, time\nwhile not os.path.exists({gate!r}):\n    time.sleep(0.02)\nos._exit(1)"


def run_first_cell(page: Page, code: str) -> None:
    """Write code into the notebook's first cell, and run it."""
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")


def test_a_kernel_that_is_busy_or_ends_is_told(lab: Lab, page: Page, tmp_path: Path) -> None:
    """Loading waits for a busy kernel, is given up with one that dies, and says how to come to one."""
    path = lab.root / "kernels.ipynb"
    play = ("skip", "'a cell to play with'")
    write_notebook(path, play, ("step:load", "rows = [1, 2, 3]"), ("step:add", "print(sum(rows))"))
    open_notebook(page, lab, path)
    run(page).locator("[data-node=add]").click()
    task = page.locator(".kfnb-task")
    load = task.locator("[data-action=load]")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()

    run_first_cell(page, BUSY.format(gate=str(tmp_path / "free")))
    load.click()
    expect(load).to_have_text("loading …")
    expect(load).to_have_attribute("title", "The kernel is loading, or busy with something else")
    (tmp_path / "free").touch()
    expect(task.locator(".kfnb-note")).to_have_text("In the kernel now: rows")

    run_first_cell(page, DIES.format(gate=str(tmp_path / "die")))
    load.click()
    expect(load).to_have_text("loading …")
    (tmp_path / "die").touch()
    expect(task.locator("[role=alert]")).to_contain_text("ended before it had loaded anything. Try again.")

    page.locator(".jp-Dialog .jp-mod-accept").click()  # JupyterLab's: the kernel has died, and starts again
    choose(page, "Kernel", "Shut Down Kernel")
    expect(page.get_by_text("No Kernel | Unknown")).to_be_visible()
    load.click()
    expect(task.locator("[role=alert]")).to_contain_text("no living kernel. Start one: Kernel → Restart Kernel…")


ONLY_READ = "This notebook can only be read."


def open_read_only(lab: Lab, page: Page, notebook: Path) -> Path:
    """Move a notebook to where JupyterLab cannot write it, and open it there."""
    path = lab.root / READ_ONLY / notebook.name
    path.parent.mkdir(exist_ok=True)
    notebook.rename(path)
    page.goto(lab.address(f"{READ_ONLY}/{path.name}"))
    expect(page.locator(".kfnb-chip-name").first).to_be_visible()
    return path


def reasons(panel: Locator) -> dict[str, str]:
    """Why each control that is disabled is so: it takes the focus, its title says it, and so does who reads it out."""
    found = {}
    for control in panel.locator(":is(:disabled, [aria-disabled=true])").all():
        why = control.get_attribute("title") or ""
        assert why, control.get_attribute("class")
        expect(control).to_have_accessible_description(re.compile(rf"(^|\s){re.escape(why)}$"))
        control.focus()
        expect(control).to_be_focused()
        found[control.get_attribute("data-field") or control.get_attribute("data-action") or ""] = why
    return found


def test_what_of_a_notebook_that_can_only_be_read_is_disabled_says_why(lab: Lab, page: Page, quickstart: Path) -> None:
    """Keys and screen readers come to each field and button of the panel and to its reason, and nothing is changed."""
    path = open_read_only(lab, page, quickstart)
    before = path.read_bytes()
    show_panel(page)
    panel = page.locator("#kfnb-panel")
    cell(page, "words = text.split").locator(".jp-InputArea-prompt").click()
    groups = panel.locator(".kfnb-step-tab details")
    groups.evaluate_all("groups => groups.forEach(group => { group.open = true; })")
    expect(panel.locator("[data-field=pod_patch]")).to_be_visible()
    names = panel.locator(".kfnb-step-tab :is(input, select, textarea)").evaluate_all(
        "fields => fields.map(field => field.dataset.field ?? '')"
    )
    assert {"role", "step", "gpu", "draws", "metrics", "secret", "affinity", ""} <= set(names)  # "": what it runs after
    assert {**dict.fromkeys(names, ONLY_READ), "undo": "There is nothing to undo"} == reasons(panel)

    draws = panel.locator("[data-field=draws]")
    panel.locator("[data-field=binds]").focus()
    page.keyboard.press("Tab")
    expect(draws).to_be_focused()
    expect(panel.get_by_text(ONLY_READ).filter(visible=True)).to_have_count(2)  # at the top, and beside the box
    page.keyboard.press("Space")
    expect(draws).not_to_be_checked()
    panel.locator("[data-field=role]").press("ArrowDown")
    expect(panel.locator("[data-field=role]")).to_have_value("step")

    page.locator("#kfnb-tab-pipeline").click()
    expect(panel.locator(".kfnb-graph-node").first).to_be_visible()
    assert ONLY_READ == reasons(panel)["suggest"]
    run(page).locator(".kfnb-graph-node").first.click()
    expect(panel.locator(".kfnb-log pre")).to_contain_text("words")
    assert ONLY_READ == reasons(panel)["bring-home"]
    page.locator("#kfnb-tab-clusters").click()
    expect(panel.locator("[data-action=add]")).to_be_visible()
    assert {} == reasons(panel)
    assert before == path.read_bytes()


def test_a_notebook_that_cannot_be_written_or_is_gone_says_so(lab: Lab, page: Page, quickstart: Path) -> None:
    """Tagging says why it cannot be, a run goes all the same; of a notebook that was deleted none can be started."""
    path = open_read_only(lab, page, quickstart)
    before = path.read_bytes()
    read = cell(page, "counts = Counter")
    read.locator(".jp-InputArea-prompt").click()
    button = read.locator('[data-command="kfnb:name-step"]')
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", f"{ONLY_READ} (Alt+P)")
    page.keyboard.press("Alt+P")
    show_panel(page)
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    panel = page.locator("#kfnb-panel")
    expect(panel.locator(".kfnb-warning").first).to_have_text(ONLY_READ)
    page.locator("#kfnb-tab-pipeline").click()
    expect(panel.locator("[data-action=suggest]")).to_have_attribute("title", ONLY_READ)

    run(page)
    expect(panel.locator("[data-action=bring-home]")).to_be_disabled()
    expect(panel.locator("[data-action=bring-home]")).to_have_attribute("title", ONLY_READ)
    assert before == path.read_bytes()

    path.unlink()
    page.locator("[data-group=new-run] > summary").click()
    refusal = page.locator(".kfnb-run-form [role=alert]").last
    press_run(page, refusal)
    expect(refusal).to_contain_text(
        f"There is no notebook {READ_ONLY}/{path.name}. It may have been renamed or deleted."
    )
    cell(page, "repeated = sorted").locator(".cm-content").click()
    page.keyboard.type("# only on screen\n")
    expect(page.locator("[data-action=run]")).to_be_disabled()
    expect(page.locator("[data-action=run]")).to_have_attribute("title", re.compile("without your changes"))


def test_a_notebook_that_is_deleted_while_it_is_not_saved_is_not_lost(lab: Lab, page: Page) -> None:
    """Run saves it anew where it was; where that cannot be it says so, and what was written is still in the page."""
    path = lab.root / "gone" / "deleted.ipynb"
    path.parent.mkdir()
    write_notebook(path, ("step:load", "rows = [1, 2, 3]"), ("step:add", "print(sum(rows))"))
    page.goto(lab.address("gone/deleted.ipynb"))
    expect(page.locator(".kfnb-chip-name").first).to_be_visible()
    show_panel(page)
    write_more(page, "\nrows.append(4)")
    path.unlink()
    run(page)
    assert "rows.append(4)" in "".join(read_notebook(path)["cells"][0]["source"])

    write_more(page, "\nrows.append(5)")
    shutil.rmtree(path.parent)
    page.locator("[data-group=new-run] > summary").click()
    page.locator("[data-action=run]").click()
    expect(page.locator(".jp-Dialog")).to_contain_text("gone/deleted.ipynb")
    page.locator(".jp-Dialog .jp-mod-reject").click()
    expect(page.locator(".kfnb-run-form [role=alert]").last).to_contain_text("gone/deleted.ipynb")
    expect(page.locator(".jp-Notebook .jp-CodeCell").first).to_contain_text("rows.append(5)")
    expect(page.locator(".lm-TabBar-tab.jp-mod-dirty")).to_have_count(1)
    path.parent.mkdir()
    run(page)
    assert "rows.append(5)" in "".join(read_notebook(path)["cells"][0]["source"])


def write_more(page: Page, code: str) -> None:
    """Write code at the end of the notebook's first cell."""
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(code)


OTHER_KERNEL = """from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

class Other(IPythonKernel):
    language_info = {{**IPythonKernel.language_info, **{about!r}}}

IPKernelApp.launch_instance(kernel_class=Other)
"""


def test_a_kernel_of_another_language_or_python_is_told_what_to_type(lab: Lab, page: Page) -> None:
    """Values are loaded into a kernel only if it can have them; what would help is said in words to type."""
    add_kernel(lab, "old", {"version": "3.8.1"})
    add_kernel(lab, "other", {"name": "R", "version": "4.4.1"})
    path = lab.root / "other_kernels.ipynb"
    write_notebook(path, ("step:load", "rows = [1, 2, 3]"), ("step:add", "print(sum(rows))"))
    open_notebook(page, lab, path)
    run(page).locator("[data-node=add]").click()
    task = page.locator(".kfnb-task")
    for name, says in (("old", "has Python 3.8, the task had Python 3."), ("other", "speaks R; values are loaded")):
        change = "name => window.jupyterapp.shell.currentWidget.sessionContext.changeKernel({ name })"
        page.evaluate(f"async name => {{ await ({change})(name) }}", name)
        task.locator("[data-action=load]").click()
        expect(task.locator("[role=alert]")).to_contain_text(says)
    expect(task.locator("[role=alert]")).to_contain_text("import kfnb; globals().update(kfnb.get(")


def add_kernel(lab: Lab, name: str, about: dict[str, str]) -> None:
    """Give JupyterLab a kernel that says this about its language."""
    place = lab.home.parent / "data" / "kernels" / name
    place.mkdir(parents=True)
    (place / "kernel.py").write_text(OTHER_KERNEL.format(about=about), "utf-8")
    command = [sys.executable, str(place / "kernel.py"), "-f", "{connection_file}"]
    (place / "kernel.json").write_text(json.dumps({"argv": command, "display_name": name, "language": "x"}), "utf-8")
