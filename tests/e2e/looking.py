"""What is ours on a page as axe finds it, and as it fits on narrow screens, in the words of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

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
NO_CONTRAST = "no contrast was looked at"

CUT_OFF = """selector => {
  const scrolls = node => ['auto', 'scroll'].includes(getComputedStyle(node).overflowX);
  const texts = 'button, summary, label, a, th, td, p, h2, li, dt, dd';
  return [...document.querySelectorAll(selector)].flatMap(frame => {
    const { left, right } = frame.getBoundingClientRect();
    return [...frame.querySelectorAll('*')].flatMap(node => {
      let above = node.parentElement;
      while (above !== frame && !scrolls(above) && !above.matches('svg')) above = above.parentElement;
      const box = node.getBoundingClientRect();
      if (box.width < 2 || box.height < 2 || !node.checkVisibility()) return [];
      const isBeyond = above === frame && (box.left < left - 1 || box.right > right + 1);
      const isInline = getComputedStyle(node).display === 'inline';
      const isShort = node.matches(texts) && !isInline && node.scrollWidth > node.clientWidth + 1 && !node.title;
      return isBeyond || isShort ? [`${node.outerHTML.slice(0, 200)}: ${box.left} to ${box.right}`] : [];
    });
  });
}"""
"""What reaches beyond the sides of the nodes that a selector names, unless that part can be scrolled sideways, and what
has more text than it shows, unless the mouse over it shows all."""

OPEN_ALL = "document.querySelectorAll('#kfnb-panel details').forEach(each => { each.open = true })"

NARROW = (800, 640)
"""The width of a narrow screen, and that of one with 1280 pixels that is zoomed to 200 %."""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def prepare(page: Page, root: Path, is_light: str) -> None:
    """Put axe into the page when it has its theme."""
    expect(page.locator(f"body[data-jp-theme-light={is_light}]")).to_be_attached()
    page.add_style_tag(content=OVERFLOWS)
    page.evaluate((root / AXE).read_text("utf-8"))


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds wrong in the nodes that a selector names."""
    found: list[str] = page.evaluate(LOOK, selector)
    return found


def of_a_picture(page: Page, selector: str) -> list[str]:
    """The same of what has no text whose contrast could be looked at."""
    return [wrong for wrong in violations(page, selector) if wrong != NO_CONTRAST]


def cut_off(page: Page, selector: str) -> list[str]:
    """What is cut off in the nodes that a selector names."""
    expect(page.locator(selector).first).to_be_visible()
    found: list[str] = page.evaluate(CUT_OFF, selector)
    return found


def make_room(page: Page) -> None:
    """Close the file browser, as a person does on a narrow screen."""
    page.locator(".jp-SideBar [data-id=filebrowser]").click()
    expect(page.locator("#filebrowser")).to_be_hidden()


def wrong_when_narrow(page: Page, selector: str) -> list[str]:
    """What is cut off on narrow screens in the nodes that a selector names, and what axe finds on the narrowest."""
    wrong = []
    for width in narrowed(page):
        wrong += cut_off(page, selector)
        wrong += violations(page, selector) if width == min(NARROW) else []
    return wrong


def narrowed(page: Page) -> Iterator[int]:
    """Make the page as narrow as it is on each narrow screen; afterwards it is as it was."""
    before = page.viewport_size
    assert before is not None
    for width in NARROW:
        page.set_viewport_size({**before, "width": width})
        page.evaluate(DRAWN)
        yield width
    page.set_viewport_size(before)
