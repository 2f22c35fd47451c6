"""When an orchestrator gives its run up for the memory that it lacks."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nowhere import served
from scripted_api import Answer, Object, ScriptedApi, listed, refused

from kfnb.artifacts.store import Store
from kfnb.errors import ClusterError
from kfnb.orchestrator import crashes, places, takeover
from kfnb.orchestrator.events import EventLog, EventReader, RunStatus, batch_key
from kfnb.profiles import Profile
from kfnb.run_process import run_prepared
from kfnb.runners.api_server import ApiServer
from kfnb.runners.killed_for_memory import MOST, too_little_memory
from kfnb.spec import ExecutorOutput, PipelineSpec, RunEvent, RunInfo, Task, to_json

PROFILE = Profile(name="test", namespace="team", root="s3://runs/kfnb", image="base:1")
KILLED = {"reason": "OOMKilled", "startedAt": "2026-01-01T10:00:00Z", "finishedAt": "2026-01-01T10:09:59Z"}
LATER = {**KILLED, "finishedAt": "2026-01-01T10:10:00Z"}
SHOT = {**KILLED, "reason": "Error", "exitCode": 137}


def pod(name: str, ended: Object | None, job: str = "own", limit: str | None = "512Mi") -> Object:
    """A pod of an orchestrator's Job, which runs, or ended so."""
    state = {"running": {}} if ended is None else {"terminated": ended}
    resources = {"limits": {"memory": limit}} if limit else {}
    return {
        "metadata": {"name": name, "labels": {"batch.kubernetes.io/controller-uid": job}},
        "spec": {"containers": [{"name": "main", "resources": resources}]},
        "status": {"containerStatuses": [{"name": "main", "state": state}]},
    }


def killed(count: int, ended: Object = KILLED, job: str = "own") -> list[Object]:
    """Pods of a Job that ended so."""
    return [pod(f"{job}-{number}", ended, job) for number in range(count)]


def found(folder: Path, *pods: Object) -> str | None:
    """What an orchestrator finds that has these pods beside itself."""
    api = ScriptedApi(listed("1", *pods))
    try:
        return too_little_memory(served(folder, api.address), "r")
    finally:
        api.close()


@pytest.fixture(autouse=True)
def _in_a_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFNB_POD_NAME", "mine")


@pytest.mark.parametrize(
    ("others", "is_over"),
    [
        (killed(MOST), True),
        (killed(MOST - 1), False),
        (killed(MOST, SHOT), False),
        (killed(MOST, LATER), False),
        (killed(MOST, job="earlier"), False),
    ],
    ids=["often", "not often", "for something else", "after a while", "before it was resumed"],
)
def test_after_how_many_a_run_is_given_up(tmp_path: Path, others: list[Object], is_over: bool) -> None:
    """Those of its own Job that were killed for memory count, and of these those that did not get far."""
    assert is_over == (found(tmp_path, pod("mine", None), *others) is not None)


@pytest.mark.parametrize(
    ("limit", "words", "helps"),
    [("512Mi", "its limit of 512Mi", True), ("1Gi", "its limit of 1Gi", False), (None, "what its nodes have", False)],
)
def test_what_to_do_is_said(tmp_path: Path, limit: str | None, words: str, helps: bool) -> None:
    """The limit is that of the pod, wherever it came from; a higher one is named where it would be given."""
    error = str(found(tmp_path, pod("mine", None, limit=limit), *killed(MOST)))
    begin = f"The run's orchestrator used more memory than {words} and was killed, {MOST} times. Run it anew with `--lo"
    assert (True, helps) == (error.startswith(begin), "or with more `memory` in `limits`" in error)


def test_pods_that_are_not_understood_end_no_run(tmp_path: Path) -> None:
    """Nobody can say then; what the orchestrator does next may go well."""
    assert None is found(tmp_path, pod("mine", None), *killed(MOST, {**KILLED, "finishedAt": "soon"}))


def test_outside_a_pod_nothing_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a run given up by a pod that its Job does not have."""
    assert None is found(tmp_path, *killed(MOST))
    monkeypatch.delenv("KFNB_POD_NAME")
    assert None is found(tmp_path, pod("mine", None), *killed(MOST))


def log(store: Store, *events: RunEvent) -> None:
    """Write the log of run `r`, an event a batch."""
    written = EventLog(store, "r")
    for event in events:
        written.append([event])


def states(store: Store, run: RunInfo) -> tuple[str, str | None, dict[str, str]]:
    """How a run and its tasks stand, and why the run does."""
    status = RunStatus(run.spec)
    status.apply(EventReader(store, "r").read())
    return status.state, status.why, {name: task.state for name, task in status.tasks.items()}


def run_of(**options: Any) -> RunInfo:
    """A run of three steps."""
    tasks = tuple(Task(name=name, slug=name, cells=()) for name in ("unseen", "living", "later"))
    return RunInfo(
        run_id="r",
        name="r",
        spec=PipelineSpec(name="p", notebook="p", notebook_digest="", tasks=tasks),
        options=options,
    )


IN_CLUSTER = run_of(on="test", profile=msgspec.to_builtins(PROFILE))
OVER = Answer(200, ({},), {})


def begun(task: str) -> RunEvent:
    """What the log says of an attempt that runs."""
    return RunEvent(kind="task-state", time=1.0, task=task, attempt=1, state="RUNNING")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store of a run that is to be given up."""
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    store = Store(str(tmp_path / "store"))
    store.write(places.run_key("r", "run.json"), to_json(IN_CLUSTER))
    return store


