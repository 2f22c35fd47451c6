"""What Kale 2.3 gets wrong, each fault as a notebook of notebooks/kale/ with which kfnb does the right thing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from .comparison import Comparison, kfnb
from .corpus import Example, corpus

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {example.name: example for example in corpus("kale")}
EQUAL = sorted(EXAMPLES.keys() - {"failing_cell", "resources"})


def ask(example: str, folder: Path, *arguments: str, code: int = 0) -> Any:
    """Return the JSON that `kfnb COMMAND NOTEBOOK … --json` prints."""
    work = folder / "work"
    if not work.exists():
        EXAMPLES[example].write(work)
    command, *rest = arguments
    answer = kfnb([command, f"{example}.ipynb", *rest, "--json"], work, folder)
    assert (code, "") == (answer.returncode, answer.stderr if answer.returncode != code else "")
    return json.loads(answer.stdout)


def edges(example: str, folder: Path) -> set[tuple[str, str]]:
    """Return the edges of the example's graph as pairs of step names."""
    return {(edge["from"], edge["to"]) for edge in ask(example, folder, "graph")["edges"]}


def compiled(example: str, folder: Path) -> dict[str, Any]:
    """Return the tasks of the compiled example by name."""
    ask(example, folder, "compile", "-o", "pipeline.json")
    document = json.loads((folder / "work" / "pipeline.json").read_text())
    return {task["name"]: task for task in document["tasks"]}


def span(run: dict[str, Any], task: str) -> tuple[datetime, datetime]:
    """Return when a task started and finished."""
    times = run["tasks"][task]
    return datetime.fromisoformat(times["started"]), datetime.fromisoformat(times["finished"])


def printed(run: dict[str, Any], folder: Path) -> dict[str, str]:
    """Return the log of each task of a run."""
    answer = kfnb(["logs", run["run_id"], "--json"], folder, folder)
    logs: dict[str, str] = json.loads(answer.stdout)["logs"]
    return logs


@pytest.mark.parametrize("example", [EXAMPLES[name] for name in EQUAL], ids=EQUAL)
def test_run_equals_the_notebook(example: Example, tmp_path: Path) -> None:
    """The notebook gives as a pipeline what it gives by hand."""
    verdict = Comparison(example, tmp_path).verdict("tagged", probes=True)
    assert ("equal", "") == (verdict.kind, verdict.detail)


def test_names_make_edges(tmp_path: Path) -> None:
    """Edges come from names, without any `prev:` tag."""
    expected = {("load", "sort"), ("load", "sum"), ("sort", "report"), ("sum", "report")}
    assert expected == edges("names_make_edges", tmp_path)


def test_order_without_data_is_kept(tmp_path: Path) -> None:
    """A `prev:` edge without data is in the graph, and is waited for."""
    assert {("first", "second")} == edges("order_without_data", tmp_path)
    run = ask("order_without_data", tmp_path, "run")
    assert span(run, "first")[1] <= span(run, "second")[0]


def test_siblings_that_change_one_object_run_in_notebook_order(tmp_path: Path) -> None:
    """The second of two siblings that change one object takes the first one's result; the join waits for both."""
    assert {("left", "right"), ("right", "join")} <= edges("siblings_change_one_object", tmp_path)
    run = ask("siblings_change_one_object", tmp_path, "run")
    assert max(span(run, "left")[1], span(run, "right")[1]) <= span(run, "join")[0]
    assert "('plums', 12)" in printed(run, tmp_path)["join"]


def test_steps_without_inputs_run_side_by_side(tmp_path: Path) -> None:
    """Two steps that need nothing from each other overlap."""
    run = ask("independent_steps", tmp_path, "run", "--max-parallel", "2")
    (one_started, one_finished), (two_started, two_finished) = span(run, "one"), span(run, "two")
    assert max(one_started, two_started) < min(one_finished, two_finished)


