"""A store in a bucket of Google Cloud Storage; `store.py` uses it for every root that begins `gs://`.

What is not Google's alone is in bucket.py. A document is created `ifGenerationMatch=0`. Large objects are composed of
parts that go up side by side as objects of a folder that nobody lists, and are removed then.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kfnb.artifacts import bucket
from kfnb.artifacts.bucket import Found, parts
from kfnb.artifacts.gcs_http import DIALECT, Endpoint
from kfnb.artifacts.parallel import in_parallel
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from kfnb.artifacts.connections import Answer
    from kfnb.artifacts.files import Bytes

PARTS = ".parts"
"""The folder of parts that are not yet an object."""
_MOST_COMPOSED = 32
_WRITER, _RENEWED = "kfnb-writer", "kfnb-renewed"
_BYTES = {"Content-Type": "application/octet-stream"}
_JSON = {"Content-Type": "application/json"}
_SHORT = {"fields": "generation"}
"""Asks for a short answer, of which nothing is read."""


class Bucket(bucket.Bucket):
    """The store at `gs://BUCKET/PREFIX`."""

    def __init__(self, root: str, place: Callable[[str], str], *, patient: bool = False) -> None:
        super().__init__(root, place, DIALECT, Endpoint, patient=patient)

    def _put(self, key: str, data: Bytes) -> None:
        self._call("POST", key, {"uploadType": "media", **_SHORT}, headers=_BYTES, body=data)

    def _put_new(self, key: str, data: Bytes, writer: str) -> None:
        new = {"ifGenerationMatch": "0", **_SHORT}
        if not writer:
            self._call("POST", key, {"uploadType": "media", **new}, headers=_BYTES, body=data)
            return
        border, known = secrets.token_hex(16), json.dumps({"metadata": {_WRITER: writer}})
        head = f"--{border}\r\nContent-Type: application/json\r\n\r\n{known}\r\n--{border}\r\n"
        body = b"".join(
            (f"{head}Content-Type: application/octet-stream\r\n\r\n".encode(), data, f"\r\n--{border}--".encode())
        )
        kind = {"Content-Type": f"multipart/related; boundary={border}"}
        self._call("POST", key, {"uploadType": "multipart", **new}, headers=kind, body=body)

    def _put_parts(self, key: str, size: int, part: Callable[[int, int], Bytes]) -> None:
        folder = f"{PARTS}/{secrets.token_hex(8)}"
        spans = parts(size)
        made = [f"{folder}/{number}" for number in range(len(spans))]
        todo = made
        try:
            in_parallel(lambda item: self._put(item[0], part(*item[1])), zip(made, spans, strict=True))
            while len(todo) > _MOST_COMPOSED:
                groups = [todo[at : at + _MOST_COMPOSED] for at in range(0, len(todo), _MOST_COMPOSED)]
                todo = [f"{folder}/{len(made) + number}" for number in range(len(groups))]
                made = [*made, *todo]
                in_parallel(lambda item: self._compose(*item), zip(todo, groups, strict=True))
            self._compose(key, todo)
        finally:
            with contextlib.suppress(StoreError):  # what stays for now is swept
                self._remove_all(made)

    def _compose(self, key: str, of: Sequence[str]) -> None:
        sources = [{"name": self._prefix + name} for name in of]
        asked = {"sourceObjects": sources, "destination": {"contentType": _BYTES["Content-Type"]}}
        self._call("POST", key, _SHORT, headers=_JSON, body=json.dumps(asked).encode())

    def _get(self, key: str, start: int, end: int) -> Answer:
        return self._call("GET", key, {"alt": "media"}, headers={"Range": f"bytes={start}-{end - 1}"})

    def _known(self, key: str) -> dict[str, Any]:
        asked = {"fields": "size,updated,metadata,generation,metageneration"}
        found: dict[str, Any] = json.loads(self._call("GET", key, asked).body)
        return found

    def _find(self, key: str) -> Found:
        found = self._known(key)
        return Found(int(found["size"]), _time(found), (found.get("metadata") or {}).get(_WRITER, ""))

    def renew(self, key: str) -> bool:
        """Say whether an object is there; if it is not young, a change of what is known of it makes it so."""
        try:
            modified = self._find(key).modified
            if self.now() - modified > bucket.RENEW_AFTER:
                now = json.dumps({"metadata": {_RENEWED: str(self.now())}})
                self._call("PATCH", key, _SHORT, headers=_JSON, body=now.encode())
        except FileNotFoundError:
            return False
        return True

    def discard(self, key: str, before: float) -> bool:
        try:
            found = self._known(key)
            if _time(found) >= before:
                return False
            as_it_was = {"ifGenerationMatch": "generation", "ifMetagenerationMatch": "metageneration"}
            self._call("DELETE", key, {name: str(found[of]) for name, of in as_it_was.items()})
        except FileNotFoundError:
            return True
        except FileExistsError:  # it was put or renewed at this moment
            return False
        return True

    # ------------------------------------------------------------------------------------------- listing and removing

    def details(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        for page in self._pages(prefix):
            for found in page.get("items", ()):
                key = found["name"][len(self._prefix) :]
                if prefix or not key.startswith(f"{PARTS}/"):
                    yield key, int(found["size"]), _time(found)

    def children(self, prefix: str) -> Iterator[str]:
        for page in self._pages(prefix, delimiter="/"):
            names = (name.rstrip("/").rpartition("/")[2] for name in page.get("prefixes", ()))
            yield from (name for name in names if prefix or name != PARTS)
            yield from (found["name"].rpartition("/")[2] for found in page.get("items", ()))

    def _pages(self, prefix: str, **more: str) -> Iterator[Mapping[str, Any]]:
        fields = "items(name,size,updated,metadata),prefixes,nextPageToken"
        asked = {"prefix": self._prefix + (f"{prefix}/" if prefix else ""), "fields": fields, **more}
        while True:
            page = json.loads(self._calls.call("GET", query=asked).body)
            yield page
            if not page.get("nextPageToken"):
                return
            asked["pageToken"] = page["nextPageToken"]

    def remove_one(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._call("DELETE", key)

    def _remove_all(self, keys: Sequence[str]) -> None:
        in_parallel(self.remove_one, keys)

    def sweep(self, before: float) -> None:
        """Remove parts that processes which were killed before a time had sent: nobody sees them."""
        self._remove_all([key for key, _, put in self.details(PARTS) if put < before])


def _time(found: Mapping[str, Any]) -> float:
    """Return when an object was last put: by what it says itself too, as not every endpoint counts a renewal."""
    renewed = float((found.get("metadata") or {}).get(_RENEWED, 0))
    return max(datetime.fromisoformat(found["updated"]).timestamp(), renewed)
