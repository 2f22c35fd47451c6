"""When tasks began and ended in a run that was taken up again: as they did, not as they were found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator_pipelines import make_spec
from orchestrator_place import Place
from process_runner import ProcessRunner

from kfnb.orchestrator.events import EventLog
from kfnb.orchestrator.places import attempt_key
from kfnb.runners.base import Exited, Report, Started
from kfnb.spec import ExecutorInput, ExecutorOutput, RunEvent, State, Task, to_json

SPEC = make_spec({"told": [], "untold": [], "early": []})


class Adopting(ProcessRunner):
    """A runner with attempts from before, which it says to run, and to have succeeded, as soon as it is asked."""

    def __init__(self, place: Callable[[], Place]) -> None:
        super().__init__()
        self.place = place
        self.adopted: list[tuple[str, int]] = []

    def adopt(self, task: Task, attempt: int) -> bool:
        """All that has left nothing is there."""
        self.adopted.append((task.name, attempt))
        return True

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Report on what was adopted."""
        super().open(report, preload)
        for task, attempt in self.adopted:
            report(Started(task, attempt, 1004.0))
            self.place().leave(task, 1005.0, 1020.0)
            report(Exited(task, attempt, 0))


class Before(Place):
    """A run whose first process began at 1000, started all tasks, and was killed after the log said some of it."""

    def begin(self, **states: State) -> None:
        """Write the log: each of these tasks in its state, from second 1002 on."""
        events = [
            RunEvent(kind="run-started", time=1000.0, data={}),
            RunEvent(kind="run-state", time=1000.0, state="RUNNING"),
            *(RunEvent(kind="task-state", time=1002.0, task=t, attempt=1, state=s) for t, s in states.items()),
        ]
        EventLog(self.store, "r1").append(events)
        for task in self.spec.tasks:
            prefix = attempt_key("r1", task.slug, 1)
            given = ExecutorInput(
                run_id="r1", root=self.store.root, prefix=prefix, task=task, notebook_name="p", folder="", scratch=""
            )
            self.store.write(f"{prefix}/input.json", to_json(given))

    def leave(self, task: str, began: float, ended: float) -> None:
        """Write what an attempt has left."""
        output = ExecutorOutput(state="SUCCEEDED", started=began, finished=ended)
        self.store.write(attempt_key("r1", self.spec.task(task).slug, 1) + "/output.json", to_json(output))

    def times(self) -> dict[str, tuple[float | None, float | None]]:
        """When each task began and ended, as another process reads it."""
        return {name: (task.started, task.finished) for name, task in self.status().tasks.items()}


def test_what_ended_unseen_ended_when_it_says(tmp_path: Path) -> None:
    """It began when the log says, else when it says itself; clocks that differ never make it begin before the run."""
    place = Before(tmp_path, SPEC, clock=lambda: 5000.0)
    place.begin(told="RUNNING")
    place.leave("told", 1003.0, 1010.0)
    place.leave("untold", 1004.0, 1011.0)
    place.leave("early", 10.0, 7000.0)
    assert "SUCCEEDED" == place.loop.run()
    assert {"told": (1002.0, 1010.0), "untold": (1004.0, 1011.0), "early": (1000.0, 5000.0)} == place.times()
    assert 5000.0 == place.status().finished


def test_what_is_adopted_goes_on_from_when_it_began(tmp_path: Path) -> None:
    """Where the log does not say when it began, the place does where it runs; its end is its own."""
    runner = Adopting(lambda: place)
    place = Before(tmp_path, SPEC, clock=lambda: 5000.0, runner=runner)
    place.begin(told="RUNNING", early="RUNNING")
    place.leave("early", 1003.0, 1010.0)
    assert "SUCCEEDED" == place.loop.run()
    assert [("told", 1), ("untold", 1)] == runner.adopted
    assert {"told": (1002.0, 1020.0), "untold": (1004.0, 1020.0), "early": (1002.0, 1010.0)} == place.times()
