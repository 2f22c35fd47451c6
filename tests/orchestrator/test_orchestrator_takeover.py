"""Runs taken up again: whatever the moment at which everything of them was killed, they end as they would have."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import validate
from orchestrator_pipelines import gives, make_spec, takes
from process_runner import ProcessRunner

from kfnb.artifacts.store import Store
from kfnb.orchestrator import requests, takeover
from kfnb.orchestrator.events import ENDED, EventReader, RunStatus, TaskStatus
from kfnb.orchestrator.lease import Lease
from kfnb.orchestrator.loop import Loop
from kfnb.orchestrator.messages import (
    CancelRequested,
    ConditionDecided,
    Earlier,
    EvaluateCondition,
    FinishRun,
    Record,
    RunStarted,
    StartTask,
    TaskFinished,
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
    PipelineSpec,
    RunEvent,
    RunInfo,
    Settings,
    TaskError,
    owner_of,
    to_json,
)

OK = ExecutorOutput(state="SUCCEEDED", records={FAN_COUNT: 2})
OFTEN_OK = st.sampled_from(["ok", "ok", "ok", "fails"])
BAD = ExecutorOutput(state="FAILED", error=TaskError(message="no", code=None))


# ------------------------------------------------------------------------------------------------ the state machine


class Case(NamedTuple):
    """A pipeline, what becomes of each task, how many run at once, a seed, and after how many events it is killed."""

    spec: PipelineSpec
    fates: dict[str, str]
    limit: int
    seed: int
    kills: list[int]

    def fate(self, task: str) -> str:
        """What becomes of a task; the elements of a fan-out have fates of their own."""
        return self.fates[task] if task in self.fates else self.fates[f"{owner_of(task)}[]"]


@st.composite
def runs(draw: st.DrawFn) -> Case:
    """Any graph; some tasks are fan-outs, whose heads wait for less than they do."""
    names = [f"t{i}" for i in range(draw(st.integers(1, 10)))]
    graph: dict[str, list[str]] = {}
    fates: dict[str, str] = {}
    changes: dict[str, dict[str, object]] = {}
    for i, name in enumerate(names):
        after = draw(st.lists(st.sampled_from(names[:i]), unique=True, max_size=3)) if i else []
        fates[name] = draw(st.sampled_from(["ok", "ok", "ok", "fails", "false", "true", "fan"]))
        if fates[name] == "fan":
            head = f"{name}[items]"
            graph[head] = draw(st.lists(st.sampled_from(after), unique=True)) if after else []
            after = [*after, head]
            fates |= {name: "ok", head: draw(OFTEN_OK), f"{name}[]": draw(OFTEN_OK)}
            fan = Fan(head=head, kind="list", target="r", before="r = [x for x in ", after="]")
            changes |= {head: {"spread": FAN_ITEMS}, name: {"fan": fan, "inputs": takes(**{FAN_ITEMS: head})}}
        elif fates[name] in ("false", "true"):
            changes[name] = {"condition": Condition(expression="x")}
        graph[name] = after
    kills = draw(st.lists(st.integers(1, 15), max_size=3))
    return Case(make_spec(graph, **changes), fates, draw(st.integers(1, 4)), draw(st.integers(0, 2**16)), kills)


def one_life(
    case: Case, first: RunStarted, rng: random.Random, most: float = 1e9, cancel_after: int = -1
) -> tuple[list[RunEvent], list[tuple[str, int]], str | None]:
    """Drive a run for at most `most` events; return its log, the attempts that it started, and how it ended."""
    state = RunState(case.spec, max_parallel=case.limit)
    log: list[RunEvent] = []
    started: list[tuple[str, int]] = []
    possible: list[object] = [first]
    finished = None
    handled = 0
    while possible and handled < most:
        if handled == cancel_after:
            possible.append(CancelRequested())
        handled += 1
        event = possible.pop(rng.randrange(len(possible)))
        for instruction in state.handle(event):  # type: ignore[arg-type]
            if isinstance(instruction, Record):
                fields = {f: getattr(instruction, f) for f in Record.__struct_fields__}
                log.append(RunEvent(time=1.0, fence=1, **fields))
            elif isinstance(instruction, StartTask):
                started.append((instruction.task, instruction.attempt))
                possible.append(TaskStarted(instruction.task, instruction.attempt))
            elif isinstance(instruction, EvaluateCondition):
                possible.append(ConditionDecided(instruction.task, case.fate(instruction.task) == "true"))
            elif isinstance(instruction, FinishRun):
                finished = instruction.state
        validate(state)
        if isinstance(event, TaskStarted):
            possible.append(TaskFinished(event.task, event.attempt, BAD if case.fate(event.task) == "fails" else OK))
    return log, started, finished


def known(status: RunStatus, started: Iterable[tuple[str, int]]) -> dict[str, Earlier]:
    """What the log and the attempts' documents say of a run that was killed before its attempts wrote an output."""
    last = dict(started)
    found = {}
    for task in status.tasks.values():
        stands = task.state in ("SUCCEEDED", "FAILED")
        attempt = max(task.attempt, last.get(task.name, 0))
        found[task.name] = Earlier(attempt, 0, task.output if stands else None, recorded=stands, state=task.state)
    return found


