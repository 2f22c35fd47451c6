"""What a list of runs shows follows its runs: the kernel says what is other, also while a cell runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from widget_page import Message, Page, answer, needs_widgets, shown, state

from kfnb.errors import StoreError
from kfnb.widget import VIEW, followed
from kfnb.widget.followed import Followed

WAITS = "import os, time\nwhile not os.path.exists({!r}):\n    time.sleep(0.02)"
FOLLOWS = "[thread for thread in threading.enumerate() if thread.name == 'kfnb-followed']"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A kernel, and a run that another process drives, which waits for the file `gate`; cells wait for `free`."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    work = tmp_path / "work"  # a task sees the folder as it was when its run began: the gate is outside
    work.mkdir()
    cell = nbformat.v4.new_code_cell(WAITS.format(str(tmp_path / "gate")), metadata={"tags": ["step:wait"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), work / "pipeline.ipynb")
    manager, client = start_new_kernel(cwd=str(work))
    try:
        page = Page(client)
        page.run("import threading, kfnb\nrun = kfnb.run('pipeline.ipynb', detach=True)")
        yield page
    finally:
        (tmp_path / "gate").touch()
        (tmp_path / "free").touch()
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def be_busy(page: Page, tmp_path: Path, before: str = "") -> None:
    """Have the kernel run a cell until it is freed, and return when it runs."""
    page.client.execute(f"{before}\nprint('busy')\n{WAITS.format(str(tmp_path / 'free'))}")
    page.wait(lambda message: message["content"].get("text") == "busy\n")


def said(message: Message, number: int) -> Any:
    """What the kernel says in answer to a question; None where this is something else."""
    content = message["content"].get("data", {}).get("content", {})
    return content.get("value") if content.get("number") == number else None


def is_listed(message: Message, number: int, *states: str) -> bool:
    """Say whether a message is a page with one run, which is in this state."""
    value = said(message, number)
    return value is not None and "runs" in value and [run["state"] for run in value["runs"]] == [*states]


@needs_widgets
def test_a_list_and_an_opened_run_follow_a_run_of_another_process(page: Page, tmp_path: Path) -> None:
    """Though a cell runs; when the page has left, nothing is looked at any more."""
    data = shown(page, "kfnb.runs()")
    (row,) = state(page, data)["page"]["runs"]
    listed, opened = 1001, 1002
    for number, kind, about in (
        (listed, "page", {"question": {"sort": ["name"], "limit": ["50"]}}),
        (opened, "run", {"run": row["run_id"]}),
    ):
        page.tell(data[VIEW]["model_id"], {"method": "custom", "content": {"kind": kind, "number": number, **about}})
        page.wait(lambda message, number=number: said(message, number) is not None)  # type: ignore[misc]
    page.wait(lambda message: is_listed(message, listed, "RUNNING"))
    be_busy(page, tmp_path)
    (tmp_path / "gate").touch()
    ended = page.wait(lambda m: (said(m, opened) or {}).get("status", {}).get("state") == "SUCCEEDED")
    assert {"status"} == set(said(ended, opened))
    assert ["SUCCEEDED"] == [task["state"] for task in said(ended, opened)["status"]["tasks"]]
    page.wait(lambda message: is_listed(message, listed, "SUCCEEDED"))
    (tmp_path / "free").touch()
    for number in (listed, opened):
        page.tell(data[VIEW]["model_id"], {"method": "custom", "content": {"kind": "leave", "number": number}})
    page.run(f"for thread in {FOLLOWS}:\n    thread.join()")
    assert ["wait"] == [
        node["name"] for node in answer(page, data, "run", run=row["run_id"])["value"]["graph"]["nodes"]
    ]


@needs_widgets
def test_a_list_is_followed_before_its_page_can_ask(page: Page, tmp_path: Path) -> None:
    """The cell that displays it goes on, so that the kernel hears of no page; it does when the page asks."""
    page.run("frame = kfnb.runs()")
    be_busy(page, tmp_path, "display(frame)")
    (tmp_path / "gate").touch()
    page.wait(lambda message: is_listed(message, 0, "SUCCEEDED"))
    (tmp_path / "free").touch()
    data = page.wait(lambda message: VIEW in message["content"].get("data", {}))["content"]["data"]
    answer(page, data, "page", question={"sort": ["name"], "limit": ["50"]})
    page.run(f"assert 1 == len({FOLLOWS})")
    page.run("frame._shown.close()\n" + f"for thread in {FOLLOWS}:\n    thread.join()")


@needs_widgets
def test_a_resumed_run_is_followed_again(page: Page, tmp_path: Path) -> None:
    """An opened run that has ended goes on in another process: what it does then is shown too."""
    page.run("run.cancel()\nrun.wait()")
    data = shown(page, "kfnb.runs()")
    number = 1001
    about = {"kind": "run", "number": number, "run": state(page, data)["page"]["runs"][0]["run_id"]}
    page.tell(data[VIEW]["model_id"], {"method": "custom", "content": about})
    page.wait(lambda message: (said(message, number) or {}).get("status", {}).get("state") == "CANCELED")
    (tmp_path / "gate").touch()
    page.run("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'kfnb', 'resume', run.id], check=True);")
    page.wait(lambda message: (said(message, number) or {}).get("status", {}).get("state") == "SUCCEEDED")


@needs_widgets
def test_an_opened_run_that_nothing_drives_any_more_is_said_to_be_interrupted(page: Page) -> None:
    """It was opened while it went on, or opened again afterwards; resumed, it is not."""
    page.run("from kfnb.client import display as shows\nshows.ASKS_WHO_DRIVES_EVERY = 0.1")
    data = shown(page, "kfnb.runs()")
    about = {"kind": "run", "run": state(page, data)["page"]["runs"][0]["run_id"]}

    def wait_for(number: int, *, interrupted: bool) -> None:
        page.tell(data[VIEW]["model_id"], {"method": "custom", "content": {"number": number, **about}})
        page.wait(lambda m: (said(m, number) or {}).get("status", {}).get("interrupted") is interrupted)

    wait_for(1001, interrupted=False)
    page.run("import json, os, signal\nos.kill(json.loads(run.lease.path.read_text())['pid'], signal.SIGKILL)")
    wait_for(1001, interrupted=True)
    page.tell(data[VIEW]["model_id"], {"method": "custom", "content": {"kind": "leave", "number": 1001}})
    page.run(f"for thread in {FOLLOWS}:\n    thread.join(1)")
    wait_for(1002, interrupted=True)
    page.run("kfnb.client.Client().resume(run.id, detach=True)")
    wait_for(1002, interrupted=False)


def ignore(_work: object) -> None:
    """The kernel is never free."""


class Numbers:
    """What answers with the newest number that was told, or fails."""

    def __init__(self) -> None:
        self.pause = 0.01
        self.is_broken = False
        self.told: Queue[int] = Queue()
        self.rested: Queue[bool] = Queue()
        self._newest = 0

    def first(self, asked: dict[str, Any]) -> int:
        """Answer."""
        return self.now(asked)

    def now(self, asked: dict[str, Any]) -> int:
        """Answer again."""
        return self._newest // int(asked["by"])

    def is_other(self, followed: Collection[dict[str, Any]]) -> bool:
        """Fail, or take the next number."""
        if self.is_broken:
            raise StoreError("It cannot be reached.")
        if self.told.empty():
            return False
        self._newest = self.told.get()
        return True

    def rest(self) -> None:
        """Rest."""
        self.rested.put(True)


def test_what_is_no_other_answer_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble is said once, and what is so after it; a question that cannot be answered disturbs no other."""
    monkeypatch.setattr(followed, "AFTER_TROUBLE", 0.01)
    source, sent = Numbers(), Queue[dict[str, Any]]()
    follows = Followed(source, sent.put, ignore)
    follows.ask({"number": 1, "by": 2})
    assert {"number": 1, "value": 0} == sent.get()
    for number in (1, 2, 3, 4):
        source.told.put(number)
    assert [{"number": 1, "value": 1}, {"number": 1, "value": 2}] == [sent.get(), sent.get()]
    source.is_broken = True
    assert {"number": 1, "trouble": "It cannot be reached."} == sent.get()
    source.is_broken = False
    assert {"number": 1, "value": 2} == sent.get()
    follows.ask({"number": 2, "by": 0})
    assert "ZeroDivisionError" in sent.get()["trouble"]
    source.told.put(6)
    assert {"number": 1, "value": 3} == sent.get()
    follows.leave(1)
    follows.leave(2)
    assert source.rested.get()
    assert sent.empty()


