"""Attempts that the place where they ran took away, that wait there, or that are still there when a run is taken up."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import validate
from orchestrator_moves import OK
from orchestrator_pipelines import make_spec

from kfnb.artifacts.store import Store
from kfnb.orchestrator import places, takeover
from kfnb.orchestrator.events import RunStatus
from kfnb.orchestrator.losses import MOST_FAULTS
from kfnb.orchestrator.messages import (
    CancelRequested,
    CancelTask,
    DelayRetry,
    Earlier,
    FinishRun,
    Instruction,
    Record,
    RetryDue,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskLost,
    TaskStarted,
    TaskWaits,
)
from kfnb.orchestrator.phases import TERMINAL
from kfnb.orchestrator.state import RunState
from kfnb.spec import ExecutorOutput, RunEvent, RunInfo, Task, TaskError

BAD = ExecutorOutput(state="FAILED", error=TaskError(message="no", code=None))


def records(instructions: list[Instruction]) -> list[tuple[str | None, str | None]]:
    """State and reason of every change of a task."""
    return [(i.state, i.why) for i in instructions if isinstance(i, Record) and i.kind == "task-state"]


def begun(**more: object) -> RunState:
    """A run of one step whose first attempt was started."""
    state = RunState(make_spec({"a": [], "b": ["a"]}), **more)  # type: ignore[arg-type]
    state.handle(RunStarted())
    return state


def test_a_reason_for_waiting_is_recorded_once() -> None:
    """A task that waits where it is to run is PENDING with the reason; the same reason again is no news."""
    state = begun()
    assert [("PENDING", "no node is free")] == records(state.handle(TaskWaits("a", 1, "no node is free")))
    assert [] == state.handle(TaskWaits("a", 1, "no node is free"))
    assert [("RUNNING", None)] == records(state.handle(TaskStarted("a", 1)))
    assert [] == state.handle(TaskWaits("a", 1, "too late"))


def losses(state: RunState, count: int, why: str, **more: bool) -> list[float]:
    """Lose the attempts of a run's first step so often; return the pauses after which it starts again."""
    delays = []
    for attempt in range(1, count + 1):
        state.handle(TaskStarted("a", attempt))
        told = state.handle(TaskLost("a", attempt, why, **more))
        assert [("PENDING", f"it starts again: {why}")] == records(told)
        delays += [i.seconds for i in told if isinstance(i, DelayRetry)]
        assert [StartTask("a", attempt + 1)] == state.handle(RetryDue("a"))
    return delays


def test_a_moved_attempt_starts_again_and_uses_up_nothing() -> None:
    """Evictions are free however many there are, `retry:` is untouched; the pauses between them grow to a minute."""
    state = begun()
    pauses = losses(state, 1200, "evicted")
    assert [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] == pauses[:9]
    assert {60.0} == set(pauses[7:])
    state.handle(TaskFinished("a", 1201, BAD))
    assert "FAILED" == state.state_of("a")


def test_a_step_that_used_more_than_it_asked_for_is_given_up_soon() -> None:
    """Each attempt would take its node's memory, and its neighbours with it: the third is the last, with what to do."""
    state = begun()
    why = "its node was short of memory and ended its pod. Ask for what the step needs"
    assert [0.0, 1.0] == losses(state, 2, why, own=True)
    told = state.handle(TaskLost("a", 3, why, own=True))
    assert "FAILED" in {i.state for i in told if isinstance(i, FinishRun)}
    assert f"KF656: Step 'a' was lost 3 times by the place where it ran: {why}. (cell cell-a)" == state.why_of("a")


def test_a_place_that_keeps_breaking_is_given_up() -> None:
    """Faults of the place are free too, each after a longer pause, but not for ever."""
    state = begun()
    assert [1.0, 2.0, 4.0, 8.0, 16.0] == losses(state, MOST_FAULTS, "no such node", counted=True)
    told = state.handle(TaskLost("a", MOST_FAULTS + 1, "no such node", counted=True))
    assert "FAILED" in {i.state for i in told if isinstance(i, FinishRun)}
    assert "KF656" in str(state.why_of("a"))


def test_a_lost_attempt_of_a_cancelled_run_is_cancelled() -> None:
    """Nothing starts again in a run that is being cancelled."""
    state = begun()
    assert [CancelTask("a", 1)] == [i for i in state.handle(CancelRequested()) if isinstance(i, CancelTask)]
    assert [FinishRun("CANCELED")] == state.handle(TaskLost("a", 1, "evicted"))[-1:]


