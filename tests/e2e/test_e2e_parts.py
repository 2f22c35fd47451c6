"""In a real browser: what stands against a run is said before it; parts are run, and a run is taken up again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import cell, let_be_saved, open_notebook, press_run, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def node(page: Page, name: str) -> Locator:
    """A step in the graph of the run that is shown."""
    return page.locator(f'.kfnb-run .kfnb-graph-node[data-node="{name}"]')


def part(page: Page, name: str, action: str) -> None:
    """Choose an action in the menu of a step of the run that is shown."""
    node(page, name).click(button="right")
    page.locator(".lm-Menu-item", has_text=action).click()


def test_a_device_that_is_not_there_is_said_in_the_form_with_a_fix(lab: Lab, page: Page, quickstart: Path) -> None:
    """A step that asks for more GPUs than this machine has is listed in the form, with its cell, until it need not."""
    notebook = read_notebook(quickstart)
    asking = next(each for each in notebook["cells"] if each["id"] == "repeated")
    asking["metadata"]["tags"] += ["gpu:64"]
    quickstart.write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, lab, quickstart)
    page.locator("#kfnb-tab-run").click()
    before = page.locator("[data-group=preflight]")
    expect(before).to_contain_text("A run on this machine would be refused")
    finding = before.locator("[data-severity=error]")
    expect(finding).to_contain_text("`repeated` asks for 64 GPUs")
    finding.get_by_role("button", name="show the cell").click()
    expect(cell(page, "repeated = sorted")).to_have_class(re.compile("jp-mod-active"))
    page.get_by_text("Name, part, cache").click()
    page.locator("[data-field=part]").select_option("until")
    expect(page.locator("[data-field=part-step]")).to_have_value("read")
    expect(before).to_have_count(0)
    page.locator("[data-field=part]").select_option("all")
    expect(finding).to_have_count(1)
    page.get_by_label("Steps that ask for a GPU may run without one").check()
    expect(finding).to_have_count(0)


def test_parts_are_run_and_a_run_that_failed_is_taken_up_again(
    lab: Lab, page: Page, quickstart: Path, tmp_path: Path
) -> None:
    """One failed step is retried, then the rest; a step's menu and buttons run it, what follows or what it needs."""
    notebook = read_notebook(quickstart)
    gates = {name: tmp_path / name for name in ("longest", "repeated")}
    for name, gate in gates.items():
        failing = next(each for each in notebook["cells"] if each["id"] == name)
        failing["source"] = [f"print(counts and open({str(gate)!r}).read())\n", *failing["source"]]
        failing["metadata"]["tags"] = [f"step:{name}", "cache:on"]
    quickstart.write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, lab, quickstart)
    page.locator("#kfnb-tab-run").click()
    shown = page.locator(".kfnb-run")
    press_run(page, shown)
    expect(page.locator(".kfnb-run[data-state=FAILED]")).to_be_visible()
    failed = shown.get_attribute("data-run")

    node(page, "read").click()
    retry = page.locator(".kfnb-task [data-action=retry-step]")
    expect(retry).to_be_disabled()
    expect(retry).to_have_attribute("title", re.compile("need not run again"))
    node(page, "longest").click()
    expect(retry).to_be_enabled()
    for gate in gates.values():
        gate.write_text("it is there now")
    retry.click()
    expect(node(page, "longest")).to_contain_text("succeeded")
    expect(page.locator(f".kfnb-run[data-run='{failed}'][data-state=FAILED]")).to_be_visible()
    expect(page.locator(".kfnb-log pre")).to_have_text(re.compile("^it is there now"))
    expect(node(page, "repeated")).to_have_attribute("data-state", "FAILED")
    part(page, "repeated", "Resume the Run")
    expect(page.locator(f".kfnb-run[data-run='{failed}'][data-state=SUCCEEDED]")).to_be_visible()
    node(page, "longest").click(button="right")
    expect(page.locator(".lm-Menu-item.lm-mod-disabled", has_text="nothing is left to do")).to_have_count(2)
    page.keyboard.press("Escape")

    part(page, "longest", "Run Only This Step")
    only = page.locator(f".kfnb-run[data-state=SUCCEEDED]:not([data-run='{failed}'])")
    let_be_saved(page, only)
    expect(only).to_be_visible()
    expect(node(page, "read")).to_contain_text("cached")
    expect(node(page, "repeated")).to_have_attribute("data-state", "SKIPPED")
    expect(node(page, "longest")).to_contain_text("succeeded")
    before = str(shown.get_attribute("data-run"))

    page.locator("#kfnb-tab-pipeline").click()
    page.locator(".kfnb-graph-node[data-node=read]").click()
    page.keyboard.press("Shift+F10")
    expect(page.locator(".lm-Menu-item", has_text="Run from This Step")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-action=run-from-step]").click()
    expect(page.locator(f".kfnb-run[data-state=SUCCEEDED]:not([data-run='{before}'])")).to_be_visible()
    for name in ("read", "repeated", "longest"):
        expect(node(page, name)).to_contain_text("succeeded")


def test_what_makes_a_fan_outs_items_is_seen_as_the_step(lab: Lab, page: Page, tmp_path: Path) -> None:
    """Its log and error are the step's where no items could be made; once they are, the step counts its elements."""
    gate = tmp_path / "gate"
    making = (
        f"print('looking for items')\nitems = open({str(gate)!r}).read().split()\nlengths = [len(x) for x in items]"
    )
    path = lab.root / "fan.ipynb"
    write_notebook(path, ("step:load [v2]", "unit = 1"), ("step:fit", making), ("step:best", "print(max(lengths))"))
    notebook = read_notebook(path)
    notebook["cells"][1]["metadata"]["tags"] += ["foreach"]
    path.write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, lab, path)
    page.locator("#kfnb-tab-run").click()
    press_run(page, page.locator(".kfnb-run"))
    expect(page.locator(".kfnb-run[data-state=FAILED]")).to_be_visible()
    expect(node(page, "load [v2]")).to_contain_text("succeeded")
    expect(node(page, "fit")).to_have_attribute("data-state", "FAILED")
    expect(cell(page, "items = open").locator(".kfnb-chip-state")).to_contain_text("failed")
    node(page, "fit").click()
    expect(page.locator(".kfnb-task [role=alert]")).to_contain_text("No such file")
    expect(page.locator(".kfnb-log pre")).to_have_text(re.compile("^looking for items"))

    gate.write_text("a bb ccc")
    part(page, "fit", "Retry")
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    expect(node(page, "fit")).to_contain_text("3/3")
    expect(cell(page, "items = open").locator(".kfnb-chip-state")).to_contain_text("succeeded")

    element = page.locator(".kfnb-task [data-field=element]")
    element.fill("3")
    expect(element).to_have_attribute("aria-invalid", "true")
    element.fill("2")
    element.press("Enter")
    expect(page.locator(".kfnb-task-head strong")).to_have_text("fit[2]")
    expect(page.locator(".kfnb-task-head .kfnb-state")).to_contain_text("succeeded")
    node(page, "fit").locator(".kfnb-graph-foldmark").click()
    expect(node(page, "fit[2]")).to_have_attribute("aria-pressed", "true")
