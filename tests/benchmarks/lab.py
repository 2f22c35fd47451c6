"""What JupyterLab costs with kfnb: scripts at start, a state's way to the screen, a large graph, typing, many runs.

It needs Chromium and the built front end, as the tests in a browser do, whose JupyterLab it uses.
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from kfnb.client import Client
from kfnb.history import History
from tests.benchmarks import history, notebooks
from tests.benchmarks.stopwatch import Place, Row, at_most
from tests.e2e.jupyter_lab import TOKEN, Lab

SCRIPTS = Path(__file__).parents[2] / "kfnb" / "labextension" / "static"
PATIENCE_MS = 300_000
SLOW_STEPS, SLOW_STEP = 12, "import time; time.sleep(0.4)"
CELLS = 500
STEPS = 1_000
KEYS = 60
KEY_EVERY_MS = 60
STARTS = 14
QUIET_MS = 5_000
"""How long what follows from opening a notebook, or from the last key, may take."""

WATCH_STATES = """() => {
  window.seen = {};
  const look = () => document.querySelectorAll('.kfnb-run .kfnb-graph-node').forEach(node => {
    window.seen[`${node.dataset.node} ${node.dataset.state}`] ??= Date.now() / 1000;
  });
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
DRAWN = """() => new Promise(resolve => {
  const start = performance.now();
  const isDrawn = () => document.querySelector('.kfnb-graph-node') !== null;
  const look = () => requestAnimationFrame(isDrawn() ? () => resolve(performance.now() - start) : look);
  document.querySelector('#kfnb-tab-pipeline').click();
  look();
})"""

TURNS = {
    "the next page": "[data-action=next-page]",
    "by another column": "[data-sort=duration]",
    "by a metric": "[data-sort='metric.train.auc']",
}
"""What is clicked in a list of runs, several times: a second click on a column turns its order round."""
TURNED_TIMES = 6
TURNED = """button => new Promise(resolve => {
  const rows = () => document.querySelector('.kfnb-runs tbody').textContent;
  const before = rows();
  const start = performance.now();
  const isThere = () => document.querySelector('.kfnb-runs-list[aria-busy=false]') !== null && rows() !== before;
  const look = () => requestAnimationFrame(isThere() ? () => resolve(performance.now() - start) : look);
  document.querySelector(button).click();
  look();
})"""


def in_the_browser(place: Place) -> Iterator[Row]:
    """All rows about JupyterLab, on one server and in one browser."""
    lab, without = Lab(place.folder), _without_panel(place.folder / "without")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            yield from _scripts(_page(chromium.new_page(), lab))
            yield from _start(chromium, lab, without)
            yield from _states(chromium.new_page(), lab)
            yield from _graph(chromium.new_page(), lab)
            yield from _typing(chromium, lab, without)
            yield from _many_runs(chromium.new_page(), place.folder / "many")
        finally:
            chromium.close()
            lab.stop()
            without.stop()


def _page(page: Page, lab: Lab, name: str = "") -> Page:
    page.set_default_timeout(PATIENCE_MS)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(lab.address(name) if name else f"{lab.url}lab?token={TOKEN}&reset")
    page.locator(".jp-SideBar").first.wait_for()
    return page


def _open(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook with the panel beside it, and wait until the server has looked at it and the kernel is idle."""
    _page(page, lab, name)
    page.locator(".kfnb-chip-name").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-SideBar [data-id=kfnb-panel]").click()
    page.locator("#kfnb-tab-step").wait_for()


def _scripts(page: Page) -> Iterator[Row]:
    page.locator(".jp-SideBar [data-id=kfnb-panel]").wait_for()
    names = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    files = {name.split("?")[0].rsplit("/", 1)[1] for name in names if "/@kfnb/jupyterlab/static/" in name}
    size = sum(len(gzip.compress((SCRIPTS / file).read_bytes())) for file in files if file.endswith(".js"))
    yield at_most(f"script loaded at start, gzipped ({len(files)} files)", size / 1000, 150, "kB")


def _start(browser: Browser, lab: Lab, other: Lab) -> Iterator[Row]:
    """JupyterLab's start without an open notebook, with the panel and, by turns, on a server that has no panel."""
    found: dict[Lab, list[float]] = {lab: [], other: []}
    for count in range(STARTS):
        for server in (lab, other) if count % 2 else (other, lab):
            page = browser.new_page()
            clock = _Clock(page)
            _page(page, server)
            page.wait_for_timeout(QUIET_MS)
            found[server].append(clock.seconds() * 1000)
            page.close()
    ours, theirs = (statistics.median(found[server]) for server in (lab, other))
    yield at_most("what the panel adds to the start, processor time of the page", ours - theirs, 50, "ms")
    yield Row("the start with it", f"{ours:.0f} ms")


def _without_panel(folder: Path) -> Lab:
    """JupyterLab with all extensions that are installed but the panel."""
    there = folder / "extensions"
    there.mkdir(parents=True)
    for each in (Path(sys.prefix) / "share" / "jupyter" / "labextensions").iterdir():
        if each.name != "@kfnb":
            (there / each.name).symlink_to(each)
    return Lab(folder, options=[f"--LabApp.labextensions_path={there}"])


def _states(page: Page, lab: Lab) -> Iterator[Row]:
    steps = {name: f"{code}\n{SLOW_STEP}" for name, code in notebooks.chain(SLOW_STEPS).items()}
    _open(page, lab, notebooks.write(lab.root / "states.ipynb", steps))
    page.evaluate(WATCH_STATES)
    page.locator("#kfnb-tab-run").click()
    page.locator("[data-action=run]").click()
    save = page.locator(".jp-Dialog .jp-mod-accept")
    page.locator(".kfnb-run").or_(save).first.wait_for()
    if save.is_visible():
        save.click()
    page.locator(".kfnb-run[data-state=SUCCEEDED]").wait_for()
    seen = page.evaluate("window.seen")
    run = Client(home=lab.home).get(page.locator(".kfnb-run").get_attribute("data-run") or "")
    times = {f"{event.task} {event.state}": event.time for event in run.new_events(0).read() if event.state}
    waits = [seen[what] - time for what, time in times.items() if what in seen and what.startswith("s")]
    what = f"a state from its event to the screen, the slowest of {len(waits)}"
    yield at_most(what, max(waits) * 1000, 300, "ms")
    yield Row("the same, median", f"{statistics.median(waits) * 1000:.0f} ms")


def _graph(page: Page, lab: Lab) -> Iterator[Row]:
    _open(page, lab, notebooks.write(lab.root / "graph.ipynb", notebooks.chain(STEPS)))
    page.locator("#kfnb-tab-pipeline").click()
    page.locator(".kfnb-graph-node").first.wait_for()
    page.locator("#kfnb-tab-step").click()
    page.wait_for_function(f"document.querySelectorAll('.jp-Notebook .jp-CodeCell').length === {STEPS}")
    clock = _Clock(page)
    waited = page.evaluate(DRAWN)
    yield at_most(f"graph of {STEPS:,} steps drawn, processor time of the page", clock.seconds(), 0.5, "s")
    yield Row("until it was on screen", f"{waited / 1000:.2f} s")


def _typing(browser: Browser, lab: Lab, other: Lab) -> Iterator[Row]:
    steps = {f"s{place}": f"x{place} = {place}" for place in range(CELLS)}
    page = browser.new_page()
    theirs = _key(_page(page, other, notebooks.write(other.root / "typing.ipynb", steps)))
    page.close()
    page = browser.new_page()
    _open(page, lab, notebooks.write(lab.root / "typing.ipynb", steps))
    ours = _key(page)
    page.close()
    page = browser.new_page()
    _open(page, lab, "typing.ipynb")
    page.locator("#kfnb-tab-pipeline").click()
    page.locator(".kfnb-graph-node").first.wait_for()
    drawn = _key(page)
    page.close()
    what = f"a key in a notebook of {CELLS} steps, processor time of the page"
    yield Row(what, f"{ours * 1000:.0f} ms, without kfnb {theirs * 1000:.0f} ms")
    yield Row("the same beside the tab *Pipeline*", f"{drawn * 1000:.0f} ms")


def _many_runs(page: Page, folder: Path) -> Iterator[Row]:
    """*Pipeline Runs* over a full history: from a click to the rows that it brings."""
    folder.mkdir()
    lab = Lab(folder)
    try:
        client = Client(home=lab.home)
        history.fill(History(client), Path(client.root))
        client.close()
        _page(page, lab).locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
        page.locator(".kfnb-runs tbody tr").first.wait_for()
        for what, button in TURNS.items():
            waits = [float(page.evaluate(TURNED, button)) for _ in range(TURNED_TIMES)]
            yield at_most(f"{history.RUNS:,} runs, {what}, until it was on screen", statistics.median(waits), 300, "ms")
    finally:
        lab.stop()


def _key(page: Page) -> float:
    """Seconds of the page's processor time for a key, all that follows from it included, in a notebook drawn whole."""
    page.wait_for_function(f"document.querySelectorAll('.jp-Notebook .jp-CodeCell').length === {CELLS}")
    page.locator(".jp-Notebook .cm-content").first.click()
    page.keyboard.press("Control+End")
    page.wait_for_timeout(QUIET_MS)
    clock = _Clock(page)
    page.keyboard.type("  # " + "a" * KEYS, delay=KEY_EVERY_MS)
    page.wait_for_timeout(QUIET_MS)
    return clock.seconds() / (KEYS + 4)


class _Clock:
    """The processor time of a page's main thread from now on: that of a busy machine is the same."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._start = self._now()

    def seconds(self) -> float:
        return self._now() - self._start

    def _now(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")
