"""An HTTP server that says to each request in turn what a test has written down, in the API server's own forms.

For what a real cluster does not do when it is asked to: refuse a watch, end it, fall silent, forget old versions.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]


class Answer(NamedTuple):
    """Documents, each on a line of its own; `ends`: then the answer is over, else nothing more comes of it."""

    status: int
    documents: tuple[Object, ...]
    headers: Mapping[str, str]
    ends: bool = True


def thing(name: str, version: str) -> Object:
    """An object, in one of its versions."""
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version}}


def listed(version: str, *items: Object, more: str = "") -> Answer:
    """A list, or a piece of one where there is `more`."""
    metadata = {"resourceVersion": version, **({"continue": more} if more else {})}
    return Answer(200, ({"metadata": metadata, "items": items},), {})


def watched(*events: tuple[str, Object], ends: bool = True) -> Answer:
    """A watch that says these events."""
    return Answer(200, tuple({"type": kind, "object": found} for kind, found in events), {}, ends)


def refused(status: int, message: str = "no", *, wait: int = 0, **headers: str) -> Answer:
    """A no; `wait`: the seconds to wait, in its body."""
    details = {"details": {"retryAfterSeconds": wait}} if wait else {}
    return Answer(status, ({"kind": "Status", "message": message, "code": status, **details},), headers)


class ScriptedApi:
    """Gives these answers, one a request; what is asked after the last of them is not answered.

    `asked`: what was, of lists and watches; `sent`: the bodies of all else.
    """

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[str] = []
        self.sent: list[Object] = []
        self.over = threading.Event()
        self._answers = iter(answers)
        self._closed = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and hang up."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next(self, path: str, sent: Object | None) -> Answer:
        if sent is not None:
            self.sent.append(sent)
            return next(self._answers)
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        version = f"watch from {query.get('resourceVersion')}"
        self.asked.append(version if "watch" in query else " ".join(["list", *filter(None, [query.get("continue")])]))
        answer = next(self._answers, None)
        if answer is None:
            self.over.set()
        return answer or watched(ends=False)

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                answer = api._next(self.path, json.loads(self.rfile.read(length)) if length else None)
                self.send_response(answer.status)
                for name, value in {"Transfer-Encoding": "chunked", **answer.headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                for document in answer.documents:
                    line = json.dumps(document).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
                self.wfile.flush()
                if answer.ends:
                    self.wfile.write(b"0\r\n\r\n")
                else:
                    api._closed.wait()
                    self.close_connection = True

            do_POST = do_PUT = do_DELETE = do_GET

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing: what was asked is kept."""

        return Handler
