"""The stream that says when lists of runs are others now, which runs go on and which have ended."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server_document import must_be_a
from server_notebooks import write_notebook
from tornado.httpclient import HTTPClientError

from kfnb.client import Client, Run
from kfnb.history import History
from kfnb.history.changing import Changes
from kfnb.metadata.database import Behind
from kfnb.server import changes
from tests.run_processes import kill_each, orchestrators_of


@pytest.fixture
def listen(jp_ws_fetch: Any) -> Iterator[Any]:
    """Open the stream; whatever a test opens is closed at its end."""
    opened: list[Any] = []

    async def listening(after: int | str = "") -> Any:
        opened.append(await jp_ws_fetch("kfnb", "api", "changes", params={"after": after}))
        return opened[-1]

    yield listening
    for socket in opened:
        socket.close()


async def frame_of(socket: Any) -> dict[str, Any]:
    """Return the next frame."""
    frame: dict[str, Any] = json.loads(await socket.read_message())
    must_be_a("RunsFrame", frame)
    assert "runs" == frame["kind"]
    return frame


async def living_of(socket: Any, *runs: str) -> dict[str, Any]:
    """Return the first frame in which just these runs go on."""
    frame = await frame_of(socket)
    while tuple(frame["living"]) != runs:
        frame = await frame_of(socket)
    return frame


async def end_of(socket: Any, run: str) -> dict[str, Any]:
    """Return the first frame that tells that a run has ended."""
    frame = await frame_of(socket)
    while run not in frame["ended"]:
        frame = await frame_of(socket)
    return frame


@pytest.fixture
def failing(tmp_path: Path) -> tuple[Path, Path]:
    """A notebook of which the step fails as long as a file is not there, and that file."""
    mended = tmp_path / "mended"
    fails = f"import os\nif not os.path.exists({str(mended)!r}):\n    raise ValueError('not mended')"
    return write_notebook(tmp_path / "fails.ipynb", {"a": fails}), mended


async def test_what_has_ended_before_is_no_news(listen: Any, finished: Run) -> None:
    """Who listens for the first time is told what goes on; not what had ended by then."""
    told = await frame_of(await listen())
    assert ([], []) == (told["living"], told["ended"])


async def test_a_run_that_ends_at_once_is_told(listen: Any, finished: Run, client: Client, failing: Any) -> None:
    """A run that another process starts is told, however short it was; also when it is resumed and ends again."""
    path, mended = failing
    socket = await listen()
    await frame_of(socket)
    run = client.run(path, detach=True)
    assert [run.id] == (await end_of(socket, run.id))["ended"]
    mended.write_text("")
    client.resume(run.id, detach=True)
    assert [run.id] == (await end_of(socket, run.id))["ended"]


async def test_an_old_run_that_is_resumed_is_told(listen: Any, client: Client, failing: Any, finished: Run) -> None:
    """Of a run that had ended before anybody listened it is told that it has ended again."""
    path, mended = failing
    run = client.run(path).wait()
    socket = await listen()
    await frame_of(socket)
    mended.write_text("")
    client.resume(run.id, detach=True)
    assert [run.id] == (await end_of(socket, run.id))["ended"]
    assert "SUCCEEDED" == client.get(run.id).state


async def test_who_comes_back_is_told_what_ended_meanwhile(listen: Any, client: Client, failing: Any) -> None:
    """A page that was hidden names the last frame that it knows; one that never listened hears of no end."""
    path, mended = failing
    old = client.run(path).wait()
    socket = await listen()
    known = (await frame_of(socket))["number"]
    socket.close()
    run = client.run(path).wait()
    mended.write_text("")
    client.resume(old.id).wait()
    assert {old.id, run.id} == set((await end_of(await listen(known), run.id))["ended"])
    assert [] == (await frame_of(await listen()))["ended"]


async def test_an_end_that_is_found_as_the_last_page_leaves_is_told_to_the_next(
    listen: Any, client: Client, failing: Any, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found in a thread that nobody waits for any more is kept."""
    followed = jp_serverapp.web_app.settings["kfnb_changes"]
    socket = await listen()
    known = (await frame_of(socket))["number"]
    take, is_found, goes_on = Changes.take, threading.Event(), threading.Event()

    def held_take(looked: Changes) -> Any:
        found = take(looked)
        if found is not None and found.ended:
            is_found.set()
            goes_on.wait(30)
        return found

    monkeypatch.setattr(Changes, "take", held_take)
    run = client.run(failing[0], detach=True)
    while not is_found.is_set():
        await asyncio.sleep(0.02)
    socket.close()
    while followed.is_looking:
        await asyncio.sleep(0.02)
    goes_on.set()
    assert [run.id] == (await end_of(await listen(known), run.id))["ended"]


async def test_nothing_is_looked_at_while_nobody_listens(listen: Any, jp_serverapp: Any) -> None:
    """The last page that goes ends the looks."""
    followed = jp_serverapp.web_app.settings["kfnb_changes"]
    sockets = [await listen(), await listen()]
    for socket in sockets:
        await frame_of(socket)
    sockets[0].close()
    assert followed.is_looking
    sockets[1].close()
    while followed.is_looking:
        await asyncio.sleep(0.02)


async def test_marks_and_removals_are_told(listen: Any, client: Client, finished: Run) -> None:
    """What another process says about a run that had ended, or that it removes it, makes lists other ones."""
    socket = await listen()
    number = (await frame_of(socket))["number"]
    for change in (lambda: History(client).tag(finished.id, ("good",)), lambda: History(client).delete(finished.id)):
        change()
        told = await frame_of(socket)
        assert (number + 1, [], []) == (told["number"], told["living"], told["ended"])
        number = told["number"]


async def test_a_run_whose_process_is_gone_goes_on_no_more(
    listen: Any, client: Client, home: Path, tmp_path: Path
) -> None:
    """When the process of a run is killed the run goes on no more, though no event says so."""
    waits = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'gate')!r}): time.sleep(0.05)"
    path = write_notebook(tmp_path / "killed.ipynb", {"a": waits})
    socket = await listen()
    run = client.run(path, detach=True)
    await living_of(socket, run.id)
    assert 1 == kill_each(orchestrators_of(home))
    assert [] == (await living_of(socket))["ended"]


async def test_a_database_that_was_away_is_asked_again(
    listen: Any, client: Client, failing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong once, also by a mistake of kfnb's own, does not keep lists as they are."""
    monkeypatch.setattr(changes, "AT_LATEST", 0.1)
    take, errors = Changes.take, [Behind("It is locked."), ValueError("a mistake")]

    def failing_take(looked: Changes) -> Any:
        if errors:
            raise errors.pop()
        return take(looked)

    monkeypatch.setattr(Changes, "take", failing_take)
    socket = await listen()
    await frame_of(socket)
    run = client.run(failing[0], detach=True)
    await end_of(socket, run.id)
    assert [] == errors


async def test_a_number_that_is_none(listen: Any) -> None:
    """What is no number is refused before the socket opens."""
    with pytest.raises(HTTPClientError) as refused:
        await listen("x")
    assert 400 == refused.value.code


async def test_a_run_in_a_bucket_is_told_too(listen: Any, client: Client, bucket: str, failing: Any) -> None:
    """A run whose store is a bucket goes on and ends as one in a folder does, whether it is watched or not."""
    path, _ = failing
    socket = await listen()
    await frame_of(socket)
    run = Client(client.home, root=bucket).run(path, detach=True)
    assert [run.id] == (await end_of(socket, run.id))["ended"]
