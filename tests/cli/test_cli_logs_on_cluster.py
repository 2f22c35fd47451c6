"""`kfnb logs` of runs on the real cluster: live from the pods, whole, each line once; and from the store afterwards."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest

from kfnb.cli.app import run_app
from kfnb.cli.following_pods import PodLogFollower
from kfnb.client import Run
from kfnb.profiles import Profile
from kfnb.runners import live_logs
from kfnb.runners.api_server import ApiServer
from kfnb.runners.job_manifest import RUN, TASK
from kfnb.runners.live_logs import LiveLogs
from kfnb.runners.rights import missing, needed
from kfnb.runners.run_objects import RunObjects
from tests.cluster import situations
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.runs import Place, made_place
from tests.cluster.shell import ClusterError, wait_until
from tests.cluster.situations import RUN_ID, Situation

BURSTS, LINES = 8, 40
PRINTS = f"""
import time
for burst in range({BURSTS}):
    print('{{"event":"progress","data":{{}}}}')
    for line in range({LINES}):
        print(burst, line, '' if line else 'x' * 40_000)
    time.sleep(0.8)
print('the end', end='')
"""


def printed() -> str:
    """What PRINTS prints, without the events."""
    lines = [f"{b} {n} {'' if n else 'x' * 40_000}\n" for b in range(BURSTS) for n in range(LINES)]
    return "".join(lines) + "the end"


def test_no_line_is_lost_or_doubled_when_connections_break(
    cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pods at once, connections that are cut in each pause: the text of each is whole, events are left out."""
    monkeypatch.setattr(live_logs, "_SILENCE", 0.4)
    names = ("one", "two", "three")
    made = Situation(command=("python", "-u", "-c", PRINTS))
    cluster.apply(*(situations.manifest(name, made, namespace, cluster.image) for name in names))
    logs = LiveLogs(ApiServer(CONTEXT, str(KUBECONFIG), namespace), f"{RUN}={RUN_ID},{TASK}")
    logs.start()
    texts = dict.fromkeys(names, "")
    try:
        while True:
            more = logs.reading() or any(not text for text in texts.values())
            for piece in logs.take():
                texts[piece.task] += piece.text
            if not more:
                break
            time.sleep(0.05)
    finally:
        logs.close()
    assert dict.fromkeys(names, printed()) == texts


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def notebook(path: Path) -> Path:
    """Two steps side by side that print for some seconds."""
    code = "import time\nfor n in range(12):\n    print('{0}', n)\n    time.sleep(0.5)"
    cells = [
        nbformat.v4.new_code_cell(code.format(name), metadata={"tags": [f"step:{name}"]}) for name in ("left", "right")
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def expected(name: str) -> list[str]:
    """The lines of a step."""
    return [f"{name} {n}" for n in range(12)]


def nosy(place: Place, folder: Path) -> Profile:
    """The profile of somebody who may see pods, but not logs."""
    rights = [right for right in needed("user") if right.resource != "pods/log"]
    file, api = people(place.cluster, place.namespace, folder, {"nosy": rights})["nosy"]
    wait_until(lambda: missing(api, rights) == [], "The rights of somebody")
    return msgspec.structs.replace(place.profile, kubeconfig=str(file))


def follow_as(profile: Profile, run: Run, folder: Path) -> list[str]:
    """Follow a run as the person of a profile: all lines come; what is warned of."""
    said: list[str] = []
    warnings: list[str] = []
    theirs = Run(run.store, run.info, folder)
    theirs.there = RunObjects(profile, run.id)
    PodLogFollower(theirs, None, warnings.append).run(lambda text: said.extend(text.splitlines()))
    for name in ("left", "right"):
        assert expected(name) == [line for line in said if line.startswith(f"{name} ")]
    return warnings


def test_logs_are_followed_while_pods_live_and_kept_when_they_are_gone(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Lines come while the run runs, by the store where pods' logs may not be read; the same are in the store; the
    orchestrator's pod has a line a change of state."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    somebody = nosy(place, tmp_path)
    run = place.run(notebook(tmp_path / "talks.ipynb"), save="needed")
    said: list[str] = []
    early: list[str] = []

    def say(text: str) -> None:
        said.extend(text.splitlines())
        if not run.has_ended:
            early.extend(text.splitlines())

    warnings: list[str] = []
    with ThreadPoolExecutor(1) as beside:
        refused = beside.submit(follow_as, somebody, run, tmp_path)
        PodLogFollower(run, None, warnings.append).run(say)
    for name in ("left", "right"):
        assert expected(name) == [line for line in said if line.startswith(f"{name} ")]
    assert ([], [True]) == (warnings, ["pods/log" in warning for warning in refused.result()])
    assert {"left 0", "right 0"} <= set(early)
    capsys.readouterr()

    def orchestrator_says() -> str:
        assert 0 == run_app(["logs", run.id, "--root", place.profile.root, "--orchestrator"])
        return str(capsys.readouterr().out)

    wait_until(lambda: "run: SUCCEEDED" in orchestrator_says(), "The orchestrator's last line")
    assert run.there is not None
    run.there.remove()
    assert 0 == run_app(["logs", run.id, "--root", place.profile.root, "--json"])
    logs = json.loads(capsys.readouterr().out)["logs"]
    assert {name: expected(name) for name in ("left", "right")} == {n: text.splitlines() for n, text in logs.items()}
    said.clear()
    PodLogFollower(run, "left", warnings.append).run(say)
    assert expected("left") == said


MUCH, MORE = 250_000, 200
PRINTS_MUCH = f"""
import os, time
for n in range({MUCH}):
    print(n, 'x' * 90)
while not os.path.exists('/tmp/go'):
    time.sleep(0.1)
for n in range({MORE}):
    print('more', n)
    time.sleep(0.01)
"""


def test_a_log_of_which_the_node_keeps_the_end_is_followed_from_its_beginning(place: Place, tmp_path: Path) -> None:
    """Who comes when kubelet has begun a new file all the same gets every line once: what is gone is in the store."""
    path = tmp_path / "much.ipynb"
    cell = nbformat.v4.new_code_cell(PRINTS_MUCH, metadata={"tags": ["step:much"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    run = place.run(path)
    wait_until(lambda: run.tasks["much"].state == "RUNNING", "The start of the step")
    (pod,) = place.pods(run)
    name = pod["metadata"]["name"]

    def has_new_file() -> bool:
        with contextlib.suppress(ClusterError):  # between the files there is none for a moment
            return '"started"' not in place.kubectl("logs", name, "--limit-bytes=100")
        return False

    wait_until(has_new_file, "A new file for the pod's log")
    place.kubectl("exec", name, "--", "touch", "/tmp/go")
    said: list[str] = []
    warnings: list[str] = []
    PodLogFollower(run, "much", warnings.append).run(lambda text: said.extend(text.splitlines()))
    expected = [*(f"{n} {'x' * 90}" for n in range(MUCH)), *(f"more {n}" for n in range(MORE))]
    pairs = enumerate(zip(expected, said, strict=False))
    others = [(at, line[:40], other[:40]) for at, (line, other) in pairs if line != other]
    assert (len(expected), [], []) == (len(said), others[:3], warnings)
