"""The loop: real processes, a real store, a log that others can read."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from orchestrator_pipelines import gives, make_spec, takes
from orchestrator_place import Place, running, with_source

from kfnb.artifacts.store import Store
from kfnb.errors import StoreError
from kfnb.orchestrator import requests
from kfnb.orchestrator.events import EventLog, EventReader, batch_key
from kfnb.orchestrator.places import attempt_key
from kfnb.spec import Condition, RunEvent


def test_a_run_ends_and_its_log_says_all_of_it(tmp_path: Path) -> None:
    """Another reader of the store sees the states, times and outputs that the run's own process saw."""
    place = Place(tmp_path, make_spec({"a": [], "b": [], "c": ["a", "b"]}))
    assert "SUCCEEDED" == place.loop.run()
    status = place.status()
    assert "SUCCEEDED" == status.state
    assert {"a": "SUCCEEDED", "b": "SUCCEEDED", "c": "SUCCEEDED"} == place.states()
    spans = [(t.started or 0, t.finished or 0) for t in status.tasks.values()]
    assert all(started < finished for started, finished in spans)
    assert spans[2][0] >= max(spans[0][1], spans[1][1])
    assert not (tmp_path / "scratch").exists()


def test_a_failed_branch_leaves_the_other_running(tmp_path: Path) -> None:
    """The independent task runs to its end, and the run is FAILED."""
    spec = with_source(make_spec({"a": [], "b": ["a"], "c": []}), a="1 / 0", c="import time; time.sleep(0.3)")
    place = Place(tmp_path, spec)
    assert "FAILED" == place.loop.run()
    assert {"a": "FAILED", "b": "SKIPPED", "c": "SUCCEEDED"} == place.states()
    assert "ZeroDivisionError: division by zero (cell cell-a)" == place.status().tasks["a"].why


@pytest.mark.parametrize(("x", "expected"), [(2, "SUCCEEDED"), (1, "SKIPPED")])
def test_a_condition_is_decided_by_what_was_recorded(tmp_path: Path, x: int, expected: str) -> None:
    """`x > 1` over the producer's record decides whether the task runs."""
    condition = Condition(expression="x > 1", names={"x": "a"})
    spec = make_spec(
        {"a": [], "b": ["a"]}, a={"outputs": gives("x")}, b={"condition": condition, "inputs": takes(x="a")}
    )
    place = Place(tmp_path, with_source(spec, a=f"records = {{'x': {x}}}"))
    assert "SUCCEEDED" == place.loop.run()
    assert expected == place.states()["b"]
    assert (expected == "SUCCEEDED") == ("b" in place.runner.processes)


def test_a_clean_cancel_lets_tasks_save_and_starts_no_more(tmp_path: Path) -> None:
    """The running task is CANCELED with its output, what waited is CANCELED, and no process is left."""
    spec = with_source(make_spec({"a": [], "b": ["a"]}), a="import time; time.sleep(60)")
    place = Place(tmp_path, spec)
    thread = threading.Thread(target=place.loop.run)
    thread.start()
    place.wait_for(running("a"))
    place.loop.cancel()
    thread.join(30)
    assert not thread.is_alive()
    assert ("CANCELED", {"a": "CANCELED", "b": "CANCELED"}) == (place.status().state, place.states())
    output = place.status().tasks["a"].output
    assert output is not None
    assert "CANCELED" == output.state


@pytest.mark.parametrize(("grace", "is_asked_again"), [(600.0, True), (0.3, False)])
def test_a_task_that_ignores_a_cancel_is_killed(tmp_path: Path, grace: float, is_asked_again: bool) -> None:
    """By the second request, or when the time is over that its place gives it to save what it has."""
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    place = Place(tmp_path, with_source(make_spec({"a": []}), a=stubborn))
    place.runner.grace = grace
    thread = threading.Thread(target=place.loop.run)
    thread.start()
    place.wait_for(lambda event: event.data.get("line") == "deaf")
    place.loop.cancel()
    place.wait_for(lambda event: event.state == "CANCELING" and event.task == "a")
    if is_asked_again:
        place.loop.cancel(now=True)
    thread.join(30)
    assert not thread.is_alive()
    assert -9 == place.runner.processes["a"].returncode
    assert {"a": "CANCELED"} == place.states()


def test_a_request_in_the_store_cancels_a_run_of_another_process(tmp_path: Path) -> None:
    """Whoever can write to the store can ask a living run to stop."""
    place = Place(tmp_path, with_source(make_spec({"a": []}), a="import time; time.sleep(60)"))
    thread = threading.Thread(target=place.loop.run)
    thread.start()
    place.wait_for(running("a"))
    requests.ask(place.store, "r1", requests.Request(kind="cancel"))
    thread.join(30)
    assert "CANCELED" == place.status().state


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(3)", "exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
        ("import os; os.kill(os.getpid(), 11)", "signal 11"),
    ],
)
def test_a_process_that_ends_without_an_output_is_a_failure_with_a_code(tmp_path: Path, source: str, said: str) -> None:
    """However a task's process ends, the run goes on and says how."""
    place = Place(tmp_path, with_source(make_spec({"a": []}), a=source))
    assert "FAILED" == place.loop.run()
    why = place.status().tasks["a"].why or ""
    assert why.startswith("KF654")
    assert said in why


