"""A run displayed in a notebook: a living widget while it goes on, a plain picture when it has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from widget_page import Message, Page, needs_widgets

from kfnb.client import Client, display
from kfnb.widget import VIEW

pytestmark = needs_widgets


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A kernel with a data folder of its own, in a folder with a notebook that waits for the file `gate`."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    wait = "import os, time\nprint('it waits')\nwhile not os.path.exists(GATE):\n    time.sleep(0.02)"
    cells = [
        nbformat.v4.new_code_cell("rows = [1, 2, 3]", metadata={"tags": ["step:load"]}),
        nbformat.v4.new_code_cell(
            wait.replace("GATE", repr(str(tmp_path / "gate"))) + "\nprint(rows)",
            metadata={"tags": ["step:wait", "limit:nvidia.com/gpu:1"]},
        ),
    ]
    work = tmp_path / "work"  # a task sees the folder as it was when its run began: the gate is outside
    work.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), work / "pipeline.ipynb")
    manager, client = start_new_kernel(cwd=str(work))
    try:
        yield Page(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


START = "import kfnb\nrun = kfnb.run('pipeline.ipynb', allow_cpu=True)\n"


def is_status(message: Message, state: str) -> bool:
    """Say whether a message sets the widget's status to one in which the second task has this state."""
    update = message["content"].get("data", {}).get("state", {}).get("status", {})
    return message["msg_type"] == "comm_msg" and any(
        task["name"] == "wait" and task["state"] == state for task in update.get("tasks", [])
    )


def test_a_living_run_is_a_widget_and_an_ended_one_a_picture(page: Page, tmp_path: Path) -> None:
    """The display begins with widget, HTML and text; its last update, and what is displayed later, has no widget."""
    page.run(START + "run")
    shown = page.wait(lambda message: message["msg_type"] == "display_data")["content"]
    opened = page.wait(
        lambda message: message["msg_type"] == "comm_open" and "graph" in message["content"]["data"]["state"]
    )
    assert {VIEW, "text/html", "text/plain"} == set(shown["data"])
    assert opened["content"]["comm_id"] == shown["data"][VIEW]["model_id"]
    state = opened["content"]["data"]["state"]
    assert [("load", []), ("wait", ["GPU 1"])] == [(node["name"], node["badges"]) for node in state["graph"]["nodes"]]
    assert [("load", "wait", ["rows"])] == [(e["source"], e["target"], e["names"]) for e in state["graph"]["edges"]]
    (tmp_path / "gate").touch()
    page.wait(lambda message: message["msg_type"] == "comm_close")
    updates = [m["content"] for m in page.heard if m["msg_type"] == "update_display_data"]
    assert shown["transient"] == updates[-1]["transient"]
    assert {"text/html", "text/plain"} == set(updates[-1]["data"])
    assert "data:image/svg+xml;base64," in updates[-1]["data"]["text/html"]
    page.run("run")
    again = [m["content"] for m in page.heard if m["msg_type"] == "display_data"][-1]
    assert updates[-1]["data"] == again["data"]


def test_a_clicked_task_gets_its_log_and_results(page: Page, tmp_path: Path) -> None:
    """What the widget asks for is answered while the task runs; what is no question is not."""
    page.run(START + "run")
    comm = page.wait(lambda m: m["msg_type"] == "display_data")["content"]["data"][VIEW]["model_id"]
    page.wait(lambda message: is_status(message, "RUNNING"))
    page.run("while 'it waits' not in run.tasks['wait'].log():\n    run.wait(0.02)")
    asked = [{"kind": kind, "task": task} for kind, task in (("log", "zz"), ("log", "wait"), ("results", "zz"))]
    asked += [{"kind": "results", "task": task} for task in ("load", "wait")]
    for content in ("nothing", {"kind": "log"}, *asked):
        page.tell(comm, {"method": "custom", "content": content})
    answers = []
    while len(answers) < 4:
        message = page.wait(lambda m: m["content"].get("data", {}).get("method") == "custom" and m not in answers)
        answers.append(message)
    contents = [message["content"]["data"]["content"] for message in answers]
    assert {"kind": "log", "task": "zz", "text": "The log cannot be read: 'zz'", "cut": False} == contents[0]
    assert {"kind": "log", "task": "wait", "text": "it waits\n", "cut": False} == contents[1]
    assert ("results", "load", ["rows"], {}) == (
        *(contents[2][name] for name in ("kind", "task")),
        [artifact["name"] for artifact in contents[2]["artifacts"]],
        contents[2]["series"],
    )
    assert {"kind": "results", "task": "wait", "artifacts": [], "series": {}} == contents[3]
    (tmp_path / "gate").touch()
    page.wait(lambda message: message["msg_type"] == "comm_close")


