"""The state machine: what may start, what a failure means for the tasks below, and how a run ends."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import validate
from orchestrator_moves import BAD, OK, STOPPED, end, finish, reading, starts, states, writing
from orchestrator_pipelines import gives, make_spec, takes

from kfnb.orchestrator.messages import (
    CancelRequested,
    CancelTask,
    ConditionDecided,
    EvaluateCondition,
    FinishRun,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskStarted,
)
from kfnb.orchestrator.state import RunState
from kfnb.spec import Cell, Condition, ExecutorOutput, FileChange, PipelineSpec, Task, TaskError

# ------------------------------------------------------------------------------------------------------- order


def test_a_task_starts_when_all_it_waits_for_is_done() -> None:
    """A join starts after its last predecessor."""
    state = RunState(make_spec({"a": [], "b": [], "c": ["a", "b"]}), max_parallel=4)
    assert ["a", "b"] == starts(state.handle(RunStarted()))
    assert [] == starts(finish(state, "b"))
    assert ["c"] == starts(finish(state, "a"))
    assert "SUCCEEDED" == end(finish(state, "c"))


def test_ready_tasks_start_in_notebook_order_within_the_limit() -> None:
    """Of the tasks that may start, the first in the notebook is first, and no more than the limit run at once."""
    state = RunState(make_spec({"a": [], "b": [], "c": [], "d": ["a"]}), max_parallel=2)
    assert ["a", "b"] == starts(state.handle(RunStarted()))
    assert ["c"] == starts(finish(state, "a"))
    assert ["d"] == starts(finish(state, "b"))


def test_a_pipeline_without_tasks_succeeds() -> None:
    """A run of nothing ends at once."""
    assert "SUCCEEDED" == end(RunState(make_spec({})).handle(RunStarted()))


def test_late_and_repeated_reports_are_ignored() -> None:
    """A report about a task that is over changes nothing."""
    state = RunState(make_spec({"a": [], "b": ["a"]}))
    state.handle(RunStarted())
    finish(state, "a")
    assert [] == state.handle(TaskFinished("a", 1, BAD))
    assert [] == state.handle(TaskStarted("a", 1))
    assert "SUCCEEDED" == state.state_of("a")


# ----------------------------------------------------------------------------------------------------- failure


def test_what_lies_below_a_failed_task_is_skipped_and_the_rest_goes_on() -> None:
    """Descendants of a failed task are SKIPPED, naming it; an independent branch runs to its end."""
    state = RunState(make_spec({"a": [], "b": [], "c": ["a"], "d": ["c"], "e": ["b"]}), max_parallel=2)
    state.handle(RunStarted())
    assert [] == starts(finish(state, "a", BAD))
    assert "it needs 'a', which failed" == state.why_of("d")
    assert ["e"] == starts(finish(state, "b"))
    assert "FAILED" == end(finish(state, "e"))
    assert {"a": "FAILED", "b": "SUCCEEDED", "c": "SKIPPED", "d": "SKIPPED", "e": "SUCCEEDED"} == states(state)


def test_why_says_what_python_said_and_where() -> None:
    """An error of the user's code is named with its cell."""
    state = RunState(make_spec({"a": []}))
    state.handle(RunStarted())
    finish(state, "a", BAD)
    assert "ValueError: no (cell cell-a)" == state.why_of("a")


def test_why_begins_with_the_code_where_kfnb_stopped_the_task() -> None:
    """A diagnostic's code is part of `why`."""
    error = TaskError(message="df was changed", code="KF381", fact="changes:df", fact_cell="cell-a")
    state = RunState(make_spec({"a": []}))
    state.handle(RunStarted())
    finish(state, "a", ExecutorOutput(state="FAILED", error=error))
    assert "KF381: df was changed" == state.why_of("a")


def test_a_task_that_is_stopped_from_outside_is_a_failure() -> None:
    """A task that says CANCELED though nobody cancelled it makes the run FAILED, with a code."""
    state = RunState(make_spec({"a": [], "b": ["a"]}))
    state.handle(RunStarted())
    assert "FAILED" == end(finish(state, "a", STOPPED))
    assert (state.why_of("a") or "").startswith("KF651")


# ------------------------------------------------------------------------------------------------- conditions


