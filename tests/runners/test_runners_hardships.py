"""What goes wrong with runs on a real Kubernetes, and what becomes of them: a full recovery, or a clear message."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfnb.client import Client, Run
from kfnb.errors import ClusterError, LeaseHeld, OutsideError, Refused
from kfnb.history import History
from kfnb.runners import cluster_lease
from kfnb.runners.job_manifest import job_name
from kfnb.runners.rights import missing, needed
from tests.cluster.certificates import CONTEXT, expired
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.places import CHECKOUT
from tests.cluster.runs import Place, at_gate, end, made_place, notebook
from tests.cluster.shell import wait_until
from tests.run_processes import command_of, every_process, kill_each

GO = (
    "import os, time\nfrom pathlib import Path\nprint('begun', flush=True)\n"
    "end = time.monotonic() + {}\nwhile time.monotonic() < end:\n    time.sleep(0.2)\n"
)
"""A step that lasts this many seconds."""
AFTER = "y = x + 1\nprint(y)"


def lasts(seconds: float, then: str = "x = int('1')") -> str:
    """The source of a step that says that it has begun, lasts, and then does something."""
    return GO.format(seconds) + then


ENDLESS_AT_FIRST = (
    "import os, time\nprint('begun', flush=True)\n"
    "while os.uname().nodename.split('-')[-2] == '1':  # a pod is called after its attempt, and has five letters more\n"
    "    time.sleep(0.2)\nx = int('1')"
)
"""A step whose first attempt does not end by itself, however slow the machine is."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        yield made


def attempts(run: Run) -> dict[str, int]:
    """The last attempt of each task."""
    return {name: task.attempt for name, task in run.tasks.items()}


def successes(run: Run) -> dict[str, int]:
    """How often each task is recorded as SUCCEEDED: never more than once."""
    done = [e.task for e in run.events() if e.kind == "task-state" and e.state == "SUCCEEDED"]
    return dict(Counter(str(task) for task in done))


def executions(place: Place, run: Run) -> dict[str, int]:
    """How often the container of each task was started, in whatever pod and attempt, as the cluster tells."""

    def told() -> Counter[str]:
        said = place.get("events", "--field-selector", "reason=Started,involvedObject.kind=Pod")
        pods = [one["involvedObject"]["name"] for one in said if "{main}" in one["involvedObject"].get("fieldPath", "")]
        found = [re.fullmatch(rf"kfnb-{run.id}-(\w+)-\d+-\w+", pod) for pod in pods]
        return Counter(pod[1] for pod in found if pod is not None and pod[1] != "orchestrator")

    # A node tells a moment after it has started one.
    wait_until(lambda: told().total() >= sum(attempts(run).values()), "The word of what was started")
    return dict(told())


def whys(run: Run, task: str) -> str:
    """Everything that was said about why a task is in its state."""
    return "\n".join(e.why for e in run.events() if e.task == task and e.why)


def said(run: Run, task: str, words: str) -> None:
    """Wait until it is said of a task."""
    wait_until(lambda: words in whys(run, task), f"{words!r} said of {task}")


def job_of(run: Run, slug: str, attempt: int = 1) -> str:
    """The name of the Job of an attempt."""
    return job_name(run.id, slug, attempt)


# ------------------------------------------------------------------------------------ taken away and given back


def test_what_is_taken_away_comes_back(place: Place, tmp_path: Path) -> None:
    """A pod or Job deleted by hand, and an evicted pod, are started again, and no `retry:` is used up."""
    path = notebook(tmp_path / "p.ipynb", ENDLESS_AT_FIRST, AFTER)
    by_pod, by_force, by_job, evicted = runs = [place.run(path, name=n, cache=False) for n in "abcd"]
    for run in runs:
        place.wait_running(run, "s0")
    place.kubectl("delete", "pod", "--wait=false", place.pods(by_pod)[0]["metadata"]["name"])
    place.kubectl("delete", "pod", "--grace-period=0", "--force", place.pods(by_force)[0]["metadata"]["name"])
    place.kubectl("delete", "job", "--wait=false", job_of(by_job, "s0"))
    evict(place, place.pods(evicted)[0]["metadata"]["name"])
    assert ["SUCCEEDED"] * 4 == [end(run) for run in runs]
    for run in runs:
        assert (run.name, {"s0": 2, "s1": 1}) == (run.name, attempts(run))
        assert (run.name, {"s0": 1, "s1": 1}) == (run.name, successes(run))
        assert (run.name, {"s0": 2, "s1": 1}) == (run.name, executions(place, run))
        assert "2\n" == run.tasks["s1"].log()
    assert "its pod was removed before it had ended" in whys(by_pod, "s0")
    assert "its Job was removed by someone" in whys(by_job, "s0")
    assert "its pod was evicted" in whys(evicted, "s0")
    assert not [run.name for run in runs if "attempt 1 of" in whys(run, "s0")]


