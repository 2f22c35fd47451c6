"""`kfnb suggest` as a command: text, JSON, and what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CELLS = ["# Title", "## Load", "rows = []\nrows.append(len('a'))", "## Show", "print(rows)"]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """An untagged notebook of two headings."""
    cells = [
        {"cell_type": "markdown", "id": f"c{n}", "metadata": {}, "source": source}
        if source.startswith("#")
        else {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(CELLS)
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
    return path


def suggest(*arguments: str, home: Path, command: str = "suggest") -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kfnb", command, *arguments],
        cwd=home,
        env={**os.environ, "KFNB_HOME": str(home / "home")},
        capture_output=True,
        text=True,
    )


def test_text_shows_steps_and_reasons_and_writes_nothing(tmp_path: Path, notebook: Path) -> None:
    """The drawing, a line for each step, and how to go on."""
    before = notebook.read_bytes()
    done = suggest("a.ipynb", home=tmp_path)
    assert 0 == done.returncode
    assert 'load  3      heading "Load"' in done.stdout
    assert "--apply" in done.stderr
    assert before == notebook.read_bytes()


def test_json_is_one_document(tmp_path: Path, notebook: Path) -> None:
    """Steps with cells and reasons, tags by cell, edges, diagnostics, and nothing written."""
    found = json.loads(suggest("a.ipynb", "--json", home=tmp_path).stdout)
    assert {"name": "load", "cells": ["c2"], "why": 'heading "Load"', "new": True} == found["steps"][0]
    assert {"c2": ["step:load"], "c4": ["step:show"]} == found["tags"]
    assert [("load", "show", ["rows"])] == [(e["from"], e["to"], e["names"]) for e in found["edges"]]
    assert ([], None) == (found["diagnostics"], found["written"])


def test_a_copy_or_the_notebook_gets_the_tags_and_loses_them_again(tmp_path: Path, notebook: Path) -> None:
    """--into leaves the notebook as it is, --apply writes into it, --remove brings it back."""
    before = notebook.read_bytes()
    assert 0 == suggest("a.ipynb", "--into", "b.ipynb", home=tmp_path).returncode
    assert before == notebook.read_bytes()
    assert "step:load" in (tmp_path / "b.ipynb").read_text("utf-8")
    assert 0 == suggest("a.ipynb", "--apply", home=tmp_path).returncode
    assert "step:show" in notebook.read_text("utf-8")
    assert 0 == suggest("a.ipynb", "--remove", home=tmp_path).returncode
    assert before == notebook.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["a.ipynb", "--apply", "--into", "b.ipynb"], 3),
        (["a.ipynb", "--remove", "--skip"], 3),
        (["a.ipynb", "--remove"], 3),
        (["none.ipynb"], 3),
        (["a.ipynb", "--into", "nowhere/b.ipynb"], 4),
    ],
)
def test_wrong_calls_are_said(tmp_path: Path, notebook: Path, arguments: list[str], code: int) -> None:
    """Each mistake has its exit code and a message without a traceback."""
    done = suggest(*arguments, home=tmp_path)
    assert code == done.returncode
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_untagged_notebooks_are_told_of_it(tmp_path: Path, notebook: Path) -> None:
    """`kfnb run` and `kfnb check` of a notebook without steps name the command; with steps they do not."""
    for command in ("run", "check"):
        said = suggest("a.ipynb", home=tmp_path, command=command)
        assert "kfnb suggest" in said.stdout + said.stderr
    suggest("a.ipynb", "--apply", home=tmp_path)
    for command in ("run", "check"):
        said = suggest("a.ipynb", home=tmp_path, command=command)
        assert "kfnb suggest" not in said.stdout + said.stderr
