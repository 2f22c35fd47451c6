"""What a saved notebook shows in the place of widgets, of which there is none without its kernel: their plain forms.

While a page shows a run's widget, the picture beside it, which all other programs show, stays as it was first drawn:
a new one would draw the widget anew. The file gets the newest. Comparisons and lists of runs stay as they were.
"""

from __future__ import annotations

import re
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any

from kfnb.client.display import picture
from kfnb.drawing.run_html import living_run
from kfnb.errors import KfnbError
from kfnb.widget import VIEW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from kfnb.server.desk import Desk

PATIENCE_SECONDS = 0.5
"""How long a notebook is not saved at most because a run is looked at; later its picture stays as it is."""
_STILL = re.compile('<div class="kfnb-(comparison|runs)">')
"""How comparisons and lists of runs begin in their plain form; said in model/living_picture.ts too."""


class Pictures:
    """Draws runs for notebooks that are saved."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._late: dict[str, Future[dict[str, str] | None]] = {}

    def before_saving(self, model: dict[str, Any], **_: Any) -> None:
        """Bring a notebook up to date that is about to be written: the hook of a Jupyter server's contents manager.

        A run that this server does not know is left as it is.
        """
        if model.get("type") != "notebook":
            return
        shown = []
        for data, html in _displays(model.get("content")):
            run_id = living_run(html)
            if run_id is not None:
                shown.append((data, run_id))
            elif _STILL.match(html):
                data.pop(VIEW, None)
        drawn = self._drawn({run_id for _, run_id in shown})
        for data, run_id in shown:
            new = drawn.get(run_id)
            if new is not None:
                data.pop(VIEW, None)
                data.update(new)

    def _drawn(self, run_ids: set[str]) -> dict[str, dict[str, str] | None]:
        """Return what is drawn soon; what an earlier notebook waited for in vain is not waited for again."""
        late = {run_id: drawing for run_id, drawing in self._late.items() if not drawing.done()}
        begun = {run_id: self._desk.painters.submit(self._draw, run_id) for run_id in run_ids - late.keys()}
        wait(begun.values(), PATIENCE_SECONDS)
        self._late = {run_id: drawing for run_id, drawing in (late | begun).items() if not drawing.done()}
        return {run_id: drawing.result() for run_id, drawing in begun.items() if run_id not in self._late}

    def _draw(self, run_id: str) -> dict[str, str] | None:
        try:
            return picture(self._desk.run(run_id))
        except KfnbError:
            return None


def _displays(content: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Return the data of outputs, each with the HTML in it; what is no notebook has none."""
    for cell in _dicts(content, "cells"):
        for output in _dicts(cell, "outputs"):
            data = output.get("data")
            if isinstance(data, dict):
                html = data.get("text/html", "")
                yield data, "".join(html) if isinstance(html, list) else str(html)


def _dicts(parent: Any, key: str) -> Iterator[dict[str, Any]]:
    found = parent.get(key) if isinstance(parent, dict) else None
    yield from (each for each in (found if isinstance(found, list) else ()) if isinstance(each, dict))
