"""In a real browser: names and texts of any kind, in every field and everywhere they are shown, are text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import await_kernel, begin_step, cell, open_notebook, run, saving, write_notebook

from kfnb.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

EVIL = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> größe 数据"
"""A name that does something where it is taken for HTML, with letters of other alphabets."""

CODE = """import kfnb
größe = [word]
for value in (0.7, 0.5):
    kfnb.log_metric({evil!r}, value)
kfnb.log_roc_curve([0, 0.5, 1], [0, 1, 1], [1, 0.5, 0], {evil!r} + " curve")
kfnb.log_table([{{"<b>column</b>": {evil!r}}}], {evil!r})
print({evil!r})
print("\\x1b[31mred\\x1b[0m")"""


def test_names_are_shown_as_they_are_and_never_as_html(lab: Lab, page: Page) -> None:
    """Names of notebook, step, run, parameter, experiment, artifact, metric and what is printed are text everywhere."""
    path = lab.root / "<i>evil<i> größe.ipynb"
    evil = (f"step:{EVIL}", CODE.format(evil=EVIL))
    write_notebook(path, ("parameters", 'word = "x"'), evil, ("step:reads", "print(größe)"))
    open_notebook(page, lab, path)
    panel = page.locator("#kfnb-panel")
    expect(page.locator(".kfnb-chip-name").nth(1)).to_have_text(EVIL)
    page.locator(".kfnb-chip-settings").nth(1).click()
    expect(panel.locator(".kfnb-step-head")).to_contain_text(EVIL)
    page.locator("#kfnb-tab-pipeline").click()
    expect(panel.locator(".kfnb-graph-node").first).to_have_attribute("data-node", EVIL)

    page.locator("#kfnb-tab-run").click()
    page.locator(".kfnb-run-form summary").click()
    page.get_by_label("Name of the run").fill(EVIL)
    page.get_by_label("Experiment").fill(EVIL)
    run(page, word=EVIL).locator(".kfnb-graph-node").first.click()
    expect(panel.locator(".kfnb-run-head")).to_contain_text(json.dumps(EVIL, ensure_ascii=False))
    expect(panel.locator(".kfnb-log pre")).to_contain_text(f"\n{EVIL}\nred\n")
    expect(panel.locator("[data-group=metrics]")).to_contain_text(EVIL)
    panel.locator("[data-group=artifacts] > summary").click()
    for artifact in panel.locator("[data-artifact]").all():
        artifact.locator("> summary").click()
    expect(panel.locator("[data-artifact=größe]")).to_contain_text(EVIL)
    panel.locator("[data-action=open-executed]").click()
    expect(page.locator(".lm-TabBar-tabLabel", has_text=f"{EVIL} (executed)")).to_be_visible()
    expect(page.locator(".kfnb-executed .jp-OutputArea-output", has_text=EVIL).first).to_be_visible()
    page.locator(".jp-Notification-Status").click()
    expect(page.locator(".jp-Notification-List")).to_contain_text(f"The run {EVIL} succeeded.")
    nothing_ran(page)

    path.write_text(path.read_text("utf-8").replace("print(größe)", f"print({EVIL!r})"), "utf-8")
    client = Client(home=lab.home)
    client.run(path, {"word": f"{EVIL}, too"}, name=EVIL, experiment=EVIL).wait()
    client.close()
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    shown = page.locator(".kfnb-runs-page")
    look_at_evil_filters(shown)
    look_at_evil_experiment_and_comparison(shown)
    row = shown.locator("tbody tr").first
    expect(row).to_contain_text(EVIL)
    row.get_by_role("button", name=EVIL).first.click()
    expect(shown.locator("[data-group=metrics]")).to_contain_text(EVIL)
    expect(shown.get_by_label("Experiment")).to_contain_text(EVIL)
    row.get_by_role("checkbox").check()
    shown.locator("[data-action=tag]").click()
    page.locator(".jp-Dialog input").fill(EVIL)
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(row.locator(".kfnb-tag")).to_have_text(EVIL)
    nothing_ran(page)


EACH = f"each {EVIL}"
"""The same as the name of a fan-out."""

ANY_TEXT = {
    "when": f"{EVIL!r} != größe_数据 + 'no'",
    "env": f"NAME={EVIL}",
    "annotation": f"owner:{EVIL}",
}
"""What settings that may hold any text say of it."""


def test_every_field_of_a_step_takes_any_text_as_text(lab: Lab, page: Page) -> None:
    """What is written there is shown, kept and run as it is; what would not be understood is not kept."""
    path = lab.root / "fields.ipynb"
    write_notebook(
        path,
        ("parameters", 'größe_数据 = "x"'),
        ("step:load", "print(größe_数据)\nrows = [1, 2]"),
        ("", "doubled = [2 * row for row in rows]"),
    )
    open_notebook(page, lab, path)
    await_kernel(page)
    begin_step(page, "doubled =", EACH)
    panel = page.locator("#kfnb-panel")
    step = panel.locator(".kfnb-step-tab")
    open_settings(page, "print(größe_数据)", "load")
    fill_all(step, "field")
    expect(step.locator("h2")).to_have_text(EVIL)
    expect(panel.locator(".kfnb-findings [data-code=KF110]")).to_contain_text(EVIL)
    assert [{f"step:{EVIL}", f"when:{EVIL}", f"include:{EVIL}"}, {f"step:{EACH}"}] == saved_tags(page, path)

    open_settings(page, "print(größe_数据)", EVIL)
    for name, text in {**ANY_TEXT, "include": ""}.items():
        step.locator(f"[data-field={name}]").fill(text)
        step.locator(f"[data-field={name}]").blur()
    patch = {"metadata": {"annotations": {"example.com/owner": EVIL}}}
    step.locator("[data-field=pod_patch]").fill(json.dumps(patch))
    step.locator("[data-field=pod_patch]").blur()
    expect(step.locator("[data-field=pod_patch]")).to_have_value(re.compile("^metadata:"))
    chip = cell(page, "print(größe_数据)").locator(".kfnb-chip")
    expect(chip.locator(".kfnb-chip-name")).to_have_text(EVIL)
    expect(chip).to_contain_text(f"when {ANY_TEXT['when']}")

    open_settings(page, "doubled =", EACH)
    step.locator("[data-field=after]").get_by_label(EVIL, exact=True).check()
    step.locator("[data-field=foreach]").fill("all")
    step.locator("[data-field=foreach]").blur()
    expect(cell(page, "doubled =").locator(".kfnb-chip-part").first).to_have_text("in: rows")
    said = {f"step:{EVIL}", *(f"{name}:{text}" for name, text in ANY_TEXT.items())}
    assert [said, {f"step:{EACH}", f"after:{EVIL}", "foreach"}] == saved_tags(page, path)
    assert {"steps": {EVIL: {"pod_patch": patch}}} == read_notebook(path)["metadata"]["kfnb"]

    page.locator("#kfnb-tab-pipeline").click()
    drawn = panel.locator(f'.kfnb-graph-node[data-node="{EVIL}"]')
    expect(drawn.locator("> title")).to_contain_text(f"{EVIL} (when {ANY_TEXT['when']}")
    run_and_look_at_elements(page)
    nothing_ran(page)


def open_settings(page: Page, code: str, name: str) -> None:
    """Open all groups of the settings of a cell's step."""
    cell(page, code).locator(".kfnb-chip-settings").click()
    step = page.locator("#kfnb-panel .kfnb-step-tab")
    expect(step.locator("h2")).to_have_text(name)
    step.locator("details").evaluate_all("groups => groups.forEach(group => { group.open = true; })")
    expect(step.locator("[data-field=pod_patch]")).to_be_visible()


