"""In a real browser: nothing that is needed is cut off on a narrow screen, nor where the page is zoomed to 200 %."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_lab import TOKEN, Lab, read_notebook
from looking import OPEN_ALL, cut_off, make_room
from playwright.sync_api import Page, expect
from working import cell, choose_cluster, open_notebook, run, show_panel

from kfnb.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(params=[(800, 600, 1), (640, 400, 2)], ids=["800 pixels", "1280 pixels at 200 %"])
def screen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A narrow screen; one that is zoomed has half the pixels, each twice as wide."""
    width, height, zoom = request.param
    return {"viewport": {"width": width, "height": height}, "device_scale_factor": zoom}


@pytest.fixture
def far(lab: Lab) -> Iterator[str]:
    """The name of a cluster in the file of profiles, which cannot be reached."""
    lab.profiles.write_text(
        '[clusters.far]\nnamespace = "team"\nroot = "s3://bucket/runs"\nimage = "example.com/kfnb:1"\n'
        'kubeconfig = "/nowhere/in/a/folder/with/a/long/name/config"\n',
        "utf-8",
    )
    yield "far"
    lab.profiles.unlink()


def test_nothing_of_a_run_in_an_output_is_cut_off(lab: Lab, page: Page, watched: tuple[str, Path]) -> None:
    """The widget fits into its cell, with a step's log, and so does the picture that it leaves."""
    notebook, gate = watched
    page.goto(lab.address(notebook))
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    make_room(page)
    page.locator(".jp-Notebook .jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
    step = page.locator(".jp-OutputArea-output .kfnb-graph-node[data-node=wait]")
    expect(step).to_have_attribute("data-state", "RUNNING")
    step.click()
    expect(page.locator(".kfnb-live-log")).to_contain_text("it waits")
    assert [] == cut_off(page, ".jp-OutputArea-output")
    gate.touch()
    expect(page.locator(".jp-OutputArea-output img[src^='data:image/svg+xml;base64,']")).to_be_visible()
    assert [] == cut_off(page, ".jp-OutputArea-output")


def test_nothing_is_cut_off(lab: Lab, page: Page, quickstart: Path) -> None:
    """Every tab of the panel, the chips and the page of runs fit into their places."""
    notebook = read_notebook(quickstart)
    longest = next(found for found in notebook["cells"] if found["id"] == "longest")
    longest["metadata"]["tags"] = ["step:longest"]
    quickstart.write_text(json.dumps(notebook), "utf-8")
    open_notebook(page, lab, quickstart)
    make_room(page)
    cell(page, "longest = max").locator(".jp-InputArea-prompt").click()
    expect(page.locator(".kfnb-step-head")).to_be_visible()
    page.evaluate(OPEN_ALL)
    expect(page.locator("[data-field=annotation]")).to_be_visible()
    assert [] == cut_off(page, "#kfnb-panel")
    page.locator("#kfnb-tab-pipeline").click()
    expect(page.locator(".kfnb-graph-node")).to_have_count(3)
    assert [] == cut_off(page, "#kfnb-panel")
    page.locator("#kfnb-tab-clusters").click()
    page.locator("#kfnb-panel .kfnb-button").first.click()
    assert [] == cut_off(page, "#kfnb-panel")

    run(page, word="narrow").locator('[data-node="longest"]').click()
    expect(page.locator(".kfnb-log pre")).to_contain_text("the longest word")
    page.evaluate(OPEN_ALL)
    expect(page.locator("[data-parameter=word]")).to_be_visible()
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note")).to_be_visible()
    assert [] == cut_off(page, "#kfnb-panel")
    assert [] == cut_off(page, ".jp-Notebook .kfnb-chip")
    long = {"name": "a run with a long name " * 6, "experiment": "an experiment with a long name " * 4}
    Client(home=lab.home).run(quickstart, {"word": "again"}, **long).wait()

    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    make_room(page)
    rows = page.locator(".kfnb-runs tbody tr")
    rows.first.locator(".kfnb-link").first.click()
    expect(page.locator(".kfnb-runs-page [data-group=metrics]")).to_contain_text("letters")
    assert [] == cut_off(page, ".kfnb-runs-page")
    rows.first.get_by_title("Plot the metrics of this experiment’s runs").click()
    expect(page.locator(".kfnb-experiment .kfnb-chart-point").first).to_be_visible()
    assert [] == cut_off(page, ".kfnb-runs-page")
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").check()
    page.locator("[data-action=compare]").click()
    expect(page.locator(".kfnb-comparison")).to_contain_text("letters")
    assert [] == cut_off(page, ".kfnb-runs-page")


def test_nothing_is_cut_off_before_there_are_steps_or_a_run(lab: Lab, page: Page, quickstart: Path, far: str) -> None:
    """The panel without a notebook, the proposal of steps, and what stands against a run fit into the panel."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    expect(page.locator(".jp-LauncherCard").first).to_be_visible()
    make_room(page)
    show_panel(page)
    expect(page.locator("[data-action=open-example]")).to_be_visible()
    assert [] == cut_off(page, "#kfnb-panel")

    open_notebook(page, lab, quickstart)
    make_room(page)
    page.locator("#kfnb-tab-pipeline").click()
    page.locator("[data-action=suggest]").click()
    expect(page.locator(".kfnb-proposal").first).to_be_visible()
    page.evaluate(OPEN_ALL)
    assert [] == cut_off(page, "#kfnb-panel")
    choose_cluster(page, far)
    expect(page.locator("[data-group=preflight]")).to_contain_text("/nowhere/in")
    page.evaluate(OPEN_ALL)
    assert [] == cut_off(page, "#kfnb-panel")
