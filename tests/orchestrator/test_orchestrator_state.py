"""The state machine: what may start, what a failure means for the tasks below, and how a run ends."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import validate
from orchestrator_pipelines import gives, make_spec, takes

from kfnb.orchestrator.messages import (
    CancelRequested,
    CancelTask,
    ConditionDecided,
    DelayRetry,
    Earlier,
    EvaluateCondition,
    FinishRun,
    Instruction,
    RetryDue,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskLost,
    TaskStarted,
)
from kfnb.orchestrator.state import RunState
from kfnb.spec import (
    FAN_COUNT,
    FAN_ITEMS,
    Cell,
    Condition,
    ExecutorOutput,
    Fan,
    FileChange,
    PipelineSpec,
    Settings,
    Task,
    TaskError,
)

OK = ExecutorOutput(state="SUCCEEDED")
BAD = ExecutorOutput(
    state="FAILED", error=TaskError(message="", ename="ValueError", evalue="no", cell="cell-a", traceback=())
)
STOPPED = ExecutorOutput(state="CANCELED")


def starts(instructions: Iterable[Instruction]) -> list[str]:
    """Names of the tasks to start, in order."""
    return [i.task for i in instructions if isinstance(i, StartTask)]


def end(instructions: Iterable[Instruction]) -> str | None:
    """State in which the run is to end."""
    return next((i.state for i in instructions if isinstance(i, FinishRun)), None)


def finish(state: RunState, task: str, output: ExecutorOutput = OK) -> list[Instruction]:
    """Have a task start and finish."""
    return state.handle(TaskStarted(task, 1)) + state.handle(TaskFinished(task, 1, output))


def states(state: RunState) -> dict[str, str]:
    """State of every task."""
    return {name: state.state_of(name) for name in state.tasks}


def reading(*paths: str, **more: object) -> ExecutorOutput:
    """An output that looked at paths."""
    return ExecutorOutput(state="SUCCEEDED", paths_read=paths, **more)  # type: ignore[arg-type]


def writing(*paths: str) -> ExecutorOutput:
    """An output that wrote paths."""
    return ExecutorOutput(state="SUCCEEDED", files=tuple(FileChange(path=p, kind="file") for p in paths))


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


# ----------------------------------------------------------------------------------- retry, exit handlers, policy


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


@pytest.mark.parametrize("code", ["KF380", "KF605", "KF607", "KF652"])
def test_what_kfnb_found_out_about_the_notebook_is_not_repeated(code: str) -> None:
    """Another attempt would find the same."""
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


# -------------------------------------------------------------------------------------------------------- fan-out


def fan_out(most: int = 0, **beside: list[str]) -> PipelineSpec:
    """A head, a fan-out over its items, and a task below; `beside`: further tasks, and what they come after."""
    fan = Fan(head="f[items]", kind="list", target="r", before="r = [x for x in ", after="]", most=most)
    return make_spec(
        {"f[items]": [], "f": ["f[items]"], "g": ["f"], **beside},
        **{"f[items]": {"spread": FAN_ITEMS}, "f": {"fan": fan, "inputs": takes(**{FAN_ITEMS: "f[items]"})}},
    )


def items(count: int) -> ExecutorOutput:
    """What a head of a fan-out gives."""
    return ExecutorOutput(state="SUCCEEDED", records={FAN_COUNT: count})


def test_a_fan_out_runs_each_element_and_then_puts_the_parts_together() -> None:
    """Elements run side by side; the fan-out starts when all are done, with the files that they wrote."""
    state = RunState(fan_out(), max_parallel=8)
    assert ["f[items]"] == starts(state.handle(RunStarted()))
    assert ["f[0]", "f[1]", "f[2]"] == starts(finish(state, "f[items]", items(3)))
    assert [] == starts(finish(state, "f[2]", writing("c")))
    assert [] == starts(finish(state, "f[0]", writing("a")))
    assert ["f"] == starts(finish(state, "f[1]"))
    validate(state)
    assert ["g"] == starts(finish(state, "f", writing("f")))
    assert ["a", "c", "f"] == [change.path for change in state.outputs["f"].files]
    assert "SUCCEEDED" == end(finish(state, "g", reading("a")))


def test_a_fan_out_over_nothing_is_put_together_at_once() -> None:
    """There are no elements."""
    state = RunState(fan_out())
    state.handle(RunStarted())
    assert ["f"] == starts(finish(state, "f[items]", items(0)))
    assert "f = []" not in state.tasks["f"].cells[0].source
    assert "r = []" == state.tasks["f"].cells[0].source


def test_no_more_elements_run_at_once_than_the_tag_says() -> None:
    """The places that are left go to other tasks."""
    state = RunState(fan_out(most=2), max_parallel=8)
    state.handle(RunStarted())
    assert ["f[0]", "f[1]"] == starts(finish(state, "f[items]", items(4)))
    assert ["f[2]"] == starts(finish(state, "f[1]"))


def test_elements_that_are_started_together_are_all_started() -> None:
    """Who starts them sees to how many run at once; other tasks, and a second attempt, wait until there is room."""
    state = RunState(fan_out(most=2, other=["f[items]"]), max_parallel=2, together=True)
    state.handle(RunStarted())
    assert ["f[0]", "f[1]", "f[2]", "f[3]"] == starts(finish(state, "f[items]", items(4)))
    assert [] == starts(state.handle(TaskLost("f[0]", 1, "evicted")))
    assert [] == starts(state.handle(RetryDue("f[0]")))
    assert [] == starts(finish(state, "f[1]"))
    assert ["f[0]"] == starts(finish(state, "f[2]"))
    assert ["other"] == starts(finish(state, "f[3]"))
    validate(state)


def test_elements_that_wait_for_their_turn_take_no_room() -> None:
    """Of a fan-out that was started together only as many count as its tag lets run: the rest goes to other tasks."""
    state = RunState(fan_out(most=2, other=["f[items]"], another=["f[items]"]), max_parallel=3, together=True)
    state.handle(RunStarted())
    assert ["f[0]", "f[1]", "f[2]", "f[3]", "other"] == starts(finish(state, "f[items]", items(4)))
    assert [] == starts(finish(state, "f[0]"))
    assert [] == starts(finish(state, "f[1]"))
    assert ["another"] == starts(finish(state, "f[2]"))
    validate(state)


def test_a_second_attempt_of_an_element_keeps_to_what_the_tag_says() -> None:
    """Beside elements that were started together it starts when fewer of them are left than may run at once."""
    state = RunState(fan_out(most=2), max_parallel=8, together=True)
    state.handle(RunStarted())
    assert ["f[0]", "f[1]", "f[2]", "f[3]"] == starts(finish(state, "f[items]", items(4)))
    assert [] == starts(state.handle(TaskLost("f[0]", 1, "evicted")))
    assert [] == starts(state.handle(RetryDue("f[0]")))
    assert [] == starts(finish(state, "f[1]"))
    assert ["f[0]"] == starts(finish(state, "f[2]"))
    validate(state)


def test_an_element_that_fails_fails_the_fan_out_and_the_others_go_on() -> None:
    """What lies below is skipped; the elements that run are kept."""
    state = RunState(fan_out(), max_parallel=2)
    state.handle(RunStarted())
    assert ["f[0]", "f[1]"] == starts(finish(state, "f[items]", items(3)))
    assert ["f[2]"] == starts(finish(state, "f[0]", BAD))
    assert ("FAILED", "SKIPPED") == (state.state_of("f"), state.state_of("g"))
    finish(state, "f[1]")
    assert "FAILED" == end(finish(state, "f[2]"))
    assert {"f[1]", "f[2]"} <= set(state.outputs)


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_fan_out_that_is_over_when_its_head_is_done_has_no_elements(how: str) -> None:
    """Something else that it needs failed meanwhile, or the run was cancelled: the run ends, nothing more starts."""
    fan = fan_out()
    spec = make_spec(
        {"a": [], "f[items]": [], "f": ["a", "f[items]"]},
        **{"f[items]": {"spread": FAN_ITEMS}, "f": {"fan": fan.task("f").fan, "inputs": fan.task("f").inputs}},
    )
    state = RunState(spec, max_parallel=8)
    assert ["a", "f[items]"] == starts(state.handle(RunStarted()))
    if how == "failed":
        finish(state, "a", BAD)
    else:
        state.handle(CancelRequested())
        finish(state, "a", STOPPED)
    last = finish(state, "f[items]", items(3))
    assert ([], how.upper().replace("CANCELLED", "CANCELED")) == (starts(last), end(last))
    assert {"a", "f[items]", "f"} == set(state.tasks)
    validate(state)


@pytest.mark.parametrize("done", [[], ["f[items]"], ["f[items]", "f[1]"], ["f[items]", "f[0]", "f[1]", "f"]])
def test_a_fan_out_is_taken_up_where_it_was(done: list[str]) -> None:
    """Elements that are done do not run again."""
    earlier = {
        name: Earlier(1, 0, items(2) if name == "f[items]" else OK, recorded=True, state="SUCCEEDED") for name in done
    }
    state = RunState(fan_out(), max_parallel=8)
    started = starts(state.handle(RunStarted(earlier)))
    validate(state)
    while state.state != "SUCCEEDED":
        name = started[-1] if started[-1] not in state.outputs else next(n for n in started if n not in state.outputs)
        started += starts(finish(state, name, items(2) if name == "f[items]" else OK))
        validate(state)
    assert {"f[items]", "f[0]", "f[1]", "f", "g"} == {*started, *done}
    assert not {*started} & {*done}
    assert len(started) == len(set(started))
