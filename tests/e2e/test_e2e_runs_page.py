"""In a real browser: the page of all runs, found among others, looked at, put side by side, tagged and archived."""

from __future__ import annotations

import getpass
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Locator, Page, expect
from working import command

from kfnb.client import Client
from tests.runners.nowhere import unseen_options

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SCORE = """
import kfnb
kfnb.log_metric("auc", rate / 4)
for epoch in range(4):
    kfnb.log_metric("loss", rate / (1 + epoch))
print(*(f"line {n} {'.' * 60}" for n in range(20_000)), sep="\\n")
kfnb.HTML("<p>a page</p><script>document.body.append('that ran')</script>", name="page")
kfnb.Markdown("# Notes\\n<script>document.title = 'ran'</script>\\n\\n* *first*", name="notes")
kfnb.log_roc_curve([0, rate / 4, 1], [0, 1, 1], [1, 0.5, 0])
"""


@pytest.fixture
def runs(lab: Lab) -> tuple[str, str]:
    """Two runs of one notebook, the second with another rate and another line of code."""
    path = lab.root / "scores" / "scores.ipynb"
    path.parent.mkdir()
    client = Client(home=lab.home)
    ids = []
    for rate, code in ((1, SCORE), (3, SCORE.replace("0.5,", "0.7,") + "print('more')")):
        cells = [
            nbformat.v4.new_code_cell("rate = 1", id="p", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(code, id="s", metadata={"tags": ["step:score"]}),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        ids.append(client.run(path, {"rate": rate}, name="scores <b>", experiment="rates <b>").wait().id)
    client.close()
    return ids[0], ids[1]


def test_runs_are_found_looked_at_compared_and_archived(page: Page, lab: Lab, runs: tuple[str, str]) -> None:
    """The list is searched, filtered, sorted; a run shows its graph, two what differs; what is done can be undone."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    shown = page.locator(".kfnb-runs-page")
    rows = shown.locator(".kfnb-runs tbody tr")
    shown.get_by_placeholder("Search runs").fill("scores <b>")
    expect(rows).to_have_count(2)
    expect(rows.first).to_have_attribute("data-run", runs[1])
    shown.locator("[data-sort='metric.score.auc']").click()
    shown.locator("[data-sort='metric.score.auc']").click()
    expect(rows.first).to_have_attribute("data-run", runs[0])
    filter_by(shown, "score.auc", "0.5")
    expect(rows).to_have_count(1)
    expect(rows.first).to_have_attribute("data-run", runs[1])
    shown.get_by_role("button", name="Take away the condition score.auc>0.5").click()
    expect(rows).to_have_count(2)
    form = shown.get_by_role("form", name="Condition")
    form.get_by_label("What the condition is about").select_option("Who")
    form.get_by_label("Name").fill(getpass.getuser())
    form.get_by_label("Name").press("Enter")
    form.get_by_label("What the condition is about").select_option("Notebook")
    form.get_by_label("Name").fill("scores/scores.ipynb")
    form.get_by_label("Name").press("Enter")
    shown.get_by_label("To", exact=True).fill("2020-01-01")
    expect(rows).to_have_count(0)
    shown.get_by_label("To", exact=True).fill("")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text(getpass.getuser())
    rows.first.get_by_role("button", name="rates <b>").click()
    plot = shown.get_by_role("region", name="Experiment rates <b>")
    expect(plot.get_by_role("button", name="rate 3, score.auc 0.75")).to_have_count(1)
    expect(plot.locator("circle")).to_have_count(2)
    plot.locator("[data-axis=y]").select_option("score.loss")
    plot.get_by_role("button", name="rate 1, score.loss 0.25").click()
    expect(shown.get_by_role("region", name=f"Run {runs[0]}")).to_be_visible()
    expect(shown.locator(".kfnb-graph-node[data-node=score]")).to_have_attribute("data-state", "SUCCEEDED")
    expect(shown.locator("[data-group=metrics]")).to_contain_text("auc")
    curve = shown.locator("[data-series='score · loss']")
    curve.locator("summary").click()
    expect(curve).to_contain_text("score · loss: 0.25")
    look_at_pages(shown)
    look_at_long_log(shown)
    look_at_reason(shown)
    for row in rows.all():
        row.get_by_role("checkbox").check()
    shown.locator("[data-action=compare]").click()
    compared = shown.locator(".kfnb-comparison")
    expect(compared.locator("tr[data-differs=true]", has_text="rate")).to_have_text("rate13")
    for chart in ("score · loss", "score · ROC curve"):
        expect(compared.locator("figure", has_text=chart).locator("polyline")).to_have_count(2)
    expect(compared.locator("[data-cell=s] del")).to_have_text("5")
    expect(compared.locator("[data-cell=s] ins")).to_have_text(["7", "print('more')"])
    shown.locator("[data-action=tag]").click()
    page.locator(".jp-Dialog input").fill("<i>good</i>")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(rows.locator(".kfnb-tag")).to_have_text(["<i>good</i>"] * 2)
    shown.locator("[data-action=undo]").click()
    expect(rows.locator(".kfnb-tag")).to_have_count(0)
    tag_one_and_filter_by_it(shown, runs[0])
    rows.first.get_by_role("checkbox").check()
    shown.locator("[data-action=archive]").click()
    expect(rows).to_have_count(0)
    command(page, "Take Back What Was Done to Runs")
    expect(rows).to_have_count(1)
    rows.first.get_by_role("checkbox").check()
    shown.locator("[data-action=archive]").click()
    shown.get_by_label("Archived").check()
    expect(rows.first).to_have_attribute("data-run", runs[0])
    rows.first.get_by_role("checkbox").check()
    shown.locator("[data-action=delete]").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(shown.get_by_role("status")).to_have_text("1 run was deleted.")
    expect(rows).to_have_count(0)


def test_a_run_whose_cluster_is_no_more_is_deleted_when_that_is_said(page: Page, lab: Lab, tmp_path: Path) -> None:
    """It is asked with why the cluster cannot be asked; who does not know keeps the run."""
    path = lab.root / "scores" / "far.ipynb"
    path.parent.mkdir(exist_ok=True)
    cell = nbformat.v4.new_code_cell("x = 1", id="s", metadata={"tags": ["step:far"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    client = Client(home=lab.home)
    run = client.prepare(path, name="far away", options=unseen_options(tmp_path, "<i>far</i>")).run_id
    client.close()
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    shown, asked = page.locator(".kfnb-runs-page"), page.locator(".jp-Dialog")
    row = shown.locator(f".kfnb-runs tbody tr[data-run='{run}']")
    shown.get_by_placeholder("Search runs").fill("far away")
    for answer, left in ((".jp-mod-reject", 1), (".jp-mod-accept", 0)):
        row.get_by_role("checkbox").check()
        shown.locator("[data-action=delete]").click()
        asked.locator(".jp-mod-accept").click()
        expect(asked).to_contain_text("Is its cluster no more?")
        expect(asked).to_contain_text(f"Run {run} may be living")
        asked.locator(answer).click()
        expect(row).to_have_count(left)
    expect(shown.get_by_role("status")).to_have_text("1 run was deleted.")


def test_a_run_that_goes_on_is_seen_and_acted_on(page: Page, lab: Lab) -> None:
    """A metric's points are drawn before its step ends; the run is cancelled and resumed, its step looked at."""
    path, gate = lab.root / "scores" / "living.ipynb", lab.root / "gate"
    path.parent.mkdir(exist_ok=True)
    code = (
        "import os, time, kfnb\nfor n in range(3):\n    kfnb.log_metric('loss', 3 - n)\n"
        f"while not os.path.exists({str(gate)!r}):\n    time.sleep(0.05)\n"
        "kfnb.log_metric('loss', 0)"
    )
    cell = nbformat.v4.new_code_cell(code, id="s", metadata={"tags": ["step:learn", "cache:off"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    client = Client(home=lab.home)
    run = client.run(path, name="living", detach=True)
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    row = page.locator(f"tr[data-run='{run.id}']")
    row.get_by_role("button", name="living").click()
    curve = page.locator("[data-series='learn · loss']")
    expect(curve).to_have_attribute("data-logged", "3")
    expect(row).to_have_attribute("data-state", "RUNNING")
    details = page.get_by_role("region", name=f"Run {run.id}")
    details.locator(".kfnb-graph-node[data-node=learn]").click()
    expect(details.get_by_placeholder("Lines with …")).to_be_visible()
    details.locator("[data-tab=events]").click()
    expect(details.locator(".kfnb-task-events li").first).to_be_visible()
    details.locator("[data-action=cancel]").click()
    expect(details).to_have_attribute("data-state", "CANCELED")
    gate.touch()
    while run.is_driven:  # its process ends a moment later
        page.wait_for_timeout(50)
    command(page, "Resume the Opened Run")
    expect(details).to_have_attribute("data-state", "SUCCEEDED")
    expect(details.locator("[data-series=loss]")).to_have_attribute("data-logged", "4")
    assert "SUCCEEDED" == run.wait().state
    command(page, "Open Executed Notebook of the Opened Run")
    expect(page.locator(".kfnb-executed .jp-CodeCell")).to_have_count(1)
    assert [3, 2, 1, 0] == [value for _, value in run.tasks["learn"].metric_series["loss"]]
    client.close()


def test_who_comes_back_to_the_page_finds_what_was_run_meanwhile(page: Page, lab: Lab) -> None:
    """A run that another program made while the page was hidden is in the list, its experiment in the filter.

    One that is made while an experiment is looked at is counted there.
    """
    path = lab.root / "scores" / "later.ipynb"
    path.parent.mkdir(exist_ok=True)
    cell = nbformat.v4.new_code_cell("print(1)", id="s", metadata={"tags": ["step:say"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    client = Client(home=lab.home)
    client.run(path, name="before").wait()
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    shown = page.locator(".kfnb-runs-page")
    experiments = shown.get_by_label("Experiment").locator("option")
    expect(shown.get_by_role("button", name="before", exact=True)).to_be_visible()
    expect(experiments.filter(has_text="found later")).to_have_count(0)
    shown.get_by_role("button", name="Default", exact=True).first.click()
    succeeded = shown.get_by_role("region", name="Experiment Default").locator(".kfnb-state", has_text="succeeded")
    expect(succeeded).to_be_visible()
    counted = succeeded.inner_text()
    command(page, "New Launcher")
    expect(shown).to_be_hidden()
    run = client.run(path, name="meanwhile", experiment="found later").wait()
    page.locator(".lm-TabBar-tab", has_text="Pipeline Runs").click()
    expect(shown.locator(f"tr[data-run='{run.id}']")).to_be_visible()
    expect(experiments.filter(has_text="found later")).to_have_count(1)
    client.run(path, name="looked at").wait()
    client.close()
    expect(succeeded).not_to_have_text(counted)


def look_at_reason(shown: Locator) -> None:
    """A button that cannot be pressed takes the focus by keys, is described by its reason, and does nothing."""
    why = "Choose two runs or more by their boxes first."
    compare = shown.locator("[data-action=compare]")
    expect(compare).to_be_disabled()
    expect(shown.get_by_text(why)).to_be_hidden()
    shown.locator("[data-action=tag]").focus()
    shown.page.keyboard.press("Shift+Tab")
    expect(compare).to_be_focused()
    expect(compare).to_have_accessible_description(why)
    expect(shown.get_by_text(why)).to_be_visible()
    shown.page.keyboard.press("Enter")
    expect(shown.locator(".kfnb-comparison")).to_have_count(0)


def look_at_long_log(shown: Locator) -> None:
    """Of more than a megabyte the end is there at once, and the beginning when it is wanted."""
    shown.locator(".kfnb-graph-node[data-node=score]").click()
    log = shown.locator(".kfnb-log pre")
    expect(log).to_contain_text("line 19999 ")
    expect(log).not_to_contain_text("line 0 ")
    shown.locator("[data-action=earlier]").click()
    expect(log).to_contain_text("line 0 ")
    expect(shown.locator("[data-action=earlier]")).to_have_count(0)


def look_at_pages(shown: Locator) -> None:
    """Open HTML and Markdown: both are seen as pages, and no script of theirs runs."""
    shown.locator("[data-group=artifacts] > summary").click()
    shown.locator("[data-artifact=page] > summary").click()
    page = shown.locator("[data-artifact=page] iframe")
    expect(page).to_have_attribute("sandbox", "")
    expect(page.content_frame.locator("p")).to_have_text("a page")
    expect(page.content_frame.locator("body")).not_to_contain_text("that ran", use_inner_text=True)
    shown.locator("[data-artifact=notes] > summary").click()
    notes = shown.locator("[data-artifact=notes] .kfnb-markdown")
    expect(notes.get_by_role("heading", name="Notes")).to_be_visible()
    expect(notes.locator("li em")).to_have_text("first")
    expect(notes.locator("script")).to_have_count(0)


def filter_by(shown: Locator, name: str, least: str) -> None:
    """Let only runs pass whose metric is above a value."""
    form = shown.get_by_role("form", name="Condition")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Value").fill(least)
    form.get_by_label("Value").press("Enter")


def tag_one_and_filter_by_it(shown: Locator, run: str) -> None:
    """Give a run a tag in its details, and click on the tag in the list."""
    row = shown.locator(f"tr[data-run='{run}']")
    row.get_by_role("button", name="scores <b>").click()
    field = shown.get_by_label("Another tag for this run")
    field.fill("kept")
    field.press("Enter")
    row.locator(".kfnb-tag").click()
    expect(shown.locator(".kfnb-runs tbody tr")).to_have_count(1)
    expect(row).to_be_visible()
