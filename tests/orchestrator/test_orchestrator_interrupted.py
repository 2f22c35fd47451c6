"""Runs stopped anywhere: between a decision and its record, between the record and what it asks for, in an attempt."""

from __future__ import annotations

import contextlib
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from invariants import validate
from orchestrator_moves import OK
from orchestrator_pipelines import gives, make_spec, takes
from orchestrator_place import Place, running, with_source

from kfnb.errors import LeaseHeld
from kfnb.orchestrator.events import EventReader, RunStatus, batch_key
from kfnb.orchestrator.messages import (
    ConditionDecided,
    DelayRetry,
    EvaluateCondition,
    Event,
    FinishRun,
    Record,
    RetryDue,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskStarted,
)
from kfnb.orchestrator.places import attempt_key
from kfnb.orchestrator.state import RunState
from kfnb.orchestrator.takeover import earlier_attempts
from kfnb.spec import Condition, ExecutorOutput, PipelineSpec, RunEvent, RunInfo, Settings, TaskError, to_json

BAD = ExecutorOutput(state="FAILED", error=TaskError(message="", ename="ValueError", evalue="no", traceback=()))
KILLED = ExecutorOutput(state="FAILED", error=TaskError(message="killed", code="KF601"))
STOPPED = ExecutorOutput(state="CANCELED")


# ------------------------------------------------------------------------------- the state machine and what was kept


class Shelf:
    """Documents in memory."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}

    def create(self, key: str, data: bytes) -> bool:
        """Put a document where there is none."""
        return self.documents.setdefault(key, data) is data

    def read(self, key: str) -> bytes:
        """Return a document."""
        return self.documents[key]

    def find(self, key: str) -> bytes | None:
        """Return a document, if it is there."""
        return self.documents.get(key)

    def exists(self, key: str) -> bool:
        """Say whether it is there."""
        return key in self.documents

    def children(self, prefix: str) -> list[str]:
        """Return the names below."""
        return [key.removeprefix(prefix + "/") for key in self.documents if key.startswith(prefix + "/")]


class Killed(Exception):
    """The run's process is gone."""


class History:
    """A run over several lives of its process.

    `faults`: how often each task fails before it succeeds; `truths`: the outcome of each condition.
    """

    def __init__(self, spec: PipelineSpec, seed: int) -> None:
        self.random = random.Random(seed)
        self.info = RunInfo(run_id="r", name="r", spec=spec, folder="/")
        self.shelf = Shelf()
        self.log: list[RunEvent] = []
        self.starts: list[tuple[str, int]] = []
        names = [task.name for task in spec.tasks]
        self.faults = {name: self.random.choice([0, 0, 0, 1, 2, 3]) for name in names}
        self.failed = dict.fromkeys(names, 0)
        self.truths = {name: self.random.choice([True, False, None]) for name in names}

    def status(self) -> RunStatus:
        """What the log says."""
        status = RunStatus(self.info.spec)
        status.apply(self.log)
        return status

    def live(self, danger: float, *, again: bool | str = False) -> str:
        """One life of the run's process, which ends the run; Killed if it does not. `danger`: of death at any step."""
        status = self.status()
        if status.ended and not again:
            return status.state
        state = RunState(self.info.spec, max_parallel=3)
        self._danger, self._active, self._fence = danger, dict[str, int](), status.fence + 1
        self._retried = status.retried if not status.ended else again if isinstance(again, str) else None
        earlier = earlier_attempts(self.shelf, self.info, status, retried=self._retried) if self.log else None
        todo: list[Event] = [RunStarted(earlier)]
        while True:
            instructions = state.handle(todo.pop(0))
            validate(state)
            self._may_die()
            self.log += [self._event(i) for i in instructions if isinstance(i, Record)]
            for instruction in instructions:
                self._may_die()
                if isinstance(instruction, FinishRun):
                    return instruction.state
                if isinstance(instruction, EvaluateCondition):
                    todo.append(ConditionDecided(instruction.task, self.truths[instruction.task]))
                elif isinstance(instruction, DelayRetry):
                    todo.append(RetryDue(instruction.task))
                elif isinstance(instruction, StartTask):
                    assert (instruction.task, instruction.attempt) not in self.starts
                    assert "SUCCEEDED" != self.status().tasks[instruction.task].state
                    self.starts.append((instruction.task, instruction.attempt))
                    self.shelf.create(self._key(instruction.task, instruction.attempt, "input"), b"")
                    self._active[instruction.task] = instruction.attempt
                    todo.append(TaskStarted(instruction.task, instruction.attempt))
            todo = todo or self._something_ends()

    def _event(self, record: Record) -> RunEvent:
        return RunEvent(
            kind=record.kind,
            time=0,
            task=record.task,
            attempt=record.attempt,
            state=record.state,
            output=record.output,
            data={"retried": self._retried} if record.kind == "run-resumed" else record.data,
            fence=self._fence,
        )

    def _something_ends(self) -> list[Event]:
        task = self.random.choice(sorted(self._active))
        attempt = self._active.pop(task)
        output = self._outcome(task)
        self.shelf.create(self._key(task, attempt, "output"), to_json(output))
        self._may_die()
        return [TaskFinished(task, attempt, output)]

    def _outcome(self, task: str) -> ExecutorOutput:
        self.failed[task] += 1
        return BAD if self.failed[task] <= self.faults[task] else OK

    def _may_die(self) -> None:
        if self.random.random() >= self._danger:
            return
        for task, attempt in self._active.items():  # each ended by itself, was killed, was stopped, or left nothing
            left = self.random.choice(["outcome", KILLED, STOPPED, None])
            left = self._outcome(task) if left == "outcome" else left
            if isinstance(left, ExecutorOutput):
                self.shelf.create(self._key(task, attempt, "output"), to_json(left))
        raise Killed

    def _key(self, task: str, attempt: int, document: str) -> str:
        return f"{attempt_key('r', self.info.spec.task(task).slug, attempt)}/{document}.json"


