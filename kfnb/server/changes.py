"""The WebSocket that says when lists of runs are to be asked for again, which runs go on and which have ended.

One look at what may have changed serves all pages; there is none while no page listens, which is so while none is seen.
What a list shows is asked for by the page: no filter of anybody's is known here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, TypeVar

import msgspec
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from kfnb.errors import KfnbError
from kfnb.history.changing import AT_LATEST, EVERY, PAUSE, Changes, News
from kfnb.server.frames import RunsFrame

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from kfnb.server.desk import Desk
    from kfnb.server.watch import Watches

T = TypeVar("T")

ENDS = 200
"""Ends that are kept for pages that come back."""


class ListenedChanges:
    """What has changed, as long as pages listen; used in the server's own thread only.

    `is_known`: whether `living` is what goes on now, and not what did when a page listened last.
    """

    def __init__(self, desk: Desk, watches: Watches) -> None:
        self.is_known = False
        self._number = 0
        self._living: tuple[str, ...] = ()
        self._ends: deque[tuple[int, str]] = deque(maxlen=ENDS)
        self._untold: deque[News] = deque()
        self._desk = desk
        self._changes = Changes(desk.history, desk.client.home, watches.batch_of)
        self._pages: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_looking(self) -> bool:
        """Whether it is looked at what changes."""
        return self._task is not None

    def join(self, page: asyncio.Event) -> None:
        """Set an event whenever there is news, from now on."""
        self._pages.add(page)
        if not self.is_looking:
            self._task = asyncio.create_task(self._follow())

    def leave(self, page: asyncio.Event) -> None:
        """A page listens no more."""
        self._pages.discard(page)
        if not self._pages and self._task is not None:
            self._task.cancel()
            self._task, self.is_known = None, False
            self._desk.lookers.submit(self._changes.rest)

    def since(self, number: int | None) -> RunsFrame:
        """Return what a page is told that knows what was told up to `number`; None: nothing."""
        ended = () if number is None else tuple(run for at, run in self._ends if number < at)
        return RunsFrame(number=self._number, living=self._living, ended=ended)

    async def _follow(self) -> None:
        while True:
            try:
                await self._look()
                while True:
                    await self._take()
                    taken = time.monotonic()
                    await asyncio.sleep(PAUSE)
                    while time.monotonic() - taken < AT_LATEST and not await self._look():
                        await asyncio.sleep(EVERY)
            except KfnbError:
                pass  # the list itself says what is wrong with the database
            except Exception:
                logging.getLogger("kfnb").exception("It could not be looked at what has changed among the runs")
            await asyncio.sleep(AT_LATEST)

    async def _take(self) -> None:
        await self._aside(self._desk.historians, self._find_news)
        is_new = bool(self._untold)
        while self._untold:
            news = self._untold.popleft()
            self._number += 1
            self._living = news.living
            self._ends.extend((self._number, run) for run in news.ended)
        if is_new or not self.is_known:
            self.is_known = True
            for page in self._pages:
                page.set()

    def _find_news(self) -> None:
        """Put what is new where it stays until it is told, though the last page leaves while this is in its thread."""
        news = self._changes.take()
        if news is not None:
            self._untold.append(news)

    async def _look(self) -> bool:
        return await self._aside(self._desk.lookers, self._changes.look)

    async def _aside(self, threads: Executor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)


class ChangesHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """`WS changes?after=NUMBER`."""

    auth_resource = "kfnb"
    _task: asyncio.Task[None] | None = None

    @ws_authenticated  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """Open the socket; 403 for who may not."""
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", self.auth_resource)
        if not await ensure_async(allowed):
            raise HTTPError(403)
        after = self.get_query_argument("after", "")
        if after and (not after.isascii() or not after.isdigit() or len(after) > 9):
            raise HTTPError(400, f"after={after!r} is no number of a change.")
        self._after = int(after) if after else None
        await super().get()

    def open(self) -> None:
        """Begin to tell."""
        super().open()
        self._changes: ListenedChanges = self.settings["kfnb_changes"]
        self._news = asyncio.Event()
        self._changes.join(self._news)
        self._task = asyncio.create_task(self._tell())

    def on_message(self, message: str | bytes) -> None:
        """Nothing is asked over this socket."""

    def on_close(self) -> None:
        """Stop telling."""
        if self.ping_callback is not None:
            self.ping_callback.stop()
        if self._task is not None:
            self._task.cancel()
            self._changes.leave(self._news)

    async def _tell(self) -> None:
        known = self._after
        with contextlib.suppress(WebSocketClosedError, asyncio.CancelledError):
            while True:
                self._news.clear()
                if self._changes.is_known:
                    told = self._changes.since(known)
                    known = told.number
                    await self.write_message(msgspec.json.encode(told).decode())
                await self._news.wait()
