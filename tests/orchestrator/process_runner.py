"""A runner with real processes and the smallest launcher there can be: executes each cell, then saves an output.

Also run as a program: `python process_runner.py INPUT`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from kfnb.errors import OutsideError
from kfnb.runners.base import Exited, Progress, Report, Started
from kfnb.spec import ExecutorInput, ExecutorOutput, Task, TaskError, to_json


class ProcessRunner:
    """Starts a process for each task."""

    grace = 15.0

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._threads: list[threading.Thread] = []
        self._report: Callable[[Report], None] = lambda report: None

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Remember whom to report to."""
        self._report = report

    def versions(self, imports: frozenset[str]) -> dict[str, str]:
        """Say what Python this is."""
        return {"Python": sys.version.split()[0]}

    def snapshot(self, folder: str, target: str) -> str | None:
        """Make none."""
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
        """Nothing is different here."""
        return given

    def adopt(self, task: Task, attempt: int) -> bool:
        """Nothing of an earlier process is left."""
        return False

    def start(self, started: Task, attempt: int, input_uri: str) -> None:
        """Start the process of a task and watch it."""
        task = started.name
        process = subprocess.Popen([sys.executable, __file__, input_uri], stdout=subprocess.PIPE)
        self.processes[task] = process
        thread = threading.Thread(target=self._watch, args=(task, attempt, process))
        self._threads.append(thread)
        thread.start()

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Send the process a signal."""
        self.processes[task].send_signal(signal.SIGKILL if now else signal.SIGTERM)

    def close(self, *, keep: bool = False) -> None:
        """Kill what is left."""
        for process in self.processes.values():
            process.kill()
        for thread in self._threads:
            thread.join()

    def _watch(self, task: str, attempt: int, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        log = ""
        with process.stdout:
            for line in process.stdout:
                if line.startswith(b"ready"):
                    self._report(Started(task, attempt))
                else:
                    log += line.decode()
                    self._report(Progress(task, attempt, {"line": line.decode().strip()}))
        self._report(Exited(task, attempt, process.wait(), log=log))


def run_task(uri: str) -> None:
    """Execute the cells of a task; `records`, `paths_read` and `files` of the namespace go into its output."""
    document = msgspec.json.decode(Path(uri).read_bytes(), type=ExecutorInput)
    namespace: dict[str, Any] = {"document": document}

    def canceled(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, canceled)
    cell = document.task.cells[0]
    try:
        print("ready", flush=True)
        for cell in document.task.cells:
            exec(cell.source, namespace)
        output = ExecutorOutput(state="SUCCEEDED", records=namespace.get("records", {}))
    except KeyboardInterrupt:
        output = ExecutorOutput(state="CANCELED")
    except Exception as error:
        said = TaskError(message="", ename=type(error).__name__, evalue=str(error), cell=cell.id)
        output = ExecutorOutput(state="FAILED", error=said)
    try:
        Path(uri).with_name("output.json").write_bytes(to_json(output))
    except OSError:
        sys.exit(OutsideError.exit_code)


if __name__ == "__main__":
    run_task(sys.argv[1])
