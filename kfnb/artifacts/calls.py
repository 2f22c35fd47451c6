"""Calls of a bucket's endpoint: asked again where that may help, and words for what goes wrong; used by bucket.py."""

from __future__ import annotations

import contextlib
import contextvars
import http.client
import random
import ssl
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kfnb.artifacts.connections import Refusal
from kfnb.errors import NoAccess, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kfnb.artifacts.connections import Answer
    from kfnb.artifacts.files import Bytes

_hurried = contextvars.ContextVar("hurried", default=False)
PATIENCE = 120.0
"""Seconds for which an endpoint that has answered before, or must be there, may be away before a call gives up."""
_FIRST_PATIENCE = 1.0
_PAUSES = (0.2, 8.0)


class Dialect(NamedTuple):
    """How a kind of store speaks: the codes of its errors, and words for them (`{bucket}`, `{verb}` are filled in).

    `missing`: no such object. `taken`: there is one already, or another. `busy`: ask again. `bundle`, `endpoint`: the
    variables that name a file of authorities and the address.
    """

    scheme: str
    missing: frozenset[str]
    taken: frozenset[str]
    busy: frozenset[str]
    words: Mapping[str, str]
    bundle: str
    endpoint: str


class Endpoint(Protocol):
    """What answers: `url` is where; `send` sends one request once and raises Refusal for an error of the endpoint's.

    `now`: the time by its clock, as it was when it last answered.
    """

    url: str

    def now(self) -> float: ...

    def send(
        self, method: str, key: str, query: Mapping[str, str] | None, headers: Mapping[str, str] | None, body: Bytes
    ) -> Answer: ...


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """While inside, no endpoint is waited for by this thread or what it does `in_parallel`.

    Other threads, which may share the store and have to do what cannot wait, are as patient as before.
    """
    before = _hurried.set(True)
    try:
        yield
    finally:
        _hurried.reset(before)


class Calls:
    """Calls for one bucket. `patient`: the endpoint is known to be there, so its absence is waited out from the start.

    Nothing is connected before the first call.
    """

    def __init__(
        self, bucket: str, dialect: Dialect, connect: Callable[[str], Endpoint], *, patient: bool = False
    ) -> None:
        self.bucket, self._dialect, self._connect = bucket, dialect, connect
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
        endpoint = self._endpoint = self._endpoint or self._connect(self.bucket)
        begun, pause = time.monotonic(), _PAUSES[0]
        while True:
            try:
                answer = endpoint.send(method, key, query, headers, body)
            except (Refusal, OSError, http.client.HTTPException) as error:
                code = error.code if isinstance(error, Refusal) else ""
                if code in self._dialect.missing:
                    raise FileNotFoundError from None
                if code in self._dialect.taken:
                    raise FileExistsError from None
                patience = 0.0 if _hurried.get() else PATIENCE if self._reached else _FIRST_PATIENCE
                if not self._passes(error) or time.monotonic() - begun >= patience:
                    raise self._words(error, endpoint.url, "read" if method in ("GET", "HEAD") else "write") from error
            else:
                self._reached = True
                return answer
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2 * pause, _PAUSES[1])

    def now(self) -> float:
        """Return the time by the clock of the endpoint as it was when it last answered, in seconds since the epoch."""
        return self._endpoint.now() if self._endpoint is not None else time.time()

    def _words(self, error: Exception, url: str, verb: str) -> StoreError:
        place = f"The artifact store {self._dialect.scheme}://{self.bucket}"
        words = self._dialect.words.get(error.code) if isinstance(error, Refusal) else None
        if words is not None:
            return self._refused(error, f"{place} at {url}: {words.format(bucket=self.bucket, verb=verb)}.")
        why = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        if isinstance(error, Refusal):
            return self._refused(error, f"{place} at {url} cannot {verb}: {why} ({error.code}).")
        if isinstance(error, ssl.SSLCertVerificationError):
            return NoAccess(
                f"{place} at {url} shows a certificate that is not trusted: {why}. Set {self._dialect.bundle}."
            )
        return StoreError(f"{place} does not answer at {url}: {why}. Check {self._dialect.endpoint} and the network.")

    def _refused(self, error: Exception, words: str) -> StoreError:
        return StoreError(words) if self._passes(error) else NoAccess(words)

    def _passes(self, error: Exception) -> bool:
        """Say whether asking again later may help; a certificate that is not trusted stays so."""
        if isinstance(error, Refusal):
            return error.status >= 500 or error.status in (408, 429) or error.code in self._dialect.busy
        return not isinstance(error, ssl.SSLCertVerificationError)
