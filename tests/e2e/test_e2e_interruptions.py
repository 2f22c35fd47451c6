"""In a real browser: a run goes on and is shown rightly whatever becomes of the server, the page or the notebook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect
from working import (
    await_kernel,
    cell,
    choose,
    command,
    expect_told,
    open_notebook,
    press_run,
    saving,
    write_notebook,
)

from kfnb.client import Client
from tests.run_processes import kill_each, orchestrators_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WAITS = """import os, time
print("it waits for", rows)
while not os.path.exists({gate!r}):
    time.sleep(0.02)
print("it ends")"""
FAILS_AT_FIRST = """import os
if not os.path.exists({mended!r}):
    raise ValueError("not mended")
"""
ALL_PRINTED = "it waits for [1, 2, 3]\nit ends\n"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file whose making lets the second step of the notebook end."""
    return tmp_path / "gate"


@pytest.fixture
def waiting(lab: Lab, gate: Path, request: pytest.FixtureRequest) -> Path:
    """A notebook with a step that ends when it may."""
    path = lab.root / f"{request.node.name}.ipynb"
    write_notebook(path, ("step:load", "rows = [1, 2, 3]"), ("step:wait", WAITS.format(gate=str(gate))))
    return path


def begin(page: Page) -> tuple[Locator, str]:
    """Start a run and look at the log of the step that waits; the run as it is shown and its id are returned."""
    page.locator("#kfnb-tab-run").click()
    shown = page.locator(".kfnb-run")
    press_run(page, shown)
    shown.locator(".kfnb-graph-node[data-node=wait]").click()
    expect(page.locator(".kfnb-log pre")).to_have_text("it waits for [1, 2, 3]\n")
    return shown, shown.get_attribute("data-run") or ""


def test_a_cut_connection_is_taken_up_again_where_it_was(lab: Lab, page: Page, waiting: Path, gate: Path) -> None:
    """After its WebSocket was cut the page asks for what comes after the last event; nothing is lost or shown twice."""
    routes: list[WebSocketRoute] = []

    def through(route: WebSocketRoute) -> None:
        route.connect_to_server()
        routes.append(route)

    page.route_web_socket(lambda url: "/events" in url and "/kfnb/" in url, through)
    open_notebook(page, lab, waiting)
    shown, _ = begin(page)
    assert routes[0].url.split("after=")[1].startswith("0")
    with page.expect_event("websocket", lambda socket: "/events" in socket.url and "/kfnb/" in socket.url) as again:
        routes[0].close(code=1011)
    after = int(again.value.url.split("after=")[1].split("&")[0])
    assert after > 0
    expect(shown.locator(".kfnb-run-head .kfnb-warning")).to_have_count(0)
    gate.touch()
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    expect(page.locator(".kfnb-log pre")).to_have_text(ALL_PRINTED)


def test_a_server_that_was_down_while_the_run_ended_is_caught_up_with(
    lab: Lab, page: Page, waiting: Path, gate: Path
) -> None:
    """The panel says that the server is gone and that the run goes on; when it is back it shows how the run ended."""
    open_notebook(page, lab, waiting)
    shown, run_id = begin(page)
    cell(page, "rows = [1").locator(".cm-content").click()
    lab.stop()
    gone = shown.locator(".kfnb-run-head .kfnb-warning")
    expect(gone).to_contain_text("The connection to the Jupyter server is gone; the run goes on.")
    page.keyboard.type("# typed while it is down")
    unreachable = page.locator(".kfnb-panel > [role=alert]")
    expect(unreachable).to_contain_text("The Jupyter server cannot be reached")
    gate.touch()
    client = Client(home=lab.home)
    assert "SUCCEEDED" == client.get(run_id).wait().state
    client.close()
    expect(shown).to_have_attribute("data-state", "RUNNING")
    lab.start()
    expect(page.locator(f'.kfnb-run[data-run="{run_id}"][data-state=SUCCEEDED]')).to_be_visible()
    expect(gone).to_have_count(0)
    expect(unreachable).to_have_count(0)
    expect(page.locator(".kfnb-log pre")).to_have_text(ALL_PRINTED)


def test_the_page_of_runs_says_that_the_server_is_away_and_catches_up(
    lab: Lab, page: Page, waiting: Path, gate: Path
) -> None:
    """Nothing else of kfnb is open: the list itself says that it may be old, until the server is back."""
    client = Client(home=lab.home)
    run = client.run(waiting, detach=True)
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    row = page.locator(f'.kfnb-runs tr[data-run="{run.id}"]')
    expect(row).to_contain_text("running")
    expect(page.locator(".kfnb-living-runs button")).to_be_visible()  # the server was heard
    trouble = page.locator(".kfnb-runs-page [role=alert]")
    expect(trouble).to_have_count(0)
    lab.stop()
    expect(trouble).to_contain_text("The Jupyter server cannot be reached")
    gate.touch()
    assert "SUCCEEDED" == client.get(run.id).wait().state
    client.close()
    expect(row).to_contain_text("running")
    lab.start()
    expect(row).to_contain_text("succeeded")
    expect(trouble).to_have_count(0)


