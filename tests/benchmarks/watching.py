"""How long a state takes from its event's own time to the screen: of runs on this machine, in a bucket and a cluster.

It needs Chromium, the built front end and the endpoint of a store (`make store-endpoints`). A run is started by the
command line while nobody watches; what is measured begins when its notebook is open and its graph is seen.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from kfnb.client import Client
from tests.benchmarks import notebooks
from tests.benchmarks.on_cluster import on_cluster
from tests.benchmarks.stopwatch import BIN, Place, Row, at_most
from tests.e2e.jupyter_lab import Lab

PATIENCE_MS = 300_000
MOST_MS = 300
WATCHED = "watched.ipynb"
STEPS = 24
STEP = "import time; time.sleep(0.7)"
GATE = "import os, time\nwhile not os.path.exists({gate!r}): time.sleep(0.05)"

WATCH_STATES = """() => {
  window.seen = {};
  const look = () => document.querySelectorAll(':is(.kfnb-run, .kfnb-live) .kfnb-graph-node').forEach(node => {
    window.seen[`${node.dataset.node} ${node.dataset.state}`] ??= Date.now() / 1000;
  });
  look();
  window.begun = Date.now() / 1000;
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""Notes when each state of a step is first on screen, and from when on it was looked."""


def waits(page: Page, run: str, home: Path) -> list[float]:
    """Seconds from the time of each event about a step's state to the screen of a page that has run `WATCH_STATES`."""
    seen, begun = page.evaluate("window.seen"), page.evaluate("window.begun")
    events = [event for event in Client(home=home).get(run).events() if event.state and event.task]
    times = {f"{event.task} {event.state}": event.time for event in events}
    return [seen[what] - at for what, at in times.items() if what in seen and at > begun]


def rows(what: str, found: list[float]) -> Iterator[Row]:
    """What is said of the ways of states to the screen."""
    found = sorted(found)
    most = found[math.ceil(0.95 * len(found)) - 1]
    yield at_most(f"a state {what} from its event to the screen, 95 of 100 of {len(found)}", most * 1000, MOST_MS, "ms")
    yield Row("the same, median and slowest", f"{statistics.median(found) * 1000:.0f} ms, {found[-1] * 1000:.0f} ms")


def in_a_bucket(place: Place) -> Iterator[Row]:
    """A run of this machine whose store is an S3 endpoint of this machine."""
    with _bucket(place) as root, _lab(place.folder) as (lab, page):
        yield from rows(
            "of a run in a bucket", _watched(place, lab, page, _in_the_panel, "--root", root, is_gated=True)
        )


def in_a_widget(place: Place) -> Iterator[Row]:
    """A run in a bucket that a cell displays, and one of this machine that is opened in the list of `kfnb.runs()`."""
    with _bucket(place) as root, _lab(place.folder) as (lab, page):
        displayed = _watched(place, lab, page, _displayed, "--root", root, is_gated=True)
        yield from rows("of a run in a bucket that a cell displays", displayed)
        opened = _watched(place, lab, page, _opened, is_gated=True)
        yield from rows("of a run of this machine that is opened in a cell's list", opened)


@contextlib.contextmanager
def _bucket(place: Place) -> Iterator[str]:
    """The address of a bucket at an S3 endpoint of this machine, known to every process that is started."""
    sys.path.insert(0, str(Path(__file__).parents[1]))  # where the endpoints are, which the tests start too
    from s3_gateway import Gateway, program

    found = program()
    if found is None:
        raise SystemExit("There is no endpoint of a store: `make store-endpoints` builds it.")
    gateway = Gateway(found, place.folder / "s3")
    os.environ.update(gateway.environment)
    try:
        yield gateway.make_bucket("runs")
    finally:
        gateway.stop()


def on_a_cluster(place: Place) -> Iterator[Row]:
    """K5: a run that is driven in the test cluster, watched from this machine."""
    with on_cluster(place), _lab(place.folder) as (lab, page):
        shutil.copy(place.folder / "clusters.toml", lab.profiles)
        yield from rows("of a run on the cluster", _watched(place, lab, page, _in_the_panel, "--on", "bench"))


@contextlib.contextmanager
def _lab(folder: Path) -> Iterator[tuple[Lab, Page]]:
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = chromium.new_page()
            page.set_default_timeout(PATIENCE_MS)
            yield lab, page
            chromium.close()
    finally:
        lab.stop()


def _watched(
    place: Place, lab: Lab, page: Page, show: Callable[[Lab, Page, str], None], *options: str, is_gated: bool = False
) -> list[float]:
    """Start a run, `show` it, and return how long its states took to the screen; a gate holds it until it is seen."""
    gate = place.folder / f"gate{show.__name__}"
    steps = {name: f"{code}\n{STEP}" for name, code in notebooks.chain(STEPS).items()}
    if is_gated:
        steps = {"gate": GATE.format(gate=str(gate)), **steps}
    notebooks.write(lab.root / WATCHED, steps)
    environment = place.environment | {"KFNB_HOME": str(lab.home), "KFNB_CONFIG": str(lab.profiles)}
    command = [str(BIN / "kfnb"), "run", WATCHED, "--detach", "--json", "--no-cache", "--max-parallel", "1", *options]
    started = subprocess.run(command, cwd=lab.root, env=environment, check=False, capture_output=True, text=True)
    if started.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {started.returncode}\n{started.stderr[-2000:]}")
    run = json.loads(started.stdout)["run_id"]
    show(lab, page, run)
    page.evaluate(WATCH_STATES)
    gate.touch()
    page.wait_for_function(f"window.seen['s{STEPS - 1} SUCCEEDED']")
    return waits(page, run, lab.home)


def _in_the_panel(lab: Lab, page: Page, run: str) -> None:
    page.goto(lab.address(WATCHED))
    page.locator(".jp-SideBar [data-id=kfnb-panel]").click()
    page.locator("#kfnb-tab-run").click()
    page.locator(f'.kfnb-run[data-run="{run}"] .kfnb-graph-node').first.wait_for()


def _displayed(lab: Lab, page: Page, run: str) -> None:
    _run_cell(lab, page, f"import kfnb\nkfnb.watch({run!r})")
    page.locator(".kfnb-live .kfnb-graph-node").first.wait_for()


def _opened(lab: Lab, page: Page, run: str) -> None:
    _run_cell(lab, page, "import kfnb\nkfnb.runs()")
    page.locator(f'tr[data-run="{run}"] td .kfnb-link').first.click()
    page.locator(".kfnb-live .kfnb-graph-node").first.wait_for()


def _run_cell(lab: Lab, page: Page, source: str) -> None:
    page.goto(lab.address(notebooks.write(lab.root / "shown.ipynb", {"show": source})))
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-Notebook .jp-Cell .cm-content").click()
    page.keyboard.press("Shift+Enter")
