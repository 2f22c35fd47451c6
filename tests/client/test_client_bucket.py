"""Runs with everything in a bucket: on this machine, and in places that have nothing but the bucket."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from client_notebooks import write_notebook
from gcs_server import GcsServer
from pod_runner import PodRunner
from s3_gateway import Gateway

from kfnb.artifacts.shipping import named_beside, ship
from kfnb.client import Client, Run
from kfnb.orchestrator import places
from kfnb.spec import ExecutorOutput, to_json

EXAMPLES = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def client(tmp_path: Path, bucket: str) -> Iterator[Client]:
    client = Client(home=tmp_path / "home", root=f"{bucket}/kfnb")
    yield client
    client.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the examples."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "laptop" / "notebooks"))


def in_pods(client: Client, notebook: Path, keys: dict[str, str]) -> tuple[Run, list[str]]:
    """Run a notebook as in a cluster, its folder away meanwhile; return the run, ended, and the tasks that ran."""
    info = client.prepare(notebook, options={"max_parallel": 4, "cache": True})
    key = places.run_key(info.run_id, "folder.json")
    ship(notebook.parent, client.store, key, beside=named_beside(info.spec, notebook.parent))
    info = msgspec.structs.replace(info, shipped=key)
    client.store.write(places.run_key(info.run_id, "run.json"), to_json(info))
    local = client._take_runner(start=False)
    local.choose(info.spec.kernel)
    runner = PodRunner(local, client.home.parent / f"pods-{info.run_id}", keys)
    laptop, gone = notebook.parents[1], notebook.parents[1].with_name("gone")
    laptop.rename(gone)
    run = Run(client.store, info, client.home)
    run.start(runner)
    run.wait()
    assert not laptop.exists()
    gone.rename(laptop)
    local.close()
    assert "SUCCEEDED" == run.state, run.to_dict()
    return run, runner.started


def outputs_of(run: Run) -> dict[str, object]:
    """The digests of all values that a run's tasks gave, by attempt."""
    found: dict[str, object] = {}
    for key in run.store.list(places.run_key(run.id, "tasks")):
        if key.endswith("/output.json"):
            values = msgspec.json.decode(run.store.read(key), type=ExecutorOutput).artifacts
            digests = {name: value.group.digests for name, value in values.items() if value.group is not None}
            found[key.removeprefix(places.run_key(run.id, ""))] = digests
    return found


@pytest.mark.parametrize("name", ["quickstart", "churn"])
def test_an_example_runs_with_everything_in_a_bucket(client: Client, folder: Path, name: str) -> None:
    """A run on this machine, its logs, results and cache lie in a bucket; a second one runs nothing."""
    first = client.run(folder / f"{name}.ipynb").wait().raise_for_state()
    again = client.run(folder / f"{name}.ipynb").wait().raise_for_state()
    assert {True} == {task.cached for task in again.tasks.values()}
    known = Client(home=client.home.with_name("other"), root=client.root)
    assert [again.id, first.id] == [run.id for run in known.runs()]
    assert first.metrics == known.get(first.id).metrics
    assert any(task.log() for task in known.get(first.id).tasks.values())
    assert {"kfnb"} == set(client.store.__class__(client.root.rpartition("/")[0]).children(""))


def test_a_bucket_of_google_s_serves_pods_and_this_machine(
    tmp_path: Path, folder: Path, gcs_bucket: str, gcs_server: GcsServer
) -> None:
    """A run whose tasks have nothing but a bucket of Google's is one that this machine knows and uses again."""
    client = Client(home=tmp_path / "home", root=f"{gcs_bucket}/kfnb")
    there, started = in_pods(client, folder / "quickstart.ipynb", gcs_server.environment)
    assert set(started) == set(there.tasks)
    here = client.run(folder / "quickstart.ipynb").wait().raise_for_state()
    assert {True} == {task.cached for task in here.tasks.values()}
    assert outputs_of(there)
    client.close()


@pytest.mark.parametrize("name", ["quickstart", "churn"])
def test_an_example_gives_the_same_where_only_the_bucket_is(
    client: Client, folder: Path, name: str, s3_gateway: Gateway
) -> None:
    """Tasks in places without the folder give what they give beside it, and share its cache."""
    there, started = in_pods(client, folder / f"{name}.ipynb", s3_gateway.environment)
    assert set(started) == set(there.tasks)
    here = client.run(folder / f"{name}.ipynb").wait().raise_for_state()
    assert {True} == {task.cached for task in here.tasks.values()}
    anew = client.run(folder / f"{name}.ipynb", cache=False).wait().raise_for_state()
    assert anew.metrics == there.metrics
    if name == "quickstart":  # models are not the same bytes twice on one machine either
        assert outputs_of(anew) == outputs_of(there)


def test_results_made_beside_the_folder_are_used_where_it_is_not(
    client: Client, tmp_path: Path, s3_gateway: Gateway
) -> None:
    """Of a run on this machine a run without the folder takes all results, until a file of the folder changes."""
    folder = tmp_path / "laptop" / "work"
    folder.mkdir(parents=True)
    (folder / "data.txt").write_text("one two")
    (folder.parent / "tools.py").write_text("def size(text):\n    return len(text)\n")
    notebook = write_notebook(
        folder / "n.ipynb",
        "import sys\nsys.path.insert(0, '..')\nimport tools\nn = tools.size(open('data.txt').read())",
        "m = n + 1\nopen('made.txt', 'w').write(str(m))",
        "import os\nhere = os.getcwd()\nprint(open('made.txt').read(), m)",
        "print(open(os.path.join(here, 'made.txt')).read())",
    )
    client.run(notebook).wait().raise_for_state()
    assert [] == in_pods(client, notebook, s3_gateway.environment)[1]
    (folder / "data.txt").write_text("three")
    assert ["s0", "s1", "s2", "s3"] == in_pods(client, notebook, s3_gateway.environment)[1]
    (folder.parent / "tools.py").write_text("def size(text):\n    return 2 * len(text)\n")
    assert ["s0", "s1", "s2", "s3"] == in_pods(client, notebook, s3_gateway.environment)[1]
