"""Watches a body from outside: collects what it says, keeps time, stops it, and leaves no process behind.

Used by launch.py (one supervisor process a task) and engine.py (within papermill). The supervisor outlives the body
whatever that does (os._exit, a kill for memory, a loop without end), so nothing it said before is lost.
"""

from __future__ import annotations

import array
import codecs
import contextlib
import fcntl
import functools
import json
import os
import select
import signal
import termios
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from kfnb.launcher import processes
from kfnb.launcher.collect import Collector
from kfnb.launcher.frames import Frame, Kind, Reader, Wires, pack
from kfnb.spec import Cell, CellResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kfnb.launcher.masking import Mask, Passage
    from kfnb.launcher.memory_limit import MemoryLimit

GRACE = 5.0
"""Seconds between asking a body to stop (KeyboardInterrupt) and killing it."""
LAST_WORDS = 5.0
"""Seconds a body has to end after its result: exit handlers of libraries run then."""
_PIPE_SIZE = 1 << 20
_TICK = 0.5
_ERROR = b'{"type":"error"'
_IN_LOG_PIPE = -2
"""Stands for the cell of text in the pipe of the log, which belongs to none."""


@dataclass
class Ended:
    """How a body ended. `result`: the ExecutorOutput it sent, as JSON, if it got that far.

    `stopped`: "timeout" or "canceled" where the supervisor stopped it. `status`: as from os.waitstatus_to_exitcode.
    """

    result: bytes | None = None
    status: int = 0
    stopped: str | None = None
    out_of_memory: bool = False
    memory_peak: int | None = None  # bytes, where it was killed for using more than its limit
    leftovers: list[str] = field(default_factory=list)
    running: int | None = None  # number of the cell that ran when it ended
    started: float | None = None
    finished: float | None = None


class Listener:
    """What a supervisor tells others while the body runs; the base class tells nobody."""

    def on_cell(self, number: int, state: str, when: float) -> None:
        """A cell is RUNNING, SUCCEEDED or FAILED."""

    def on_text(self, text: str) -> None:
        """Text for the log, as it comes."""

    def on_point(self, name: str, step: float | None, value: Any) -> None:
        """A metric was logged. `step`: where in its series, None: one further."""

    def on_tick(self) -> None:
        """Some time has passed, or something has happened."""


