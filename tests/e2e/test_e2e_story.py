"""The whole story in a real browser: from a notebook without tags to two runs side by side."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Page, expect
from working import await_kernel, cell, run, show_panel, tags_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

CELLS = (
    ("markdown", "title", "# Who leaves?"),
    ("code", "settings", "cut = 3"),
    ("markdown", "on-load", "## Load"),
    ("code", "load", "rows = [(chance / 8, chance > 4) for chance in range(9)]\nprint(len(rows), 'rows')"),
    ("markdown", "on-train", "## Train"),
    ("code", "train", "model = {'above': cut / 8}\nprint('it says yes above', model['above'])"),
    ("markdown", "on-evaluate", "## Evaluate"),
    (
        "code",
        "evaluate",
        "import kfnb\n\nsaid = [chance > model['above'] for chance, _ in rows]\n"
        "accuracy = sum(yes == truth for yes, (_, truth) in zip(said, rows)) / len(rows)\n"
        "kfnb.log_metric('accuracy', accuracy)\n"
        "kfnb.log_roc_curve([0, 0.25, 1], [0, accuracy, 1], [1, 0.5, 0])",
    ),
    (
        "code",
        "plot",
        "import matplotlib.pyplot as plt\n\nfigure, axes = plt.subplots(figsize=(3, 2))\n"
        "axes.plot([chance for chance, _ in rows])\nkfnb.log_figure(figure, 'chances')",
    ),
)


@pytest.fixture
def untagged(lab: Lab) -> Path:
    """A notebook with headings and without tags."""
    made = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    notebook = nbformat.v4.new_notebook(cells=[made[kind](source, id=name) for kind, name, source in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = lab.root / "story.ipynb"
    nbformat.write(notebook, path)
    return path


def test_from_an_untagged_notebook_to_two_runs_side_by_side(lab: Lab, page: Page, untagged: Path) -> None:
    """Steps are suggested, one gets a GPU, a run is watched, its results come home; after an edit two runs compare."""
    suggest(page, lab, untagged)
    adjust(page)
    first = run_without_gpu(page)
    assert ["gpu:1", "step:train", "timeout:10m"] == sorted(tags_of(read_notebook(untagged), "train"))
    look_at_results(page)
    bring_home(page)
    second = run_again_after_an_edit(page)
    compare(page, first, second)


def suggest(page: Page, lab: Lab, path: Path) -> None:
    """Let steps be proposed, write their tags, take them back with one undo, and write them again."""
    page.goto(lab.address(path.name))
    expect(cell(page, "model = ")).to_be_visible()
    await_kernel(page)
    show_panel(page)
    names = page.locator(".kfnb-chip-name")
    for is_kept in (False, True):
        page.locator("#kfnb-tab-pipeline").click()
        page.locator("[data-action=suggest]").click()
        expect(page.locator(".kfnb-proposal [data-step] button")).to_have_text(["load", "train", "evaluate"])
        expect(page.locator(".kfnb-proposal [data-step=train] [data-edge=load]")).to_have_count(0)
        expect(page.locator(".kfnb-proposal [data-step=evaluate] [data-edge=load]")).to_have_text("from load: rows")
        expect(page.locator("[data-proposed=parameters] .kfnb-hint")).not_to_be_empty()
        expect(names).to_have_count(0)
        page.locator("[data-action=apply-suggestion]").click()
        expect(names).to_have_text(["parameters", "load", "train", "evaluate"])
        cell(page, "model = ").locator(".jp-InputArea-prompt").click()
        page.locator("#kfnb-tab-step").click()
        if not is_kept:
            page.locator("[data-action=undo]").click()
            expect(names).to_have_count(0)


def adjust(page: Page) -> None:
    """Give the step `train`, chosen in the graph by a click on its cell, a GPU and a time-out."""
    page.locator("#kfnb-tab-pipeline").click()
    selected = page.locator("#kfnb-panel .kfnb-graph-node.kfnb-mod-selected")
    for code, name in (("accuracy =", "evaluate"), ("model = ", "train")):
        cell(page, code).first.locator(".jp-InputArea-prompt").click()
        expect(selected).to_have_attribute("data-node", name)
    page.locator("#kfnb-tab-step").click()
    expect(page.locator(".kfnb-step-head h2")).to_have_text("train")
    page.locator("[data-field=gpu]").fill("1")
    page.locator("[data-field=gpu]").press("Enter")
    page.locator("[data-group=flow] > summary").click()
    page.locator("[data-field=timeout]").fill("10m")
    page.locator("[data-field=timeout]").press("Enter")
    expect(cell(page, "model = ").locator(".kfnb-chip")).to_contain_text("GPU")


def run_without_gpu(page: Page) -> str:
    """Be told that there is no GPU here, say that none is needed, run, and watch; the run's id."""
    page.locator("#kfnb-tab-run").click()
    before = page.locator(".kfnb-run-form .kfnb-preflight")
    expect(before).to_contain_text("asks for 1 GPU, and this machine has none")
    page.locator("[data-field=allow-cpu]").check()
    expect(before.locator("[data-ready=true]")).to_be_visible()
    graph = run(page)
    expect(graph.locator('[data-state="SUCCEEDED"]')).to_have_count(3)
    expect(cell(page, "model = ").locator(".kfnb-chip-state")).to_contain_text("succeeded")
    graph.locator('[data-node="train"]').click()
    expect(page.locator(".kfnb-log pre")).to_contain_text("it says yes above 0.375")
    return run_shown(page)


