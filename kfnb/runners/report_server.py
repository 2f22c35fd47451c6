"""Takes what launchers say over HTTP: how far they are, and that they have finished, before the cluster says so.

Started by the Kubernetes runner where pods can reach it. What comes here only makes things faster: the same is in the
store and in the pods' status. A launcher proves by its token, which stands in its task's input document in the store,
which attempt it is.
"""

from __future__ import annotations

import hmac
import http.server
import json
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST = 1 << 20
"""Bytes of a report at most."""
_SECONDS = 5.0


class _ServerOf6(http.server.ThreadingHTTPServer):
    """For pods whose addresses are of IPv6."""

    address_family = socket.AF_INET6


class ReportServer:
    """Listens at `host` and tells `take` which attempt (the key that `token` was asked with) said what."""

    def __init__(self, host: str, take: Callable[[str, dict[str, Any]], None]) -> None:
        self._take = take
        self._tokens: dict[str, str] = {}
        self._server = (_ServerOf6 if ":" in host else http.server.ThreadingHTTPServer)(("", 0), self._handler())
        self._server.daemon_threads = True
        written = f"[{host}]" if ":" in host else host
        self.url = f"http://{written}:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, name="kfnb-reports", daemon=True)
        self._thread.start()

    def token(self, key: str) -> str:
        """Return the token with which the launcher of attempt `key` proves itself."""
        return self._tokens.setdefault(key, secrets.token_urlsafe(24))

    def forget(self, key: str) -> None:
        """Take no more reports of an attempt."""
        self._tokens.pop(key, None)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = _SECONDS
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                key, given = self.headers.get("X-Kfnb-Attempt", ""), self.headers.get("Authorization", "")
                known = server._tokens.get(key)
                if not length.isdigit() or int(length) > _LARGEST:
                    self._answer(413)
                elif known is None or not hmac.compare_digest(given.encode(), f"Bearer {known}".encode()):
                    self._answer(403)
                else:
                    try:
                        said = json.loads(self.rfile.read(int(length)))
                    except (ValueError, OSError):
                        said = None
                    if isinstance(said, dict):
                        server._take(key, said)
                    self._answer(204 if isinstance(said, dict) else 400)

            def _answer(self, status: int) -> None:
                self.close_connection = self.close_connection or status >= 400
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing: what is refused is nobody's of this run."""

        return Handler