@given(runs())
@settings(max_examples=200, deadline=None)
def test_a_run_killed_at_any_moment_ends_as_if_it_had_not_been(case: Case) -> None:
    """The end states are those of an undisturbed run, nothing that succeeded starts again, and attempts count up."""
    undisturbed = RunStatus(case.spec)
    undisturbed.apply(one_life(case, RunStarted(), random.Random(case.seed))[0])

    rng = random.Random(case.seed)
    status, all_started = RunStatus(case.spec), list[tuple[str, int]]()
    for most in [*case.kills, 1e9]:
        first = RunStarted(known(status, all_started)) if status.started else RunStarted()
        succeeded = {task.name for task in status.tasks.values() if task.state == "SUCCEEDED"}
        log, started, finished = one_life(case, first, rng, most)
        assert not succeeded & {name for name, _ in started}
        assert len({*all_started, *started}) == len(all_started) + len(started)
        all_started += started
        status.apply(log)
        if finished is not None:
            break
    planned = [task.name for task in case.spec.tasks]  # elements that cannot run may be there or not
    assert {n: undisturbed.tasks[n].state for n in planned} == {n: status.tasks[n].state for n in planned}
    assert undisturbed.state == status.state


@given(runs(), st.integers(0, 20))
@settings(max_examples=100, deadline=None)
def test_a_run_that_is_cancelled_at_any_moment_ends(case: Case, moment: int) -> None:
    """Whatever its tasks do meanwhile: it is CANCELED, unless it ended before, and nothing of it is left over."""
    log, _, finished = one_life(case, RunStarted(), random.Random(case.seed), cancel_after=moment)
    status = RunStatus(case.spec)
    status.apply(log)
    assert finished == status.state
    assert status.ended
    assert {True} == {task.state in ENDED for task in status.tasks.values()}


# ------------------------------------------------------------------------------------ real processes, a real store


def log_of(folder: Path) -> list[str]:
    """Names of the tasks whose bodies ran, in order."""
    return (folder / "bodies").read_text().split() if (folder / "bodies").exists() else []


def diamond(folder: Path) -> PipelineSpec:
    """Four tasks, one of them under a condition, each of which notes that its body ran."""
    spec = make_spec(
        {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]},
        a={"outputs": gives("x"), "records": ("x",)},
        c={"condition": Condition(expression="x > 1", names={"x": "a"}), "inputs": takes(x="a")},
    )
    tasks = []
    for task in spec.tasks:
        source = f"open({str(folder / 'bodies')!r}, 'a').write('{task.name} ')\nrecords = {{'x': 2}}"
        tasks.append(msgspec.structs.replace(task, cells=(Cell(id=task.name, index=0, source=source, ordinal=1),)))
    return msgspec.structs.replace(spec, tasks=tuple(tasks))


def loop_of(folder: Path, spec: PipelineSpec, *, again: bool = False, again_after: int | None = None) -> Loop:
    """The loop of run r1 in `folder`."""
    info = RunInfo(run_id="r1", name="r", spec=spec, folder=str(folder), options={"max_parallel": 2})
    store = Store(str(folder / "store"))
    return Loop(
        info,
        store,
        ProcessRunner(),
        root=str(folder / "store"),
        scratch=folder / "scratch",
        lease=Lease(folder / "lease"),
        again=again,
        again_after=again_after,
    )


def status_of(folder: Path, spec: PipelineSpec) -> RunStatus:
    """What the log says."""
    status = RunStatus(spec)
    status.apply(EventReader(Store(str(folder / "store")), "r1").read())
    return status