def test_an_attempt_that_is_taken_away_while_nobody_drives_the_run_is_over(place: Place, tmp_path: Path) -> None:
    """The cluster makes no second pod of it: the next attempt is the run's, when it is taken up, and no retry."""
    path = notebook(tmp_path / "p.ipynb", ENDLESS_AT_FIRST, AFTER)
    run = place.run(path, cache=False, local_orchestrator=True, detach=True)
    place.wait_running(run, "s0")
    kill_orchestrator(place, run)
    evict(place, place.pods(run)[0]["metadata"]["name"])

    def is_over() -> bool:
        (job,) = place.get("jobs")
        conditions = (job["status"] or {}).get("conditions") or ()
        return any(one["type"] == "Failed" and one["status"] == "True" for one in conditions)

    wait_until(is_over, "The end of the attempt")
    assert "SUCCEEDED" == end(place.client().resume(run.id))
    run = place.client().get(run.id)
    assert ({"s0": 2, "s1": 1}, {"s0": 2, "s1": 1}) == (attempts(run), executions(place, run))
    assert "attempt 1 of" not in whys(run, "s0")


def evict(place: Place, pod: str) -> None:
    """Evict a pod as `kubectl drain` does."""
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": place.namespace}}
    api = f"/api/v1/namespaces/{place.namespace}/pods/{pod}/eviction"
    place.cluster.kubectl("create", "--raw", api, "-f", "-", text=json.dumps(body))


def test_an_orchestrator_that_is_killed_comes_back(place: Place, tmp_path: Path) -> None:
    """What runs meanwhile is adopted and not started again, in the cluster and from one machine to another."""
    path = notebook(tmp_path / "p.ipynb", at_gate(), lasts(1, "print('side')"), AFTER)
    there = place.run(path, cache=False)
    here = place.run(path, cache=False, local_orchestrator=True, detach=True)
    place.wait_running(there, "s0")
    place.wait_running(here, "s0")
    place.kubectl("delete", "pod", "--grace-period=0", "--force", place.orchestrators(there)[0]["metadata"]["name"])
    with pytest.raises(LeaseHeld, match="living"):
        place.client().resume(here.id)
    kill_orchestrator(place, here)
    other = Client(home=tmp_path / "other", root=place.profile.root)
    results: list[str] = []

    def resume(client: Client) -> None:
        try:
            results.append(client.resume(here.id).wait().state)
        except LeaseHeld:
            results.append("held")

    resumers = [threading.Thread(target=resume, args=(client,), daemon=True) for client in (place.client(), other)]
    for thread in resumers:
        thread.start()
    for run in (there, here):
        wait_until(lambda run=run: 2 in {event.fence for event in run.events()}, "The next driver")  # type: ignore[misc]
        place.open_gate(run, "s0")
    for thread in resumers:
        thread.join()
    assert {"SUCCEEDED"} <= {*results} <= {"SUCCEEDED", "held"}  # who comes when all is done finds it so
    assert "SUCCEEDED" == end(there)
    for run in (there, here):
        assert {"s0": 1, "s1": 1, "s2": 1} == attempts(run)
        assert {"s0": 1, "s1": 1, "s2": 1} == successes(run)
        assert [1, 2] == sorted({event.fence for event in run.events()})


def test_a_patch_that_gives_pods_another_name_as_hosts_takes_no_run_away(place: Place, tmp_path: Path) -> None:
    """Whoever asks for the lease sees the pod that drives the run, and leaves it the run."""
    other = {"pod_patch": {"spec": {"hostname": "another"}}}
    run = place.run(notebook(tmp_path / "p.ipynb", lasts(15), AFTER), cache=False, profile=other)
    place.wait_running(run, "s0")
    pod = place.orchestrators(run)[0]["metadata"]["name"]
    assert run.there is not None
    with pytest.raises(LeaseHeld, match=f"Another process drives this run: pod/{pod}/"):
        run.there.lease().take()
    assert "SUCCEEDED" == end(run)
    assert {"s0": 1, "s1": 1} == attempts(run) == successes(run)
    assert {1} == {event.fence for event in run.events()}


def kill_orchestrator(place: Place, run: Run) -> None:
    """Kill the process of this machine that drives a run."""
    commands = {process: command_of(process) for process in every_process()}
    kill_each(p for p, command in commands.items() if "kfnb.run_process" in command and run.id in command)


