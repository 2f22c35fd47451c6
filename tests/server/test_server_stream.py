"""The stream of a run's events and logs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from server_document import must_be_a
from server_notebooks import Get, Post, write_notebook
from tornado.httpclient import HTTPClientError

from kfnb.client import Client, Run
from kfnb.history import History
from kfnb.orchestrator import lease
from kfnb.profiles import Profile
from kfnb.runners.chosen import cluster_options
from kfnb.server import stream, watch


@pytest.fixture
def listen(jp_ws_fetch: Any) -> Iterator[Any]:
    """Open the stream of a run; whatever a test opens is closed at its end."""
    opened: list[Any] = []

    async def listening(run: str, after: int | str = 0) -> Any:
        opened.append(await jp_ws_fetch("kfnb", "api", "runs", run, "events", params={"after": after}))
        return opened[-1]

    yield listening
    for socket in opened:
        socket.close()


async def frames_of(socket: Any, kind: str = "end") -> list[dict[str, Any]]:
    """Return the frames of a stream up to the first of a kind."""
    frames: list[dict[str, Any]] = []
    while not frames or frames[-1]["kind"] != kind:
        frames.append(json.loads(await socket.read_message()))
        must_be_a("Frame", frames[-1])
    return frames


def states(frames: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the states of tasks in the order in which they were told."""
    events = [event for frame in frames for event in frame.get("events", ())]
    return [(event["task"], event["state"]) for event in events if event["kind"] == "task-state"]


async def test_everything_that_has_happened_and_the_end(listen: Any, finished: Run) -> None:
    """The stream of a run that is over tells all of it and says how it ended."""
    socket = await listen(finished.id)
    first, *rest = await frames_of(socket)
    assert (finished.batches, [{"kind": "end", "state": "SUCCEEDED"}]) == (first["batch"], rest)
    told = [(event["kind"], event.get("task"), event.get("state")) for event in first["events"]]
    happened = [(event.kind, event.task, event.state) for event in finished.events()]
    kept = [event for event in happened if event[0] != "task-progress"]
    assert kept == [event for event in told if event[0] != "task-progress"]
    assert "run-started" == told[0][0]


async def test_what_a_task_gave_is_told_in_short(listen: Any, finished: Run) -> None:
    """An event has a task's metrics and the names of its results, not all that is recorded about it."""
    first, *_ = await frames_of(await listen(finished.id))
    (given,) = [one["output"] for one in first["events"] if one["kind"] == "task-output" and one["task"] == "show"]
    assert ("SUCCEEDED", {"total": 6}, None) == (given["state"], given["metrics"], given["error"])
    assert ["ROC curve", "confusion matrix", "page / <b>"] == given["artifacts"]


async def test_after_a_gap_the_rest_is_told(listen: Any, finished: Run) -> None:
    """Who knows the events up to some batch is told those after it, none twice and none left out."""
    whole = (await frames_of(await listen(finished.id)))[0]["events"]
    known = finished.batches // 2
    before = [event for number in range(1, known + 1) for event in _batch(finished, number)]
    first, *_ = await frames_of(await listen(finished.id, known))
    said = [event["time"] for event in first["events"] if event["kind"] != "task-progress"]
    assert [event["time"] for event in whole if event["kind"] != "task-progress"] == [*before, *said]


def _batch(run: Run, number: int) -> list[float]:
    """The times of the events of one batch."""
    events = json.loads(run.store.read(f"runs/{run.id}/events/{number:08d}.json"))
    return [event["time"] for event in events if event["kind"] != "task-progress"]


async def test_who_knows_everything_is_told_so(listen: Any, finished: Run) -> None:
    """The first frame comes at once, also if nothing is new."""
    first, *_ = await frames_of(await listen(finished.id, finished.batches))
    assert {"kind": "events", "batch": finished.batches, "events": []} == first


async def test_a_living_run_and_what_it_prints(
    listen: Any, post: Post, jp_root_dir: Path, tmp_path: Path, client: Client
) -> None:
    """States come as they change; a followed task's text comes while it runs, in pieces that join without a seam."""
    mark = tmp_path / "go on"  # not in the notebook's folder, of which a step sees what there was
    waits = f"import os, time\nwhile not os.path.exists({str(mark)!r}): time.sleep(0.05)"
    write_notebook(jp_root_dir / "talks.ipynb", {"a": f"print('first ü')\n{waits}\nprint('last', flush=True)"})
    _, begun = await post("runs", path="talks.ipynb")
    socket = await listen(begun["run_id"])
    await socket.write_message(json.dumps({"follow": "a", "offset": 0}))
    frames = await frames_of(socket, "log")
    assert ("a", "RUNNING") == states(frames)[-1]
    assert "first ü\n" == frames[-1]["text"]
    mark.write_text("")
    frames += await frames_of(socket)
    texts = [frame for frame in frames if frame["kind"] == "log"]
    assert "first ü\nlast\n" == "".join(frame["text"] for frame in texts)
    assert len("first ü\nlast\n".encode()) == texts[-1]["offset"]
    assert ("a", "SUCCEEDED") == states(frames)[-1]
    assert {"kind": "end", "state": "SUCCEEDED"} == frames[-1]


