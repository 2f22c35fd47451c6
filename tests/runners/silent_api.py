"""An API server that takes what it is asked and does not answer until a test lets it; then it says no to everything."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SilentApi:
    """`address`: where it is; `asked`: how many requests wait or waited."""

    def __init__(self) -> None:
        self.asked = 0
        self._speaks = threading.Event()
        silent, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    silent.asked += 1
                silent._speaks.wait()
                body = json.dumps({"kind": "Status", "message": "no", "reason": "Forbidden", "code": 403}).encode()
                self.send_response(403)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, format: str, *args: object) -> None:
                """What is asked is no news."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def speak(self) -> None:
        """Answer what was asked, and what is asked from now on."""
        self._speaks.set()


@contextmanager
def silent_api() -> Iterator[SilentApi]:
    """Give one for a while."""
    silent = SilentApi()
    thread = threading.Thread(target=silent.server.serve_forever)
    thread.start()
    try:
        yield silent
    finally:
        silent.speak()
        silent.server.shutdown()
        thread.join()
        silent.server.server_close()
