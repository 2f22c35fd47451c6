"""Papermill with the engine `kfnb`: by itself, from the shell and from Python."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

if TYPE_CHECKING:
    from pathlib import Path


def notebook(path: Path, *sources: str) -> Path:
    """Write a notebook of these code cells, the first one tagged parameters, with a text cell between."""
    cells: list[Any] = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    cells.insert(1, nbformat.v4.new_markdown_cell("# text"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def run(tmp_path: Path, *sources: str, options: tuple[str, ...] = ()) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run papermill as a person does; return what it said and the executed notebook."""
    source = notebook(tmp_path / "in.ipynb", *sources)
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--engine",
        "kfnb",
        *options,
        str(source),
        str(tmp_path / "out.ipynb"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    return done, nbformat.read(tmp_path / "out.ipynb", 4)


def test_papermill_runs_a_notebook_with_our_engine(tmp_path: Path) -> None:
    """Parameters are injected, outputs and counts are under the cells, papermill's metadata is complete."""
    done, out = run(tmp_path, "n = 1", "print(n)\nn + 1", options=("-p", "n", "5", "--log-output"))
    assert 0 == done.returncode, done.stderr
    code = [cell for cell in out.cells if cell.cell_type == "code"]
    assert [1, 2, 3] == [cell.execution_count for cell in code]
    assert "5\n" == code[2].outputs[0].text
    assert "6" == code[2].outputs[1].data["text/plain"]
    assert {"completed"} == {cell.metadata.papermill.status for cell in out.cells}
    assert out.metadata.papermill.exception is None
    assert "5" in done.stderr


def test_a_failing_cell_is_papermills_error(tmp_path: Path) -> None:
    """The first failing cell stops the run with PapermillExecutionError; cells below stay pending."""
    done, out = run(tmp_path, "n = 1", "print('so far')\n1 / 0", "print('never')")
    assert 1 == done.returncode
    assert "ZeroDivisionError" in done.stderr
    code = [cell for cell in out.cells if cell.cell_type == "code"]
    assert ["completed", "failed", "pending"] == [cell.metadata.papermill.status for cell in code]
    assert "so far\n" == code[1].outputs[0].text


def test_a_body_that_dies_is_a_dead_kernel(tmp_path: Path) -> None:
    """os._exit ends papermill with an error, the output so far in the notebook."""
    done, out = run(tmp_path, "n = 1", "print('so far')\nimport os; os._exit(1)")
    assert 0 != done.returncode
    assert "DeadKernelError" in done.stderr
    assert "so far\n" == out.cells[2].outputs[0].text


def test_a_cell_that_takes_too_long_is_a_timeout(tmp_path: Path) -> None:
    """The execution timeout counts for each cell."""
    done, _ = run(tmp_path, "n = 1", "import time; time.sleep(1000)", options=("--execution-timeout", "1"))
    assert 1 == done.returncode
    assert "CellTimeoutError" in done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "papermill",
        "sqlalchemy",
        "kubernetes",
        "pandas",
        "nbformat",
        "jsonschema",
        "rich",
        "debugpy",
        "jupyter_client.manager",
        "http.client",
    ],
)
def test_the_launcher_does_not_import(module: str, closure: set[str]) -> None:
    """What a launcher imports before the user's code is light."""
    assert module not in closure


@pytest.fixture(scope="module")
def closure() -> set[str]:
    code = "import kfnb.launcher.forkserver, kfnb.launcher.__main__, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
