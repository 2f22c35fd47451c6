"""In a real browser: chips, underlines and scrolling in a notebook of 500 cells, however JupyterLab draws it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_lab import Lab
from playwright.sync_api import Page, expect
from working import open_notebook, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TRACKER = "@jupyterlab/notebook-extension:tracker"
CELLS = 500
STEPS = 5


@pytest.fixture(params=["contentVisibility", "full", "defer", "none"])
def mode(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """How JupyterLab draws long notebooks: by the browser, only what is seen, the rest when idle, or all at once."""
    lab.set_up(TRACKER, {"windowingMode": request.param})
    yield request.param
    lab.set_up(TRACKER, None)


@pytest.fixture
def long_notebook(lab: Lab, mode: str) -> Path:
    """Steps that follow one another, each of 100 cells."""
    cells = []
    for place in range(CELLS):
        number, first = divmod(place, CELLS // STEPS)
        begins = f"x{number} = {f'x{number - 1} + 1' if number else 0}"
        cells.append((f"step:s{number}", begins) if first == 0 else ("", f"print({place})"))
    path = lab.root / f"long_{mode}.ipynb"
    write_notebook(path, *cells)
    return path


def test_a_step_far_away_is_scrolled_to_with_chip_and_underline(
    lab: Lab, page: Page, long_notebook: Path, mode: str
) -> None:
    """A click on a step brings its first cell into view with its chip, far down and up again, and errors show there.

    What flows into and out of it is written below the graph.
    """
    open_notebook(page, lab, long_notebook)
    page.locator("#kfnb-tab-pipeline").click()
    expect(page.locator(".kfnb-graph-node")).to_have_count(STEPS)
    chips = page.locator(".jp-Notebook .kfnb-chip-name")
    active = page.locator(".jp-Notebook .jp-mod-active")
    for name in ("s4", "s0", "s2"):
        page.locator(f".kfnb-graph-node[data-node={name}]").click()
        expect(chips.filter(has_text=name)).to_be_in_viewport()
        expect(active).to_contain_text(f"x{name[1]} =")
        expect(page.locator(".kfnb-graph-node.kfnb-mod-selected")).to_have_attribute("data-node", name)
    expect(page.locator("[data-flow=s2]")).to_have_text("After s1 (x1). Before s3 (x2)")
    drawn = page.locator(".jp-Notebook .jp-CodeCell")
    if mode == "full":
        assert 0 < drawn.count() < CELLS / 2
    else:
        expect(drawn).to_have_count(CELLS)

    active.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nif")
    expect(active.locator(".kfnb-underlined[data-severity=error]").first).to_be_in_viewport()
