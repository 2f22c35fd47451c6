"""A store in an S3 bucket; `store.py` uses it for every root that begins `s3://`, bucket.py is what is not S3's alone.

Large objects are uploads in parts, a document is created `If-None-Match: *`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from kfnb.artifacts import bucket
from kfnb.artifacts.bucket import Found, parts
from kfnb.artifacts.parallel import in_parallel
from kfnb.artifacts.s3_http import DIALECT, Endpoint
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from kfnb.artifacts.connections import Answer
    from kfnb.artifacts.files import Bytes

_MOST_COPIED = 5 << 30
"""Bytes that one request may copy."""
_MOST_REMOVED = 1000
_WRITER, _RENEWED = "x-amz-meta-kfnb-writer", "x-amz-meta-kfnb-renewed"
_NAMESPACE = re.compile(r"\{.*?\}")


class Bucket(bucket.Bucket):
    """The store at `s3://BUCKET/PREFIX`."""

    def __init__(self, root: str, place: Callable[[str], str], *, patient: bool = False) -> None:
        super().__init__(root, place, DIALECT, Endpoint, patient=patient)

    def _put(self, key: str, data: Bytes) -> None:
        self._call("PUT", key, body=data)

    def _put_new(self, key: str, data: Bytes, writer: str) -> None:
        self._call("PUT", key, headers={"If-None-Match": "*", **({_WRITER: writer} if writer else {})}, body=data)

    def _put_parts(self, key: str, size: int, part: Callable[[int, int], Bytes]) -> None:
        def send(start: int, end: int, query: Mapping[str, str]) -> str:
            return self._call("PUT", key, query, body=part(start, end)).headers["etag"]

        self._in_parts(key, size, parts(size), send)

    def _in_parts(
        self, key: str, size: int, spans: Sequence[tuple[int, int]], send: Callable[[int, int, Mapping[str, str]], str]
    ) -> None:
        """Make or replace an object of parts; `send` sends one, from byte to byte, and returns its ETag."""
        upload = _field(self._call("POST", key, {"uploads": ""}), "UploadId")

        def one(item: tuple[int, tuple[int, int]]) -> str:
            number, (start, end) = item
            tag = send(start, end, {"partNumber": str(number), "uploadId": upload})
            return f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"

        try:
            sent = in_parallel(one, enumerate(spans, 1))
            done = f"<CompleteMultipartUpload>{''.join(sent)}</CompleteMultipartUpload>"
            try:
                self._call("POST", key, {"uploadId": upload}, body=done.encode())
            except FileNotFoundError:
                if not self.holds(key, size):  # else an earlier try of this call completed it, whose answer was lost
                    raise
        except BaseException:
            with contextlib.suppress(StoreError, FileNotFoundError):
                self._call("DELETE", key, {"uploadId": upload})
            raise

    def _get(self, key: str, start: int, end: int) -> Answer:
        return self._call("GET", key, headers={"Range": f"bytes={start}-{end - 1}"})

    def _find(self, key: str) -> Found:
        found = self._call("HEAD", key).headers
        put = parsedate_to_datetime(found["last-modified"]).timestamp()
        renewed = float(found.get(_RENEWED, 0))  # not every store counts a copy onto itself
        return Found(int(found["content-length"]), max(put, renewed), found.get(_WRITER, ""))

    def renew(self, key: str) -> bool:
        """Say whether an object is there; if it is not young, a copy onto itself makes it so."""
        try:
            found = self._find(key)
        except FileNotFoundError:
            return False
        if self.now() - found.modified > bucket.RENEW_AFTER:
            try:
                self._copy_onto_itself(key, found.size)
            except FileNotFoundError:
                return False
        return True

    def _copy_onto_itself(self, key: str, size: int) -> None:
        itself = {"x-amz-copy-source": quote(f"/{self._bucket}/{self._prefix}{key}", safe="/-_.~")}
        if size <= _MOST_COPIED:
            anew = {"x-amz-metadata-directive": "REPLACE", _RENEWED: str(int(self.now()))}
            self._call("PUT", key, headers={**itself, **anew})
            return

        def send(start: int, end: int, query: Mapping[str, str]) -> str:
            part = {**itself, "x-amz-copy-source-range": f"bytes={start}-{end - 1}"}
            return _field(self._call("PUT", key, query, headers=part), "ETag")

        spans = [(at, min(at + _MOST_COPIED, size)) for at in range(0, size, _MOST_COPIED)]
        self._in_parts(key, size, spans, send)

    def discard(self, key: str, before: float) -> bool:
        try:
            if self._find(key).modified >= before:
                return False
        except FileNotFoundError:
            return True
        self.remove_one(key)
        return True

    # ----------------------------------------------------------------------------------------------------- listing

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

    def _remove_all(self, keys: Sequence[str]) -> None:
        batches = [keys[start : start + _MOST_REMOVED] for start in range(0, len(keys), _MOST_REMOVED)]
        in_parallel(self._remove_batch, batches)

    def _remove_batch(self, keys: Sequence[str]) -> None:
        names = "".join(f"<Object><Key>{escape(self._prefix + key)}</Key></Object>" for key in keys)
        body = f"<Delete><Quiet>true</Quiet>{names}</Delete>".encode()
        proof = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        answer = self._calls.call("POST", query={"delete": ""}, headers={"Content-MD5": proof}, body=body)
        for failed in _tree(answer.body).findall("Error"):
            name, why = _text(failed, "Key"), failed.findtext("Message") or _text(failed, "Code")
            raise StoreError(f"{self._uri}{name} cannot be removed: {why}.")

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