def test_an_attempt_that_is_still_there_goes_on() -> None:
    """A run taken up again does not start it anew, keeps its slot, and takes its end as that of its own attempt."""
    state = RunState(make_spec({"a": [], "b": [], "c": ["a"]}), max_parallel=1)
    told = state.handle(RunStarted({"b": Earlier(attempt=3, state="RUNNING", living=True)}))
    assert [] == [i for i in told if isinstance(i, StartTask)]
    told = state.handle(TaskStarted("b", 3)) + state.handle(TaskFinished("b", 3, OK))
    assert [StartTask("a", 1)] == [i for i in told if isinstance(i, StartTask)]


def test_only_attempts_of_which_nobody_saw_the_end_are_asked_for(tmp_path: Path) -> None:
    """The place is asked about what was started, be it that it waits, and has no result; not about what ended."""
    spec = make_spec({"a": [], "b": [], "c": [], "d": [], "e": []})
    info = RunInfo(run_id="r", name="n", experiment="E", spec=spec, created=0.0, folder="/", notebook_path="/nb.ipynb")
    store, status = Store(str(tmp_path)), RunStatus(spec)
    for task, attempt in (("a", 1), ("b", 1), ("c", 1), ("d", 1), ("d", 2)):
        store.write(f"{places.attempt_key('r', task, attempt)}/input.json", b"{}")
    again = {"why": "it starts again", "data": {"failures": 1}}
    status.apply(
        [
            RunEvent(kind="task-state", time=1.0, task="a", attempt=1, state="RUNNING"),
            RunEvent(kind="task-state", time=1.0, task="b", attempt=1, state="PENDING", **again),
            RunEvent(kind="task-state", time=1.0, task="d", attempt=1, state="PENDING", **again),
            RunEvent(kind="task-state", time=2.0, task="d", attempt=2, state="PENDING", why="no node is free"),
        ]
    )
    asked: list[tuple[str, int]] = []

    def adopt(task: Task, attempt: int) -> bool:
        asked.append((task.name, attempt))
        return task.name in ("a", "d")

    found = takeover.earlier_attempts(store, info, status, adopt)
    assert [("a", 1), ("c", 1), ("d", 2)] == asked
    assert {"a": True, "b": False, "c": False, "d": True} == {name: each.living for name, each in found.items()}
    assert {"a": 0, "b": 1, "c": 0, "d": 1} == {name: each.failures for name, each in found.items()}


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 8), st.integers(1, 4), st.integers(0, 2**16))
@pytest.mark.timeout(120)
def test_whatever_the_place_does_every_task_ends_once(count: int, most: int, seed: int) -> None:
    """Waits, moves, faults and retries in any order: the run ends, and each task in one final state."""
    rng = random.Random(seed)
    names = [f"t{i}" for i in range(count)]
    graph = {n: rng.sample(names[:i], rng.randint(0, min(i, 2))) for i, n in enumerate(names)}
    state = RunState(make_spec(graph), max_parallel=most)
    possible: list[object] = [RunStarted()]
    ends: list[str] = []
    finals: dict[str, list[str]] = {name: [] for name in names}
    moves = 0
    while possible:
        event = possible.pop(rng.randrange(len(possible)))
        for told in state.handle(event):  # type: ignore[arg-type]
            if isinstance(told, StartTask):
                fate = rng.random()
                place = (told.task, told.attempt)
                possible.append(TaskWaits(*place, "no node"))
                possible.append(TaskStarted(*place))
                if fate < 0.4 and moves < 200:
                    moves += 1
                    possible.append(TaskLost(*place, "moved", counted=fate < 0.2, own=fate > 0.35))
                else:
                    possible.append(TaskFinished(*place, OK if fate < 0.9 else BAD))
            elif isinstance(told, DelayRetry):
                possible.append(RetryDue(told.task))
            elif isinstance(told, FinishRun):
                ends.append(told.state)
            elif isinstance(told, Record) and told.task is not None and told.state in TERMINAL:
                finals[told.task].append(told.state)
        validate(state)
    assert 1 == len(ends)
    assert [1] * count == [len(final) for final in finals.values()]