AWAY = """import os
place = f"{document.root}/{document.prefix}"
if document.attempt < 2:
    os.rename(place, f"{place}-away")
"""
"""The first attempt cannot write its output: where that is to lie is no more."""


def test_a_launcher_that_does_not_reach_the_store_is_no_failure_of_its_step(tmp_path: Path) -> None:
    """It says so by its exit code, as it can leave nothing else; the next attempt is free, after a pause."""
    place = Place(tmp_path, with_source(make_spec({"a": []}), a=AWAY), shipped="runs/r1/folder.json")
    assert "SUCCEEDED" == place.loop.run()
    task = place.status().tasks["a"]
    assert (2, 0) == (task.attempt, task.failures)
    whys = "\n".join(event.why for event in place.events if event.why)
    assert "The run's store, or the disk, could not be used where the step ran (exit code 4)" in whys
    assert "KF654" not in whys


def test_on_this_machine_a_store_that_cannot_be_used_is_a_failure_at_once(tmp_path: Path) -> None:
    """A full disk is as full for the next attempt."""
    place = Place(tmp_path, with_source(make_spec({"a": []}), a=AWAY))
    assert "FAILED" == place.loop.run()
    task = place.status().tasks["a"]
    said = "KF654: The run's store, or the disk, could not be used where the step ran (exit code 4)."
    assert (1, said) == (task.attempt, task.why)


def test_an_output_that_cannot_be_read_back_is_a_failure_with_a_code(tmp_path: Path) -> None:
    """The message names the document of the attempt that is no longer what was written."""
    place = Place(tmp_path, with_source(make_spec({"a": []}), a="import os; os._exit(0)"))
    key = attempt_key("r1", "a", 1) + "/output.json"
    place.store.write(key, b'{"state": "SUCC')
    assert "FAILED" == place.loop.run()
    assert (place.status().tasks["a"].why or "").startswith(f"KF653: What the step gave cannot be read back from {key}")


@pytest.mark.parametrize(("own", "kept"), [("", "the last words\n"), ("its own", "its own")])
def test_the_log_of_a_process_that_kept_none_is_kept(tmp_path: Path, own: str, kept: str) -> None:
    """What the place knows of an attempt's log is stored, unless the attempt has stored its own."""
    place = Place(
        tmp_path, with_source(make_spec({"a": []}), a="print('the last words', flush=True)\nimport os; os._exit(3)")
    )
    key = attempt_key("r1", "a", 1) + "/log.txt"
    if own:
        place.store.write(key, own.encode())
    place.loop.run()
    assert kept == place.store.read(key).decode()


def test_progress_reaches_listeners_and_the_log(tmp_path: Path) -> None:
    """What a task says while it runs is passed on at once and kept."""
    place = Place(tmp_path, with_source(make_spec({"a": []}), a="print('half', flush=True)"))
    place.loop.run()
    assert ["half"] == [e.data["line"] for e in place.events if e.kind == "task-progress"]
    assert {"line": "half"} == place.status().tasks["a"].progress


def test_two_writers_of_one_log_cannot_both_win(tmp_path: Path) -> None:
    """The second writer of a batch is told so, and the first one's batch stays."""
    store = Store(str(tmp_path))
    event = RunEvent(kind="run-started", time=time.time(), fence=1)
    EventLog(store, "r1").append([event])
    with pytest.raises(StoreError, match="Another process"):
        EventLog(store, "r1").append([event, event])
    assert [event] == EventReader(store, "r1").read()


def test_a_reader_gets_each_event_once(tmp_path: Path) -> None:
    """A second read returns what has come since the first."""
    store = Store(str(tmp_path))
    log, reader = EventLog(store, "r1"), EventReader(store, "r1")
    first = [RunEvent(kind="run-started", time=1.0, fence=1)]
    second = [RunEvent(kind="run-state", time=2.0, state="RUNNING", fence=1)]
    log.append(first)
    assert first == reader.read()
    log.append(second)
    assert second == reader.read()
    assert [] == reader.read()


def test_a_store_that_takes_no_more_ends_the_run_with_all_its_processes(tmp_path: Path) -> None:
    """When the log cannot be written the run stops, says why, and leaves no process."""
    spec = with_source(make_spec({"a": [], "b": []}), a="import time; time.sleep(60)", b="import time; time.sleep(0.2)")
    place = Place(tmp_path, spec)
    outcome: list[BaseException] = []

    def drive() -> None:
        try:
            place.loop.run()
        except StoreError as error:
            outcome.append(error)

    thread = threading.Thread(target=drive)
    # The next batches are there already, as if another process had taken the run over.
    for number in range(3, 40):
        place.store.create(batch_key("r1", number), b"[]")
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert 1 == len(outcome)
    assert all(process.returncode is not None for process in place.runner.processes.values())
