"""A store in an S3 bucket: blobs and documents as objects; `store.py` uses it for every root that begins `s3://`.

Objects show once they are complete, also large ones, which go up in parts. A document is created `If-None-Match: *`, so
of several writers one wins. Nothing is ever listed from memory: another process may have written a moment ago.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from blake3 import blake3

from kfnb.artifacts import files
from kfnb.artifacts.parallel import in_parallel
from kfnb.artifacts.s3_calls import Calls
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from kfnb.artifacts.files import Bytes

PART = 16 << 20
"""Bytes from which an object goes up, and comes down, in parts of this size, several at a time."""
_MOST_PARTS = 9_000
_SMALL = 1 << 20
"""Bytes up to which asking whether a blob is there costs more than sending it."""
_RENEW_AFTER = 600.0
"""Seconds for which a blob counts as put now: far below the grace period of `kfnb gc`."""
_MOST_COPIED = 5 << 30
_MOST_REMOVED = 1000
_WRITER = "kfnb-writer"


class Bucket:
    """The store at `s3://BUCKET/PREFIX`. `place`: the key of a blob by its digest. Called by `store.py`."""

    def __init__(self, root: str, place: Callable[[str], str], *, patient: bool = False) -> None:
        bucket, _, prefix = root.removeprefix("s3://").partition("/")
        if not bucket:
            raise StoreError(f"{root} names no bucket; write s3://BUCKET/FOLDER.")
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._bucket, self._place = bucket, place
        self._calls = Calls(bucket, patient=patient)

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    # ------------------------------------------------------------------------------------------------------- blobs

    def put(self, data: Bytes) -> tuple[str, int]:
        view = memoryview(data).cast("B")
        digest = str(blake3(view).hexdigest())
        key = self._place(digest)
        if view.nbytes <= _SMALL:
            if not self._send_new(key, bytes(view)):
                self.renew(key)
        elif not (self.holds(key, view.nbytes) and self.renew(key)):
            self._send(key, view.nbytes, lambda start, end: bytes(view[start:end]))
        return digest, view.nbytes

    def put_file(self, path: Path) -> tuple[str, int]:
        digest, size = files.digest_of_file(path)
        if size <= _SMALL:
            return self.put(path.read_bytes())
        if not (self.holds(self._place(digest), size) and self.renew(self._place(digest))):

            def part(start: int, end: int) -> bytes:
                with path.open("rb") as file:
                    file.seek(start)
                    return file.read(end - start)

            self._send(self._place(digest), size, part)
        return digest, size

    def fetch(self, key: str, path: Path) -> None:
        size = self._size(key)
        with path.open("wb", buffering=0) as file:
            file.truncate(size)

        def part(span: tuple[int, int]) -> None:
            with path.open("r+b", buffering=0) as file:
                file.seek(span[0])
                file.write(self._read_part(key, *span))

        in_parallel(part, _parts(size))

    def renew(self, key: str) -> bool:
        """Say whether an object is there; if it is not young, a copy onto itself makes it so."""
        try:
            found = self._head(key)
        except FileNotFoundError:
            return False
        age = time.time() - found["LastModified"].timestamp()
        if age > _RENEW_AFTER and found["ContentLength"] < _MOST_COPIED:
            source = self._at(key)
            more = {"MetadataDirective": "REPLACE", "Metadata": {"kfnb-renewed": str(int(time.time()))}}
            try:
                self._calls.call("write", lambda client: client.copy_object(**source, CopySource=source, **more))
            except FileNotFoundError:
                return False
        return True

    def discard(self, key: str, before: float) -> bool:
        try:
            if self._head(key)["LastModified"].timestamp() >= before:
                return False
        except FileNotFoundError:
            return True
        self.remove_one(key)
        return True

    # --------------------------------------------------------------------------------------------------- documents

    def create(self, key: str, data: Bytes) -> bool:
        return self._send_new(key, bytes(data), writer=secrets.token_hex(8))

    def _send_new(self, key: str, data: bytes, writer: str = "") -> bool:
        """Write an object unless there is one; of `writer`, one that an earlier try of this call made counts as new."""
        asked = {**self._at(key), "IfNoneMatch": "*", "Metadata": {_WRITER: writer} if writer else {}}
        try:
            self._calls.call("write", lambda client: client.put_object(Body=data, **asked))
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                return bool(writer) and self._head(key).get("Metadata", {}).get(_WRITER) == writer
            return False
        return True

    def write(self, key: str, data: Bytes) -> None:
        view = memoryview(data).cast("B")
        self._send(key, view.nbytes, lambda start, end: bytes(view[start:end]))

    def _send(self, key: str, size: int, part: Callable[[int, int], bytes]) -> None:
        place, call = self._at(key), self._calls.call
        if size <= PART:
            body = part(0, size)
            call("write", lambda client: client.put_object(**place, Body=body))
            return
        upload = call("write", lambda client: client.create_multipart_upload(**place))["UploadId"]

        def send(item: tuple[int, tuple[int, int]]) -> dict[str, Any]:
            number, body = item[0], part(*item[1])
            sent = call("write", lambda c: c.upload_part(**place, UploadId=upload, PartNumber=number, Body=body))
            return {"PartNumber": number, "ETag": sent["ETag"]}

        try:
            parts = in_parallel(send, list(enumerate(_parts(size), 1)))
            done = {"Parts": parts}
            call("write", lambda c: c.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=done))
        except BaseException:
            with contextlib.suppress(StoreError, FileNotFoundError):
                call("write", lambda client: client.abort_multipart_upload(**place, UploadId=upload))
            raise

    def read(self, key: str) -> bytes:
        try:
            answer = self._calls.call("read", lambda client: self._read_first(client, key))
        except FileNotFoundError:
            raise self._missing(key) from None
        data, size = answer
        if len(data) >= size:
            return data
        rest = in_parallel(lambda span: self._read_part(key, *span), _parts(size, len(data)))
        return b"".join((data, *rest))

    def _read_first(self, client: Any, key: str) -> tuple[bytes, int]:
        """Read an object, or the first part of a large one; return its bytes and the size of the whole."""
        answer = client.get_object(**self._at(key))
        size = int(answer["ContentLength"])
        with contextlib.closing(answer["Body"]) as body:
            return (body.read() if size <= PART else body.read(PART)), size

    def _read_part(self, key: str, start: int, end: int) -> bytes:
        if start == end:
            return b""

        def read(client: Any) -> bytes:
            answer = client.get_object(**self._at(key), Range=f"bytes={start}-{end - 1}")
            with contextlib.closing(answer["Body"]) as body:
                data: bytes = body.read()
                return data

        return self._calls.call("read", read)

    def _head(self, key: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._calls.call("read", lambda client: client.head_object(**self._at(key)))
        except FileNotFoundError:
            raise self._missing(key) from None
        return found

    def _missing(self, key: str) -> FileNotFoundError:
        return FileNotFoundError(2, "no such object", f"s3://{self._bucket}/{self._prefix}{key}")

    def _size(self, key: str) -> int:
        return int(self._head(key)["ContentLength"])

    def holds(self, key: str, size: int) -> bool:
        try:
            return self._size(key) == size
        except FileNotFoundError:
            return False

    def exists(self, key: str) -> bool:
        try:
            self._head(key)
        except FileNotFoundError:
            return False
        return True

    # ----------------------------------------------------------------------------------------------------- listing

    def list(self, prefix: str) -> Iterator[str]:
        yield from (key for key, _, _ in self.details(prefix))

    def details(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        for page in self._pages(prefix):
            for found in page.get("Contents", ()):
                key = found["Key"][len(self._prefix) :]
                yield key, int(found["Size"]), found["LastModified"].timestamp()

    def children(self, prefix: str) -> Iterator[str]:
        for page in self._pages(prefix, Delimiter="/"):
            yield from (found["Prefix"].rstrip("/").rpartition("/")[2] for found in page.get("CommonPrefixes", ()))
            yield from (found["Key"].rpartition("/")[2] for found in page.get("Contents", ()))

    def _pages(self, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
        below = f"{self._prefix}{prefix}/" if prefix else self._prefix
        token: dict[str, str] = {}
        while True:
            asked = {"Bucket": self._bucket, "Prefix": below, **more, **token}
            page: dict[str, Any] = self._list_page(asked)
            yield page
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _list_page(self, asked: dict[str, str]) -> dict[str, Any]:
        page: dict[str, Any] = self._calls.call("read", lambda client: client.list_objects_v2(**asked))
        return page

    # ---------------------------------------------------------------------------------------------------- removing

    def remove(self, prefix: str) -> None:
        """Remove what is below a prefix; what makes it a run goes first, so that nobody finds half of one."""
        keys = sorted(self.list(prefix), key=lambda key: (not key.endswith("/run.json"), key))
        if keys:
            self.remove_one(keys[0])
        batches = [keys[start : start + _MOST_REMOVED] for start in range(1, len(keys), _MOST_REMOVED)]
        in_parallel(self._remove_all, batches)

    def _remove_all(self, keys: Sequence[str]) -> None:
        asked = {"Objects": [{"Key": self._prefix + key} for key in keys], "Quiet": True}
        done = self._calls.call("write", lambda c: c.delete_objects(Bucket=self._bucket, Delete=asked))
        for failed in done.get("Errors", ()):
            raise StoreError(f"s3://{self._bucket}/{failed['Key']} cannot be removed: {failed.get('Message')}.")

    def remove_one(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._calls.call("write", lambda client: client.delete_object(**self._at(key)))

    def sweep(self, before: float) -> None:
        """Give up uploads that processes which were killed before a time had not finished: nobody sees their parts."""
        asked = {"Bucket": self._bucket, "Prefix": self._prefix}
        found = self._calls.call("read", lambda client: client.list_multipart_uploads(**asked))
        for upload in found.get("Uploads") or ():
            if upload["Initiated"].timestamp() < before:
                place = {"Bucket": self._bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
                self._abort(place)

    def _abort(self, place: dict[str, str]) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._calls.call("write", lambda client: client.abort_multipart_upload(**place))


def _parts(size: int, start: int = 0) -> list[tuple[int, int]]:
    """Return from where to where the parts of an object of `size` bytes go, from byte `start` on."""
    step = max(PART, -(-size // _MOST_PARTS))
    return [(at, min(at + step, size)) for at in range(start, size, step)] or [(start, size)]
