"""Files of a store on this machine: written whole or not at all, compared with their digest, mapped without a copy.

`store.py` uses this for every root that is a folder; other stores go through fsspec there.

How a file appears: its bytes go into a file without a name (O_TMPFILE) in the target's folder, which is linked under
its name once complete. So a process killed at any instant leaves no half-written file and no temporary one. Where the
file system cannot do that, a hidden temporary file takes its place. Nothing is synced to the disk: files outlive the
death of a process, but a power cut may tear the last ones, which the digest then tells.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import mmap
import os
import resource
import secrets
import shutil
import threading
from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Place = Callable[[str], Path]
    Publish = Callable[[Path], bool]

Bytes = bytes | bytearray | memoryview

BIG = 4 << 20
"""Bytes from which hashing runs in a second thread beside the write."""
_CHUNK = 8 << 20
_PIECE = 1 << 20
TEMPORARY = ".tmp-"
_NOT_KNOWN = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)


def write_new(path: Path, data: Bytes) -> bool:
    """Put `data` at `path` unless something is there, as a whole or not at all; return whether it was put there."""
    with _nameless(path) as (descriptor, publish):
        _write_all(descriptor, data)
        return publish(path)


def replace(path: Path, data: Bytes) -> None:
    """Put `data` at `path`, in place of what may be there. Readers see the old bytes or the new ones."""
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_by_digest(data: Bytes, folder: Path, place: Place) -> tuple[str, int]:
    """Write `data` where `place(digest)` says, hashing beside the write; return (digest, size)."""
    view = memoryview(data).cast("B")
    if view.nbytes < BIG:
        digest = str(blake3(view).hexdigest())
        path = place(digest)
        if not keeps(path, view.nbytes):
            path.unlink(missing_ok=True)  # torn by a power cut
            write_new(path, view)
        return digest, view.nbytes
    with _nameless(folder / "x") as (descriptor, publish), _HashBeside(view) as hashing:
        _reserve(descriptor, view.nbytes)
        _write_all(descriptor, view)
        digest = hashing.result()
        path = place(digest)
        if not keeps(path, view.nbytes):
            path.unlink(missing_ok=True)
            publish(path)
    return digest, view.nbytes


def holds(path: Path, size: int) -> bool:
    """Whether a file of `size` bytes is at `path`."""
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def keeps(path: Path, size: int) -> bool:
    """Whether a file of `size` bytes is at `path`; if so, it counts as put there now (`remove_if_old`)."""
    return holds(path, size) and renew(path)


def renew(path: Path) -> bool:
    """Whether a file is at `path`; if so, it counts as put there now (`remove_if_old`)."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:
        return path.is_file()  # of another user, or on a read-only disk: then it is not ours to sweep either
    return True


def remove_if_old(path: Path, before: float) -> bool:
    """Remove the file at `path` if it was last put there before a time; return whether it is gone."""
    aside = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        path.rename(aside)  # first out of reach, so that nobody can put it once more between the look and the removal
    except FileNotFoundError:
        return True
    if aside.stat().st_mtime >= before:
        aside.rename(path)
        return False
    aside.unlink()
    return True


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it: at once for readers, and what then remains of it is hidden."""
    aside = folder.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside, ignore_errors=True)


def sweep(root: Path, before: float) -> None:
    """Remove what was left hidden below `root` before a time, by killed processes that were writing or removing."""
    for folder, names, found in os.walk(root):
        for name in [name for name in (*names, *found) if name.startswith(TEMPORARY)]:
            path = root / folder / name
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_mtime < before:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        names[:] = [name for name in names if not name.startswith(TEMPORARY)]


def digest_of_file(path: Path) -> tuple[str, int]:
    """Return (blake3 digest, size) of the file at `path`."""
    hasher, size = blake3(), 0
    with path.open("rb", buffering=0) as file:
        for chunk in _chunks(file):
            hasher.update(chunk)
            size += chunk.nbytes
    return str(hasher.hexdigest()), size


def _chunks(file: io.FileIO) -> Iterator[memoryview]:
    """The bytes of a file in pieces that stay in the processor's cache, each gone when the next is asked for."""
    memory = memoryview(bytearray(_PIECE))
    while count := file.readinto(memory):
        yield memory[:count]


def copy_by_digest(source: Path, folder: Path, place: Place) -> tuple[str, int]:
    """Copy the file at `source` where `place(digest)` says; return (digest, size) of the bytes that were copied."""
    hasher, size = blake3(), 0
    with source.open("rb", buffering=0) as file, _nameless(folder / "x") as (descriptor, publish):
        for chunk in _chunks(file):
            hasher.update(chunk)
            _write_all(descriptor, chunk)
            size += chunk.nbytes
        digest = str(hasher.hexdigest())
        path = place(digest)
        if not keeps(path, size):
            path.unlink(missing_ok=True)
            publish(path)
    return digest, size


