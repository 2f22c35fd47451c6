"""What people's own machines do to runs in a cluster: they are closed, two start the same one, or one without room."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from line_between import LineBetween

from kfnb.artifacts import calls
from kfnb.cli.app import run_app
from kfnb.client import Run
from kfnb.errors import LeaseHeld, OutsideError
from kfnb.profiles.editing import add_profile
from kfnb.runners.api_server import ApiServer, Foreign
from kfnb.runners.chosen import cluster_options
from kfnb.runners.job_manifest import run_name
from kfnb.runners.orchestrator_job import orchestrator_name
from kfnb.runners.run_objects import RunObjects
from tests.cluster.fixtures import Cluster
from tests.cluster.places import S3
from tests.cluster.runs import Place, at_gate, end, made_place, notebook, settings_of
from tests.cluster.shell import wait_until

STEPS = ("import time\nprint('begun', flush=True)\ntime.sleep(8)\nx = int('1')", "y = x + 1\nprint(y)")


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def test_a_laptop_that_is_closed_changes_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run whose command is killed goes on; another machine follows it and has all of it when its objects are gone."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    table = settings_of(place.profile)
    add_profile("test", {**table, "ttl_seconds": 3})
    path = notebook(tmp_path / "p.ipynb", *STEPS)
    command = [sys.executable, "-m", "kfnb", "run", str(path), "--on", "test", "--no-cache"]
    environment = {**os.environ, "KFNB_HOME": str(tmp_path / "closed")}
    with subprocess.Popen(command, env=environment, start_new_session=True) as laptop:
        try:
            wait_until(lambda: place.get("jobs") != [], "The run's first Job")
            run = place.client().get("last")
            place.wait_running(run, "s0")
        finally:
            os.killpg(laptop.pid, signal.SIGKILL)
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "other"))

    def kfnb(*words: str) -> str:
        capfd.readouterr()
        assert 0 == run_app([*words, "--on", "test"])
        return capfd.readouterr().out

    assert "RUNNING" == run.state
    kfnb("watch", "last")
    assert [(run.id, "SUCCEEDED")] == [(r["run_id"], r["state"]) for r in json.loads(kfnb("runs", "--json"))["runs"]]
    wait_until(lambda: place.left() == [], "The end of objects whose time is over")
    assert "succeeded" in kfnb("show", run.id).splitlines()[0]
    copy = shutil.copy(path, tmp_path / "copy.ipynb")
    kfnb("outputs", "last", "--into", str(copy))
    shown = [cell["outputs"][0]["text"] for cell in json.loads(Path(copy).read_text("utf-8"))["cells"]]
    assert ["begun\n", "2\n"] == ["".join(text) for text in shown]


def test_a_laptop_that_loses_the_store_for_long_leaves_the_run(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pods of a run that it drives go on, and are taken up when the store can be reached again."""
    with LineBetween(S3.removeprefix("http://")) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{line.address}")
        path = notebook(tmp_path / "p.ipynb", at_gate(), "y = x + 1\nprint(y)")
        run = place.run(path, cache=False, local_orchestrator=True)
        place.wait_running(run, "s0")
        monkeypatch.setattr(calls, "PATIENCE", 2.0)
        line.cut()
        place.open_gate(run, "s0")
        with pytest.raises(OutsideError, match=rf"Run {run.id} is left to whoever drives it next: The artifact store"):
            run.wait(120)
        assert 1 == len(place.get("jobs"))
        line.mend()
        run = place.client().get(run.id)
        assert ("RUNNING", True) == (run.state, run.is_interrupted)
        run = place.client().resume(run.id)
        assert "SUCCEEDED" == end(run)
        assert [1, 1] == [task.attempt for task in run.tasks.values()]


