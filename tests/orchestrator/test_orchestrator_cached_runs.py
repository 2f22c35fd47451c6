"""The state machine with a cache: what is looked up, what a hit means, and results that others compute."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import validate
from orchestrator_moves import OK
from orchestrator_pipelines import make_spec

from kfnb.orchestrator.messages import (
    AwaitOther,
    CacheHit,
    CacheMissed,
    CancelRequested,
    CancelTask,
    ComputedElsewhere,
    FinishRun,
    LookAgain,
    LookUp,
    NoRoom,
    Record,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskStarted,
)
from kfnb.orchestrator.selection import Selection
from kfnb.orchestrator.state import RunState
from kfnb.spec import ExecutorOutput

STOPPED = ExecutorOutput(state="CANCELED")


def test_a_hit_needs_no_slot_and_lets_what_waits_go_on() -> None:
    """With one slot taken, a task that is found in the cache is done at once, and says `cached`."""
    state = RunState(make_spec({"a": [], "b": [], "c": ["b"]}), max_parallel=1, selection=Selection())
    assert [LookUp("a", 1), LookUp("b", 1)] == [i for i in state.handle(RunStarted()) if isinstance(i, LookUp)]
    assert [StartTask("a", 1)] == state.handle(CacheMissed("a"))
    done = state.handle(CacheHit("b", 1, OK))
    assert [True] == [i.cached for i in done if isinstance(i, Record) and i.state == "SUCCEEDED"]
    assert [LookUp("c", 1)] == [i for i in done if isinstance(i, LookUp)]
    validate(state)


def test_what_another_run_computes_leaves_its_slot() -> None:
    """A task that waits for another run's result gives its slot to the next; told to, it is looked up again."""
    state = RunState(make_spec({"a": [], "b": []}), max_parallel=1, selection=Selection())
    state.handle(RunStarted())
    state.handle(CacheMissed("a"))
    state.handle(CacheMissed("b"))
    told = state.handle(ComputedElsewhere("a", 1, "run x"))
    assert AwaitOther("a") in told
    assert StartTask("b", 1) in told
    assert "another run computes this very result: run x" == state.why_of("a")
    assert [LookUp("a", 1)] == state.handle(LookAgain("a"))
    validate(state)


def test_a_task_without_room_leaves_its_slot() -> None:
    """It says what it waits for, the next one starts, and the attempt is the same one when there is room."""
    state = RunState(make_spec({"a": [], "b": []}), max_parallel=1)
    assert StartTask("a", 1) in state.handle(RunStarted())
    assert StartTask("b", 1) in state.handle(NoRoom("a", 1, "waiting for a GPU"))
    assert ("PENDING", "waiting for a GPU") == (state.state_of("a"), state.why_of("a"))
    state.handle(TaskStarted("b", 1))
    state.handle(TaskFinished("b", 1, OK))
    assert [StartTask("a", 1)] == state.handle(LookAgain("a"))
    validate(state)


@st.composite
def cached_runs(draw: st.DrawFn) -> tuple[dict[str, list[str]], int, int, int | None]:
    """A graph, how many may run at once, a seed, and when the run is cancelled, if it is."""
    count = draw(st.integers(1, 7))
    graph = {
        f"t{n}": sorted(draw(st.sets(st.sampled_from([f"t{m}" for m in range(n)]), max_size=3))) if n else []
        for n in range(count)
    }
    return graph, draw(st.integers(1, 3)), draw(st.integers(0, 10_000)), draw(st.none() | st.integers(0, 20))


@given(cached_runs())
@settings(max_examples=200, deadline=None)
def test_any_cached_run_ends(case: tuple[dict[str, list[str]], int, int, int | None]) -> None:
    """Hits, misses and results of others in any order, with or without a cancel: the run ends, and as it must."""
    graph, limit, seed, cancel_at = case
    rng = random.Random(seed)
    state = RunState(make_spec(graph), max_parallel=limit, selection=Selection())
    possible: list[Any] = [RunStarted()]
    finished, cancelled, step = None, False, 0
    while possible:
        step += 1
        if step == cancel_at and state.state == "RUNNING":
            event: Any = CancelRequested()
            cancelled = True
        else:
            event = possible.pop(rng.randrange(len(possible)))
        for told in state.handle(event):
            if isinstance(told, LookUp):
                hit = rng.random() < 0.4
                possible.append(CacheHit(told.task, told.attempt, OK) if hit else CacheMissed(told.task))
            elif isinstance(told, AwaitOther):
                possible.append(LookAgain(told.task))
            elif isinstance(told, StartTask):
                chance = rng.random()
                if chance < 0.2:
                    possible.append(ComputedElsewhere(told.task, told.attempt))
                elif chance < 0.25:
                    possible.append(NoRoom(told.task, told.attempt, "no room"))
                elif chance < 0.3:
                    possible.append(CacheHit(told.task, told.attempt, OK))
                else:
                    possible.append(TaskStarted(told.task, told.attempt))
            elif isinstance(told, CancelTask) and not any(
                isinstance(e, ComputedElsewhere | NoRoom | CacheHit) and e.task == told.task for e in possible
            ):
                possible = [e for e in possible if getattr(e, "task", None) != told.task]
                possible.append(TaskFinished(told.task, told.attempt, STOPPED))
            elif isinstance(told, FinishRun):
                finished = told.state
        validate(state)
        if isinstance(event, NoRoom) and state.why_of(event.task) == "no room":
            possible.append(LookAgain(event.task))
        if isinstance(event, TaskStarted) and state.state_of(event.task) == "RUNNING":
            possible.append(TaskFinished(event.task, event.attempt, OK))
    assert ("CANCELED" if cancelled else "SUCCEEDED") == finished
