"""Keys for an S3 endpoint, and the signature of a request by them (AWS Signature Version 4); used by s3_http.py.

Keys in the environment, which a pod has from its secret, are taken at once. All other ways (files, roles of a machine
or a pod, single sign-on) are botocore's, which is imported then only: that takes longer than the start of a task.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.artifacts.connections import Refusal, query_string
from kfnb.errors import NoAccess, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"
_BUSY = ("IDPCommunicationError", "Throttling", "ThrottlingException")
"""Codes with which Amazon's token service asks to be asked again, though it says that the request was wrong."""


class Keys(NamedTuple):
    """What requests are signed with. `token`: of a session, or None."""

    access: str
    secret: str
    token: str | None


class Credentials:
    """Finds keys, and finds them anew before they expire."""

    def __init__(self) -> None:
        self._chain: Any = None

    def keys(self) -> Keys:
        """Return keys that are valid now; StoreError if there are none, Refusal where asking again may help."""
        access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
        if access and secret:
            return Keys(access, secret, os.environ.get("AWS_SESSION_TOKEN"))
        if self._chain is None:
            self._chain = _found_by_botocore()
        try:
            frozen = self._chain.get_frozen_credentials()
        except Exception as error:  # whatever the ways of getting credentials raise
            raise _in_words(error, "The keys of the artifact store cannot be had anew") from error
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)


def _found_by_botocore() -> Any:
    none = (
        "The artifact store needs keys, and there are none: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in"
    )
    try:
        import botocore.session
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise NoAccess(f"{none} and install what reads it: pip install 'kfnb[s3]'.") from None
    try:
        found = botocore.session.get_session().get_credentials()
    except BotoCoreError as error:
        raise _in_words(error, none) from error
    if found is None:
        raise NoAccess(f"{none}.")
    return found


def _in_words(error: Exception, words: str) -> Exception:
    """Return what is raised where keys cannot be had, which `words` say if asking again does not help."""
    if _passes(error):
        return Refusal(503, "TokenServer", f"what gives keys does not answer: {error}")
    return StoreError(f"{words}: {error}.")


def _passes(error: Exception) -> bool:
    """Say whether keys may be had a moment later: their server, of a role or a machine, is away or busy."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        return bool(status >= 500 or status == 429 or code in _BUSY)
    if isinstance(error, exceptions.CredentialRetrievalError):  # of a program that gives keys, say, which is not asked
        return bool(error.kwargs.get("provider") == "container-role")
    away = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.MetadataRetrievalError)
    return isinstance(error, away)


def signed(
    keys: Keys,
    region: str,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload: str,
    at: float,
) -> dict[str, str]:
    """Return the headers of a request with those that prove it. `path`: as sent, quoted. `payload`: hash of the body.
    `at`: when it is sent, by the endpoint's clock, in seconds since the epoch.

    The steps are those of "Create a signed AWS API request" in Amazon's IAM user guide.
    """
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    more = {**headers, "Host": host, "x-amz-date": now, "x-amz-content-sha256": payload}
    if keys.token:
        more["x-amz-security-token"] = keys.token
    lower = {name.lower(): value.strip() for name, value in more.items()}
    taken = sorted(name for name in lower if name == "host" or name.startswith("x-amz-"))
    names = ";".join(taken)
    lines = [method, path, query_string(query), *(f"{name}:{lower[name]}" for name in taken), "", names, payload]
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    to_sign = "\n".join([_ALGORITHM, now, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()])
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    proof = hmac.digest(key, to_sign.encode(), "sha256").hex()
    more["Authorization"] = f"{_ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={proof}"
    return more
