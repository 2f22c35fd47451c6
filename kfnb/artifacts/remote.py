"""Stores that fsspec reaches, and nothing else of kfnb speaks to: the only place that knows fsspec; see store.py.

These stores show an object only once it is complete.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from kfnb import digest as digests
from kfnb.artifacts import files
from kfnb.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kfnb.artifacts.files import Bytes


class Remote:
    """The store at a URI that fsspec knows. `place`: the key of a blob by its digest. Called by `store.py`."""

    def __init__(self, root: str, place: Callable[[str], str], system: Any = None) -> None:
        self._given, self._place, self._system, self._root = root, place, system, root

    def _open(self) -> Any:
        if self._system is None:
            from fsspec.core import url_to_fs  # 100 ms to import, and needed for these stores only

            try:
                self._system, self._root = url_to_fs(self._given)
            except (ImportError, ValueError) as error:
                raise StoreError(f"The artifact store {self._given} cannot be used: {error}.") from error
        return self._system

    def _at(self, key: str) -> str:
        self._open()
        return f"{self._root.rstrip('/')}/{key}"

    def put(self, data: Bytes) -> tuple[str, int]:
        content = bytes(data)
        digest = digests.of_bytes(content)
        if not self.holds(self._place(digest), len(content)):
            self.write(self._place(digest), content)
        return digest, len(content)

    def put_file(self, path: Path) -> tuple[str, int]:
        digest, size = files.digest_of_file(path)
        if not self.holds(self._place(digest), size):
            system, target = self._open(), self._at(self._place(digest))
            system.makedirs(system._parent(target), exist_ok=True)
            system.put_file(str(path), target)
        return digest, size

    def holds(self, key: str, size: int) -> bool:
        system = self._open()
        try:
            return bool(system.info(self._at(key))["size"] == size)
        except FileNotFoundError:
            return False

    def create(self, key: str, data: Bytes) -> bool:
        system, target = self._open(), self._at(key)
        system.makedirs(system._parent(target), exist_ok=True)
        try:
            system.pipe_file(target, bytes(data), mode="create")
        except FileExistsError:
            return False
        return True

    def write(self, key: str, data: Bytes) -> None:
        system, target = self._open(), self._at(key)
        system.makedirs(system._parent(target), exist_ok=True)
        system.pipe_file(target, bytes(data))

    def read(self, key: str) -> bytes:
        return bytes(self._open().cat_file(self._at(key)))

    def size(self, key: str) -> int:
        return int(self._open().info(self._at(key))["size"])

    def part(self, key: str, start: int, stop: int) -> bytes:
        return bytes(self._open().cat_file(self._at(key), start=start, end=stop))

    def fetch(self, key: str, path: Path) -> None:
        self._open().get_file(self._at(key), str(path))

    def exists(self, key: str) -> bool:
        return bool(self._open().isfile(self._at(key)))

    def renew(self, key: str) -> bool:
        return self.exists(key)

    def list(self, prefix: str) -> Iterator[str]:
        found = self._open().find(self._at(prefix))
        start = len(self._at(""))
        yield from (name[start:] for name in found)

    def children(self, prefix: str) -> Iterator[str]:
        system = self._open()
        try:
            yield from (name.rstrip("/").rsplit("/", 1)[-1] for name in system.ls(self._at(prefix), detail=False))
        except FileNotFoundError:
            return

    def remove(self, prefix: str) -> None:
        # What makes it a run goes first, so that nobody finds half of one.
        keys = sorted(self.list(prefix), key=lambda key: (not key.endswith("/run.json"), key))
        for key in keys:
            self._open().rm_file(self._at(key))
        if self._open().isdir(self._at(prefix)):  # only some of these stores have folders
            self._open().rm(self._at(prefix), recursive=True)

    def remove_one(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._open().rm_file(self._at(key))

    def details(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        start = len(self._at(""))
        for name, info in self._open().find(self._at(prefix), detail=True).items():
            yield name[start:], int(info["size"]), self._modified(name)

    def discard(self, key: str, before: float) -> bool:
        if self._modified(self._at(key)) >= before:
            return False
        self._open().rm_file(self._at(key))
        return True

    def _modified(self, name: str) -> float:
        return float(self._open().modified(name).timestamp())

    def sweep(self, before: float) -> None:
        """Nothing is left half done: these stores show an object only once it is complete."""
