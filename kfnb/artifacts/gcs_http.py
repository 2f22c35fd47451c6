"""Requests to Google Cloud Storage: addresses, tokens, errors by their codes and what they mean; used by gcs.py.

The address is Google's, or what STORAGE_EMULATOR_HOST names. Tokens are sent to hosts of Google's alone, over TLS.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from kfnb.artifacts import endpoints
from kfnb.artifacts.calls import Dialect
from kfnb.artifacts.connections import Answer, Connections, Refusal, address_of, query_string
from kfnb.artifacts.gcs_credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.artifacts.files import Bytes

ENDPOINT = "STORAGE_EMULATOR_HOST"
"""The variable that names another address than Google's, to Google's own libraries too."""
_GOOGLE = "https://storage.googleapis.com"
_HOSTS = ".googleapis.com"

DIALECT = Dialect(
    scheme="gs",
    missing=frozenset({"404"}),
    taken=frozenset({"412"}),
    busy=frozenset(),
    words={
        "NoSuchBucket": "there is no bucket {bucket!r}: make it, or name another with --root",
        "401": "the token is not accepted: sign in anew (`gcloud auth application-default login`)",
        "403": "this account may not {verb} there: have the bucket's owner give it the role Storage Object User",
    },
    bundle="SSL_CERT_FILE",
    endpoint=ENDPOINT,
)


class Endpoint:
    """The endpoint of one bucket, spoken to by its JSON API. `url`: where it is."""

    def __init__(self, bucket: str) -> None:
        given = os.environ.get(ENDPOINT) or endpoints.address(f"gs://{bucket}") or _GOOGLE
        self.url = (given if "://" in given else f"http://{given}").rstrip("/")
        self._path = f"/storage/v1/b/{quote(bucket, safe='')}/o"
        address = address_of(self.url, ENDPOINT)
        self._connections = Connections(address, DIALECT.bundle)
        self._base, self._credentials = address.path, Credentials() if is_google(self.url) else None

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
        """Send one request, once; Refusal for an error of the endpoint's, OSError or HTTPException where it broke.

        Without a key it is about all objects. A POST that has an `uploadType` sends an object, another composes one.
        """
        query = query or {}
        target = self._path + (f"/{quote(key, safe='')}" if key else "")
        if "uploadType" in query:
            target, query = f"/upload{self._path}", {**query, "name": key}
        elif method == "POST":
            target += "/compose"
        target = f"{self._base}{target}" + (f"?{query_string(query)}" if query else "")
        answer = self._ask(method, target, headers or {}, body)
        if answer.status == 401 and self._credentials is not None:
            self._credentials.forget()  # it may have been revoked, or this machine's clock be wrong
            answer = self._ask(method, target, headers or {}, body)
        if answer.status == 416:  # the first bytes of an object that has none
            return answer._replace(body=b"")
        if answer.status >= 300:
            raise _refusal(answer, of_object=bool(key) and "uploadType" not in query)
        return answer

    def _ask(self, method: str, target: str, headers: Mapping[str, str], body: Bytes) -> Answer:
        token = {"Authorization": f"Bearer {self._credentials.token()}"} if self._credentials is not None else {}
        return self._connections.ask(method, target, {**headers, **token}, body)


def is_google(url: str) -> bool:
    """Say whether a token may be sent there."""
    address = urlsplit(url)
    return address.scheme == "https" and f".{address.hostname}".endswith(_HOSTS)


def _refusal(answer: Answer, *, of_object: bool) -> Refusal:
    text = answer.body.decode(errors="replace")
    try:
        found: Any = json.loads(text)["error"]["message"]
    except (ValueError, LookupError, TypeError):
        found = text
    message = " ".join(str(found).split())[:300]
    no_bucket = answer.status == 404 and (not of_object or "bucket does not exist" in message)
    return Refusal(answer.status, "NoSuchBucket" if no_bucket else str(answer.status), message)
