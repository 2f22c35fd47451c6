"""The main job as a person does it in a browser: tag, run, watch, look at metrics and logs, bring the outputs home."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import (
    await_kernel,
    begin_step,
    cell,
    choose_cluster,
    expect_told,
    open_notebook,
    press_run,
    run,
    saving,
    tags_of,
)

from kfnb.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_from_tags_to_outputs_brought_home(lab: Lab, page: Page, quickstart: Path) -> None:
    """A notebook is tagged, run on this machine, watched, and its outputs come home, all with the mouse."""
    notebook = read_notebook(quickstart)
    # printed as what comes is, for what JupyterLab makes of the two at once
    earlier = {"output_type": "stream", "name": "stdout", "text": "of an earlier day"}
    next(found for found in notebook["cells"] if found["id"] == "longest")["outputs"] = [earlier]
    quickstart.write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, lab, quickstart)

    begin_step(page, "longest = max", "longest")
    expect(cell(page, "longest = max").locator(".kfnb-chip-name")).to_have_text("longest")
    page.locator("[data-field=timeout]").or_(page.locator("[data-group=flow] > summary")).first.click()
    page.locator("[data-field=timeout]").fill("10")
    page.locator("[data-field=timeout]").blur()
    expect(page.locator(".kfnb-problem")).to_contain_text("10 is not a duration")
    page.locator("[data-field=timeout]").fill("10m")
    page.locator("[data-field=timeout]").press("Enter")

    page.locator("#kfnb-tab-pipeline").click()
    nodes = page.locator(".kfnb-graph-node")
    expect(nodes).to_have_count(3)

    graph = run(page, word="pipeline")
    assert ["step:longest", "timeout:10m"] == tags_of(read_notebook(quickstart), "longest")
    for name in ("read", "longest", "repeated"):
        expect(graph.locator(f'[data-node="{name}"]')).to_have_attribute("data-state", "SUCCEEDED")
    expect(cell(page, "longest = max").locator(".kfnb-chip-state")).to_contain_text("succeeded")

    graph.locator('[data-node="longest"]').click()
    log = page.locator(".kfnb-log pre")
    expect(log).to_contain_text("the longest word is pipeline")
    search = page.get_by_label("Show only lines of the log with this text")
    search.fill("no such line")
    expect(log).to_have_text("")
    search.fill("LONGEST word")
    expect(log).to_contain_text("the longest word is pipeline")
    with page.expect_download() as downloaded:
        page.locator(".kfnb-log-tools").get_by_text("Download").click()
    assert "the longest word is pipeline" in downloaded.value.path().read_text("utf-8")
    expect(page.locator("[data-group=metrics]")).to_contain_text(re.compile("longest.*letters.*8", re.S))
    page.locator("[data-group=artifacts] > summary").click()
    page.locator("[data-artifact=counts] > summary").click()
    expect(page.locator("[data-artifact=counts]")).to_contain_text("Counter")

    on_disk = quickstart.read_bytes()
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note")).to_contain_text("Outputs of 5 cells are here.")
    shown = cell(page, "longest = max").locator(".jp-OutputArea-output").first
    expect(shown).to_have_text(re.compile("the longest word is pipeline"))
    page.locator("[data-action=bring-home]").click()
    page.locator("#kfnb-tab-step").click()
    page.locator("#kfnb-tab-run").click()
    page.locator("[data-field=runs]").select_option("")
    expect(page.locator(".kfnb-note")).to_contain_text("They came from run")
    page.locator("[data-action=undo-home]").click()
    expect(page.locator(".jp-Notebook .jp-OutputArea-output")).to_have_text(["of an earlier day"])
    assert on_disk == quickstart.read_bytes()


BARS = """cells => cells.map(cell => [
  cell.dataset.kfnbStep ?? '', getComputedStyle(cell).boxShadow.replace(/^(rgb.*[)]) 3px 0px 0px 0px inset$/, '$1')
])"""
DOT = "name => getComputedStyle(name, '::before').backgroundColor"
FILLS = "node => [...node.querySelectorAll('rect')].map(rect => getComputedStyle(rect).fill)"


def test_a_step_is_seen_at_its_cells_and_found_from_the_graph(lab: Lab, page: Page, quickstart: Path) -> None:
    """Its chip says what flows in and out, its colour is along all its cells, and a click on its node selects these."""
    open_notebook(page, lab, quickstart)
    await_kernel(page)
    begin_step(page, "counts = Counter", "count")
    expect(cell(page, "words = text.split").locator(".kfnb-chip-part")).to_have_text(["out: words"])
    expect(cell(page, "counts = Counter").locator(".kfnb-chip-part")).to_have_text(["in: words", "out: counts"])
    expect(cell(page, "longest = max").locator(".kfnb-chip")).to_have_count(0)

    page.locator("#kfnb-tab-pipeline").click()
    nodes = page.locator(".kfnb-graph-node")
    expect(nodes).to_have_count(3)
    bars = page.locator(".jp-Notebook .jp-Cell").evaluate_all(BARS)
    steps = ["", "", "", "read", "count", "", "count", "repeated"]
    assert steps == [step for step, _ in bars]
    colours = dict(bars)
    assert "none" == colours.pop("")
    assert len(set(colours.values())) == len(colours) == 3
    assert len(set(map(tuple, bars))) == 4  # a step has one colour
    for step, colour in colours.items():
        dot = page.locator(f".jp-Cell[data-kfnb-step={step}] .kfnb-chip-name").first
        assert colour == dot.evaluate(DOT)
        assert colour in page.locator(f".kfnb-graph-node[data-node={step}]").evaluate(FILLS)

    selected = page.locator(".jp-Notebook .jp-Cell.jp-mod-selected")
    for step, code in (("count", ["counts = Counter", "longest = max"]), ("read", ["words = text.split"])):
        nodes.locator(f"xpath=self::*[@data-node='{step}']").click()
        expect(selected).to_have_text([re.compile(re.escape(part)) for part in code])


def test_an_edited_cell_is_left_alone_and_only_its_step_runs_again(lab: Lab, page: Page, quickstart: Path) -> None:
    """After an edit only that step runs anew, and outputs of the run before pass the edited cell by."""
    open_notebook(page, lab, quickstart)
    begin_step(page, "longest = max", "longest")
    run(page, word="pipeline")

    editor = cell(page, "repeated = sorted").locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nprint('again')")
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note")).to_contain_text("edited since the run")
    expect(page.locator(".kfnb-note li")).to_have_text(re.compile("^repeated · repeated = sorted"))
    expect(cell(page, "repeated = sorted").locator(".jp-OutputArea-output")).to_have_count(0)

    page.locator("#kfnb-tab-step").click()
    page.locator("#kfnb-tab-run").click()
    expect(page.locator(".kfnb-note")).to_contain_text("edited since the run")
    graph = run(page, word="pipeline")
    expect(graph.locator('[data-node="read"]')).to_contain_text("cached")
    expect(graph.locator('[data-node="longest"]')).to_contain_text("cached")
    expect(graph.locator('[data-node="repeated"]')).to_contain_text("succeeded")

    page.locator("[data-group=new-run] > summary").click()
    page.get_by_text("Name, part, cache").click()
    page.get_by_label("Run all steps, take none from the cache").check()
    graph = run(page, word="pipeline")
    for name in ("read", "longest", "repeated"):
        expect(graph.locator(f'[data-node="{name}"]')).to_contain_text("succeeded")


def test_a_run_is_there_again_after_the_page_was_loaded_anew(lab: Lab, page: Page, quickstart: Path) -> None:
    """Runs belong to no page: who opens the notebook again sees the newest one."""
    open_notebook(page, lab, quickstart)
    begin_step(page, "longest = max", "longest")
    run(page, word="pipeline")
    run_id = page.locator(".kfnb-run").get_attribute("data-run")

    open_notebook(page, lab, quickstart)
    page.locator("#kfnb-tab-run").click()
    expect(page.locator(f'.kfnb-run[data-run="{run_id}"][data-state=SUCCEEDED]')).to_be_visible()
    page.locator("[data-group=new-run] > summary").click()
    expect(page.locator(".kfnb-run-form [data-parameter=word]")).to_have_value("pipeline")


def test_steps_are_edited_together_and_nothing_but_tags_is_written(lab: Lab, page: Page, quickstart: Path) -> None:
    """What is set with cells of two steps selected is set for both; the file is otherwise as it was."""
    before = read_notebook(quickstart)
    open_notebook(page, lab, quickstart)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    cell(page, "counts = Counter").locator(".jp-InputArea-prompt").click()
    cell(page, "repeated = sorted").locator(".jp-InputArea-prompt").click(modifiers=["Shift"])
    page.locator("[data-group=flow] > summary").click()
    page.locator("[data-field=timeout]").fill("10m")
    page.locator("[data-field=timeout]").press("Enter")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.locator(".jp-ToolbarButtonComponent[data-command='docmanager:save']").first.click()
    after = read_notebook(quickstart)
    timed = [each["id"] for each in after["cells"] if "timeout:10m" in each["metadata"].get("tags", [])]
    assert len(timed) == 2
    assert without_tags(before) == without_tags(after)


def without_tags(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook but for tags, and for what JupyterLab itself writes: who has run it, and how its texts are divided."""
    cells = [
        {**each, "source": "".join(each["source"]), "metadata": {**each["metadata"], "tags": None}}
        for each in notebook["cells"]
    ]
    about = {key: each for key, each in notebook["metadata"].items() if key not in ("language_info", "kernelspec")}
    return {**notebook, "cells": cells, "metadata": about}


