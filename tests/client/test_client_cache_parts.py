"""The rarer parts of a cache key, each changed alone, and names that are no part of it; see `test_client_cache.py`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from client_notebooks import write_notebook
from test_client_cache import changed, ran

from kfnb.client import Client
from kfnb.orchestrator import cache_key


def test_a_setting_counts_where_it_is_replayed(client: Client, tmp_path: Path) -> None:
    """Another argument of a setter runs the step that says it and all below it, where it is replayed; none above."""
    sources = ("a = 1", "import calendar\ncalendar.setfirstweekday({})", "import calendar\nd = calendar.firstweekday()")
    notebook = write_notebook(tmp_path / "n.ipynb", sources[0], sources[1].format(2), sources[2])
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    write_notebook(notebook, sources[0], sources[1].format(3), sources[2])
    run = client.run(notebook)
    assert ["s1", "s2"] == ran(run)
    assert {"setup"} == {kind for kind, _ in changed(run, "s2")}
    assert "the setting `calendar.setfirstweekday(3)`" in run.explain("s2")[0].why


def test_an_import_counts_where_it_is_used(client: Client, tmp_path: Path) -> None:
    """A name that is imported from elsewhere runs the steps that use it."""
    sources = ("from {} import sqrt, pi", "a = sqrt(4)", "b = 1")
    tags = {0: ("imports",), 1: ("step:other",), 2: ("step:user",)}
    notebook = write_notebook(tmp_path / "n.ipynb", sources[0].format("math"), sources[2], sources[1], tags=tags)
    ran(client.run(notebook))
    write_notebook(notebook, sources[0].format("cmath"), sources[2], sources[1], tags=tags)
    run = client.run(notebook)
    assert ["other", "user"] == ran(run)  # the cell itself runs at the start of the step below it
    assert {"setup"} == {kind for kind, _ in changed(run, "user")}
    assert "sqrt" in run.explain("user")[0].why


@pytest.mark.parametrize(
    ("tag", "named"),
    [
        ("configmap:names:key:NAME", ("setting", "config map NAME")),
        ("configmap:names:/etc/names", ("setting", "config map /etc/names")),
        ("secret:token:/etc/token", ("setting", "secret /etc/token")),
    ],
)
def test_what_a_pod_gets_counts(client: Client, tmp_path: Path, tag: str, named: tuple[str, str]) -> None:
    """A config map or secret that a step declares runs it, and no other."""
    notebook = write_notebook(tmp_path / "n.ipynb", "a = 1", "b = 2")
    ran(client.run(notebook))
    write_notebook(notebook, "a = 1", "b = 2", tags={0: ("step:s0",), 1: ("step:s1", tag)})
    run = client.run(notebook)
    assert ["s1"] == ran(run)
    assert [named] == changed(run, "s1")


STATES = {
    "cwd": ("import os\nos.chdir('{}')", "where = os.getcwd()", ("one", "two")),
    "environ": ("import os\nn = int('{}')\nos.environ['A'] = str(n)", "mode = os.environ['A']", ("1", "2")),
    "sys.path": ("import os, sys\np = '{}'.lower()\nsys.path.append(p)", "last = sys.path[-1]", ("One", "Two")),
    "numpy.random": ("import numpy as np\nnp.random.seed({})", "x = np.random.rand()", ("1", "2")),
}


@pytest.mark.parametrize("provider", STATES)
def test_each_session_state_counts(client: Client, tmp_path: Path, provider: str) -> None:
    """Another state runs the step that goes on from it, which is told which state it was; the same one does not."""
    sets, goes_on, (first, second) = STATES[provider]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    notebook = write_notebook(tmp_path / "n.ipynb", sets.format(first), goes_on, "z = 3")
    ran(client.run(notebook))
    assert [] == ran(client.run(notebook))
    write_notebook(notebook, sets.format(second), goes_on, "z = 3")
    run = client.run(notebook)
    assert "s1" in ran(run)
    assert ("state", provider) in changed(run, "s1")


def test_the_version_of_python_counts_for_all(client: Client, tmp_path: Path) -> None:
    """Another Python runs every step, and the two versions are named."""
    notebook = write_notebook(tmp_path / "n.ipynb", "a = 1", "b = 2")
    ran(client.run(notebook))
    (known,) = (client.home / "interpreters").glob("*.json")
    known.write_text(json.dumps({**json.loads(known.read_text()), "python": "3.0.0"}))
    run = client.run(notebook)
    assert ["s0", "s1"] == ran(run)
    assert [("version", "Python")] == changed(run, "s0")
    assert "→ 3.0.0" in run.explain("s0")[0].why


def test_the_hash_seed_counts(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PYTHONHASHSEED other than 0, which tasks have where none is set, runs every step."""
    notebook = write_notebook(tmp_path / "n.ipynb", "a = 1")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    ran(client.run(notebook))
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    assert [] == ran(client.run(notebook))
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    run = client.run(notebook)
    assert ["s0"] == ran(run)
    assert [("setting", "PYTHONHASHSEED")] == changed(run, "s0")


def test_kfnb_s_own_key_version_counts(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kfnb made that meant something else by the same parts is not used."""
    notebook = write_notebook(tmp_path / "n.ipynb", "a = 1")
    ran(client.run(notebook))
    monkeypatch.setattr(cache_key, "KEY_VERSION", cache_key.KEY_VERSION + 1)
    run = client.run(notebook)
    assert ["s0"] == ran(run)
    assert [("kfnb", "key")] == changed(run, "s0")


def test_files_that_are_new_or_elsewhere_are_named(client: Client, tmp_path: Path) -> None:
    """A file outside the folder, one that was looked for in vain, and the names in a folder are named one by one."""
    folder = tmp_path / "nb"
    (folder / "d").mkdir(parents=True)
    (tmp_path / "beside.txt").write_text("one")
    sources = (
        "x = open('../beside.txt').read()",
        "import os\nthere = os.path.exists('late.txt')",
        "import os\nn = sorted(os.listdir('d'))",
    )
    notebook = write_notebook(folder / "n.ipynb", *sources)
    ran(client.run(notebook))
    (tmp_path / "beside.txt").write_text("two")
    (folder / "late.txt").write_text("")
    (folder / "d" / "new").write_text("")
    run = client.run(notebook)
    assert ["s0", "s1", "s2"] == ran(run)
    named = [changed(run, step) for step in ("s0", "s1", "s2")]
    assert [["file"], ["file"], ["file"]] == [[kind for kind, _ in found] for found in named]
    assert [["beside.txt"], ["late.txt"], ["d"]] == [[Path(path).name for _, path in found] for found in named]


def test_names_of_run_experiment_and_notebook_do_not_count(client: Client, tmp_path: Path) -> None:
    """The same steps under other names are hits."""
    notebook = write_notebook(tmp_path / "n.ipynb", "a = 1", "b = a + 1")
    ran(client.run(notebook, name="one", experiment="first"))
    assert [] == ran(client.run(notebook, name="two", experiment="second"))
    other = write_notebook(tmp_path / "m.ipynb", "a = 1", "b = a + 1", tags={0: ("step:x",), 1: ("step:y",)})
    assert [] == ran(client.run(other))
