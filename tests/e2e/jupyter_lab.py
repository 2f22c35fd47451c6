"""A JupyterLab server of the tests' own, with the extension and the server's half.

Everything that JupyterLab and kfnb keep lies in a temporary folder. The server is started once, under a base URL and
with a token, as a hub has it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TOKEN = "t0ken"
BASE = "/user/ada/"
START_SECONDS = 90
DOCUMENTS = "@jupyterlab/docmanager-extension:plugin"


class Lab:
    """A running JupyterLab. `root`: the folder that it serves; `home`: where kfnb keeps its runs.

    `profiles`: the file of clusters, not there at first. `workspaces`: what pages show first. `python`: the
    interpreter of the server. `options`: more of the server's, as on its command line. No page of it saves by itself,
    which it would after two minutes: on a slow machine in the middle of a test.
    """

    def __init__(self, folder: Path, python: str = sys.executable, options: Sequence[str] = ()) -> None:
        self.root = folder / "root"
        self.root.mkdir(exist_ok=True)
        self.profiles = folder / "profiles.toml"
        self.home = folder / "kfnb"
        self.workspaces = folder / "workspaces"
        self._settings = folder / "settings"
        self.set_up(DOCUMENTS, {"autosave": False})
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{BASE}"
        _write_configuration(folder)
        self.log = folder / "lab.log"
        self._command = [
            *(python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
            *("--ServerApp.port_retries=0", f"--ServerApp.base_url={BASE}", f"--ServerApp.root_dir={self.root}"),
            *(f"--IdentityProvider.token={TOKEN}", f"--LabApp.user_settings_dir={self._settings}"),
            *(f"--LabApp.workspaces_dir={self.workspaces}", "--expose-app-in-browser"),
            *options,
        ]
        self._environment = environment(folder)
        self.start()

    def start(self) -> None:
        """Start the server, or start it again at the same address, and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self.root, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def address(self, path: str) -> str:
        """Where the browser finds a file in a workspace of its own, without what earlier tests left open."""
        return f"{self.url}lab/tree/{path}?token={TOKEN}&reset"

    def set_up(self, plugin: str, settings: dict[str, Any] | None) -> None:
        """Write a person's settings of one of JupyterLab's own plugins, for pages opened from now on; None: none."""
        name, _, part = plugin.partition(":")
        file = self._settings / name / f"{part}.jupyterlab-settings"
        if settings is None:
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(settings), "utf-8")

    def stop(self) -> None:
        """End the server; runs that were detached from it end by themselves."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            # Told to end while it answers, it may have stopped its loop before a thread of anyio's was told to end.
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}api?token={TOKEN}", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.2)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text('utf-8', 'replace')[-4000:]}")


READ_ONLY = "read_only"
"""The folder below the root whose files JupyterLab's server cannot write, as a hub has its shared ones."""

_CONTENTS = """\
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

class Contents(AsyncLargeFileManager):
    def may_write(self, path):
        return not path.strip("/").startswith("{read_only}/")

    def is_writable(self, path):
        return self.may_write(path) and super().is_writable(path)

    async def save(self, model, path=""):
        if not self.may_write(path):
            raise HTTPError(403, f"Permission denied: {{path}}")
        return await super().save(model, path)

c.ServerApp.contents_manager_class = Contents
"""


def _write_configuration(folder: Path) -> None:
    switched_off = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "config" / "labconfig").mkdir(parents=True, exist_ok=True)
    (folder / "config" / "labconfig" / "page_config.json").write_text(json.dumps(switched_off), "utf-8")
    contents = _CONTENTS.format(read_only=READ_ONLY)
    (folder / "config" / "jupyter_server_config.py").write_text(contents, "utf-8")


def environment(folder: Path) -> dict[str, str]:
    """The environment of a JupyterLab whose files all lie in a folder."""
    own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    own |= {"IPYTHONDIR": "ipython", "KFNB_HOME": "kfnb", "KFNB_CONFIG": "profiles.toml"}
    return os.environ | {name: str(folder / value) for name, value in own.items()}


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook on disk; one that is being written is read again."""
    for _ in range(50):
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except json.JSONDecodeError:
            time.sleep(0.1)
        else:
            return found
    raise AssertionError(f"{path} stays unreadable")
