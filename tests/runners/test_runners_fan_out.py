"""Fan-outs on a real Kubernetes: one Indexed Job an attempt, in which each element succeeds, fails and moves alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kfnb.client import Client, Run
from kfnb.runners.api_server import ApiServer
from kfnb.runners.job_manifest import PLACE, TASK
from kfnb.runners.kubernetes import KubernetesRunner
from kfnb.spec import Fan, Task, Together, element_of
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until

pytestmark = pytest.mark.timeout(900)
PATIENCE = 400.0
"""Seconds that a run may take: eight pods at once are much for a small machine that does other things too."""
EIGHT = [f"fan[{number}]" for number in range(8)]
ONCE = dict.fromkeys(EIGHT, 1)
FAILS_AT_THREE = """
import socket, time

def work(number):
    print('begun', number, flush=True)
    if socket.gethostname().endswith('-1-3'):
        raise RuntimeError('at first')
    return number * number
"""
"""Fails as the element at place 3 of the first attempt: an Indexed Job's pod has both at the end of its name."""
LASTS = """
import time

def work(number):
    print('begun', flush=True)
    time.sleep({})
    return number * number
"""
STAYS = """
import re, socket, time

def work(number):
    print('begun', flush=True)
    if re.search('-1-[{}]$', socket.gethostname()):
        time.sleep(600)
    return number * number
"""
"""Does not end by itself as one of these elements of the first attempt, however late it is taken away."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def fanned(path: Path, work: str, items: str = "list(range(8))", *tags: str) -> Path:
    """A notebook that gives each of `items` to a function, and prints the results."""
    return notebook(
        path,
        work,
        f"items = {items}",
        "squares = [work(item) for item in items]",
        "print(squares)",
        tags={0: ("imports",), 1: ("step:items",), 2: ("step:fan", *(tags or ("foreach",))), 3: ("step:tell",)},
    )


def jobs(place: Place, run: Run) -> list[tuple[str, str, int]]:
    """Of each Job of the fan-out what it is of, how it counts, and how many pods it is to have."""
    made = place.get("jobs", "--selector", f"kfnb.dev/run={run.id},{TASK}")
    found = [(job["metadata"]["labels"][TASK], job["spec"]) for job in made]
    return sorted((of, spec["completionMode"], spec["completions"]) for of, spec in found if of.startswith("fan"))


def elements(run: Run) -> dict[str, int]:
    """The last attempt of each element."""
    return {name: task.attempt for name, task in run.tasks.items() if name in EIGHT}


def successes(run: Run) -> dict[str, int]:
    """How often each element is recorded as SUCCEEDED."""
    done = [e.task for e in run.events() if e.kind == "task-state" and e.state == "SUCCEEDED"]
    return dict(Counter(str(task) for task in done if task in EIGHT))


def whys(run: Run, task: str) -> str:
    """Everything that was said about why a task is in its state."""
    return "\n".join(e.why for e in run.events() if e.task == task and e.why)


def wait_running(place: Place, run: Run, *names: str) -> None:
    """Wait until these elements are known and have begun."""
    wait_until(lambda: set(names) <= set(run.tasks), "The items of the fan-out")
    place.wait_running(run, *names)


def pod_at(place: Place, run: Run, index: int) -> str:
    """The name of the pod at this place of the run's Indexed Job."""
    pods = place.get("pods", "--selector", f"kfnb.dev/run={run.id},{PLACE}={index}")
    return str(pods[0]["metadata"]["name"])


def test_a_fan_out_is_one_job_and_what_fails_starts_again_alone(place: Place, tmp_path: Path) -> None:
    """Eight elements are pods of one Job, with the results of a local run; the one that fails has a further Job."""
    path = fanned(tmp_path / "p.ipynb", FAILS_AT_THREE, "list(range(8))", "foreach", "retry:1")
    run = place.run(path, cache=False)
    assert "SUCCEEDED" == end(run, PATIENCE)
    here = Client(home=tmp_path / "here").run(path).wait()
    assert here.tasks["tell"].log() == run.tasks["tell"].log()
    assert {**ONCE, "fan[3]": 2} == elements(run)
    assert ONCE == successes(run)
    assert "attempt 1 of 2 failed: RuntimeError: at first" in whys(run, "fan[3]")
    assert {f"begun {number}\n" for number in range(8)} == {run.tasks[name].log() for name in EIGHT}
    single = [(of, "NonIndexed", 1) for of in ("fan", "fan.3", "fan.items")]
    assert sorted([("fan", "Indexed", 8), *single]) == jobs(place, run)


