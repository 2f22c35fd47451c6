"""Calls of an S3 endpoint: one client a process, retries, and words for what goes wrong; used by s3.py.

The client is botocore's own, without a layer on it: it needs no thread and no event loop, so a task's processes can be
forked from one that has it (its idle connections are dropped in the child), and it imports in half the time of s3fs.
Keys, region and endpoint come from where every AWS program looks: the environment (`AWS_ENDPOINT_URL` for a store that
is not Amazon's), its files, the machine's or the pod's role.
"""

from __future__ import annotations

import os
import random
import time
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

from kfnb.artifacts.parallel import AT_ONCE
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

PATIENCE = 120.0
"""Seconds for which an endpoint that has answered before, or must be there, may be away before a call gives up."""
_ATTEMPTS = 3
_PAUSES = (0.5, 8.0)
_TIMEOUTS = {"connect_timeout": 5, "read_timeout": 60}

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

_clients: weakref.WeakSet[Calls] = weakref.WeakSet()


class Calls:
    """Calls for one bucket. `patient`: the endpoint is known to be there, so its absence is waited out from the start.

    Nothing is imported or connected before the first call.
    """

    def __init__(self, bucket: str, *, patient: bool = False) -> None:
        self.bucket = bucket
        self._reached = patient
        self._made: Any = None
        _clients.add(self)

    def call(self, verb: str, function: Callable[[Any], Result]) -> Result:
        """Return what `function` returns for the client; StoreError in words if it cannot be done.

        `verb`: what is being done ("read", "write"). FileNotFoundError for an object that is not there,
        FileExistsError for one that was to be made only if there is none. `function` may be called several times: an
        endpoint that is away for a moment is asked again.
        """
        client = self._client()
        from botocore.exceptions import BotoCoreError, ClientError

        begun, pause = time.monotonic(), _PAUSES[0]
        while True:
            try:
                result = function(client)
            except (ClientError, BotoCoreError, OSError) as error:
                if _code(error) in _MISSING:
                    raise FileNotFoundError from None
                if _code(error) in _TAKEN:
                    raise FileExistsError from None
                patience = PATIENCE if self._reached else 0.0
                if not _passes(error) or time.monotonic() - begun >= patience:
                    raise self._words(error, verb) from error
            else:
                self._reached = True
                return result
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, _PAUSES[1])

    def forget_connections(self) -> None:
        """Let go of open connections: in a forked process they are the parent's."""
        if self._made is not None:
            self._made.close()

    def _client(self) -> Any:
        if self._made is None:
            try:
                import botocore.session
                from botocore.config import Config
            except ImportError:
                raise StoreError(
                    f"The artifact store s3://{self.bucket} needs a package more: pip install 'kfnb[s3]'."
                ) from None
            from botocore.exceptions import BotoCoreError

            # Digests of our own say whether bytes are right; not every store knows the checksums of Amazon's.
            config = Config(
                **_TIMEOUTS,
                max_pool_connections=AT_ONCE,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
            session = botocore.session.get_session()
            region = session.get_config_variable("region") or os.environ.get("AWS_REGION") or "us-east-1"
            try:
                self._made = session.create_client("s3", region_name=region, config=config)
            except (BotoCoreError, ValueError) as error:
                raise StoreError(f"The artifact store s3://{self.bucket} cannot be used: {error}.") from error
        return self._made

    def _words(self, error: Exception, verb: str) -> StoreError:
        place = f"The artifact store s3://{self.bucket}"
        endpoint = self._made.meta.endpoint_url
        words = _WORDS.get(_code(error))
        if words is not None:
            return StoreError(f"{place} at {endpoint}: {words.format(bucket=self.bucket, verb=verb)}.")
        kind = type(error).__name__
        if kind in ("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError"):
            return StoreError(
                f"{place} needs keys, and there are none: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in."
            )
        if _passes(error):
            return StoreError(
                f"{place} does not answer at {endpoint}: {_first_line(error)}. Check AWS_ENDPOINT_URL and the network."
            )
        return StoreError(f"{place} at {endpoint} cannot {verb}: {_first_line(error)}")


def _code(error: Exception) -> str:
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def _passes(error: Exception) -> bool:
    """Say whether asking again later may help."""
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or status == 429 or _code(error) in _BUSY
    from botocore import exceptions as known

    if isinstance(error, known.SSLError):
        return False  # a certificate that is not trusted stays so
    lost = (known.ConnectionError, known.HTTPClientError, known.IncompleteReadError, known.ResponseStreamingError)
    return isinstance(error, (*lost, ConnectionError))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _after_fork() -> None:
    for calls in list(_clients):
        calls.forget_connections()


os.register_at_fork(after_in_child=_after_fork)