def map_private(path: Path, size: int) -> mmap.mmap:
    """Map the file copy-on-write: reading costs no copy, writing changes this process's pages only.

    Each mapping holds a file descriptor: where these run out, the process allows itself more, as far as it may.
    """
    try:
        return _map_private(path, size)
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 1 << 16)), hard))
    return _map_private(path, size)


def _map_private(path: Path, size: int) -> mmap.mmap:
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != size:
            raise ValueError("size")
        return mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)


# -------------------------------------------------------------------------------------------------------- the parts


class _HashBeside:
    """Hashes a buffer in a thread of its own while the caller writes it (both give up the interpreter lock)."""

    def __init__(self, view: memoryview) -> None:
        self._view, self._digest = view, ""
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="kfnb-hash", daemon=True)

    def _run(self) -> None:
        hasher = blake3()
        for start in range(0, self._view.nbytes, _CHUNK):
            if self._stop:
                return
            hasher.update(self._view[start : start + _CHUNK])
        self._digest = str(hasher.hexdigest())

    def result(self) -> str:
        self._thread.join()
        return self._digest

    def __enter__(self) -> _HashBeside:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._thread.join()


def _reserve(descriptor: int, size: int) -> None:
    """Claim the blocks of a file at once: writing into them is twice as fast as finding room for each page (ext4).

    The file's size still follows what was written, so that one torn by a power cut is too short, as ever. A file system
    that cannot reserve goes without; one that has not the room says so before anything is written.
    """
    reserve = _fallocate()
    while reserve is not None and reserve(descriptor, _KEEP_SIZE, 0, size) != 0:
        number = ctypes.get_errno()
        if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise OSError(number, os.strerror(number))
        if number != errno.EINTR:
            return


@functools.cache
def _fallocate() -> Callable[[int, int, int, int], int] | None:
    """fallocate(2) itself: os.posix_fallocate writes to every block where the file system cannot reserve."""
    try:
        call = ctypes.CDLL(None, use_errno=True).fallocate64
    except (OSError, AttributeError):
        return None  # not Linux
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    call.restype = ctypes.c_int
    made: Callable[[int, int, int, int], int] = call
    return made


_KEEP_SIZE = 1  # FALLOC_FL_KEEP_SIZE of linux/falloc.h


def _write_all(descriptor: int, data: Bytes) -> None:
    view = memoryview(data).cast("B")
    start = 0
    while start < view.nbytes:
        start += os.write(descriptor, view[start : start + _CHUNK])


@contextlib.contextmanager
def _nameless(path: Path) -> Iterator[tuple[int, Publish]]:
    """Give a new file's descriptor, and a function that shows the complete file at a path (False: one is there)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o444)
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NOT_KNOWN:
            raise
        with _named(path) as given:
            yield given
        return
    try:
        yield descriptor, lambda target: _link(f"/proc/self/fd/{descriptor}", target, follow=True)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[tuple[int, Publish]]:
    """The same with a hidden temporary file, for file systems that know no nameless ones."""
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o444)
    try:
        yield descriptor, lambda target: _link(str(temporary), target, follow=False)
    finally:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)


def _link(source: str, target: Path, *, follow: bool) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if follow:
            # Python calls linkat(2), which alone can follow, only where a folder's descriptor is given.
            os.link(source, target, src_dir_fd=int(source.rpartition("/")[2]), follow_symlinks=True)
        else:
            os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError as error:
        if follow or error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        return _rename_new(target.parent / source, target)
    return True


def _rename_new(source: Path, target: Path) -> bool:
    """Rename without hard links: claim the name first, so that of two writers one wins."""
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o444))
    except FileExistsError:
        return False
    source.rename(target)
    return True


def copy(source: Path, target: Path) -> None:
    """Copy the bytes of `source` to `target`, in the kernel where it can (and there sharing blocks where it can)."""
    with source.open("rb", buffering=0) as reading, target.open("wb", buffering=0) as writing:
        left = os.fstat(reading.fileno()).st_size
        try:
            while left > 0 and (done := os.copy_file_range(reading.fileno(), writing.fileno(), left)):
                left -= done
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", errno.EXDEV) not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
        shutil.copyfileobj(reading, writing, _CHUNK)


def read_part(path: Path, start: int, stop: int) -> bytes:
    """Return the bytes of a file from `start` up to `stop`; fewer where it has fewer."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(stop - start)