def test_the_newest_questions_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that were closed leave nothing; of one that is never heard of it is not looked for ever."""
    monkeypatch.setattr(followed, "MOST", 2)
    source, sent = Numbers(), Queue[dict[str, Any]]()
    follows = Followed(source, sent.put, ignore)
    for number in (1, 2, 3):
        follows.ask({"number": number, "by": 1})
    assert [1, 2, 3] == [sent.get()["number"] for _ in range(3)]
    source.told.put(1)
    assert [{"number": 2, "value": 1}, {"number": 3, "value": 1}] == [sent.get(), sent.get()]
    follows.end()
    assert source.rested.get()
    monkeypatch.setattr(followed, "UNSEEN_FOR", 0)
    Followed(source, sent.put, ignore).expect({"by": 1}, 0)
    assert source.rested.get()
    assert sent.empty()


def test_the_question_of_a_silent_page_is_followed_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its silence counts while the kernel can hear it; a word keeps its question, or begins it anew."""
    monkeypatch.setattr(followed, "WORD_EVERY", 0)
    monkeypatch.setattr(followed, "SILENT_FOR", 2)
    source, sent, chances = Numbers(), Queue[dict[str, Any]](), Queue[Callable[[], None]]()
    follows = Followed(source, sent.put, chances.put)
    for number in (1, 2):
        follows.ask({"number": number, "by": 1})
        assert {"number": number, "value": 0} == sent.get()
    for _ in range(3):
        follows.ask({"number": 2, "by": 1})
        chances.get()()
    next_chance = chances.get()  # it was looked who is silent, before this was asked for
    source.told.put(1)
    assert {"number": 2, "value": 1} == sent.get()
    follows.leave(2)
    assert source.rested.get()
    next_chance()
    follows.ask({"number": 1, "by": 1})
    assert {"number": 1, "value": 1} == sent.get()
    follows.end()
    assert source.rested.get()
    assert sent.empty()


def test_what_could_not_be_sent_is_sent_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that fails ends no following."""
    monkeypatch.setattr(followed, "AFTER_TROUBLE", 0.01)
    source, sent, failures = Numbers(), Queue[dict[str, Any]](), Queue[int]()

    def send(message: dict[str, Any]) -> None:
        if not failures.empty():
            failures.get()
            raise OSError("The connection is closed.")
        sent.put(message)

    follows = Followed(source, send, ignore)
    follows.ask({"number": 1, "by": 1})
    failures.put(1)
    source.told.put(1)
    assert [0, 1] == [sent.get()["value"] for _ in range(2)]
    follows.end()
    assert source.rested.get()