# ------------------------------------------------------------------------------------ cancelled and deleted


def test_cancelled_and_deleted_runs_leave_nothing(place: Place, tmp_path: Path) -> None:
    """A cancelled task keeps its notebook, whoever drives the run, and if nobody does; no object of the run is left."""
    path = notebook(tmp_path / "p.ipynb", lasts(600), AFTER)
    driven = place.run(path, name="driven", cache=False)
    here = place.run(path, name="here", cache=False, local_orchestrator=True)
    alone = place.run(path, name="alone", cache=False)
    unborn = place.run(
        path, name="unborn", cache=False, profile={"orchestrator_service_account": "nobody"}, preflight=False
    )
    at_once = place.run(path, name="at once", cache=False)
    for run in (driven, here, alone, at_once):
        place.wait_running(run, "s0")
    names = {f"kfnb-{run.id}" for run in (driven, here, alone, at_once)}
    leases = [lease["metadata"] for lease in place.get("leases")]
    owners = {lease["name"]: [(of["kind"], of["name"]) for of in lease["ownerReferences"]] for lease in leases}
    assert {name: [("ConfigMap", name)] for name in names} == owners
    place.kubectl("delete", "job", "--cascade=orphan", f"kfnb-{alone.id}-orchestrator")
    place.kubectl("delete", "pod", "--grace-period=0", "--force", place.orchestrators(alone)[0]["metadata"]["name"])
    wait_until(lambda: alone.is_interrupted, "The end of the orchestrator")
    for run in (driven, here, alone, unborn):
        run.cancel()
    at_once.cancel(now=True)
    runs = (driven, here, alone, unborn, at_once)
    assert ["CANCELED"] * 5 == [end(run) for run in runs]
    for run in (driven, here, alone):
        kept = run.tasks["s0"].notebook()["cells"][0]["outputs"]
        assert (run.name, "begun\n") == (run.name, "".join(kept[0]["text"]))
    wait_until(lambda: not [o for run in runs for o in place.objects(run)], "The end of all objects")
    history = History(place.client())
    for run in runs:
        history.delete(run.id)
    assert [] == place.left()


def test_a_right_that_is_away_for_a_moment_fails_no_step(place: Place, tmp_path: Path) -> None:
    """An API server that starts anew refuses everything until it has read who may do what; what was allowed is waited
    for."""
    run = place.run(notebook(tmp_path / "p.ipynb", at_gate(), AFTER), cache=False)
    place.wait_running(run, "s0")
    place.kubectl("delete", "rolebinding", "kfnb-orchestrator")
    place.open_gate(run, "s0")
    wait_until(lambda: run.tasks["s0"].state == "SUCCEEDED", "The end of the first step")
    assert [] == place.pods(run, "s1")
    place.kubectl("apply", "--filename", str(CHECKOUT / "kfnb" / "deploy" / "orchestrator.yaml"))
    assert ("SUCCEEDED", {"s0": 1, "s1": 1}) == (end(run), attempts(run))


# ------------------------------------------------------------------------------------ refused and late


def test_what_the_cluster_refuses_is_waited_for_or_said(place: Place, tmp_path: Path) -> None:
    """A quota of zero is waited for, a queue says when a task runs, and a Job of somebody else's is told."""
    path = notebook(tmp_path / "p.ipynb", lasts(1), AFTER)
    here: dict[str, Any] = {"cache": False, "local_orchestrator": True, "preflight": False}
    endless = notebook(tmp_path / "endless.ipynb", ENDLESS_AT_FIRST, AFTER)
    queued = place.run(endless, name="queued", profile={"queue": "nobodys"}, **here)
    said(queued, "s0", "it waits in queue nobodys")
    set_quota(place, 2)  # one for `queued`, one for the others
    taken = place.run(notebook(tmp_path / "gate.ipynb", at_gate(), AFTER), name="taken", **here)
    place.wait_running(taken, "s0")
    occupy(place, job_of(taken, "s1"))
    waits = place.run(path, name="waits", **here)
    said(waits, "s0", "the namespace's quota has no room for it")
    place.open_gate(taken, "s0")

    play_kueue(place, queued, suspend=False)
    place.wait_running(queued, "s0")
    play_kueue(place, queued, suspend=True)
    wait_until(lambda: queued.tasks["s0"].attempt == 2, "The next attempt of what its queue took back")
    said(queued, "s0", "its queue took its room back")
    set_quota(place, 100)
    assert "SUCCEEDED" == end(waits)

    assert "FAILED" == end(taken)
    why = f"There is a Job {job_of(taken, 's1')} in namespace {place.namespace} that this run did not make."
    assert why in str(taken.tasks["s1"].why)

    until_done = threading.Thread(target=queued.wait)
    until_done.start()
    while until_done.is_alive():
        play_kueue(place, queued, suspend=False)
        until_done.join(1)
    assert ("SUCCEEDED", {"s0": 2, "s1": 1}) == (queued.state, attempts(queued))


