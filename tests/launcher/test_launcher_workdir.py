"""The private view of the notebook's folder: what a body sees there, what it may do, what is kept of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from launcher_place import Place

from kfnb.launcher.workdir import make_snapshot
from kfnb.spec import FileChange, Output

BIG = 2 << 20
"""More than is copied: such a file is a link in the view."""


@pytest.fixture(params=["namespace", "mirror"])
def anyplace(request: pytest.FixtureRequest) -> Place:
    """A place with mount namespaces, and one without."""
    found: Place = request.getfixturevalue("place" if request.param == "namespace" else "fallback_place")
    return found


def kept(ran: Any) -> dict[str, str]:
    """Return the kinds of what a task changed, by path."""
    return {change.path: change.kind for change in ran.output.files}


def test_a_body_sees_the_folder_at_its_own_path(place: Place) -> None:
    """With a mount namespace the working directory is the notebook's folder by its real path."""
    (place.folder / "a.txt").write_text("a")
    ran = place.run(
        f"import os\nprint(os.getcwd(), sorted(os.listdir('.')), open({str(place.folder / 'a.txt')!r}).read())"
    )
    assert f"{place.folder} ['a.txt'] a\n" == ran.text(0)


def test_without_namespaces_outputs_name_the_real_folder(fallback_place: Place) -> None:
    """Without a mount namespace text output has the real folder's path in place of the view's."""
    ran = fallback_place.run("import os\nprint(os.getcwd())\nos.getcwd()")
    assert f"{fallback_place.folder}\n" == ran.text(0)
    assert repr(str(fallback_place.folder)) == ran.cells[0]["outputs"][1]["data"]["text/plain"]


def test_what_a_body_writes_is_kept_and_the_folder_stays(anyplace: Place) -> None:
    """New, changed and removed files, folders and links are kept; the real folder is as it was."""
    folder = anyplace.folder
    (folder / "old.txt").write_text("old")
    (folder / "gone.txt").write_text("gone")
    (folder / "same.txt").write_text("same")
    ran = anyplace.run(
        "import os\nopen('old.txt', 'a').write('er')\nos.remove('gone.txt')\nos.makedirs('out/deep')\n"
        "open('out/deep/new.txt', 'w').write('new')\nos.symlink('old.txt', 'link')\nopen('same.txt', 'w').write('same')"
    )
    assert {"gone.txt": "removed", "out": "directory", "out/deep": "directory", "old.txt": "file"} | {
        "out/deep/new.txt": "file",
        "link": "link",
    } == kept(ran)
    contents = {change.path: anyplace.store.get(change.blob) for change in ran.output.files if change.blob}
    assert {"old.txt": b"older", "out/deep/new.txt": b"new"} == contents
    assert {"old.txt": "old", "gone.txt": "gone", "same.txt": "same"} == {
        p.name: p.read_text() for p in folder.iterdir()
    }


def test_what_ancestors_did_is_there(anyplace: Place) -> None:
    """Files that ancestors wrote, changed or removed are so in the view, and are no changes of this task."""
    (anyplace.folder / "old.txt").write_text("old")
    (anyplace.folder / "changed.txt").write_text("before")
    store = anyplace.store
    files = (
        FileChange(path="old.txt", kind="removed"),
        FileChange(path="out", kind="directory", mode=0o755),
        FileChange(path="out/a.txt", kind="file", blob=store.put(b"A")),
        FileChange(path="changed.txt", kind="file", blob=store.put(b"after")),
        FileChange(path="out/link", kind="link", target="a.txt"),
    )
    ran = anyplace.run(
        "import os\nprint(sorted(os.listdir('.')), open('out/link').read(), open('changed.txt').read())\n"
        "print(max(['out/a.txt', 'changed.txt'], key=os.path.getmtime))",
        files=files,
    )
    assert "['changed.txt', 'out'] A after\nchanged.txt\n" == ran.text(0)
    assert {} == kept(ran)


def test_a_changed_file_of_an_ancestor_leaves_the_store_as_it_is(anyplace: Place) -> None:
    """Writing in place to a file that came from the store does not change what the store holds."""
    blob = anyplace.store.put(b"original")
    files = (FileChange(path="a.txt", kind="file", blob=blob),)
    ran = anyplace.run("f = open('a.txt', 'r+'); f.write('CHANGED!'); f.close()", files=files)
    assert b"original" == anyplace.store.get(blob)
    assert {"a.txt": "file"} == kept(ran)


def test_the_parents_of_the_folder_are_there(anyplace: Place) -> None:
    """`../data` is the real one; what is written beside the folder lands there."""
    data = anyplace.folder.parent / "data"
    data.mkdir()
    (data / "x.csv").write_text("1,2")
    ran = anyplace.run(
        "print(open('../data/x.csv').read())\nopen('../data/y.csv', 'w').write('y')\nopen('../z.csv', 'w').write('z')\n"
        "import sys; sys.path.append('..')"
    )
    assert "1,2\n" == ran.text(0)
    assert ["y", "z"] == [(data / "y.csv").read_text(), (data.parent / "z.csv").read_text()]