def test_a_log_that_ends_after_any_batch_is_continued(tmp_path: Path) -> None:
    """Whatever batch was the last to be written, the run ends SUCCEEDED, each body runs once, and fences rise."""
    whole = tmp_path / "whole"
    whole.mkdir()
    assert "SUCCEEDED" == loop_of(whole, diamond(whole)).run()
    batches = sorted((whole / "store" / "runs" / "r1" / "events").iterdir())
    assert len(batches) > 6
    for kept in range(len(batches) + 1):
        place = tmp_path / f"kept-{kept}"
        spec = diamond(place)
        shutil.copytree(whole, place)
        for batch in sorted((place / "store" / "runs" / "r1" / "events").iterdir())[kept:]:
            batch.unlink()
        if kept == 0:  # nothing was started before the first batch is written
            shutil.rmtree(place / "store")
            (place / "bodies").unlink()
        before = status_of(place, spec)
        assert "SUCCEEDED" == loop_of(place, spec).run()
        assert ["a", "b", "c", "d"] == sorted(log_of(place))  # what ended unseen was adopted
        after = status_of(place, spec)
        assert {"SUCCEEDED"} == {task.state for task in after.tasks.values()}
        assert after.fence == (before.fence if before.ended else before.fence + 1)


def test_an_attempt_that_was_killed_with_the_run_starts_anew(tmp_path: Path) -> None:
    """It counts as the next attempt, and what it left is not taken for a failure."""
    spec = diamond(tmp_path)
    assert "SUCCEEDED" == loop_of(tmp_path, spec).run()
    events = tmp_path / "store" / "runs" / "r1" / "events"
    for batch in sorted(events.iterdir())[2:]:
        batch.unlink()
    killed = TaskError(message="killed", code="KF601")
    outputs = sorted((tmp_path / "store" / "runs" / "r1" / "tasks").glob("*/1/output.json"))
    for number, output in enumerate(outputs):
        gone = ExecutorOutput(state="FAILED", error=killed) if number % 2 else ExecutorOutput(state="CANCELED")
        output.unlink()
        output.write_bytes(to_json(gone))
    assert "SUCCEEDED" == loop_of(tmp_path, spec).run()
    assert [2, 2, 2, 2] == [task.attempt for task in status_of(tmp_path, spec).tasks.values()]


def test_a_run_that_has_ended_stays_as_it_ended_unless_it_is_to_run_again(tmp_path: Path) -> None:
    """Then what failed, and what was skipped for it, runs; what succeeded does not."""
    spec = diamond(tmp_path)
    broken = msgspec.structs.replace(
        spec.tasks[1],
        cells=(Cell(id="b", index=0, source=f"assert open({str(tmp_path / 'fixed')!r})", ordinal=1),),
    )
    spec = msgspec.structs.replace(spec, tasks=(spec.tasks[0], broken, *spec.tasks[2:]))
    assert "FAILED" == loop_of(tmp_path, spec).run()
    assert "FAILED" == loop_of(tmp_path, spec).run()
    assert ["a", "c"] == sorted(log_of(tmp_path))
    assert "FAILED" == loop_of(tmp_path, spec, again=True).run()
    assert "FAILED" == loop_of(tmp_path, spec, again=True, again_after=1).run()  # asked for before that, and done
    assert 2 == status_of(tmp_path, spec).tasks["b"].attempt
    (tmp_path / "fixed").touch()
    assert "SUCCEEDED" == loop_of(tmp_path, spec, again=True, again_after=2).run()
    assert ["a", "c", "d"] == sorted(log_of(tmp_path))
    tasks = status_of(tmp_path, spec).tasks
    assert [1, 3, 1, 1] == [task.attempt for task in tasks.values()]
    assert all(task.finished is not None for task in tasks.values())


def test_times_never_go_back_with_the_clock(tmp_path: Path) -> None:
    """A clock that is set back does not make a task end before it began."""
    spec = diamond(tmp_path)
    moments = iter([1000.0, *(900.0 - i for i in range(1000))])
    loop = loop_of(tmp_path, spec)
    loop._clock = lambda: next(moments)
    assert "SUCCEEDED" == loop.run()
    times = [
        event.time for event in EventReader(Store(str(tmp_path / "store")), "r1").read() if event.kind != "request"
    ]
    assert times == sorted(times)


# ------------------------------------------------------------------------------------------------------- requests


def slow(folder: Path) -> PipelineSpec:
    """A task that runs until it is stopped, and one below it."""
    spec = make_spec({"a": [], "b": ["a"]})
    cell = Cell(id="a", index=0, source="import time\ntime.sleep(60)", ordinal=1)
    return msgspec.structs.replace(spec, tasks=(msgspec.structs.replace(spec.tasks[0], cells=(cell,)), *spec.tasks[1:]))


