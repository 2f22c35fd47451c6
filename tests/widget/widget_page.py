"""A page without a browser: what the tests of widgets ask a real kernel with."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from kfnb import widget
from kfnb.widget import VIEW

needs_widgets = pytest.mark.skipif(
    not widget.is_built() and os.environ.get("CI") != "true",
    reason="the widgets are not built: `make front-end` does it, and needs Node",
)

Message = dict[str, Any]


class Page:
    """What a page does: it runs cells, and hears everything that the kernel says."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.heard: list[Message] = []

    def run(self, source: str) -> None:
        """Run a cell to its end; it must not fail."""
        asked = self.client.execute(source)
        ended = self.wait(
            lambda m: m["parent_header"].get("msg_id") == asked and m["content"].get("execution_state") == "idle"
        )
        errors = [m["content"] for m in self.heard[: self.heard.index(ended)] if m["msg_type"] == "error"]
        assert [] == errors

    def wait(self, condition: Callable[[Message], bool]) -> Message:
        """Return the first message for which the condition holds, waiting for it."""
        for message in self.heard:
            if condition(message):
                return message
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            self.heard.append(message)
            if condition(message):
                return message

    def tell(self, comm: str, data: dict[str, Any]) -> None:
        """Send the kernel a message of a widget."""
        content = {"comm_id": comm, "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))


def shown(page: Page, source: str) -> dict[str, Any]:
    """Run a cell; return what its last line is displayed as."""
    page.heard.clear()
    page.run(source)
    (result,) = [message["content"]["data"] for message in page.heard if message["msg_type"] == "execute_result"]
    return dict(result)


def state(page: Page, data: dict[str, Any]) -> dict[str, Any]:
    """The traits of the widget that was displayed."""
    comm = data[VIEW]["model_id"]
    opened = page.wait(lambda message: message["msg_type"] == "comm_open" and message["content"]["comm_id"] == comm)
    return dict(opened["content"]["data"]["state"])


def answer(page: Page, data: dict[str, Any], kind: str, **about: Any) -> dict[str, Any]:
    """Ask the kernel a question of the widget's, and return its answer."""
    number = len(page.heard)
    question = {"kind": kind, "number": number, **about}
    page.tell(data[VIEW]["model_id"], {"method": "custom", "content": question})
    found = page.wait(lambda m: m["content"].get("data", {}).get("content", {}).get("number") == number)
    return dict(found["content"]["data"]["content"])