def test_findings_are_listed_as_the_notebook_is_edited_and_fixed_by_a_click(
    lab: Lab, page: Page, quickstart: Path
) -> None:
    """A tag that looks like another is found and marked at its cell, one click sets it right; undo takes it back."""
    notebook = read_notebook(quickstart)
    next(cell for cell in notebook["cells"] if cell["id"] == "longest")["metadata"]["tags"] = ["stpe:longest"]
    quickstart.write_text(json.dumps(notebook), "utf-8")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/checkpoints" in answer.url):
        open_notebook(
            page, lab, quickstart
        )  # JupyterLab forgets what can be undone when it has made the first checkpoint
    finding = page.locator(".kfnb-findings [data-code=KF111]")
    expect(finding).to_contain_text("it looks like `step:longest`")
    mark = cell(page, "longest = max").locator(".kfnb-chip [data-code=KF111]")
    expect(mark).to_have_attribute("title", re.compile("it looks like `step:longest`"))
    expect(page.get_by_role("img", name="warning: The tag `stpe:longest`")).to_be_visible()
    finding.locator("[data-fix]").click()
    expect(cell(page, "longest = max").locator(".kfnb-chip-name")).to_have_text("longest")
    expect(finding).to_have_count(0)
    expect(mark).to_have_count(0)

    cell(page, "longest = max").locator(".jp-InputArea-prompt").click()
    page.locator("[data-action=undo]").click()
    expect(finding).to_be_visible()


