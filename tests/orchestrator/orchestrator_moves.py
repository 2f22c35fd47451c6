"""How a task ends, what a state machine is told then, and what it says, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable

from kfnb.orchestrator.messages import FinishRun, Instruction, StartTask, TaskFinished, TaskStarted
from kfnb.orchestrator.state import RunState
from kfnb.spec import ExecutorOutput, FileChange, TaskError

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
