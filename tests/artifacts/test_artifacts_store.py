"""One suite that every kind of store passes, and what only a folder promises."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # mapped memory is recognised where arrays are used
import pytest

from kfnb.artifacts import changes, files
from kfnb.artifacts import store as stores
from kfnb.artifacts.remote import Remote
from kfnb.artifacts.store import Store
from kfnb.errors import CorruptArtifact, StoreError
from kfnb.spec import Blob

if TYPE_CHECKING:
    import time
from collections.abc import Callable

BIG = bytes(range(256)) * (6 << 12)  # larger than what is hashed at once


def _through_fsspec(path: Path) -> Store:
    from fsspec.implementations.local import LocalFileSystem

    store = Store("memory://unused")
    store._files = Remote(str(path), stores._place, LocalFileSystem())
    return store


KINDS: dict[str, Callable[[Path], Store]] = {
    "folder": lambda path: Store(str(path / "root")),
    "file URI": lambda path: Store((path / "root").as_uri()),
    "memory": lambda path: Store(f"memory://{uuid.uuid4().hex}"),
    "fsspec": lambda path: _through_fsspec(path / "root"),
}
"""Stores by kind; buckets, which need an endpoint, are more."""


@pytest.fixture(params=[*KINDS, "bucket", "gcs_bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param not in KINDS:
        return Store(request.getfixturevalue(request.param) + "/below/it")
    return KINDS[request.param](tmp_path)


@pytest.mark.parametrize("data", [b"", b"x", BIG], ids=["empty", "small", "big"])
def test_bytes_come_back(store: Store, data: bytes, tmp_path: Path) -> None:
    """What was put comes back by get, map and fetch."""
    blob = store.put(data)
    store.fetch(blob, tmp_path / "copy")
    assert (len(data), data, data, data) == (
        blob.size,
        store.get(blob),
        bytes(store.map(blob)),
        (tmp_path / "copy").read_bytes(),
    )
    store.verify_pending()


def test_a_file_is_stored_under_the_digest_of_its_bytes(store: Store, tmp_path: Path) -> None:
    """A file and the same bytes have one name."""
    (tmp_path / "f").write_bytes(BIG)
    assert store.put(BIG) == store.put_file(tmp_path / "f")
    assert store.has(store.put(BIG).digest)


def test_mapped_memory_is_the_caller_s_own(store: Store) -> None:
    """Writing to mapped memory does not touch the store."""
    blob = store.put(BIG)
    memory = store.map(blob)
    memory[0] = 255
    assert BIG == store.get(blob)


def test_a_document_is_created_once(store: Store) -> None:
    """Create makes a document only where there is none; write replaces it."""
    assert [True, False] == [store.create("runs/1/a.json", b"one"), store.create("runs/1/a.json", b"two")]
    assert b"one" == store.read("runs/1/a.json")
    store.write("runs/1/a.json", b"three")
    assert (b"three", b"three", True) == (
        store.read("runs/1/a.json"),
        store.find("runs/1/a.json"),
        store.exists("runs/1/a.json"),
    )
    assert (None, False) == (store.find("runs/1/b.json"), store.exists("runs/1/b.json"))


def test_documents_are_listed(store: Store) -> None:
    """List gives keys at any depth, children the names right below."""
    for key in ("runs/1/events/2", "runs/1/events/1", "runs/1/run.json", "runs/10/run.json"):
        store.write(key, b"")
    assert ["runs/1/events/1", "runs/1/events/2", "runs/1/run.json"] == store.list("runs/1")
    assert ["1", "10"] == store.children("runs")
    assert ([], []) == (store.list("none"), store.children("none"))


def test_when_a_document_was_written_is_told_by_the_store_s_clock(store: Store) -> None:
    """That of one that is not there is not known; where the store does not say, neither is that of others."""
    store.write("runs/1/run.json", b"")
    written = store.written("runs/1/run.json")
    assert written is None or abs(time.time() - written) < 3600
    assert None is store.written("runs/1/other.json")


def test_parts_are_read_of_documents_and_blobs(store: Store) -> None:
    """What is opened gives any part of what it was then, also of an empty one; what grew since is not part of it."""
    store.write("runs/1/log.txt", BIG)
    store.write("runs/1/empty", b"")
    document, blob, empty = store.open("runs/1/log.txt"), store.open_blob(store.put(BIG)), store.open("runs/1/empty")
    assert document is not None
    assert empty is not None
    store.write("runs/1/log.txt", BIG + b"more")
    for opened in (document, blob):
        assert len(BIG) == opened.size
        for start, stop in ((0, 3), (1000, 70_000), (len(BIG) - 5, len(BIG) + 9), (7, 7), (len(BIG), len(BIG) + 1)):
            assert BIG[start:stop] == opened.part(start, stop), (start, stop)
    assert (0, b"") == (empty.size, empty.part(0, 5))


def test_what_cannot_be_opened(store: Store) -> None:
    """A document that is not there is None; a blob that is gone, or of another size, is said to be so."""
    assert None is store.open("runs/1/none")
    blob = store.put(BIG)
    with pytest.raises(CorruptArtifact, match="is damaged"):
        store.open_blob(Blob(digest=blob.digest, size=blob.size + 1))
    with pytest.raises(StoreError, match="holds nothing"):
        store.open_blob(Blob(digest="0" * 64, size=1))


def test_what_is_not_there_says_so(store: Store) -> None:
    """Reading what was never stored is a StoreError in words."""
    with pytest.raises(StoreError, match="holds nothing"):
        store.read("runs/1/none")
    with pytest.raises(StoreError, match="holds nothing"):
        store.get(Blob(digest="0" * 64, size=1))


@pytest.mark.parametrize("key", ["../x", "a/../../x", "a\0b"])
def test_a_key_cannot_leave_the_root(store: Store, key: str) -> None:
    """A key that leads out of the root is refused."""
    with pytest.raises(StoreError, match="not a key"):
        store.write(key, b"")


def test_of_many_creators_one_wins(store: Store) -> None:
    """Of twenty threads that create one document at once, one does, and its bytes are there."""
    won: list[int] = []
    barrier = threading.Barrier(20)

    def create(n: int) -> None:
        barrier.wait()
        if store.create("k", str(n).encode()):
            won.append(n)

    threads = [threading.Thread(target=create, args=(n,)) for n in range(20)]
    if isinstance(store._files, Remote) and "memory" in store.root and store._files._root != "memory://unused":
        threads = threads[:1]  # fsspec's memory files know no exclusive creation between threads
        barrier = threading.Barrier(1)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [int(store.read("k"))] == won


# ------------------------------------------------------------------------------------------------------ folders only


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "root"))


def _everything(store: Store) -> list[str]:
    root = Path(store.root)
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_blobs_lie_under_their_digest(folder: Store) -> None:
    """A blob lies at artifacts/ab/cdef… and can be found from its name alone."""
    blob = folder.put(b"x")
    assert [f"artifacts/{blob.digest[:2]}/{blob.digest[2:]}"] == _everything(folder)
    assert Path(folder.root) / "runs/1" == folder.local_path("runs/1")


@pytest.mark.parametrize("data", [b"small", BIG], ids=["small", "big"])
def test_a_blob_is_written_once(folder: Store, data: bytes) -> None:
    """Putting the same bytes again leaves the file as it is, but for its age."""
    path = folder.blob_path(folder.put(data))
    assert path is not None
    os.utime(path, (1.0, 1.0))
    before = path.stat()
    folder.put(data)
    assert before.st_ino == path.stat().st_ino
    assert before.st_mtime < path.stat().st_mtime
    assert 1 == len(_everything(folder))


def test_a_torn_blob_is_written_again(folder: Store) -> None:
    """A file that a power cut left short is replaced by the next put."""
    path = folder.blob_path(folder.put(BIG))
    assert path is not None
    path.chmod(0o644)
    os.truncate(path, 10)
    assert BIG == folder.get(folder.put(BIG))


def test_a_damaged_blob_is_noticed(folder: Store, tmp_path: Path) -> None:
    """Other bytes under a digest are a CorruptArtifact: at once when read, in the background when mapped."""
    for data in (b"small", BIG):
        blob = folder.put(data)
        path = folder.blob_path(blob)
        assert path is not None
        path.chmod(0o644)
        path.write_bytes(b"X" + data[1:])
        with pytest.raises(CorruptArtifact, match="damaged"):
            folder.get(blob)
        with pytest.raises(CorruptArtifact, match="damaged"):
            folder.fetch(blob, tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
    folder.map(blob)
    with pytest.raises(CorruptArtifact, match="damaged"):
        folder.verify_pending()
    folder.verify_pending()


needs_pagemap = pytest.mark.skipif(not changes._kernel_tells(), reason="this kernel does not say which pages changed")


def test_mapped_memory_that_was_written_to_is_stored_as_it_is_now(folder: Store) -> None:
    """One changed byte makes another blob, also where it was changed back; the first blob stays."""
    blob = folder.put(BIG)
    memory = folder.map(blob)
    memory[-1] ^= 1
    other = folder.put(memory)
    assert (BIG, bytes(memory)) == (folder.get(blob), folder.get(other))
    memory[-1] ^= 1
    assert blob == folder.put(memory)


def test_part_of_mapped_memory_is_a_blob_of_its_own(folder: Store) -> None:
    """Only a whole mapping is the blob it came from."""
    memory = folder.map(folder.put(BIG))
    assert BIG[: 2 << 20] == folder.get(folder.put(memory[: 2 << 20]))


@needs_pagemap
def test_untouched_mapped_memory_is_not_hashed_again_and_damage_below_it_is_still_found(folder: Store) -> None:
    """What was mapped and not written to keeps its blob; that its file changed is told by the check of the mapping."""
    blob = folder.put(BIG)
    path = folder.blob_path(blob)
    assert path is not None
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(bytes([BIG[0] ^ 1]))
    memory = folder.map(blob)
    assert blob == folder.put(np.frombuffer(memory, np.int64).data)
    with pytest.raises(CorruptArtifact, match="damaged"):
        folder.verify_pending()


@needs_pagemap
def test_untouched_mapped_memory_whose_file_is_gone_is_written_again(folder: Store) -> None:
    """A blob that was removed while it was mapped comes back when it is put again."""
    blob = folder.put(BIG)
    memory = folder.map(blob)
    folder.verify_pending()
    path = folder.blob_path(blob)
    assert path is not None
    path.unlink()
    assert BIG == folder.get(folder.put(memory))


def test_a_shorter_blob_is_not_mapped(folder: Store) -> None:
    """A blob whose file lost bytes is noticed before it is mapped: touching it would kill the process."""
    blob = folder.put(BIG)
    path = folder.blob_path(blob)
    assert path is not None
    path.chmod(0o644)
    os.truncate(path, 10)
    with pytest.raises(CorruptArtifact):
        folder.map(blob)


def test_concurrent_writers_of_one_blob_agree(folder: Store) -> None:
    """Eight threads that put the same large bytes leave one file."""
    blobs: list[Blob] = []
    threads = [threading.Thread(target=lambda: blobs.append(folder.put(BIG))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (8, 1, 1) == (len(blobs), len(set(blobs)), len(_everything(folder)))


def test_without_nameless_files_it_works_the_same(folder: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file system knows no O_TMPFILE, or no hard links, nothing changes for the caller."""
    monkeypatch.setattr(files.os, "O_TMPFILE", os.O_DIRECTORY | (1 << 30), raising=False)
    blob = folder.put(BIG)
    assert (BIG, True, False) == (folder.get(blob), folder.create("k", b"1"), folder.create("k", b"2"))

    def no_links(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(files.os, "link", no_links)
    assert (True, False) == (folder.create("l", b"1"), folder.create("l", b"2"))
    assert b"1" == folder.read("l")
    assert 3 == len(_everything(folder))


def test_a_file_too_large_for_the_process_leaves_nothing(folder: Store) -> None:
    """A write that hits a limit is a StoreError in words, and no file stays behind."""
    code = (
        "import resource, sys\n"
        "from kfnb.artifacts.store import Store\n"
        "from kfnb.errors import StoreError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "large, medium = bytes(8 << 20), bytes(2 << 20)\n"
        "for put in (lambda s: s.put(large), lambda s: s.put(medium), lambda s: s.write('k', medium)):\n"
        "    try: put(Store(sys.argv[1]))\n"
        "    except StoreError as error: print(error)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code, folder.root], capture_output=True, text=True, check=True)
    assert 3 == shown.stdout.count("may not become that large"), shown
    assert [] == _everything(folder)


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    """A store on a full disk says that it is full, and leaves no part of a file."""
    full = tmp_path / "full"
    full.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(full)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        store = Store(str(full / "root"))
        with pytest.raises(StoreError, match="disk is full"):
            store.put(os.urandom(8 << 20))
        with pytest.raises(StoreError, match="disk is full"):
            store.write("k", os.urandom(8 << 20))
        assert [] == _everything(store)
        store.put(b"small")
    finally:
        subprocess.run(["umount", str(full)], check=True)


def test_a_root_that_is_a_file_says_so(tmp_path: Path) -> None:
    """A root that is a file cannot be a store."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="a file lies where a folder is needed"):
        Store(str(tmp_path / "file")).put(b"x")


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A read-only place is a StoreError in words."""
    with pytest.raises(StoreError, match="cannot be written to"):
        Store("/proc/kfnb").put(b"x")


def test_an_unknown_kind_of_store_says_so() -> None:
    """A URI that fsspec does not know is a StoreError."""
    with pytest.raises(StoreError, match="cannot be used"):
        Store("nosuch://place").put(b"x")


def test_too_many_files_open_is_no_failure(folder: Store) -> None:
    """More blobs can be mapped than the process may have files open at first."""
    blobs = [folder.put(bytes([n]) * (1 << 20)) for n in range(30)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 12, hard))
    try:
        taken = [folder.map(blob) for blob in blobs]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert list(range(30)) == [memory[5] for memory in taken]
    folder.verify_pending()


def test_a_local_store_does_without_fsspec(tmp_path: Path) -> None:
    """A folder's store never imports fsspec."""
    code = (
        "import sys; from kfnb.artifacts.store import Store; s = Store(sys.argv[1]);"
        "s.get(s.put(b'x')); s.write('k', b''); s.list(''); print('fsspec' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "False\n" == shown.stdout


def test_a_blob_is_discarded_only_if_it_is_old_enough(store: Store) -> None:
    """One that was put after the time stays; an older one goes, and its going is true of one that is not there."""
    blob = store.put(b"x" * 10)
    ((digest, size, put),) = store.blobs()
    assert (blob.digest, 10) == (digest, size)
    assert not store.discard(digest, put)
    assert store.has(digest)
    assert store.discard(digest, put + 1)
    assert not store.has(digest)
    assert [] == list(store.blobs())


def test_removing_a_folder_removes_what_is_below_it(store: Store) -> None:
    """Documents at any depth go, those beside it stay; removing it again does nothing; the root is never removed."""
    for key in ("runs/1/run.json", "runs/1/events/1.json", "runs/10/run.json"):
        store.write(key, b"{}")
    store.remove("runs/1")
    store.remove("runs/1")
    assert (["runs/10/run.json"], ["10"]) == (store.list("runs"), store.children("runs"))
    with pytest.raises(StoreError, match="never removed"):
        store.remove("/")


def test_what_killed_processes_left_is_swept(folder: Store) -> None:
    """Hidden files and folders below runs and artifacts go once they are old; documents and blobs stay."""
    folder.put(b"x")
    folder.write("runs/1/run.json", b"{}")
    root = Path(folder.root)
    (root / "runs" / ".tmp-a").mkdir()
    (root / "runs" / ".tmp-a" / "run.json").write_text("{}")
    (root / "artifacts" / ".tmp-b").write_text("half")
    folder.sweep(0)
    assert (root / "artifacts" / ".tmp-b").exists()
    folder.sweep((root / "artifacts" / ".tmp-b").stat().st_mtime + 10)
    assert [] == list(root.rglob(".tmp-*"))
    assert 2 == len(_everything(folder))
