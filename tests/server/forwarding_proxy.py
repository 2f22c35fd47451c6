"""A proxy in front of a Jupyter server, as a hub or an ingress has one: it passes on requests and WebSockets."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable
from types import TracebackType
from urllib.parse import urlsplit

PIECE = 64 << 10


class ForwardingProxy:
    """A proxy for the server at `url`; `self.url` is the same place through the proxy, `passed` what it passed on.

    Every request has a connection of its own to the server; what then comes, on a WebSocket too, goes both ways.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        behind = (parts.hostname or "", parts.port or 80)
        self.passed: list[str] = []
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            rbufsize = 0  # nothing of what follows the head is taken from the socket with it

            def handle(self) -> None:
                lines = [*iter(self.rfile.readline, b"\r\n")]
                proxy.passed.append(lines[0].decode().strip())
                with socket.create_connection(behind) as server:
                    server.sendall(_as_passed_on(lines, self.client_address[0]))
                    threading.Thread(target=_pass_on, args=(self.request.recv, server), daemon=True).start()
                    while piece := server.recv(PIECE):
                        self.wfile.write(piece)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{parts.path}"

    def __enter__(self) -> ForwardingProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def _as_passed_on(lines: list[bytes], client: str) -> bytes:
    """Return the head of a request as the server gets it: it says whose it was, and is the last of its connection."""
    if not any(line.lower().startswith(b"upgrade:") for line in lines):
        lines = [line for line in lines if not line.lower().startswith(b"connection:")] + [b"Connection: close\r\n"]
    return b"".join(lines) + f"X-Forwarded-For: {client}\r\nX-Forwarded-Proto: http\r\n\r\n".encode()


def _pass_on(receive: Callable[[int], bytes], server: socket.socket) -> None:
    with contextlib.suppress(OSError):  # one of the two is gone, which the other hears
        while piece := receive(PIECE):
            server.sendall(piece)