def test_a_cluster_is_offered_and_why_it_cannot_be_used_is_said(lab: Lab, page: Page, quickstart: Path) -> None:
    """Clusters of the file of profiles can be chosen; what stands against a run there is shown, and nothing runs."""
    lab.profiles.write_text(
        '[clusters.far]\nnamespace = "team"\nroot = "s3://bucket/runs"\nimage = "example.com/kfnb:1"\n'
        'kubeconfig = "/nowhere/config"\n',
        "utf-8",
    )
    open_notebook(page, lab, quickstart)
    choose_cluster(page, "far")
    expect(page.locator("[data-group=preflight]")).to_contain_text("/nowhere/config")
    refusal = page.locator(".kfnb-run-form [role=alert]")
    press_run(page, refusal)
    expect(refusal).to_contain_text("/nowhere/config")
    expect(page.locator(".kfnb-run")).to_have_count(0)
    lab.profiles.unlink()


def test_the_status_bar_says_how_many_runs_go_on(lab: Lab, page: Page, quickstart: Path, tmp_path: Path) -> None:
    """Runs of closed notebooks count too; a click shows the notebook's run, or all; each says when it has ended."""
    gate = tmp_path / "gate"
    notebook = read_notebook(quickstart)
    waiting = next(found for found in notebook["cells"] if found["id"] == "longest")
    waiting["source"] = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)"
    waiting["metadata"]["tags"] = ["step:wait"]
    for path in (quickstart, quickstart.with_name("not_open.ipynb")):
        path.write_text(json.dumps(notebook), "utf-8")
    with closing(Client(home=lab.home)) as client:
        elsewhere = client.run(path, detach=True).id
    open_notebook(page, lab, quickstart)
    living = page.locator(".kfnb-living-runs button")
    expect(living).to_have_text("▶ 1 run is going on")
    living.click()
    expect(page.locator(f'.kfnb-runs tr[data-run="{elsewhere}"]')).to_be_visible()
    page.locator("#jp-main-dock-panel .lm-TabBar-tab", has_text=quickstart.name).click()
    page.locator("#kfnb-tab-run").click()
    press_run(page, page.locator(".kfnb-run"))
    expect(living).to_have_text("▶ 2 runs are going on")
    page.locator("#kfnb-tab-step").click()
    living.click()
    expect(page.locator(".kfnb-run")).to_be_visible()
    gate.touch()
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    expect(living).to_be_hidden()
    for name in (quickstart.stem, "not_open"):
        expect_told(page, f"The run {name} succeeded.")


