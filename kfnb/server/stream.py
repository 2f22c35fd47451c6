"""The WebSocket of a run: its events as they are written, and what a task prints that is followed.

The front end says which batch of events it knows last, so nothing is lost or doubled over a connection that was cut.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from kfnb.errors import KfnbError, NotFound
from kfnb.server.frames import EndFrame, ErrorFrame, EventsFrame, Follow, InterruptedFrame, LogFrame, WaitingFrame
from kfnb.server.showing import event_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.client import Run
    from kfnb.orchestrator.handles import Printed
    from kfnb.server.desk import Desk
    from kfnb.server.frames import Event, Frame
    from kfnb.spec import RunEvent

HERE_EVERY = 0.1
"""Seconds between looks at the events of a run whose store is a folder."""
THERE_EVERY = (0.25, 1.0)
"""The same where the store is a bucket: while something happens, and where nothing has for a while."""
SLOWER = 1.5
"""How much longer each look at a bucket waits than the one before, while nothing happens."""
LOG_THERE_EVERY = 3.0
"""Seconds between looks at a log in a bucket, where it is written anew every few seconds."""
STATE_EVERY = 1.0
"""Seconds between looks at whether something drives the run."""
LINGER = 10.0
"""Seconds for which a stream stays open after the end: a log may be asked for, or the run be resumed."""
LOG_PIECE = 256 << 10
"""Bytes of a log that are sent at a time."""

Standing = Literal["driven", "ended", "interrupted", "waiting"]
"""What drives a run, or why nothing does; `waiting`: it is on another machine."""


class Feed:
    """What is new about one run, look by look; for one listener, and not safe from threads."""

    def __init__(self, run: Run, after: int) -> None:
        self.run = run
        self._is_here = run.store.local_path("") is not None
        self.every = HERE_EVERY if self._is_here else THERE_EVERY[0]
        self._events = run.new_events(after)
        self._log: _LogReader | None = None
        self._log_read = 0.0
        self._first = True
        self._standing: Standing = "driven"
        self._waits: str | None = None
        self._looked: float | None = None
        self._ended: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the end was told a while ago, so that whoever wants to follow a log has said so."""
        return self._ended is not None and time.monotonic() - self._ended >= LINGER

    def follow(self, asked: Follow) -> None:
        """Tell a task's log from now on; NotFound if there is no such task."""
        self._log = _LogReader(self.run, asked.follow, asked.offset) if asked.follow is not None else None
        self._log_read = 0.0

    def look(self) -> list[Frame]:
        """Return the frames about what has come since the last look; at the first one, if nothing has, an empty one."""
        about = self._about_its_process()  # looked at first: nothing comes after its end
        found = self._events.read()
        self.every = self._next_pause(something_happens=bool(found))
        frames: list[Frame] = []
        if found or self._first:
            frames.append(EventsFrame(batch=self._events.next - 1, events=_told(found)))
        self._first = False
        if self._log is not None and self._is_log_due():
            frames += self._log.read()
            self._log_read = time.monotonic()
        if self._standing != "ended":
            self._ended = None  # it goes on
        elif not frames and self._ended is None:
            self._ended = time.monotonic()
            about.append(EndFrame(state=self.run.state))
        return frames + about

    def _next_pause(self, *, something_happens: bool) -> float:
        """Return how long to wait for the next look: each one at a bucket is a request, also where nothing happens."""
        soonest, latest = THERE_EVERY
        if self._is_here:
            return HERE_EVERY
        return soonest if something_happens else min(latest, self.every * SLOWER)

    def _is_log_due(self) -> bool:
        often = self._is_here or self._standing == "ended"
        return often or time.monotonic() - self._log_read >= LOG_THERE_EVERY

    def _about_its_process(self) -> list[Frame]:
        """Look, from time to time, at what drives the run, and return frames about what has changed there."""
        now = time.monotonic()
        if self._looked is not None and now - self._looked < STATE_EVERY:
            return []
        self._looked = now
        before, self._standing = self._standing, _standing(self.run)
        waited, self._waits = self._waits, self.run.waits
        frames: list[Frame] = []
        if self._waits != waited:
            frames.append(WaitingFrame(why=self._waits))
        if self._standing != before and "interrupted" in (self._standing, before):
            frames.append(InterruptedFrame(interrupted=self._standing == "interrupted"))
        return frames


