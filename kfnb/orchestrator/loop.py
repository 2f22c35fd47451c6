"""Drives one run to its end: carries out what the state machine asks for, with a real runner and a real store.

Called by the client (in a thread of the caller's process) and by `kfnb.run_process` (in a process of its own). It
blocks the thread it is called in; everything else talks to it through a queue, so it works beside any event loop.
"""

from __future__ import annotations

import contextlib
import queue
import time
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.errors import ClusterError, Fenced, KfnbError, OutsideError, StoreError
from kfnb.orchestrator import conditions, crashes, inputs, places, requests, takeover
from kfnb.orchestrator.cache import Cache, account_key
from kfnb.orchestrator.computing import Computing
from kfnb.orchestrator.delayed import Delayed
from kfnb.orchestrator.events import EventLog, EventReader, RunStatus, Unwritten
from kfnb.orchestrator.how_far import HowFar
from kfnb.orchestrator.lease import Holder, whoami
from kfnb.orchestrator.left import for_want_of_a_store, output_of
from kfnb.orchestrator.messages import (
    AwaitOther,
    CacheHit,
    CacheMissed,
    CancelRequested,
    CancelTask,
    ComputedElsewhere,
    ConditionDecided,
    DelayRetry,
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
from kfnb.orchestrator.scratch import SNAPSHOT, Scratch
from kfnb.orchestrator.selection import select
from kfnb.orchestrator.state import RunState
from kfnb.orchestrator.times import Times
from kfnb.orchestrator.together import Beginnings
from kfnb.runners.base import Broken, Exited, Lost, Progress, Report, Runner, Started, StartsTogether, Waits
from kfnb.spec import ExecutorInput, ExecutorOutput, RunEvent, RunInfo, State, owner_of, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from kfnb.orchestrator.documents import Documents


_REQUESTS_EVERY = 1.0
_LOOK_AGAIN_EVERY = 0.2

_input_decoder = msgspec.json.Decoder(ExecutorInput)


class _Left(Exception):
    """The run is to be left as it is; why, in words."""


class Loop:
    """One run in progress. `run` does everything; `cancel` may be called from any thread and from signal handlers.

    A run that was begun before is taken up where its log ends. One that has ended stays as it ended, unless `again`:
    then all that did not succeed is done anew, or, where `again` is a task's name, it and what waits for it.
    `restarted`: a process that crashes is followed by another one.

    `computing`: folder for the locks of results that are being computed; None: no cache is used. `own`: folders of
    kfnb's, which tasks do not see. `elsewhere`: what needs no task to run is done here; once one must run, this is
    called, to have the run driven where its tasks can, and the run left to that.
    """

    def __init__(
        self,
        info: RunInfo,
        store: Documents,
        runner: Runner,
        *,
        root: str,
        scratch: Path,
        lease: Holder,
        again: bool | str = False,
        again_after: int | None = None,
        restarted: bool = False,
        computing: Path | None = None,
        own: Sequence[str] = (),
        elsewhere: Callable[[], None] | None = None,
        on_events: Callable[[list[RunEvent]], None] = lambda events: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._info = info
        self._store = store
        self._runner = runner
        self._root = root
        self._scratch = Scratch(scratch)
        self._on_events = on_events
        self._clock = clock
        self._lease = lease
        self._again = again
        self._again_after = again_after
        self._retried: str | None = None
        self._restarted = restarted
        self._elsewhere = elsewhere
        selection = select(info.spec, info.options)
        most = int(info.options.get("max_parallel") or 1)
        self._state = RunState(
            info.spec,
            max_parallel=most,
            fail_fast=bool(info.options.get("fail_fast")),
            selection=selection if computing is not None else None,
            together=isinstance(runner, StartsTogether),
        )
        self._beginnings = Beginnings(info, store, root, runner, most)
        self._anew = selection.anew
        self._computing = Computing(computing) if computing is not None else None
        self._cache = Cache(store, self._state.tasks, runner.versions, own)
        self._given: dict[str, ExecutorInput] = {}
        self._awaited: dict[str, str] = {}  # tasks that others compute, and their keys
        self._without_room: dict[str, None] = {}  # tasks that wait for what they ask for, the first in line first
        self._running: set[tuple[str, int]] = set()
        self._to_keep: list[tuple[str, ExecutorOutput]] = []
        self._repeats = True
        self._opened = False
        self._log = EventLog(store, info.run_id)
        self._real_paths = inputs.real_paths(self._state.tasks, info.folder)
        self._answered: set[str] = set()
        self._answers: list[RunEvent] = []
        self._last_time = 0.0  # of an event
        self._times = Times()
        self._queue: queue.SimpleQueue[Report | CancelRequested | _Left] = queue.SimpleQueue()
        self._snapshot: str | None = None
        self._how_far = HowFar(store)
        self._unwritten = Unwritten()
        self._deadlines: dict[tuple[str, int], float] = {}
        self._retries = Delayed(together=isinstance(runner, StartsTogether))
        self._next_look = 0.0

    def cancel(self, *, now: bool = False) -> None:
        """Ask the run to stop: cleanly, or now."""
        self._queue.put(CancelRequested(now))

    def leave(self, why: str) -> None:
        """Stop driving the run and leave everything as it is: its tasks go on where they can, `run` raises `why`."""
        self._queue.put(_Left(why))

    def run(self) -> State:
        """Run everything and return the state in which the run ended; KfnbError if something outside cannot be used.

        RUNNING: what is left of it is done `elsewhere`.

        Whatever happens, every process is gone and the scratch folder is removed when this returns. LeaseHeld, with
        nothing done, if another process drives the run.
        """
        with contextlib.closing(self._runner), contextlib.ExitStack() as held:
            try:
                held.enter_context(self._lease)
            except ClusterError as error:  # for want of a right, say: then a run that was not begun has failed
                may_others = self._elsewhere is not None and error.lacks_right
                lost = not error.is_passing and not may_others and self._read_log() is None
                raise (self._give_up(error) if lost else error) from None
            return self._run_alone()

    def _run_alone(self) -> State:
        try:
            self._scratch.claim()
            begun = self._read_log()
            if begun is not None and begun.ended and not self._is_wanted_again(begun):
                return begun.state
            first = RunStarted() if begun is None else self._take_up(begun)
            return self._drive(first)
        except _Left as left:
            raise self._leave(str(left)) from None
        except Fenced:  # what runs is the other process's now
            self._runner.close(keep=True)
            self._scratch.leave()
            raise
        except OSError as error:
            raise self._give_up(OutsideError(f"Run {self._info.run_id} cannot go on: {error}.")) from error
        except KfnbError as error:
            in_pods = self._restarted or self._info.shipped is not None  # which go on without this process
            if in_pods and crashes.may_pass(self._store, self._info.run_id, error, counted=self._restarted):
                raise self._leave(str(error).rstrip(".")) from error
            raise self._give_up(error) from error.__cause__
        except Exception as error:
            self._crashed(error)
            raise
        finally:
            if self._computing is not None:
                self._computing.end_all()
            self._runner.close()
            self._scratch.remove()

    def _leave(self, why: str) -> OutsideError:
        """Leave run and tasks as they are, and return what says so."""
        self._runner.close(keep=True)
        self._scratch.leave()
        return OutsideError(f"Run {self._info.run_id} is left to whoever drives it next: {why}.")

    def _is_wanted_again(self, ended: RunStatus) -> bool:
        """Say whether to go on with a run that has ended: once for each time that somebody asks for it."""
        return bool(self._again) and (self._again_after is None or ended.begins <= self._again_after)

    def _crashed(self, error: Exception) -> None:
        """Leave the run to the process that follows, whom chance may spare the same mistake; else say how it ended."""
        number = crashes.note(self._store, self._info.run_id, error)
        if self._restarted and number < crashes.MOST:
            self._runner.close(keep=True)
        else:
            self._give_up(OutsideError(crashes.in_words(self._info.run_id, error, number)))

    @property
    def repeats(self) -> bool:
        """Whether the same run again is expected to find everything in the cache."""
        return self._repeats and self._computing is not None and self._state.state == "SUCCEEDED"

    def _open_runner(self) -> None:
        """Get the place ready where tasks run, and keep the folder as it is now: not before something must run."""
        if not self._opened:
            self._runner.open(self._queue.put, self._info.spec.preload)
            self._snapshot = self._scratch.kept_snapshot() or self._make_snapshot()
            self._opened = True

    def _read_log(self) -> RunStatus | None:
        """Continue the log where it ends, and return what it says; None if the run was never begun."""
        reader, status = EventReader(self._store, self._info.run_id), RunStatus(self._info.spec)
        status.apply(reader.read())
        self._log = EventLog(self._store, self._info.run_id, reader.next, status.fence + 1)
        self._last_time = status.last_time
        return status if reader.next > 1 else None

    def _take_up(self, begun: RunStatus) -> RunStarted:
        """Return how to go on."""
        self._answered = set(begun.answered)
        self._beginnings.recall()
        asked = self._again if isinstance(self._again, str) else None
        retried = self._retried = asked if begun.ended else begun.retried
        earlier = takeover.earlier_attempts(self._store, self._info, begun, self._runner.adopt, retried=retried)
        self._times.take_up(begun, earlier)
        self._state.tasks |= takeover.tasks_of(self._info.spec, begun)  # what is done anew or kept is asked of them
        for task, before in earlier.items():
            place = places.attempt_key(self._info.run_id, self._info.spec.task(task).slug, before.attempt)
            unkept = before.output is not None and not self._store.exists(account_key(place))  # nobody got to keep it
            if before.living or unkept:
                with contextlib.suppress(msgspec.DecodeError, StoreError):
                    given = self._given[task] = _input_decoder.decode(self._store.read(f"{place}/input.json"))
                    if before.living and self._computing is not None:
                        self._computing.begin(self._cache.identity(given).key, f"run {self._info.run_id}, step {task}")
                    elif before.output is not None:
                        self._keep(task, before.output)
            if before.living:
                self._running.add((task, before.attempt))
        if self._running:
            self._open_runner()
        return RunStarted(earlier)

    def _make_snapshot(self) -> str | None:
        made = self._runner.snapshot(self._info.folder, str(self._scratch.folder / SNAPSHOT))
        self._scratch.keep_snapshot()
        return made

    # --------------------------------------------------------------------------------------------------- the loop

    def _drive(self, first: RunStarted) -> State:
        end = self._step([first])
        while end is None:
            end = self._step(self._next_events())
            self._keep_all()
        return end

    def _next_events(self) -> list[Event]:
        """Wait for something to happen and return all that has, in order."""
        reports: list[Report | CancelRequested | _Left] = []
        try:
            reports.append(self._queue.get(timeout=self._wait_at_most()))
            while True:
                reports.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        for report in reports:
            if isinstance(report, _Left):
                raise report
        events = [event for report in reports if not isinstance(report, _Left) for event in self._events(report)]
        self._kill_overdue()
        events += [TaskProgress(*left) for left in self._how_far.left()]
        return events + self._due_retries() + self._released() + self._requests()

    def _released(self) -> list[Event]:
        """Return the tasks whose result nobody else computes any more."""
        computing = self._computing
        free = [task for task, key in self._awaited.items() if computing is not None and computing.is_free(key)]
        for task in free:
            del self._awaited[task]
        return [LookAgain(task) for task in (*free, *self._with_room())]

    def _with_room(self) -> list[str]:
        """Return the tasks for which there is room now; one that is to run no more gives up its place."""
        found = []
        for task in list(self._without_room):
            if self._state.state_of(task) != "PENDING":
                self._runner.release(task)
            elif self._runner.has_room(self._state.tasks[task]):
                found.append(task)
            else:
                continue
            del self._without_room[task]
        return found

    def _due_retries(self) -> list[Event]:
        return [RetryDue(task) for task in self._retries.take()]

    def _step(self, events: Iterable[Event]) -> State | None:
        """Handle events; what happened is in the log before anything is done about it."""
        pending = list(events)
        while pending:
            instructions = [i for event in pending for i in self._state.handle(event)]
            if self._elsewhere is not None and any(isinstance(i, StartTask) for i in instructions):
                self._elsewhere()
                return "RUNNING"
            self._record(instructions)
            pending = []
            for instruction in instructions:
                if isinstance(instruction, FinishRun):
                    return instruction.state
                pending += self._carry_out(instruction)
            self._beginnings.start(self._state.active())
        self._record([])
        return None

    def _carry_out(self, instruction: Instruction) -> list[Event]:
        if isinstance(instruction, StartTask):
            return self._start(instruction)
        if isinstance(instruction, LookUp):
            return [self._look_up(instruction)]
        if isinstance(instruction, AwaitOther):
            self._open_runner()  # which keeps the folder as the run found it, however long this takes
            self._awaited[instruction.task] = self._cache.identity(self._given[instruction.task]).key
        elif isinstance(instruction, EvaluateCondition):
            return [self._evaluate(instruction.task)]
        elif isinstance(instruction, DelayRetry):
            self._retries.put(instruction.task, instruction.seconds)
        elif isinstance(instruction, CancelTask) and (instruction.task, instruction.attempt) in self._running:
            self._beginnings.start(self._state.active())  # what is to be cancelled may be about to start
            self._deadlines[instruction.task, instruction.attempt] = time.monotonic() + self._runner.grace
            self._runner.cancel(instruction.task, instruction.attempt, now=instruction.now)
        return []

    # ------------------------------------------------------------------------------------------------------- doing

    def _start(self, instruction: StartTask) -> list[Event]:
        """Start an attempt, unless its result is there by now or somebody else is computing it."""
        name, attempt = instruction.task, instruction.attempt
        task, given = self._state.tasks[name], self._document(name, attempt)
        if self._computing is not None and owner_of(name) not in self._anew:
            key = self._cache.identity(given).key
            if not self._computing.begin(key, f"run {self._info.run_id}, step {name}"):
                return [ComputedElsewhere(name, attempt, self._computing.holder(key))]
            found = self._cache.look_up(given, self._clock())
            if found is not None:
                self._computing.end(key)
                return [CacheHit(name, attempt, found)]
        self._open_runner()
        why = self._runner.reserve(task)
        if why is not None:
            self._without_room[name] = None
            if self._computing is not None:
                self._computing.end(self._cache.identity(given).key)
            return [NoRoom(name, attempt, why)]
        given = self._given[name] = self._runner.fit(msgspec.structs.replace(given, snapshot=self._snapshot))
        document = f"{given.prefix}/input.json"
        self._store.write(document, to_json(given))
        self._running.add((name, attempt))
        self._beginnings.put(task, attempt, document)
        return []

    def _look_up(self, instruction: LookUp) -> Event:
        found = self._cache.look_up(self._document(instruction.task, instruction.attempt), self._clock())
        if found is None:
            return CacheMissed(instruction.task)
        return CacheHit(instruction.task, instruction.attempt, found)

    def _keep_all(self) -> None:
        """Keep the results that have come, once what waited for them has been started."""
        done, self._to_keep = self._to_keep, []
        for task, output in done:
            self._keep(task, output)

    def _keep(self, task: str, output: ExecutorOutput) -> None:
        """Keep what an attempt gave in the cache; whoever waits for it may go on then."""
        given, computing = self._given.get(task), self._computing
        if given is None or computing is None:
            return
        try:
            kept = self._cache.keep(given, output, self._clock(), anew=self._anew.get(owner_of(task), ""))
        except StoreError:
            kept = False  # a full disk, most likely: whatever needs the store next says so
        self._repeats = self._repeats and kept
        computing.end(self._cache.identity(given).key)

    def _document(self, name: str, attempt: int) -> ExecutorInput:
        """Return what an attempt of a task is given."""
        task = self._state.tasks[name]
        given = self._given[name] = ExecutorInput(
            run_id=self._info.run_id,
            attempt=attempt,
            root=self._root,
            prefix=places.attempt_key(self._info.run_id, task.slug, attempt),
            task=task,
            notebook_name=self._info.spec.notebook,
            kernel=self._info.spec.kernel,
            folder=self._info.folder,
            scratch=str(self._scratch.folder / f"{task.slug}-{attempt}"),
            parameters=self._parameters(task.name),
            inputs=inputs.resolve_values(task, self._state.tasks, self._state.outputs),
            state=inputs.resolve_state(task, self._state.tasks, self._state.outputs),
            files=inputs.resolve_files(task, self._state.outputs),
            snapshot=self._snapshot,
            shipped=self._info.shipped,
            preload=tuple(m for m in self._info.spec.preload if m.partition(".")[0] in task.imports),
            real=self._real_paths,
            run_status=self._state.summary() if task.settings.on_exit else {},
            save=self._info.options.get("save", "final"),
            timeout=task.settings.timeout,
        )
        return given

    def _parameters(self, name: str) -> dict[str, Any]:
        """Return the parameters that a task is given: those it reads, or all where the parameters cell stands in it."""
        task = self._state.tasks[name]
        has_cell = any(cell.role == "parameters" for cell in task.cells)
        return {k: v for k, v in self._info.parameters.items() if has_cell or k in task.parameters}

    def _evaluate(self, name: str) -> ConditionDecided:
        task = self._state.tasks[name]
        assert task.condition is not None
        try:
            values = inputs.resolve_records(task, self._state.tasks, self._state.outputs, self._info.parameters)
            return ConditionDecided(name, conditions.evaluate(task.condition.expression, values))
        except inputs.Lost as lost:
            return ConditionDecided(name, None, f"{lost.args[0]!r} was not made: step {lost.args[1]!r} was skipped")
        except conditions.Undecidable as error:
            return ConditionDecided(name, None, str(error))

    # -------------------------------------------------------------------------------------------------- being told

    def _events(self, report: Report | CancelRequested) -> list[Event]:
        if isinstance(report, Started):
            self._times.began(report.task, report.attempt, report.since)
            if self._info.shipped is not None:  # it runs in a pod
                self._how_far.begins(report.task, report.attempt, self._place(report.task, report.attempt))
            return [TaskStarted(report.task, report.attempt)]
        if isinstance(report, Progress):
            is_new = self._how_far.told(report.task, report.attempt, report.data)
            return [TaskProgress(report.task, report.attempt, report.data)] if is_new else []
        if isinstance(report, Waits):
            return [TaskWaits(report.task, report.attempt, report.why)]
        if isinstance(report, Lost):
            return self._lost(report)
        if isinstance(report, Broken):
            error = report.error
            # What runs goes on all the same where the cluster lets nobody look at it.
            raise _Left(str(error).rstrip(".")) if isinstance(error, ClusterError) and error.lacks_right else error
        if isinstance(report, Exited):
            output = self._output(report)
            lost = for_want_of_a_store(report, output) if self._info.shipped is not None else None
            return self._finished(report.task, report.attempt, output) if lost is None else self._lost(lost)
        return [report]

    def _lost(self, report: Lost) -> list[Event]:
        """An attempt is gone with the place where it ran; if it had succeeded by then, that stands all the same."""
        output = self._output(Exited(report.task, report.attempt, None, report.why, report.log))
        if output.state == "SUCCEEDED":
            return self._finished(report.task, report.attempt, output)
        self._forget(report.task, report.attempt)
        if self._computing is not None and report.task in self._given:
            self._computing.end(self._cache.identity(self._given[report.task]).key)
        lost = TaskLost(report.task, report.attempt, report.why, report.counted, report.own)
        return [*self._came(report.task, report.attempt, output), lost]

    def _finished(self, task: str, attempt: int, output: ExecutorOutput) -> list[Event]:
        self._times.ended(task, attempt, output)
        self._forget(task, attempt)
        self._to_keep.append((task, output))
        return [*self._came(task, attempt, output), TaskFinished(task, attempt, output)]

    def _came(self, task: str, attempt: int, output: ExecutorOutput) -> list[Event]:
        came = self._how_far.ends(task, attempt, output)
        return [] if came is None else [TaskProgress(task, attempt, came)]

    def _forget(self, task: str, attempt: int) -> None:
        """An attempt is no more: nothing is set aside for it, and nothing is to be done about it."""
        self._deadlines.pop((task, attempt), None)
        self._running.discard((task, attempt))
        self._runner.release(task)

    def _output(self, report: Exited) -> ExecutorOutput:
        return output_of(self._store, self._place(report.task, report.attempt), report)

    def _place(self, task: str, attempt: int) -> str:
        return places.attempt_key(self._info.run_id, self._state.tasks[task].slug, attempt)

    def _requests(self) -> list[Event]:
        """Return what others have asked of this run through the store since it last looked."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + _REQUESTS_EVERY
        events: list[Event] = []
        for name in requests.unanswered(self._store, self._info.run_id, self._answered):
            try:
                asked = requests.read(self._store, self._info.run_id, name)
            except StoreError:
                continue  # it is looked at again
            self._answered.add(name)
            why = None if asked is not None else "this kfnb cannot read it"
            self._answers.append(RunEvent(kind="request", time=self._last_time, why=why, data={"request": name}))
            if asked is not None:
                events.append(CancelRequested(now=asked.now))
        if self._answers and not events:
            self._record([])
        return events

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for (task, attempt), deadline in list(self._deadlines.items()):
            if deadline <= now:
                del self._deadlines[task, attempt]
                self._runner.cancel(task, attempt, now=True)

    def _wait_at_most(self) -> float:
        now = time.monotonic()
        due = min([self._next_look, *self._deadlines.values(), *self._retries.moments()]) - now
        return max(0.0, min(due, _LOOK_AGAIN_EVERY) if self._awaited or self._without_room else due)

    # ------------------------------------------------------------------------------------------------------ telling

    def _record(self, instructions: list[Instruction]) -> None:
        """Append what happened to the log and tell the listeners."""
        # A clock that is set back must not make things end before they began.
        now = self._last_time = max(self._clock(), self._last_time)
        shown: list[RunEvent] = []
        answers, self._answers = self._answers, []
        records = [i for i in instructions if isinstance(i, Record)]
        for record in (one for each in records for one in (self._times.untold_start(each), each) if one is not None):
            event = RunEvent(
                kind=record.kind,
                time=self._times.of(record, now),
                task=record.task,
                attempt=record.attempt,
                state=record.state,
                why=record.why,
                output=record.output,
                cached=record.cached,
                data=self._who() if record.kind in ("run-started", "run-resumed") else record.data,
            )
            shown.append(event)
        for event in (*answers, *shown):
            self._unwritten.add(event)
        self._log.append(self._unwritten.take())
        if shown:
            self._on_events(shown)

    def _who(self) -> dict[str, Any]:
        """Return who drives the run, which version of the code it runs, and for which task alone it was taken up."""
        retried = {"retried": self._retried} if self._retried is not None else {}
        return {**whoami(), "versions": self._info.versions, **retried}

    def _give_up(self, error: KfnbError) -> KfnbError:
        """Say in the log, if that can still be done, that the run ended because something outside cannot be used."""
        now = max(self._clock(), self._last_time)
        why = str(error)
        events = [
            RunEvent(kind="task-state", time=now, task=task, attempt=attempt, state="CANCELED", why=why)
            for task, attempt in self._state.active()
        ]
        events.append(RunEvent(kind="run-state", time=now, state="FAILED", why=why))
        try:
            self._log.append(events)
        except (KfnbError, OSError):
            pass  # the store is what cannot be used; the error itself reaches the caller
        self._on_events(events)
        return error