def look_at_results(page: Page) -> None:
    """Look at a metric, a curve and a plot, and load a value into the kernel."""
    metrics = page.locator("[data-group=metrics]")
    expect(metrics).to_contain_text(re.compile("evaluate.*accuracy.*0.888", re.S))
    expect(metrics.locator("figure svg")).to_be_visible()
    page.locator("[data-group=artifacts] > summary").click()
    page.locator("[data-artifact=chances] > summary").click()
    plot = page.locator("[data-artifact=chances] img")
    expect(plot).to_be_visible()
    assert plot.evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")
    model = page.locator("[data-artifact=model]")
    model.locator("> summary").click()
    model.locator("[data-action=load]").click()
    expect(model.locator(".kfnb-note")).to_have_text("In the kernel now: model")


def bring_home(page: Page) -> None:
    """Have the outputs of the run under the cells."""
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note", has_text="Outputs of")).to_contain_text("Outputs of 5 cells are here.")
    expect(cell(page, "rows = ").locator(".jp-OutputArea-output")).to_have_text("9 rows\n")


def run_again_after_an_edit(page: Page) -> str:
    """Change what `train` computes: it and the step that it reaches run, the other is cached; the run's id."""
    cell(page, "model = ").locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nmodel['above'] = 0.55")
    graph = run(page)
    expect(graph.locator('[data-node="load"]')).to_contain_text("cached")
    for name in ("train", "evaluate"):
        expect(graph.locator(f'[data-node="{name}"]')).to_contain_text("succeeded")
    return run_shown(page)


def compare(page: Page, *runs: str) -> None:
    """Put the runs side by side on the page of all runs."""
    page.keyboard.press("Control+Shift+c")
    page.locator(".lm-CommandPalette-input").fill("pipeline runs")
    page.locator(".lm-CommandPalette-item[data-command='kfnb:open-runs']").first.click()
    for name in runs:
        page.locator(f'.kfnb-runs tr[data-run="{name}"]').get_by_role("checkbox").check()
    page.locator("[data-action=compare]").click()
    compared = page.locator(".kfnb-comparison")
    differs = compared.locator("tr[data-differs=true]", has_text="evaluate.accuracy")
    expect(differs).to_be_visible()
    expect(compared.locator("polyline")).to_have_count(2)
    expect(compared.locator("[data-cell=train]")).to_contain_text("model['above'] = 0.55")


def run_shown(page: Page) -> str:
    """The id of the run that the panel shows."""
    return str(page.locator(".kfnb-run").get_attribute("data-run"))
