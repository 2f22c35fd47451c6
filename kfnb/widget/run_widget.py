"""The kernel's end of a run's widget: what it shows as traits, and the answers to what it asks for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import traitlets

from kfnb.widget import STATIC
from kfnb.widget.displayed import Displayed

if TYPE_CHECKING:
    from collections.abc import Callable

LOG_CHARACTERS = 100_000
"""How much of a log's end is shown: a page that has more is slow."""
_NOTHING = "export default { render() {} }"


class RunWidget(Displayed):
    """A run's widget. `graph` and `status` are plain JSON, as labextension/src/widget reads it.

    `seen`: a page shows the widget, and not what stands in its place. Traits are set to new values, never changed in
    place, and may be set from any thread.
    """

    _esm: Any = STATIC / "run.js"
    graph = traitlets.Dict().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    seen = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        graph: dict[str, Any],
        status: dict[str, Any],
        log_of: Callable[[str], str],
        results_of: Callable[[str], dict[str, Any]],
    ) -> None:
        """`log_of` returns what a task printed; whatever it raises is shown in the place of the log.

        `results_of` returns what a task has logged so far, as plain JSON; nothing is shown where it raises something.
        """
        super().__init__(graph=graph, status=status)
        self._log_of = log_of
        self._results_of = results_of
        self.on_msg(self._answer)

    def close(self) -> None:
        """Take the widget away. What runs notebooks keeps the last state of every widget: of this one, nothing."""
        if self.comm is not None:
            with self.hold_sync():
                self._esm, self.graph, self.status = _NOTHING, {}, {}
        super().close()

    def _answer(self, _widget: object, content: Any, _buffers: object) -> None:
        """Answer a message of the page; one that this widget does not know is of a newer page, and left alone."""
        if not isinstance(content, dict) or not isinstance(content.get("task"), str):
            return
        if content.get("kind") == "log":
            self._send_log(content["task"])
        elif content.get("kind") == "results":
            with contextlib.suppress(Exception):  # a page's question must not end up as a traceback in some cell
                self.send({"kind": "results", "task": content["task"], **self._results_of(content["task"])})

    def _send_log(self, task: str) -> None:
        try:
            text = self._log_of(task)
        except Exception as error:  # as above
            text = f"The log cannot be read: {error}"
        self.send({"kind": "log", "task": task, **log_end(text)})


def log_end(log: str) -> dict[str, Any]:
    """Return as much of a log as is shown, and whether its beginning is cut off."""
    shown = log[-LOG_CHARACTERS:]
    return {"text": shown, "cut": len(shown) < len(log)}
