"""A Jupyter server in a process of its own, as a hub starts it for a person: with a token, under a base URL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

TOKEN = "a-token-of-the-test"
BASE = "/user/ada/"
START_SECONDS = 100


class ServerProcess:
    """A server that was told nothing of extensions.

    `root`: the folder that it serves; `api`: where kfnb is there; `pid`: its process; `log`: what it has said.
    """

    def __init__(self, place: Path) -> None:
        folders = {f"JUPYTER_{name}_DIR": str(place / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
        own = {"KFNB_HOME": str(place / "home"), "KFNB_CONFIG": str(place / "clusters.toml")}
        self.log = place / "log"
        self.root = place / "root"
        self.root.mkdir()
        self.home = place / "home"
        command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ServerApp.port=0"]
        command += [f"--ServerApp.base_url={BASE}", f"--ServerApp.root_dir={self.root}"]
        command += [f"--IdentityProvider.token={TOKEN}"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, env=os.environ | folders | own, stdout=log, stderr=log)
        self.url = self._wait(place / "runtime")
        self.api = f"{self.url}kfnb/api"
        self.pid = self._process.pid

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()

    def _wait(self, runtime: Path) -> str:
        """Wait until the server answers, and return its address."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            for file in runtime.glob("jpserver-*.json"):
                try:
                    url: str = json.loads(file.read_text())["url"]
                    urllib.request.urlopen(f"{url}api/status?token={TOKEN}").close()
                except (OSError, ValueError):
                    continue
                return url
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"The Jupyter server did not start: {self.log.read_text()[-2000:]}")
