"""The state machine after a failure: another attempt, the exit handlers, or the end of the run."""

from __future__ import annotations

import pytest
from orchestrator_moves import BAD, OK, STOPPED, end, finish, starts, states
from orchestrator_pipelines import make_spec

from kfnb.orchestrator.messages import (
    CancelRequested,
    CancelTask,
    DelayRetry,
    Instruction,
    RetryDue,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskStarted,
)
from kfnb.orchestrator.state import RunState
from kfnb.spec import ExecutorOutput, PipelineSpec, Settings, TaskError


def retried(state: RunState, task: str, attempt: int, output: ExecutorOutput = BAD) -> list[Instruction]:
    """Have one attempt of a task start and end."""
    return state.handle(TaskStarted(task, attempt)) + state.handle(TaskFinished(task, attempt, output))


def test_a_failed_task_is_repeated_after_longer_and_longer_waits() -> None:
    """The wait doubles; after the last attempt the task is FAILED; a late report of an earlier attempt is ignored."""
    state = RunState(make_spec({"a": [], "b": ["a"]}, a={"settings": Settings(retries=2, retry_backoff=3.0)}))
    state.handle(RunStarted())
    for attempt, delay in ((1, 3.0), (2, 6.0)):
        delays = [i.seconds for i in retried(state, "a", attempt) if isinstance(i, DelayRetry)]
        assert [delay] == delays
        assert "PENDING" == state.state_of("a")
        assert [StartTask("a", attempt + 1)] == [i for i in state.handle(RetryDue("a")) if isinstance(i, StartTask)]
        assert [] == state.handle(TaskFinished("a", attempt, OK))
    assert "FAILED" == end(retried(state, "a", 3))
    assert ("FAILED", "SKIPPED") == (state.state_of("a"), state.state_of("b"))


@pytest.mark.parametrize("code", ["KF380", "KF605", "KF607", "KF652", "KF657"])
def test_what_kfnb_found_out_about_the_notebook_is_not_repeated(code: str) -> None:
    """Another attempt would find the same, about the notebook or about the place that it is to run at."""
    state = RunState(make_spec({"a": []}, a={"settings": Settings(retries=5)}))
    state.handle(RunStarted())
    told = ExecutorOutput(state="FAILED", error=TaskError(message="so", code=code))
    assert "FAILED" == end(retried(state, "a", 1, told))


def test_a_task_that_waits_for_its_next_attempt_holds_no_place_and_can_be_cancelled() -> None:
    """Others run meanwhile; a cancel ends the wait."""
    state = RunState(make_spec({"a": [], "b": []}, a={"settings": Settings(retries=1)}), max_parallel=1)
    state.handle(RunStarted())
    assert ["b"] == starts(retried(state, "a", 1))
    state.handle(CancelRequested())
    assert "CANCELED" == state.state_of("a")
    assert [] == state.handle(RetryDue("a"))


def with_exits(**more: object) -> PipelineSpec:
    """Two tasks and two exit handlers."""
    exits = {"settings": Settings(on_exit=True)}
    return make_spec({"a": [], "b": ["a"], "e": ["a", "b"], "f": ["a", "b", "e"]}, e=exits, f=exits)


@pytest.mark.parametrize(("fate", "expected"), [(OK, "SUCCEEDED"), (BAD, "FAILED")])
def test_exit_handlers_run_last_one_after_the_other_whatever_happened(fate: ExecutorOutput, expected: str) -> None:
    """They start when everything else is over, and the run ends as it would have without them."""
    state = RunState(with_exits(), max_parallel=4)
    assert ["a"] == starts(state.handle(RunStarted()))
    assert ["b"] == starts(finish(state, "a"))
    assert ["e"] == starts(finish(state, "b", fate))
    assert expected == state.summary()["state"]
    assert ["f"] == starts(finish(state, "e", BAD))
    assert "FAILED" == end(finish(state, "f"))


def test_exit_handlers_run_after_a_cancel_but_not_when_it_is_at_once() -> None:
    """A clean cancel lets them run; the second ends them too."""
    state = RunState(with_exits(), max_parallel=4)
    state.handle(RunStarted())
    state.handle(TaskStarted("a", 1))
    state.handle(CancelRequested())
    assert ["e"] == starts(state.handle(TaskFinished("a", 1, STOPPED)))
    assert "CANCELED" == state.summary()["state"]
    state.handle(CancelRequested(now=True))
    assert "CANCELED" == end(state.handle(TaskFinished("e", 1, STOPPED)))
    assert "CANCELED" == state.state_of("f")


def test_the_first_failure_can_end_the_run() -> None:
    """What runs is stopped, what has not begun is skipped and says why, exit handlers still run."""
    state = RunState(
        make_spec({"a": [], "b": [], "c": [], "e": []}, e={"settings": Settings(on_exit=True)}),
        max_parallel=2,
        fail_fast=True,
    )
    state.handle(RunStarted())
    state.handle(TaskStarted("b", 1))
    instructions = finish(state, "a", BAD)
    assert [CancelTask("b", 1)] == [i for i in instructions if isinstance(i, CancelTask)]
    assert "step 'a' failed" in (state.why_of("c") or "")
    assert ["e"] == starts(state.handle(TaskFinished("b", 1, STOPPED)))
    assert "FAILED" == end(finish(state, "e"))
    assert {"a": "FAILED", "b": "CANCELED", "c": "SKIPPED", "e": "SUCCEEDED"} == states(state)
