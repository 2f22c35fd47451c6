"""What the pods of a run print, as they print it; `kfnb logs -f` uses this.

One watch finds the pods, each has a thread that reads its log from the API server. A connection that ends is made anew
from the second of the last line; what came before in that second is recognised by its time, so that no line comes
twice, and none is lost that the node still has: it keeps the end of a long log (10 MiB, unless kubelet is told
otherwise). On a connection that lasts lines may come with any times.
"""

from __future__ import annotations

import contextlib
import queue
import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kfnb.errors import ClusterError, StoreError
from kfnb.runners.api_server import ApiError
from kfnb.runners.job_manifest import ATTEMPT, ELEMENTS, PLACE, TASK_NAME
from kfnb.runners.placed_text import PlacedText
from kfnb.runners.pod_logs import is_event
from kfnb.runners.pod_manifest import MAIN
from kfnb.runners.pod_state import container
from kfnb.runners.watch import Watch
from kfnb.spec import Together, element_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.runners.api_server import ApiServer, Object

MOST_PODS = 100
"""How many logs are read at once; further pods' come from the store."""
_SILENCE = 60.0
_PAUSE = 0.5
_GIVES_UP = 10.0
"""Seconds for which the log of a pod that has ended is asked for where it cannot be had."""


class Piece(NamedTuple):
    """Text that an attempt printed: whole lines, but for the end of its log. `pod`: an attempt may have several.

    `at`: how many characters that are no line ends its log has before; what lies between two pieces is in the store,
    and what is missing in one that is not `sure`.
    """

    task: str
    attempt: int
    pod: str
    text: str
    at: int = 0
    sure: bool = True


class LiveLogs:
    """The logs of the pods that `selector` (labels) selects. `refused`: why they cannot be read, once that shows;
    `has_too_many`: not all are read, as there are more than MOST_PODS.

    `follow`: as they grow, and of pods that are yet to come; else what is there. `read`: a document of the store, by
    its URI; which element of a fan-out a pod carries is told there. `placed`: they are launchers' logs, and what has no
    place in one is left out; else all is told that can be had.
    """

    def __init__(
        self,
        api: ApiServer,
        selector: str,
        *,
        follow: bool = True,
        read: Callable[[str], bytes] | None = None,
        placed: bool = False,
    ) -> None:
        self.refused: str | None = None
        self.has_too_many = False
        self._api = api
        self._follow = follow
        self._placed = placed
        self._read = read
        self._described: dict[str, Together] = {}
        self._pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._readers: dict[str, _Reader] = {}
        self._lock = threading.Lock()
        self._watch = Watch(
            api, api.place("pods"), selector, self._changed, self._gone, lambda error: self._refuse(str(error))
        )

    def start(self) -> None:
        """Find the pods and begin to read. ClusterError if they cannot be listed."""
        self._watch.start()

    def take(self) -> list[Piece]:
        """Return what has come since the last call."""
        for reader in list(self._readers.values()):
            reader.look()
        found: list[Piece] = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._pieces.get_nowait())
        return found

    def reads(self, task: str, attempt: int) -> bool:
        """Say whether more of an attempt's log may come from here. Ask before `take`."""
        with self._lock:
            readers = list(self._readers.values())
        return any((one.task, one.attempt) == (task, attempt) and one.has_place for one in readers)

    @property
    def found(self) -> bool:
        """Whether a pod has begun."""
        return bool(self._readers)

    def reading(self) -> bool:
        """Say whether more may come of the pods that have begun. Ask before `take`."""
        return any(not one.done.is_set() for one in list(self._readers.values()))

    def close(self) -> None:
        """Read no more; connections that wait are left to end by themselves."""
        self._watch.stop()
        for reader in list(self._readers.values()):
            reader.stop()

    def _changed(self, pod: Object) -> None:
        name = str(pod["metadata"]["name"])
        state = container((pod.get("status") or {}).get("containerStatuses") or (), MAIN).get("state") or {}
        with self._lock:
            reader = self._readers.get(name)
            if reader is None and ("running" in state or "terminated" in state):
                is_full = sum(not one.done.is_set() for one in self._readers.values()) >= MOST_PODS
                self.has_too_many |= is_full
                if self.refused or is_full:
                    return
                reader = _Reader(self._api, pod, self._task(pod), self._pieces, self._refuse, placed=self._placed)
                self._readers[name] = reader
                if not self._follow:
                    reader.ended.set()
                reader.start()
        if reader is not None and "terminated" in state:
            reader.ended.set()

    def _gone(self, pod: Object) -> None:
        reader = self._readers.get(str(pod["metadata"]["name"]))
        if reader is not None:
            reader.ended.set()

    def _task(self, pod: Object) -> str:
        """Return the task that a pod carries; the fan-out, where it cannot be known of which element it is."""
        annotations, labels = pod["metadata"].get("annotations") or {}, pod["metadata"].get("labels") or {}
        task, uri, place = str(annotations.get(TASK_NAME, "")), annotations.get(ELEMENTS), str(labels.get(PLACE, ""))
        if uri is None or self._read is None or not place.isdigit():
            return task
        with contextlib.suppress(StoreError, msgspec.MsgspecError, IndexError):
            if uri not in self._described:
                self._described[uri] = msgspec.json.decode(self._read(uri), type=Together)
            return element_name(task, self._described[uri].numbers[int(place)])
        return task

    def _refuse(self, why: str) -> None:
        self.refused = why


