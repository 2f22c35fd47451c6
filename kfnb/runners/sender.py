"""Sends what a run asks of its cluster, one after another in a thread; used by the Kubernetes runner.

What is refused for now (a quota without room, an API server that is away) is asked again later, and holds up nothing
else meanwhile. No more is sent a second than an API server that others use too should be asked.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from kfnb.runners.guarded import Broken, guarded

Work = Callable[[], bool]
"""Something to be done; false: not now, ask again."""

_RATE, _BURST = 20.0, 40.0
_AGAIN = 5.0
_AT_A_TIME = 8
_TICK = 1.0


class Sender:
    """The thread called `name`; `tick` is called in it about once a second.

    `broken` is told what that, or something that is to be done, raised; then nothing is sent any more.
    """

    def __init__(self, name: str, tick: Callable[[], None] = lambda: None, broken: Broken = lambda error: None) -> None:
        self._tick = tick
        self._asked: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._refused: deque[Work] = deque()
        self._next_try = 0.0
        self._bucket = TokenBucket(_RATE, _BURST)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=guarded(self._run, broken), name=name, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def put(self, work: Work) -> None:
        """Have something done soon."""
        self._asked.put(work)

    def close(self) -> None:
        """Send nothing more; what has been asked for and not been sent is dropped."""
        self._closed.set()
        self._asked.put(None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        ticked = time.monotonic()
        while not self._closed.is_set():
            try:
                work = self._asked.get(timeout=_TICK)
            except queue.Empty:
                work = None
            if work is not None:
                self._send(work)
            if self._refused and time.monotonic() >= self._next_try:
                self._again()
            if time.monotonic() - ticked >= _TICK and not self._closed.is_set():
                ticked = time.monotonic()
                self._tick()

    def _send(self, work: Work) -> bool:
        """Do something, or put it behind all else that was refused; return whether it was done."""
        if self._closed.is_set():
            return True
        self._bucket.take()
        done = work()
        if not done:
            self._refused.append(work)
            self._next_try = self._next_try if len(self._refused) > 1 else time.monotonic() + _AGAIN
        return done

    def _again(self) -> None:
        """Ask again for what was refused, in turn, until some of it is refused again."""
        refusals = 0
        for _ in range(len(self._refused)):
            refusals += not self._send(self._refused.popleft())
            if refusals >= _AT_A_TIME or self._closed.is_set():
                break
        self._next_try = time.monotonic() + _AGAIN


class TokenBucket:
    """Lets `rate` requests a second pass, and `burst` at once after a pause."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._since = burst, time.monotonic()

    def take(self) -> None:
        """Wait until a request may be sent. For one thread."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._since) * self._rate)
        self._since = now
        if self._tokens < 1:
            time.sleep((1 - self._tokens) / self._rate)
        self._tokens -= 1