def conditional(*, tagged: bool = False) -> PipelineSpec:
    """`b` changes x of `a` and makes y if x > 1; `c` takes x, `d` takes y, `e` takes what `d` makes."""
    return make_spec(
        {"a": [], "b": ["a"], "c": ["b"], "d": ["b"], "e": ["d"]},
        a={"outputs": gives("x")},
        b={
            "condition": Condition(expression="x > 1", names={"x": "a"}, tagged=tagged),
            "inputs": takes(x="a"),
            "outputs": gives("x", "y"),
        },
        c={"inputs": takes(x="b")},
        d={"inputs": takes(y="b"), "outputs": gives("z")},
        e={"inputs": takes(z="d")},
    )


def test_a_condition_is_evaluated_before_anything_is_started() -> None:
    """A conditional task asks for its condition first, and starts if it is true."""
    state = RunState(conditional())
    state.handle(RunStarted())
    assert [EvaluateCondition("b")] == [i for i in finish(state, "a") if isinstance(i, EvaluateCondition)]
    assert ["b"] == starts(state.handle(ConditionDecided("b", True)))


def test_a_false_condition_skips_the_task_alone() -> None:
    """After a plain `if` that is false, everything below runs: names stay as they were or absent."""
    state = RunState(conditional(), max_parallel=4)
    state.handle(RunStarted())
    finish(state, "a")
    assert ["c", "d"] == starts(state.handle(ConditionDecided("b", False)))
    assert "condition 'x > 1' is false" == state.why_of("b")


def test_what_needs_a_skipped_tagged_step_is_skipped_with_that_reason() -> None:
    """After a `when:` that is false, what needs its new names is skipped, and what takes an older version runs."""
    state = RunState(conditional(tagged=True), max_parallel=4)
    state.handle(RunStarted())
    finish(state, "a")
    assert ["c"] == starts(state.handle(ConditionDecided("b", False)))
    assert "it needs 'y', which the skipped step 'b' would have made" == state.why_of("d")
    assert "it needs 'z', which the skipped step 'd' would have made" == state.why_of("e")
    assert "SUCCEEDED" == end(finish(state, "c"))


def test_an_undecidable_plain_condition_runs_the_task() -> None:
    """What cannot be evaluated from records is left to the `if` in the cell."""
    state = RunState(conditional())
    state.handle(RunStarted())
    finish(state, "a")
    assert ["b"] == starts(state.handle(ConditionDecided("b", None, "no value of 'x' was recorded")))


def test_an_undecidable_tagged_condition_fails_with_a_code() -> None:
    """There is no `if` in the cell to fall back to."""
    state = RunState(conditional(tagged=True))
    state.handle(RunStarted())
    finish(state, "a")
    assert "FAILED" == end(state.handle(ConditionDecided("b", None, "no value of 'x' was recorded")))
    assert (state.why_of("b") or "").startswith("KF650")


# ------------------------------------------------------------------------------------------------------- cancel


def test_cancel_stops_what_runs_and_starts_nothing_more() -> None:
    """A clean cancel is asked of each running task; the run is CANCELED when they are over."""
    state = RunState(make_spec({"a": [], "b": [], "c": ["a"]}), max_parallel=2)
    state.handle(RunStarted())
    state.handle(TaskStarted("a", 1))
    told = state.handle(CancelRequested())
    assert [CancelTask("a", 1), CancelTask("b", 1)] == [i for i in told if isinstance(i, CancelTask)]
    assert "CANCELING" == state.state
    state.handle(TaskFinished("a", 1, STOPPED))
    assert "CANCELED" == end(state.handle(TaskFinished("b", 1, OK)))
    assert {"a": "CANCELED", "b": "SUCCEEDED", "c": "CANCELED"} == states(state)


def test_a_second_cancel_can_be_at_once() -> None:
    """After a clean cancel, one with `now` is passed on; another clean one is not."""
    state = RunState(make_spec({"a": []}))
    state.handle(RunStarted())
    state.handle(CancelRequested())
    assert [] == state.handle(CancelRequested())
    assert [CancelTask("a", 1, True)] == state.handle(CancelRequested(now=True))


# -------------------------------------------------------------------------------------------------------- files

SIDE_BY_SIDE = {"a": [], "b": [], "c": ["b"], "d": ["c"]}


def test_reading_what_a_step_above_wrote_stops_the_reader() -> None:
    """A task that looked at a path which a step above wrote fails with the fact that it comes after that step."""
    state = RunState(make_spec(SIDE_BY_SIDE), max_parallel=2)
    state.handle(RunStarted())
    finish(state, "a", writing("out/x.csv"))
    assert "FAILED" == end(finish(state, "b", reading("out/x.csv")))
    assert "prev:a" == state.errors["b"].fact
    assert (state.why_of("b") or "").startswith("KF652")
    assert "SKIPPED" == state.state_of("d")


