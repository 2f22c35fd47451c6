"""Follows what the tasks of a run on a cluster print: from their pods while these live, from the store afterwards."""

from __future__ import annotations

import re
import time
from collections import deque
from typing import TYPE_CHECKING

from kfnb.cli.following import LogFollower
from kfnb.errors import ClusterError
from kfnb.runners.live_logs import MOST_PODS
from kfnb.runners.placed_text import count_characters

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.client import Run
    from kfnb.orchestrator.handles import TaskRun
    from kfnb.runners.live_logs import LiveLogs, Piece

_POLL_SECONDS = 0.2
_STATE_EVERY = 1.0
"""Seconds between looks at the run's events."""
_STORE_EVERY = 3.0
"""Seconds between looks at the stored logs of tasks that run and whose pods cannot be read."""
_MOST_AHEAD = 1000
"""Pieces of one log that are kept while the store does not have what comes before; the store has older ones by then."""
_PATIENCE = 10.0
"""Seconds after the end of a run for which the last lines of its pods are waited for; then the store's will do."""


class Unreadable(ClusterError):
    """The log of a pod cannot be read from here, or not any more."""

    @property
    def is_passing(self) -> bool:
        """Not before somebody grants it; what a node has no longer it never has again."""
        return False


class PodLogFollower(LogFollower):
    """The logs of a run on a cluster. `warn` is told, once, if pods cannot be read.

    The text of a pod is the text in the store, but for line ends that the launcher puts before lines of its own. So
    what is left to say when a pod has gone begins after as many other characters as have been said; and where its node
    has the end of the log only, what comes before is said first, from the store.
    """

    def __init__(self, run: Run, task: str | None, warn: Callable[[str], None]) -> None:
        super().__init__(run, task)
        self._warn = warn
        self._warned = False
        self._pods: dict[tuple[str, int], str] = {}
        self._said: dict[tuple[str, int], int] = {}  # characters that are no line ends
        self._ahead: dict[tuple[str, int], deque[Piece]] = {}  # from pods, while what comes before is not in the store
        self._read: dict[tuple[str, int], tuple[int, int]] = {}  # of the store's: bytes, and characters as above
        self._settled: set[tuple[str, int]] = set()
        self._looked = 0.0

    def run(self, say: Callable[[str], None]) -> None:
        """Say the lines as they come, until the run has ended, or is interrupted, and all is said."""
        live = self._open()
        ended: float | None = None
        try:
            while True:
                over = self._run.has_ended or self._run.is_interrupted
                ended = ended or (time.monotonic() if over else None)
                late = ended is not None and time.monotonic() - ended > _PATIENCE
                waits = self._step(say, live, over=over, late=late)
                if over and not waits:
                    return
                self._listen(say, live)
        finally:
            if live is not None:
                live.close()

    def _open(self) -> LiveLogs | None:
        live = self._run.live_logs()
        try:
            live.start()
        except ClusterError as error:
            self._warn_once(str(error))
            return None
        return live

    def _warn_once(self, why: str) -> None:
        """Say why pods cannot be read; what is refused of one is refused of the next one too."""
        if not self._warned:
            self._warned = True
            self._warn(f"What is stored is shown, some seconds later: {why}")

    def _listen(self, say: Callable[[str], None], live: LiveLogs | None) -> None:
        """Say what pods print for a while, without asking the store anything."""
        end = time.monotonic() + _STATE_EVERY
        while time.monotonic() < end:
            for piece in live.take() if live is not None else ():
                self._say_piece(say, piece)
            time.sleep(_POLL_SECONDS)

    def _step(self, say: Callable[[str], None], live: LiveLogs | None, *, over: bool, late: bool) -> bool:
        """Say what is new; return whether more is to come from pods."""
        if live is not None and live.refused:
            self._warn_once(live.refused)
            live.refused = None
        if live is not None and live.has_too_many and not self._warned:
            self._warn_once(f"more than {MOST_PODS} pods run, and no more are read at once.")
        every = self._run.tasks
        tasks = every if self._task is None else {self._task: every[self._task]}
        keys = {name: (name, task.attempt) for name, task in tasks.items()}
        read = {key for key in keys.values() if live is not None and not late and live.reads(*key)} - self._ahead.keys()
        for piece in live.take() if live is not None else ():
            self._say_piece(say, piece)
        look = time.monotonic() - self._looked >= _STORE_EVERY
        if look:
            self._looked = time.monotonic()
        for name, task in tasks.items():
            done = over or task.finished is not None
            if keys[name] not in read | self._settled and (done or (look and task.started is not None)):
                self._say_stored(task, say, whole=done)
        return bool(read)

    def _say_piece(self, say: Callable[[str], None], piece: Piece) -> None:
        key = (piece.task, piece.attempt)
        if key in self._settled or (self._task is not None and piece.task != self._task):
            return
        before = self._pods.setdefault(key, piece.pod)
        if before != piece.pod:  # the attempt has been given another pod, and begins anew
            self._pods[key], self._said[key] = piece.pod, 0
            self._ahead.pop(key, None)
            self._read.pop(key, None)
        if key in self._ahead or needed_before(piece) > self._said.get(key, 0):
            self._ahead.setdefault(key, deque(maxlen=_MOST_AHEAD)).append(piece)
        else:
            self._say_from(piece, say)

    def _say_from(self, piece: Piece, say: Callable[[str], None]) -> None:
        """Say of a piece what has not been said yet."""
        key = (piece.task, piece.attempt)
        known = max(0, self._said.get(key, 0) - piece.at)
        self._say_text(key, say, piece.text[after_characters(piece.text, known) :])

    def _say_stored(self, task: TaskRun, say: Callable[[str], None], *, whole: bool) -> None:
        """Say what is stored beyond what has been said, which is all that is read; then what follows, from the pod."""
        key, printed = (task.name, task.attempt), task.printed()
        at, characters = self._read.get(key, (0, 0))
        data = printed.part(at, printed.size)
        data = data if whole else data[: data.rfind(b"\n") + 1]
        text = data.decode(errors="replace")
        self._read[key] = (at + len(data), characters + count_characters(text))
        self._say_text(key, say, text[after_characters(text, max(0, self._said.get(key, 0) - characters)) :])
        ahead = self._ahead.pop(key, deque())
        while ahead and (whole or needed_before(ahead[0]) <= self._said[key]):
            self._say_from(ahead.popleft(), say)
        if ahead:
            self._ahead[key] = ahead
        if whole:
            self._settled.add(key)

    def _say_text(self, key: tuple[str, int], say: Callable[[str], None], text: str) -> None:
        self._said[key] = self._said.get(key, 0) + count_characters(text)
        if not text.strip("\n"):
            return
        if self._task is None and self._last != key[0]:
            say(f"==> {key[0]} <==")
        say(text.rstrip("\n"))
        self._last = key[0]


def needed_before(piece: Piece) -> int:
    """Return how many characters must have been said before a piece; of one that is not sure, its own too: the store's
    stand for them, but for what it does not have in the end."""
    return piece.at if piece.sure else piece.at + count_characters(piece.text)


def say_pods(logs: LiveLogs, say: Callable[[str], None]) -> bool:
    """Say what pods print until all of it is said; return whether there are any.

    ClusterError if the cluster cannot be asked; Unreadable if it forbids it, or has it no more.
    """
    logs.start()
    try:
        while True:
            more = logs.reading()
            for piece in logs.take():
                say(piece.text.rstrip("\n"))
            if logs.refused:
                raise Unreadable(logs.refused)
            if not more:
                return logs.found
            time.sleep(_POLL_SECONDS)
    finally:
        logs.close()


def after_characters(text: str, characters: int) -> int:
    """Return the place in a text after so many characters that are no line ends, and after the line ends there."""
    if characters == 0:
        return 0
    for found in re.finditer(r"[^\n]+", text):
        if len(found[0]) >= characters:
            end = found.start() + characters
            return end + (len(text[end:]) - len(text[end:].lstrip("\n")))
        characters -= len(found[0])
    return len(text)
