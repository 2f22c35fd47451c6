"""The WebSocket of a run: its events as they are written, and what a task prints that is followed.

The front end says which batch of events it knows last, so nothing is lost or doubled over a connection that was cut.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
from typing import TYPE_CHECKING, TypeVar

import msgspec
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from kfnb.errors import KfnbError, NotFound
from kfnb.orchestrator.events import EventReader
from kfnb.server.frames import (
    EndFrame,
    ErrorFrame,
    EventsFrame,
    Follow,
    InterruptedFrame,
    LogFrame,
    UnseenFrame,
    WaitingFrame,
)
from kfnb.server.showing import event_document
from kfnb.server.watch import Page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kfnb.artifacts.store import Opened
    from kfnb.client import Run
    from kfnb.server.desk import Desk
    from kfnb.server.frames import Event, Frame
    from kfnb.server.watch import Watch
    from kfnb.spec import RunEvent

T = TypeVar("T")

LOG_EVERY, LOG_THERE_EVERY = 0.1, 3.0
"""Seconds between looks at a log; the second in a bucket, where it is written anew every few seconds."""
LOG_PIECE, LOG_READ = 256 << 10, 4 << 20
"""Bytes of a log that are sent at a time, and that are read at a time, which in a bucket is a request."""


class Feed:
    """What is new about one run for one page; not safe from threads."""

    def __init__(self, watch: Watch, after: int) -> None:
        self.run = watch.run
        self._watch = watch
        self._events = EventReader(watch.batches, self.run.id, after)
        self._log: _LogReader | None = None
        self._first = True
        self._interrupted: bool | None = None  # as the page was told; None: it may know it from before, or otherwise
        self._waits: str | None = None
        self._unseen: str | None = "" if self.run.cluster is not None else None  # "": the page has it from before

    @property
    def log_pause(self) -> float | None:
        """Seconds until the next look at the log; None: not before it is asked for."""
        if self._log is not None and self._log.is_behind:
            return 0.0
        if self._log is None or self._watch.is_over:
            return None
        return LOG_EVERY if self.run.store.local_path("") is not None else LOG_THERE_EVERY

    def follow(self, asked: Follow) -> None:
        """Tell a task's log from now on; NotFound if there is no such task."""
        self._log = _LogReader(self.run, asked.follow, asked.offset) if asked.follow else None

    def events(self, upto: int | None) -> list[Frame]:
        """Return a frame with the events up to batch number `upto`; the first time all, and an empty one if need be."""
        found = self._events.read(None if self._first else upto)
        is_told = found or self._first
        self._first = False
        return [EventsFrame(batch=self._events.next - 1, events=_told(found))] if is_told else []

    def log(self) -> list[Frame]:
        """Return frames with what the followed task has printed since; of much the first part: ask until none come."""
        return self._log.read() if self._log is not None else []

    def about_its_process(self) -> list[Frame]:
        """Return frames about what has changed in what drives the run."""
        waited, self._waits = self._waits, self._watch.waits
        frames: list[Frame] = []
        if self._waits != waited:
            frames.append(WaitingFrame(why=self._waits))
        if self._watch.unseen not in ("", self._unseen):
            self._unseen = self._watch.unseen
            frames.append(UnseenFrame(why=self._unseen))
        is_interrupted = self._watch.standing == "interrupted"
        if self._watch.standing not in (None, "ended") and is_interrupted != self._interrupted:
            self._interrupted = is_interrupted
            frames.append(InterruptedFrame(interrupted=is_interrupted))
        return frames


def _told(events: list[RunEvent]) -> tuple[Event, ...]:
    """Return events as they are sent: of how far a task is only the last, where several are told at once."""
    last = {event.task: event for event in events if event.kind == "task-progress"}
    return tuple(event_document(one) for one in events if one.kind != "task-progress" or last[one.task] is one)


class _LogReader:
    """What one task prints, from byte `offset` on, or from so many before its end; a new attempt's log begins anew.

    `is_behind`: there may be more than was read last.
    """

    is_behind = False

    def __init__(self, run: Run, task: str, offset: int) -> None:
        self._run = run
        self._task = run.task(task).name
        self._attempt = run.task(task).attempt or 1  # one that waits begins with the first
        self._offset = offset
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self) -> list[Frame]:
        """Return frames with the text that is new; of much of it the first part."""
        task = self._run.task(self._task)
        if (task.attempt or 1) != self._attempt:
            self._offset, self._attempt = 0, task.attempt
            self._decoder.reset()
        frames: list[Frame] = []
        printed = task.printed()
        if self._offset < 0:
            self._offset = _line_at(printed, printed.size + self._offset)
        data = printed.part(self._offset, self._offset + LOG_READ)
        self.is_behind = len(data) == LOG_READ
        for at in range(0, len(data), LOG_PIECE):
            piece, start = data[at : at + LOG_PIECE], self._told
            text = self._decoder.decode(piece)
            self._offset += len(piece)
            frames.append(LogFrame(task=self._task, attempt=self._attempt, text=text, start=start, offset=self._told))
        return frames

    @property
    def _told(self) -> int:
        """Up to which byte the text has been told: of a character that is not whole yet none is."""
        return self._offset - len(self._decoder.getstate()[0])