def test_the_order_in_which_both_end_does_not_matter() -> None:
    """A reader that was done first is taken back, with what used its results."""
    state = RunState(make_spec(SIDE_BY_SIDE), max_parallel=2)
    state.handle(RunStarted())
    finish(state, "b", reading("out/x.csv"))
    finish(state, "c")
    state.handle(TaskStarted("d", 1))
    told = finish(state, "a", writing("out/x.csv"))
    assert [CancelTask("d", 1)] == [i for i in told if isinstance(i, CancelTask)]
    assert "FAILED" == end(state.handle(TaskFinished("d", 1, OK)))
    assert {"a": "SUCCEEDED", "b": "FAILED", "c": "CANCELED", "d": "CANCELED"} == states(state)
    assert ["a"] == list(state.outputs)


@pytest.mark.parametrize("reader_first", [True, False])
@pytest.mark.parametrize(
    ("written", "read", "expected"),
    [
        (FileChange(path="out/x.csv", kind="file"), "out/x.csv", "FAILED"),
        (FileChange(path="out/x.csv", kind="file"), "out", "FAILED"),
        (FileChange(path="x.csv", kind="file"), ".", "FAILED"),
        (FileChange(path="out", kind="directory"), ".", "FAILED"),
        (FileChange(path="out", kind="removed"), "out/deep/x.csv", "FAILED"),
        (FileChange(path="out/deep/x.csv", kind="file"), "out", "SUCCEEDED"),
        (FileChange(path="out", kind="directory"), "out/deep/x.csv", "SUCCEEDED"),
        (FileChange(path="out/x.csv", kind="file"), "out/y.csv", "SUCCEEDED"),
    ],
)
def test_a_write_shows_in_the_path_its_folder_and_below_what_it_removed(
    written: FileChange, read: str, expected: str, reader_first: bool
) -> None:
    """A listing shows what is right below, a removed folder is missed by all below, and nothing else clashes."""
    state = RunState(make_spec({"a": [], "b": []}), max_parallel=2)
    state.handle(RunStarted())
    done = [("a", ExecutorOutput(state="SUCCEEDED", files=(written,))), ("b", reading(read))]
    for task, output in reversed(done) if reader_first else done:
        finish(state, task, output)
    assert expected == state.state_of("b")


def test_a_failed_reader_is_explained_by_the_write_it_missed() -> None:
    """FileNotFoundError for a file that a step above writes becomes the learned fact."""
    state = RunState(make_spec(SIDE_BY_SIDE), max_parallel=2)
    state.handle(RunStarted())
    missing = TaskError(message="", ename="FileNotFoundError", evalue="x.csv")
    finish(state, "b", ExecutorOutput(state="FAILED", error=missing, paths_read=("x.csv",)))
    finish(state, "a", writing("x.csv"))
    assert (state.why_of("b") or "").startswith("KF652")


def test_ancestors_and_steps_below_are_no_conflict() -> None:
    """What an ancestor wrote is there to be read, and what a step below writes comes later by hand too."""
    state = RunState(make_spec({"a": [], "b": ["a"], "c": ["a"]}), max_parallel=2)
    state.handle(RunStarted())
    finish(state, "a", writing("x.csv"))
    finish(state, "c", writing("y.csv"))
    assert "SUCCEEDED" == end(finish(state, "b", reading("x.csv", "y.csv", "z.csv")))


# --------------------------------------------------------------------------------------- against a simple model


@st.composite
def runs(draw: st.DrawFn) -> tuple[dict[str, list[str]], dict[str, str], int, int]:
    """A graph, what becomes of each task, the limit and a seed for the order of events."""
    count = draw(st.integers(1, 12))
    names = [f"t{i}" for i in range(count)]
    graph = {
        n: draw(st.lists(st.sampled_from(names[:i]), unique=True, max_size=3)) if i else [] for i, n in enumerate(names)
    }
    fates = {n: draw(st.sampled_from(["ok", "ok", "ok", "fails", "false", "true"])) for n in names}
    return graph, fates, draw(st.integers(1, 4)), draw(st.integers(0, 2**16))


def expected_states(graph: dict[str, list[str]], fates: dict[str, str]) -> dict[str, str]:
    """What each task must end as: the rules of the semantics, one task after the other."""
    result: dict[str, str] = {}
    dead: set[str] = set()
    for name, after in graph.items():
        if any(other in dead for other in after):
            result[name] = "SKIPPED"
            dead.add(name)
        elif fates[name] == "fails":
            result[name] = "FAILED"
            dead.add(name)
        else:
            result[name] = "SKIPPED" if fates[name] == "false" else "SUCCEEDED"
    return result