@pytest.mark.parametrize("asked", [["cancel"], ["cancel", "cancel"], ["now"], ["cancel", "now"], ["newer", "cancel"]])
def test_requests_are_answered_once(tmp_path: Path, asked: list[str]) -> None:
    """A run that is asked to stop does, answers each request by an event, and runs again when it is taken up."""
    spec = slow(tmp_path)
    store = Store(str(tmp_path / "store"))
    loop = loop_of(tmp_path, spec)
    thread = threading.Thread(target=loop.run)
    thread.start()
    for what in asked:
        if what == "newer":
            store.create("runs/r1/requests/0-newer.json", b'{"kind": "explode"}')
        else:
            requests.ask(store, "r1", requests.Request(kind="cancel", now=what == "now"))
    thread.join(60)
    status = status_of(tmp_path, spec)
    assert ("CANCELED", "CANCELED") == (status.state, status.tasks["b"].state)
    assert len(asked) == len(store.children("runs/r1/requests")) >= len(status.answered) >= 1
    assert [] != requests.unanswered(store, "r1", set())
    quick = msgspec.structs.replace(
        spec,
        tasks=(
            msgspec.structs.replace(spec.tasks[0], cells=(Cell(id="a", index=0, source="", ordinal=1),)),
            spec.tasks[1],
        ),
    )
    takeover.dismiss_requests(store, RunInfo(run_id="r1", name="r", spec=spec), 0.0)
    assert "SUCCEEDED" == loop_of(tmp_path, quick, again=True).run()


def test_a_run_that_nobody_drives_is_cancelled_by_who_asks(tmp_path: Path) -> None:
    """The log then says so, with a fence of its own; a second cancel changes nothing."""
    spec = diamond(tmp_path)
    assert "SUCCEEDED" == loop_of(tmp_path, spec).run()
    for batch in sorted((tmp_path / "store" / "runs" / "r1" / "events").iterdir())[3:]:
        batch.unlink()
    info = RunInfo(run_id="r1", name="r", spec=spec)
    store = Store(str(tmp_path / "store"))
    events = takeover.cancel_abandoned(store, info, 5.0)
    assert ("run-state", "CANCELED") == (events[-1].kind, events[-1].state)
    status = status_of(tmp_path, spec)
    assert ("CANCELED", 2) == (status.state, status.fence)
    assert {"CANCELED", "SUCCEEDED"} >= {task.state for task in status.tasks.values()}
    assert [] == takeover.cancel_abandoned(store, info, 6.0)


# ------------------------------------------------------------------------------------------------ retry, exit, policy


def test_what_failed_is_repeated_as_often_as_its_tag_says(tmp_path: Path) -> None:
    """Each attempt is recorded with its reason, and the wait is the loop's."""
    spec = make_spec({"a": [], "b": ["a"]}, a={"settings": Settings(retries=2, retry_backoff=0.01)})
    source = (
        f"from pathlib import Path\nplace = Path({str(tmp_path / 'tries')!r})\n"
        "tries = place.read_text() if place.exists() else ''\nplace.write_text(tries + 'x')\nassert len(tries) == 2"
    )
    cell = Cell(id="a", index=0, source=source, ordinal=1)
    spec = msgspec.structs.replace(spec, tasks=(msgspec.structs.replace(spec.tasks[0], cells=(cell,)), *spec.tasks[1:]))
    assert "SUCCEEDED" == loop_of(tmp_path, spec).run()
    events = EventReader(Store(str(tmp_path / "store")), "r1").read()
    whys = [e.why for e in events if e.task == "a" and e.state == "PENDING"]
    assert ["attempt 1 of 3 failed", "attempt 2 of 3 failed"] == [str(why).partition(":")[0] for why in whys]
    task: TaskStatus = status_of(tmp_path, spec).tasks["a"]
    assert ("SUCCEEDED", 3, 2) == (task.state, task.attempt, task.failures)


def test_an_exit_handler_gets_to_know_how_the_run_stands(tmp_path: Path) -> None:
    """It runs last, after a failure too, and is told what failed and why."""
    spec = make_spec({"a": [], "b": ["a"], "e": []}, e={"settings": Settings(on_exit=True)})
    sources = {"a": "1 / 0", "b": "", "e": f"open({str(tmp_path / 'said')!r}, 'w').write(repr(document.run_status))"}
    tasks = tuple(
        msgspec.structs.replace(t, cells=(Cell(id=t.name, index=0, source=sources[t.name], ordinal=1),))
        for t in spec.tasks
    )
    spec = msgspec.structs.replace(spec, tasks=tasks)
    assert "FAILED" == loop_of(tmp_path, spec).run()
    said = (tmp_path / "said").read_text()
    assert "'state': 'FAILED'" in said
    assert "{'a': 'FAILED', 'b': 'SKIPPED'}" in said
    assert "division by zero" in said
    assert "SUCCEEDED" == status_of(tmp_path, spec).tasks["e"].state