@st.composite
def pipelines(draw: st.DrawFn) -> PipelineSpec:
    """A pipeline of up to seven tasks, some with a condition."""
    graph: dict[str, list[str]] = {}
    for name in "abcdefg"[: draw(st.integers(1, 7))]:
        graph[name] = draw(st.lists(st.sampled_from(sorted(graph)), max_size=3, unique=True)) if graph else []
    conditional = draw(st.sets(st.sampled_from(sorted(graph))))
    condition = Condition(expression="x", names={}, tagged=draw(st.booleans()))
    repeated = draw(st.sets(st.sampled_from(sorted(graph))))
    changes: dict[str, dict[str, object]] = {
        name: {"settings": Settings(retries=2 if name in repeated else 0)} for name in graph
    }
    for name in conditional:
        changes[name] |= {"condition": condition}
    return make_spec(graph, **changes)


@settings(max_examples=300, deadline=None)
@given(pipelines(), st.integers(0, 2**32))
def test_a_run_stopped_anywhere_ends_as_if_it_had_not_been(spec: PipelineSpec, seed: int) -> None:
    """Killed at any instants, a run ends as it would have; no success starts again, attempts count up."""
    undisturbed, disturbed = History(spec, seed), History(spec, seed)
    expected = undisturbed.live(danger=0)
    for life in range(8):
        before = disturbed.status()
        try:
            assert expected == disturbed.live(danger=0.15 if life < 7 else 0)
        except Killed:
            continue
        finally:
            done = {name for name, task in before.tasks.items() if task.state == "SUCCEEDED"}
            assert done <= {name for name, task in disturbed.status().tasks.items() if task.state == "SUCCEEDED"}
        break
    states = {name: (task.state, task.output) for name, task in disturbed.status().tasks.items()}
    assert {name: (task.state, task.output) for name, task in undisturbed.status().tasks.items()} == states
    for name in states:
        attempts = [attempt for task, attempt in disturbed.starts if task == name]
        assert sorted(set(attempts)) == attempts
    assert sorted(event.fence for event in disturbed.log) == [event.fence for event in disturbed.log]


@settings(max_examples=100, deadline=None)
@given(pipelines(), st.integers(0, 2**32))
def test_a_failed_run_goes_on_where_the_fault_was_mended(spec: PipelineSpec, seed: int) -> None:
    """All that did not succeed is done anew, nothing else, and the run ends as one that never failed."""
    history = History(spec, seed)
    history.live(danger=0)
    done = {name for name, task in history.status().tasks.items() if task.state == "SUCCEEDED"}
    history.starts.clear()
    mended = History(spec, seed)
    mended.faults = history.faults = dict.fromkeys(history.faults, 0)
    assert mended.live(danger=0) == history.live(danger=0, again=True)
    assert {n: t.state for n, t in mended.status().tasks.items()} == {
        n: t.state for n, t in history.status().tasks.items()
    }
    assert done.isdisjoint(name for name, _ in history.starts)