def _line_at(printed: Opened, byte: int) -> int:
    """Return where the first line begins that begins at `byte` or after it; `byte` itself in a very long one."""
    if byte <= 0:
        return 0
    return byte + max(0, printed.part(byte - 1, byte + LOG_PIECE).find(b"\n"))


class EventsHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """`WS runs/ID/events?after=BATCH`."""

    auth_resource = "kfnb"
    _tasks: tuple[asyncio.Task[None], ...] = ()

    @ws_authenticated  # type: ignore[untyped-decorator]
    async def get(self, run_id: str) -> None:
        """Open the socket; 403 for who may not, 404 if there is no such run."""
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", self.auth_resource)
        if not await ensure_async(allowed):
            raise HTTPError(403)
        after = self.get_query_argument("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 9:
            raise HTTPError(400, f"after={after!r} is no number of a batch.")
        self._desk: Desk = self.settings["kfnb_desk"]
        try:
            run = await self._aside(lambda: self._desk.run(run_id))
            batch = await self._aside(lambda: run.batches)
        except NotFound as error:
            raise HTTPError(404, str(error)) from None
        except KfnbError as error:
            raise HTTPError(400, str(error)) from None
        self._run, self._batch, self._after = run, batch, int(after)
        await super().get(run_id)

    def open(self, run_id: str) -> None:
        """Begin to tell."""
        super().open(run_id)
        self._page, watches = Page(), self.settings["kfnb_watches"]
        self._watch: Watch = watches.join(self._run, self._batch, self._page)
        self._feed = Feed(self._watch, self._after)
        self._telling, self._reading = asyncio.Lock(), asyncio.Lock()
        self._asked = asyncio.Event()
        self._tasks = tuple(asyncio.create_task(self._guarded(each)) for each in (self._tell, self._tell_log))

    async def on_message(self, message: str | bytes) -> None:
        """Take in what the front end wants to follow, and whether it is seen."""
        try:
            asked = msgspec.json.decode(message, type=Follow)
            if asked.seen is not msgspec.UNSET:
                self._page.seen = asked.seen
                if asked.seen:
                    self._watch.hurry()
            if asked.follow is not msgspec.UNSET:
                async with self._reading:
                    await self._aside(lambda: self._feed.follow(asked))
                self._asked.set()
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            await self._send([ErrorFrame(message=f"This cannot be understood: {error}.")])
        except KfnbError as error:
            await self._send([ErrorFrame(message=str(error))])

    def on_close(self) -> None:
        """Stop telling."""
        if self.ping_callback is not None:
            self.ping_callback.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            self.settings["kfnb_watches"].leave(self._watch, self._page)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        with contextlib.suppress(WebSocketClosedError, asyncio.CancelledError):
            try:
                await work()
            except KfnbError as error:  # its store is away, or the run was deleted
                await self._send([ErrorFrame(message=str(error))])
                self.close(1011, "kfnb")

    async def _tell(self) -> None:
        """Tell what happens, as soon as it is seen."""
        ends = 0
        while True:
            self._page.news.clear()
            if self._watch.trouble is not None:
                raise self._watch.trouble
            await self._tell_events(self._watch.batch)
            await self._send(self._feed.about_its_process())
            if self._watch.is_over and self._watch.ends > ends:
                ends = self._watch.ends
                async with self._reading:
                    while frames := await self._aside(self._feed.log):
                        await self._send(frames)
                    state = await self._aside(lambda: self._watch.run.state)
                    await self._send([EndFrame(state=state)])
            await self._page.news.wait()

    async def _tell_events(self, upto: int | None) -> None:
        async with self._telling:
            await self._send(await self._aside(lambda: self._feed.events(upto)))

    async def _tell_log(self) -> None:
        """Tell what the followed task prints, beside the events: a long log in a bucket takes a while to fetch."""
        while True:
            self._asked.clear()
            async with self._reading:
                frames = await self._aside(self._feed.log)
                if frames:
                    batch = await self._aside(lambda: self._run.batches)
                    await self._tell_events(batch)  # that the attempt began is told before what it prints
                await self._send(frames)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self._feed.log_pause)

    async def _send(self, frames: list[Frame]) -> None:
        for frame in frames:
            await self.write_message(msgspec.json.encode(frame).decode())

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._desk.work, work)