def test_what_is_no_part_of_the_view(anyplace: Place) -> None:
    """Git's data, caches and what .kfnbignore names are left out; git-ignored data is not, nor are environments."""
    folder = anyplace.folder
    for name in (".git", "__pycache__", ".ipynb_checkpoints", "node_modules", "env", "secret", "data"):
        (folder / name).mkdir()
    (folder / "env" / "pyvenv.cfg").write_text("here")
    (folder / "data" / "ignored.csv").touch()
    (folder / "big.log").touch()
    (folder / ".gitignore").write_text("data\n")
    (folder / ".kfnbignore").write_text("secret/\n*.log\n")
    ran = anyplace.run("import os\nprint(sorted(os.listdir('.')), os.listdir('data'), open('env/pyvenv.cfg').read())")
    assert "['.gitignore', '.kfnbignore', 'data', 'env'] ['ignored.csv'] here\n" == ran.text(0)
    assert () == ran.output.files


@pytest.mark.parametrize(
    "write",
    [
        "open('big.bin', 'r+b').write(b'X')",
        "open('big.bin', 'ab').write(b'X')",
        "open('big.bin', 'wb').write(b'X')",
        "import os; os.truncate('big.bin', 1)",
        "import os; os.rename('big.bin', 'other.bin')",
        "import os; f = os.open('big.bin', os.O_RDWR); os.write(f, b'X')",
        "import pathlib; pathlib.Path('big.bin').write_bytes(b'X')",
        "import shutil; open('a', 'w').close(); shutil.copyfile('a', 'big.bin')",
        "import os; os.remove('big.bin')",
        "import os; os.utime('big.bin', (1, 1))",
        "import sqlite3; sqlite3.connect('big.bin')",
    ],
)
def test_a_large_file_is_copied_before_it_is_written_to(place: Place, write: str) -> None:
    """However Python opens a large file for writing, the real one stays as it is."""
    big = place.folder / "big.bin"
    big.write_bytes(b"b" * BIG)
    before = big.stat()
    ran = place.run(write)
    assert "SUCCEEDED" == ran.output.state
    after = big.stat()
    assert (b"b" * BIG, before.st_mtime_ns, before.st_ino) == (big.read_bytes(), after.st_mtime_ns, after.st_ino)


def test_a_large_file_reads_as_it_is(anyplace: Place) -> None:
    """A large file, which is a link, reads the same and is no change."""
    (anyplace.folder / "big.bin").write_bytes(b"b" * BIG)
    ran = anyplace.run(
        "import os\nprint(len(open('big.bin', 'rb').read()), os.path.getsize('big.bin'), os.path.isfile('big.bin'))"
    )
    assert f"{BIG} {BIG} True\n" == ran.text(0)
    assert {} == kept(ran)


def test_another_program_cannot_write_to_a_large_original(place: Place) -> None:
    """A program that would write through the link is refused; the original stays."""
    big = place.folder / "big.bin"
    big.write_bytes(b"b" * BIG)
    place.run("!echo X > big.bin")
    assert BIG == big.stat().st_size


def test_without_namespaces_a_damaged_original_stops_the_task(fallback_place: Place) -> None:
    """Where an original can be reached and another program changes it, the task stops with KF605 and names it."""
    (fallback_place.folder / "big.bin").write_bytes(b"b" * BIG)
    ran = fallback_place.run("!echo X > big.bin")
    assert ("FAILED", "KF605") == (ran.output.state, ran.output.error.code)
    assert "big.bin" in ran.output.error.message


def test_many_files_are_links_until_written(place: Place, tmp_path: Path) -> None:
    """A folder of many small files is linked to the run's copy, which no task changes, whatever program writes."""
    for number in range(400):
        (place.folder / f"{number}.txt").write_text(str(number))
    make_snapshot(place.folder, tmp_path / "snapshot")
    ran = place.run("open('1.txt', 'a').write('!')\n!echo two > 2.txt", snapshot=str(tmp_path / "snapshot"))
    assert "SUCCEEDED" == ran.output.state
    assert {"1.txt": "file", "2.txt": "file"} == kept(ran)
    copies = tmp_path / "snapshot" / "files"
    assert ["1", "2"] == [(copies / "1.txt").read_text(), (copies / "2.txt").read_text()]