def saved_tags(page: Page, path: Path) -> list[set[str]]:
    """Save a notebook; return the tags that its cells behind the first one have on disk."""
    with saving(page):
        page.keyboard.press("Control+s")
    return [set(found["metadata"]["tags"]) for found in read_notebook(path)["cells"][1:]]


def run_and_look_at_elements(page: Page) -> None:
    """Run it with that text for its parameter; search the log for the text, and open an element of the fan-out."""
    panel = page.locator("#kfnb-panel")
    page.locator("#kfnb-tab-run").click()
    expect(panel.get_by_role("textbox", name="größe_数据")).to_have_value("x")
    graph = run(page, größe_数据=EVIL)
    graph.locator(f'[data-node="{EVIL}"]').click()
    search = panel.get_by_label("Show only lines of the log with this text")
    search.fill(EVIL)
    expect(panel.locator(".kfnb-log pre")).to_have_text(f"{EVIL}\n")
    expect(panel.locator(".kfnb-log [role=status]")).to_have_text("1 line found.")
    search.fill(f"{EVIL}!")
    expect(panel.locator(".kfnb-log pre")).to_have_text("")
    graph.locator(f'[data-node="{EACH}"]').press("Space")
    graph.locator(f'[data-node="{EACH}[1]"]').press("Enter")
    expect(panel.locator(".kfnb-task-head strong")).to_have_text(f"{EACH}[1]")
    expect(panel.locator(".kfnb-task-head .kfnb-state")).to_contain_text("succeeded")
    expect(cell(page, "doubled =").locator(".kfnb-chip-state")).to_contain_text("succeeded")