def test_a_run_of_another_process_is_followed(page: Page, tmp_path: Path) -> None:
    """`kfnb.watch` shows a detached run, and news that its process writes."""
    page.run("import kfnb\nrun = kfnb.run('pipeline.ipynb', allow_cpu=True, detach=True)\nkfnb.watch(run.id)")
    page.wait(lambda message: is_status(message, "RUNNING"))
    (tmp_path / "gate").touch()
    page.wait(lambda message: message["msg_type"] == "comm_close")
    page.run("run.wait();")


def test_a_saved_notebook_keeps_no_widget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that is run without a page has the picture of the ended run, and nothing of the widget's code."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    cell = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["step:load"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "pipeline.ipynb")
    finish = "import threading\nrun.wait()\n[t.join(60) for t in threading.enumerate() if t.name == 'kfnb-display'];"
    cells = [nbformat.v4.new_code_cell(source) for source in (START + "kfnb.watch(run)", finish)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    (shown,) = notebook.cells[0].outputs
    assert {"text/html", "text/plain"} == set(shown.data)
    assert "succeeded" in shown.data["text/html"]
    assert len(json.dumps(notebook.metadata)) < 10_000


def test_a_living_run_that_a_program_saves_is_a_picture(page: Page, tmp_path: Path) -> None:
    """A program that runs notebooks saves what it gets: there is no widget in it, which would be nothing later."""
    page.client.allow_stdin = False
    page.run(START + "run")
    shown = page.wait(lambda message: message["msg_type"] == "display_data")["content"]
    (tmp_path / "gate").touch()
    assert {"text/html", "text/plain"} == set(shown["data"])
    page.run("run.wait()")
    assert "comm_open" not in {message["msg_type"] for message in page.heard}


@pytest.mark.parametrize(
    ("is_here", "is_seen", "is_quiet", "pause"),
    [
        (True, False, False, 0.1),
        (False, True, False, 0.1),
        (False, False, False, 0.5),
        (False, True, True, 1.0),
        (True, True, True, 0.1),
    ],
)
def test_how_often_a_run_of_another_process_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_here: bool, is_seen: bool, is_quiet: bool, pause: float
) -> None:
    """Ten times a second while the widget is shown, each time with one request; seldom where it is quiet for long."""
    cell = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["step:load"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "pipeline.ipynb")
    client = Client(tmp_path / "home")
    run = client.get(client.prepare(tmp_path / "pipeline.ipynb").run_id)
    if not is_here:
        monkeypatch.setattr(type(run.store), "local_path", lambda *_: None)
    if is_quiet:
        monkeypatch.setattr(display, "QUIET", 0)
    shown = display.RunDisplay(run, run._now)
    shown._widget.seen = is_seen
    assert pause == shown._pace.pause(shown.is_seen)
    asked, find = list[str](), run.store.find

    def counted_find(key: str) -> bytes | None:
        asked.append(key)
        return find(key)

    monkeypatch.setattr(run.store, "find", counted_find)
    assert shown.wait()
    assert 1 == len(asked)
    shown.close()
