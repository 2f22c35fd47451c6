# ruff: noqa: I001
"""The body's side of the channel: `sys.stdout`, `sys.stderr`, Jupyter messages and what C code and child processes
print.

Made by kernel.py, attached to a pipe by body.py once the process is forked. Everything goes through one lock into one
pipe, so the supervisor sees it in the order it happened. Text is handed over at each line end: what a body printed
before it was killed is kept up to the last line.
"""

from __future__ import annotations

import _thread
import contextvars
import fcntl
import json
import os
import select
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kfnb.launcher import lean  # noqa: F401 - before the first import of ipykernel

from ipykernel.iostream import OutStream
from jupyter_client.session import Session

from kfnb.launcher.frames import Kind, pack

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOLD = 8192
"""Characters of an unfinished line that are held back at most."""


class Channel:
    """Writes frames for the supervisor; detached (before the fork) it drops everything.

    Safe from threads, and from processes that the user forks: those take a file lock beside.
    """

    def __init__(self) -> None:
        self.cell = -1
        self._fd: int | None = None
        self._raw: dict[int, int] = {}
        self._poll = select.poll()
        self._lock = threading.RLock()
        self._held: list[str] = []
        self._held_size = 0
        self._held_for: tuple[int, int] = (0, 0)
        self._muted = False
        self._lock_file: int | None = None
        self._shared = False

    def attach(self, fd: int, stdout_pipe: int, stderr_pipe: int) -> None:
        """Send to `fd` from now on, and with it what arrives in the pipes that lie under descriptors 1 and 2."""
        self._fd = fd
        self._raw = {stdout_pipe: Kind.STDOUT, stderr_pipe: Kind.STDERR}
        for pipe in self._raw:
            os.set_blocking(pipe, False)
            self._poll.register(pipe, select.POLLIN)
        with tempfile.TemporaryFile() as lock_file:  # record locks belong to a process: they work across a fork
            self._lock_file = os.dup(lock_file.fileno())
        os.register_at_fork(
            before=self._before_fork, after_in_parent=self._after_fork_in_parent, after_in_child=self._after_fork
        )
        _thread.start_new_thread(self._watch, (stdout_pipe, stderr_pipe))

    def text(self, kind: int, cell: int, text: str) -> None:
        """Pass on printed text."""
        with self._lock:
            if self._muted or self._fd is None:
                return
            if self._held and self._held_for != (kind, cell):
                self._release()
            ends = "\n" in text or self._held_size + len(text) > _HOLD
            if self._raw and self._poll.poll(0):
                self._release()
                self._drain()
            self._held.append(text)
            self._held_size += len(text)
            self._held_for = (kind, cell)
            if ends:
                self._release()

    def send(self, kind: int, cell: int, data: bytes = b"") -> None:
        """Pass on anything else, after what was printed before it. Messages and flushes are dropped while muted."""
        with self._lock:
            if self._fd is None or (self._muted and kind < Kind.STARTED):
                return
            self._release()
            self._drain()
            self._write(pack(kind, cell, data))

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Drop what is printed and shown meanwhile, by whatever means."""
        with self._lock:
            self._release()
            self._drain()
        self._muted = True
        try:
            yield
        finally:
            with self._lock:
                self._drain()
                self._muted = False

    def _release(self) -> None:
        if not self._held:
            return
        text, (kind, cell) = "".join(self._held), self._held_for
        self._held, self._held_size = [], 0
        self._write(pack(kind, cell, text.encode("utf-8", "surrogateescape")))

    def _drain(self) -> None:
        """Pass on what lies in the pipes under descriptors 1 and 2 now."""
        for pipe, _ in self._poll.poll(0) if self._raw else ():
            try:
                data = os.read(pipe, 1 << 16)
            except OSError:
                continue
            if data and not self._muted:
                self._write(pack(self._raw[pipe], self.cell, data))

    def _write(self, data: bytes) -> None:
        if self._fd is None:
            return
        view = memoryview(data)
        if self._shared and self._lock_file is not None:
            fcntl.lockf(self._lock_file, fcntl.LOCK_EX)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except (BrokenPipeError, OSError):
            self._fd = None  # the supervisor is gone; so are we, soon
        finally:
            if self._shared and self._lock_file is not None:
                fcntl.lockf(self._lock_file, fcntl.LOCK_UN)

    def _watch(self, *pipes: int) -> None:
        poll = select.poll()
        for pipe in pipes:
            poll.register(pipe, select.POLLIN)
        while True:
            poll.poll()
            with self._lock:
                if not self._muted:
                    self._release()
                self._drain()

    def _before_fork(self) -> None:
        self._lock.acquire()
        self._release()
        self._shared = True

    def _after_fork_in_parent(self) -> None:
        self._lock.release()

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        self._raw = {}


class Stream(OutStream):  # type: ignore[misc]
    """`sys.stdout` or `sys.stderr` of a body: looks like ipykernel's stream, writes to a Channel."""

    def __init__(self, channel: Channel, name: str, session: Session) -> None:
        self.session = session
        self.pub_thread: Channel | None = channel  # ipykernel's word for "open"
        self.name = name
        self.echo = None
        self._channel = channel
        self._kind = Kind.STDOUT if name == "stdout" else Kind.STDERR
        self._flush_kind = Kind.FLUSH_STDOUT if name == "stdout" else Kind.FLUSH_STDERR
        self._parent_header: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("parent_header")
        self._parent_header_global: dict[str, Any] = {}
        self._isatty = False
        self._should_watch = False
        self._exc = None
        self._master_pid = os.getpid()
        self._local = threading.local()
        self._original_stdstream_copy: int | None = None

    def write(self, string: str) -> int:
        """Write text; returns its length."""
        if not isinstance(string, str):
            raise TypeError(f"write() argument must be str, not {type(string)}")
        if self.pub_thread is None:
            raise ValueError("I/O operation on closed file")
        self._channel.text(self._kind, self.parent_header.get("kfnb_cell", self._channel.cell), string)
        return len(string)

    def flush(self) -> None:
        """Have the text written so far shown before anything that comes later."""
        self._channel.send(self._flush_kind, self.parent_header.get("kfnb_cell", self._channel.cell))

    def close(self) -> None:
        """Refuse further writing."""
        self.pub_thread = None


# Libraries ask for ipykernel's class by its name, and people print it.
Stream.__name__, Stream.__qualname__, Stream.__module__ = "OutStream", "OutStream", "ipykernel.iostream"


class ChannelSession(Session):  # type: ignore[misc]
    """A Jupyter session whose messages go into a Channel instead of a socket."""

    channel: Channel

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, parent: Any = None, *_: Any, **more: Any) -> Any:
        """Pass a message on; `msg_or_type` is a whole message or its type, as in jupyter_client."""
        if isinstance(msg_or_type, dict):
            message = msg_or_type
        else:
            message = self.msg(msg_or_type, content=content, parent=parent)
        kind, cell = message["header"]["msg_type"], message["parent_header"].get("kfnb_cell", self.channel.cell)
        body = b'{"type":' + json.dumps(kind).encode() + b',"content":' + self.pack(message["content"]) + b"}"
        self.channel.send(Kind.MESSAGE, cell, body)
        return message