def _standing(run: Run) -> Standing:
    """Say what drives a run, or why nothing does."""
    if run.is_driven:
        return "driven"
    if run.has_ended:
        return "ended"
    return "interrupted" if run.is_interrupted else "waiting"


def _told(events: list[RunEvent]) -> tuple[Event, ...]:
    """Return events as they are sent: of how far a task is only the last, where several are told at once."""
    last = {event.task: event for event in events if event.kind == "task-progress"}
    return tuple(event_document(one) for one in events if one.kind != "task-progress" or last[one.task] is one)


class _LogReader:
    """What one task prints, from byte `offset` on, or from so many before its end; a new attempt's log begins anew."""

    def __init__(self, run: Run, task: str, offset: int) -> None:
        self._run = run
        self._task = run.task(task).name
        self._attempt = run.task(task).attempt or 1  # one that waits begins with the first
        self._offset = offset
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self) -> list[Frame]:
        """Return frames with the text that is new."""
        task = self._run.task(self._task)
        if (task.attempt or 1) != self._attempt:
            self._offset, self._attempt = 0, task.attempt
            self._decoder.reset()
        frames: list[Frame] = []
        printed = task.printed()
        if self._offset < 0:
            self._offset = _line_at(printed, printed.size + self._offset)
        while data := printed.part(self._offset, self._offset + LOG_PIECE):
            start, self._offset = self._offset, self._offset + len(data)
            text = self._decoder.decode(data)
            frames.append(LogFrame(task=self._task, attempt=self._attempt, text=text, start=start, offset=self._offset))
        return frames


def _line_at(printed: Printed, byte: int) -> int:
    """Return where the first line begins that begins at `byte` or after it; `byte` itself in a very long one."""
    if byte <= 0:
        return 0
    return byte + max(0, printed.part(byte - 1, byte + LOG_PIECE).find(b"\n"))


class EventsHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """`WS runs/ID/events?after=BATCH`."""

    auth_resource = "kfnb"

    @ws_authenticated  # type: ignore[untyped-decorator]
    async def get(self, run_id: str) -> None:
        """Open the socket; 403 for who may not, 404 if there is no such run."""
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", self.auth_resource)
        if not await ensure_async(allowed):
            raise HTTPError(403)
        after = self.get_query_argument("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 9:
            raise HTTPError(400, f"after={after!r} is no number of a batch.")
        desk: Desk = self.settings["kfnb_desk"]
        try:
            run = await _aside(desk, lambda: desk.run(run_id))
        except NotFound as error:
            raise HTTPError(404, str(error)) from None
        except KfnbError as error:
            raise HTTPError(400, str(error)) from None
        self._desk, self._feed = desk, Feed(run, int(after))
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        await super().get(run_id)

    def open(self, run_id: str) -> None:
        """Begin to tell."""
        super().open(run_id)
        self._task = asyncio.create_task(self._tell())

    async def on_message(self, message: str | bytes) -> None:
        """Take in what the front end wants to follow."""
        try:
            asked = msgspec.json.decode(message, type=Follow)
            async with self._lock:
                await _aside(self._desk, lambda: self._feed.follow(asked))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            await self._send(ErrorFrame(message=f"This cannot be understood: {error}."))
        except KfnbError as error:
            await self._send(ErrorFrame(message=str(error)))

    def on_close(self) -> None:
        """Stop telling."""
        if self.ping_callback is not None:
            self.ping_callback.stop()
        if self._task is not None:
            self._task.cancel()

    async def _tell(self) -> None:
        with contextlib.suppress(WebSocketClosedError, asyncio.CancelledError):
            try:
                await self._tell_until_it_ends()
            except KfnbError as error:  # its store is away, or the run was deleted
                await self._send(ErrorFrame(message=str(error)))
                self.close(1011, "kfnb")

    async def _tell_until_it_ends(self) -> None:
        while not self._feed.is_over:
            async with self._lock:
                frames = await _aside(self._desk, self._feed.look)
            for frame in frames:
                await self._send(frame)
            await asyncio.sleep(self._feed.every)
        self.close(1000)

    async def _send(self, frame: Frame) -> None:
        await self.write_message(msgspec.json.encode(frame).decode())


async def _aside(desk: Desk, work: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(desk.work, work)
