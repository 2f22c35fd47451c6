"""The benchmark of the state machine: whole runs of 10,000 tasks, without anything around it."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Iterable, Iterator

from kfnb.orchestrator.messages import Instruction, RunStarted, StartTask, TaskFinished, TaskStarted
from kfnb.orchestrator.state import RunState
from kfnb.spec import Cell, ExecutorOutput, PipelineSpec, Task
from tests.benchmarks.stopwatch import Place, Row

TASKS = 10_000
_DONE = ExecutorOutput(state="SUCCEEDED")


def state_machine(place: Place) -> Iterator[Row]:
    """Events a second and memory, for a chain and for a fan that comes together again."""
    for what, pipeline in (("a chain", _chain), ("1 → many → 1", _fan)):
        spec = pipeline(TASKS)
        rates = [_rate(spec) for _ in range(place.rounds)]
        rate = statistics.median(rates)
        yield Row(f"{TASKS:,} tasks, {what}", f"{rate:,.0f} events/s", "≥ 20,000 events/s", rate >= 20_000)
        small, large = _memory(pipeline(TASKS // 10)), _memory(spec)
        more = large / small
        yield Row(f"memory of {TASKS:,} tasks, {what}", f"{more:.1f} × that of {TASKS // 10:,}", "≤ 12 ×", more <= 12)


def _rate(spec: PipelineSpec) -> float:
    """Events a second of processor time, as the machine is told of each start and each end."""
    begun = time.process_time()
    _, told = _run(spec)
    return told / (time.process_time() - begun)


def _memory(spec: PipelineSpec) -> int:
    """Bytes that a whole run of `spec` takes at most, beyond the pipeline itself."""
    tracemalloc.start()
    _run(spec)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _run(spec: PipelineSpec) -> tuple[RunState, int]:
    """Run `spec` to its end, every task a success; return the machine and the number of events it was told."""
    state, told = RunState(spec, max_parallel=8), 1
    pending = _starts(state.handle(RunStarted()))
    while pending:
        start = pending.pop()
        pending += _starts(state.handle(TaskStarted(start.task, start.attempt)))
        pending += _starts(state.handle(TaskFinished(start.task, start.attempt, _DONE)))
        told += 2
    if state.state != "SUCCEEDED":
        raise SystemExit(f"the run is {state.state}")
    return state, told


def _starts(instructions: Iterable[Instruction]) -> list[StartTask]:
    return [one for one in instructions if isinstance(one, StartTask)]


def _chain(count: int) -> PipelineSpec:
    return _spec([(f"m{n}", (f"m{n - 1}",) if n else ()) for n in range(count)])


def _fan(count: int) -> PipelineSpec:
    middle = tuple(f"m{n}" for n in range(count - 2))
    return _spec([("first", ()), *((name, ("first",)) for name in middle), ("last", middle)])


def _spec(tasks: Iterable[tuple[str, tuple[str, ...]]]) -> PipelineSpec:
    cells = (Cell(id="c", index=0, source="", ordinal=1),)
    made = tuple(Task(name=name, slug=name, cells=cells, after=after) for name, after in tasks)
    return PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="", tasks=made)