def test_what_a_task_executed_is_read_in_a_tab(lab: Lab, page: Page, quickstart: Path) -> None:
    """The executed notebook of a task opens with its outputs, and cannot be edited."""
    open_notebook(page, lab, quickstart)
    begin_step(page, "longest = max", "longest")
    run(page, word="pipeline").locator('[data-node="longest"]').click()
    page.locator("[data-action=open-executed]").click()
    executed = page.locator(".kfnb-executed .jp-CodeCell", has_text="longest = max")
    expect(executed.locator(".jp-OutputArea-output").first).to_have_text(re.compile("the longest word is pipeline"))
    executed.locator(".cm-content").click()
    page.keyboard.type("changed")
    expect(executed).not_to_contain_text("changed")


def test_what_fits_no_tag_is_checked_and_written_into_the_metadata(lab: Lab, page: Page, quickstart: Path) -> None:
    """An affinity is YAML that the server reads; what is wrong is said and not written; it follows the step's name."""
    open_notebook(page, lab, quickstart)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # which takes the focus
    cell(page, "words = text.split").locator(".jp-InputArea-prompt").click()
    page.locator("[data-group=placement] > summary").click()
    affinity = page.locator("[data-field=affinity]")
    affinity.fill("nodes: 1")
    affinity.press("Tab")
    expect(page.locator("[data-group=placement] .kfnb-problem")).to_contain_text("nodeAffinity, podAffinity")
    affinity.fill('{"podAntiAffinity": {"x": [1]}}')
    affinity.press("Tab")
    expect(affinity).to_have_value("podAntiAffinity:\n  x:\n  - 1")
    patch = page.locator("[data-field=pod_patch]")
    patch.fill("spec: {dnsPolicy: Default}")
    patch.press("Tab")  # as a person leaves it; what is not focused any more leaves nothing
    expect(patch).to_have_value("spec:\n  dnsPolicy: Default")
    cell(page, "words = text.split").locator(".jp-InputArea-prompt").click()
    page.keyboard.press("z")
    expect(patch).to_have_value("")
    page.keyboard.press("Shift+Z")
    expect(patch).to_have_value("spec:\n  dnsPolicy: Default")
    page.keyboard.press("z")
    expect(patch).to_have_value("")
    page.locator("[data-field=step]").fill("load")
    page.locator("[data-field=step]").press("Enter")
    expect(page.locator(".kfnb-step-head h2")).to_have_text("load")
    expect(affinity).to_have_value("podAntiAffinity:\n  x:\n  - 1")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        page.keyboard.press("Control+s")
    about = {"steps": {"load": {"affinity": {"podAntiAffinity": {"x": [1]}}}}}
    assert about == read_notebook(quickstart)["metadata"]["kfnb"]
    page.locator("[data-action=undo]").click()
    expect(page.locator(".kfnb-step-head h2")).to_have_text("read")
    expect(affinity).to_have_value("podAntiAffinity:\n  x:\n  - 1")


