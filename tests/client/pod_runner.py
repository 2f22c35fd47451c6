"""A runner whose tasks run as pods do: launchers of their own, whose environment has the store and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from kfnb.runners.base import Exited, Progress, Report, Started
from kfnb.runners.local import LocalRunner
from kfnb.spec import ExecutorInput, Task


class PodRunner:
    """Starts a launcher for each attempt. `versions` are those of `local`. `started`: the tasks, as they came."""

    grace = 15.0

    def __init__(self, local: LocalRunner, place: Path, keys: dict[str, str]) -> None:
        self.started: list[str] = []
        self.versions = local.versions
        self._report: Callable[[Report], None] = lambda report: None
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._threads: list[threading.Thread] = []
        place.mkdir()
        home = {"HOME": str(place), "TMPDIR": str(place)}
        self._environment = {**keys, **home, "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0"}
        self._environment["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Remember whom to report to."""
        self._report = report

    def snapshot(self, folder: str, target: str) -> str | None:
        """Make none: the folder was shipped."""
        return None

    def reserve(self, task: Task) -> str | None:
        """There is always room."""
        return None

    def has_room(self, task: Task) -> bool:
        """There is always room."""
        return True

    def release(self, task: str) -> None:
        """Nothing was set aside."""

    def fit(self, given: ExecutorInput) -> ExecutorInput:
        """A pod has no place for the scratch folder of this machine."""
        return msgspec.structs.replace(given, scratch="/proc/none")

    def adopt(self, task: Task, attempt: int) -> bool:
        """Nothing of an earlier process is left."""
        return False

    def start(self, task: Task, attempt: int, input_uri: str) -> None:
        """Start the launcher of an attempt and follow what it says."""
        self.started.append(task.name)
        command = [sys.executable, "-P", "-m", "kfnb.launcher", input_uri]
        process = subprocess.Popen(
            command, env=self._environment, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._processes[task.name] = process
        thread = threading.Thread(target=self._follow, args=(task.name, attempt, process))
        self._threads.append(thread)
        thread.start()

    def _follow(self, task: str, attempt: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                said = json.loads(line) if line.startswith('{"event"') else {}
                if said.get("event") == "started":
                    self._report(Started(task, attempt))
                elif said.get("event") == "progress":
                    self._report(Progress(task, attempt, said["data"]))
        self._report(Exited(task, attempt, process.wait()))

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Send the launcher a signal."""
        (self._processes[task].kill if now else self._processes[task].terminate)()

    def close(self, *, keep: bool = False) -> None:
        """End what is left."""
        for process in self._processes.values():
            process.kill()
        for thread in self._threads:
            thread.join()
