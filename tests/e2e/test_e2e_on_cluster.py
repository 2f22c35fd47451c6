"""The story on a real cluster, in a real browser: steps are suggested, pods run them, what they made comes home."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import nbformat
import pytest
from jupyter_lab import Lab, read_notebook
from playwright.sync_api import Locator, Page, expect
from working import cell, choose_cluster, press_run, show_panel

from kfnb.profiles.editing import as_text
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import GATE, Place, made_place

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("devices")]

PODS_MS = 240_000
"""How long it may take until some pods have begun one after the other, beside those of other tests."""
WAITS = ["\n", "import os, time\n", f"while not os.path.exists({GATE!r}):\n", "    time.sleep(0.05)"]
CURVE = ["\n", "kfnb.log_roc_curve([0, 0.5, 1], [0, 1, 1], [1, 0.5, 0])"]
PICTURE = nbformat.v4.new_code_cell(
    "import types, zlib\n\nimport kfnb\n\n"
    "def part(kind, data):\n"
    "    return len(data).to_bytes(4, 'big') + kind + data + zlib.crc32(kind + data).to_bytes(4, 'big')\n\n"
    "def savefig(place, **options):\n"
    "    head = (1).to_bytes(4, 'big') * 2 + bytes([8, 0, 0, 0, 0])\n"
    "    pixels = part(b'IDAT', zlib.compress(b'\\0\\0'))\n"
    "    place.write(bytes.fromhex('89504e470d0a1a0a') + part(b'IHDR', head) + pixels + part(b'IEND', b''))\n\n"
    "kfnb.log_figure(types.SimpleNamespace(savefig=savefig), 'dot')\nprint('the report:', longest)",
    id="report",
)
"""A step that logs a plot without a library for plots, which the cluster's image has not."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "kfnb", monkeypatch) as made:
        yield made