@given(runs())
@settings(max_examples=150, deadline=None)
def test_any_run_ends_as_the_model_says(case: tuple[dict[str, list[str]], dict[str, str], int, int]) -> None:
    """Whatever the order of events, each task starts at most once, after what it waits for, and ends as it must."""
    graph, fates, limit, seed = case
    rng = random.Random(seed)
    changes = {n: {"condition": Condition(expression="x")} for n, fate in fates.items() if fate in ("false", "true")}
    state = RunState(make_spec(graph, **changes), max_parallel=limit)
    started: list[str] = []
    possible: list[object] = [RunStarted()]
    finished = None
    while possible:
        event = possible.pop(rng.randrange(len(possible)))
        for instruction in state.handle(event):  # type: ignore[arg-type]
            if isinstance(instruction, StartTask):
                started.append(instruction.task)
                assert all(state.state_of(other) in ("SUCCEEDED", "SKIPPED") for other in graph[instruction.task])
                possible.append(TaskStarted(instruction.task, 1))
            elif isinstance(instruction, EvaluateCondition):
                possible.append(ConditionDecided(instruction.task, fates[instruction.task] == "true"))
            elif isinstance(instruction, FinishRun):
                finished = instruction.state
        validate(state)
        if isinstance(event, TaskStarted):
            possible.append(TaskFinished(event.task, 1, BAD if fates[event.task] == "fails" else OK))
    assert expected_states(graph, fates) == states(state)
    assert len(set(started)) == len(started)
    assert ("FAILED" if "FAILED" in states(state).values() else "SUCCEEDED") == finished


@given(runs(), st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_a_cancelled_run_always_ends(case: tuple[dict[str, list[str]], dict[str, str], int, int], when: int) -> None:
    """A cancel at any moment ends in CANCELED, and nothing starts after it."""
    graph, _, limit, seed = case
    rng = random.Random(seed)
    state = RunState(make_spec(graph), max_parallel=limit)
    possible: list[object] = [RunStarted()]
    finished, cancelled = None, False
    for step in range(1000):
        if step == when and finished is None and state.state == "RUNNING":
            event: object = CancelRequested()
            cancelled = True
        elif possible:
            event = possible.pop(rng.randrange(len(possible)))
        else:
            break
        instructions = state.handle(event)  # type: ignore[arg-type]
        validate(state)
        assert not cancelled or not starts(instructions)
        possible += [TaskStarted(name, 1) for name in starts(instructions)]
        if isinstance(event, TaskStarted):
            outcome = STOPPED if cancelled and state.state_of(event.task) == "CANCELING" else OK
            possible.append(TaskFinished(event.task, 1, outcome))
        elif isinstance(event, CancelRequested):
            for name in [n for n in state.tasks if state.state_of(n) == "CANCELING"]:
                possible = [e for e in possible if getattr(e, "task", None) != name]
                possible.append(TaskFinished(name, 1, STOPPED))
        finished = end(instructions) or finished
    assert ("CANCELED" if cancelled else "SUCCEEDED") == finished


def calls_to_run(spec: PipelineSpec) -> int:
    """How many Python calls a whole run of `spec` takes inside the machine."""
    count = 0

    def counter(frame: object, kind: str, argument: object) -> None:
        nonlocal count
        count += kind == "call"

    state = RunState(spec, max_parallel=8)
    sys.setprofile(counter)
    try:
        pending = starts(state.handle(RunStarted()))
        while pending:
            pending += starts(finish(state, pending.pop()))
    finally:
        sys.setprofile(None)
    assert "SUCCEEDED" == state.state
    return count


@pytest.mark.parametrize("shape", ["fan", "chain"])
def test_the_work_of_ten_thousand_tasks_grows_with_their_number_only(shape: str) -> None:
    """Ten times the tasks take ten times the calls."""

    def pipeline(n: int) -> PipelineSpec:
        middle = [f"m{i}" for i in range(n - 2)]
        if shape == "fan":
            return make_spec({"first": [], **{m: ["first"] for m in middle}, "last": middle})
        cell = (Cell(id="c", index=0, source="", ordinal=1),)
        tasks = (Task(name=m, slug=m, cells=cell, after=(middle[i - 1],) if i else ()) for i, m in enumerate(middle))
        return PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="", tasks=tuple(tasks))

    assert calls_to_run(pipeline(10_000)) < 12 * calls_to_run(pipeline(1_000))
