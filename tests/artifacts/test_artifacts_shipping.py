"""What is shipped of a folder, what is not, and what the index answers in the folder's place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.artifacts import shipping
from kfnb.artifacts.folder import RealFolder, look, walk
from kfnb.artifacts.shipped import ShippedFolder, read_index
from kfnb.artifacts.shipping import named_beside, ship
from kfnb.artifacts.store import Store
from kfnb.errors import StoreError, WrongCall
from kfnb.spec import Cell, Effects, FileRead, PipelineSpec, Task

KEY = "runs/r/folder.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, a file in a folder, links to both, something ignored, and something of kfnb's own."""
    folder = tmp_path / "project" / "work"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "a.csv").write_text("a")
    (folder / "one.txt").write_text("one")
    (folder / "link").symlink_to("data")
    (folder / "absolute").symlink_to(folder / "one.txt")
    (folder / ".kfnbignore").write_text("secret*\n")
    (folder / "secret.txt").write_text("not for others")
    (folder / ".git").mkdir()
    (folder / "kfnb").mkdir()
    return folder


def _paths(store: Store) -> set[str]:
    return {entry.path for entry in read_index(store, KEY).entries}


def test_the_index_names_what_a_task_sees(folder: Path, tmp_path: Path) -> None:
    """Shipped is all but what is ignored, left out everywhere, or a folder of kfnb's own."""
    store = Store(str(tmp_path / "store"))
    ship(folder, store, KEY, leave_out=[folder / "kfnb"])
    assert {".kfnbignore", "data", "data/a.csv", "one.txt", "link", "absolute"} == _paths(store)


def test_the_index_answers_as_the_folder_does(folder: Path, tmp_path: Path) -> None:
    """Names, files behind links, what is absent: the index says of each path what the folder says."""
    store = Store(str(tmp_path / "store"))
    ship(folder, store, KEY, leave_out=[folder / "kfnb"])
    real, shipped = RealFolder(folder, {folder / "kfnb"}), ShippedFolder(read_index(store, KEY))
    for path in ("", "data", "link", "one.txt", "nothing", "data/nothing"):
        assert real.names(path) == shipped.names(path)
    for path in ("one.txt", "data/a.csv", "link/a.csv", "absolute", "nothing", "one.txt/below"):
        was = look(folder / path, path)
        assert (True, was) == (shipped.is_as_it_was(path, was), shipped.look(path))
        assert shipped.is_as_it_was(str(folder / path), was)
        assert not shipped.is_as_it_was(path, FileRead(path=path, size=77, digest="0"))


def test_an_unchanged_folder_is_not_read_again(folder: Path, tmp_path: Path) -> None:
    """With a memory, a file that has not changed is not opened when the folder is shipped again; a changed one is."""
    store, memory = Store(str(tmp_path / "store")), tmp_path / "memory"
    for path in (folder / "one.txt", folder / "data" / "a.csv"):
        os.utime(path, (1e9, 1e9))
    ship(folder, store, KEY, memory=memory)
    first = read_index(store, KEY)
    os.utime(folder / "one.txt", ns=(0, 10**18))  # it was read just now, if its access time says otherwise
    (folder / "data" / "a.csv").write_text("b")
    os.utime(folder / "data" / "a.csv", (1e9 + 1, 1e9 + 1))
    ship(folder, store, KEY, memory=memory)
    assert 0 == (folder / "one.txt").stat().st_atime_ns
    digests = [{e.path: e.blob.digest for e in index.entries if e.blob} for index in (first, read_index(store, KEY))]
    assert {"data/a.csv"} == {path for path in digests[0] if digests[0][path] != digests[1][path]}


def test_bytes_that_are_gone_from_the_store_are_put_there_again(folder: Path, tmp_path: Path) -> None:
    """What the memory knows but the store has lost is shipped again."""
    store, memory = Store(str(tmp_path / "store")), tmp_path / "memory"
    os.utime(folder / "one.txt", (1e9, 1e9))
    ship(folder, store, KEY, memory=memory)
    blob = next(entry.blob for entry in read_index(store, KEY).entries if entry.path == "one.txt")
    assert blob is not None
    assert store.discard(blob.digest, float("inf"))
    ship(folder, store, KEY, memory=memory)
    assert b"one" == store.get(blob)


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder, while this process is nobody who may do everything; a test of it as root says nothing."""
    with tempfile.TemporaryDirectory() as made:
        folder, before = Path(made), os.geteuid()
        folder.chmod(0o755)
        (folder / "closed").mkdir(0o700 if before == 0 else 0o000)
        (folder / "file").write_text("x")
        (folder / "link").symlink_to("closed/further")
        if before == 0:
            os.seteuid(65534)
        yield folder
        if before == 0:
            os.seteuid(before)
        (folder / "closed").chmod(0o700)


def test_what_may_not_be_entered_keeps_no_folder_from_being_shipped(nobody: Path) -> None:
    """A disk's lost+found, or the data of a database, beside a notebook: it is there, with nothing in it."""
    entries = list(walk(nobody))
    assert {"closed": "directory", "file": "file", "link": "link"} == {each.path: each.kind for each in entries}
    assert entries == [shipping._settled(nobody, each) for each in entries]


def test_files_over_the_limit_are_noted_only(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is in the index with its size and without its bytes."""
    monkeypatch.setenv("KFNB_SHIP_MB", "1")
    (folder / "large").write_bytes(bytes((1 << 20) + 1))
    store = Store(str(tmp_path / "store"))
    ship(folder, store, KEY)
    entry = next(entry for entry in read_index(store, KEY).entries if entry.path == "large")
    assert ((1 << 20) + 1, "real", None) == (entry.size, entry.held, entry.blob)


def test_a_limit_that_is_none_says_so(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that is no number is named with its setting."""
    monkeypatch.setenv("KFNB_SHIP_MB", "lots")
    with pytest.raises(WrongCall, match="KFNB_SHIP_MB is 'lots'; give a whole number"):
        ship(folder, Store(str(tmp_path / "store")), KEY)


def test_an_index_of_another_version_says_so(tmp_path: Path) -> None:
    """An index that cannot be understood is an error of the store."""
    store = Store(str(tmp_path / "store"))
    store.write(KEY, b"[]")
    with pytest.raises(StoreError, match="index of the notebook's folder"):
        read_index(store, KEY)


def test_what_the_code_names_beside_the_folder_is_found(tmp_path: Path) -> None:
    """Named with `../` are files, folders and patterns, and modules beside the folder that the notebook imports."""
    folder = tmp_path / "project" / "work"
    folder.mkdir(parents=True)
    for path in ("src/mod.py", "data/a.csv", "data/b.csv", "mine.py", "other.py", "work2/x"):
        (tmp_path / "project" / path).parent.mkdir(exist_ok=True)
        (tmp_path / "project" / path).write_text("")
    cells = (
        Cell(id="a", index=0, source="import sys; sys.path += ['..', \"../src\"]\nimport mine", ordinal=1),
        Cell(
            id="b", index=1, source="%cd work\nopen('../gone.txt'), glob('../data/*.csv'), '../work', '/x'", ordinal=2
        ),
    )
    task = Task(name="t", slug="t", cells=cells, imports=("mine", "sys"), effects=Effects(reads=("../work2/x",)))
    spec = PipelineSpec(name="n", notebook="n.ipynb", notebook_digest="", tasks=(task,))
    found = [os.path.relpath(path, folder) for path in named_beside(spec, folder)]
    assert ["../mine.py", "../data/a.csv", "../data/b.csv", "../src", "../work2/x"] == found
