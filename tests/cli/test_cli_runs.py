"""Real runs from the command line: run them, look at them, bring their results home."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.run_processes import processes_of
from tests.written_notebooks import write_cells

CELLS = [
    ("parameters", "scale = 2\nlabel = 'plain'"),
    ("step:load", "rows = list(range(5))\nprint('loaded', len(rows))\nopen('report.txt', 'w').write(label);"),
    ("step:train", "model = {'w': sum(rows) * scale}\nmodel"),
    ("step:judge metrics", "accuracy = model['w'] / 100\nprint(accuracy)"),
]


def write_notebook(path: Path, cells: list[tuple[str, str]]) -> Path:
    return write_cells(path, ((tags.split(), source) for tags, source in cells))


class Shell:
    """The command line in a folder, with a data folder of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        self.env = {**os.environ, "KFNB_HOME": str(home)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "kfnb", *arguments]

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120
        )

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, Any]:
    """A finished run of a small notebook, made once."""
    folder = tmp_path_factory.mktemp("folder")
    shell = Shell(folder, tmp_path_factory.mktemp("home"))
    write_notebook(folder / "nb.ipynb", CELLS)
    ran = shell("run", "nb.ipynb", "-p", "scale=3", "-p", "label=5", "--name", "try", "--json")
    assert 0 == ran.returncode, ran.stderr
    return shell, json.loads(ran.stdout)


def test_run_prints_the_run_as_one_document(done: tuple[Shell, Any]) -> None:
    """State, metrics and tasks with their times, as the contract has them; the folder stays as it was."""
    shell, document = done
    assert "SUCCEEDED" == document["state"]
    assert {"judge": {"accuracy": 0.3}} == document["metrics"]
    assert ["load", "train", "judge"] == list(document["tasks"])
    task = document["tasks"]["train"]
    assert ("SUCCEEDED", False, None) == (task["state"], task["cached"], task["why"])
    assert task["started"].endswith("+00:00")
    assert ["nb.ipynb"] == [path.name for path in shell.folder.iterdir()]


def test_show_prints_the_same_later(done: tuple[Shell, Any]) -> None:
    """`show` by id, by its beginning and as `last` gives the document that `run` gave."""
    shell, document = done
    for name in (document["run_id"], document["run_id"][:-2], "last"):
        assert document == shell.json("show", name)


def test_show_draws_the_run_for_people(done: tuple[Shell, Any]) -> None:
    """Without `--json` there is a drawing, each task's state, and the metrics."""
    shell, _ = done
    text = shell("show", "last").stdout
    for part in ("✔ train", "judge  succeeded", "judge.accuracy = 0.3"):
        assert part in text


def test_runs_lists_it(done: tuple[Shell, Any]) -> None:
    """`runs` knows id, name and state."""
    shell, document = done
    listed = shell.json("runs")["runs"]
    assert [(document["run_id"], "try", "SUCCEEDED")] == [(r["run_id"], r["name"], r["state"]) for r in listed]
    assert document["run_id"] in shell("runs").stdout


def test_logs_are_what_the_tasks_printed(done: tuple[Shell, Any]) -> None:
    """All tasks, one task, or one cell by its id or number."""
    shell, document = done
    logs = shell.json("logs", "last")
    assert (document["run_id"], "loaded 5\n") == (logs["run_id"], logs["logs"]["load"])
    assert "0.3\n" == shell("logs", "last", "judge").stdout
    for cell in ("c2", "3"):
        assert "{'w': 30}\n" == shell("logs", "last", "--cell", cell).stdout
    assert 3 == shell("logs", "last", "load", "--cell", "c3").returncode
    assert 3 == shell("logs", "last", "nothing").returncode


def test_artifacts_are_listed_with_a_preview(done: tuple[Shell, Any]) -> None:
    """Name, task, type and size of what the run made; one alone with its whole preview."""
    shell, _ = done
    found = {a["name"]: a for a in shell.json("artifacts", "last")["artifacts"]}
    assert {"rows", "model", "accuracy"} <= set(found)
    assert "train" == found["model"]["task"]
    assert found["model"]["size"] > 0
    assert "{'w': 30}" in shell("artifacts", "last", "model").stdout
    assert 3 == shell("artifacts", "last", "nothing").returncode


def test_outputs_come_home_under_their_cells(done: tuple[Shell, Any], tmp_path: Path) -> None:
    """A copy of the notebook under another name gets the outputs; its code stays."""
    shell, _ = done
    copy = write_notebook(tmp_path / "copy.ipynb", CELLS)
    assert 0 == shell("outputs", "last", "--into", str(copy)).returncode
    cells = json.loads(copy.read_text())["cells"]
    assert [source for _, source in CELLS] == ["".join(cell["source"]) for cell in cells]
    assert "loaded 5\n" == "".join(cells[1]["outputs"][0]["text"])
    assert "{'w': 30}" == "".join(cells[2]["outputs"][0]["data"]["text/plain"])
    assert [1, 2, 3, 4] == [cell["execution_count"] for cell in cells]


def test_written_files_come_home_and_nothing_is_lost(done: tuple[Shell, Any], tmp_path: Path) -> None:
    """`--files` creates, leaves what is the same, refuses what changed since, and keeps what `--force` replaces."""
    shell, document = done
    report = tmp_path / "report.txt"

    def bring(*more: str) -> tuple[int, Any]:
        ran = shell("outputs", "last", "--files", str(tmp_path), *more, "--json")
        files = json.loads(ran.stdout).get("files", [])
        return ran.returncode, {f["path"]: f["action"] for f in files}

    assert (0, {"report.txt": "create"}) == bring("--dry-run")
    assert not report.exists()
    assert (0, {"report.txt": "create"}) == bring()
    assert "5" == report.read_text()
    assert (0, {"report.txt": "same"}) == bring()
    report.write_text("mine")
    assert (3, {}) == bring()
    assert "mine" == report.read_text()
    assert (0, {"report.txt": "overwrite"}) == bring("--force")
    assert ("5", "mine") == (report.read_text(), (tmp_path / f"report.txt.before-{document['run_id']}").read_text())


