"""The notebook's folder as an index in the store says it was: for whoever works on a run without the folder itself.

`shipping.py` makes the index; the launcher lays a task's view out from it, and the cache looks there whether what a
result was made of is still the same.
"""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from kfnb.artifacts.folder import Entry, is_as_it_was, listing_digest
from kfnb.errors import StoreError
from kfnb.spec import Blob, FileRead

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_SETTING = "KFNB_SHIP_MB"
"""Environment variable: megabytes up to which a file of the folder is shipped."""
_MOST_LINKS = 20
"""Links that one path may lead through: as many as Linux follows in half a path, so that a circle ends."""


class ShippedEntry(Entry, frozen=True, omit_defaults=True):
    """One path of the folder, or beside it (`../`). `blob`: a file's bytes; a file or directory without (`held` is
    "real") was left where it is."""

    blob: Blob | None = None


class Index(msgspec.Struct, frozen=True):
    """All that was shipped of `folder`, the absolute path where it lies; a directory comes before what is in it.

    `limit`: bytes up to which a file was shipped.
    """

    folder: str
    limit: int
    entries: tuple[ShippedEntry, ...] = ()


class Documents(Protocol):
    """What is needed of a store."""

    def read(self, key: str) -> bytes:
        """Return a document."""


_read_index = msgspec.json.Decoder(Index).decode


def read_index(store: Documents, key: str) -> Index:
    """Return the index at `key`; StoreError if it is gone or was written by another version of kfnb."""
    try:
        return _read_index(store.read(key))
    except msgspec.MsgspecError as error:
        raise StoreError(f"The index of the notebook's folder at {key} cannot be read: {error}.") from None


class ShippedFolder:
    """Answers from an index what `kfnb.artifacts.folder.RealFolder` answers from the folder; paths are relative."""

    def __init__(self, index: Index) -> None:
        self._folder = index.folder
        self._entries = {entry.path: entry for entry in index.entries}
        self._names: dict[str, set[str]] = {"": set()}
        for entry in index.entries:
            below, _, name = entry.path.rpartition("/")
            self._names.setdefault(below, set()).add(name)

    def is_hidden(self, path: str) -> bool:
        """Say whether tasks do not see `path`, whatever is there: what they do not see was not shipped."""
        return False

    def names(self, below: str) -> set[str] | None:
        """Return the names in a directory; None if there is no such directory."""
        real = self._followed(below)
        entry = self._entries.get(real) if real is not None else None
        if real is None or not (real == "" or (entry is not None and entry.kind in ("directory", "environment"))):
            return None
        return set(self._names.get(real, ()))

    def look(self, path: str) -> FileRead:
        """Return the state of `path` when the folder was shipped."""
        names = self.names(path)
        if names is not None:
            return FileRead(path=path, kind="directory", digest=listing_digest(names))
        entry = self._entries.get(self._followed(path) or "")
        if entry is None or entry.kind != "file":
            return FileRead(path=path, kind="absent")
        digest = entry.blob.digest if entry.blob is not None else ""
        return FileRead(path=path, size=entry.size, modified=entry.modified, digest=digest)

    def is_as_it_was(self, path: str, before: FileRead) -> bool:
        """Say whether `path`, which may be absolute, still is what it was."""
        inside = self.inside(path) if path.startswith("/") else path
        if inside is None:
            return is_as_it_was(Path(path), before)
        now = self.look(inside)
        if (now.kind, now.size) != (before.kind, before.size):
            return False
        same_time = now.kind == "file" and now.modified == before.modified
        return same_time or (now.digest == before.digest and bool(now.digest or now.kind == "absent"))

    def inside(self, absolute: str) -> str | None:
        """Return an absolute path of the machine that shipped the folder as a shipped path; None if it is none."""
        path = posixpath.relpath(absolute, self._folder)
        return path if path in self._entries else None

    def _followed(self, path: str) -> str | None:
        """Return where a path leads through links; None if out of what was shipped."""
        done, todo, links = "", [part for part in path.split("/") if part not in ("", ".")], 0
        while todo:
            done = posixpath.normpath(posixpath.join(done, todo.pop(0)))
            entry = self._entries.get(done)
            if entry is not None and entry.kind == "link":
                links += 1
                if links > _MOST_LINKS or entry.target.startswith("/"):
                    return None
                todo = [*_parts(posixpath.join(posixpath.dirname(done), entry.target)), *todo]
                done = ""
        return "" if done == "." else done


def _parts(path: str) -> Iterator[str]:
    normal = posixpath.normpath(path)
    yield from (part for part in normal.split("/") if part != ".")