class Supervisor:
    """Runs one body to its end. `results` and `collector` hold what is known of its cells at any time.

    `rewrite`: bytes of output to replace. `owns_process`: every child of this process comes from the body.
    `memory`: what the body and its children may use. `mask`: hides secrets in what the body says.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        listener: Listener,
        timeout: float | None = None,
        rewrite: tuple[bytes, bytes] | None = None,
        owns_process: bool = True,
        memory: MemoryLimit | None = None,
        mask: Mask | None = None,
    ) -> None:
        self.collector = Collector(len(cells))
        self.results = [CellResult(id=cell.id, state="NOT_RUN") for cell in cells]
        self._listener = listener
        self._timeout = timeout
        self._rewrite = rewrite
        self._owns_process = owns_process
        self._memory = memory
        self._mask = mask
        self._passages: dict[tuple[int, int], Passage] = {}  # of text that a cell prints: by its kind and the cell
        self._log_text = codecs.getincrementaldecoder("utf-8")("replace")
        self._ended = Ended()
        self._reader = Reader()
        self._deadline: float | None = None
        self._kill_at: float | None = None
        self._stops = 0
        self._body = 0
        self._pipes: dict[str, int] = {}
        self._full_since: dict[int, float] = {}
        self._busy_until = 0.0

    def stop(self, why: str) -> None:
        """Have the body stop: at the first call by KeyboardInterrupt, at the second (or after a while) at once."""
        self._stops += 1
        self._ended.stopped = self._ended.stopped or why
        if self._stops > 1 or not self._body:
            self._kill_at = 0.0
        else:
            self._kill_at = time.monotonic() + GRACE
            _signal_group(self._body, signal.SIGINT)

    def restart_clock(self) -> None:
        """Let the timeout count from now: a limit for each cell rather than for all of them."""
        if self._timeout is not None:
            self._deadline = time.monotonic() + self._timeout

    def run(self, body: Callable[[Wires], None], wake: int | None = None) -> Ended:
        """Fork, run `body` there, and return once it and all its descendants are gone.

        `wake`: a descriptor that becomes readable when a signal has arrived (signal.set_wakeup_fd).
        """
        killed_before = processes.out_of_memory_kills()
        self._start(body)
        poll = select.poll()
        for name in ("frames", "log"):
            poll.register(self._pipes[name], select.POLLIN)
        ended = _watch_process(self._body)
        for descriptor in (ended, wake):
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll(self._wait_ms(ended))}
            if wake is not None and wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
            self._read_pipes(ready)
            self._check_clock()
            self._listener.on_tick()
            if ended is None or ended in ready:
                pid, status = os.waitpid(self._body, os.WNOHANG)
                if pid:
                    self._ended.status = os.waitstatus_to_exitcode(status)
                    break
        if ended is not None:
            os.close(ended)
        self._ended.out_of_memory = self._ended.status == -9 and processes.out_of_memory_kills() > killed_before
        if self._owns_process:
            self._note_leftovers(os.getpid())
            processes.kill_descendants()
        else:
            _signal_group(self._body, signal.SIGKILL)
        if self._memory is not None:
            self._memory.end()
            self._ended.memory_peak = self._memory.peak if self._memory.exceeded else None
        self._read_rest()
        return self._ended

    # ------------------------------------------------------------------------------------------------- the body's start

    def _start(self, body: Callable[[Wires], None]) -> None:
        pairs = {name: os.pipe() for name in ("frames", "log", "stdout", "stderr")}
        for read, write in pairs.values():
            os.set_blocking(read, False)
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        parent = os.getpid()
        self._body = processes.fork()
        if self._body == 0:
            code = 70
            try:
                os.setsid()
                processes.die_with_parent(signal.SIGKILL, parent)
                _reset_signals()
                null = os.open(os.devnull, os.O_RDONLY)
                os.dup2(null, 0)
                os.dup2(pairs["stdout"][1], 1)
                os.dup2(pairs["stderr"][1], 2)
                for number in (null, pairs["frames"][0], pairs["log"][0], pairs["stdout"][1], pairs["stderr"][1]):
                    os.close(number)
                body(
                    Wires(
                        frames=pairs["frames"][1],
                        log=pairs["log"][1],
                        stdout=pairs["stdout"][0],
                        stderr=pairs["stderr"][0],
                    )
                )
                code = 0
            except BaseException:
                import traceback

                os.write(pairs["frames"][1], pack(Kind.LOG, -1, traceback.format_exc().encode()))
            finally:
                os._exit(code)
        for _, write in pairs.values():
            os.close(write)
        self._pipes = {name: read for name, (read, _) in pairs.items()}
        if self._memory is not None:
            self._memory.hold(self._body)

    # -------------------------------------------------------------------------------------------------- while it runs

    def _wait_ms(self, ended: int | None) -> int:
        now = time.monotonic()
        due = [now + (_TICK if ended is not None else 0.02)]
        look = self._memory.next_look if self._memory is not None else None
        due += [t for t in (self.collector.next_flush(), self._deadline, self._kill_at, look) if t is not None]
        return max(0, int((min(due) - now) * 1000) + 1)

    def _read_pipes(self, ready: set[int]) -> None:
        now = time.monotonic()
        if self._pipes["frames"] in ready:
            if now < self._busy_until:
                time.sleep(0.003)  # a body that prints line after line is read in larger pieces
            self._busy_until = now + 0.001
            for frame in self._frames():
                self._take(frame)
        if self._pipes["log"] in ready:
            self._pass_on_log()
        # The body reads the pipes under its descriptors 1 and 2 itself. If it cannot (C code that prints holds the
        # interpreter lock) they fill up and it would hang.
        for name, kind in (("stdout", Kind.STDOUT), ("stderr", Kind.STDERR)):
            pipe = self._pipes[name]
            if not _waiting(pipe):
                self._full_since.pop(pipe, None)
            elif now - self._full_since.setdefault(pipe, now) > _TICK:
                self._take(Frame(kind, self.collector.current, _read(pipe)))
        self.collector.flush_due()

    def _pass_on_log(self, *, is_end: bool = False) -> None:
        data = self._passed(Frame(Kind.LOG, _IN_LOG_PIPE, _read(self._pipes["log"])), is_end=is_end)
        self._say(self._log_text.decode(data, is_end))

    def _say(self, text: str) -> None:
        """Let text go to the log, where a value may come together that no cell and no pipe had whole."""
        if self._mask is not None:
            text = _text(self._of_log.more(text.encode("utf-8", "surrogatepass")))
        self._listener.on_text(text)

    @functools.cached_property
    def _of_log(self) -> Passage:
        from kfnb.launcher.masking import Passage  # most tasks have no secrets

        assert self._mask is not None
        return Passage(self._mask)

    def _passed(self, frame: Frame, *, is_end: bool = False) -> bytes:
        """Return what may go on by now of text that comes in pieces: no secret is in it, nor the beginning of one."""
        if self._mask is None:
            return frame.data
        key = (frame.kind, frame.cell)
        if key not in self._passages:
            from kfnb.launcher.masking import Passage  # most tasks have no secrets

            self._passages[key] = Passage(self._mask)
        passage = self._passages[key]
        return passage.more(frame.data) + (passage.rest() if is_end else b"")

    def _release(self, cell: int | None = None) -> None:
        """Let go on what waits of the text of a cell, or (None) of all: nothing follows it there."""
        for kind, number in [key for key in self._passages if key[0] != Kind.LOG and cell in (None, key[1])]:
            self._take_text(Frame(kind, number, self._passages.pop((kind, number)).rest()))

    def _frames(self) -> Iterator[Frame]:
        data = _read(self._pipes["frames"])
        yield from self._reader.feed(data)

    def _take(self, frame: Frame) -> None:
        if self._rewrite is not None and frame.kind in (Kind.STDOUT, Kind.STDERR, Kind.MESSAGE):
            frame = frame._replace(data=frame.data.replace(*self._rewrite))
        if frame.kind in (Kind.STDOUT, Kind.STDERR):
            self._take_text(frame._replace(data=self._passed(frame)))
            return
        if frame.kind == Kind.FINISHED or (frame.kind == Kind.MESSAGE and frame.data.startswith(_ERROR)):
            self._release(frame.cell)
        if self._mask is not None:
            frame = self._mask.frame(frame)
        self._take_text(frame)
        match frame.kind:
            case Kind.STARTED:
                self._cell_started(frame.cell, json.loads(frame.data))
            case Kind.FINISHED:
                self._cell_finished(frame.cell, json.loads(frame.data))
            case Kind.BODY_DONE:
                self._deadline = None
                self._note_leftovers(self._body)
            case Kind.RESULT:
                self._ended.result = frame.data
                self._kill_at = time.monotonic() + LAST_WORDS
            case Kind.POINT:
                self._listener.on_point(*json.loads(frame.data))
            case Kind.LOG:
                self._say(frame.data.decode(errors="replace"))

    def _take_text(self, frame: Frame) -> None:
        text = self.collector.take(frame)
        if text:
            self._say(text)

    def _cell_started(self, number: int, said: dict[str, Any]) -> None:
        if self._ended.started is None:
            self._ended.started = said["time"]
            if self._timeout is not None:
                self._deadline = time.monotonic() + self._timeout
        self._ended.running = number
        # Known to have begun; FAILED is what it is if nothing more is heard of it.
        self.results[number] = CellResult(id=self.results[number].id, state="FAILED", started=said["time"])
        self._listener.on_cell(number, "RUNNING", said["time"])

    def _cell_finished(self, number: int, said: dict[str, Any]) -> None:
        if self._mask is not None:
            self._listener.on_text(_text(self._of_log.pause()))
        state: Literal["SUCCEEDED", "FAILED"] = "SUCCEEDED" if said["ok"] or said["allowed"] else "FAILED"
        begun = self.results[number].started
        self.results[number] = CellResult(id=self.results[number].id, state=state, started=begun, finished=said["time"])
        self._ended.finished = said["time"]
        self._ended.running = None
        self._listener.on_cell(number, state, said["time"])

    def _check_clock(self) -> None:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self.stop("timeout")
        if self._memory is not None and self._memory.check():
            self._kill_at = 0.0
        if self._kill_at is not None and now >= self._kill_at:
            self._kill_at = None
            _signal_group(self._body, signal.SIGKILL)

    def _note_leftovers(self, pid: int) -> None:
        """Remember processes that the user's code left running; helpers that libraries keep are no news."""
        for left in processes.descendants(pid):
            command = processes.command_line(left)
            if left != self._body and command and not any(own in command for own in _LIBRARY_PROCESSES):
                entry = f"{left} ({command[:80]})"
                if entry not in self._ended.leftovers:
                    self._ended.leftovers.append(entry)

    # -------------------------------------------------------------------------------------------------- when it is over

    def _read_rest(self) -> None:
        for frame in self._all_frames():
            self._take(frame)
        for name, kind in (("stdout", Kind.STDOUT), ("stderr", Kind.STDERR)):
            while data := _read(self._pipes[name]):
                self._take(Frame(kind, self.collector.current, data))
        self._release()
        if self._pipes:
            self._pass_on_log(is_end=True)
        if self._mask is not None:
            self._listener.on_text(_text(self._of_log.rest()))
        self.collector.flush()
        for pipe in self._pipes.values():
            os.close(pipe)

    def _all_frames(self) -> Iterator[Frame]:
        while data := _read(self._pipes["frames"]):
            yield from self._reader.feed(data)


_LIBRARY_PROCESSES = (
    "multiprocessing.resource_tracker",
    "multiprocessing.forkserver",
    "loky.backend",
    "joblib.externals",
)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _read(pipe: int) -> bytes:
    try:
        return os.read(pipe, _PIPE_SIZE)
    except BlockingIOError:
        return b""


def _waiting(pipe: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def _watch_process(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None  # not Linux: the loop asks again and again


def _signal_group(pid: int, number: int) -> None:
    for send in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            send(pid, number)
            return


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