def test_a_run_outlives_the_name_and_the_tab_of_its_notebook(lab: Lab, page: Page, waiting: Path, gate: Path) -> None:
    """It is there again in a notebook that was closed and opened, in a second tab, and renamed, also when reloaded."""
    open_notebook(page, lab, waiting)
    _, run_id = begin(page)
    live = f'.kfnb-run[data-run="{run_id}"][data-state=RUNNING]'
    ended = f'.kfnb-run[data-run="{run_id}"][data-state=SUCCEEDED]'

    tab = page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")
    await_kernel(page)
    page.locator(".jp-Notebook .jp-InputArea-prompt").first.click()
    with saving(page):
        page.keyboard.press("Control+s")  # a notebook that is closed while it is saved is one that could not be saved
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))
    tab.locator(".lm-TabBar-tabCloseIcon").click()
    expect(page.locator(live)).to_have_count(0)
    expect(page.locator(".kfnb-living-runs button")).to_be_visible()
    page.locator(".jp-DirListing-item", has_text=waiting.name).dblclick()
    expect(page.locator(live)).to_be_visible()
    expect(cell(page, "it waits for").locator(".kfnb-chip-state")).to_contain_text(re.compile(r"running · \d+ s"))

    second = page.context.new_page()
    open_notebook(second, lab, waiting)
    second.locator("#kfnb-tab-run").click()
    expect(second.locator(live)).to_be_visible()

    choose(page, "File", "Rename Notebook")
    page.locator(".jp-Dialog input").fill("renamed_while_running.ipynb")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(tab).to_contain_text("renamed_while")
    expect(page.locator(live)).to_be_visible()

    gate.touch()
    expect(page.locator(ended)).to_be_visible()
    expect(second.locator(ended)).to_be_visible()
    page.locator("[data-action=bring-home]").click()
    expect(cell(page, "it waits for").locator(".jp-OutputArea-output")).to_have_text(ALL_PRINTED)

    open_notebook(second, lab, waiting.with_name("renamed_while_running.ipynb"))
    second.locator("#kfnb-tab-run").click()
    expect(second.locator(ended)).to_be_visible()


def test_what_is_typed_goes_with_a_notebook_that_is_saved_as_another(
    lab: Lab, page: Page, waiting: Path, gate: Path
) -> None:
    """The form of the new file has it; the run stays with the file that it is of."""
    open_notebook(page, lab, waiting)
    _, run_id = begin(page)
    gate.touch()
    page.locator("[data-group=new-run] > summary").click()
    page.get_by_text("Name, part, cache").click()
    page.locator(".kfnb-run-form").get_by_label("Name of the run").fill("of the copy")
    tab = page.locator("#jp-main-dock-panel .lm-TabBar-tab.jp-mod-current")
    await_kernel(page)
    page.locator(".jp-Notebook .jp-InputArea-prompt").first.click()
    with saving(page):
        page.keyboard.press("Control+s")
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))  # else JupyterLab asks whether it is to be saved
    choose(page, "File", "Save Notebook As")
    page.locator(".jp-Dialog input").fill("saved_as_another.ipynb")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(tab).to_contain_text("saved_as_another")
    page.get_by_text("Name, part, cache").click()
    expect(page.locator(".kfnb-run-form").get_by_label("Name of the run")).to_have_value("of the copy")
    expect(page.locator(f'.kfnb-run[data-run="{run_id}"]')).to_have_count(0)
    assert waiting.exists()


def test_a_run_that_nothing_drives_is_shown_interrupted_and_resumed(
    lab: Lab, page: Page, waiting: Path, gate: Path
) -> None:
    """When its orchestrator was killed the run says that it is interrupted; Resume goes on where it stopped."""
    open_notebook(page, lab, waiting)
    shown, run_id = begin(page)
    assert kill_each(orchestrators_of(lab.home)) == 1
    expect(shown.locator(".kfnb-run-state")).to_have_text("⏸ interrupted")
    expect(shown.locator(".kfnb-run-head .kfnb-warning")).to_contain_text("Nothing drives this run any more.")
    expect(shown.locator(".kfnb-graph-node[data-node=wait]")).to_have_attribute("data-state", "INTERRUPTED")
    expect(page.locator(".kfnb-chip-state", has_text="⏸ interrupted")).to_have_count(1)
    page.locator("[data-action=bring-home]").click()
    expect(page.locator("[data-action=undo-home]")).to_be_visible()
    command(page, "Pipeline Runs")
    row = page.locator(f".kfnb-runs tr[data-run='{run_id}']")
    for state, count in {"INTERRUPTED": 1, "RUNNING": 0, "": 1}.items():
        page.get_by_label("State", exact=True).select_option(state)
        expect(row).to_have_count(count)
    gate.touch()
    shown.locator("[data-action=resume]").click()
    expect(page.locator(f'.kfnb-run[data-run="{run_id}"][data-state=SUCCEEDED]')).to_be_visible()
    expect(shown.locator(".kfnb-graph-node[data-node=load]")).to_have_attribute("data-state", "SUCCEEDED")