@pytest.fixture
def lab(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab with the cluster among its profiles, as `near`."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    server.profiles.write_text(as_text(msgspec.structs.replace(place.profile, name="near")), "utf-8")
    yield server
    server.stop()


def test_the_story_on_a_cluster(lab: Lab, page: Page, quickstart: Path, place: Place) -> None:
    """What stands against a run is mended in its form; a pod that waits says why; then the run goes as on a laptop."""
    page.add_locator_handler(page.locator(".Toastify__toast").first, look_elsewhere)
    without_tags(quickstart)
    suggest(page, lab, quickstart)
    cell(page, "longest = max").locator(".jp-InputArea-prompt").click()
    page.locator("#kfnb-tab-step").click()
    expect(page.locator(".kfnb-step-head h2")).to_have_text("longest")
    page.locator("[data-group=environment] > summary").click()
    see_which_accelerators_there_are(page)
    fill(page, gpu="1", accelerator="t44", secret="lent:token:TOKEN")
    expect(cell(page, "longest = max").locator(".kfnb-chip")).to_contain_text("GPU")

    of_this_machine = page.locator("[data-group=findings] [data-code=KF503]")
    expect(of_this_machine).to_contain_text("asks for `accelerator:`, `secret:`")
    choose_cluster(page, "near")
    expect(of_this_machine).to_have_count(0)
    mend_what_stands_against_it(page, place)
    press_run(page, page.locator(".kfnb-run"))
    graph = page.locator(".kfnb-run .kfnb-graph")
    see_why_it_waits(page, graph)
    page.locator(".kfnb-run [data-action=cancel]").click()
    expect(page.locator(".kfnb-run[data-state=CANCELED]")).to_be_visible(timeout=PODS_MS)

    page.locator("#kfnb-tab-step").click()
    cell(page, "longest = max").locator(".jp-InputArea-prompt").click()
    fill(page, secret="")
    first = run_with_a_look_into_pods(page, graph, place)
    bring_home_what_it_made(page)

    cell(page, "longest = max").locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nprint('again')")
    node(graph, "report").click()
    page.locator("[data-action=run-up-to-step]").click()
    again = page.locator(f".kfnb-run[data-state=SUCCEEDED]:not([data-run='{first}'])")
    expect(again).to_be_visible(timeout=PODS_MS)
    words = {"read": "cached", "repeated": "skipped", "longest": "succeeded", "report": "cached"}
    for name, word in words.items():
        expect(node(graph, name)).to_contain_text(word)
    second = page.locator(".kfnb-run").get_attribute("data-run")
    compare(page, first, str(second))
    expect(page.locator(".kfnb-comparison [data-cell=longest]")).to_contain_text("print('again')")


def look_elsewhere(toast: Locator) -> None:
    """Move the pointer off what JupyterLab notifies of, which stays over the panel as long as it is pointed at."""
    toast.page.mouse.move(0, 0)


def see_which_accelerators_there_are(page: Page) -> None:
    """The types that are offered say how many nodes have them; one that no node has is said to be so."""
    offered = page.locator("datalist:has([value=t4]) option")
    expect(offered.first).to_have_attribute("value", "t4")
    expect(offered.first).to_have_attribute("label", "1 node")
    fill(page, accelerator="h100")
    expect(page.locator(".kfnb-field", has_text="No node has it now.")).to_have_count(1)


def without_tags(path: Path) -> None:
    """Make the quickstart a notebook with headings and without tags, with a step that waits, a curve and a plot."""
    notebook = read_notebook(path)
    cells = []
    for each in (one for one in notebook["cells"] if one["cell_type"] == "code"):
        if each["id"] in ("read", "longest", "repeated"):
            cells.append(nbformat.v4.new_markdown_cell(f"## {each['id'].capitalize()}"))
        more = {"longest": CURVE, "repeated": WAITS}.get(each["id"], [])
        cells.append({**each, "metadata": {}, "source": [*each["source"], *more]})
    cells += [nbformat.v4.new_markdown_cell("## Report"), PICTURE]
    path.write_text(json.dumps({**notebook, "cells": cells}), "utf-8")


def suggest(page: Page, lab: Lab, path: Path) -> None:
    """Have steps proposed, and write their tags."""
    page.goto(lab.address(path.name))
    expect(cell(page, "longest = max")).to_be_visible()
    show_panel(page)
    page.locator("#kfnb-tab-pipeline").click()
    page.locator("[data-action=suggest]").click()
    steps = ["read", "longest", "repeated", "report"]
    expect(page.locator(".kfnb-proposal [data-step] button")).to_have_text(steps)
    page.locator("[data-action=apply-suggestion]").click()
    expect(page.locator(".kfnb-chip-name")).to_have_text(["parameters", *steps])


def fill(page: Page, **settings: str) -> None:
    """Fill in settings of the step whose cell is selected."""
    for name, text in settings.items():
        page.locator(f"[data-field={name}]").fill(text)
        page.locator(f"[data-field={name}]").blur()


def mend_what_stands_against_it(page: Page, place: Place) -> None:
    """A type that the cluster does not know is mended by a click; a missing secret is made, with another key."""
    before = page.locator("[data-group=preflight]")
    expect(before).to_contain_text("A run on near would be refused")
    before.locator("[data-fix=KF910]").click()
    expect(cell(page, "longest = max").locator(".kfnb-chip")).to_contain_text("t4")
    missing = before.locator("[data-code=KF921]")
    expect(missing).to_contain_text("`longest` names the Secret `lent`")
    place.kubectl("create", "secret", "generic", "lent", "--from-literal=key=hidden-value")
    before.locator("[data-action=check]").click()
    expect(missing).to_have_count(0)
    expect(before.locator("[data-ready=true]")).to_be_visible()


def see_why_it_waits(page: Page, graph: Locator) -> None:
    """A step whose pod cannot start says so in words, with the cluster's own event, and its pod as YAML."""
    node(graph, "longest").click()
    task = page.locator(".kfnb-task")
    expect(task.locator("> .kfnb-hint")).to_contain_text("lent", timeout=PODS_MS)
    task.locator("[data-tab=events]").click()
    expect(task.locator("[data-source=cluster][data-warning=true]", has_text="key token").first).to_be_visible()
    expect(task.locator("[data-source=run]").first).to_be_visible()
    task.locator("[data-tab=pod]").click()
    expect(task.locator("[data-living=true] pre")).to_contain_text("secretKeyRef")
    expect(task.locator("[data-living=true] pre")).not_to_contain_text("hidden-value")
    task.locator("[data-tab=log]").click()


def run_with_a_look_into_pods(page: Page, graph: Locator, place: Place) -> str:
    """Run; see the log of a pod as it grows, and where it is; the id of the run is returned when it has ended."""
    page.locator("#kfnb-tab-run").click()
    shown = page.locator(".kfnb-run")
    before = shown.get_attribute("data-run")
    page.locator("[data-group=new-run] > summary").click()
    expect(page.locator("[data-group=preflight] [data-ready=true]")).to_be_visible()
    press_run(page, shown)
    expect(page.locator(f".kfnb-run:not([data-run='{before}'])")).to_be_visible()
    node(graph, "repeated").click()
    expect(page.locator(".kfnb-log pre")).to_contain_text("more than once: a", timeout=PODS_MS)
    expect(node(graph, "repeated")).to_have_attribute("data-state", "RUNNING")
    expect(node(graph, "longest")).to_have_attribute("data-state", "SUCCEEDED", timeout=PODS_MS)
    run = str(shown.get_attribute("data-run"))
    found = place.get("pods", "--selector", f"kfnb.dev/run={run}")
    pods = {pod["metadata"]["labels"].get("kfnb.dev/task"): pod for pod in found}
    assert "gpu" == pods["longest"]["spec"]["nodeName"]
    place.open_gate(place.client().get(run), "repeated")
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible(timeout=PODS_MS)
    return run


def bring_home_what_it_made(page: Page) -> None:
    """Metrics, a curve and a plot are there, an artifact becomes a variable of the kernel, and outputs come home."""
    metrics = page.locator("[data-group=metrics]")
    expect(metrics).to_contain_text(re.compile("longest.*letters.*8", re.S))
    expect(metrics.locator("figure svg")).to_be_visible()
    page.locator("[data-group=artifacts] > summary").click()
    page.locator("[data-artifact=dot] > summary").click()
    plot = page.locator("[data-artifact=dot] img")
    expect(plot).to_be_attached()
    assert plot.evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")
    counts = page.locator("[data-artifact=counts]")
    counts.locator("> summary").click()
    expect(counts).to_contain_text("Counter")
    counts.locator("[data-action=load]").click()
    expect(counts.locator(".kfnb-note")).to_have_text("In the kernel now: counts")
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note", has_text="Outputs of")).to_contain_text("Outputs of 6 cells are here.")
    expect(cell(page, "longest = max").locator(".jp-OutputArea-output").first).to_contain_text("notebook")


def node(graph: Locator, name: str) -> Locator:
    """A step in a graph."""
    return graph.locator(f'[data-node="{name}"]')


def compare(page: Page, *runs: str) -> None:
    """Put runs side by side on the page of all runs."""
    page.keyboard.press("Control+Shift+c")
    page.locator(".lm-CommandPalette-input").fill("pipeline runs")
    page.locator(".lm-CommandPalette-item[data-command='kfnb:open-runs']").first.click()
    for each in runs:
        page.locator(f'.kfnb-runs tr[data-run="{each}"]').get_by_role("checkbox").check()
    page.locator("[data-action=compare]").click()