def test_the_cells_of_a_step_fold_together_and_nothing_is_written(lab: Lab, page: Page, quickstart: Path) -> None:
    """The arrow at the chip hides a step's cells; going to one of them shows them; the notebook stays as it was.

    Keys that go from cell to cell pass those that are hidden.
    """
    open_notebook(page, lab, quickstart)
    await_kernel(page)
    code = cell(page, "counts = Counter").locator(".cm-content")
    code.click()
    with saving(page):
        page.keyboard.press("Control+s")
    unsaved = page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-dirty")
    expect(unsaved).to_have_count(0)
    before = quickstart.read_bytes()
    chip = page.locator(".jp-Cell[data-kfnb-step=read] .kfnb-chip").first
    chip.locator(".kfnb-chip-fold").click()
    expect(code).to_be_hidden()
    expect(chip.locator(".kfnb-chip-name")).to_be_visible()
    expect(chip.locator(".kfnb-chip-fold")).to_have_attribute("aria-expanded", "false")
    chip.locator(".kfnb-chip-fold").click()
    expect(code).to_be_visible()
    chip.locator(".kfnb-chip-fold").click()
    expect(code).to_be_hidden()
    pass_folded_step(page)
    expect(code).to_be_hidden()
    page.locator("#kfnb-tab-pipeline").click()
    page.locator(".kfnb-graph-node[data-node=read]").click()
    expect(code).to_be_visible()
    expect(unsaved).to_have_count(0)
    assert before == quickstart.read_bytes()


def pass_folded_step(page: Page) -> None:
    """Go by keys from the first cell of the folded step to beyond its last, and back: only seen cells are come to."""
    cells = page.locator(".jp-Notebook .jp-Cell")
    hidden = page.locator(".jp-Cell[data-kfnb-folded=rest]")
    folded = cells.evaluate_all("cells => cells.map(cell => cell.dataset.kfnbFolded ?? '')")
    last = max(place for place, part in enumerate(folded) if part == "rest")
    seen = [place for place, part in enumerate(folded) if part != "rest" and place >= folded.index("first")]
    way = [place for place in seen if place < last] + [next(place for place in seen if place > last)]
    active = re.compile("jp-mod-active")
    expect(cells.nth(way[0])).to_have_class(active)
    for key, places in (("ArrowDown", way[1:]), ("ArrowUp", way[-2::-1])):
        for place in places:
            page.keyboard.press(key)
            expect(cells.nth(place)).to_have_class(active)
            expect(cells.nth(place)).to_be_focused()
            expect(hidden).to_have_count(folded.count("rest"))


def test_findings_are_underlined_where_the_code_is(lab: Lab, page: Page, quickstart: Path) -> None:
    """What cannot be parsed is underlined as it is written, with the reason, and is no longer when it is mended."""
    open_notebook(page, lab, quickstart)
    found = cell(page, "repeated = sorted")
    found.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nif")
    underlined = found.locator(".kfnb-underlined[data-severity=error]").first
    expect(underlined).to_be_visible()
    expect(underlined).to_have_attribute("title", re.compile("."))
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(found.locator(".kfnb-underlined")).to_have_count(0)


def type_and_run(page: Page, code: str) -> Locator:
    """Run this code in a new cell of the notebook; the place of the outputs is returned."""
    cell(page, "repeated = sorted").locator(".jp-InputArea-prompt").click()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    return page.locator(".jp-Notebook .jp-OutputArea-output")


WITHOUT = """import os, sys
kept = sys.path[:]
sys.path[:] = [place for place in kept if not os.path.isdir(os.path.join(place, "kfnb"))]
print("without kfnb")"""


def test_values_of_a_run_are_loaded_into_the_kernel(lab: Lab, page: Page, quickstart: Path) -> None:
    """A task's inputs and an artifact become variables of the kernel, if it has kfnb: else it is said what to type."""
    open_notebook(page, lab, quickstart)
    begin_step(page, "longest = max", "longest")
    graph = run(page, word="pipeline")
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    graph.locator('[data-node="longest"]').click()
    task = page.locator(".kfnb-task")
    load = task.locator("[data-action=load]")
    expect(type_and_run(page, WITHOUT).filter(has_text="without kfnb")).to_be_visible()
    load.click()
    expect(task.locator("[role=alert]")).to_contain_text("%pip install kfnb")
    expect(type_and_run(page, "sys.path[:] = kept; print('with kfnb')").filter(has_text="with kfnb")).to_be_visible()
    load.click()
    expect(task.locator(".kfnb-note")).to_have_text("In the kernel now: counts")
    shown = type_and_run(page, "print('loaded', type(counts).__name__); del counts")
    expect(shown.filter(has_text="loaded Counter")).to_be_visible()
    page.locator("[data-group=artifacts] > summary").click()
    counts = page.locator("[data-artifact=counts]")
    counts.locator("> summary").click()
    counts.locator("[data-action=load]").click()
    expect(counts.locator(".kfnb-note")).to_have_text("In the kernel now: counts")
