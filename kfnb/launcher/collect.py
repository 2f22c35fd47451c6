"""Turns what a body says into the outputs of its cells, as nbclient and a front end do; used by supervise.py and
engine.py.

Printed text waits as long as ipykernel holds it back (until it is flushed, something is shown, the cell ends, or 0.2
s), so that stdout and stderr come out in the same order as by hand.
"""

from __future__ import annotations

import codecs
import json
import time
from typing import Any

from kfnb.launcher.frames import Frame, Kind

FLUSH_AFTER = 0.2
"""Seconds that ipykernel holds printed text back at most (OutStream.flush_interval)."""

CELL_LIMIT = 16 << 20
"""Bytes of printed text that one cell keeps in the notebook."""

Output = dict[str, Any]


class Collector:
    """Outputs of the cells of one task, by the cell's number, `current` being the running one (-1: none yet).

    `truncated`: cells that printed more than is kept.
    """

    def __init__(self, cells: int, limit: int = CELL_LIMIT) -> None:
        self.outputs: list[list[Output]] = [[] for _ in range(cells)]
        self.counts: list[int | None] = [None] * cells
        self.truncated: set[int] = set()
        self._running = False
        self._limit = limit
        self._sizes = [0] * cells
        self.current = -1
        self._waiting: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._since: dict[str, float] = {}
        self._decoders = {n: codecs.getincrementaldecoder("utf-8")("replace") for n in self._waiting}
        self._displayed: dict[str, list[Output]] = {}
        self._clear_next = False
        self._widgets: dict[str, list[Output]] = {}
        self._captures: list[list[Output]] = []

    def take(self, frame: Frame) -> str:
        """Take in one frame; return the text it adds to the log."""
        match frame.kind:
            case Kind.STDOUT:
                return self._take_text("stdout", frame)
            case Kind.STDERR:
                return self._take_text("stderr", frame)
            case Kind.FLUSH_STDOUT:
                self._show("stdout")
            case Kind.FLUSH_STDERR:
                self._show("stderr")
            case Kind.MESSAGE:
                return self._take_message(frame)
            case Kind.STARTED:
                self.current, self._running, self._clear_next = frame.cell, True, False
                self._captures.clear()
            case Kind.FINISHED:
                self.flush()
                self._running = False
                self.counts[frame.cell] = json.loads(frame.data)["count"]
        return ""

    def rendered(self, cell: int) -> list[Output]:
        """Return the outputs of a cell as nbformat has them."""
        for output in self.outputs[cell]:
            if output["output_type"] == "stream" and len(output["text"]) > 1:
                output["text"][:] = ["".join(output["text"])]
        return [{**o, "text": "".join(o["text"])} if o["output_type"] == "stream" else o for o in self.outputs[cell]]

    def flush(self) -> None:
        """Show all text that waits, stdout first, as ipykernel does at the end of a cell."""
        self._show("stdout")
        self._show("stderr")

    def next_flush(self) -> float | None:
        """Return when (on the monotonic clock) waiting text is due, if any waits."""
        return min(self._since.values(), default=float("inf")) + FLUSH_AFTER if self._since else None

    def flush_due(self) -> None:
        """Show text that has waited long enough."""
        now = time.monotonic()
        for name, since in sorted(self._since.items(), key=lambda item: item[1]):
            if since + FLUSH_AFTER <= now:
                self._show(name)

    def _take_text(self, name: str, frame: Frame) -> str:
        text = self._decoders[name].decode(frame.data)
        if self._running and frame.cell == self.current:
            self._waiting[name].append(text)
            self._since.setdefault(name, time.monotonic())
        return text

    def _show(self, name: str) -> None:
        text = "".join(self._waiting[name])
        self._waiting[name].clear()
        self._since.pop(name, None)
        if not text:
            return
        cell = self.current
        room = self._limit - self._sizes[cell]
        if len(text) > room:
            if cell in self.truncated:
                return
            self.truncated.add(cell)
            notice = (
                f"\n[kfnb kept the first {self._limit >> 20} MB of what this cell printed; the rest is in the log]\n"
            )
            text = text[: max(room, 0)] + notice
        self._sizes[cell] += len(text)
        outputs = self._target()
        if outputs and outputs[-1]["output_type"] == "stream" and outputs[-1]["name"] == name:
            outputs[-1]["text"].append(text)
        else:
            outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def _take_message(self, frame: Frame) -> str:
        message = json.loads(frame.data)
        kind, content = message["type"], message["content"]
        if kind == "update_display_data":
            self._update(content)
            return ""
        if not self._running or frame.cell != self.current:
            return ""  # a front end has stopped listening to that cell
        self.flush()
        if kind == "clear_output":
            if content.get("wait"):
                self._clear_next = True
            else:
                self._clear()
        elif kind in ("comm_open", "comm_msg"):
            self._take_comm(content)
        elif kind in _FIELDS:
            return self._add(kind, content)
        return ""

    def _add(self, kind: str, content: dict[str, Any]) -> str:
        output = {"output_type": kind, **{field: content.get(field) for field in _FIELDS[kind]}}
        if kind != "error":
            output["metadata"] = output["metadata"] or {}
        target = self._target()
        target.append(output)
        shown = (content.get("transient") or {}).get("display_id")
        if shown:
            self._update(content)
            self._displayed.setdefault(shown, []).append(output)
        if kind == "error":
            return "\n".join(content["traceback"]) + "\n"
        return f"{content['data']['text/plain']}\n" if isinstance(content["data"].get("text/plain"), str) else ""

    def _update(self, content: dict[str, Any]) -> None:
        for output in self._displayed.get((content.get("transient") or {}).get("display_id", ""), ()):
            output["data"], output["metadata"] = content["data"], content.get("metadata") or {}

    def _target(self) -> list[Output]:
        outputs = self._captures[-1] if self._captures else self.outputs[self.current]
        if self._clear_next:
            self._clear()
        return outputs

    def _clear(self) -> None:
        self._clear_next = False
        gone = self._captures[-1] if self._captures else self.outputs[self.current]
        for shown in self._displayed.values():
            shown[:] = [o for o in shown if not any(o is g for g in gone)]
        gone.clear()

    def _take_comm(self, content: dict[str, Any]) -> None:
        """Follow ipywidgets' Output widget: while it has a message id, what is shown goes into it, not to the cell."""
        data = content.get("data") or {}
        state = data.get("state") or {}
        widget = content.get("comm_id", "")
        if state.get("_model_name") == "OutputModel":
            self._widgets[widget] = []
        if widget in self._widgets and "msg_id" in state and data.get("method", "update") == "update":
            if state["msg_id"]:
                self._captures.append(self._widgets[widget])
            else:
                self._captures = [c for c in self._captures if c is not self._widgets[widget]]


_FIELDS = {
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
    "error": ("ename", "evalue", "traceback"),
}
