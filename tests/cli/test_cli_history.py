"""The history of runs from the command line: lists and filters, marks, comparison, removal, the database."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from test_cli_runs import Shell, write_notebook

from kfnb.client import Client

CELLS = [("parameters", "lr = 0.5"), ("step:m metrics", "score = lr * 2"), ("step:big", "xs = list(range(5000))")]


class Past(NamedTuple):
    """A shell with three runs: two that succeeded, the older one first, and one that failed."""

    shell: Shell
    low: str
    high: str
    failed: str


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """A past for all tests that leave it as it was, but for tags."""
    return lived_through(Shell(tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("home")))


def lived_through(shell: Shell) -> Past:
    """Make the three runs."""
    write_notebook(shell.folder / "n.ipynb", CELLS)
    write_notebook(shell.folder / "bad.ipynb", [("step:a", "1 / 0")])
    low = shell.json("run", "n.ipynb", "--experiment", "first")["run_id"]
    high = shell.json("run", "n.ipynb", "-p", "lr=2.0", "--name", "second try")["run_id"]
    return Past(shell, low, high, shell.json("run", "bad.ipynb")["run_id"])


def test_runs_are_filtered_and_paged(past: Past) -> None:
    """Each filter leaves what passes it, the newest first; a page says whether there are more."""
    shell, low, high, failed = past

    def listed(*words: str) -> list[str]:
        return [run["run_id"] for run in shell.json("runs", *words)["runs"]]

    assert [failed, high, low] == listed()
    assert [failed] == listed("--state", "FAILED")
    assert [low] == listed("--experiment", "first")
    assert [high] == listed("--metric", "score>1")
    assert [low] == listed("--param", "lr=0.5", "--metric", "m.score<=1")
    assert [failed, high, low] == listed("--since", "1h")
    assert [] == listed("--until", "1h")
    assert (False, [high]) == (
        shell.json("runs", "--limit", "1", "--page", "3")["more"],
        listed("--limit=1", "--page=2"),
    )
    assert [] == listed("--started-by", "nobody")
    assert [failed, high, low] == listed("--started-by", getpass.getuser())
    assert "There are more: --page 2." in shell("runs", "--limit", "2").stderr
    assert "No run is so." in shell("runs", "--tag", "none").stderr
    wrong = shell("runs", "--metric", "score")
    assert (3, "") == (wrong.returncode, wrong.stdout)


def test_tags_and_the_archive(past: Past) -> None:
    """They are told, listed by, and taken off again."""
    shell, low, high, failed = past
    assert {"run_id": low, "tags": ["best", "good"]} == shell.json("tag", low, "good", "best")
    assert [low] == [run["run_id"] for run in shell.json("runs", "--tag", "good")["runs"]]
    assert ["best"] == shell.json("tag", low, "good", "--remove")["tags"]
    assert {"run_id": failed, "archived": True} == shell.json("archive", failed)
    assert [high, low] == [run["run_id"] for run in shell.json("runs")["runs"]]
    assert [failed] == [run["run_id"] for run in shell.json("runs", "--archived")["runs"]]
    assert f"Run {failed} is back in the lists." in shell("archive", failed, "--undo").stderr


def test_metrics_and_comparison(past: Past) -> None:
    """`metrics` prints those of a run; `compare` what differs, and code cells that do."""
    shell, low, high, _ = past
    assert {"run_id": high, "metrics": {"m": {"lr": 2.0, "score": 4.0}}} == shell.json("metrics", high)
    head, first, second = (line.split() for line in shell("metrics", low).stdout.splitlines())
    assert (["TASK", "METRIC", "VALUE"], ["m", "lr", "0.5"], ["m", "score", "1.0"]) == (head, first, second)
    said = shell("compare", low, high).stdout
    assert ["parameters", "lr", "0.5", "2.0"] in [line.split() for line in said.splitlines()]
    assert said.endswith("The code cells are the same.\n")
    write_notebook(shell.folder / "n.ipynb", [*CELLS[:2], ("step:big", "xs = list(range(9))")])
    newest = shell.json("run", "n.ipynb")["run_id"]
    (cell,) = shell.json("compare", low, newest)["cells"]
    assert (newest, True) == (cell["run_id"], "+xs = list(range(9))" in cell["diff"])
    assert {"deleted": [newest]} == shell.json("delete", newest, "--yes")
    assert 3 == shell("compare", low).returncode


def test_how_metrics_went_is_printed(tmp_path: Path) -> None:
    """`metrics --series` draws each that was logged again and again; a run that took its results over has them too."""
    (tmp_path / "folder").mkdir()
    shell, home = Shell(tmp_path / "folder", tmp_path / "home"), tmp_path / "home"
    code = "import kfnb\nfor n in range(9):\n    kfnb.log_metric('loss', 1 - n / 8)"
    write_notebook(shell.folder / "n.ipynb", [("step:m", code), ("step:once", "kfnb.log_metric('auc', 1)")])
    first, again = (shell.json("run", "n.ipynb")["run_id"] for _ in range(2))
    head, line = shell("metrics", first, "--series").stdout.splitlines()
    assert ["TASK", "METRIC", "POINTS", "SERIES", "FIRST", "→", "LAST"] == head.split()
    assert ["m", "loss", "9", "██▇▆▅▄▃▂▁", "1.0", "→", "0.0"] == line.split()
    assert {"m": {"loss": {"steps": [*range(9)], "values": [1 - n / 8 for n in range(9)], "logged": 9}}} == shell.json(
        "metrics", again, "--series"
    )["series"]
    shell("delete", first, "--yes")
    assert [(0, 1.0), (8, 0.0)] == Client(home=home).get(again).tasks["m"].metric_series["loss"][::8]
    once = shell.json("run", "n.ipynb", "--only", "once", "--no-cache")["run_id"]
    assert f"No metric of run {once} was logged more than once." in shell("metrics", once, "--series").stderr


def test_what_is_deleted_makes_room(tmp_path: Path) -> None:
    """`delete` wants a yes; `gc` says first what it would remove, then removes what no run refers to any more."""
    (tmp_path / "folder").mkdir()
    shell, low, high, failed = lived_through(Shell(tmp_path / "folder", tmp_path / "home"))
    refused = shell("delete", low)
    assert (3, True) == (refused.returncode, "--yes" in refused.stderr)
    assert {"deleted": [low, high]} == shell.json("delete", low, high, low, "--yes")
    assert [failed] == [run["run_id"] for run in shell.json("runs")["runs"]]
    assert 3 == shell("show", low).returncode
    would = shell.json("gc", "--dry-run", "--grace", "0s")
    assert (True, True) == (would["dry_run"], would["objects"] > 0)
    assert {**would, "dry_run": False} == shell.json("gc", "--grace", "0s")
    assert 0 == shell.json("gc", "--dry-run", "--grace", "0s")["objects"]


def test_the_database_is_found_and_made_anew(past: Past) -> None:
    """`db path` names the file, `db rebuild` gives the same list again, `db upgrade` says that it is up to date."""
    shell, *_ = past
    before = shell("runs", "--json").stdout
    path = shell.json("db", "path")["path"]
    assert path.startswith(shell.env["KFNB_HOME"])
    assert {"runs": 3} == shell.json("db", "rebuild")
    assert before == shell("runs", "--json").stdout
    upgraded = shell("db", "upgrade", "--json")
    now = json.loads(upgraded.stdout)
    assert now["before"] == now["after"]
    assert "was up to date" in upgraded.stderr