def drive(folder: Path, store: Store, removed: Answer) -> tuple[int, list[str]]:
    """Be the pod that gives the run up; `removed`: the answer when it removes the tasks. Return what it asks for."""
    none, made = refused(404), Answer(201, ({},), {})
    api = ScriptedApi(listed("1", pod("mine", None), *killed(MOST)), none, made, removed, none)
    served(folder, api.address)
    try:
        return run_prepared("r", store.root, in_cluster=True), [sent["kind"] for sent in api.sent]
    finally:
        api.close()


@pytest.mark.parametrize("known", [("unseen", "living"), ("living",), ()], ids=["known", "in part", "not known"])
def test_a_run_is_given_up_before_it_is_driven(tmp_path: Path, store: Store, known: tuple[str, ...]) -> None:
    """Reading its log may need what the orchestrator lacks. What has ended unseen counts, and what lives is ended.

    So does what was started when the log could not say so any more.
    """
    for name in ("unseen", "living"):
        store.write(places.attempt_key("r", name, 1) + "/input.json", b"{}")
    store.write(places.attempt_key("r", "unseen", 1) + "/output.json", to_json(ExecutorOutput(state="SUCCEEDED")))
    log(store, RunEvent(kind="run-started", time=1.0), *map(begun, known))
    assert (0, ["Lease", "DeleteOptions"]) == drive(tmp_path, store, OVER)
    state, why, tasks = states(store, IN_CLUSTER)
    assert ("FAILED", True) == (state, str(why).startswith("The run's orchestrator used more memory than"))
    assert {"unseen": "SUCCEEDED", "living": "CANCELED", "later": "PENDING"} == tasks


def test_tasks_that_the_log_does_not_know_are_removed(tmp_path: Path, store: Store) -> None:
    """Whatever the log says of them: nothing may run on beside a run that has failed."""
    log(store, RunEvent(kind="run-started", time=1.0))
    assert (0, ["Lease", "DeleteOptions"]) == drive(tmp_path, store, OVER)


def test_the_next_pod_removes_what_could_not_be_removed(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run has not ended before its tasks are removed, but where that is not allowed."""
    monkeypatch.setattr(ApiServer, "delete", functools.partialmethod(ApiServer.delete, patience=0))
    log(store, RunEvent(kind="run-started", time=1.0), begun("living"))
    with pytest.raises(ClusterError):
        drive(tmp_path, store, refused(503))
    assert "PENDING" == states(store, IN_CLUSTER)[0]
    assert (0, ["Lease", "DeleteOptions"]) == drive(tmp_path, store, refused(403))
    assert "FAILED" == states(store, IN_CLUSTER)[0]


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_run_that_cannot_be_given_up_is_not_taken_up_for_ever(
    tmp_path: Path, store: Store, is_readable: bool
) -> None:
    """A mistake of kfnb's own is counted here as it is elsewhere: then the run is over, and says so if it can."""
    log(store, RunEvent(kind="request", time=1.0))  # which one is not said
    if not is_readable:
        store.write(batch_key("r", 1), b"{")
    for _ in range(crashes.MOST - 1):
        with pytest.raises((KeyError, msgspec.MsgspecError)):
            drive(tmp_path, store, OVER)
    assert (0, ["Lease", "DeleteOptions"]) == drive(tmp_path, store, OVER)
    if is_readable:
        last = EventReader(store, "r").read()[-1]
        assert ("FAILED", True) == (last.state, str(last.why).startswith("kfnb itself failed for the 3. time"))


@pytest.mark.parametrize(
    ("again_after", "why"), [(None, "it fails"), (0, "it fails"), (1, "no memory")], ids=["ended", "done", "resumed"]
)
def test_a_run_that_has_ended_is_given_up_if_it_is_to_go_on(tmp_path: Path, again_after: int | None, why: str) -> None:
    """Else it stays as it ended: its orchestrator may have been killed after that."""
    store, run = Store(str(tmp_path)), run_of()
    log(
        store,
        RunEvent(kind="run-started", time=1.0),
        RunEvent(kind="run-state", time=1.0, state="FAILED", why="it fails"),
    )
    takeover.give_up(store, run, "no memory", 2.0, lambda: None, again_after=again_after)
    assert ("FAILED", why) == states(store, run)[:2]
