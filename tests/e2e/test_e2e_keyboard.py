"""In a real browser: the main job by keys alone."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import TOKEN, Lab, read_notebook
from playwright.sync_api import Page, expect
from working import await_kernel, cell, command, let_be_saved, open_notebook, show_panel, tags_of, write_notebook
from working import run as run_by_mouse

from kfnb.client import Client

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


COMMANDS = """() => {
    const { commands } = window.jupyterapp;
    const own = commands.listCommands().filter(id => id.startsWith('kfnb:'));
    return Object.fromEntries(own.map(id => [id, [commands.isEnabled(id), commands.caption(id)]]));
}"""
IDS = Path("labextension", "src", "plugins", "command_ids.ts")
NOT_OF_THIS_TASK = ("show-pod-of-task", "show-failed-cell", "show-element", "fold-fan-out")
NOT_OF_THIS_TASK += ("save-cluster", "leave-cluster", "close-note-on-outputs")
OF_CLUSTERS = {f"kfnb:{name}-cluster" for name in ("add", "edit", "make-default", "forget")}
ALWAYS = {"kfnb:open-panel", "kfnb:show-clusters", "kfnb:open-example", "kfnb:open-runs"} | OF_CLUSTERS
OF_THE_OPENED = {
    f"kfnb:{name}-opened-run"
    for name in (
        *("cancel", "resume", "open-executed-notebook-of", "take-tag-off"),
        *("show-log-of", "show-events-of", "show-pod-of", "show-element-of"),
        *("show-earlier-log-of", "download-log-of"),
    )
}
OF_THE_LIST = ("compare", "tag", "archive", "delete", "refresh", "undo", "previous", "next")
OF_THE_PAGE = {f"kfnb:{name}-runs" for name in OF_THE_LIST} | OF_THE_OPENED
OF_THE_PAGE |= {"kfnb:take-condition-away", "kfnb:plot-experiment"}


def test_every_command_is_in_the_palette_and_says_why_it_cannot_be_given(
    lab: Lab, page: Page, quickstart: Path, root: Path
) -> None:
    """Each has a caption; where it cannot be given that is the reason, and another one where it can be.

    That all that buttons do are among these commands is tested in labextension/tests/buttons.test.ts.
    """
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    expect(page.locator(".jp-LauncherCard", has_text="Pipeline Example")).to_be_visible()
    without: dict[str, tuple[bool, str]] = page.evaluate(COMMANDS)
    assert set(re.findall(r"'(kfnb:[\w-]+)'", (root / IDS).read_text("utf-8"))) == set(without)
    assert {name for name, (can_be_given, _) in without.items() if can_be_given} == ALWAYS
    assert [name for name, (_, caption) in without.items() if not caption] == []
    page.keyboard.press("Control+Shift+C")
    expect(page.locator(".lm-CommandPalette-input")).to_be_focused()
    for name in without:
        expect(page.locator(f'.lm-CommandPalette-item[data-command="{name}"]').last).to_be_attached()
    page.keyboard.press("Escape")

    open_notebook(page, lab, quickstart)
    await_kernel(page)
    run_by_mouse(page).locator("[data-node=read]").click()
    page.locator(".jp-CodeCell", has_text="counts = Counter").locator(".jp-InputArea-prompt").click()
    command(page, "Bring Outputs Home")
    expect(page.locator(".kfnb-note")).to_contain_text("Outputs of")
    within: dict[str, tuple[bool, str]] = page.evaluate(COMMANDS)
    ended = {"kfnb:cancel-run", "kfnb:resume-run", "kfnb:retry-step"}
    not_asked = {"kfnb:apply-suggestion", "kfnb:dismiss-suggestion", "kfnb:fix-finding"}
    not_asked |= {"kfnb:show-earlier-log"}  # all of it is shown
    not_asked |= {f"kfnb:{name}" for name in NOT_OF_THIS_TASK}
    assert {name for name, (can_be_given, _) in within.items() if not can_be_given} <= OF_THE_PAGE | ended | not_asked
    told = [name for name in within if within[name][0] and not without[name][0]]
    assert len(told) > 10
    assert [name for name in told if within[name][1] == without[name][1]] == []
    command(page, "Load an Artifact")
    page.locator(".jp-Dialog select").select_option("counts (read)")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.locator(".jp-toast-message", has_text="In the kernel now: counts")).to_be_visible()
    with page.expect_download() as downloaded:
        command(page, "Download the Log")
    expect(page.locator(".kfnb-log pre")).to_have_text(downloaded.value.path().read_text("utf-8"))
    command(page, "Show the Events of the Task")
    expect(page.locator(".kfnb-task-events li").first).to_be_visible()
    command(page, "Show the Log of the Task")
    expect(page.locator(".kfnb-log pre")).to_be_visible()
    command(page, "Show the Cells of the Task")
    expect(page.locator(".jp-Notebook .jp-mod-active .kfnb-chip-name")).to_have_text("read")
    command(page, "Take Outputs Back")
    expect(page.locator(".jp-Notebook .jp-OutputArea-output")).to_have_count(0)
    command(page, "Fold or Unfold the Step")
    expect(page.locator(".kfnb-chip-fold[aria-expanded=false]")).to_have_count(1)
    command(page, "Suggest Steps")
    expect(page.locator("[data-action=dismiss-suggestion]")).to_be_visible()
    command(page, "Leave the Suggested Steps")
    expect(page.locator("[data-action=dismiss-suggestion]")).to_have_count(0)

    page.locator(".jp-Notebook .jp-MarkdownCell").first.click()
    button = page.locator('.jp-MarkdownCell [data-command="kfnb:name-step"]')
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", "Only a cell of code can begin a step. (Alt+P)")
    command(page, "Pipeline Runs")
    expect(page.locator(".kfnb-runs tbody tr").first).to_be_visible()
    on_page: dict[str, tuple[bool, str]] = page.evaluate(COMMANDS)
    assert on_page["kfnb:refresh-runs"][0]
    assert {"Open a run of the list by its name first."} == {on_page[name][1] for name in OF_THE_OPENED}
    assert [False, "Choose two runs or more by their boxes first."] == on_page["kfnb:compare-runs"]
    assert [False, "The list has no conditions."] == on_page["kfnb:take-condition-away"]


def test_a_pipeline_is_made_run_and_looked_at_by_commands(lab: Lab, page: Page) -> None:
    """Suggested tags are written, a finding is fixed, the run starts, the graph is zoomed, a cluster's form is open."""
    path = lab.root / "commands.ipynb"
    write_notebook(path, ("stpe:load", "rows = [1, 2, 3]"), ("", "import json\nprint(json.dumps(sum(rows)))"))
    notebook = nbformat.read(path, 4)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell("## Add"))
    nbformat.write(notebook, path)
    page.goto(lab.address(path.name))
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
    show_panel(page)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()  # a notebook that opens takes the focus
    expect(page.locator(".kfnb-findings [data-code=KF111]")).to_be_visible()
    command(page, "Fix the First Finding")
    expect(cell(page, "rows = [1").locator(".kfnb-chip-name")).to_have_text("load")
    expect(page.locator(".kfnb-findings [data-code=KF111]")).to_have_count(0)
    command(page, "Suggest Steps")
    expect(page.locator("[data-action=apply-suggestion]")).to_be_visible()
    command(page, "Write the Suggested Tags")
    expect(page.locator("[data-action=suggest]")).to_be_visible()
    expect(page.locator(".kfnb-chip-name")).to_have_count(2)

    expect(page.locator("#kfnb-panel .kfnb-graph-node")).to_have_count(2)
    drawing = page.locator("#kfnb-panel .kfnb-graph-canvas > g")
    command(page, "Show the Whole Graph")
    whole = drawing.get_attribute("transform") or ""
    command(page, "Zoom the Graph In")
    expect(drawing).not_to_have_attribute("transform", whole)
    command(page, "Zoom the Graph Out")
    command(page, "Show the Whole Graph")
    expect(drawing).to_have_attribute("transform", whole)

    command(page, "Start the Run")
    shown = page.locator(".kfnb-run")
    let_be_saved(page, shown)
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    command(page, "Add a Pipeline Cluster")
    expect(page.locator(".kfnb-clusters [data-setting=name]")).to_be_visible()
    command(page, "Leave the Form of the Cluster")
    expect(page.locator(".kfnb-clusters [data-setting=name]")).to_have_count(0)


