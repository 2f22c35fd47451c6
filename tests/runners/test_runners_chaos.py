"""Parts of the cluster fail under runs: each ends as it would have, and no task's success is recorded twice."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kfnb.client import Run
from kfnb.orchestrator.places import attempt_key
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until

pytestmark = pytest.mark.timeout(1200)
WORK = "import time\nprint('begun', flush=True)\ntime.sleep({})\n"
EVERYWHERE = ({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},)
"""Tolerations with which pods run on both nodes."""
NEVER_EVICTED = tuple(
    {"key": f"node.kubernetes.io/{how}", "operator": "Exists", "effect": "NoExecute"}
    for how in ("unreachable", "not-ready")
)
"""Tolerations of pods that stay on a node which is lost."""
ON_GPU = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["gpu"]}]}
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
BEST_ON_GPU = {"nodeAffinity": {PREFERRED: [{"weight": 100, "preference": ON_GPU}]}}
"""An affinity of pods that run on the other node where that one cannot take them."""


@pytest.fixture
def place(
    cluster: Cluster, namespace: str, chaos: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """A namespace for runs on both nodes, in a cluster of which parts are broken."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch, tolerations=EVERYWHERE) as made:
        yield made


def successes(run: Run) -> Counter[str]:
    """How often each task is recorded as SUCCEEDED."""
    events = run.events()
    return Counter(str(e.task) for e in events if e.kind == "task-state" and e.state == "SUCCEEDED")


def twelve(path: Path) -> Path:
    """A notebook of twelve tasks: a chain, a fan of four, a step that fails at first, and an exit handler."""
    return notebook(
        path,
        "import socket, time\n\ndef slowly(number):\n    time.sleep(3)\n    return number * number",
        "items = [1, 2, 3, 4]",
        WORK.format(3) + "offset = len(items)",
        "squares = [slowly(item) for item in items]",
        FAILS_AT_FIRST + "side = offset * 2",
        WORK.format(2) + "result = sum(squares) + side",
        "print('result', result)",
        "print('the end of the run')",
        tags={
            0: ("imports",),
            3: ("step:fan", "foreach", "retry:1"),
            4: ("step:shaky", "retry:2"),
            6: ("step:last",),
            7: ("step:handler", "on-exit"),
        },
    )


FAILS_AT_FIRST = """
name = socket.gethostname()
print('begun', name)
if name.startswith('kfnb-') and name.rsplit('-', 2)[1] == '1':
    raise RuntimeError('at first')
"""
"""A step that fails in its first attempt on a cluster, where the attempt is the last number in a pod's name."""