def set_quota(place: Place, jobs: int) -> None:
    """Let the namespace have this many Jobs."""
    place.cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "jobs", "namespace": place.namespace},
            "spec": {"hard": {"count/jobs.batch": str(jobs)}},
        }
    )


@pytest.mark.parametrize("counted", ["count/jobs.batch", "count/pods"])
def test_what_has_ended_makes_room_in_a_quota(place: Place, tmp_path: Path, counted: str) -> None:
    """A quota of objects counts what has ended too: a run with more tasks than that removes its own, the oldest first,
    and keeps what they gave and printed."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": place.namespace}}
    place.cluster.apply({**quota, "spec": {"hard": {counted: "3"}}})  # the orchestrator, and two tasks
    path = notebook(tmp_path / "p.ipynb", "x = int('1')\nprint(x)", *["x = x + 1\nprint(x)"] * 3)
    run = place.run(path, cache=False)
    assert "SUCCEEDED" == end(run)
    assert ["1\n", "2\n", "3\n", "4\n"] == [run.tasks[f"s{number}"].log() for number in range(4)]
    assert {f"s{number}": 1 for number in range(4)} == attempts(run)
    jobs = {job["metadata"]["name"] for job in place.get("jobs")}
    assert (False, True) == (job_of(run, "s0") in jobs, job_of(run, "s3") in jobs)


def occupy(place: Place, name: str) -> None:
    """Make a suspended Job of this name that is no run's."""
    set_quota(place, 3)
    container = {"name": "main", "image": place.cluster.image}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    place.cluster.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": place.namespace},
            "spec": {"suspend": True, "template": template},
        }
    )


def play_kueue(place: Place, run: Run, *, suspend: bool) -> None:
    """Let a run's Jobs run, or take their room back, as Kueue does."""
    for job in place.get("jobs", "--selector", f"kfnb.dev/run={run.id}"):
        if job["spec"].get("suspend") != suspend:
            change = json.dumps({"spec": {"suspend": suspend}})
            place.kubectl("patch", "job", job["metadata"]["name"], "--type=merge", "--patch", change)


# ------------------------------------------------------------------------------------ out of reach


def test_credentials_and_rights_that_do_not_do_are_named(place: Place, tmp_path: Path) -> None:
    """A context that is not there, an expired token, no rights, a namespace that is gone: what, where, what to do."""
    path = notebook(tmp_path / "p.ipynb", "x = int('1')")
    config = json.loads(place.cluster.kubectl("config", "view", "--raw", "--output=json"))
    server = config["clusters"][0]

    def kubeconfig(name: str, **user: Any) -> str:
        file = tmp_path / name
        context = {"name": CONTEXT, "context": {"cluster": server["name"], "user": "u"}}
        users = [{"name": "u", "user": user}]
        file.write_text(json.dumps({**config, "contexts": [context], "users": users, "current-context": CONTEXT}))
        return str(file)

    token = place.kubectl("create", "token", "default").strip()
    late = kubeconfig("expired", token=expired(token))
    without = kubeconfig("without", token=token)
    cases = {
        "There is no context 'nowhere'": {"context": "nowhere"},
        "Log in again": {"kubeconfig": late},
        "may not create jobs.batch in namespace": {"kubeconfig": without},
        'namespaces "gone" not found': {"namespace": "gone"},
        "cannot be read": {"kubeconfig": str(tmp_path)},
    }
    for words, profile in cases.items():
        with pytest.raises(ClusterError) as caught:
            place.run(path, profile=profile, preflight=False)
        assert words in str(caught.value)
        assert words in str(ended_without_a_pod(place).why)
    with pytest.raises(ClusterError, match="may not get leases"):
        place.run(path, profile={"kubeconfig": without}, preflight=False, local_orchestrator=True).wait()
    assert "may not get leases.coordination.k8s.io in namespace" in str(ended_without_a_pod(place).why)
    there = place.run(path, profile={"orchestrator_service_account": "default"}, preflight=False)
    assert "FAILED" == end(there)
    assert "kfnb cluster init NAME --user system:serviceaccount:" in str(there.why)


