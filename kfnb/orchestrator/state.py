"""The state machine of a run: `instructions = state.handle(event)`. No I/O and no clock.

Used by the loop (with a real runner), by tests (with none), and by whoever restarts a run. It knows which tasks may
start, which one is next, what a failure or a false condition means for the tasks below, and when the run is over. It
does not know how a task is started, how a condition is evaluated, or what time it is.

A task moves through phases; `MOVES` is the table of the moves there are and `HANDLERS` says which event is answered in
which phase. An event that no longer fits (a late report of an attempt that was given up) is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kfnb.orchestrator import failures, inputs
from kfnb.orchestrator.conflicts import Conflict, PathIndex
from kfnb.orchestrator.losses import Losses
from kfnb.orchestrator.messages import (
    AwaitOther,
    CacheHit,
    CacheMissed,
    CancelRequested,
    CancelTask,
    ComputedElsewhere,
    ConditionDecided,
    DelayRetry,
    Earlier,
    EvaluateCondition,
    Event,
    FinishRun,
    Instruction,
    LookAgain,
    LookUp,
    NoRoom,
    Record,
    RetryDue,
    RunStarted,
    StartTask,
    TaskFinished,
    TaskLost,
    TaskProgress,
    TaskStarted,
    TaskWaits,
)
from kfnb.orchestrator.phases import ACTIVE, MOVES, NOT_BEGUN, PENDING, TERMINAL, Phase
from kfnb.orchestrator.ready import ReadyTasks
from kfnb.spec import FAN_COUNT, ExecutorOutput, PipelineSpec, State, Task, TaskError, collected, element_of

if TYPE_CHECKING:
    from kfnb.orchestrator.selection import Selection

_BACKOFF = 1.0
_LONGEST_DELAY = 300.0


class RunState:
    """One run. `outputs` holds what each SUCCEEDED task gave, `state` the run's own state.

    `selection`: which tasks are left out, and which are not looked up in the cache; None: nothing is looked up.
    `fail_fast`: the first failure ends the run; else independent tasks go on. Exit handlers run last in any case.
    `together`: who starts the elements of a fan-out sees to how many of them run at once, and is given all it can be.
    """

    def __init__(
        self,
        spec: PipelineSpec,
        *,
        max_parallel: int = 1,
        fail_fast: bool = False,
        selection: Selection | None = None,
        together: bool = False,
    ) -> None:
        self.tasks = {task.name: task for task in spec.tasks}
        self.state: State = "PENDING"
        self.outputs: dict[str, ExecutorOutput] = {}
        self.errors: dict[str, TaskError] = {}
        self._max_parallel = max(1, max_parallel)
        self._fail_fast = fail_fast
        self._selection = selection
        self._together = together
        self._list: list[Task] = list(spec.tasks)
        self._owner: dict[int, int] = {}  # element of a fan-out → the fan-out
        self._elements: dict[int, list[int]] = {}
        self._fans = {task.fan.head: task.name for task in spec.tasks if task.fan is not None}
        self._number = {task.name: number for number, task in enumerate(spec.tasks)}
        self._below: list[list[int]] = [[] for _ in spec.tasks]
        self._waits_for: list[int] = []
        self._exits = [number for number, task in enumerate(spec.tasks) if task.settings.on_exit]
        for number, task in enumerate(spec.tasks):
            above = set() if task.settings.on_exit else {self._number[name] for name in task.after}
            self._waits_for.append(len(above))
            for other in above:
                self._below[other].append(number)
        self._phase: list[Phase] = ["WAITING"] * len(spec.tasks)
        self._why: list[str | None] = [None] * len(spec.tasks)
        self._attempt: list[int] = [0] * len(spec.tasks)
        self._failures: list[int] = [0] * len(spec.tasks)
        self._losses = Losses()
        self._ready = ReadyTasks(
            self._owner, self._most, lambda number: self._phase[number] == "READY", self._starts_together
        )
        self._left = len(spec.tasks)
        self._exits_left = len(self._exits)
        self._condition_skipped: set[str] = set()
        self._tag_skipped: set[str] = set()
        self._taken_back: dict[int, str] = {}
        self._failed = False
        self._cancel_requested = False
        self._left_canceled = False  # some tasks were cancelled before, and are to stay so
        self._paths = PathIndex(self._list, self._owner)
        self._instructions: list[Instruction] = []

    # ------------------------------------------------------------------------------------------------------ outside

    def handle(self, event: Event) -> list[Instruction]:
        """Take in one event and return what to do now, in order."""
        self._instructions = []
        if isinstance(event, RunStarted):
            self._run_started(event)
        elif isinstance(event, CancelRequested):
            self._cancel_run(event.now)
        else:
            number = self._number[event.task]
            handler = HANDLERS.get((type(event), self._phase[number]))
            late = getattr(event, "attempt", self._attempt[number]) != self._attempt[number]
            if handler is not None and not late:
                handler(self, number, event)
        self._open_exit()
        self._start_ready()
        self._finish_if_done()
        return self._instructions

    def state_of(self, task: str) -> State:
        """Return the state of a task in the words of everyone else."""
        phase = self._phase[self._number[task]]
        return "PENDING" if phase in PENDING else phase  # type: ignore[return-value]

    def why_of(self, task: str) -> str | None:
        """Return why a task is in the state it is in, where there is something to say."""
        return self._why[self._number[task]]

    def active(self) -> Iterator[tuple[str, int]]:
        """Yield the tasks that have been started and are not over, each with its attempt."""
        return ((self._list[n].name, self._attempt[n]) for n, phase in enumerate(self._phase) if phase in ACTIVE)

    def _has_passed(self, number: int) -> bool:
        return self._phase[number] == "SUCCEEDED" or self._list[number].name in self._condition_skipped

    # ---------------------------------------------------------------------------------------------------- the run

    def _run_started(self, event: RunStarted) -> None:
        if self.state != "PENDING":
            return
        self._emit(Record("run-started" if event.earlier is None else "run-resumed"))
        self._set_run_state("RUNNING")
        self._take_up(event.earlier or {})
        for name, why in (self._selection.left_out if self._selection is not None else {}).items():
            if self._phase[self._number[name]] == "WAITING":
                self._move(self._number[name], "SKIPPED", why)
        for number, waits in enumerate(self._waits_for):
            if waits == 0 and self._phase[number] == "WAITING" and not self._list[number].settings.on_exit:
                self._becomes_possible(number)

    def _take_up(self, earlier: Mapping[str, Earlier]) -> None:
        """Put the tasks where they were: done is what has a result that stands, all else is still to do."""
        known: list[tuple[int, Earlier]] = []
        for number, task in enumerate(self._list):  # which grows by the elements of the fan-outs whose heads are done
            if task.name not in earlier:
                continue
            before = earlier[task.name]
            known.append((number, before))
            self._attempt[number], self._failures[number] = before.attempt, before.failures
            if before.output is not None and before.output.state == "SUCCEEDED":
                self._succeed(number, before.output, recorded=before.recorded)
            elif before.living:
                self._goes_on(number)
            elif before.output is None and before.state != "PENDING" and not before.stays:
                name, data = self._list[number].name, {"failures": before.failures}
                self._emit(Record("task-state", name, before.attempt, "PENDING", "it starts again", data=data))
        for owner in self._elements:
            name = self._list[owner].name
            if name in self.outputs:
                self.outputs[name] = self._with_elements(owner, self.outputs[name])
        canceled = [(number, before) for number, before in known if before.stays and before.state == "CANCELED"]
        for number, before in canceled:
            self._move(number, "CANCELED", before.why, before.attempt or None)
        self._left_canceled = bool(canceled)
        for number, before in known:
            if before.stays and before.state == "FAILED" and self._phase[number] == "WAITING":
                error = failures.error_of(before.output) if before.output else TaskError(message=before.why or "")
                self._fail(number, error, before.attempt or None, stays=True)
            elif before.output is not None and before.output.state != "SUCCEEDED" and self._phase[number] == "WAITING":
                self._emit(Record("task-output", self._list[number].name, before.attempt, output=before.output))
                error = failures.error_of(before.output)
                if not before.recorded and self._may_repeat(number, error):
                    self._count_failure(number, error)  # time has passed: it starts as soon as it may
                else:
                    self._fail(number, error, before.attempt)
        for number, _ in canceled:
            self._skip_below(number, f"it needs {self._list[number].name!r}, which was cancelled")
        for number, before in known:
            if before.output is not None and self._phase[number] in TERMINAL:
                self._look_for_conflicts(number, before.output)

    def _succeed(self, number: int, output: ExecutorOutput, *, recorded: bool) -> None:
        """Take over a result from before. Nothing starts here: that some task above is not done yet cannot be."""
        name = self._list[number].name
        self.outputs[name] = output
        emitted = len(self._instructions)
        self._emit(Record("task-output", name, self._attempt[number], output=output))
        self._move(number, "SUCCEEDED", attempt=self._attempt[number])
        if recorded:
            del self._instructions[emitted:]
        self._expand(number, output)
        for below in self._below[number]:
            self._waits_for[below] -= 1

    def _goes_on(self, number: int) -> None:
        """An attempt from before is still there: the runner reports on it as on one that was started now."""
        self._move(number, "READY")
        self._move(number, "STARTING")

    def _expand(self, number: int, output: ExecutorOutput) -> None:
        """If this is the head of a fan-out that may still run, make a task for each item that it gave."""
        name = self._fans.get(self._list[number].name)
        if name is None or self._phase[self._number[name]] in TERMINAL:
            return
        owner, count = self._number[name], int(output.records.get(FAN_COUNT, 0))
        fan = self._list[owner]
        self._emit(Record("task-expanded", name, data={"count": count}))
        self._elements[owner] = []
        for index in range(count):
            element, added = element_of(fan, index), len(self._list)
            self.tasks[element.name] = element
            self._number[element.name] = added
            self._owner[added] = owner
            self._elements[owner].append(added)
            self._list.append(element)
            self._below.append([owner])
            self._waits_for.append(1)
            self._below[number].append(added)
            self._phase.append("WAITING")
            self._why.append(None)
            self._attempt.append(0)
            self._failures.append(0)
        # Of what else it waits for, the elements wait too.
        for other in {self._number[above] for above in fan.after} - {number}:
            if not self._has_passed(other):
                for added in self._elements[owner]:
                    self._below[other].append(added)
                    self._waits_for[added] += 1
        self._left += count
        self._waits_for[owner] += count
        together = collected(fan, count)
        self._list[owner] = self.tasks[name] = together

    def _cancel_run(self, now: bool) -> None:
        if self.state not in ("PENDING", "RUNNING", "CANCELING"):
            return
        if not self._cancel_requested:
            self._cancel_requested = True
            self._set_run_state("CANCELING")
        for number, phase in enumerate(self._phase):
            if self._list[number].settings.on_exit and not now:
                continue
            if phase in NOT_BEGUN:
                self._move(number, "CANCELED", "the run was cancelled")
            elif phase in ACTIVE:
                self._cancel_task(number, "the run was cancelled", now)

    def _open_exit(self) -> None:
        """Let the next exit handler start, one at a time, once everything else is over."""
        if self.state not in ("RUNNING", "CANCELING") or not self._exits_left or self._left > self._exits_left:
            return
        first = next(number for number in self._exits if self._phase[number] not in TERMINAL)
        if self._phase[first] == "WAITING":
            self._becomes_possible(first)

    def summary(self) -> dict[str, Any]:
        """Return how the run stands, for an exit handler: the state it is about to end in, and its tasks."""
        main = [task.name for task in self._list if not task.settings.on_exit]
        return {
            "state": self._end(),
            "tasks": {name: self.state_of(name) for name in main},
            "whys": {name: why for name in main if (why := self.why_of(name)) is not None},
        }

    def _end(self) -> State:
        if self._failed and not self._cancel_requested:
            return "FAILED"
        return "CANCELED" if self._cancel_requested or self._left_canceled else "SUCCEEDED"

    def _set_run_state(self, state: State) -> None:
        self.state = state
        self._emit(Record("run-state", state=state))

    def _finish_if_done(self) -> None:
        if self._left or self.state not in ("RUNNING", "CANCELING"):
            return
        self._set_run_state(self._end())
        self._emit(FinishRun(self.state))

    # ------------------------------------------------------------------------------------------- towards a start

    def _becomes_possible(self, number: int) -> None:
        task = self._list[number]
        lost = inputs.lost_name(task, self.tasks, self._condition_skipped, self._tag_skipped)
        if lost is not None:
            self._skip(number, lost)
        elif task.condition is not None:
            self._move(number, "DECIDING")
            self._emit(EvaluateCondition(task.name))
        else:
            self._look(number)

    def _decided(self, number: int, event: ConditionDecided) -> None:
        condition = self._list[number].condition
        assert condition is not None
        if event.outcome is False:
            self._skip(number, f"condition {condition.expression!r} is false", tagged=condition.tagged)
        elif event.outcome is None and condition.tagged:
            self._fail(number, failures.undecided_error(self._list[number], condition.expression, event.why))
        else:
            self._look(number)

    def _look(self, number: int) -> None:
        """Have the cache asked first, if an earlier result may be used."""
        name = self._list[number].name
        if self._selection is None or self._list[self._owner.get(number, number)].name in self._selection.anew:
            self._missed(number)
            return
        self._move(number, "LOOKING")
        self._attempt[number] += 1
        self._emit(LookUp(name, self._attempt[number]))

    def _missed(self, number: int, event: CacheMissed | None = None) -> None:
        task = self._list[number]
        self._attempt[number] -= event is not None
        only = self._selection.needed.get(task.name) if self._selection is not None else None
        if only is None:
            self._queue(number)
        else:
            self._fail(number, failures.lacking_error(task, only))

    def _has_to_wait(self, number: int, event: ComputedElsewhere | NoRoom) -> None:
        """Give the slot free: whoever is waited for may be waiting for something itself."""
        self._attempt[number] -= 1
        if self._phase[number] == "CANCELING":
            self._move(number, "CANCELED", self._why[number], event.attempt)
            self._skip_below(number, f"it needs {event.task!r}, which was cancelled")
            return
        why = event.why if isinstance(event, NoRoom) else "another run computes this very result"
        why += f": {event.by}" if isinstance(event, ComputedElsewhere) and event.by else ""
        self._move(number, "AWAITING", why)
        self._emit(Record("task-state", event.task, None, "PENDING", why))
        if isinstance(event, ComputedElsewhere):
            self._emit(AwaitOther(event.task))

    def _look_again(self, number: int, event: LookAgain) -> None:
        self._look(number)

    def _queue(self, number: int) -> None:
        self._move(number, "READY")
        self._ready.put(number)

    def _start_ready(self) -> None:
        full = self._max_parallel
        while (self._ready.running < full or self._together) and (number := self._ready.take()) is not None:
            if self._ready.running >= full and not (self._starts_together(number) and self._ready.has_begun(number)):
                self._ready.put(number)
                break
            self._move(number, "STARTING")
            self._attempt[number] += 1
            self._emit(StartTask(self._list[number].name, self._attempt[number]))

    def _most(self, owner: int) -> int:
        """Return how many elements of a fan-out run at once; 0 for no limit of its own."""
        fan = self._list[owner].fan
        return fan.most if fan is not None else 0

    def _starts_together(self, number: int) -> bool:
        """Say whether a task is started as one with the others of its fan-out: elements are, for the first time."""
        return self._together and not self._attempt[number]

    # ------------------------------------------------------------------------------------------ while it is running

    def _started(self, number: int, event: TaskStarted) -> None:
        self._move(number, "RUNNING", attempt=event.attempt)

    def _waits(self, number: int, event: TaskWaits) -> None:
        if event.why != self._why[number]:
            self._why[number] = event.why
            self._emit(Record("task-state", event.task, event.attempt, "PENDING", event.why))

    def _lost_attempt(self, number: int, event: TaskLost) -> None:
        """The place took the attempt away: the task starts again, and none of its own attempts is used up."""
        delay = self._losses.add(number, event)
        if self._phase[number] == "CANCELING":
            self._move(number, "CANCELED", self._taken_back.get(number, self._why[number]), event.attempt)
            self._skip_below(number, f"it needs {event.task!r}, which was cancelled")
        elif delay is None:
            self._fail(number, failures.lost_error(self._list[number], self._losses.of(number, event), event))
        else:
            self._move(number, "DELAYED", f"it starts again: {event.why}")
            data = {"failures": self._failures[number]}
            self._emit(Record("task-state", event.task, event.attempt, "PENDING", self._why[number], data=data))
            self._emit(DelayRetry(event.task, delay))

    def _progress(self, number: int, event: TaskProgress) -> None:
        self._emit(Record("task-progress", event.task, event.attempt, data=event.data))

    def _finished(self, number: int, event: TaskFinished | CacheHit) -> None:
        output, cached = event.output, isinstance(event, CacheHit)
        canceling = self._phase[number] == "CANCELING"
        self._emit(Record("task-output", event.task, event.attempt, output=output))
        if number in self._taken_back:
            self._move(number, "CANCELED", self._taken_back[number], event.attempt)
        elif output.state == "SUCCEEDED":
            self.outputs[event.task] = self._with_elements(number, output)
            self._move(number, "SUCCEEDED", attempt=event.attempt, cached=cached)
            self._expand(number, output)
            self._passed(number)
        elif canceling:
            self._move(number, "CANCELED", self._why[number], event.attempt)
            self._skip_below(number, f"it needs {event.task!r}, which was cancelled")
        else:
            error = failures.error_of(output)
            if self._may_repeat(number, error):
                self._retry(number, error)
            else:
                self._fail(number, error, event.attempt)
        if number not in self._taken_back and not canceling and self._phase[number] in TERMINAL:
            self._look_for_conflicts(number, output)

    def _may_repeat(self, number: int, error: TaskError) -> bool:
        return error.code in failures.REPEATABLE and self._failures[number] < self._list[number].settings.retries

    def _with_elements(self, number: int, output: ExecutorOutput) -> ExecutorOutput:
        elements = (self.outputs[self._list[other].name] for other in self._elements.get(number, ()))
        return inputs.with_files_of(output, elements)

    def _retry(self, number: int, error: TaskError) -> None:
        """Have a failed task start again after a while: the first time after its back-off, each further one doubled."""
        backoff = self._list[number].settings.retry_backoff
        delay = (_BACKOFF if backoff is None else backoff) * 2 ** self._failures[number]
        self._move(number, "DELAYED")
        self._count_failure(number, error)
        self._emit(DelayRetry(self._list[number].name, min(delay, _LONGEST_DELAY)))

    def _count_failure(self, number: int, error: TaskError) -> None:
        """Say that an attempt failed and that the task is to start again."""
        self._failures[number] += 1
        times, most = self._failures[number], self._list[number].settings.retries + 1
        why = f"attempt {times} of {most} failed: {failures.why_it_failed(error)}; {most - times} left"
        self._why[number] = why
        name = self._list[number].name
        self._emit(Record("task-state", name, self._attempt[number], "PENDING", why, data={"failures": times}))

    def _due(self, number: int, event: RetryDue) -> None:
        self._queue(number)

    # --------------------------------------------------------------------------------------------------- consequences

    def _passed(self, number: int) -> None:
        """The task is done or was left out: what waited only for it may start."""
        for below in self._below[number]:
            self._waits_for[below] -= 1
            if self._waits_for[below] == 0 and self._phase[below] == "WAITING":
                self._becomes_possible(below)

    def _skip(self, number: int, why: str, *, tagged: bool | None = None) -> None:
        """Leave a task out because of a condition, its own or (tagged is None) that of a step whose names it needs."""
        name = self._list[number].name
        self._condition_skipped.add(name)
        if tagged is not False:
            self._tag_skipped.add(name)
        self._move(number, "SKIPPED", why)
        self._passed(number)

    def _fail(self, number: int, error: TaskError, attempt: int | None = None, *, stays: bool = False) -> None:
        """`stays`: it failed before, and ends nothing early now."""
        self._failed = True
        self.errors[self._list[number].name] = error
        fact = failures.fact_of(error, self._list[number], self.tasks)
        self._move(number, "FAILED", failures.why_it_failed(error), attempt, fact)
        owner = self._owner.get(number)
        if owner is not None and self._phase[owner] == "WAITING":  # it is the fan-out that failed, because of this one
            of = len(self._elements[owner])
            why = f"element {self._list[number].name!r} of {of} failed: {failures.why_it_failed(error)}"
            self._fail(owner, TaskError(message=why, cell=error.cell), stays=stays)
        self._skip_below(number, f"it needs {self._list[number].name!r}, which failed")
        if self._fail_fast and not stays and not self._list[number].settings.on_exit:
            self._end_early(f"step {self._list[number].name!r} failed, and the run was to end at the first failure")

    def _end_early(self, why: str) -> None:
        for number, phase in enumerate(self._phase):
            if self._list[number].settings.on_exit:
                continue
            if phase in NOT_BEGUN:
                self._move(number, "SKIPPED", why)
            elif phase in ACTIVE:
                self._cancel_task(number, why, now=False)

    def _skip_below(self, number: int, why: str) -> None:
        """Nothing below a task that gave no result can run; what runs already used a result that does not stand."""
        stack = list(self._below[number])
        while stack:
            below = stack.pop()
            phase = self._phase[below]
            if phase in NOT_BEGUN:
                self._move(below, "SKIPPED", why)
            elif phase in ACTIVE and below not in self._taken_back:
                self._taken_back[below] = why
                self._cancel_task(below, why, now=False)
            elif phase == "SUCCEEDED":
                self._taken_back[below] = why
                self.outputs.pop(self._list[below].name)
                self._move(below, "CANCELED", why)
            else:
                continue
            stack.extend(self._below[below])

    def _look_for_conflicts(self, number: int, output: ExecutorOutput) -> None:
        for conflict in self._paths.add(number, output):
            self._stop_reader(conflict)

    def _stop_reader(self, conflict: Conflict) -> None:
        """A task read what a step above it wrote, without that step being done first: its result cannot stand."""
        reader, writer = self._list[conflict.reader], self._list[conflict.writer]
        known = self.errors.get(reader.name)
        if conflict.reader in self._taken_back or (known is not None and known.code is not None):
            return
        self.outputs.pop(reader.name, None)
        self._fail(conflict.reader, failures.conflict_error(reader, writer, conflict.path))

    def _cancel_task(self, number: int, why: str, now: bool) -> None:
        if self._phase[number] != "CANCELING":
            self._move(number, "CANCELING", why, self._attempt[number])
        elif not now:
            return
        self._emit(CancelTask(self._list[number].name, self._attempt[number], now))

    # -------------------------------------------------------------------------------------------------------- moving

    def _move(
        self,
        number: int,
        phase: Phase,
        why: str | None = None,
        attempt: int | None = None,
        data: dict[str, Any] | None = None,
        *,
        cached: bool = False,
    ) -> None:
        before = self._phase[number]
        if phase not in MOVES[before]:
            raise AssertionError(f"{self._list[number].name}: {before} → {phase} is not a move")
        self._phase[number] = phase
        self._why[number] = why
        begun = (phase in ACTIVE) - (before in ACTIVE)
        if begun:
            self._ready.count(number, begun)
        ended = (before not in TERMINAL) - (phase not in TERMINAL)
        self._left -= ended
        self._exits_left -= ended if self._list[number].settings.on_exit else 0
        if phase not in PENDING:
            name = self._list[number].name
            state: State = phase  # type: ignore[assignment]
            self._emit(Record("task-state", name, attempt, state, why, cached=cached, data=data or {}))

    def _emit(self, instruction: Instruction) -> None:
        self._instructions.append(instruction)


Handler = Callable[[RunState, int, Any], None]

HANDLERS: dict[tuple[type, Phase], Handler] = {
    (ConditionDecided, "DECIDING"): RunState._decided,
    (CacheMissed, "LOOKING"): RunState._missed,
    (CacheHit, "LOOKING"): RunState._finished,
    (CacheHit, "STARTING"): RunState._finished,
    (CacheHit, "CANCELING"): RunState._finished,
    **dict.fromkeys(((ComputedElsewhere, "STARTING"), (NoRoom, "STARTING")), RunState._has_to_wait),
    **dict.fromkeys(((ComputedElsewhere, "CANCELING"), (NoRoom, "CANCELING")), RunState._has_to_wait),
    (LookAgain, "AWAITING"): RunState._look_again,
    (RetryDue, "DELAYED"): RunState._due,
    (TaskStarted, "STARTING"): RunState._started,
    (TaskWaits, "STARTING"): RunState._waits,
    **dict.fromkeys(((TaskLost, "STARTING"), (TaskLost, "RUNNING"), (TaskLost, "CANCELING")), RunState._lost_attempt),
    (TaskProgress, "RUNNING"): RunState._progress,
    (TaskProgress, "CANCELING"): RunState._progress,
    (TaskFinished, "STARTING"): RunState._finished,
    (TaskFinished, "RUNNING"): RunState._finished,
    (TaskFinished, "CANCELING"): RunState._finished,
}
