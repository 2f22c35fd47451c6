"""What stores in buckets have in common, however they are spoken to: blobs and documents as objects; see s3.py, gcs.py.

Objects show once they are complete, also large ones, which go up in parts. A document is created only if there is none,
so of several writers one wins. Nothing is ever listed from memory: another process may have written a moment ago.
"""

from __future__ import annotations

import abc
import contextlib
import secrets
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from kfnb.artifacts import files
from kfnb.artifacts.calls import Calls, hurried
from kfnb.artifacts.parallel import in_parallel
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from kfnb.artifacts.calls import Dialect, Endpoint
    from kfnb.artifacts.connections import Answer
    from kfnb.artifacts.files import Bytes

PART = 8 << 20
"""Bytes from which an object goes up, and comes down, in parts of this size or more, several at a time."""
RENEW_AFTER = 600.0
"""Seconds from which a blob that is put or found again is renewed: far below the grace period of `kfnb gc`."""
_SMALL = 1 << 20
"""Bytes up to which asking whether a blob is there costs more than sending it."""
_MOST_PARTS = 9_000


class Found(NamedTuple):
    """An object: its bytes, when it was last put (seconds since the epoch), and the mark of who created it, if any."""

    size: int
    modified: float
    writer: str


class Bucket(abc.ABC):
    """The store at `SCHEME://BUCKET/PREFIX`. `place`: the key of a blob by its digest. Called by `store.py`."""

    def __init__(
        self,
        root: str,
        place: Callable[[str], str],
        dialect: Dialect,
        connect: Callable[[str], Endpoint],
        *,
        patient: bool = False,
    ) -> None:
        bucket, _, prefix = root.removeprefix(f"{dialect.scheme}://").partition("/")
        if not bucket:
            raise StoreError(f"{root} names no bucket; write {dialect.scheme}://BUCKET/FOLDER.")
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._bucket, self._place = bucket, place
        self._uri = f"{dialect.scheme}://{bucket}/"
        self._calls = Calls(bucket, dialect, connect, patient=patient)

    def hurried(self) -> contextlib.AbstractContextManager[None]:
        return hurried()

    def now(self) -> float:
        """Return the time by the store's clock, by which all that it says of objects is."""
        return self._calls.now()

    # ----------------------------------------------------------------------------------- what each kind says its way

    @abc.abstractmethod
    def _put(self, key: str, data: Bytes) -> None:
        """Make or replace an object, in one request."""

    @abc.abstractmethod
    def _put_new(self, key: str, data: Bytes, writer: str) -> None:
        """Make an object, with the mark of its writer; FileExistsError if there is one."""

    @abc.abstractmethod
    def _put_parts(self, key: str, size: int, part: Callable[[int, int], Bytes]) -> None:
        """Make or replace a large object, of which `part` gives the bytes from one to another."""

    @abc.abstractmethod
    def _find(self, key: str) -> Found:
        """Return what is known of an object; FileNotFoundError."""

    @abc.abstractmethod
    def _get(self, key: str, start: int, end: int) -> Answer:
        """Return some bytes of an object, or as many of them as there are."""

    @abc.abstractmethod
    def renew(self, key: str) -> bool:
        """Say whether an object is there; if it is not young, it counts as put now."""

    @abc.abstractmethod
    def discard(self, key: str, before: float) -> bool:
        """Remove an object that was put before a time; say whether it is gone."""

    @abc.abstractmethod
    def details(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        """Give key, size and time of what lies below a prefix."""

    @abc.abstractmethod
    def children(self, prefix: str) -> Iterator[str]:
        """Give the names right below a prefix."""

    @abc.abstractmethod
    def remove_one(self, key: str) -> None:
        """Remove an object, if it is there."""

    @abc.abstractmethod
    def _remove_all(self, keys: Sequence[str]) -> None:
        """Remove objects."""

    @abc.abstractmethod
    def sweep(self, before: float) -> None:
        """Remove parts of what processes that were killed before a time had not finished: nobody sees them."""

    # ------------------------------------------------------------------------------------------------------- blobs

    def put(self, data: Bytes) -> tuple[str, int]:
        view = memoryview(data).cast("B")
        digest = str(blake3(view).hexdigest())
        key = self._place(digest)
        if view.nbytes <= _SMALL:
            if not self._send_new(key, view):
                self.renew(key)
        elif not (self.holds(key, view.nbytes) and self.renew(key)):
            self._send(key, view.nbytes, lambda start, end: view[start:end])
        return digest, view.nbytes

    def put_file(self, path: Path) -> tuple[str, int]:
        before = path.stat()
        digest, size = files.digest_of_file(path)
        if size <= _SMALL:
            return self.put(path.read_bytes())
        if not (self.holds(self._place(digest), size) and self.renew(self._place(digest))):
            self._send(self._place(digest), size, lambda start, end: files.read_part(path, start, end))
            if (path.stat().st_size, path.stat().st_mtime_ns) != (size, before.st_mtime_ns):
                self.remove_one(self._place(digest))  # not what its name says
                raise StoreError(f"{path} was changed while it was being stored.")
        return digest, size

    def fetch(self, key: str, path: Path) -> None:
        data, size = self._read_first(key)
        with path.open("wb", buffering=0) as file:
            file.write(data)
            file.truncate(size)

        def fetch(span: tuple[int, int]) -> None:
            with path.open("r+b", buffering=0) as file:
                file.seek(span[0])
                file.write(self._get(key, *span).body)

        in_parallel(fetch, parts(size, len(data)))

    # --------------------------------------------------------------------------------------------------- documents

    def create(self, key: str, data: Bytes) -> bool:
        return self._send_new(key, data, writer=secrets.token_hex(8))

    def _send_new(self, key: str, data: Bytes, writer: str = "") -> bool:
        """Write an object unless there is one; of `writer`, one that an earlier try of this call made counts as new."""
        try:
            self._put_new(key, data, writer)
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                return bool(writer) and self._find(key).writer == writer
            return False
        return True

    def write(self, key: str, data: Bytes) -> None:
        view = memoryview(data).cast("B")
        self._send(key, view.nbytes, lambda start, end: view[start:end])

    def _send(self, key: str, size: int, part: Callable[[int, int], Bytes]) -> None:
        if size <= PART:
            self._put(key, part(0, size))
        else:
            self._put_parts(key, size, part)

    def read(self, key: str) -> bytes:
        first, size = self._read_first(key)
        rest = in_parallel(lambda span: self._get(key, *span).body, parts(size, len(first)))
        return b"".join((first, *rest)) if rest else first

    def _read_first(self, key: str) -> tuple[bytes, int]:
        """Return the first part of an object, mostly all of it, and the size of the whole."""
        first = self._get(key, 0, PART)
        return first.body, int(first.headers.get("content-range", f"/{len(first.body)}").rpartition("/")[2])

    def size(self, key: str) -> int:
        return self._find(key).size

    def part(self, key: str, start: int, stop: int) -> bytes:
        answer = self._get(key, start, stop)
        return answer.body if answer.status == 206 else answer.body[start:stop]  # not every endpoint knows ranges

    def holds(self, key: str, size: int) -> bool:
        try:
            return self._find(key).size == size
        except FileNotFoundError:
            return False

    def exists(self, key: str) -> bool:
        try:
            self._find(key)
        except FileNotFoundError:
            return False
        return True

    def list(self, prefix: str) -> Iterator[str]:
        yield from (key for key, _, _ in self.details(prefix))

    def remove(self, prefix: str) -> None:
        """Remove what is below a prefix; what makes it a run goes first, so that nobody finds half of one."""
        keys = sorted(self.list(prefix), key=lambda key: (not key.endswith("/run.json"), key))
        if keys:
            self.remove_one(keys[0])
        self._remove_all(keys[1:])

    def _call(
        self,
        method: str,
        key: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: Bytes = b"",
    ) -> Answer:
        """Ask for an object; FileNotFoundError with its name if it is not there."""
        try:
            return self._calls.call(method, self._prefix + key, query, headers, body)
        except FileNotFoundError:
            raise FileNotFoundError(2, "no such object", f"{self._uri}{self._prefix}{key}") from None


def parts(size: int, start: int = 0, most: int = _MOST_PARTS) -> list[tuple[int, int]]:
    """Return from where to where the parts of an object of `size` bytes go, from byte `start` on, `most` at most."""
    step = max(PART, -(-size // most))
    return [(at, min(at + step, size)) for at in range(start, size, step)]