@pytest.mark.leaves("a run that is left as it is, by whoever may do nothing there any more")
def test_a_login_that_expires_leaves_the_run(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever drives a run from a laptop and is not known to the cluster any more is told so; what runs goes on."""
    monkeypatch.setattr(cluster_lease, "REFUSED", 5.0)
    rights = {"driver": needed("orchestrator")}
    kubeconfig, api = people(place.cluster, place.namespace, tmp_path, rights)["driver"]
    wait_until(lambda: not missing(api, rights["driver"]), "The rights of the driver")
    path = notebook(tmp_path / "p.ipynb", lasts(300), AFTER)
    run = place.run(
        path, cache=False, local_orchestrator=True, preflight=False, profile={"kubeconfig": str(kubeconfig)}
    )
    place.wait_running(run, "s0")
    place.kubectl("delete", "serviceaccount", "driver")
    with pytest.raises(OutsideError, match=r"is left to whoever drives it next: .* Log in again"):
        run.wait(120)
    assert "RUNNING" == place.client().get(run.id).state
    assert ["Running"] == [pod["status"]["phase"] for pod in place.pods(run, "s0")]


def test_a_quota_of_limits_takes_a_profile_with_limits(place: Place, tmp_path: Path) -> None:
    """Such a quota wants limits of every pod, that of the orchestrator too; without them the run is refused at once."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "limits", "namespace": place.namespace}}
    place.cluster.apply({**quota, "spec": {"hard": {"limits.cpu": "4", "limits.memory": "8Gi"}}})
    path = notebook(tmp_path / "p.ipynb", "x = int('1')", AFTER)
    with pytest.raises(Refused, match="The run's orchestrator has no limit of memory, which quota `limits` wants"):
        place.run(path, preflight=True)
    run = place.run(path, preflight=True, profile={"limits": {"cpu": "2", "memory": "4Gi"}})
    assert "SUCCEEDED" == end(run)


def ended_without_a_pod(place: Place) -> Run:
    """The newest run: it has FAILED, and nothing is taken for being on its way."""
    run = place.client().get("last")
    assert ("FAILED", False) == (run.state, run.is_interrupted)
    return run


def test_two_megabytes_of_parameters(place: Place, tmp_path: Path) -> None:
    """Large parameters go through the store and never through the cluster."""
    path = notebook(tmp_path / "p.ipynb", "text = ''", "n = len(text)", "print(n)", tags={0: ("parameters",)})
    run = place.run(path, {"text": "x" * 2_000_000}, cache=False)
    assert "SUCCEEDED" == end(run)
    assert "2000000\n" == run.tasks["s2"].log()


@pytest.mark.soak
@pytest.mark.timeout(4000)
def test_five_hundred_steps_at_once(place: Place, tmp_path: Path) -> None:
    """What the cluster has no room for yet waits in it; each runs once, and what comes after all of them has all."""
    many = 500
    last = "total = " + " + ".join(f"v{i}" for i in range(many)) + "\nprint(total)"
    path = notebook(tmp_path / "p.ipynb", *(f"v{i} = int('{i}')" for i in range(many)), last)
    run = place.run(path, cache=False)
    assert "SUCCEEDED" == end(run, 3600)
    assert {f"s{i}": 1 for i in range(many + 1)} == successes(run) == attempts(run)
    assert f"{sum(range(many))}\n" == run.tasks[f"s{many}"].log()


def test_a_namespace_that_is_deleted_is_named(place: Place, tmp_path: Path) -> None:
    """The process that drives the run leaves it, saying why, and the run is interrupted; nothing hangs."""
    path = notebook(tmp_path / "p.ipynb", lasts(600))
    here = place.run(path, cache=False, local_orchestrator=True)
    there = place.run(path, cache=False)
    for run in (here, there):
        place.wait_running(run, "s0")
    place.cluster.kubectl("delete", "namespace", place.namespace, "--wait=false")
    with pytest.raises(OutsideError, match=f"the namespace {place.namespace} was deleted"):
        here.wait(120)
    wait_until(lambda: there.is_interrupted, "The end of the run's orchestrator")
    assert ("RUNNING", f"the namespace {place.namespace} was deleted") == (there.state, there.why_interrupted)


def test_a_step_that_wants_more_memory_than_its_limit_says_limit_and_peak(place: Place, tmp_path: Path) -> None:
    """The kernel kills what the body holds, the launcher goes on and says what it may use, what it used, and where."""
    path = notebook(tmp_path / "p.ipynb", "x = bytearray(800 * 2**20)", tags={0: ("step:s0", "limit:memory:400Mi")})
    run = place.run(path)
    assert "FAILED" == end(run)
    found = re.search(r"may use 400Mi of memory \(limit:memory:\), and it used (\d+) MiB", whys(run, "s0"))
    assert found is not None, whys(run, "s0")
    assert 300 < int(found[1]) <= 400
