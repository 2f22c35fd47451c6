"""What a notebook that is saved through the server shows of runs that went on when they were drawn."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from server_notebooks import Get

from kfnb.client import Run
from kfnb.client.display import picture
from kfnb.drawing.run_html import living_run, run_bundle
from kfnb.server import pictures
from kfnb.server.desk import Desk
from kfnb.server.pictures import Pictures
from kfnb.widget import VIEW

LONG = 30.0
"""Seconds that nothing here lasts."""


def as_it_went_on(run: Run, run_id: str = "") -> dict[str, Any]:
    """What the display of a run is beside its widget, drawn before it ended; `run_id`: another's."""
    document = {**run.to_dict(), "state": "RUNNING", **({"run_id": run_id} if run_id else {})}
    return {**run_bundle(run.spec, document, name=run.name), VIEW: {"model_id": "m"}}


def notebook_that_shows(*shown: dict[str, Any]) -> dict[str, Any]:
    """A notebook with a cell that has these displays."""
    outputs = [{"output_type": "display_data", "metadata": {}, "data": data} for data in shown]
    outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": "hello"})
    cell = {
        "cell_type": "code",
        "id": "c",
        "execution_count": 1,
        "metadata": {},
        "outputs": outputs,
        "source": "run",
    }
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


async def saved(jp_fetch: Any, folder: Path, *shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Save such a notebook as JupyterLab does, and return what its file has of them."""
    body = json.dumps({"type": "notebook", "format": "json", "content": notebook_that_shows(*shown)})
    await jp_fetch("api", "contents", "saved.ipynb", method="PUT", body=body)
    cell = json.loads((folder / "saved.ipynb").read_text())["cells"][0]
    return [
        {kind: "".join(text) if isinstance(text, list) else text for kind, text in output["data"].items()}
        for output in cell["outputs"][1:]
    ]


async def test_a_saved_notebook_shows_a_run_as_it_stands(jp_fetch: Any, jp_root_dir: Path, finished: Run) -> None:
    """The picture of a run that went on is drawn anew, without the widget; others stay as they are."""
    old, plain = as_it_went_on(finished), {"text/html": "<b>no run</b>"}
    unknown = as_it_went_on(finished, run_id="20200101-nope")
    assert [picture(finished), plain, unknown] == await saved(jp_fetch, jp_root_dir, old, plain, unknown)


async def test_a_saved_notebook_has_no_widget_of_a_list_or_a_comparison(jp_fetch: Any, jp_root_dir: Path) -> None:
    """Their tables stay, alone; another library's widget stays as it is."""
    shown: list[dict[str, Any]] = [
        {"text/html": f"<div {name}>a</div>", "text/plain": "a", VIEW: {"model_id": "m"}}
        for name in ('class="kfnb-comparison"', 'class="kfnb-runs"', 'class="other"')
    ]
    compared, listed, other = await saved(jp_fetch, jp_root_dir, *shown)
    assert [{"text/html", "text/plain"}] * 2 == [set(compared), set(listed)]
    assert shown[2] == other


async def test_saving_does_not_wait_for_a_run_that_is_slow_to_read(
    jp_fetch: Any, jp_root_dir: Path, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that cannot be read soon stays as the page had it; it is waited for once, however often is saved."""
    read, free, waits = Desk.run, threading.Event(), []

    def slow(desk: Desk, run_id: str) -> Run:
        waits.append(run_id)
        free.wait()
        return read(desk, run_id)

    monkeypatch.setattr(pictures, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(Desk, "run", slow)
    old = as_it_went_on(finished)
    try:
        assert [old] == await saved(jp_fetch, jp_root_dir, old)
        monkeypatch.setattr(pictures, "PATIENCE_SECONDS", LONG)
        assert [old] == await saved(jp_fetch, jp_root_dir, old)
        assert [finished.id] == waits
    finally:
        free.set()


async def test_saving_does_not_wait_for_what_others_ask(
    jp_fetch: Any, jp_serverapp: Any, jp_root_dir: Path, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is drawn though all threads for requests are at work."""
    monkeypatch.setattr(pictures, "PATIENCE_SECONDS", LONG)
    work, free = jp_serverapp.web_app.settings["kfnb_desk"].work, threading.Event()
    others = [work.submit(free.wait) for _ in range(work._max_workers)]
    try:
        assert [picture(finished)] == await saved(jp_fetch, jp_root_dir, as_it_went_on(finished))
        assert not any(each.done() for each in others)
    finally:
        free.set()


@pytest.mark.parametrize("content", [None, [], {}, {"cells": 1}, {"cells": [1, {"outputs": [{"data": 1}, {}]}]}])
def test_what_is_no_notebook_is_left_alone(home: Path, content: object) -> None:
    """The server itself says what is wrong with what it is given."""
    model = {"type": "notebook", "content": content}
    Pictures(Desk(home)).before_saving(model)
    assert {"type": "notebook", "content": content} == model


async def test_the_picture_of_a_run_can_be_asked_for(get: Get, finished: Run) -> None:
    """It is the one that the kernel draws."""
    drawn = picture(finished)
    assert {"html": drawn["text/html"], "text": drawn["text/plain"]} == await get("runs", finished.id, "picture")
    assert living_run(drawn["text/html"]) is None