def test_a_failed_run_says_where_and_exits_with_1(done: tuple[Shell, Any]) -> None:
    """The failed task's cell, error and last lines are on stderr; what depends on it is SKIPPED and says why."""
    shell, _ = done
    path = write_notebook(
        shell.folder / "bad.ipynb",
        [
            ("step:a", "x = [1]"),
            ("step:b", "print('before')\ny = x[5]"),
            ("step:c", "print(y)"),
            ("step:d", "print(x)"),
        ],
    )
    try:
        ran = shell("run", "bad.ipynb", "--json", "--root", str(shell.folder.parent / "elsewhere"))
    finally:
        path.unlink()
    document = json.loads(ran.stdout)
    assert (1, "FAILED") == (ran.returncode, document["state"])
    states = {name: task["state"] for name, task in document["tasks"].items()}
    assert {"a": "SUCCEEDED", "b": "FAILED", "c": "SKIPPED", "d": "SUCCEEDED"} == states
    assert "b" in document["tasks"]["c"]["why"]
    for part in ("in cell [2] (id c1)", "IndexError: list index out of range"):
        assert part in ran.stderr
    assert 'File "/' not in ran.stderr.replace(str(shell.folder), "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["-p", "scal=3"], "KF700"), (["-p", "scale=three"], "KF701"), (["-p", "scale=2.5"], "KF701")],
)
def test_a_wrong_parameter_is_refused(done: tuple[Shell, Any], arguments: list[str], code: str) -> None:
    """An unknown name or a wrong type ends with 2 and a document of diagnostics, before anything runs."""
    shell, _ = done
    ran = shell("run", "nb.ipynb", *arguments, "--json")
    assert (2, code) == (ran.returncode, json.loads(ran.stdout)["diagnostics"][0]["code"])


@pytest.mark.parametrize("command", ["run", "graph", "compile", "verify", "check"])
def test_a_refused_notebook_exits_with_2(done: tuple[Shell, Any], command: str) -> None:
    """Every command that needs a pipeline gives the same diagnostics, naming cell and line."""
    shell, _ = done
    path = write_notebook(shell.folder / "refused.ipynb", [("step:a", "x = 1\nprint(undefined_name)")])
    try:
        ran = shell(command, "refused.ipynb", "--json")
    finally:
        path.unlink()
    errors = [d for d in json.loads(ran.stdout)["diagnostics"] if d["severity"] == "error"]
    assert (2, "c0", 2) == (ran.returncode, errors[0]["cell"], errors[0]["line"])


def test_graph_names_steps_and_edges(done: tuple[Shell, Any], tmp_path: Path) -> None:
    """`graph` gives the steps and what flows, as JSON, text and SVG."""
    shell, _ = done
    graph = shell.json("graph", "nb.ipynb")
    assert ["load", "train", "judge"] == [step["name"] for step in graph["steps"]]
    edges = {(edge["from"], edge["to"]): edge["names"] for edge in graph["edges"]}
    assert {("load", "train"): ["rows"], ("train", "judge"): ["model"]} == edges
    assert "load → train   rows" in shell("graph", "nb.ipynb").stdout
    assert 0 == shell("graph", "nb.ipynb", "--svg", str(tmp_path / "nb.svg")).returncode
    assert (tmp_path / "nb.svg").read_text().startswith("<svg")


def test_compile_gives_the_same_bytes_each_time(done: tuple[Shell, Any], tmp_path: Path) -> None:
    """The pipeline in a file is the one on stdout, and does not change from run to run."""
    shell, _ = done
    first = shell("compile", "nb.ipynb").stdout
    assert 0 == shell("compile", "nb.ipynb", "-o", str(tmp_path / "p.json")).returncode
    assert first == (tmp_path / "p.json").read_text()
    assert ["load", "train", "judge"] == [task["name"] for task in json.loads(first)["tasks"]]


def test_verify_agrees(done: tuple[Shell, Any]) -> None:
    """`verify` of a notebook that works is equal and exits with 0."""
    shell, _ = done
    ran = shell("verify", "nb.ipynb", "--json")
    assert (0, True) == (ran.returncode, json.loads(ran.stdout)["equal"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_cleanly(done: tuple[Shell, Any], tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end the run as CANCELED with 130; what was printed is kept; no process is left."""
    shell = Shell(tmp_path, tmp_path / "home")
    write_notebook(
        tmp_path / "slow.ipynb",
        [("step:a", "x = 1"), ("step:b", "import time\nprint('begun')\nwhile x:\n    time.sleep(0.05)")],
    )
    process = subprocess.Popen(
        shell.command("run", "slow.ipynb", "--json"),
        cwd=tmp_path,
        env=shell.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stdout is not None
    for line in process.stderr:
        if line.startswith("b: running"):
            break
    deadline = time.monotonic() + 30
    while "begun" not in shell("logs", "last", "b").stdout and time.monotonic() < deadline:
        pass
    process.send_signal(number)
    stdout, _ = process.communicate(timeout=60)
    document = json.loads(stdout)
    assert (130, "CANCELED", "CANCELED") == (process.returncode, document["state"], document["tasks"]["b"]["state"])
    assert [] == processes_of(shell.home)