def test_runs_are_chosen_compared_tagged_and_opened_without_a_mouse(lab: Lab, page: Page) -> None:
    """Tab leads through the page of runs: boxes, buttons and names; a step of the opened run shows its log."""
    path = lab.root / "keys.ipynb"
    write_notebook(
        path, ("parameters", "rate = 1"), ("step:score", "import kfnb\nkfnb.log_metric('auc', rate)\nprint('scored')")
    )
    client = Client(home=lab.home)
    first, second = (client.run(path, {"rate": rate}, name="keys").wait().id for rate in (1, 2))
    client.close()
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    expect(page.locator(".jp-LauncherCard", has_text="Pipeline Example")).to_be_visible()
    command(page, "Pipeline Runs")
    shown = page.locator(".kfnb-runs-page")
    expect(shown.locator(f"tr[data-run='{first}']")).to_be_visible()
    go_to(page, "input[type=search]")
    page.keyboard.type("keys")
    expect(shown.locator("tbody tr")).to_have_count(2)
    for run_id in (second, first):
        go_to(page, f"tr[data-run='{run_id}'] input[type=checkbox]")
        page.keyboard.press("Space")
    go_to(page, "[data-action=compare]", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(shown.locator(".kfnb-comparison tr[data-differs=true]", has_text="rate")).to_have_text("rate21")
    go_to(page, "[data-action=tag]")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Dialog input")).to_be_focused()
    page.keyboard.type("good")
    page.keyboard.press("Enter")
    expect(shown.locator("tbody .kfnb-tag")).to_have_text(["good", "good"])
    go_to(page, f"tr[data-run='{first}'] .kfnb-link")
    page.keyboard.press("Enter")
    expect(shown.get_by_role("region", name=f"Run {first}")).to_be_visible()
    go_to(page, ".kfnb-graph-node")
    page.keyboard.press("Enter")
    expect(shown.locator(".kfnb-log pre")).to_contain_text("scored")
    command(page, "Take a Tag off the Opened Run")
    accept_the_only_one(page)
    expect(shown.locator("tbody .kfnb-tag")).to_have_text(["good"])
    command(page, "Plot an Experiment")
    accept_the_only_one(page)
    expect(shown.get_by_role("region", name="Experiment Default")).to_be_visible()
    with page.expect_request(lambda request: "experiment=Default" in request.url):
        command(page, "Refresh the List of Runs")


def accept_the_only_one(page: Page) -> None:
    """Choose what is offered."""
    expect(page.locator(".jp-Dialog select")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_a_cluster_is_added_and_forgotten_without_a_mouse(lab: Lab, page: Page) -> None:
    """The command opens the form, Tab leads through its fields, and the file of profiles has what was typed."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    expect(page.locator(".jp-LauncherCard", has_text="Pipeline Example")).to_be_visible()
    command(page, "Add a Pipeline Cluster")
    expect(page.locator(".kfnb-clusters [data-setting=name]")).to_be_visible()
    typed = {"name": "near", "namespace": "ml", "root": "s3://runs/kfnb", "image": "x:1"}
    for setting, text in typed.items():
        go_to(page, f"[data-setting={setting}]")
        page.keyboard.type(text)
    go_to(page, "[data-action=save-cluster]")
    page.keyboard.press("Enter")
    added = page.locator("[data-cluster=near]")
    expect(added).to_be_visible()
    go_to(page, "[data-cluster=near] [data-action=remove]")
    page.keyboard.press("Enter")
    expect(page.locator(".jp-Dialog .jp-mod-accept")).to_be_visible()
    go_to(page, ".jp-Dialog .jp-mod-accept")
    page.keyboard.press("Enter")
    expect(added).to_have_count(0)