def test_an_element_that_is_taken_away_comes_back_alone(place: Place, tmp_path: Path) -> None:
    """An evicted pod and one that was deleted by hand are made anew for nothing, and the others know nothing of it."""
    run = place.run(fanned(tmp_path / "p.ipynb", STAYS.format(25)), cache=False)
    wait_running(place, run, "fan[2]", "fan[5]")
    pod = pod_at(place, run, 2)
    metadata = {"name": pod, "namespace": place.namespace}
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    api = f"/api/v1/namespaces/{place.namespace}/pods/{pod}/eviction"
    place.cluster.kubectl("create", "--raw", api, "-f", "-", text=json.dumps(body))
    place.kubectl("delete", "pod", "--wait=false", pod_at(place, run, 5))
    assert "SUCCEEDED" == end(run, PATIENCE)
    assert {**ONCE, "fan[2]": 2, "fan[5]": 2} == elements(run)
    assert ONCE == successes(run)
    assert "its pod was evicted" in whys(run, "fan[2]")
    assert "its pod was removed before it had ended" in whys(run, "fan[5]")
    assert "failed" not in whys(run, "fan[2]") + whys(run, "fan[5]")


def test_elements_are_adopted_by_an_orchestrator_that_comes_back(place: Place, tmp_path: Path) -> None:
    """What runs goes on, and what waits for its turn in the Job; nothing starts twice, and two run at once."""
    run = place.run(fanned(tmp_path / "p.ipynb", LASTS.format(6), "list(range(8))", "foreach:2"), cache=False)
    wait_running(place, run, "fan[0]", "fan[1]")
    place.kubectl("delete", "pod", "--grace-period=0", "--force", place.orchestrators(run)[0]["metadata"]["name"])
    assert "SUCCEEDED" == end(run, PATIENCE)
    assert ONCE == elements(run)
    assert ONCE == successes(run)
    assert [1, 2] == sorted({event.fence for event in run.events()})
    (made,) = [job["spec"] for job in place.get("jobs") if job["spec"]["completionMode"] == "Indexed"]
    assert (8, 2) == (made["completions"], made["parallelism"])


def test_what_a_queue_takes_back_waits_in_it_again_as_one(place: Place, tmp_path: Path) -> None:
    """A fan-out whose queue takes its room back goes into the queue again with all of its elements, for nothing."""
    queued = {"queue": "nobodys"}
    run = place.run(fanned(tmp_path / "p.ipynb", STAYS.format("0-7")), cache=False, profile=queued, preflight=False)
    let_run(place, run, lambda: "fan[0]" in run.tasks and "begun" in run.tasks["fan[0]"].log())
    (job,) = [job for job in place.get("jobs") if job["spec"]["completionMode"] == "Indexed"]
    suspend(place, job, True)
    wait_until(lambda: set(elements(run).values()) == {2}, "The next attempt of what its queue took back")
    let_run(place, run, lambda: run.has_ended)
    assert "SUCCEEDED" == run.state
    assert dict.fromkeys(EIGHT, 2) == elements(run)
    assert ONCE == successes(run)
    assert "its queue took its room back" in whys(run, "fan[0]")


def test_a_job_may_run_more_at_once_later_unless_a_queue_has_counted_it(
    cluster: Cluster, place: Place, namespace: str
) -> None:
    """The Job of a fan-out is changed where it is, as often as there is room; Kueue would start it anew for that."""
    api = ApiServer(place.profile.context, place.profile.kubeconfig, namespace)
    task = Task(name="fan", slug="fan", cells=(), fan=Fan(head="", kind="list", target="r", before="", after=""))
    elements = [element_of(task, number) for number in range(4)]
    described = Together(task="fan", attempt=1, most=1, numbers=(0, 1, 2, 3), before="s3://x/", after="/input.json")

    def parallelism(run_id: str) -> list[int]:
        found = place.get("jobs", "--selector", f"kfnb.dev/run={run_id}")
        return [job["spec"]["parallelism"] for job in found]

    for run_id, queue, expected in (("queued", "nobodys", 1), ("plain", None, 3)):
        runner = KubernetesRunner(replace(place.profile, queue=queue), run_id, api)
        with closing(runner):
            runner.open(lambda report: None, ())
            runner.start_together(task, elements, described, "s3://x/together.json")
            for most in (2, 3):
                runner.widen(elements, replace(described, most=most))
            runner.start(replace(task, name="last", slug="last", fan=None), 1, "s3://x/input.json")
            wait_until(lambda run_id=run_id: len(parallelism(run_id)) == 2, "The last Job")
            assert sorted((expected, 1)) == sorted(parallelism(run_id))


