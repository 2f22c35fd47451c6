"""Calls of an S3 endpoint: asked again where that may help, and words for what goes wrong; used by s3.py."""

from __future__ import annotations

import http.client
import random
import ssl
import time
from typing import TYPE_CHECKING

from kfnb.artifacts.s3_http import Endpoint, Refusal
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.artifacts.files import Bytes
    from kfnb.artifacts.s3_http import Answer

PATIENCE = 120.0
"""Seconds for which an endpoint that has answered before, or must be there, may be away before a call gives up."""
_FIRST_PATIENCE = 1.0
_PAUSES = (0.2, 8.0)

_MISSING = frozenset({"NoSuchKey", "NoSuchUpload", "404", "NotFound"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_BUSY = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout", "ConditionalRequestConflict"})
_WORDS = {
    "NoSuchBucket": "there is no bucket {bucket!r}: make it, or name another with --root",
    "AccessDenied": "these keys may not {verb} there: have the bucket's owner allow it",
    "403": "these keys may not {verb} there: have the bucket's owner allow it",
    "InvalidAccessKeyId": "the access key is not known there: check AWS_ACCESS_KEY_ID",
    "XAdminUserNotFound": "the access key is not known there: check AWS_ACCESS_KEY_ID",  # so says versitygw
    "SignatureDoesNotMatch": "the secret key is wrong: check AWS_SECRET_ACCESS_KEY",
    "ExpiredToken": "the session's token has expired: get new credentials",
    "InvalidToken": "the session's token is not valid: check AWS_SESSION_TOKEN",
    "RequestTimeTooSkewed": "this machine's clock and the store's differ too much: set the clock",
    "InvalidBucketName": "{bucket!r} cannot be the name of a bucket",
    "NotImplemented": "it lacks something that kfnb needs (conditional writes)",
}


class Calls:
    """Calls for one bucket. `patient`: the endpoint is known to be there, so its absence is waited out from the start.

    Nothing is connected before the first call. While `hurried` is set, nothing is waited for.
    """

    def __init__(self, bucket: str, *, patient: bool = False) -> None:
        self.bucket = bucket
        self.hurried = False
        self._reached = patient
        self._endpoint: Endpoint | None = None

    def call(
        self,
        method: str,
        key: str = "",
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Bytes = b"",
    ) -> Answer:
        """Return what the endpoint answers to a request; StoreError in words if it cannot be done.

        FileNotFoundError for an object that is not there, FileExistsError for one that was to be made only if there is
        none. An endpoint that is away for a moment is asked again, so a request may have been done before.
        """
        endpoint = self._endpoint = self._endpoint or Endpoint(self.bucket)
        begun, pause = time.monotonic(), _PAUSES[0]
        while True:
            try:
                answer = endpoint.send(method, key, query, headers, body)
            except (Refusal, OSError, http.client.HTTPException) as error:
                code = error.code if isinstance(error, Refusal) else ""
                if code in _MISSING:
                    raise FileNotFoundError from None
                if code in _TAKEN:
                    raise FileExistsError from None
                patience = 0.0 if self.hurried else PATIENCE if self._reached else _FIRST_PATIENCE
                if not _passes(error) or time.monotonic() - begun >= patience:
                    raise self._words(error, endpoint.url, "read" if method in ("GET", "HEAD") else "write") from error
            else:
                self._reached = True
                return answer
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, _PAUSES[1])

    def _words(self, error: Exception, url: str, verb: str) -> StoreError:
        place = f"The artifact store s3://{self.bucket}"
        words = _WORDS.get(error.code) if isinstance(error, Refusal) else None
        if words is not None:
            return StoreError(f"{place} at {url}: {words.format(bucket=self.bucket, verb=verb)}.")
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if isinstance(error, Refusal):
            return StoreError(f"{place} at {url} cannot {verb}: {why} ({error.code}).")
        if isinstance(error, ssl.SSLCertVerificationError):
            return StoreError(f"{place} at {url} shows a certificate that is not trusted: {why}. Set AWS_CA_BUNDLE.")
        return StoreError(f"{place} does not answer at {url}: {why}. Check AWS_ENDPOINT_URL and the network.")


def _passes(error: Exception) -> bool:
    """Say whether asking again later may help; a certificate that is not trusted stays so."""
    if isinstance(error, Refusal):
        return error.status >= 500 or error.status == 429 or error.code in _BUSY
    return not isinstance(error, ssl.SSLCertVerificationError)