def test_a_task_sees_the_folder_as_it_was_when_the_run_started(place: Place, tmp_path: Path) -> None:
    """The run's snapshot decides, not what the folder holds now."""
    (place.folder / "a.txt").write_text("then")
    make_snapshot(place.folder, tmp_path / "snapshot")
    (place.folder / "a.txt").write_text("now")
    (place.folder / "b.txt").write_text("new")
    ran = place.run("import os\nprint(os.listdir('.'), open('a.txt').read())", snapshot=str(tmp_path / "snapshot"))
    assert "['a.txt'] then\n" == ran.text(0)


def test_files_keep_their_times_and_modes(place: Place) -> None:
    """A copy has the modification time and mode of the original."""
    path = place.folder / "run.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    os.utime(path, ns=(10**18, 10**18))
    ran = place.run("import os\ns = os.stat('run.sh')\nprint(s.st_mtime_ns, oct(s.st_mode & 0o777))")
    assert f"{10**18} 0o755\n" == ran.text(0)


def test_the_store_may_lie_in_the_folder(tmp_path: Path, place: Place) -> None:
    """With the store, and so the scratch, within the notebook's folder, a task sees neither and works."""
    place.folder = place.home.parent
    (place.folder / "a.txt").write_text("a")
    ran = place.run(
        "import os\nprint(sorted(os.listdir('.')))\nx = list(range(5))", task={"outputs": (Output(name="x"),)}
    )
    assert "SUCCEEDED" == ran.output.state, ran.output.error
    assert "['a.txt', 'project']\n" == ran.text(0)
    assert ["x"] == list(ran.output.artifacts)


def test_without_namespaces_the_working_directory_flows_by_its_real_path(fallback_place: Place) -> None:
    """A changed working directory is handed on as a place in the folder, not in the first task's view."""
    first = fallback_place.run("import os\nos.mkdir('sub')\nos.chdir('sub')", task={"state_outputs": ("cwd",)})
    assert str(fallback_place.folder / "sub").encode() == fallback_place.store.get(first.output.state_out["cwd"])
    second = fallback_place.run("import os\nprint(os.getcwd())", state=first.output.state_out, files=first.output.files)
    assert f"{fallback_place.folder}/sub\n" == second.text(0)


def test_without_namespaces_a_write_by_absolute_path_stops_the_task(fallback_place: Place) -> None:
    """What would change the real folder stops the task with KF605, as a run leaves the folder as it is."""
    ran = fallback_place.run(f"open({str(fallback_place.folder / 'x.txt')!r}, 'w').write('x')")
    assert "KF605" == ran.output.error.code


def test_without_namespaces_a_value_that_holds_the_views_path_stops_the_task(fallback_place: Place) -> None:
    """A path of the private folder within a value that is handed on stops the task with KF606."""
    ran = fallback_place.run("import os\nwhere = [os.getcwd()]", task={"outputs": (Output(name="where"),)})
    assert "KF606" == ran.output.error.code


# ------------------------------------------------------------------------------------------------- the record of paths


def test_the_paths_a_body_reads_are_recorded(anyplace: Place) -> None:
    """Opened, listed and asked about, present or not: relative to the folder, also from another working directory."""
    (anyplace.folder / "sub").mkdir()
    (anyplace.folder / "sub" / "a.txt").write_text("a")
    ran = anyplace.run(
        "import os, glob\nfrom pathlib import Path\nos.path.exists('maybe')\nPath('perhaps').is_file()\n"
        "os.chdir('sub'); open('a.txt').read(); os.chdir('..')\nglob.glob('sub/*.csv')\nos.path.exists('sub')"
    )
    assert {"maybe", "perhaps", "sub/a.txt", "sub"} == set(ran.output.paths_read)


def test_what_a_body_wrote_itself_is_not_read(place: Place) -> None:
    """A path that the body wrote first is not among those it read; making folders asks nothing."""
    ran = place.run(
        "import os\nos.makedirs('out', exist_ok=True)\nopen('out/a.txt', 'w').write('a')\nopen('out/a.txt').read()\n"
        "os.path.isdir('out')"
    )
    assert () == ran.output.paths_read


def test_imports_are_not_listings(place: Place) -> None:
    """Importing looks through the folder without that being a listing; a module that is taken from it is read."""
    (place.folder / "helper.py").write_text("x = 1\n")
    ran = place.run("import json, helper, wave, colorsys")
    assert ("helper.py",) == ran.output.paths_read


def test_a_module_looked_for_in_vain_is_read(place: Place) -> None:
    """A failed import of a module and a failed open by compiled code count as read: a step above may write them."""
    ran = place.run("import helper_that_is_not_there")
    assert "FAILED" == ran.output.state
    assert "helper_that_is_not_there.py" in ran.output.paths_read


def test_plots_read_nothing(place: Place) -> None:
    """A library's own caches and fonts are no paths of the folder."""
    ran = place.run("import matplotlib.pyplot as plt\nplt.plot([1])\nplt.savefig('a.png')")
    assert () == ran.output.paths_read
    assert {"a.png": "file"} == kept(ran)