def test_a_run_goes_on_while_the_kernel_restarts_and_ends_when_it_is_canceled(
    lab: Lab, page: Page, waiting: Path
) -> None:
    """The notebook's kernel is nothing to the run; Cancel ends it, and says so."""
    open_notebook(page, lab, waiting)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    shown, _ = begin(page)
    with page.expect_response(lambda answer: "/restart" in answer.url and answer.ok):
        choose(page, "Kernel", "Restart Kernel…")
        page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    expect(shown).to_have_attribute("data-state", "RUNNING")
    shown.locator("[data-action=cancel]").click()
    expect(page.locator(".kfnb-run[data-state=CANCELED]")).to_be_visible()
    expect(shown.locator("[data-action=cancel]")).to_have_count(0)
    expect(shown.locator("[data-action=resume]")).to_be_visible()


def test_a_failed_run_that_is_resumed_elsewhere_is_live_again(lab: Lab, page: Page, gate: Path, tmp_path: Path) -> None:
    """The panel and the chips, which showed for a while how it failed, show how it goes on and ends."""
    path, mended = lab.root / "resumed_elsewhere.ipynb", tmp_path / "mended"
    code = FAILS_AT_FIRST.format(mended=str(mended)) + WAITS.format(gate=str(gate))
    write_notebook(path, ("step:load", "rows = [1, 2, 3]"), ("step:wait", code))
    open_notebook(page, lab, path)
    page.locator("#kfnb-tab-run").click()
    shown = page.locator(".kfnb-run")
    press_run(page, shown)
    chip = cell(page, "not mended").locator(".kfnb-chip-state")
    expect(page.locator(".kfnb-run[data-state=FAILED]")).to_be_visible()
    expect(chip).to_contain_text("failed")

    mended.touch()
    client = Client(home=lab.home)
    client.resume(shown.get_attribute("data-run") or "", detach=True)
    client.close()
    expect(page.locator(".kfnb-run[data-state=RUNNING]")).to_be_visible()
    expect(chip).to_contain_text(re.compile(r"running · \d+ s"))
    expect(page.locator(".kfnb-living-runs button")).to_be_visible()
    gate.touch()
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
    expect(chip).to_contain_text("succeeded")
    expect_told(page, f"The run {path.stem} succeeded.")


@pytest.mark.parametrize("comes_through", [True, False])
def test_a_start_whose_answer_is_lost_is_not_taken_for_a_refusal(
    lab: Lab, page: Page, waiting: Path, gate: Path, comes_through: bool
) -> None:
    """Where the request came through the run is shown; where it did not, it is said that nothing was started."""

    def cut(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        if comes_through:
            route.fetch()
        route.abort()

    gate.touch()
    open_notebook(page, lab, waiting)
    page.route(re.compile(r"/kfnb/api/runs(\?\d+)?$"), cut)
    page.locator("#kfnb-tab-run").click()
    refusal = page.locator(".kfnb-run-form [role=alert]")
    shown = page.locator(".kfnb-run")
    press_run(page, shown if comes_through else refusal)
    if comes_through:
        expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
        expect(refusal).to_have_count(0)
    else:
        expect(refusal).to_contain_text("nothing was started")
        expect(shown).to_have_count(0)


def test_a_run_that_is_resumed_elsewhere_and_ends_at_once_is_told(lab: Lab, page: Page, tmp_path: Path) -> None:
    """However short it goes on, and while its notebook is closed, the page hears of it: notified, and in the list."""
    path, mended = lab.root / "resumed_for_a_moment.ipynb", tmp_path / "mended"
    write_notebook(path, ("step:load", "rows = [1, 2, 3]"), ("step:mend", FAILS_AT_FIRST.format(mended=str(mended))))
    client = Client(home=lab.home)
    run = client.run(path).wait()
    assert "FAILED" == run.state
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    row = page.locator(f'.kfnb-runs tr[data-run="{run.id}"]')
    expect(row).to_contain_text("failed")
    mended.touch()
    client.resume(run.id, detach=True)
    client.close()
    expect_told(page, f"The run {path.stem} succeeded.")
    expect(row).to_contain_text("succeeded")
