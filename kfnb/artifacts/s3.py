"""A store in an S3 bucket: blobs and documents as objects; `store.py` uses it for every root that begins `s3://`.

Objects show once they are complete, also large ones, which go up in parts. A document is created `If-None-Match: *`, so
of several writers one wins. Nothing is ever listed from memory: another process may have written a moment ago.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import secrets
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from blake3 import blake3

from kfnb.artifacts import files
from kfnb.artifacts.parallel import in_parallel
from kfnb.artifacts.s3_calls import Calls
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from kfnb.artifacts.files import Bytes
    from kfnb.artifacts.s3_http import Answer

PART = 8 << 20
"""Bytes from which an object goes up, and comes down, in parts of this size, several at a time."""
_MOST_PARTS = 9_000
_SMALL = 1 << 20
"""Bytes up to which asking whether a blob is there costs more than sending it."""
_RENEW_AFTER = 600.0
"""Seconds for which a blob counts as put now: far below the grace period of `kfnb gc`."""
_MOST_COPIED = 5 << 30
_MOST_REMOVED = 1000
_WRITER, _RENEWED = "x-amz-meta-kfnb-writer", "x-amz-meta-kfnb-renewed"
_NAMESPACE = re.compile(r"\{.*?\}")


class Bucket:
    """The store at `s3://BUCKET/PREFIX`. `place`: the key of a blob by its digest. Called by `store.py`."""

    def __init__(self, root: str, place: Callable[[str], str], *, patient: bool = False) -> None:
        bucket, _, prefix = root.removeprefix("s3://").partition("/")
        if not bucket:
            raise StoreError(f"{root} names no bucket; write s3://BUCKET/FOLDER.")
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._bucket, self._place = bucket, place
        self._calls = Calls(bucket, patient=patient)

    @contextlib.contextmanager
    def hurried(self) -> Iterator[None]:
        self._calls.hurried = True
        try:
            yield
        finally:
            self._calls.hurried = False

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
        digest, size = files.digest_of_file(path)
        if size <= _SMALL:
            return self.put(path.read_bytes())
        if not (self.holds(self._place(digest), size) and self.renew(self._place(digest))):
            before = path.stat()
            self._send(self._place(digest), size, lambda start, end: _read_span(path, start, end))
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
                file.write(self._read_part(key, *span))

        in_parallel(fetch, _parts(size, len(data)))

    def renew(self, key: str) -> bool:
        """Say whether an object is there; if it is not young, a copy onto itself makes it so."""
        try:
            found = self._head(key)
        except FileNotFoundError:
            return False
        if time.time() - _modified(found) > _RENEW_AFTER and int(found["content-length"]) < _MOST_COPIED:
            itself = quote(f"/{self._bucket}/{self._prefix}{key}", safe="/-_.~")
            more = {"x-amz-copy-source": itself, "x-amz-metadata-directive": "REPLACE", _RENEWED: str(int(time.time()))}
            try:
                self._call("PUT", key, headers=more)
            except FileNotFoundError:
                return False
        return True

    def discard(self, key: str, before: float) -> bool:
        try:
            if _modified(self._head(key)) >= before:
                return False
        except FileNotFoundError:
            return True
        self.remove_one(key)
        return True

    # --------------------------------------------------------------------------------------------------- documents

    def create(self, key: str, data: Bytes) -> bool:
        return self._send_new(key, data, writer=secrets.token_hex(8))

    def _send_new(self, key: str, data: Bytes, writer: str = "") -> bool:
        """Write an object unless there is one; of `writer`, one that an earlier try of this call made counts as new."""
        try:
            self._call("PUT", key, headers={"If-None-Match": "*", **({_WRITER: writer} if writer else {})}, body=data)
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                return bool(writer) and self._head(key).get(_WRITER) == writer
            return False
        return True

    def write(self, key: str, data: Bytes) -> None:
        view = memoryview(data).cast("B")
        self._send(key, view.nbytes, lambda start, end: view[start:end])

    def _send(self, key: str, size: int, part: Callable[[int, int], Bytes]) -> None:
        if size <= PART:
            self._call("PUT", key, body=part(0, size))
            return
        upload = _field(self._call("POST", key, {"uploads": ""}), "UploadId")

        def send(item: tuple[int, tuple[int, int]]) -> str:
            number, span = item
            sent = self._call("PUT", key, {"partNumber": str(number), "uploadId": upload}, body=part(*span))
            return f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(sent.headers['etag'])}</ETag></Part>"

        try:
            parts = in_parallel(send, enumerate(_parts(size), 1))
            done = f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>"
            try:
                self._call("POST", key, {"uploadId": upload}, body=done.encode())
            except FileNotFoundError:
                if not self.holds(key, size):  # else an earlier try of this call completed it, whose answer was lost
                    raise
        except BaseException:
            with contextlib.suppress(StoreError, FileNotFoundError):
                self._call("DELETE", key, {"uploadId": upload})
            raise

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
            raise FileNotFoundError(2, "no such object", f"s3://{self._bucket}/{self._prefix}{key}") from None

    def read(self, key: str) -> bytes:
        first, size = self._read_first(key)
        rest = in_parallel(lambda span: self._read_part(key, *span), _parts(size, len(first)))
        return b"".join((first, *rest)) if rest else first

    def _read_first(self, key: str) -> tuple[bytes, int]:
        """Return the first part of an object, mostly all of it, and the size of the whole."""
        first = self._call("GET", key, headers={"Range": f"bytes=0-{PART - 1}"})
        return first.body, int(first.headers.get("content-range", f"/{len(first.body)}").rpartition("/")[2])

    def _read_part(self, key: str, start: int, end: int) -> bytes:
        return self._call("GET", key, headers={"Range": f"bytes={start}-{end - 1}"}).body

    def _head(self, key: str) -> Mapping[str, str]:
        return self._call("HEAD", key).headers

    def _size(self, key: str) -> int:
        return int(self._head(key)["content-length"])

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
            for found in page.findall("Contents"):
                key = _text(found, "Key")[len(self._prefix) :]
                yield key, int(_text(found, "Size")), _time(_text(found, "LastModified"))

    def children(self, prefix: str) -> Iterator[str]:
        for page in self._pages(prefix, delimiter="/"):
            folders = (_text(found, "Prefix") for found in page.findall("CommonPrefixes"))
            yield from (name.rstrip("/").rpartition("/")[2] for name in folders)
            yield from (_text(found, "Key").rpartition("/")[2] for found in page.findall("Contents"))

    def _pages(self, prefix: str, **more: str) -> Iterator[Element]:
        asked = {"list-type": "2", "prefix": self._prefix + (f"{prefix}/" if prefix else ""), **more}
        while True:
            page = _tree(self._calls.call("GET", query=asked).body)
            yield page
            if page.findtext("IsTruncated") != "true":
                return
            asked["continuation-token"] = _text(page, "NextContinuationToken")

    # ---------------------------------------------------------------------------------------------------- removing

    def remove(self, prefix: str) -> None:
        """Remove what is below a prefix; what makes it a run goes first, so that nobody finds half of one."""
        keys = sorted(self.list(prefix), key=lambda key: (not key.endswith("/run.json"), key))
        if keys:
            self.remove_one(keys[0])
        batches = [keys[start : start + _MOST_REMOVED] for start in range(1, len(keys), _MOST_REMOVED)]
        in_parallel(self._remove_all, batches)

    def _remove_all(self, keys: Sequence[str]) -> None:
        names = "".join(f"<Object><Key>{escape(self._prefix + key)}</Key></Object>" for key in keys)
        body = f"<Delete><Quiet>true</Quiet>{names}</Delete>".encode()
        proof = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        answer = self._calls.call("POST", query={"delete": ""}, headers={"Content-MD5": proof}, body=body)
        for failed in _tree(answer.body).findall("Error"):
            name, why = _text(failed, "Key"), failed.findtext("Message") or _text(failed, "Code")
            raise StoreError(f"s3://{self._bucket}/{name} cannot be removed: {why}.")

    def remove_one(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._call("DELETE", key)

    def sweep(self, before: float) -> None:
        """Give up uploads that processes which were killed before a time had not finished: nobody sees their parts."""
        page = _tree(self._calls.call("GET", query={"uploads": "", "prefix": self._prefix}).body)
        for upload in page.findall("Upload"):
            if _time(_text(upload, "Initiated")) < before:
                key = _text(upload, "Key")[len(self._prefix) :]
                with contextlib.suppress(FileNotFoundError):
                    self._call("DELETE", key, {"uploadId": _text(upload, "UploadId")})


def _tree(body: bytes) -> Element:
    """Return an answer in XML, the names of its elements without their namespace, which not every store gives."""
    from xml.etree import ElementTree  # not needed to read and write

    root = ElementTree.fromstring(body)
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
    return root


def _text(element: Element, name: str) -> str:
    """Return the text of what stands in an element."""
    found = element.findtext(name)
    if found is None:
        raise StoreError(f"The store's answer has no {name}: it does not speak S3.")
    return found


def _field(answer: Answer, name: str) -> str:
    return _text(_tree(answer.body), name)


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _modified(headers: Mapping[str, str]) -> float:
    return parsedate_to_datetime(headers["last-modified"]).timestamp()


def _read_span(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _parts(size: int, start: int = 0) -> list[tuple[int, int]]:
    """Return from where to where the parts of an object of `size` bytes go, from byte `start` on."""
    step = max(PART, -(-size // _MOST_PARTS))
    return [(at, min(at + step, size)) for at in range(start, size, step)]
