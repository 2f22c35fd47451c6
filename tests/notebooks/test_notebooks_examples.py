"""Every example notebook runs by hand and is kept clean."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kfnb.client import Client

FOLDER = Path(__file__).parents[2] / "notebooks"
EXAMPLES = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> Path:
    """Return the path of an example notebook."""
    path: Path = request.param
    return path


def run_by_hand(example: Path, folder: Path) -> nbformat.NotebookNode:
    """Run the notebook from top to bottom in one kernel, in a copy of its folder."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__", "*.joblib"))
    notebook = nbformat.read(folder / example.name, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()


def test_runs_by_hand(example: Path, tmp_path: Path) -> None:
    """An example runs from top to bottom in a plain kernel without an error."""
    executed = run_by_hand(example, tmp_path / "notebooks")
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    assert outputs


def test_only_what_is_better_is_published(tmp_path: Path) -> None:
    """With another value of the parameter the tagged step is skipped, and says why."""
    run = Client(home=tmp_path / "home").run(FOLDER / "publish_if_better.ipynb", {"best": 0.99}).wait()
    assert ("SUCCEEDED", "SKIPPED") == (run.state, run.tasks["publish"].state)
    assert "condition 'score > best' is false" == run.tasks["publish"].why


def test_what_takes_too_long_is_stopped(tmp_path: Path) -> None:
    """With a shorter limit the search fails, what needs it is skipped, and the other step goes on."""
    text = (FOLDER / "time_limit.ipynb").read_text().replace("timeout:60s", "timeout:0.5s")
    (tmp_path / "short.ipynb").write_text(text)
    run = Client(home=tmp_path / "home").run(tmp_path / "short.ipynb", {"most": 100_000_000}).wait()
    assert ["FAILED", "SKIPPED", "SUCCEEDED"] == [run.tasks[name].state for name in ("search", "report", "other")]


def test_is_committed_without_outputs(example: Path) -> None:
    """An example holds no outputs and no execution counts."""
    cells = [cell for cell in json.loads(example.read_text())["cells"] if cell["cell_type"] == "code"]
    assert not [cell["id"] for cell in cells if cell["outputs"] or cell["execution_count"] is not None]


def test_cell_ids_are_words(example: Path) -> None:
    """Cell ids are unique, and readable in diagnostics."""
    names = [cell["id"] for cell in json.loads(example.read_text())["cells"]]
    assert len(names) == len(set(names))
    assert not [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)]


def test_churn_deploys_only_what_is_good_enough(tmp_path: Path) -> None:
    """The quality gate of the churn notebook lets its best model pass."""
    run_by_hand(FOLDER / "churn.ipynb", tmp_path / "notebooks")
    assert (tmp_path / "notebooks" / "churn_model.joblib").exists()