@settings(max_examples=300, deadline=None)
@given(pipelines(), st.integers(0, 2**32), st.booleans())
def test_one_task_is_retried_and_what_waited_for_it(spec: PipelineSpec, seed: int, killed: bool) -> None:
    """It and what is below it end as if it had never failed, other failures stay, whenever its process is killed."""
    history, mended = History(spec, seed), History(spec, seed)
    history.live(danger=0)
    before = {name: task.state for name, task in history.status().tasks.items()}
    failed = [name for name, state in before.items() if state == "FAILED"]
    assume(failed)
    retried = history.random.choice(failed)
    mended.faults = history.faults = dict.fromkeys(history.faults, 0)
    mended.live(danger=0)
    history.starts.clear()
    events = len(history.log)
    for life in range(8):
        with contextlib.suppress(Killed):
            has_begun = len(history.log) > events
            history.live(danger=0.15 if killed and life < 7 else 0, again=False if has_begun else retried)
    expected = {}
    for task in spec.tasks:
        blocked = {above for above in task.ancestors if above in failed} - {retried}
        concerned = retried in (task.name, *task.ancestors) and not blocked
        expected[task.name] = mended.status().tasks[task.name].state if concerned else before[task.name]
    assert expected == {name: task.state for name, task in history.status().tasks.items()}
    assert ("FAILED" if "FAILED" in expected.values() else "SUCCEEDED") == history.status().state
    assert {name for name, _ in history.starts} <= {t.name for t in spec.tasks if retried in (t.name, *t.ancestors)}


# -------------------------------------------------------------------------------------------------------- the loop

CONDITION = Condition(expression="x > 1", names={"x": "a"})
DIAMOND = with_source(
    make_spec(
        {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": ["a"]},
        a={"outputs": gives("x")},
        c={"condition": CONDITION, "inputs": takes(x="a")},
    ),
    a="records = {'x': 2}",
    e="1 / 0",
)
EXPECTED = {"a": "SUCCEEDED", "b": "SUCCEEDED", "c": "SUCCEEDED", "d": "SUCCEEDED", "e": "FAILED"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run that ended: with branches, a condition, and a task that fails."""
    place = Place(tmp_path_factory.mktemp("whole"), DIAMOND)
    assert "FAILED" == place.loop.run()
    return place


def batches(place: Place) -> int:
    """How many batches the log has."""
    return len(list((place.folder / "store" / "runs" / "r1" / "events").iterdir()))


def cut(whole: Place, folder: Path) -> Iterator[tuple[int, Place]]:
    """Yield a copy of the run for each batch of its log, which ends after that batch (0: it is empty)."""
    for kept in range(batches(whole)):
        shutil.copytree(whole.folder, folder / str(kept))
        place = Place(folder / str(kept), whole.spec)
        for number in range(kept + 1, batches(whole) + 1):
            (place.folder / "store" / batch_key("r1", number)).unlink()
        yield kept, place


def test_what_was_killed_with_the_run_starts_as_the_next_attempt(whole: Place, tmp_path: Path) -> None:
    """Without their results the tasks that the log does not know as done run again, and only these."""
    for kept, place in cut(whole, tmp_path):
        before = place.status()
        open_tasks = {name for name, task in before.tasks.items() if task.state not in ("SUCCEEDED", "FAILED")}
        for name in open_tasks:
            (place.folder / "store" / attempt_key("r1", name, 1) / "output.json").unlink()
        assert "FAILED" == place.loop.run()
        assert EXPECTED == place.states(), kept
        assert open_tasks == set(place.runner.processes), kept
        attempts = {name: task.attempt for name, task in place.status().tasks.items()}
        assert {name: 2 if kept and name in open_tasks else 1 for name in EXPECTED} == attempts


def test_every_event_says_under_which_holder_it_was_written(whole: Place, tmp_path: Path) -> None:
    """The fence is 1 for the first holder of the lease and one more for each that took the run over."""
    place = next(place for kept, place in cut(whole, tmp_path) if kept == 2)
    place.loop.run()
    fences = [event.fence for event in EventReader(place.store, "r1").read()]
    assert {1, 2} == set(fences)
    assert sorted(fences) == fences
    again = Place(place.folder, place.spec, again=True)
    again.loop.run()
    assert 3 == again.status().fence
    assert {"e"} == set(again.runner.processes)


def test_a_second_loop_is_refused_and_does_nothing(tmp_path: Path) -> None:
    """While a run lives, whoever else would drive it is told so, and the run does not notice."""
    spec = with_source(make_spec({"a": []}), a="import time; time.sleep(60)")
    first, second = Place(tmp_path, spec), Place(tmp_path, spec)
    thread = threading.Thread(target=first.loop.run)
    thread.start()
    first.wait_for(running("a"))
    with pytest.raises(LeaseHeld, match="Another process drives this run"):
        second.loop.run()
    assert ([], {}) == (second.events, second.runner.processes)
    first.loop.cancel()
    thread.join(30)
    assert {1} == {event.fence for event in EventReader(first.store, "r1").read()}
