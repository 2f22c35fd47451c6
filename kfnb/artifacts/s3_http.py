"""Requests to an S3 endpoint: addresses, connections, signatures, errors by their codes; used by s3_calls.py.

Made for processes that fork: there is no thread and no lock, and a forked child leaves its parent's connections alone.
Region and endpoint come from where every AWS program looks: the environment, then `~/.aws/config`.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import socket
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from kfnb.artifacts.s3_credentials import UNSIGNED, Credentials, query_string, signed
from kfnb.errors import StoreError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from kfnb.artifacts.files import Bytes

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_CODE, _MESSAGE = re.compile(rb"<Code>(.*?)</Code>"), re.compile(rb"<Message>(.*?)</Message>", re.DOTALL)
_REGION = re.compile(rb"<Region>(.*?)</Region>")


class Answer(NamedTuple):
    """What an endpoint answered. Names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes


class Refusal(Exception):
    """An endpoint answered with an error: its code in S3's words, the HTTP status, and what it said.

    `region`: where the bucket is, if it said that.
    """

    def __init__(self, status: int, code: str, message: str, region: str = "") -> None:
        super().__init__(message or code or f"HTTP status {status}")
        self.status, self.code, self.region = status, code, region


class Endpoint:
    """The endpoint of one bucket. `url`: where it is."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._credentials = Credentials()
        self._region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _configured("region")
        given = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        self._given = given or _configured("endpoint_url")
        self._idle: list[http.client.HTTPConnection] = []
        self._owner = os.getpid()
        self._context: ssl.SSLContext | None = None
        self._settle(self._region or "us-east-1")

    def _settle(self, region: str) -> None:
        """Work out the address: Amazon's by the bucket's own name, where that can be one, others by the path."""
        self._region = region
        own_name = self._given is None and "." not in self._bucket
        host = f"s3.{region}.amazonaws.com"
        self.url = (self._given or f"https://{self._bucket + '.' if own_name else ''}{host}").rstrip("/")
        self._prefix = "" if own_name else f"/{self._bucket}"
        self._address = urlsplit(self.url)
        if self._address.scheme not in ("http", "https") or not self._address.hostname:
            raise StoreError(f"AWS_ENDPOINT_URL is {self.url!r}; give a URL such as https://minio.example.com.")

    def send(
        self,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Bytes = b"",
    ) -> Answer:
        """Send one request, once; Refusal for an error of the endpoint's, OSError or HTTPException where it broke."""
        try:
            return self._send(method, key, query or {}, headers or {}, body)
        except Refusal as refusal:
            if self._given is not None or refusal.region in ("", self._region):
                raise
            self._settle(refusal.region)  # Amazon says where a bucket is that lies elsewhere
            self._idle = []
            return self._send(method, key, query or {}, headers or {}, body)

    def _send(self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: Bytes) -> Answer:
        secure = self._address.scheme == "https"
        path = self._address.path + self._prefix + (f"/{quote(key, safe='/-_.~')}" if key else "/")
        payload = UNSIGNED if secure else hashlib.sha256(body).hexdigest()
        host = self._address.netloc.rpartition("@")[2]
        more = signed(self._credentials.keys(), str(self._region), method, host, path, query, headers, payload)
        target = f"{path}?{query_string(query)}" if query else path
        if self._owner != os.getpid():
            self._idle, self._owner = [], os.getpid()
        while self._idle:
            connection = self._idle.pop()
            try:
                return self._ask(connection, method, target, more, body)
            except (ConnectionError, http.client.BadStatusLine):
                connection.close()  # it was closed there while it was idle
        return self._ask(self._connect(secure), method, target, more, body)

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, target: str, headers: dict[str, str], body: Bytes
    ) -> Answer:
        try:
            sent = body if method in ("PUT", "POST") else None
            connection.request(method, target, body=sent, headers=headers)
            answer = connection.getresponse()
            data = answer.read()
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append(connection)
        found = {name.lower(): value for name, value in answer.getheaders()}
        if answer.status == 416:  # the first bytes of an object that has none
            return Answer(found, b"")
        if answer.status >= 300 or (data[:200].find(b"<Error") >= 0 and method == "POST"):
            raise _refusal(answer.status, found, data)
        return Answer(found, data)

    def _connect(self, secure: bool) -> http.client.HTTPConnection:
        host, port = str(self._address.hostname), self._address.port
        through = _proxy(self._address.scheme, host)
        place = (str(through.hostname), through.port) if through is not None else (host, port)
        more: dict[str, Any] = {"timeout": _CONNECT_SECONDS}
        if secure:
            self._context = self._context or _trust()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(*place, context=self._context, **more)
        else:
            connection = http.client.HTTPConnection(*place, **more)
        if through is not None:
            connection.set_tunnel(host, port)
        connection.connect()
        assert isinstance(connection.sock, socket.socket)
        connection.sock.settimeout(_ANSWER_SECONDS)
        return connection


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    code, message, region = (_found(pattern, body) for pattern in (_CODE, _MESSAGE, _REGION))
    return Refusal(status, code or str(status), message, headers.get("x-amz-bucket-region", region))


def _found(pattern: re.Pattern[bytes], body: bytes) -> str:
    match = pattern.search(body)
    return match.group(1).decode(errors="replace") if match is not None else ""


def _proxy(scheme: str, host: str) -> SplitResult | None:
    """Return the proxy that the environment names for a host, or None."""
    if not (os.environ.get(f"{scheme}_proxy") or os.environ.get(f"{scheme.upper()}_PROXY")):
        return None
    from urllib.request import getproxies, proxy_bypass  # 40 ms, where there is a proxy only

    return None if proxy_bypass(host) else urlsplit(getproxies().get(scheme, ""))


def _trust() -> ssl.SSLContext:
    """Return whom to trust: the system's authorities, AWS_CA_BUNDLE's, or in an image without any those of certifi."""
    import ssl  # 15 ms, for https only

    bundle = os.environ.get("AWS_CA_BUNDLE")
    context = ssl.create_default_context(cafile=bundle)
    if not bundle and not context.cert_store_stats()["x509_ca"]:
        try:
            import certifi  # comes with papermill's requests

            context.load_verify_locations(certifi.where())
        except ImportError:
            pass  # the endpoint's certificate is then refused, and the error says so
    return context


def _configured(name: str) -> str | None:
    """Return a setting of the profile in `~/.aws/config`, or None."""
    path = os.path.expanduser(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config")  # noqa: PTH111 - without a home too
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    import configparser  # 10 ms, where there is such a file only

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path)
    except configparser.Error:
        return None
    profile = os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or "default"
    section = profile if profile == "default" else f"profile {profile}"
    return parser.get(section, name, fallback=None) or None
