"""A line between a client and a server on which connections can be cut, kept away and made silent, for tests."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class LineBetween:
    """Takes connections on this machine and hands on, either way, all that comes, to the server at `address`."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._server = (host, int(port))
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{1}".format(*self._listens.getsockname())
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        self._cut = False
        self._threads: list[threading.Thread] = []
        self._begin(self._take_all)

    def cut(self) -> None:
        """End all connections, and let none come about until `mend`."""
        self._cut = True
        self._hang_up()

    def mend(self) -> None:
        """Let connections come about again."""
        self._cut = False

    def silence(self) -> None:
        """Hand nothing on any more on the connections that there are; further ones are not concerned."""
        with self._lock:
            self._silent |= self._open

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cut = True
        self._listens.shutdown(socket.SHUT_RDWR)
        self._hang_up()
        for thread in self._threads:
            thread.join()
        self._listens.close()

    def _hang_up(self) -> None:
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _begin(self, what: object, *given: object) -> None:
        thread = threading.Thread(target=what, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _take_all(self) -> None:
        while True:
            try:
                client, _ = self._listens.accept()
            except OSError:
                return
            if self._cut:
                client.close()
                continue
            server = socket.create_connection(self._server)
            with self._lock:
                self._open |= {client, server}
            self._begin(self._hand_on, client, server)
            self._begin(self._hand_on, server, client)

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source not in self._silent:
                    target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()