async def test_a_log_goes_on_where_it_was_left(listen: Any, finished: Run) -> None:
    """After a cut the rest of a log is asked for by its byte, also when the run is over."""
    socket = await listen(finished.id, finished.batches)
    await socket.write_message(json.dumps({"follow": "make", "offset": 7}))
    frames = await frames_of(socket, "log")
    assert ("two\n", 7, 11) == tuple(frames[-1][name] for name in ("text", "start", "offset"))


async def test_a_log_is_never_left_within_a_character(
    listen: Any, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever goes on from where a frame ends is told the rest, though the bytes of a character came one by one."""
    monkeypatch.setattr(stream, "LOG_PIECE", 1)
    socket = await listen(finished.id, finished.batches)
    await socket.write_message(json.dumps({"follow": "make", "offset": 0}))
    printed, told, end = "α one\ntwo\n".encode(), "", 0
    while end < len(printed):
        frame = (await frames_of(socket, "log"))[-1]
        told += frame["text"]
        assert (end, told) == (frame["start"], printed[: frame["offset"]].decode())
        end = frame["offset"]


@pytest.mark.parametrize(("bytes_", "start"), [(4, 7), (5, 7), (10, 7), (11, 0), (1000, 0)])
async def test_the_end_of_a_log_is_told_in_whole_lines(listen: Any, finished: Run, bytes_: int, start: int) -> None:
    """Below 0 is how much of the end is wanted; where a line is cut there, the next one is the first that is told."""
    socket = await listen(finished.id, finished.batches)
    await socket.write_message(json.dumps({"follow": "make", "offset": -bytes_}))
    told = (await frames_of(socket, "log"))[-1]
    assert ("α one\ntwo\n".encode()[start:].decode(), start) == (told["text"], told["start"])


@pytest.mark.parametrize(
    ("is_bucket", "seen", "quiet", "over", "pause"),
    [
        (False, True, False, False, 0.1),
        (True, True, False, False, 0.1),
        (True, False, False, False, 1.0),
        (False, False, False, False, 1.0),
        (True, True, True, False, 1.0),
        (False, True, True, False, 0.1),
        (False, True, False, True, 1.0),
        (True, True, False, True, 5.0),
    ],
)
async def test_how_often_a_run_is_looked_at(
    finished: Run, monkeypatch: pytest.MonkeyPatch, is_bucket: bool, seen: bool, quiet: bool, over: bool, pause: float
) -> None:
    """Often while somebody sees it and it goes on; seldom where nobody does, and in a quiet bucket."""
    if is_bucket:
        monkeypatch.setattr(type(finished.store), "local_path", lambda *_: None)
    if quiet:
        monkeypatch.setattr(watch, "QUIET", 0)
    page = watch.Page()
    page.seen = seen
    with ThreadPoolExecutor(1) as threads:
        looked = watch.Watch(finished, finished.batches, threads)
        looked.pages.add(page)
        looked.is_over = over
        assert pause == looked.pause
        looked.stop()


async def test_pages_of_one_run_share_what_is_looked_at(listen: Any, finished: Run, jp_serverapp: Any) -> None:
    """However many pages listen to a run, it is looked at once; when none does any more, not at all."""
    watches = jp_serverapp.web_app.settings["kfnb_watches"]
    sockets = [await listen(finished.id) for _ in range(2)]
    told = [await frames_of(socket) for socket in sockets]
    assert told[0] == told[1]
    assert [2] == [len(each.pages) for each in watches]
    for socket in sockets:
        socket.close()
    await until(lambda: not list(watches))


async def test_a_page_says_whether_it_is_seen(listen: Any, finished: Run, jp_serverapp: Any) -> None:
    """A page that is not seen any more says so, without a word about the log that it follows."""
    watches = jp_serverapp.web_app.settings["kfnb_watches"]
    socket = await listen(finished.id, finished.batches)
    await frames_of(socket)
    (looked,) = watches
    await socket.write_message(json.dumps({"seen": False}))
    await until(lambda: not looked.is_seen)
    await socket.write_message(json.dumps({"seen": True}))
    await until(lambda: looked.is_seen)


async def test_what_is_resumed_after_its_end_is_told_on(listen: Any, client: Client, tmp_path: Path) -> None:
    """The stream stays after the end: another process may take the run up again, and end it a second time."""
    mended = tmp_path / "mended"
    fails = f"import os\nif not os.path.exists({str(mended)!r}):\n    raise ValueError('not mended')"
    path = write_notebook(tmp_path / "fails.ipynb", {"a": fails})
    run = client.run(path).wait()
    socket = await listen(run.id)
    assert {"kind": "end", "state": "FAILED"} == (await frames_of(socket))[-1]
    mended.write_text("")
    client.resume(run.id, detach=True)
    assert {"kind": "end", "state": "SUCCEEDED"} == (await frames_of(socket))[-1]


async def test_the_stream_of_a_run_that_is_removed_ends(listen: Any, client: Client, finished: Run) -> None:
    """Whoever watches a run that somebody deletes is told so, and the connection ends."""
    socket = await listen(finished.id)
    await frames_of(socket)
    History(client).delete(finished.id)
    assert f"There is no run {finished.id}." == (await frames_of(socket, "error"))[-1]["message"]
    assert await socket.read_message() is None


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not holds():
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("message", "says"),
    [("{", "cannot be understood"), ('{"follow": 1}', "Expected `str | null`"), ('{"follow": "nope"}', "no task nope")],
)
async def test_what_cannot_be_followed(listen: Any, finished: Run, message: str, says: str) -> None:
    """A wish that cannot be met is answered in words, and the stream goes on."""
    socket = await listen(finished.id)
    await socket.write_message(message)
    frames = await frames_of(socket, "error")
    assert says in frames[-1]["message"]
    await socket.write_message(json.dumps({"follow": "make", "offset": 7}))
    assert "two\n" == (await frames_of(socket, "log"))[-1]["text"]


@pytest.mark.parametrize(
    ("run", "after", "status"), [("20260101-000000-abcd", 0, 404), ("last", 0, 404), (None, "x", 400), (None, -1, 400)]
)
async def test_streams_that_there_are_not(
    listen: Any, finished: Run, run: str | None, after: int | str, status: int
) -> None:
    """A run or a batch that is none is refused before the socket opens."""
    with pytest.raises(HTTPClientError) as refused:
        await listen(run or finished.id, after)
    assert status == refused.value.code


async def test_a_page_is_told_that_a_run_is_not_interrupted(
    listen: Any, post: Post, jp_root_dir: Path, tmp_path: Path
) -> None:
    """Whoever connects hears it, and once: a page that was cut off may have seen the run before somebody resumed it."""
    mark = tmp_path / "go on"  # not in the notebook's folder, of which a step sees what there was
    waits = f"import os, time\nwhile not os.path.exists({str(mark)!r}): time.sleep(0.05)"
    write_notebook(jp_root_dir / "resumed.ipynb", {"a": waits})
    _, begun = await post("runs", path="resumed.ipynb")
    socket = await listen(begun["run_id"])
    assert not (await frames_of(socket, "interrupted"))[-1]["interrupted"]
    mark.write_text("")
    assert "interrupted" not in [frame["kind"] for frame in await frames_of(socket)]


@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_an_interrupted_run_is_said_to_be_so(
    listen: Any,
    post: Post,
    jp_root_dir: Path,
    tmp_path: Path,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    is_elsewhere: bool,
) -> None:
    """When a run's own process is killed, the listeners hear of it; resumed, it goes on in the same stream.

    Also where the server is on another machine than that process was: a new pod of a hub, say.
    """
    import os
    import signal

    if is_elsewhere:
        monkeypatch.setattr(lease, "whoami", lambda: {"host": "another", "pid": 1})
        monkeypatch.setattr(lease, "SILENT", 0.5)
    mark = tmp_path / "go on"  # not in the notebook's folder, of which a step sees what there was
    waits = f"import os, time\nwhile not os.path.exists({str(mark)!r}): time.sleep(0.05)"
    write_notebook(jp_root_dir / "killed.ipynb", {"a": f"print('here')\n{waits}"})
    _, begun = await post("runs", path="killed.ipynb")
    socket = await listen(begun["run_id"])
    await socket.write_message(json.dumps({"follow": "a"}))
    await frames_of(socket, "log")
    holder = json.loads(client.get(begun["run_id"]).lease.path.read_text())
    os.kill(holder["pid"], signal.SIGKILL)
    while not (await frames_of(socket, "interrupted"))[-1]["interrupted"]:
        pass
    status, answer = await post("runs", begun["run_id"], "resume")
    assert 200 == status, answer
    assert not (await frames_of(socket, "interrupted"))[-1]["interrupted"]
    mark.write_text("")
    assert {"kind": "end", "state": "SUCCEEDED"} == (await frames_of(socket))[-1]


async def test_a_cluster_that_cannot_be_asked_is_said(
    listen: Any, get: Get, client: Client, jp_root_dir: Path, tmp_path: Path
) -> None:
    """Of a run in a cluster that is out of reach the run and its stream say so: what is known of it may be old."""
    away = Profile(
        name="away", kubeconfig=str(tmp_path / "gone"), namespace="n", root="s3://any", image="i:1", context="c"
    )
    notebook = write_notebook(jp_root_dir / "there.ipynb", {"a": "x = 1"})
    run = client.prepare(notebook, options=cluster_options(away, local_orchestrator=False)).run_id
    told = await get("runs", run)
    assert (False, True) == (told["interrupted"], "kubeconfig" in told["unseen"])
    frames = await frames_of(await listen(run), "unseen")
    assert told["unseen"] == frames[-1]["why"]
