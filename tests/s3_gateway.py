"""A real S3 endpoint on a folder of this machine (versitygw), for whatever is tested against a bucket."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "kfnb-test", "AWS_SECRET_ACCESS_KEY": "kfnb-test-secret", "AWS_REGION": "us-east-1"}
_CACHE = Path(os.environ.get("KFNB_TEST_CLUSTER_CACHE") or Path.home() / ".cache/kfnb-test-cluster")


def program() -> Path | None:
    """Where the gateway's program lies; None where it was not built (`python -m tests.cluster setup` builds it)."""
    return next(iter(sorted(_CACHE.glob("programs/versitygw-*/versitygw"))), None)


class Gateway:
    """A running endpoint; `options` are its program's. `environment`: what a program needs to use it."""

    def __init__(self, program: Path, folder: Path, *options: str) -> None:
        address = f"127.0.0.1:{_free_port()}"
        self._address = ("127.0.0.1", int(address.rpartition(":")[2]))
        self.program = program
        self._command = [str(program), "--port", address, "--quiet", *options, "posix", str(folder)]
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**KEYS, "AWS_ENDPOINT_URL": f"{'https' if '--cert' in options else 'http'}://{address}"}
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        secrets = {"ROOT_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"]}
        env = {**os.environ, **secrets}
        self._process = subprocess.Popen(self._command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, "versitygw ended"
            assert time.monotonic() < deadline, "versitygw does not answer"
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it; `start` starts it again, on the same port and folder."""
        self._process.kill()
        self._process.wait()

    def make_bucket(self, name: str) -> str:
        """Make a bucket; return its URI."""
        (self._folder / name).mkdir()
        return f"s3://{name}"

    def _answers(self) -> bool:
        try:
            socket.create_connection(self._address, timeout=1).close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
