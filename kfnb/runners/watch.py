"""A list of objects kept up to date: listed once, then watched; whoever asked is told of each change.

Used by the Kubernetes runner, one for Jobs and one for Pods. The rules are those of the API's "efficient detection of
changes": go on from the last resource version, take bookmarks, list anew when that version is gone (410), and believe
nothing but a list about what is not there: a watch that was closed, or that is silent, means nothing.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from kfnb.errors import ClusterError
from kfnb.runners.api_server import ApiError, said_no
from kfnb.runners.guarded import Broken, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import urllib3

    from kfnb.runners.api_server import ApiServer, Object

SILENCE = 90.0
"""Seconds without a word (bookmarks come each minute) after which a watch is taken for dead."""
RECONCILE = 300.0
"""Seconds after which everything is listed anew, whatever the watch said."""
REFUSED = 60.0
"""Seconds for which a watch may be refused for want of a right or a valid login: an API server that starts anew knows
neither for a moment."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0


class Watch:
    """Objects at `path` that `selector` (labels) selects.

    `changed` is called with every object that is new or different, `gone` with every one that is no more, in a thread
    of the watch's; `broken` with what one of them raised that is no answer of the cluster's, or with the cluster's
    answer where it has let nobody watch for REFUSED seconds: then the watch has ended.
    """

    def __init__(
        self,
        api: ApiServer,
        path: str,
        selector: str,
        changed: Callable[[Object], None],
        gone: Callable[[Object], None],
        broken: Broken = lambda error: None,
    ) -> None:
        self._api = api
        self._path = path
        self._selector = selector
        self._changed = changed
        self._gone = gone
        self._known: dict[str, Object] = {}
        self._version: str | None = None
        self._listed = 0.0
        self._heard = False  # anything, of the watch that goes on
        self._refused: float | None = None  # since when, for want of a right
        self._stopped = threading.Event()
        self._response: urllib3.BaseHTTPResponse | None = None
        name = f"kfnb-watch-{path.rpartition('/')[2]}"
        self._thread = threading.Thread(target=guarded(self._run, broken), name=name, daemon=True)

    def start(self) -> None:
        """List, and go on watching in the background. ClusterError if the first list cannot be had."""
        try:
            self._list()
        except _NotUnderstood as error:
            raise error.cause from None
        self._thread.start()

    def stop(self) -> None:
        """End the watch; nobody is called any more when this returns, unless it is called from the watch itself."""
        self._stopped.set()
        response = self._response
        if response is not None:
            with contextlib.suppress(OSError, ValueError, RuntimeError):
                response.shutdown()  # wakes the thread that waits for the next line
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._follow()
        except _NotUnderstood as error:
            raise error.cause from None

    def _follow(self) -> None:
        pause, expired = _FIRST_PAUSE, False  # the version was, and nothing has been heard since
        while not self._stopped.is_set():
            asked, at_once, self._heard = 0.0, False, False  # to wait, by the API server
            try:
                if self._version is None or time.monotonic() - self._listed > RECONCILE:
                    self._list()
                self._watch()
                at_once, expired = self._heard, False
            except ApiError as error:
                if error.status == 410:
                    self._version = None
                    at_once, expired = self._heard or not expired, True
                elif self._is_refused_for_long(error):
                    raise
                asked = error.retry_after
            except ClusterError:
                pass  # out of reach, or silent
            except (ValueError, KeyError, TypeError):  # no answer of an API server, as of a proxy in between
                self._version = None
            if self._heard:
                pause = _FIRST_PAUSE
            if not at_once:
                self._stopped.wait(max(pause, asked))
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _is_refused_for_long(self, error: ApiError) -> bool:
        if error.lacks_right and self._refused is None:
            self._refused = time.monotonic()
        return error.lacks_right and self._refused is not None and time.monotonic() - self._refused >= REFUSED

    def _list(self) -> None:
        """Learn what there is now, and tell what differs from what was known."""
        there: dict[str, Object] = {}
        query: dict[str, str | int] = {"labelSelector": self._selector, "limit": 500}
        while True:
            answer = self._api.get(self._path, query)
            there |= {_name(found): found for found in answer.get("items", ())}
            more = answer["metadata"].get("continue")
            if not more:
                break
            query["continue"] = more
        # What is told may need the API server itself. Where that fails, it is told again: known is what has been told.
        for name in [name for name in self._known if name not in there]:
            _tell(self._gone, self._known[name])
            del self._known[name]
        for name, found in there.items():
            if _identity(self._known.get(name)) != _identity(found):
                _tell(self._changed, found)
                self._known[name] = found
        self._version = answer["metadata"]["resourceVersion"]
        self._listed = time.monotonic()

    def _watch(self) -> None:
        """Follow the changes until the API server ends the watch."""
        assert self._version is not None
        query: dict[str, str | int] = {
            "labelSelector": self._selector,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": int(RECONCILE),
        }
        with self._api.stream(self._path, query, silence=SILENCE) as response:
            self._response, self._refused = response, None
            if self._stopped.is_set():  # before there was a response to be woken from
                return
            for event in _lines(response):
                if self._stopped.is_set():
                    break
                self._hear(event)
                self._heard = True

    def _hear(self, event: dict[str, Any]) -> None:
        kind, found = event["type"], event["object"]
        if kind == "ERROR":
            raise said_no(found, int(found.get("code", 500)), "the watch")
        if kind in ("ADDED", "MODIFIED"):
            _tell(self._changed, found)
            self._known[_name(found)] = found
        elif kind == "DELETED":
            _tell(self._gone, found)
            self._known.pop(_name(found), None)
        self._version = found["metadata"]["resourceVersion"]


class _NotUnderstood(Exception):
    """What was told of an object could not be dealt with: that is no fault of the API server's answer."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(repr(cause))
        self.cause = cause


def _tell(whom: Callable[[Object], None], found: Object) -> None:
    try:
        whom(found)
    except ClusterError:
        raise
    except Exception as error:
        raise _NotUnderstood(error) from error


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[dict[str, Any]]:
    """Yield the JSON documents of a watch, one a line, as they come."""
    rest = b""
    for piece in response.stream(amt=None, decode_content=True):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            if line:
                yield json.loads(line)


def _name(found: Object) -> str:
    return str(found["metadata"]["name"])


def _identity(found: Object | None) -> tuple[str, str] | None:
    return (found["metadata"]["uid"], found["metadata"]["resourceVersion"]) if found is not None else None
