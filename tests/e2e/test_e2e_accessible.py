"""In a real browser: axe finds nothing to object to in what is ours on the page, in the light and the dark theme.

What is on the page then is also looked at on narrow screens, where that costs no run of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab, read_notebook
from looking import OPEN_ALL, cut_off, make_room, narrowed, of_a_picture, prepare, violations, wrong_when_narrow
from playwright.sync_api import Page, Route, expect
from working import (
    begin_step,
    cell,
    choose,
    choose_cluster,
    open_notebook,
    press_run,
    run,
    show_panel,
    write_notebook,
)

from tests.run_processes import kill_each, orchestrators_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

THEMES = "@jupyterlab/apputils-extension:themes"
FANS_OUT = "items = [1, 2, 3]\ndoubled = [item * 2 for item in items]"
BUTTON = '.jp-Notebook .jp-mod-active [data-command="kfnb:name-step"]'


@pytest.fixture(params=[("JupyterLab Light", "true"), ("JupyterLab Dark", "false")], ids=["light", "dark"])
def is_light(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """A theme, and what JupyterLab says about it on the page."""
    theme, is_light = request.param
    lab.set_up(THEMES, {"theme": theme})
    yield is_light
    lab.set_up(THEMES, None)


@pytest.fixture
def clusters(lab: Lab) -> Iterator[None]:
    """A cluster in the file of profiles, which cannot be reached."""
    lab.profiles.write_text(
        '[clusters.far]\nnamespace = "team"\nroot = "s3://bucket/runs"\nimage = "example.com/kfnb:1"\n'
        'kubeconfig = "/nowhere/config"\n',
        "utf-8",
    )
    yield
    lab.profiles.unlink()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """What lets a step end that waits for it."""
    gate = tmp_path / "gate"
    yield gate
    gate.touch()  # else the run outlives a test that failed


def test_axe_finds_nothing_in_the_panel_and_the_chips(
    lab: Lab, page: Page, root: Path, quickstart: Path, is_light: str
) -> None:
    """All tabs of the panel and of a task, with every group open, and the chips before and after a run are clean."""
    page.set_viewport_size({"width": 1280, "height": 4500})
    notebook = read_notebook(quickstart)
    notebook["cells"][0]["metadata"]["tags"] = ["gpu:1"]  # on a text it means nothing, which its chip says
    quickstart.write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, lab, quickstart)
    prepare(page, root, is_light)
    begin_step(page, "longest = max", "longest")
    expect(page.locator(".kfnb-step-head h2")).to_have_text("longest")
    expect(page.locator(".jp-MarkdownCell .kfnb-chip [data-code=KF120]")).to_be_visible()
    page.evaluate(OPEN_ALL)
    expect(page.locator("[data-field=annotation]")).to_be_visible()
    page.locator("[data-field=timeout]").fill("10")
    expect(page.locator(".kfnb-problem")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    page.locator("[data-field=timeout]").fill("")

    page.locator("#kfnb-tab-pipeline").click()
    expect(page.locator(".kfnb-graph-node")).to_have_count(3)
    page.locator("[data-action=suggest]").click()
    expect(page.locator("[data-action=dismiss-suggestion]")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")

    run(page, word="axes").locator('[data-node="longest"]').click()
    expect(page.locator(".kfnb-log pre")).to_contain_text("the longest word")
    page.evaluate(OPEN_ALL)
    expect(page.locator("[data-parameter=word]")).to_be_visible()
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note")).to_be_visible()
    expect(cell(page, "longest = max").locator(".kfnb-chip-state")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    assert [] == violations(page, ".kfnb-chip")
    page.locator(".kfnb-task [data-tab=events]").click()
    expect(page.locator(".kfnb-task [data-source=run]").last).to_contain_text("succeeded")
    assert [] == violations(page, ".kfnb-task")
    make_room(page)
    assert [] == wrong_when_narrow(page, "#kfnb-panel")


def test_axe_finds_nothing_in_the_pod_of_a_task(
    lab: Lab, page: Page, root: Path, quickstart: Path, is_light: str
) -> None:
    """What only a run on a cluster has is clean; here the server's answers are as such a run's."""

    def as_on_a_cluster(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "cluster": "far"})

    pod = {"yaml": "apiVersion: v1\nkind: Pod\n", "living": False, "why": "The pod is gone; its Job asked for this."}
    page.route("**/kfnb/api/runs/*", as_on_a_cluster)
    page.route("**/kfnb/api/runs/*/tasks/*/pod?*", lambda route: route.fulfill(json=pod))
    page.set_viewport_size({"width": 1280, "height": 2000})
    open_notebook(page, lab, quickstart)
    prepare(page, root, is_light)
    run(page, word="pods").locator('[data-node="read"]').click()
    page.locator(".kfnb-task [data-tab=pod]").click()
    expect(page.locator(".kfnb-task-pod pre")).to_contain_text("kind: Pod")
    assert [] == violations(page, ".kfnb-task")
    make_room(page)
    assert [] == wrong_when_narrow(page, "#kfnb-panel")
    page.unroute_all(behavior="ignoreErrors")  # an answer that is on its way is gone with the page


def test_axe_finds_nothing_in_the_page_of_clusters_and_in_what_a_cluster_lacks(
    lab: Lab, page: Page, root: Path, quickstart: Path, is_light: str, clusters: None
) -> None:
    """The list of clusters, the form of one with all that is wrong in it, and why a run cannot go there are clean."""
    page.set_viewport_size({"width": 1280, "height": 4500})
    open_notebook(page, lab, quickstart)
    prepare(page, root, is_light)
    page.locator("#kfnb-tab-clusters").click()
    expect(page.locator("[data-cluster=far]")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    page.locator("[data-cluster=far] [data-action=edit]").click()
    page.evaluate(OPEN_ALL)
    page.locator("[data-setting='limits.memory']").fill("4gb")
    expect(page.locator(".kfnb-problem")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    choose_cluster(page, "far")
    page.evaluate(OPEN_ALL)
    expect(page.locator("[data-group=preflight]")).to_contain_text("/nowhere/config")
    assert [] == violations(page, "#kfnb-panel")


def test_axe_finds_nothing_where_no_notebook_is_open_or_no_server_answers(
    lab: Lab, page: Page, root: Path, is_light: str
) -> None:
    """The empty panel is clean, and what it says where kfnb's server cannot be reached."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    prepare(page, root, is_light)
    show_panel(page)
    expect(page.locator(".kfnb-empty [data-action=open-example]")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    page.route("**/kfnb/api/**", lambda route: route.abort())
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    prepare(page, root, is_light)
    show_panel(page)
    expect(page.locator(".kfnb-panel > [role=alert]")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    page.unroute_all(behavior="ignoreErrors")


def test_axe_finds_nothing_in_what_failed_was_interrupted_or_fans_out_and_around_the_notebook(
    lab: Lab, page: Page, root: Path, is_light: str, gate: Path
) -> None:
    """Why a step failed, what it executed, elements, an interrupted run, a cell's button, the status bar are clean."""
    path = lab.root / f"fails_{is_light}.ipynb"
    waits = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)"
    write_notebook(path, ("step:wait", waits), ("step:each", FANS_OUT), ("step:fit", "raise ValueError('no rows')"))
    notebook = read_notebook(path)
    notebook["cells"][1]["metadata"]["tags"] += ["foreach"]
    path.write_text(json.dumps(notebook), "utf-8")
    page.set_viewport_size({"width": 1280, "height": 2000})
    open_notebook(page, lab, path)
    prepare(page, root, is_light)
    cell(page, "raise ValueError").locator(".jp-InputArea-prompt").click()
    expect(page.locator(BUTTON)).to_be_visible()
    assert [] == of_a_picture(page, BUTTON)
    page.locator("#kfnb-tab-run").click()
    press_run(page, page.locator(".kfnb-run"))
    expect(page.locator(".kfnb-living-runs")).to_be_visible()
    assert [] == violations(page, ".kfnb-living-runs")
    fan_out = page.locator(".kfnb-run [data-node=each]")
    expect(fan_out).to_contain_text("3/3")
    fan_out.click()
    expect(page.locator(".kfnb-task [data-field=element]")).to_be_visible()
    assert [] == violations(page, ".kfnb-run")
    fan_out.press(" ")
    expect(page.locator(".kfnb-run [data-node='each[2]']")).to_be_visible()
    assert [] == violations(page, ".kfnb-run")
    fan_out.press(" ")
    page.locator(".kfnb-run [data-node=fit][data-state=FAILED]").click()
    expect(page.locator(".kfnb-task [role=alert]")).to_contain_text("no rows")
    assert [] == violations(page, ".kfnb-run")
    page.locator("[data-action=open-executed]").click()
    expect(page.locator(".kfnb-executed .jp-OutputArea-output")).to_contain_text("no rows")
    assert [] == of_a_picture(page, "#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current")
    kill_each(orchestrators_of(lab.home))
    expect(page.locator(".kfnb-run-state")).to_have_text("⏸ interrupted")
    expect(page.locator(".kfnb-run-head .kfnb-warning")).to_be_visible()
    make_room(page)
    assert [] == violations(page, ".kfnb-run")
    assert [] == wrong_when_narrow(page, "#kfnb-panel")


def test_axe_finds_nothing_in_a_living_widget(
    lab: Lab, page: Page, root: Path, is_light: str, watched: tuple[str, Path]
) -> None:
    """A run that lives in the output of a cell is clean, with the log of a running step, and so is what it leaves."""
    page.set_viewport_size({"width": 1280, "height": 1600})
    notebook, gate = watched
    page.goto(lab.address(notebook))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    prepare(page, root, is_light)
    page.locator(".jp-Notebook .jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    step = page.locator(".jp-OutputArea-output .kfnb-graph-node[data-node=wait]")
    expect(step).to_have_attribute("data-state", "RUNNING")
    step.click()
    expect(page.locator(".kfnb-live-log")).to_contain_text("it waits")
    assert [] == violations(page, ".kfnb-live")
    gate.touch()
    expect(page.locator(".jp-OutputArea-output img[src^='data:image/svg+xml;base64,']")).to_be_visible()
    assert [] == violations(page, ".jp-OutputArea-output .kfnb-run")


def test_axe_finds_nothing_in_lists_and_comparisons_in_cells(
    lab: Lab, page: Page, root: Path, is_light: str, listed: str
) -> None:
    """The widget of a list is clean, with runs side by side and with one opened; so are a comparison and tables."""
    page.set_viewport_size({"width": 1280, "height": 3000})
    page.goto(lab.address(listed))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    prepare(page, root, is_light)
    for name in ("Run", "Run All Cells"):
        page.get_by_role("menuitem", name=name, exact=True).click()
    first, second = (page.locator(".kfnb-shown").nth(place) for place in (0, 1))
    expect(second.locator(".kfnb-comparison")).to_be_visible()
    second.locator(".kfnb-chart-key").first.click()
    first.get_by_label("Choose all runs of this page").check()
    first.locator("[data-action=compare]").click()
    expect(first.locator(".kfnb-comparison")).to_be_visible()
    first.locator(".kfnb-chart-plot").first.hover()
    assert [] == violations(page, ".jp-Notebook .kfnb-shown")
    first.locator("tbody .kfnb-link").first.click()
    first.locator(".kfnb-graph-node").click()
    expect(first.locator(".kfnb-live-log")).to_contain_text("scored")
    assert [] == violations(page, ".jp-Notebook .kfnb-shown")
    make_room(page)
    assert [] == wrong_when_narrow(page, ".jp-Notebook .kfnb-shown")
    choose(page, "Kernel", "Restart Kernel…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.locator(".kfnb-shown")).to_have_count(0)
    tables = ".jp-OutputArea-output :is(.kfnb-runs, .kfnb-comparison)"
    expect(page.locator(tables)).to_have_count(2)
    assert [] == violations(page, tables)
    assert [[], []] == [cut_off(page, ".jp-OutputArea:has(table)") for _ in narrowed(page)]


def test_axe_finds_nothing_in_the_page_of_runs(
    lab: Lab, page: Page, root: Path, quickstart: Path, is_light: str
) -> None:
    """The list of runs, one in detail with a task of it, their experiment, and two side by side with tags are clean."""
    page.set_viewport_size({"width": 1600, "height": 2000})
    open_notebook(page, lab, quickstart)
    begin_step(page, "longest = max", "longest")
    run(page, word="axe")
    run(page, word="notebook")
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    prepare(page, root, is_light)
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    rows = page.locator(".kfnb-runs tbody tr")
    rows.first.locator(".kfnb-link").first.click()
    expect(page.locator(".kfnb-runs-page [data-group=metrics]")).to_contain_text("letters")
    page.get_by_label("Another tag for this run").fill("good")
    page.locator("[data-action=add-tag]").click()
    expect(rows.first.locator(".kfnb-tag")).to_have_text("good")
    expect(page.locator("[data-action=undo]")).to_be_visible()
    page.locator(".kfnb-run-details [data-node=longest]").click()
    expect(page.locator(".kfnb-run-details .kfnb-log pre")).to_contain_text("the longest word")
    assert [] == violations(page, ".kfnb-runs-page")
    make_room(page)
    assert [] == wrong_when_narrow(page, ".kfnb-runs-page")
    rows.first.locator(".kfnb-link").last.click()
    expect(page.locator(".kfnb-experiment circle").first).to_be_visible()
    assert [] == violations(page, ".kfnb-runs-page")
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").check()
    page.locator("[data-action=compare]").click()
    expect(page.locator(".kfnb-comparison")).to_contain_text("letters")
    assert [] == violations(page, ".kfnb-runs-page")
