"""The artifact store: content-addressed blobs and named documents under one root.

The launcher puts and gets values and files through it; the orchestrator and the client keep a run's documents in it.

- Blobs lie under `artifacts/ab/cdef…`, named by their blake3 digest, never changed, checked when they are read.
- Documents lie under the key they are given (`runs/ID/…`); `create` makes one only if there is none, so that of two
  writers one wins; `write` replaces one as a whole.

A root that is a folder (a path, or `file://`) is served by `files.py`, a bucket by `s3.py` (`s3://`) or `gcs.py`
(`gs://`), and the rest by `remote.py` through fsspec, whose import takes 100 ms.
Memory that is mapped is checked in a background thread: `verify_pending` waits for it and raises what it found.
"""

from __future__ import annotations

import collections
import contextlib
import errno
import functools
import os
import re
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kfnb import digest as digests
from kfnb.artifacts import changes, files
from kfnb.artifacts.remote import Remote
from kfnb.errors import CorruptArtifact, StoreError
from kfnb.spec import Blob

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable, Iterator, Sequence

    from kfnb.artifacts.bucket import Bucket
    from kfnb.artifacts.files import Bytes

Item = TypeVar("Item")
Result = TypeVar("Result")
list_of = list
"""The type, by another name than that of the method `Store.list`."""

BLOBS = "artifacts"
MAP_FROM = 1 << 20
"""Bytes from which a blob is mapped rather than read: each mapping holds a file descriptor."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file may not become that large there (a limit of the process or the file system)",
    errno.EROFS: "it is read-only",
    errno.EACCES: "this user may not write or read there",
    errno.EPERM: "this user may not write or read there",
    errno.ENOTDIR: "a file lies where a folder is needed",
    errno.EMFILE: "this process has too many files open",
}


class Opened:
    """Stored bytes that are read in parts. `size`: how many there were when they were asked for."""

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self.size, self._read = size, read

    def part(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` up to `stop`, which is all that is read; fewer where there are fewer."""
        stop = min(stop, self.size)
        return self._read(start, stop) if start < stop else b""


NOTHING = Opened(0, lambda start, stop: b"")
"""No bytes."""