def test_the_api_server_and_the_store_may_be_away_for_a_minute(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """Runs driven here and there wait for what is away, and go on; nothing starts twice.

    Each is away for half a minute alone, when a step ends, and for half a minute together with the other.
    """
    steps = [WORK.format(20) + "x = int('1')", WORK.format(5) + "y = x + 1", "print(y)", WORK.format(75)]
    path = notebook(tmp_path / "p.ipynb", *steps)
    runs = [place.run(path, cache=False, local_orchestrator=local) for local in (False, True)]
    for run in runs:
        place.wait_running(run, "s0")
        place.wait_running(run, "s3")
    for act, component in (
        (chaos.stop, chaos.API_SERVER),
        (chaos.stop, chaos.S3_GATEWAY),
        (chaos.start, chaos.API_SERVER),
    ):
        act(component)
        time.sleep(30)  # until the next of them goes or comes
    chaos.start(chaos.S3_GATEWAY)
    assert ["SUCCEEDED"] * 2 == [end(run) for run in runs]
    once = {f"s{number}": 1 for number in range(4)}
    for run in runs:
        assert once == {name: task.attempt for name, task in run.tasks.items()}
        assert once == successes(run)
        assert {1} == {event.fence for event in run.events()}


def test_a_drained_node_costs_no_retry(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """All of a run that is on the node moves to the other one, its orchestrator too, which may be the first to go."""
    path = notebook(tmp_path / "p.ipynb", WORK.format(15) + "x = int('1')", "print(x + 1)")
    run = place.run(path, cache=False, profile={"affinity": BEST_ON_GPU})
    place.wait_running(run, "s0")
    on_nodes = [pod["spec"]["nodeName"] for pod in (*place.pods(run), *place.orchestrators(run))]
    assert ["gpu", "gpu"] == on_nodes
    chaos.drain("gpu")
    assert "SUCCEEDED" == end(run)
    assert {1, 2} == {event.fence for event in run.events()}
    whys = "\n".join(event.why for event in run.events() if event.why)
    assert "its pod was evicted" in whys or "its pod was taken away" in whys
    assert "attempt 1 of" not in whys
    assert {"s0": 1, "s1": 1} == successes(run)


def test_a_node_that_starts_anew_costs_no_retry(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """Back before it is missed, it knows no more how the step ended: that is no error of the step's."""
    path = notebook(tmp_path / "p.ipynb", WORK.format(10) + "x = int('1')", "print(x + 1)")
    run = place.run(path, cache=False, local_orchestrator=True, profile={"affinity": BEST_ON_GPU})
    place.wait_running(run, "s0")
    assert ["gpu"] == [pod["spec"]["nodeName"] for pod in place.pods(run)]
    chaos.power_off("gpu")
    chaos.power_on("gpu")
    assert "SUCCEEDED" == end(run)
    assert {"s0": 1, "s1": 1} == successes(run)
    assert (2, 1) == (run.tasks["s0"].attempt, run.tasks["s1"].attempt)
    assert "attempt 1 of" not in "".join(event.why or "" for event in run.events())


SLOW_TO_END = """
import time
print('begun', flush=True)
try:
    time.sleep(0 if os.uname().nodename.split('-')[-2] != '1' else 60)
finally:
    time.sleep(2)
    print('over', time.time(), flush=True)
"""
"""A step that takes its time to end when it is told to, in its first attempt."""


def test_a_taint_drives_steps_off_a_living_node_in_time(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """What runs there ends first, and saves its log; then the next attempt begins, elsewhere, and costs no retry."""
    path = notebook(tmp_path / "p.ipynb", f"import os{SLOW_TO_END}")
    run = place.run(path, cache=False, local_orchestrator=True, profile={"affinity": BEST_ON_GPU})
    place.wait_running(run, "s0")
    with chaos.tainted("gpu"):
        assert "SUCCEEDED" == end(run)
    first = run.store.read(f"{attempt_key(run.id, 's0', 1)}/log.txt").decode()
    over = float(first.partition("over ")[2].split()[0])
    started = [event.time for event in run.events() if event.task == "s0" and event.state == "RUNNING"]
    assert (2, True) == (len(started), over < started[1])
    assert "attempt 1 of" not in "".join(event.why or "" for event in run.events())


@pytest.mark.soak
def test_a_node_without_power_is_given_up(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """What ran there starts again on the other node, by the cluster's word, or by silence where pods tolerate that."""
    path = notebook(tmp_path / "p.ipynb", WORK.format(20) + "x = int('1')", "print(x + 1)")
    moves = place.run(path, name="moves", cache=False, profile={"affinity": BEST_ON_GPU})
    stays = {"affinity": BEST_ON_GPU, "tolerations": (*EVERYWHERE, *NEVER_EVICTED)}
    silent = place.run(path, name="silent", cache=False, local_orchestrator=True, profile=stays)
    for run in (moves, silent):
        place.wait_running(run, "s0")
        assert ["gpu"] == [pod["spec"]["nodeName"] for pod in place.pods(run)]
    chaos.power_off("gpu")
    assert ["SUCCEEDED"] * 2 == [end(run, 400) for run in (moves, silent)]
    for run in (moves, silent):
        assert {"s0": 1, "s1": 1} == successes(run)
    assert "has not been heard of for 90 s" in "".join(event.why or "" for event in silent.events())


LATE = """
import os, time
attempt = int(os.uname().nodename.split('-')[-2])  # a pod is called after its attempt
print('begun', attempt, flush=True)
time.sleep(60 if attempt == 1 else 40)
"""
"""A step that ends while its node is cut off in its first attempt, and when the node is back in its second."""


@pytest.mark.soak
def test_a_result_that_comes_late_is_none(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """A node is cut off, given up, and back: what ended there comes into the store late, and counts for nothing."""
    run = place.run(
        notebook(tmp_path / "p.ipynb", LATE, "print(attempt)"),
        cache=False,
        local_orchestrator=True,
        profile={"affinity": BEST_ON_GPU, "tolerations": (*EVERYWHERE, *NEVER_EVICTED)},
    )
    place.wait_running(run, "s0")
    assert ["gpu"] == [pod["spec"]["nodeName"] for pod in place.pods(run)]
    chaos.unplug("gpu")
    wait_until(lambda: run.tasks["s0"].attempt == 2, "The second attempt", 240)
    place.wait_running(run, "s0", attempt=2)
    chaos.plug_in("gpu")
    late = f"{attempt_key(run.id, 's0', 1)}/output.json"
    wait_until(lambda: run.store.exists(late), "The result of the first attempt")
    assert "SUCCEEDED" == end(run)
    assert ({"s0": 1, "s1": 1}, "2\n") == (successes(run), run.tasks["s1"].log())
    assert b'"SUCCEEDED"' in run.store.read(late)


# ------------------------------------------------------------------------------------------------------ at random


def test_a_run_survives_random_failures(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """Three rounds: orchestrator, task pods, kubelets, API server and store are killed while twelve tasks run."""
    survive(place, chaos, twelve(tmp_path / "p.ipynb"), range(8, 11))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_runs_survive_random_failures(place: Place, chaos: ModuleType, tmp_path: Path) -> None:
    """Thirty rounds of the same."""
    survive(place, chaos, twelve(tmp_path / "p.ipynb"), range(100, 130))


def survive(place: Place, chaos: ModuleType, path: Path, seeds: range) -> None:
    """Run the notebook once a seed while things fail as the seed says; check how it ended, and that things did fail."""
    total: Counter[str] = Counter()
    for seed in seeds:
        run = place.run(path, cache=False)
        broken = break_things(place, chaos, run, random.Random(seed))
        found = (seed, broken, end(run, 300), run.tasks["last"].log(), set(successes(run).values()))
        assert (seed, broken, "SUCCEEDED", "result 38\n", {1}) == found
        assert (seed, 12) == (seed, len(successes(run)))
        print(seed, *broken, sep=", ")
        total.update(broken)
    assert BREAKABLE == set(total), f"not everything was broken: {total}"
    assert total.total() >= 2 * len(seeds), f"too little was broken: {total}"


def break_things(place: Place, chaos: ModuleType, run: Run, chance: random.Random) -> list[str]:
    """Break something every few seconds, four times or until the run has ended; what was really broken."""
    done: list[str] = []
    for kind in chance.sample([*sorted(BREAKABLE), "task"], 4):
        run.wait(chance.uniform(1, 4))
        if run.has_ended:
            break
        if _breakers(place, chaos, run, chance)[kind]():
            done.append(kind)
    return done


def _breakers(place: Place, chaos: ModuleType, run: Run, chance: random.Random) -> dict[str, Callable[[], bool]]:
    """For each thing what breaks it, and says whether there was one."""

    def kill_pod(find: Callable[[Run], list[dict[str, Any]]]) -> bool:
        while not (pods := find(run)):
            if run.has_ended:
                return False
            run.wait(0.5)
        name = chance.choice(pods)["metadata"]["name"]
        how = chance.choice([("--wait=false",), ("--grace-period=0", "--force")])
        return name in place.kubectl("delete", "pod", name, "--ignore-not-found", *how)

    def stop_for(component: str, seconds: float) -> bool:
        chaos.stop(component)
        threading.Event().wait(seconds)
        chaos.start(component)
        return True

    return {
        "orchestrator": lambda: kill_pod(place.orchestrators),
        "task": lambda: kill_pod(place.pods),
        "kubelet": lambda: stop_for(chaos.kubelet(chance.choice(["cpu", "gpu"])), chance.uniform(1, 8)),
        "api server": lambda: stop_for(chaos.API_SERVER, chance.uniform(1, 15)),
        "store": lambda: stop_for(chaos.S3_GATEWAY, chance.uniform(1, 15)),
    }


BREAKABLE = {"orchestrator", "task", "kubelet", "api server", "store"}
