"""What lies in the notebook's folder beside its data: environments, kfnb's own data, files named by absolute paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_notebooks import write_notebook

from kfnb.client import Client


@pytest.fixture(params=["namespace", "mirror"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder, with and without mounts of a task's own."""
    if request.param == "mirror":
        monkeypatch.setenv("KFNB_NO_NAMESPACES", "1")
    return tmp_path


def test_an_absolute_path_into_the_folder_is_the_folders_own(client: Client, folder: Path) -> None:
    """What is written by a path that the code spells out is there at once, for later steps by either name too; a
    relative path stays in the run."""
    log, new = folder / "log", folder / "new.txt"
    log.write_text("before\n")
    path = write_notebook(
        folder / "p.ipynb",
        f"open({str(log)!r}, 'a').write('one\\n')\nopen('private', 'w').write('x')\nx = int('1')",
        f"open({str(new)!r}, 'w').write(str(x))\nprint(open('log').read())",
        f"print(open({str(new)!r}).read(), open('new.txt').read(), x)",
    )
    run = client.run(path).wait()
    assert "SUCCEEDED" == run.state, run.to_dict()
    assert ("before\none\n", "1") == (log.read_text(), new.read_text())
    assert not (folder / "private").exists()
    assert "before\none\n\n" == run.tasks["s1"].log()
    assert "1 1 1\n" == run.tasks["s2"].log()
    assert ["private"] == run.files(folder / "home")


def test_a_path_that_is_replaced_removed_or_made_a_folder(client: Client, folder: Path) -> None:
    """The folder has what the code did: an atomic replacement, a removal, a new folder."""
    kept, gone = folder / "kept", folder / "gone"
    kept.write_text("old")
    gone.write_text("old")
    path = write_notebook(
        folder / "p.ipynb",
        f"import os\nopen('t', 'w').write('new')\nos.replace('t', {str(kept)!r})\nos.remove({str(gone)!r})\n"
        f"os.mkdir({str(folder / 'made')!r})\nprint(sorted(os.listdir('made')))",
    )
    run = client.run(path).wait()
    assert ("SUCCEEDED", "[]\n") == (run.state, run.tasks["s0"].log()), run.to_dict()
    assert ("new", False, True) == (kept.read_text(), gone.exists(), (folder / "made").is_dir())


def test_an_environment_in_the_folder_is_there_for_the_steps(client: Client, folder: Path) -> None:
    """The interpreter's own environment often lies beside the notebook: what it holds can be imported."""
    library = folder / ".venv" / "lib"
    library.mkdir(parents=True)
    (folder / ".venv" / "pyvenv.cfg").touch()
    (library / "beside_the_notebook.py").write_text("value = 41")
    source = f"import sys\nsys.path.append({str(library)!r})\nimport beside_the_notebook\nx = beside_the_notebook.value"
    run = client.run(write_notebook(folder / "p.ipynb", source, "print(x + 1)")).wait()
    assert ("SUCCEEDED", "42\n") == (run.state, run.tasks["s1"].log()), run.to_dict()


def test_a_large_file_beside_kfnbs_own_data(client: Client, folder: Path) -> None:
    """The data folder (KFNB_HOME) lies within the notebook's folder: large files are still read through their links."""
    (folder / "big.bin").write_bytes(b"x" * 3_000_000)
    run = client.run(write_notebook(folder / "p.ipynb", "n = len(open('big.bin', 'rb').read())", "print(n)")).wait()
    assert ("SUCCEEDED", "3000000\n") == (run.state, run.tasks["s1"].log())
