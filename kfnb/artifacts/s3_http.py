"""Requests to an S3 endpoint: addresses, signatures, errors by their codes and what they mean; used by s3.py.

Region and endpoint come from where every AWS program looks: the environment, then `~/.aws/config`.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from kfnb.artifacts import endpoints
from kfnb.artifacts.calls import Dialect
from kfnb.artifacts.connections import Answer, Connections, Refusal, address_of, query_string
from kfnb.artifacts.s3_credentials import UNSIGNED, Credentials, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.artifacts.files import Bytes

_CODE, _MESSAGE = re.compile(rb"<Code>(.*?)</Code>"), re.compile(rb"<Message>(.*?)</Message>", re.DOTALL)
_REGION = re.compile(rb"<Region>(.*?)</Region>")

_SKEWED = "RequestTimeTooSkewed"

_BUSY = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",  # which comes after a 200 as well, of CompleteMultipartUpload and CopyObject
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
    }
)

DIALECT = Dialect(
    scheme="s3",
    missing=frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"}),
    taken=frozenset({"PreconditionFailed", "412"}),
    busy=_BUSY,
    words={
        "NoSuchBucket": "there is no bucket {bucket!r}: make it, or name another with --root",
        "AccessDenied": "these keys may not {verb} there: have the bucket's owner allow it",
        "403": "these keys may not {verb} there: have the bucket's owner allow it",
        "InvalidAccessKeyId": "the access key is not known there: check AWS_ACCESS_KEY_ID",
        "XAdminUserNotFound": "the access key is not known there: check AWS_ACCESS_KEY_ID",  # so says versitygw
        "SignatureDoesNotMatch": "the secret key is wrong: check AWS_SECRET_ACCESS_KEY",
        "ExpiredToken": "the session's token has expired: get new credentials",
        "InvalidToken": "the session's token is not valid: check AWS_SESSION_TOKEN",
        _SKEWED: "this machine's clock and the store's differ too much: set the clock",
        "InvalidBucketName": "{bucket!r} cannot be the name of a bucket",
        "NotImplemented": "it lacks something that kfnb needs (conditional writes)",
    },
    bundle="AWS_CA_BUNDLE",
    endpoint="AWS_ENDPOINT_URL",
)


class Endpoint:
    """The endpoint of one bucket. `url`: where it is."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._credentials = Credentials()
        self._skewed = False
        self._region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _configured("region")
        given = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        self._given = given or endpoints.address(f"s3://{bucket}") or _configured("endpoint_url")
        self._settle(self._region or "us-east-1")

    def _settle(self, region: str) -> None:
        """Work out the address: Amazon's by the bucket's own name, where that can be one, others by the path."""
        self._region = region
        own_name = self._given is None and "." not in self._bucket
        host = f"s3.{region}.amazonaws.com"
        self.url = (self._given or f"https://{self._bucket + '.' if own_name else ''}{host}").rstrip("/")
        self._prefix = "" if own_name else f"/{self._bucket}"
        self._address = address_of(self.url, DIALECT.endpoint)
        self._connections = Connections(self._address, DIALECT.bundle)

    def now(self) -> float:
        """Return the time by its clock, as it was when it last answered, in seconds since the epoch."""
        return self._connections.now()

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
            if refusal.code == _SKEWED:
                self._skewed = True  # what proves a request holds the time: from now on by the endpoint's clock
            elif self._given is None and refusal.region not in ("", self._region):
                self._settle(refusal.region)  # Amazon says where a bucket is that lies elsewhere
            else:
                raise
            return self._send(method, key, query or {}, headers or {}, body)

    def _send(self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: Bytes) -> Answer:
        path = self._address.path + self._prefix + (f"/{quote(key, safe='/-_.~')}" if key else "/")
        payload = UNSIGNED if self._connections.secure else hashlib.sha256(body).hexdigest()
        host = self._address.netloc.rpartition("@")[2]
        now = self.now() if self._skewed else time.time()
        more = signed(self._credentials.keys(), str(self._region), method, host, path, query, headers, payload, now)
        target = f"{path}?{query_string(query)}" if query else path
        answer = self._connections.ask(method, target, more, body)
        if answer.status == 416:  # the first bytes of an object that has none
            return answer._replace(body=b"")
        # What takes long, to join parts or to copy, is said to go well before it may go wrong.
        if answer.status >= 300 or (method in ("POST", "PUT") and answer.body[:200].find(b"<Error") >= 0):
            raise _refusal(answer)
        return answer


def _refusal(answer: Answer) -> Refusal:
    code, message, region = (_found(pattern, answer.body) for pattern in (_CODE, _MESSAGE, _REGION))
    region = answer.headers.get("x-amz-bucket-region", region)
    return Refusal(answer.status, code or str(answer.status), message, region)


def _found(pattern: re.Pattern[bytes], body: bytes) -> str:
    match = pattern.search(body)
    return match.group(1).decode(errors="replace") if match is not None else ""


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