def test_every_field_of_a_cluster_takes_any_text_as_text(lab: Lab, page: Page, quickstart: Path) -> None:
    """It stays what it is; nothing of it is kept, as none of it would be understood."""
    open_notebook(page, lab, quickstart)
    panel = page.locator("#kfnb-panel")
    page.locator("#kfnb-tab-clusters").click()
    panel.locator("[data-action=add]").click()
    fill_all(panel.locator(".kfnb-clusters"), "setting")
    panel.locator("[data-action=save-cluster]").click()
    expect(panel.locator(".kfnb-problem").first).to_be_visible()
    assert not lab.profiles.exists()
    nothing_ran(page)


def nothing_ran(page: Page) -> None:
    """No script of the text has run, and none of its elements is in the page."""
    assert page.evaluate("window.hacked") is None
    expect(page.locator("img[src=x], script:text('window.hacked')")).to_have_count(0)


def fill_all(form: Locator, kind: str) -> None:
    """Write the evil name into every field of text; `kind`: what the fields are named by."""
    fields = form.locator(f":is(input:not([type=checkbox]), textarea)[data-{kind}]")
    expect(fields.first).to_be_visible()
    names = fields.evaluate_all(f"fields => fields.map(field => field.dataset.{kind})")
    assert len(names) > 8, names
    for name in sorted(names, key=lambda name: name == "step"):  # the tab is another one for another name
        field = form.locator(f"[data-{kind}='{name}']")
        field.fill(EVIL)
        field.blur()
        expect(field).to_have_value(EVIL)


def look_at_evil_filters(shown: Locator) -> None:
    """Search for the name, and filter by it: what cannot be a condition is said, and taken away again."""
    rows = shown.locator(".kfnb-runs tbody tr")
    shown.get_by_label("Search runs").fill(f"{EVIL}!")
    expect(rows).to_have_count(0)
    shown.get_by_label("Search runs").fill(EVIL)
    expect(rows).to_have_count(2)
    form = shown.get_by_role("form", name="Condition")
    form.get_by_label("Name").fill(EVIL)
    form.get_by_label("Value").fill(EVIL)
    form.get_by_label("Value").press("Enter")
    expect(shown.get_by_role("alert")).to_contain_text(f"{EVIL}>{EVIL}")
    shown.get_by_role("button", name=f"Take away the condition {EVIL}>{EVIL}").click()
    expect(rows).to_have_count(2)
    form.get_by_label("What the condition is about").select_option("Parameter")
    form.get_by_label("Comparison").select_option("=")
    form.get_by_label("Name").fill("word")
    form.get_by_label("Value").fill(EVIL)
    form.get_by_label("Value").press("Enter")
    expect(rows).to_have_count(1)
    shown.get_by_role("button", name=f"Take away the condition word={EVIL}").click()
    expect(rows).to_have_count(2)
    shown.get_by_label("Search runs").fill("")


def look_at_evil_experiment_and_comparison(shown: Locator) -> None:
    """Plot the metrics of an experiment of two runs, and put them side by side; choose no run in the end."""
    rows = shown.locator(".kfnb-runs tbody tr")
    rows.first.get_by_title("Plot the metrics of this experiment’s runs").click()
    plot = shown.get_by_role("region", name=f"Experiment {EVIL}")
    expect(plot.locator("[data-axis=y]")).to_contain_text(EVIL)
    plot.locator("[data-axis=x]").select_option("word")
    expect(plot.locator("svg")).to_contain_text(f"{EVIL}, too")
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").check()
    shown.locator("[data-action=compare]").click()
    compared = shown.locator(".kfnb-comparison")
    expect(compared.locator("tr[data-differs=true]", has_text="word")).to_contain_text(f"{EVIL}, too")
    charts = compared.locator("figure", has_text=f"{EVIL} · {EVIL}")  # how the metric went, and the ROC curve
    for place in (0, 1):
        expect(charts.nth(place).locator("polyline")).to_have_count(2)
    expect(compared.locator(".kfnb-diff del")).to_have_text(repr(EVIL))
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").uncheck()