class Store:
    """Blobs and documents under `root`: a path, `s3://BUCKET/FOLDER`, `gs://BUCKET/FOLDER` or a URI that fsspec knows.

    Nothing is touched before the first use. `patient`: a store elsewhere is known to be there, so one that does not
    answer is waited for, for some minutes, from the first call on; else only after it has answered once. `called`: the
    root as others know it, for messages, where `root` is a way to it that only this process has.
    """

    def __init__(self, root: str, *, patient: bool = False, called: str | None = None) -> None:
        local = _local_root(root)
        # Other processes, in other folders, are told the root.
        self.root = called or (root if local is None or "://" in root else str(local))
        self._files: _Folder | Bucket | Remote = _Folder(local) if local is not None else _elsewhere(root, patient)
        self._verifier = _Verifier()
        self._maps: list[tuple[weakref.ref[mmap.mmap], Blob]] = []

    def __repr__(self) -> str:
        return f"Store({self.root!r})"

    def hurried(self) -> contextlib.AbstractContextManager[None]:
        """While inside, a store that does not answer is an error at once: for what can be done as well later.

        That is for this thread, and what it does `at_once`, alone.
        """
        return contextlib.nullcontext() if isinstance(self._files, _Folder | Remote) else self._files.hurried()

    # ------------------------------------------------------------------------------------------------------- blobs

    def put(self, data: Bytes) -> Blob:
        """Store `data` under its digest, once, and return its name. StoreError if the store cannot take it.

        Memory that `map` gave and nobody wrote to since is what its blob is: neither hashed nor written again.
        """
        with self._words("write"):
            known = self._untouched(data)
            if known is not None:
                return known
            digest, size = self._files.put(data)
            return Blob(digest=digest, size=size)

    def put_file(self, path: Path) -> Blob:
        """Store the bytes of the file at `path`."""
        with self._words("write"):
            digest, size = self._files.put_file(path)
            return Blob(digest=digest, size=size)

    def put_all(self, items: Sequence[Bytes | Path]) -> list_of[Blob]:
        """Store bytes, and the bytes of files, several at a time where that is faster; return their names in order."""
        return self.at_once(lambda item: self.put_file(item) if isinstance(item, Path) else self.put(item), items)

    def fetch_all(self, wanted: Sequence[tuple[Blob, Path]]) -> None:
        """Write blobs, checked, to files of the caller's (`fetch`), several at a time where that is faster."""
        self.at_once(lambda item: self.fetch(*item), wanted)

    def get_all(self, blobs: Sequence[Blob]) -> list_of[bytes]:
        """Return the bytes of blobs, checked (`get`), read several at a time where that is faster."""
        return self.at_once(self.get, blobs)

    def at_once(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list_of[Result]:
        """Return `function`, which uses this store, of each item: several at a time where that is faster."""
        if isinstance(self._files, _Folder) or len(items) < 2:
            return [function(item) for item in items]
        from kfnb.artifacts.parallel import in_parallel  # not needed for a folder

        return in_parallel(function, items)

    def get(self, blob: Blob) -> bytes:
        """Return the bytes of `blob`, checked. StoreError if they are gone, CorruptArtifact if they are others."""
        with self._words("read"):
            data = self._files.read(_place(blob.digest))
        _check(blob, len(data), digests.of_bytes(data), self._where(blob))
        return data

    def open_blob(self, blob: Blob) -> Opened:
        """Return `blob` to be read in parts: nothing but its size is checked, as a part of a blob has no digest.

        StoreError if it is gone, CorruptArtifact if it is of another size. Who loads a value has the whole checked.
        """
        key = _place(blob.digest)
        with self._words("read"):
            size = self._files.size(key)
        if size != blob.size:
            raise _corrupt(blob, self._where(blob))
        return Opened(size, functools.partial(self._part, key))

    def map(self, blob: Blob) -> memoryview:
        """Return the bytes of `blob` as memory that may be written to without touching the store.

        Large blobs of a local store are mapped, not copied, and checked in the background (`verify_pending`).
        """
        if blob.size < MAP_FROM or not isinstance(self._files, _Folder):
            return memoryview(bytearray(self.get(blob)))
        path = self._files.path(_place(blob.digest))
        with self._words("read"):
            try:
                memory = _map(path, blob, self._where(blob))
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                    raise
                return memoryview(bytearray(self.get(blob)))
        self._verifier.add(path, blob, self._where(blob))
        self._maps = [(ref, of) for ref, of in self._maps if ref() is not None]
        self._maps.append((weakref.ref(memory), blob))
        return memoryview(memory)

    def _where(self, blob: Blob) -> str:
        """Return what a person calls the place of `blob`."""
        return f"{self.root.rstrip('/')}/{_place(blob.digest)}"

    def _untouched(self, data: Bytes) -> Blob | None:
        """Return the blob whose mapping `data` is as a whole, if no page of it was written to and it is still there."""
        view = memoryview(data)
        for ref, blob in self._maps:
            memory = ref() if blob.size == view.nbytes else None
            if memory is not None and changes.is_untouched(view, memoryview(memory)):
                return blob if self._files.holds(_place(blob.digest), blob.size) else None
        return None

    def verify_pending(self) -> None:
        """Wait until every mapped blob has been checked; CorruptArtifact if one is not what it should be."""
        self._verifier.wait()

    def fetch(self, blob: Blob, path: Path) -> None:
        """Write the bytes of `blob`, checked, to the file `path` (which belongs to the caller, and may be changed)."""
        with self._words("read"):
            self._files.fetch(_place(blob.digest), path)
            digest, size = files.digest_of_file(path)
        try:
            _check(blob, size, digest, self._where(blob))
        except CorruptArtifact:
            path.unlink()
            raise

    def has(self, digest: str) -> bool:
        """Whether a blob with this digest is in the store."""
        with self._words("read"):
            return self._files.exists(_place(digest))

    def renew(self, digest: str) -> bool:
        """Whether a blob is in the store; if so, it counts as put there now (`discard`), where a store can say that."""
        with self._words("read"):
            return self._files.renew(_place(digest))

    # --------------------------------------------------------------------------------------------------- documents

    def create(self, key: str, data: Bytes) -> bool:
        """Make the document `key` unless there is one; return whether it was made. Of several writers one wins."""
        with self._words("write"):
            return self._files.create(_checked(key), data)

    def write(self, key: str, data: Bytes) -> None:
        """Make the document `key`, or replace it as a whole."""
        with self._words("write"):
            self._files.write(_checked(key), data)

    def read(self, key: str) -> bytes:
        """Return the document `key`; StoreError if there is none."""
        with self._words("read"):
            return self._files.read(_checked(key))

    def find(self, key: str) -> bytes | None:
        """Return the document `key`; None if there is none. In a bucket that is one request."""
        with self._words("read"), contextlib.suppress(FileNotFoundError):
            return self._files.read(_checked(key))
        return None

    def open(self, key: str) -> Opened | None:
        """Return the document `key` as it is now, to be read in parts; None if there is none."""
        key = _checked(key)
        with self._words("read"), contextlib.suppress(FileNotFoundError):
            return Opened(self._files.size(key), functools.partial(self._part, key))
        return None

    def _part(self, key: str, start: int, stop: int) -> bytes:
        with self._words("read"):
            return self._files.part(key, start, stop)

    def exists(self, key: str) -> bool:
        """Whether there is a document `key`."""
        with self._words("read"):
            return self._files.exists(_checked(key))

    def list(self, prefix: str) -> list[str]:
        """Return the keys of all documents below the folder `prefix`, at any depth, sorted."""
        with self._words("read"):
            return sorted(self._files.list(_checked(prefix)))

    def children(self, prefix: str) -> list[str]:  # type: ignore[valid-type]  # `list` is the method above here
        """Return the names right below the folder `prefix` (documents and folders), sorted."""
        with self._words("read"):
            return sorted(self._files.children(_checked(prefix)))

    def local_path(self, key: str) -> Path | None:
        """Return where the document `key` lies (or would lie) on this machine; None for a store elsewhere."""
        return self._files.path(_checked(key)) if isinstance(self._files, _Folder) else None

    def blob_path(self, blob: Blob) -> Path | None:
        """Return where `blob` lies on this machine; None for a store elsewhere. The file must not be changed."""
        return self._files.path(_place(blob.digest)) if isinstance(self._files, _Folder) else None

    # ------------------------------------------------------------------------------------------------------ removing

    def remove(self, prefix: str) -> None:
        """Remove every document below the folder `prefix`: for readers all at once, where the store can do that."""
        if not _checked(prefix):
            raise StoreError("The whole store is never removed.")
        with self._words("write"):
            self._files.remove(_checked(prefix))

    def blobs(self) -> Iterator[tuple[str, int, float]]:
        """Give digest, size and age (the time when it was last put, in seconds since the epoch) of every blob."""
        with self._words("read"):
            for key, size, put in self._files.details(BLOBS):
                digest = key.removeprefix(f"{BLOBS}/").replace("/", "")
                if _DIGEST.fullmatch(digest):
                    yield digest, size, put

    def written(self, key: str) -> float | None:
        """Return when a document was written, by the store's own clock, in seconds since the epoch; None without it."""
        with self._words("read"):
            return next((at for found, _, at in self._files.details(_checked(key)) if found == key), None)

    def discard(self, digest: str, before: float) -> bool:
        """Remove a blob that was last put before a time; return whether it is gone. Nothing may refer to it."""
        with self._words("write"):
            return self._files.discard(_place(digest), before)

    def remove_document(self, key: str) -> None:
        """Remove one document, if it is there."""
        with self._words("write"):
            self._files.remove_one(_checked(key))

    def now(self) -> float:
        """Return the time by the clock that the times of blobs are by, in seconds since the epoch."""
        return time.time() if isinstance(self._files, _Folder | Remote) else self._files.now()

    def found_since(self, prefix: str) -> float | None:
        """Return from when on all blobs are that somebody has put or found (`renew`) since the first document below
        the folder `prefix` was written; None for a store that does not tell. Times are as those of `blobs`."""
        if isinstance(self._files, Remote):
            return None
        with self._words("read"):
            first = min((put for _, _, put in self._files.details(_checked(prefix))), default=self.now())
        return first - self.slack

    @property
    def slack(self) -> float:
        """Seconds by which a blob may be older than when it was last put or found: it is not renewed at each turn."""
        if isinstance(self._files, _Folder | Remote):
            return 0.0
        from kfnb.artifacts.bucket import RENEW_AFTER  # not needed for a folder

        return RENEW_AFTER + 60.0  # and what clocks differ by

    def sweep(self, before: float) -> None:
        """Remove what processes that were killed before a time had not finished writing or removing."""
        with self._words("write"):
            self._files.sweep(before)

    @contextlib.contextmanager
    def _words(self, verb: str) -> Iterator[None]:
        """Turn what goes wrong outside into a StoreError that a person understands."""
        try:
            yield
        except (OSError, EOFError) as error:
            if verb == "read" and isinstance(error, FileNotFoundError):
                what = str(error.filename or error)
                raise StoreError(
                    f"The artifact store {self.root} holds nothing at {what}: it was removed or never written."
                ) from None
            number = getattr(error, "errno", None)
            why = _WORDS.get(number or 0) or getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise StoreError(
                f"The artifact store {self.root} cannot be {'written to' if verb == 'write' else 'read'}: {why}. "
                "Make room or give access there, or choose another place with --root or KFNB_HOME."
            ) from error


# ------------------------------------------------------------------------------------------------------------- names


def _place(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise StoreError(f"{digest!r} is not the digest of an artifact.")
    return f"{BLOBS}/{digest[:2]}/{digest[2:]}"


def _checked(key: str) -> str:
    """`key`, if it cannot lead out of the root."""
    key = key.strip("/")
    if "\0" in key or ".." in key.split("/"):
        raise StoreError(f"{key!r} is not a key of the artifact store.")
    return key


def _local_root(root: str) -> Path | None:
    """The folder that `root` names; None if it names a store elsewhere."""
    if root.startswith(("file://", "local://")):
        root = "/" + root.split("://", 1)[1].lstrip("/")
    return None if re.match(r"[A-Za-z][A-Za-z0-9+.-]*(://|::)", root) else Path(root).expanduser().absolute()


def _elsewhere(root: str, patient: bool) -> Bucket | Remote:
    if root.startswith("s3://"):
        from kfnb.artifacts import s3  # not needed for a folder, as little as the others

        return s3.Bucket(root, _place, patient=patient)
    if root.startswith(("gs://", "gcs://")):
        from kfnb.artifacts import gcs

        return gcs.Bucket(f"gs://{root.partition('://')[2]}", _place, patient=patient)
    return Remote(root, _place)


def _check(blob: Blob, size: int, digest: str, where: str) -> None:
    if size != blob.size or digest != blob.digest:
        raise _corrupt(blob, where)


def _corrupt(blob: Blob, where: str) -> CorruptArtifact:
    return CorruptArtifact(
        f"Artifact {blob.digest[:16]}… in the store is damaged: its {blob.size:,} bytes are no longer those that were "
        f"stored. Remove {where}, then run again: the step that made it makes it anew."
    )


def _map(path: Path, blob: Blob, where: str) -> mmap.mmap:
    try:
        return files.map_private(path, blob.size)
    except ValueError:
        raise _corrupt(blob, where) from None


class _Verifier:
    """Checks mapped blobs one after the other in a thread, from their files (the mappings may be written to)."""

    def __init__(self) -> None:
        self._todo: collections.deque[tuple[Path, Blob, str]] = collections.deque()
        self._failed: list[StoreError] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, path: Path, blob: Blob, where: str) -> None:
        with self._lock:
            self._todo.append((path, blob, where))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="kfnb-verify", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._todo:
                    self._thread = None
                    return
                path, blob, where = self._todo.popleft()
            try:
                digest, size = files.digest_of_file(path)
                _check(blob, size, digest, where)
            except StoreError as error:
                self._failed.append(error)
            except OSError as error:
                self._failed.append(StoreError(f"Artifact {blob.digest[:16]}… could not be checked: {error}."))

    def wait(self) -> None:
        thread = self._thread
        if thread is not None:
            thread.join()
        failed, self._failed = self._failed, []
        if failed:
            raise failed[0]


# ------------------------------------------------------------------------------------------------------- where it is


class _Folder:
    """A store in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, key: str) -> Path:
        return self._root / key

    def _blob(self, digest: str) -> Path:
        return self._root / _place(digest)

    def put(self, data: Bytes) -> tuple[str, int]:
        return files.write_by_digest(data, self._root / BLOBS, self._blob)

    def put_file(self, path: Path) -> tuple[str, int]:
        return files.copy_by_digest(path, self._root / BLOBS, self._blob)

    def create(self, key: str, data: Bytes) -> bool:
        return files.write_new(self.path(key), data)

    def write(self, key: str, data: Bytes) -> None:
        files.replace(self.path(key), data)

    def read(self, key: str) -> bytes:
        return self.path(key).read_bytes()

    def size(self, key: str) -> int:
        return self.path(key).stat().st_size

    def part(self, key: str, start: int, stop: int) -> bytes:
        return files.read_part(self.path(key), start, stop)

    def fetch(self, key: str, path: Path) -> None:
        files.copy(self.path(key), path)

    def holds(self, key: str, size: int) -> bool:
        return files.keeps(self.path(key), size)

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def renew(self, key: str) -> bool:
        return files.renew(self.path(key))

    def list(self, prefix: str) -> Iterator[str]:
        for folder, _, names in os.walk(self.path(prefix), onerror=_unless_missing):
            below = Path(folder).relative_to(self._root).as_posix()
            for name in names:
                if not name.startswith(files.TEMPORARY):
                    yield name if below == "." else f"{below}/{name}"

    def children(self, prefix: str) -> Iterator[str]:
        try:
            yield from (p.name for p in self.path(prefix).iterdir() if not p.name.startswith(files.TEMPORARY))
        except FileNotFoundError:
            return

    def remove(self, prefix: str) -> None:
        files.remove_folder(self.path(prefix))

    def remove_one(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def details(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        for key in [prefix] if self.exists(prefix) else self.list(prefix):
            with contextlib.suppress(FileNotFoundError):
                found = self.path(key).stat()
                yield key, found.st_size, found.st_mtime

    def discard(self, key: str, before: float) -> bool:
        return files.remove_if_old(self.path(key), before)

    def sweep(self, before: float) -> None:
        for name in ("runs", BLOBS):
            files.sweep(self._root / name, before)


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