class _Reader:
    """Reads the log of one pod to its end. `ended`: its container has; `done`: nothing more comes."""

    def __init__(
        self,
        api: ApiServer,
        pod: Object,
        task: str,
        pieces: queue.SimpleQueue[Piece],
        refuse: Callable[[str], None],
        *,
        placed: bool,
    ) -> None:
        metadata = pod["metadata"]
        self.pod = str(metadata["name"])
        self.task = task
        self.attempt = int((metadata.get("labels") or {}).get(ATTEMPT, 0))
        self.ended, self.done = threading.Event(), threading.Event()
        self._api = api
        self._pieces = pieces
        self._refuse = refuse
        self._stopped = threading.Event()
        self._position = Position()
        self._placed = PlacedText(self._put) if placed else None
        self._lock = threading.Lock()  # around what is placed

    @property
    def has_place(self) -> bool:
        """Whether more may come, and it is known where that stands in the log."""
        return not self.done.is_set() and (self._placed is None or self._placed.at is not None)

    def look(self) -> None:
        """Leave to the store what has long waited to get its place."""
        if self._placed is not None:
            with self._lock:
                self._placed.look()

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name=f"kfnb-log-{self.pod}", daemon=True).start()

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            self._read_all()
        finally:
            self.done.set()

    def _read_all(self) -> None:
        ended: float | None = None  # since when all that there is could be read
        while not self._stopped.is_set():
            all_is_there = self.ended.is_set()
            ended = (ended or time.monotonic()) if all_is_there else None
            try:
                self._read(follow=not all_is_there)
                if all_is_there:
                    if self._placed is not None:
                        with self._lock:
                            self._placed.finish()
                    return
            except ClusterError as error:  # out of reach for a moment, or for good: its node may not have it any more
                status = error.status if isinstance(error, ApiError) else 0
                if status == 404:
                    return
                if status in (401, 403) or (ended is not None and time.monotonic() - ended > _GIVES_UP):
                    self._refuse(str(error))
                    return
            self._stopped.wait(_PAUSE)

    def _read(self, *, follow: bool) -> None:
        """Read on from the last line, to the end of the log or of the connection."""
        query: dict[str, str | int] = {"container": MAIN, "timestamps": "true", "follow": str(follow).lower()}
        if self._position.since:
            query["sinceTime"] = self._position.since
        self._position.begin()
        rest = b""
        with self._api.stream(self._api.place("pods", f"{self.pod}/log"), query, silence=_SILENCE) as response:
            for piece in response.stream(amt=None, decode_content=True):
                *lines, rest = (rest + piece).split(b"\n")
                self._tell(b"\n".join([*lines, b""]) if lines else b"")
            if rest and not follow:  # the log's end; of a connection's end the rest comes again
                self._tell(rest)

    def _tell(self, data: bytes) -> None:
        lines = data.decode(errors="replace").split("\n")
        ends = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
        new = [text for line in ends if (text := self._position.new(line)) is not None]
        if self._placed is None:
            if text := "".join(line for line in new if not is_event(line)):
                self._put(0, text)
        elif new:
            with self._lock:
                if self._position.has_gap:
                    self._position.has_gap = False
                    self._placed.lose()
                self._placed.take(new)

    def _put(self, at: int, text: str, sure: bool = True) -> None:
        if not self._stopped.is_set():
            self._pieces.put(Piece(self.task, self.attempt, self.pod, text, at, sure))


_WHEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|[+-]\d\d:\d\d) ")


class Position:
    """How far a log has been read, by the moments of its lines. `since`: where to ask from.

    `has_gap`: the lines that are new on this connection may not follow those of the one before, whose last one is gone.

    Moments grow, but where a node's clock is set back, or by a hair where a container writes two streams.
    """

    def __init__(self) -> None:
        self.since = ""
        self.has_gap = False
        self._latest = ("", "")  # the last line: its second, and what follows it
        self._last = ""  # the second of the last line
        self._read: dict[str, Counter[str]] = {}  # of that second and later ones: the lines, by what follows it
        self._later: list[str] = []  # last seconds before the clock was set back, as far as it has not reached them
        self._left: dict[str, Counter[str]] = {}
        self._comes = ""
        self._turns = 0
        self._catches_up = False
        self._is_gone = False  # the last line, as far as this connection has shown it

    def begin(self) -> None:
        """A connection begins: its lines come from `since`, which is given to the second only."""
        self._catches_up = self._is_gone = bool(self.since)
        self._left = {second: lines.copy() for second, lines in self._read.items()}
        self._comes, self._turns = "", len(self._later)

    def new(self, line: str) -> str | None:
        """Return the text of a line, without the time in front of it; None if it has been read before."""
        when = _WHEN.match(line)
        if when is None:  # kubelet's own words where it has no log
            return None
        second, moment = when[1], when[2] or ""
        if self._catches_up and self._is_known(second, moment):
            return None
        self.has_gap = self.has_gap or (self._is_gone and self._catches_up)
        self._catches_up = False
        self._take(second, moment)
        self.since = when[0].rstrip()
        return line[when.end() :]

    def _is_known(self, second: str, moment: str) -> bool:
        """Say whether a line that comes at the beginning of a connection has been read before."""
        self._turns -= second < self._comes
        self._comes = second
        left = self._left.get(second, Counter())
        again = left[moment] > 0
        left[moment] -= again
        self._is_gone = self._is_gone and not (again and (second, moment) == self._latest)
        return again or self._turns > 0 or second < self._last  # the others are from before the clock was set back

    def _take(self, second: str, moment: str) -> None:
        if second < self._last:
            self._later.append(self._last)
        elif second > self._last:
            self._later = [later for later in self._later if later > second]
            self._read = {later: lines for later, lines in self._read.items() if later >= second}
        self._last, self._latest = second, (second, moment)
        self._read.setdefault(second, Counter())[moment] += 1
