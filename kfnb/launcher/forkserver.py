"""A process with the libraries loaded that forks a supervisor for every task; `python -m kfnb.launcher.forkserver`.

The local runner starts one for a run, in its own session, and speaks JSON lines with it: requests on standard input
(`preload`, `snapshot`, `run`, `kill`, `exit`), answers on standard output (`ready`, `snapshot`, `started`, `progress`,
`exited`). It has one thread, initialises no device, and ends with everything it started when its input ends.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    sys.path.pop(0)  # `-m` puts the folder it was started in first: modules there are the user's, not ours

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import time
from collections import deque
from pathlib import Path
from typing import Any

from kfnb.launcher import processes
from kfnb.launcher.kernel import Kernel
from kfnb.launcher.launch import find_out_namespaces, run_input
from kfnb.launcher.workdir import make_snapshot
from kfnb.locks import FOLDER, try_lock

_LINE = 3500
"""Bytes of a line that is still written as a whole beside other writers (PIPE_BUF, with room)."""


class ForkServer:
    """Reads requests, forks, reaps. `requests` and `answers` are descriptors."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = b""
        self._waiting: deque[dict[str, Any]] = deque()
        self._modules: deque[str] = deque()
        self._tasks: dict[int, str] = {}
        self._open = True
        self._kernel = Kernel()

    def serve(self) -> None:
        """Serve until the input ends or an `exit` comes; then no process is left."""
        processes.adopt_orphans()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        read, write = os.pipe()
        for descriptor in (read, write):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._answer({"event": "ready"})  # a snapshot can be asked for while the rest is done
        find_out_namespaces()
        self._kernel.warm_up()
        while self._open or self._tasks:
            self._wait(read)
            self._reap()
            self._handle()
            self._load_one()
            if not self._open:
                self._end_all()
        processes.kill_descendants()

    def _wait(self, wake: int) -> None:
        idle = not self._modules and not self._waiting
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        if self._open:
            poll.register(self._requests, select.POLLIN)
        for descriptor, _ in poll.poll(None if idle else 0):
            if descriptor == wake:
                os.read(wake, 4096)
            else:
                self._read()

    def _read(self) -> None:
        data = os.read(self._requests, 1 << 16)
        if not data:
            self._open = False
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError):
                self._waiting.append(json.loads(line))

    def _handle(self) -> None:
        while self._waiting:
            request = self._waiting.popleft()
            match request.get("op"):
                case "preload":
                    self._modules.extend(request.get("modules", ()))
                case "snapshot":
                    self._snapshot(request)
                case "run":
                    self._run(str(request["id"]), str(request["input"]), request)
                case "kill":
                    self._kill(str(request["id"]), str(request.get("signal", "TERM")))
                case "exit":
                    self._open = False

    def _load_one(self) -> None:
        """Import one library; between two of them requests are answered."""
        if self._modules:
            self._kernel.load([self._modules.popleft()])

    def _snapshot(self, request: dict[str, Any]) -> None:
        try:
            own = [*request.get("leave_out", ()), *filter(None, [os.environ.get("KFNB_HOME")])]
            make_snapshot(request["folder"], request["target"], own)
        except OSError as error:
            self._answer({"event": "snapshot", "error": str(error)})
        else:
            self._answer({"event": "snapshot", "path": request["target"]})

    def _run(self, key: str, uri: str, given: dict[str, Any]) -> None:
        """Fork a process for a task, unless whoever asked is gone.

        `given`: `env`, variables of its own; `locks`, files that it holds locked; `scratch`, the attempt's folder, held
        from before the fork, so that nobody takes the run up again beside a task that is only just beginning.
        """
        held = _hold(given.get("scratch"))
        if self._is_left():
            if held is not None:
                os.close(held)
                with contextlib.suppress(OSError):
                    Path(given["scratch"]).rmdir()
            return
        gc.freeze()  # what is loaded stays shared: the collector of a child would touch, and so copy, every page
        parent = os.getpid()
        child = processes.fork()
        if child == 0:
            code = 70
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.setsid()
                processes.die_with_parent(signal.SIGTERM, parent)
                os.close(self._requests)
                os.register_at_fork(after_in_child=self._keep_silent)
                os.environ.update(given.get("env", {}))
                for path in given.get("locks", ()):  # until the last process of the task is gone
                    fcntl.flock(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), fcntl.LOCK_EX)
                code = run_input(
                    uri, self._kernel, lambda data: self._answer({"event": "progress", "id": key, "data": data})
                )
            except BaseException:
                import traceback

                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(code)
        if held is not None:
            os.close(held)
        self._tasks[child] = key
        self._answer({"event": "started", "id": key, "pid": child})

    def _is_left(self) -> bool:
        """Say whether nobody can ask for anything more: the one who did may be dead, whatever still is to be read."""
        poll = select.poll()
        poll.register(self._requests, 0)
        return bool(poll.poll(0))

    def _keep_silent(self) -> None:
        """Give up the answers in the body and in what it forks: their end says that server and supervisors are gone."""
        answers, self._answers = self._answers, -1
        if answers >= 0:
            os.close(answers)

    def _kill(self, key: str, name: str) -> None:
        for pid, known in self._tasks.items():
            if known == key:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL if name == "KILL" else signal.SIGTERM)

    def _reap(self) -> None:
        orphans = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            key = self._tasks.pop(pid, None)
            if key is not None:
                code = os.waitstatus_to_exitcode(status)
                orphans = orphans or code < 0
                if code < 0:
                    self._kill_strays()
                self._answer({"event": "exited", "id": key, "code": code})

    def _kill_strays(self) -> None:
        """Kill what a supervisor that was killed left: it is ours now, as we adopt orphans."""
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            strays = [pid for pid in processes.children(os.getpid()) if pid not in self._tasks]
            if not strays:
                return
            for stray in strays:
                for pid in (*processes.descendants(stray), stray):
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(stray, 0)

    def _end_all(self) -> None:
        for pid in self._tasks:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)

    def _answer(self, message: dict[str, Any]) -> None:
        """Write one line at once. One too long to be written whole beside other writers loses the start of its log."""
        line = json.dumps(message).encode()
        if len(line) > _LINE and "log" in message.get("data", {}):
            spare = (len(line) - _LINE) // 2 + 1
            message["data"]["log"] = message["data"]["log"][spare:]
            self._answer(message)
            return
        with contextlib.suppress(OSError):
            os.write(self._answers, line + b"\n")


def _hold(folder: str | None) -> int | None:
    """Make an attempt's folder and lock it; None where that cannot be: whoever runs the attempt says what is wrong."""
    if folder is None:
        return None
    try:
        Path(folder).mkdir(exist_ok=True)
        return try_lock(Path(folder), FOLDER)
    except OSError:  # no such place
        return None


def main() -> None:
    """Serve on standard input and output, which nothing else in this process gets to use."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    ForkServer(requests, answers).serve()


if __name__ == "__main__":
    main()
