"""What the state machine of a run is told (events) and what it asks for (instructions); plain data, no behaviour.

The loop makes events from what the runner reports and carries out the instructions; so do tests, and a later restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from kfnb.spec import ExecutorOutput, State


class _Message(msgspec.Struct, frozen=True):
    pass


# ------------------------------------------------------------------------------------------------------------- events


class Earlier(_Message, frozen=True):
    """What a task has from before: its last attempt, and its result where that stands. `recorded`: the log has it.

    `state` is what the log says about the task, `failures` how many of its attempts failed and were to be repeated.
    `living`: the attempt is still there, where the runner starts them, and will be reported on. `stays`: it ended in
    `state`, which is to stay so (`why`: in words), as only others are done anew.
    """

    attempt: int = 0
    failures: int = 0
    output: ExecutorOutput | None = None
    recorded: bool = False
    state: State = "PENDING"
    living: bool = False
    stays: bool = False
    why: str | None = None


class RunStarted(_Message, frozen=True):
    """The run begins, or is taken up again with what its tasks have already; told once, first."""

    earlier: dict[str, Earlier] | None = None


class ConditionDecided(_Message, frozen=True):
    """A condition was evaluated: `outcome` is its truth, None where the records cannot decide it (`why`: why not)."""

    task: str
    outcome: bool | None
    why: str = ""


class CacheHit(_Message, frozen=True):
    """An earlier result of the task was found, and is this attempt's now."""

    task: str
    attempt: int
    output: ExecutorOutput


class CacheMissed(_Message, frozen=True):
    """There is no earlier result of the task that still holds."""

    task: str


class ComputedElsewhere(_Message, frozen=True):
    """The attempt was not started: another run computes this very result just now (`by`)."""

    task: str
    attempt: int
    by: str = ""


class NoRoom(_Message, frozen=True):
    """The attempt was not started: what the task asks for is not free now (`why`)."""

    task: str
    attempt: int
    why: str = ""


class LookAgain(_Message, frozen=True):
    """The other run that computed this task's result is done with it, or there is room for the task now."""

    task: str


class TaskStarted(_Message, frozen=True):
    """The runner has begun an attempt of a task."""

    task: str
    attempt: int


class TaskWaits(_Message, frozen=True):
    """An attempt has not begun yet, and why: no node is free, its image is being pulled."""

    task: str
    attempt: int
    why: str


class TaskLost(_Message, frozen=True):
    """The place where an attempt ran took it away or broke; the step itself did not fail.

    `counted`: by a fault of the place, which may not happen for ever; else it was moved (eviction, drain, preemption).
    `own`: moved for what it used itself, beyond what it had asked for; nor may that.
    """

    task: str
    attempt: int
    why: str
    counted: bool = False
    own: bool = False


class TaskProgress(_Message, frozen=True):
    """The launcher reported how far an attempt is."""

    task: str
    attempt: int
    data: dict[str, Any]


class TaskFinished(_Message, frozen=True):
    """An attempt is over and this is what it gave."""

    task: str
    attempt: int
    output: ExecutorOutput


class RetryDue(_Message, frozen=True):
    """The time that a failed task was to wait before its next attempt is over."""

    task: str


class CancelRequested(_Message, frozen=True):
    """Someone wants the run to stop: cleanly (tasks save what they have), or `now`."""

    now: bool = False


Event = (
    RunStarted
    | ConditionDecided
    | CacheHit
    | CacheMissed
    | ComputedElsewhere
    | NoRoom
    | LookAgain
    | TaskStarted
    | TaskWaits
    | TaskLost
    | TaskProgress
    | TaskFinished
    | RetryDue
    | CancelRequested
)


# ------------------------------------------------------------------------------------------------------- instructions


class StartTask(_Message, frozen=True):
    """Start this attempt of a task; or tell CacheHit, ComputedElsewhere or NoRoom, if that has become so.

    After NoRoom, tell LookAgain once there is room.
    """

    task: str
    attempt: int


class LookUp(_Message, frozen=True):
    """Look for an earlier result of the task, to be this attempt's, and tell CacheHit or CacheMissed."""

    task: str
    attempt: int


class AwaitOther(_Message, frozen=True):
    """Tell LookAgain once nobody else computes the task's result any more."""

    task: str


class EvaluateCondition(_Message, frozen=True):
    """Evaluate the task's condition over the records of its producers and tell the outcome."""

    task: str


class DelayRetry(_Message, frozen=True):
    """Tell RetryDue for this task in `seconds`, give or take what keeps many tasks from retrying at one moment."""

    task: str
    seconds: float


class CancelTask(_Message, frozen=True):
    """Stop an attempt: cleanly, or `now`."""

    task: str
    attempt: int
    now: bool = False


class Record(_Message, frozen=True):
    """Something happened that belongs in the run's log; the loop adds the time."""

    kind: Literal[
        "run-started", "run-resumed", "task-expanded", "task-state", "task-progress", "task-output", "run-state"
    ]
    task: str | None = None
    attempt: int | None = None
    state: State | None = None
    why: str | None = None
    output: ExecutorOutput | None = None
    cached: bool = False
    data: dict[str, Any] = {}


class FinishRun(_Message, frozen=True):
    """Nothing is left to do; the run ends in this state."""

    state: State


Instruction = StartTask | LookUp | AwaitOther | EvaluateCondition | DelayRetry | CancelTask | Record | FinishRun
