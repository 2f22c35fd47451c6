"""In a real browser: JupyterLab's start does not wait for what nobody looks at yet."""

from __future__ import annotations

import pytest
from jupyter_lab import TOKEN, Lab
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

OURS = "/@kfnb/jupyterlab/static/"
ASKED_BY_THE_PANEL = "/kfnb/api/version"


def test_what_the_panel_shows_is_loaded_when_it_is_first_seen(lab: Lab, page: Page) -> None:
    """Its scripts come then, and not again when it is seen again; the server is asked of its version then."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_websocket(lambda socket: "/kfnb/api/changes" in socket.url):  # the status bar's, after the start
        page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    panel = page.locator(".jp-SideBar [data-id=kfnb-panel]")
    expect(panel).to_be_visible()
    at_start = {url for url in asked if OURS in url}
    assert not any(ASKED_BY_THE_PANEL in url for url in asked)

    with page.expect_response(lambda answer: ASKED_BY_THE_PANEL in answer.url):
        panel.click()
    expect(page.locator(".kfnb-empty")).to_be_visible()
    seen = [url for url in asked if OURS in url]
    assert set(seen) > at_start
    panel.click()
    expect(page.locator(".kfnb-empty")).to_be_hidden()
    panel.click()
    expect(page.locator(".kfnb-empty")).to_be_visible()
    assert seen == [url for url in asked if OURS in url]


def test_a_part_that_cannot_be_loaded_is_asked_for_again(lab: Lab, page: Page) -> None:
    """While the server is away the panel says that it is being loaded; it comes by itself."""
    page.goto(f"{lab.url}lab?token={TOKEN}&reset")
    panel = page.locator(".jp-SideBar [data-id=kfnb-panel]")
    expect(panel).to_be_visible()
    with page.expect_request(f"**{OURS}*"):
        page.route(f"**{OURS}*", lambda route: route.abort())
        panel.click()
    expect(page.locator("#kfnb-panel")).to_contain_text("The panel is being loaded.")
    page.unroute(f"**{OURS}*")
    expect(page.locator(".kfnb-empty")).to_be_visible()