def test_a_run_that_two_machines_start_is_driven_once(place: Place, tmp_path: Path) -> None:
    """The second one is told that it is driven; so it is where both do anew a run that has ended."""
    client = place.client()
    path = notebook(tmp_path / "p.ipynb", "x = int('1')", "y = x + 1\nprint(y)")
    run = client.get(client.prepare(path, options=cluster_options(place.profile, local_orchestrator=False)).run_id)

    def start_twice(*, again: bool) -> list[str]:
        ready = threading.Barrier(2)

        def start(there: RunObjects) -> str:
            ready.wait(30)
            try:
                there.start_orchestrator(again=again)
            except LeaseHeld as held:
                return str(held)
            return "started"

        with ThreadPoolExecutor(2) as machines:
            return sorted(machines.map(start, [RunObjects(place.profile, run.id) for _ in range(2)]))

    driven = f"Run {run.id} is driven by its orchestrator in the cluster already."
    assert [driven, "started"] == start_twice(again=False)
    assert "SUCCEEDED" == end(run)
    wait_until(lambda: not RunObjects(place.profile, run.id).is_driven(), "The end of the orchestrator")
    assert [driven, "started"] == start_twice(again=True)
    wait_until(lambda: not RunObjects(place.profile, run.id).is_driven(), "The end of the second orchestrator")
    done = [event.task for event in run.events() if event.state == "SUCCEEDED" and event.task]
    assert ("SUCCEEDED", ["s0", "s1"]) == (run.state, done)


@pytest.mark.parametrize("local", [False, True])
def test_a_run_that_two_laptops_resume_at_once_is_driven_by_one(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: bool
) -> None:
    """Each has a home of its own and types the command; the other is told so, and no task is done twice."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    add_profile("test", settings_of(place.profile))
    last = f"{NOT_AT_FIRST}\n{at_gate('y = x + 1')}"
    run = place.run(notebook(tmp_path / "p.ipynb", "x = int('1')", last), cache=False, local_orchestrator=local)
    assert "FAILED" == end(run)
    wait_until(lambda: not run.is_driven, "The end of who drove the run first")

    command = [sys.executable, "-m", "kfnb", "resume", run.id, "--on", "test"]
    laptops = [
        subprocess.Popen(
            command,
            env={**os.environ, "KFNB_HOME": str(tmp_path / name)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in ("one", "other")
    ]
    try:
        wait_until(lambda: any(laptop.poll() is not None for laptop in laptops), "The answer to who came second")
        place.wait_running(place.client().get(run.id), "s1", attempt=2)
        place.open_gate(run, "s1")
        said = [laptop.communicate(timeout=240)[0] for laptop in laptops]
    finally:
        for laptop in laptops:
            laptop.kill()
    codes = [laptop.returncode for laptop in laptops]
    assert [0, 4] == sorted(codes), said
    refused = said[codes.index(4)]
    assert "Traceback" not in refused
    assert f"un {run.id} is " in refused, refused
    run = place.client().get(run.id)
    done = [event.task for event in run.events() if event.state == "SUCCEEDED" and event.task]
    assert ("SUCCEEDED", ["s0", "s1"], 2) == (run.state, done, run.begins)
    assert [1, 2] == [task.attempt for task in run.tasks.values()]


def test_an_orchestrator_whose_making_was_not_heard_of_is_the_run_s_own(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is made again where its answer was lost: the Job that is there then is known for its own."""
    asked: list[Any] = []
    create = ApiServer.create

    def create_twice(api: ApiServer, path: str, body: Any, **how: Any) -> Any:
        asked.append(create(api, path, body, **how))
        return create(api, path, body, **how)

    with monkeypatch.context() as lost:
        lost.setattr(ApiServer, "create", create_twice)
        run = place.run(notebook(tmp_path / "p.ipynb", "x = int('1')"), cache=False, preflight=False)
    assert [orchestrator_name(run.id)] == [each["metadata"]["name"] for each in asked]
    assert "SUCCEEDED" == end(run)