def let_run(place: Place, run: Run, done: Callable[[], bool]) -> None:
    """Let each Job of a run out of its queue, as Kueue does, until something has happened."""

    def admitted() -> bool:
        for job in place.get("jobs", "--selector", f"kfnb.dev/run={run.id},{TASK}"):
            if job["spec"]["suspend"]:
                suspend(place, job, False)
        return done()

    wait_until(admitted, "What the Jobs of the queue do", PATIENCE)


def suspend(place: Place, job: dict[str, Any], whether: bool) -> None:
    """Take a Job's room back, or give it some."""
    change = json.dumps({"spec": {"suspend": whether}})
    place.kubectl("patch", "job", job["metadata"]["name"], "--type=merge", "--patch", change)


def test_a_cancelled_fan_out_leaves_nothing(place: Place, tmp_path: Path) -> None:
    """Elements that run save what they have, those that wait never begin, and no object is left."""
    path = fanned(tmp_path / "p.ipynb", LASTS.format(600), "list(range(8))", "foreach:2")
    cleanly, at_once = runs = [place.run(path, name=name, cache=False) for name in ("cleanly", "at once")]
    for run in runs:
        wait_running(place, run, "fan[0]", "fan[1]")
    cleanly.cancel()
    at_once.cancel(now=True)
    assert ["CANCELED"] * 2 == [end(run, PATIENCE) for run in runs]
    for run in runs:
        assert {"CANCELED"} == {run.tasks[name].state for name in EIGHT}
        assert {""} == {run.tasks[name].log() for name in EIGHT[4:]}
    assert ["begun"] * 2 == [cleanly.tasks[name].log().partition("\n")[0] for name in EIGHT[:2]]
    wait_until(lambda: not [o for run in runs for o in place.objects(run)], "The end of all objects")


def test_elements_with_earlier_results_have_no_pod(place: Place, tmp_path: Path) -> None:
    """Of four elements of which two have a result from before, the Job has two; their logs are told apart."""
    work = "def work(number):\n    print('at', number, flush=True)\n    return number * number"

    def run(items: str) -> Run:
        made = place.run(fanned(tmp_path / "p.ipynb", work, items))
        assert "SUCCEEDED" == end(made, PATIENCE)
        return made

    run("[0, 1, 2, 3]")
    again = run("[0, 10, 2, 30]")
    assert "[0, 100, 4, 900]\n" == again.tasks["tell"].log()
    assert [True, False, True, False] == [again.tasks[name].cached for name in EIGHT[:4]]
    assert [("fan", "Indexed", 2), ("fan", "NonIndexed", 1)] == [one for one in jobs(place, again) if one[0] == "fan"]
    told = read(again)
    assert {"fan[1]": "at 10\n", "fan[3]": "at 30\n"} == {name: text for name, text in told.items() if name in EIGHT}
    assert [0, 1, None] == [place_of(again, name) for name in ("fan[1]", "fan[3]", "fan")]
    assert again.pod("fan[0]").manifest is None
    mine = str(shown_pod(again, "fan[3]")["metadata"]["name"])
    assert {f"Pod {mine}", f"Job {mine.rpartition('-1-')[0]}"} == {e.about for e in again.cluster_events("fan[3]")}
    place.kubectl("delete", "pod", mine)
    gone = again.pod("fan[3]")
    assert (False, ["--element-of"]) == (
        gone.is_there,
        shown_pod(again, "fan[3]")["spec"]["containers"][0]["command"][3:4],
    )


def shown_pod(run: Run, task: str) -> dict[str, Any]:
    """The pod of a task as people are shown it."""
    manifest = run.pod(task).manifest
    assert manifest is not None
    return manifest


def place_of(run: Run, task: str) -> int | None:
    """At which place of an Indexed Job the pod is that people are shown as a task's."""
    found = shown_pod(run, task)["metadata"]["labels"].get(PLACE)
    return None if found is None else int(found)


def read(run: Run) -> dict[str, str]:
    """What the pods of a run have printed, by task."""
    logs = run.live_logs(follow=False)
    logs.start()
    found: dict[str, Any] = {}
    wait_until(lambda: logs.found and not logs.reading(), "The end of the logs")
    for piece in logs.take():
        found[piece.task] = found.get(piece.task, "") + piece.text
    logs.close()
    return found
