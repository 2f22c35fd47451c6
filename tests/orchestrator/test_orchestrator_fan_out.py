"""The state machine of a fan-out: its head, its elements, as many of them at once as may be, and what comes after."""

from __future__ import annotations

import pytest
from invariants import validate
from orchestrator_moves import BAD, OK, STOPPED, end, finish, reading, starts, writing
from orchestrator_pipelines import make_spec, takes

from kfnb.orchestrator.messages import CancelRequested, Earlier, RetryDue, RunStarted, TaskLost
from kfnb.orchestrator.state import RunState
from kfnb.spec import FAN_COUNT, FAN_ITEMS, ExecutorOutput, Fan, PipelineSpec


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
