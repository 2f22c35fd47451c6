"""Bringing results home: files into a folder, definitions out of a notebook."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from pathlib import Path

import pytest

from kfnb.artifacts.store import Store
from kfnb.errors import OutsideError
from kfnb.orchestrator import scratch as scratch_module
from kfnb.orchestrator.left import output_of
from kfnb.orchestrator.places import own_folders
from kfnb.orchestrator.results import apply_files
from kfnb.orchestrator.scratch import Scratch
from kfnb.orchestrator.standin import notebook_namespace
from kfnb.runners.base import Exited
from kfnb.spec import Cell, FileChange, PipelineSpec, Setup, Task


def test_files_do_to_a_folder_what_the_run_did(tmp_path: Path) -> None:
    """Written, replaced, made, linked and removed."""
    store = Store(str(tmp_path / "store"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    (folder / "gone.txt").write_text("gone")
    (folder / "becomes").mkdir()
    changes = [
        FileChange(path="old.txt", kind="file", blob=store.put(b"new"), mode=0o600),
        FileChange(path="gone.txt", kind="removed"),
        FileChange(path="never-there.txt", kind="removed"),
        FileChange(path="deep/er", kind="directory"),
        FileChange(path="deep/er/x", kind="file", blob=store.put(b"x")),
        FileChange(path="becomes", kind="link", target="old.txt"),
    ]
    assert [change.path for change in changes] == apply_files(store, changes, folder)
    assert ["becomes", "deep", "old.txt"] == sorted(path.name for path in folder.iterdir())
    assert ("new", "new", "x") == tuple((folder / p).read_text() for p in ("old.txt", "becomes", "deep/er/x"))
    assert 0o600 == (folder / "old.txt").stat().st_mode & 0o777


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    """A record that was tampered with writes nothing elsewhere."""
    with pytest.raises(OutsideError, match="trusted"):
        apply_files(Store(str(tmp_path)), [FileChange(path=path, kind="removed")], tmp_path)


def notebook(*sources: str, setup: tuple[Setup, ...] = ()) -> PipelineSpec:
    """A pipeline of one task with these cells."""
    cells = tuple(Cell(id=f"c{i}", index=i, source=s, ordinal=i + 1) for i, s in enumerate(sources))
    task = Task(name="t", slug="t", cells=cells, setup=setup)
    return PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="", tasks=(task,))


def test_definitions_of_the_notebook_stand_in_for_main() -> None:
    """What a value needs is there as the notebook defines it, with what that needs in turn; `__main__` is as before."""
    spec = notebook(
        "import math\nraise SystemExit",
        "def area(r):\n    return math.pi * r ** 2 * scale()",
        "import no_such_library",
        setup=(Setup(kind="definition", source="def scale():\n    return 2", names=("scale",), ordinal=9),),
    )
    real = sys.modules["__main__"]
    with notebook_namespace(spec) as namespace:
        area = sys.modules["__main__"].area
        assert area is namespace["area"]
        with pytest.raises(AttributeError, match="missing"):
            _ = sys.modules["__main__"].missing
    assert 6 == int(area(1))
    assert real is sys.modules["__main__"]


def test_nothing_is_executed_where_nothing_is_missing() -> None:
    """Plain values load without running any of the notebook's code."""
    with notebook_namespace(notebook("def f():\n    pass\nimport this_would_fail")) as namespace:
        namespace["x"] = 1
        assert 1 == namespace["x"]
        assert "f" not in dict(namespace)


def test_scratch_of_a_run_that_is_gone_is_swept(tmp_path: Path) -> None:
    """A folder without a living lock goes when the next run starts; one with a lock stays."""
    living, dead, new = (Scratch(tmp_path / name) for name in ("living", "dead", "new"))
    living.claim()
    dead.claim()
    (dead.folder / "left").write_text("")
    dead._release()
    new.claim()
    assert ["living", "new"] == sorted(path.name for path in tmp_path.iterdir())
    for scratch in (living, new):
        scratch.remove()
    assert [] == list(tmp_path.iterdir())


def test_scratch_is_removed_when_the_last_process_that_works_in_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process writes that was killed and is not dead yet is not left over."""
    monkeypatch.setattr(scratch_module, "_DYING_SECONDS", 120.0)
    scratch = Scratch(tmp_path / "run")
    scratch.claim()
    attempt = scratch.folder / "a-1"
    attempt.mkdir()
    held = os.open(attempt, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    removing = threading.Thread(target=scratch.remove)
    removing.start()
    (attempt / "late").touch()
    os.close(held)
    removing.join()
    assert [] == list(tmp_path.iterdir())


def test_own_folders_are_those_of_the_data_and_of_the_store(tmp_path: Path) -> None:
    """The folder that holds them is not among them: it may be the notebook's."""
    own = own_folders(tmp_path, tmp_path / "elsewhere-root")
    assert str(tmp_path) not in own
    assert {str(tmp_path / "store" / "runs"), str(tmp_path / "elsewhere-root" / "artifacts")} <= set(own)
    assert set(own_folders(tmp_path, None)) < set(own)


@pytest.mark.parametrize(("unfit", "code"), [(False, "KF654"), (True, "KF657")])
def test_a_place_that_is_unfit_is_told_from_a_process_that_ended(tmp_path: Path, unfit: bool, code: str) -> None:
    """An attempt that left nothing has the code of what its runner saw."""
    output = output_of(Store(str(tmp_path)), "runs/r/tasks/t/1", Exited("t", 1, 5, "no Python in it", unfit=unfit))
    assert output.error is not None
    assert (code, "no Python in it") == (output.error.code, output.error.message)
