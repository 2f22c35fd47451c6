"""A program that is a store's endpoint on this machine: started, killed, and started again where it was."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_CACHE = Path(os.environ.get("KFNB_TEST_CLUSTER_CACHE") or Path.home() / ".cache/kfnb-test-cluster")


def built(module: str, name: str) -> Path | None:
    """Where a program of one of the test cluster's Go modules lies; None where it was not built (`make` builds it)."""
    return next(iter(sorted(_CACHE.glob(f"programs/{module}-*/{name}"))), None)


class EndpointProgram:
    """A running endpoint. `environment`: what a program needs to use it."""

    environment: dict[str, str]

    def __init__(self, command: Sequence[object], port: int, more: Mapping[str, str], host: str = "127.0.0.1") -> None:
        self.program = Path(str(command[0]))
        self._command, self._address, self._more = [*map(str, command)], (host, port), more
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        env = {**os.environ, **self._more}
        env.pop("KFNB_HOME", None)  # else it counts among the processes of the first test's runs, and ends with them
        self._process = subprocess.Popen(self._command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, f"{self.program.name} ended"
            assert time.monotonic() < deadline, f"{self.program.name} does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it; `start` starts it again, on the same port and folder."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            socket.create_connection(self._address, timeout=1).close()
        except OSError:
            return False
        return True


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on at an address of this machine."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
