"""Runs tasks as processes of this machine, forked from a server that has the libraries loaded already.

Called by the client and the run process, which give it to the orchestrator's loop. `prestart` may be called before
anything is known about the notebook: the server then loads while the notebook is being read and compiled. Hence this
room imports nothing but the standard library until something is wrong.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from kfnb.runners.base import Broken, Exited, Progress, Report, Started
from kfnb.runners.kernelspec import DEFAULT_KERNEL, Interpreter, find_interpreter
from kfnb.runners.server import ServerProcess, kill_group

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kfnb.runners.machine import Held, Room
    from kfnb.spec import ExecutorInput, Task

_START_SECONDS = 60.0
_SNAPSHOT_SECONDS = 900.0
_MAX_STARTS = 4
"""A fork server that dies is replaced for the tasks that are still to come, but not for ever."""


class LocalRunner:
    """The runner of this machine (see `kfnb.runners.base.Runner`). One object serves one run.

    `home`: kfnb's data folder, where that is not what the environment says. `kernel`: name of the kernelspec to use.
    `leave_out`: folders that are kfnb's own (runs, artifacts, scratch); a notebook above them does not see them.
    """

    grace = 15.0

    def __init__(self, home: Path | None = None) -> None:
        self.leave_out: tuple[str, ...] = ()
        self.memory: Path | None = None  # folder for what is known about interpreters
        self.locks: Path | None = None  # folder for the locks of GPUs
        self._home = home
        self._interpreter: Interpreter | None = None
        self.kernel = DEFAULT_KERNEL
        self._server: ServerProcess | None = None
        self._starts = 0
        self._preload: tuple[str, ...] = ()
        self._report: Callable[[Report], None] = lambda report: None
        self._changed = threading.Condition()
        self._ready = False
        self._snapshot: dict[str, Any] | None = None
        self._running: dict[str, tuple[str, int]] = {}
        self._pids: dict[str, int] = {}
        self._folders: dict[tuple[str, int], str] = {}  # of attempts that are about to start
        self._last_words = ""
        self._room: Room | None = None
        self._given: dict[str, Held] = {}

    def prestart(self, kernel: str = DEFAULT_KERNEL) -> None:
        """Start the server of `kernel` now, without waiting for it; one of another kernel is ended first."""
        self.choose(kernel)
        if self._server is None:
            self._start_server()

    def choose(self, kernel: str) -> None:
        """Have tasks run by `kernel`, without starting anything; a server of another one is ended."""
        interpreter = find_interpreter(kernel)
        self.kernel = kernel
        if self._server is not None and interpreter != self._interpreter:
            self._end_server()
        self._interpreter = interpreter

    # ------------------------------------------------------------------------------------------- the runner's protocol

    def open(self, report: Callable[[Report], None], preload: tuple[str, ...]) -> None:
        """Start the server if that has not been done, have it load `preload`, and wait until it can fork."""
        self._report = report
        self._preload = preload
        if self._server is None:
            self.prestart(self.kernel)
        self._send_preload()
        self._wait(lambda: self._ready)

    def versions(self, imports: frozenset[str]) -> dict[str, str]:
        """Return the versions of Python and of the packages that provide `imports`."""
        from kfnb.runners import installed  # not before it is needed: this room starts fast

        if self._interpreter is None:
            self.choose(self.kernel)
        assert self._interpreter is not None
        assert self.memory is not None, "the runner was not told where to keep what it knows"
        env = task_environment(self._interpreter.env, self._home)
        return installed.versions(self._interpreter.command, env, self.memory, imports)

    def snapshot(self, folder: str, target: str) -> str | None:
        """Copy the small files of `folder` for this run alone; return where they lie."""
        server = self._server
        if server is None:
            return None
        self._snapshot = None
        server.send({"op": "snapshot", "folder": folder, "target": target, "leave_out": list(self.leave_out)})
        self._wait(lambda: self._snapshot is not None, _SNAPSHOT_SECONDS)
        answer: dict[str, Any] = self._snapshot or {}
        if answer.get("error"):
            raise _kernel_error(f"The notebook's folder {folder} cannot be copied: {answer['error']}")
        path = answer.get("path", target)
        return str(path) if path else None

    def reserve(self, task: Task) -> str | None:
        """Set aside what a task asks for by its tags; steps that ask for nothing never wait."""
        asked = self._asked(task)
        if not asked:
            return None
        assert self._room is not None
        held = self._room.reserve(task.name, asked)
        if isinstance(held, str):
            return held
        self._given[task.name] = held
        return None

    def has_room(self, task: Task) -> bool:
        """Say whether what a task asks for is free now."""
        asked = self._asked(task)
        return not asked or self._room is None or self._room.has(task.name, asked)

    def release(self, task: str) -> None:
        """Take back what a task holds."""
        self._given.pop(task, None)
        if self._room is not None:
            self._room.release(task)

    def _asked(self, task: Task) -> dict[str, float]:
        settings = task.settings
        if not settings.limits and not settings.requests:
            return {}
        from kfnb.runners.machine import Room, asked_by, this_machine  # for steps that ask for something only

        if self._room is None:
            assert self.locks is not None, "the runner was not told where locks lie"
            self._room = Room(this_machine(), self.locks)
        return asked_by(settings)

    def _devices(self, task: str) -> dict[str, Any]:
        """Return what a task's process is told about the GPUs that are its own."""
        held = self._given.get(task)
        if held is None or not held.asked_gpu:
            return {}
        order = "CUDA_DEVICE_ORDER"  # nvidia-smi numbers cards as the bus does, CUDA by itself the fastest first
        own = {"CUDA_VISIBLE_DEVICES": ",".join(held.gpus), order: os.environ.get(order, "PCI_BUS_ID")}
        before = json.dumps({name: os.environ.get(name) for name in own})
        return {"env": {**own, "KFNB_DEVICES": before}, "locks": held.locks}

    def fit(self, given: ExecutorInput) -> ExecutorInput:
        """Return it as it is: the launcher runs on this machine."""
        self._folders[given.task.name, given.attempt] = given.scratch
        return given

    def adopt(self, task: Task, attempt: int) -> bool:
        """Nothing of an earlier process is left: tasks end with the process that started them."""
        return False

    def start(self, task: Task, attempt: int, input_uri: str) -> None:
        """Have the server fork a process for this attempt."""
        self._start(task.name, attempt, input_uri)

    def _start(self, task: str, attempt: int, input_uri: str) -> None:
        key = f"{task}#{attempt}"
        with self._changed:
            server = self._server
            if server is None and self._starts < _MAX_STARTS:
                server = self._start_server()
                self._send_preload()
            if server is not None:
                self._running[key] = (task, attempt)
        if server is None:
            self._report(Exited(task, attempt, None, "The process that starts the steps keeps ending; giving up."))
        else:
            scratch = self._folders.pop((task, attempt), None)
            server.send({"op": "run", "id": key, "input": input_uri, "scratch": scratch, **self._devices(task)})

    def cancel(self, task: str, attempt: int, *, now: bool) -> None:
        """Send the attempt SIGTERM, or (now) SIGKILL."""
        server = self._server
        if server is not None:
            server.send({"op": "kill", "id": f"{task}#{attempt}", "signal": "KILL" if now else "TERM"})

    def close(self, *, keep: bool = False) -> None:
        """End the server and all tasks; when it returns no process is left, and nothing is set aside."""
        self._end_server()
        for task in list(self._given):
            self.release(task)

    # ------------------------------------------------------------------------------------------------------ the server

    def _start_server(self) -> ServerProcess:
        assert self._interpreter is not None
        self._ready = False
        self._starts += 1
        env = task_environment(self._interpreter.env, self._home)
        self._server = ServerProcess(self._interpreter.command, env, self._hear, self._ended, self._broken)
        self._server.listen()  # now that it is known here: one that ends at once is told of too
        return self._server

    def _send_preload(self) -> None:
        if self._server is not None and self._preload:
            self._server.send({"op": "preload", "modules": list(self._preload)})

    def _end_server(self) -> None:
        """End the server. An idle one is killed, which is fastest; one with tasks ends them and all their children."""
        with self._changed:
            server, self._server = self._server, None
            running, self._running = list(self._running), {}
            pids, self._pids = list(self._pids.values()), {}
        if server is None:
            return
        for key in running:
            server.send({"op": "kill", "id": key, "signal": "KILL"})
        server.close(gently=bool(running))
        for pid in pids:
            kill_group(pid)

    def _wait(self, done: Callable[[], bool], seconds: float = _START_SECONDS) -> None:
        """Wait until the server has said what `done` looks for; KernelError if it ends or says nothing."""
        with self._changed:
            said = self._changed.wait_for(lambda: done() or self._server is None, seconds)
            if done():
                return
        why = self._last_words if said else f"it said nothing for {seconds:.0f} s"
        raise _kernel_error(self._cannot_start(why))

    def _cannot_start(self, why: str) -> str:
        assert self._interpreter is not None
        python = self._interpreter.command[0]
        if "No module named" in why and "kfnb" in why:
            return (
                f"Kernel {self.kernel!r} runs {python}, where kfnb is not installed. "
                f"Install it there: {python} -m pip install kfnb"
            )
        last = why.strip().splitlines()[-1] if why.strip() else "it ended without a message"
        return f"Kernel {self.kernel!r} ({python}) cannot be started: {last}"

    # ------------------------------------------------------------------------------------- called by the reading thread

    def _hear(self, server: ServerProcess, message: dict[str, Any]) -> None:
        event = message.get("event")
        if event in ("ready", "snapshot"):
            with self._changed:
                if event == "ready":
                    self._ready = True
                else:
                    self._snapshot = message
                self._changed.notify_all()
            return
        key = str(message.get("id"))
        known = self._running.get(key)
        if known is None:
            return
        if event == "started":
            self._pids[key] = int(message.get("pid") or 0)
            self._report(Started(*known))
        elif event == "progress":
            self._report(Progress(*known, message.get("data") or {}))
        elif event == "exited":
            self._running.pop(key, None)
            self._pids.pop(key, None)
            self._report(Exited(*known, message.get("code"), message.get("why")))

    def _ended(self, server: ServerProcess, code: int) -> None:
        """The server is gone: so are its tasks, and each of them is reported."""
        with self._changed:
            if server is not self._server:
                return
            self._last_words = server.last_words()
            self._server = None
            lost, self._running = self._running, {}
            pids, self._pids = self._pids, {}
            self._changed.notify_all()
        for pid in pids.values():
            kill_group(pid)
        server.close(gently=False)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        for task, attempt in lost.values():
            self._report(
                Exited(task, attempt, None, f"The process that starts the steps ended ({how}), and this step with it.")
            )

    def _broken(self, error: Exception) -> None:
        self._report(Broken(error))


def task_environment(kernel_env: dict[str, str], home: Path | None) -> dict[str, str]:
    """Return the environment of every process of a run: the caller's, the kernelspec's, and what kfnb promises."""
    env = {**os.environ, **kernel_env}
    if home is not None:
        env["KFNB_HOME"] = str(home)
    env.setdefault("PYTHONHASHSEED", "0")
    env.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    return env


def _kernel_error(message: str) -> Exception:
    from kfnb.errors import KernelError  # not before it is needed: see above

    return KernelError(message)


def parallel_tasks() -> int:
    """Return how many tasks run at a time where nobody says: one a processor, at least two."""
    count = len(os.sched_getaffinity(0)) if sys.platform.startswith("linux") else os.cpu_count() or 1
    return max(2, count)