@pytest.mark.parametrize("kind", ["Job", "ConfigMap"])
def test_what_has_the_name_of_a_run_s_own_and_is_somebody_s_is_left_alone(
    place: Place, tmp_path: Path, kind: str
) -> None:
    """The run fails, saying what to remove; when that is gone it goes on."""
    client, path = place.client(), notebook(tmp_path / "p.ipynb", "x = int('1')")
    options = cluster_options(place.profile, local_orchestrator=kind == "ConfigMap")
    run = client.get(client.prepare(path, options=options | {"cache": False}).run_id)
    name = orchestrator_name(run.id) if kind == "Job" else run_name(run.id)
    containers = [{"name": "main", "image": place.cluster.image}]
    spec = {"suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": containers}}}
    somebody_s = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": place.namespace}}
    place.cluster.apply(somebody_s | ({"apiVersion": "batch/v1", "spec": spec} if kind == "Job" else {}))
    why = f"There is a {kind} {name} in namespace {place.namespace} that this run did not make."
    with pytest.raises(Foreign, match=re.escape(why)):
        client.resume(run.id).wait(60)
    assert [f"{kind.lower()}.batch/{name}" if kind == "Job" else f"{kind.lower()}/{name}"] == place.kubectl(
        "get", kind, name, "--output=name"
    ).split()
    place.kubectl("delete", kind, name)
    assert "SUCCEEDED" == end(client.resume(run.id))


NOT_AT_FIRST = "import socket\nassert socket.gethostname().rsplit('-', 2)[1] != '1'"
"""Fails in the pod of a task's first attempt, whose name ends with the attempt's number and letters of chance."""


def test_one_task_and_then_the_rest_are_done_anew_by_the_cluster(place: Place, tmp_path: Path) -> None:
    """Each with what waits for it and nothing else, once, also where the orchestrator's pod is killed meanwhile."""
    path = notebook(
        tmp_path / "p.ipynb",
        "x = int('1')",
        f"{NOT_AT_FIRST}\ny = x + 1",
        f"{NOT_AT_FIRST}\nimport time\nprint('begun', flush=True)\ntime.sleep(8)\nz = x + 2",
        "print('y', y)",
        "print('z', z)",
    )
    client = place.client()
    run = place.run(path, cache=False)
    assert "FAILED" == end(run)
    assert ["SUCCEEDED", "FAILED", "FAILED", "SKIPPED", "SKIPPED"] == states(run)

    wait_until(lambda: not run.is_driven, "The end of the orchestrator")
    assert "FAILED" == end(client.resume(run.id, task="s1"))
    assert ["SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED", "SKIPPED"] == states(run)

    wait_until(lambda: not run.is_driven, "The end of the second orchestrator")
    client.resume(run.id)
    place.wait_running(run, "s2", attempt=2)
    place.kubectl("delete", "pod", "--selector", "kfnb.dev/role=orchestrator", "--grace-period=0", "--force")
    assert "SUCCEEDED" == end(run)
    assert ["SUCCEEDED"] * 5 == states(run)
    done = [event.task for event in run.events() if event.state == "SUCCEEDED" and event.task]
    assert ["s0", "s1", "s3", "s2", "s4"] == done
    assert [1, 2, 2, 1, 1] == [task.attempt for task in run.tasks.values()]
    assert run.begins >= 4


def states(run: Run) -> list[str]:
    """The states of a run's tasks, in the notebook's order."""
    return [task.state for task in run.tasks.values()]


def test_a_quota_without_room_for_any_pod_is_waited_out(place: Place, tmp_path: Path) -> None:
    """Whoever drives the run, it begins when there is room, and until then says why it does not."""
    path = notebook(tmp_path / "p.ipynb", "x = int('1')", "y = x + 1\nprint(y)")
    set_quota(place, pods=0)
    there, here = runs = [
        place.run(path, cache=False, preflight=False, local_orchestrator=local) for local in (False, True)
    ]
    objects = RunObjects(place.profile, there.id)
    wait_until(lambda: "quota" in str(objects.why_it_waits()), "The word that there is no room for the run")
    wait_until(lambda: "quota" in str(here.tasks["s0"].why), "The word that there is no room for its step")
    assert ["PENDING"] * 2 == [run.tasks["s0"].state for run in runs]
    set_quota(place, pods=10)
    assert ["SUCCEEDED"] * 2 == [end(run) for run in runs]
    assert [1] * 4 == [task.attempt for run in runs for task in run.tasks.values()]


def set_quota(place: Place, pods: int) -> None:
    """Let the namespace have this many pods."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": place.namespace}}
    place.cluster.apply({**quota, "spec": {"hard": {"pods": str(pods)}}})
