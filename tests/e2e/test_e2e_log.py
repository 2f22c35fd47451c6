"""In a real browser: the log of a task is followed, until a person looks at what stands above."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_lab import Lab
from playwright.sync_api import Page, expect
from working import open_notebook, press_run, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TALKS = """import os, time
print("\\n".join(f"{name} {{n}}" for n in range(300)), flush=True)
while not os.path.exists({gate!r}):
    time.sleep(0.02)
print("{name} ends")"""
AT_END = """() => {
  const pane = document.querySelector('.kfnb-log pre');
  return pane.scrollTop > 0 && pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 8;
}"""


def test_a_log_is_followed_until_it_is_scrolled_up_and_another_task_s_is_followed_again(
    lab: Lab, page: Page, tmp_path: Path
) -> None:
    """What a person looks at stays in place as more is printed; the log of another task is at its end, and whole."""
    first, second = tmp_path / "first", tmp_path / "second"
    path = lab.root / "talks.ipynb"
    steps = (("step:a", TALKS.format(name="a", gate=str(first))), ("step:b", TALKS.format(name="b", gate=str(second))))
    write_notebook(path, *steps)
    open_notebook(page, lab, path)
    page.locator("#kfnb-tab-run").click()
    shown, log = page.locator(".kfnb-run"), page.locator(".kfnb-log pre")
    press_run(page, shown)
    shown.locator("[data-node=a]").click()
    expect(log).to_contain_text("a 299")
    page.wait_for_function(AT_END)
    log.hover()
    page.mouse.wheel(0, -100_000)
    page.wait_for_function("document.querySelector('.kfnb-log pre').scrollTop === 0")
    first.touch()
    expect(log).to_contain_text("a ends")
    assert 0 == log.evaluate("pane => pane.scrollTop")

    page.locator(".kfnb-log input[type=search]").fill("a ends")
    shown.locator("[data-node=b]").click()
    expect(log).to_contain_text("b 299")
    page.wait_for_function(AT_END)
    second.touch()
    expect(log).to_contain_text("b ends")
    page.wait_for_function(AT_END)
    expect(page.locator(".kfnb-run[data-state=SUCCEEDED]")).to_be_visible()
