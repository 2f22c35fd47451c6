"""Runs attempts as a pod does: a launcher of its own that has the store's URI and keys, and nothing of the laptop."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
from launcher_place import Ran

from kfnb.artifacts.shipping import ship
from kfnb.artifacts.store import Store
from kfnb.spec import Cell, ExecutorInput, ExecutorOutput, Task, to_json


class PodPlace:
    """A folder on a laptop, which is `gone` when a pod runs, a bucket, and what a pod's environment has."""

    def __init__(self, root: Path, bucket: str, keys: dict[str, str]) -> None:
        self.folder = root / "laptop" / "project" / "work"
        self.folder.mkdir(parents=True)
        self.store = Store(bucket)
        self.pod = root / "pod"
        for name in ("home", "tmp"):
            (self.pod / name).mkdir(parents=True)
        self.environment = {
            **keys,
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.pod / "home"),
            "TMPDIR": str(self.pod / "tmp"),
            "PYTHONHASHSEED": "0",
        }
        self._count = 0

    def give(
        self,
        *sources: str | Cell,
        task: dict[str, Any] | None = None,
        beside: tuple[Path, ...] = (),
        local: bool = False,
        **more: Any,
    ) -> str:
        """Ship the folder, write the input of a task of these cells, take the laptop away; return the input's URI."""
        self._count += 1
        prefix = f"runs/r/tasks/t/{self._count}"
        cells = tuple(
            s if isinstance(s, Cell) else Cell(id=f"c{n}", index=n, source=s, ordinal=n + 1)
            for n, s in enumerate(sources)
        )
        shipped = None if local else ship(self.folder, self.store, "runs/r/folder.json", beside=beside)
        given = ExecutorInput(
            run_id="r",
            root=self.store.root,
            prefix=prefix,
            task=Task(name="t", slug="t", cells=cells, **(task or {})),
            notebook_name="n.ipynb",
            folder=str(self.folder),
            scratch=str(self.pod.parent / "scratch") if local else "/proc/laptop/scratch",
            shipped=shipped,
            **more,
        )
        self.store.write(f"{prefix}/input.json", to_json(given))
        return f"{self.store.root}/{prefix}/input.json"

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a launcher as a pod does."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kfnb.launcher", *arguments],
            env=self.environment | environment,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *sources: str | Cell, local: bool = False, **more: Any) -> Ran:
        """Run a task of these cells to its end in a pod; `local`: on the laptop."""
        uri = self.give(*sources, local=local, **more)
        laptop = self.pod.parent / "laptop"
        gone = laptop.with_name("gone")
        if not local:
            laptop.rename(gone)
        try:
            said, _ = (process := self.start(uri)).communicate()
        finally:
            if not local:
                assert not laptop.exists()
                gone.rename(laptop)
        shutil.rmtree(self.pod.parent / "scratch", ignore_errors=True)
        return self.result(uri, said, process.returncode)

    def result(self, uri: str, said: str, code: int) -> Ran:
        """Read what an attempt left. `told`: the lines of JSON that it wrote."""
        prefix = uri.removeprefix(f"{self.store.root}/").rpartition("/")[0]
        output = msgspec.json.decode(self.store.read(f"{prefix}/output.json"), type=ExecutorOutput)
        notebook = json.loads(self.store.read(f"{prefix}/notebook.ipynb"))
        log = self.store.read(f"{prefix}/log.txt").decode()
        told = [json.loads(line) for line in said.splitlines() if line.startswith('{"event"')]
        return Ran(output, notebook["cells"], log, code, told)
