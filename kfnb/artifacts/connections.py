"""Connections to the endpoint of a store in a bucket; s3_http.py and gcs_http.py say over them what they have to say.

Made for processes that fork: there is no thread and no lock, and a forked child leaves its parent's connections alone.
"""

from __future__ import annotations

import http.client
import os
import socket
import time
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from kfnb.errors import NoAccess

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from kfnb.artifacts.files import Bytes

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_CLOCK_SECONDS = 5.0


class Answer(NamedTuple):
    """What an endpoint answered. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Refusal(Exception):
    """An endpoint answered with an error: its code in the endpoint's words, the HTTP status, and what it said.

    `region`: where the bucket is, if it said that.
    """

    def __init__(self, status: int, code: str, message: str, region: str = "") -> None:
        super().__init__(message or code or f"HTTP status {status}")
        self.status, self.code, self.region = status, code, region


class Connections:
    """Connections to the host of `address`. `bundle`: the variable that names a file of the authorities to trust."""

    def __init__(self, address: SplitResult, bundle: str) -> None:
        self._address, self._bundle = address, bundle
        self._idle: list[http.client.HTTPConnection] = []
        self._owner = os.getpid()
        self._context: ssl.SSLContext | None = None
        self._ahead = 0.0  # the clock there, in seconds

    def __del__(self) -> None:
        for connection in self._idle:
            connection.close()

    @property
    def secure(self) -> bool:
        """Whether they go over TLS."""
        return self._address.scheme == "https"

    def now(self) -> float:
        """Return the time by the clock there as it was when it last answered, in seconds since the epoch."""
        return time.time() + self._ahead

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: Bytes) -> Answer:
        """Send one request and return whatever is answered; OSError or HTTPException where that breaks."""
        if self._owner != os.getpid():
            self._idle, self._owner = [], os.getpid()
        while (connection := self._take()) is not None:
            try:
                return self._ask(connection, method, target, headers, body)
            except (ConnectionError, http.client.BadStatusLine):
                connection.close()  # it was closed there while it was idle
        return self._ask(self._connect(), method, target, headers, body)

    def _take(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.pop()  # asked of the list itself: another thread may take the last one
        except IndexError:
            return None

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str], body: Bytes
    ) -> Answer:
        try:
            sent = body if method in ("PUT", "POST", "PATCH") else None
            connection.request(method, target, body=sent, headers=dict(headers))
            answer = connection.getresponse()
            data = answer.read()
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append(connection)
        if (there := parsedate_tz(answer.getheader("date", ""))) is not None:
            ahead = mktime_tz(there) - time.time()
            self._ahead = ahead if abs(ahead) > _CLOCK_SECONDS else 0.0  # it says whole seconds, a moment ago
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)

    def _connect(self) -> http.client.HTTPConnection:
        host, port = str(self._address.hostname), self._address.port
        through = _proxy(self._address.scheme, host)
        place = (str(through.hostname), through.port) if through is not None else (host, port)
        more: dict[str, Any] = {"timeout": _CONNECT_SECONDS}
        if self.secure:
            self._context = self._context or _trust(os.environ.get(self._bundle))
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(*place, context=self._context, **more)
        else:
            connection = http.client.HTTPConnection(*place, **more)
        if through is not None:
            connection.set_tunnel(host, port)
        connection.connect()
        assert isinstance(connection.sock, socket.socket)
        connection.sock.settimeout(_ANSWER_SECONDS)
        return connection


def address_of(url: str, variable: str) -> SplitResult:
    """Return the parts of a URL that a variable gave; NoAccess if it is none."""
    try:
        address = urlsplit(url)
        fine = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise NoAccess(f"{variable} is {url!r}; give a URL such as https://store.example.com:9000.")
    return address


def query_string(query: Mapping[str, str]) -> str:
    """Return a query as it is sent: sorted, everything quoted."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))


def _proxy(scheme: str, host: str) -> SplitResult | None:
    """Return the proxy that the environment names for a host, or None."""
    if not (os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")):
        return None
    from urllib.request import getproxies, proxy_bypass  # 40 ms, where there is a proxy only

    return None if proxy_bypass(host) else urlsplit(getproxies().get(scheme, ""))


def _trust(bundle: str | None) -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, a bundle's, or in an image without any those of certifi."""
    import ssl  # 15 ms, for https only

    context = ssl.create_default_context(cafile=bundle)
    if not bundle and not context.cert_store_stats()["x509_ca"]:
        try:
            import certifi  # comes with papermill's requests

            context.load_verify_locations(certifi.where())
        except ImportError:
            pass  # the endpoint's certificate is then refused, and the error says so
    return context
