"""`kfnb manifests`: the objects of a run as YAML and JSON, and what is refused before any is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfnb.cli.app import run_app
from kfnb.profiles.editing import add_profile

TABLE = {"namespace": "ml", "root": "s3://runs/kfnb/", "image": "base:1"}
CELLS = {
    "load": (["step:load"], "items = [1, 2]"),
    "each": (["step:each", "foreach:2", "gpu:1"], "squares = [x * x for x in items]"),
    "tell": (["step:tell", "when:len(items) > 1"], "print(squares)"),
}


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Calls `kfnb manifests` for the notebook of CELLS (with more tags on its first cell); gives code and output."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))

    def call(*arguments: str, tags: tuple[str, ...] = ()) -> tuple[int, str, str]:
        cells = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": name,
                "metadata": {"tags": [*own, *(tags if name == "load" else ())]},
                "outputs": [],
                "source": source,
            }
            for name, (own, source) in CELLS.items()
        ]
        path = tmp_path / "work.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
        code = run_app(["manifests", str(path), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_each_object_of_a_run_is_a_document(printed: Any) -> None:
    """The orchestrator's Job, the run's ConfigMap and Jobs for each step and a fan-out's elements; lines tell them."""
    add_profile("test", TABLE)
    code, out, err = printed()
    documents = list(yaml.safe_load_all(out))
    assert (0, "") == (code, err)
    driver, *others = documents
    assert ("Job", "kfnb-00000000-000000-0000-orchestrator") == (driver["kind"], driver["metadata"]["name"])
    assert [
        ("ConfigMap", ""),
        ("Job", "load"),
        ("Job", "each-items"),
        ("Job", "each"),
        ("Job", "each"),
        ("Job", "tell"),
    ] == [(each["kind"], each["metadata"]["labels"].get("kfnb.dev/task", "").replace(".", "-")) for each in others]
    assert [
        "# What drives the run; with --local-orchestrator your machine does, and there is none.",
        "# The run: it owns everything below, which goes with it.",
        "# Step `load`.",
        "# Step `each[items]`.",
        "# Step `each`: its elements, one pod each; how many there are is known when it runs, here 2.",
        "# Step `each`: what puts the elements together.",
        "# Step `tell`, if len(items) > 1.",
    ] == [line for line in out.splitlines() if line.startswith("#")]
    command = others[1]["spec"]["template"]["spec"]["containers"][0]["command"]
    uri = "s3://runs/kfnb/runs/00000000-000000-0000/tasks/load/1/input.json"
    assert ["python", "-m", "kfnb.launcher", uri] == command
    elements = others[3]["spec"]
    assert ("Indexed", 2, 2) == (elements["completionMode"], elements["completions"], elements["parallelism"])
    command = elements["template"]["spec"]["containers"][0]["command"]
    uri = "s3://runs/kfnb/runs/00000000-000000-0000/together/each.0-1.json"
    assert ["python", "-m", "kfnb.launcher", "--element-of", uri] == command


def test_json_is_the_same(printed: Any) -> None:
    """With `--json` the same objects are one document."""
    add_profile("test", TABLE)
    document = json.loads(printed("--on", "test", "--json")[1])
    assert "test" == document["cluster"]
    assert [*yaml.safe_load_all(printed()[1])] == document["manifests"]


def test_what_no_pod_can_be_made_of_is_refused(printed: Any) -> None:
    """A finding ends the command with 2 before anything is printed."""
    add_profile("test", TABLE)
    code, out, err = printed(tags=("accelerator:quantum",))
    assert (2, "", True) == (code, out, "error KF910: Step `load` asks for the accelerator `quantum`" in err)


def test_without_a_cluster_there_are_none(printed: Any) -> None:
    """Where no cluster is known the command to type is said."""
    code, out, err = printed()
    assert (2, "", True) == (code, out, "kfnb cluster add NAME" in err)