def test_parameters_go_only_where_they_are_read(tmp_path: Path) -> None:
    """A step is given the parameters that it reads and no others (the first one runs their cell as well)."""
    tasks = compiled("parameter_values", tmp_path)
    given = {
        name: {*task.get("parameters", ()), *(i["name"] for i in task.get("inputs", ()))}
        for name, task in tasks.items()
    }
    assert {"label", "options"} == given["names"]
    assert {"used_nowhere_but_at_the_end", "moved"} == given["end"]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [("offset=-10", "[-9, -8, -15]"), ("sizes=[-1]", "[-4]"), ("sizes=[]", "[]")],
)
def test_parameter_values_of_any_kind(parameter: str, expected: str, tmp_path: Path) -> None:
    """Negative numbers and lists are parameter values like any other."""
    run = ask("parameter_values", tmp_path, "run", "-p", parameter)
    assert expected == printed(run, tmp_path)["numbers"].strip()


def test_none_is_a_parameter_value(tmp_path: Path) -> None:
    """A parameter may be None, and may be given as null."""
    run = ask("parameter_values", tmp_path, "run", "-p", "label=null")
    assert "True True True" == printed(run, tmp_path)["names"].strip()


def test_resources_are_kept(tmp_path: Path) -> None:
    """Limits of memory and cpu, TPUs and MIG devices reach the compiled step."""
    tasks = compiled("resources", tmp_path)
    limits = {name: task["settings"]["limits"] for name, task in tasks.items()}
    assert {
        "small": {"memory": "1Gi", "cpu": "500m"},
        "mig": {"nvidia.com/mig-1g.5gb": "1"},
        "tpu": {"google.com/tpu": "4"},
    } == limits
    assert {"cpu": "2"} == tasks["tpu"]["settings"]["requests"]


def test_prints_reach_the_log_of_their_step(tmp_path: Path) -> None:
    """What a step prints stands in its log, line by line."""
    run = ask("prints", tmp_path, "run")
    logs = printed(run, tmp_path)
    assert ["line 0", "line 1", "line 2"] == [line for line in logs["talk"].splitlines() if line.startswith("line")]
    assert "to stderr" in logs["talk"]
    assert "" == logs["quiet"].strip()


def test_cells_after_a_failing_cell_do_not_run(tmp_path: Path) -> None:
    """A step stops at its first failing cell, keeps what was shown, and the run is FAILED."""
    run = ask("failing_cell", tmp_path, "run", code=1)
    states = {name: task["state"] for name, task in run["tasks"].items()}
    assert ("FAILED", "FAILED", "SKIPPED") == (run["state"], states["work"], states["needs"])
    assert "work" in run["tasks"]["needs"]["why"]
    log = printed(run, tmp_path)["work"]
    assert ("before" in log, "after" in log.replace("after.txt", "")) == (True, False)
    assert "ZeroDivisionError" in run["tasks"]["work"]["why"]


def test_executed_notebook_is_kept(tmp_path: Path) -> None:
    """The executed cells, with their outputs, can be had after the run."""
    run = ask("executed_notebook", tmp_path, "run")
    work = tmp_path / "work"
    answer = kfnb(["outputs", run["run_id"], "--into", "executed_notebook.ipynb"], work, tmp_path)
    assert 0 == answer.returncode, answer.stderr
    cells = json.loads((work / "executed_notebook.ipynb").read_text())["cells"]
    texts = [output.get("text") or output["data"]["text/plain"] for cell in cells for output in cell["outputs"]]
    assert ["42", "kept\n", "{'value': 42}"] == ["".join(text) for text in texts]
    assert [1, 2, 3] == [cell["execution_count"] for cell in cells]


def test_history_and_graph_are_there(tmp_path: Path) -> None:
    """A run can be shown after it ended: states, times, metrics; and listed with the others."""
    run = ask("kale_style", tmp_path, "run")
    answer = kfnb(["show", run["run_id"], "--json"], tmp_path, tmp_path)
    shown = json.loads(answer.stdout)
    assert run == shown
    assert {"ring": 15.71, "ring_area": 15.71} == {
        name: round(value, 2) for name, value in shown["metrics"]["report"].items()
    }
    listed = json.loads(kfnb(["runs", "--json"], tmp_path, tmp_path).stdout)["runs"]
    assert [run["run_id"]] == [entry["run_id"] for entry in listed]
