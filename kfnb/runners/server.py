"""The fork server as seen from outside: starts the process, sends it requests, hands on what it says.

Used by the local runner only. The process is `python -m kfnb.launcher.forkserver`, JSON lines on its standard input and
output; it has a session of its own, so a Ctrl-C in the terminal reaches only kfnb, and it ends when its input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

from kfnb.runners.guarded import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kfnb.runners.guarded import Broken

_EXIT_SECONDS = 8.0
_LAST_WORDS = 2_000


class ServerProcess:
    """One fork server. From `listen` on a thread hands each event to `on_message`, and the exit code to `on_end`.

    `broken` is told what these two raise: nothing is heard of the process then.
    """

    def __init__(
        self,
        command: Iterable[str],
        env: Mapping[str, str],
        on_message: Callable[[ServerProcess, dict[str, Any]], None],
        on_end: Callable[[ServerProcess, int], None],
        broken: Broken,
    ) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._lock = threading.Lock()
        self._errors = _nameless_file()
        command = [*command, "-P", "-m", "kfnb.launcher.forkserver"]
        try:
            # In "/" and with -P, so that a module of the user's with the name of a library is not taken for it here.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=env,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            from kfnb.errors import KernelError  # not before it is needed: this room starts fast

            raise KernelError(f"The kernel's interpreter {command[0]} cannot be started: {error.strerror}.") from None
        self._reader = threading.Thread(target=guarded(self._read, broken), name="kfnb-forkserver-reader", daemon=True)

    def listen(self) -> None:
        """Begin to hand on what the process says."""
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id, which is the id of its group and session too."""
        return self._process.pid

    def send(self, message: dict[str, Any]) -> None:
        """Send one request. If the process is gone, nothing is sent: `on_end` says so."""
        stream = self._process.stdin
        assert stream is not None
        with self._lock, contextlib.suppress(OSError, ValueError):
            stream.write(json.dumps(message).encode() + b"\n")
            stream.flush()

    def last_words(self) -> str:
        """Return the end of what the process wrote to its standard error."""
        with contextlib.suppress(OSError, ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - _LAST_WORDS))
            return self._errors.read().decode(errors="replace").strip()
        return ""

    def close(self, *, gently: bool) -> None:
        """End the process and everything in its group; `gently` gives it time to end by itself."""
        if gently:
            self.send({"op": "exit"})
        with self._lock, contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        if gently:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_EXIT_SECONDS)
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.kill()  # does nothing once it has been waited for: its number may be another's by then
        self._process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join(_EXIT_SECONDS)
        self._errors.close()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream:  # closed here alone: whoever closes a stream that is being read waits for its reader
            for line in stream:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue  # not ours: something printed to the server's stdout
                if isinstance(message, dict):
                    self._on_message(self, message)
        self._on_end(self, self._process.wait())


def kill_group(pid: int) -> None:
    """Kill a process and its group at once; nothing happens if they are gone."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


def _nameless_file() -> BinaryIO:
    """Return a file that is gone when it is closed."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("kfnb-forkserver-stderr"), "w+b")
    import tempfile  # 3 ms that Linux does not need

    return tempfile.TemporaryFile()
