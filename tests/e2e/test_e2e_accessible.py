"""In a real browser: axe finds nothing to object to in what is ours on the page, in the light and the dark theme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Page, expect
from working import begin_step, cell, open_notebook, run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

THEMES = "@jupyterlab/apputils-extension:themes"
AXE = Path("labextension", "node_modules", "axe-core", "axe.min.js")
OVERFLOWS = "body, .jp-LabShell { overflow: visible !important }"
"""Without it axe takes all of the page for hidden, and looks at no contrast."""

LOOK = """async selector => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
  const found = await axe.run({ include: [selector] }, { runOnly: { type: 'tag', values: tags } });
  const wrong = found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\\n${failureSummary}`));
  return found.passes.some(({ id }) => id === 'color-contrast') ? wrong : [...wrong, 'no contrast was looked at'];
}"""


@pytest.fixture(params=[("JupyterLab Light", "true"), ("JupyterLab Dark", "false")], ids=["light", "dark"])
def is_light(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """A theme, and what JupyterLab says about it on the page."""
    theme, is_light = request.param
    lab.set_up(THEMES, {"theme": theme})
    yield is_light
    lab.set_up(THEMES, None)


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds wrong in the nodes that a selector names."""
    found: list[str] = page.evaluate(LOOK, selector)
    return found


def prepare(page: Page, root: Path, is_light: str) -> None:
    """Put axe into the page when it has its theme."""
    expect(page.locator(f"body[data-jp-theme-light={is_light}]")).to_be_attached()
    page.add_style_tag(content=OVERFLOWS)
    page.evaluate((root / AXE).read_text("utf-8"))


def test_axe_finds_nothing_in_the_panel_and_the_chips(
    lab: Lab, page: Page, root: Path, quickstart: Path, is_light: str
) -> None:
    """All three tabs of the panel, with every group open, and the chips before and after a run are clean."""
    page.set_viewport_size({"width": 1280, "height": 3000})
    open_notebook(page, lab, quickstart)
    prepare(page, root, is_light)
    begin_step(page, "longest = max", "longest")
    open_all = "document.querySelectorAll('#kfnb-panel details').forEach(each => { each.open = true })"
    page.evaluate(open_all)
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
    page.evaluate(open_all)
    expect(page.locator("[data-parameter=word]")).to_be_visible()
    page.locator("[data-action=bring-home]").click()
    expect(page.locator(".kfnb-note")).to_be_visible()
    expect(cell(page, "longest = max").locator(".kfnb-chip-state")).to_be_visible()
    assert [] == violations(page, "#kfnb-panel")
    assert [] == violations(page, ".kfnb-chip")


def test_axe_finds_nothing_in_the_page_of_runs(
    lab: Lab, page: Page, root: Path, quickstart: Path, is_light: str
) -> None:
    """The list of runs, one of them in detail, and two side by side are clean."""
    page.set_viewport_size({"width": 1600, "height": 2000})
    open_notebook(page, lab, quickstart)
    begin_step(page, "longest = max", "longest")
    run(page, word="axe")
    run(page, word="notebook")
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    prepare(page, root, is_light)
    page.locator(".jp-LauncherCard", has_text="Pipeline Runs").click()
    rows = page.locator(".kfnb-runs tbody tr")
    rows.first.locator(".kfnb-link").click()
    expect(page.locator(".kfnb-runs-page [data-group=metrics]")).to_contain_text("letters")
    assert [] == violations(page, ".kfnb-runs-page")
    for place in (0, 1):
        rows.nth(place).get_by_role("checkbox").check()
    page.locator("[data-action=compare]").click()
    expect(page.locator(".kfnb-comparison")).to_contain_text("letters")
    assert [] == violations(page, ".kfnb-runs-page")
