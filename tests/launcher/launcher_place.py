"""A forkserver to speak to and a place to run tasks in, for the tests of this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kfnb.artifacts.store import Store
from kfnb.spec import Cell, ExecutorInput, ExecutorOutput, Task, to_json


class Ran(NamedTuple):
    """What one attempt left: its output, its notebook's cells, its log, its exit code, what was told meanwhile."""

    output: ExecutorOutput
    cells: list[dict[str, Any]]
    log: str
    code: int
    told: list[dict[str, Any]]

    def text(self, cell: int) -> str:
        """Return what the cell printed to stdout."""
        outputs = self.cells[cell]["outputs"]
        return "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stdout")


class Server:
    """A forkserver, spoken to line by line."""

    def __init__(self, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kfnb.launcher.forkserver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONHASHSEED": "0", **(env or {})},
            start_new_session=True,
        )
        assert self.read()["event"] == "ready"

    def say(self, **request: Any) -> None:
        """Send one request."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """Wait for the next answer."""
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def until(self, event: str, **has: Any) -> list[dict[str, Any]]:
        """Read answers until one is the event, with the values given; return all that were read."""
        read = [self.read()]
        while read[-1]["event"] != event or any(read[-1].get(k) != v for k, v in has.items()):
            read.append(self.read())
        return read

    def close(self) -> int:
        """End its input; return its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(30)
        self.process.stdout.close()
        return code


class Place:
    """A notebook's folder and a store; makes inputs of tasks and runs them."""

    def __init__(self, server: Server, root: Path) -> None:
        self.server = server
        self.folder = root / "project" / "work"
        self.folder.mkdir(parents=True)
        self.home = root / "home"
        self.store = Store(str(self.home))
        self._count = 0

    def give(
        self, *sources: str | Cell, tags: tuple[str, ...] = (), task: dict[str, Any] | None = None, **more: Any
    ) -> str:
        """Write the ExecutorInput of a task of these cells; return its URI."""
        self._count += 1
        prefix = f"runs/r/tasks/t/{self._count}"
        cells = tuple(
            s if isinstance(s, Cell) else Cell(id=f"c{n}", index=n, source=s, ordinal=n + 1, tags=tags)
            for n, s in enumerate(sources)
        )
        given = ExecutorInput(
            run_id="r",
            root=str(self.home),
            prefix=prefix,
            task=Task(name="t", slug="t", cells=cells, **(task or {})),
            notebook_name="n.ipynb",
            folder=str(self.folder),
            scratch=str(self.home / "scratch" / str(self._count)),
            **more,
        )
        self.store.write(f"{prefix}/input.json", to_json(given))
        return f"{self.home}/{prefix}/input.json"

    def run(self, *sources: str | Cell, **more: Any) -> Ran:
        """Run a task of these cells to its end."""
        uri = self.give(*sources, **more)
        self.server.say(op="run", id=uri, input=uri)
        told = self.server.until("exited", id=uri)
        return self.result(uri, told)

    def result(self, uri: str, told: list[dict[str, Any]]) -> Ran:
        """Read what an attempt left."""
        prefix = str(Path(uri).parent.relative_to(self.home))
        output = msgspec.json.decode(self.store.read(f"{prefix}/output.json"), type=ExecutorOutput)
        notebook = json.loads(self.store.read(f"{prefix}/notebook.ipynb"))
        log = self.store.read(f"{prefix}/log.txt").decode()
        progress = [t["data"] for t in told if t["event"] == "progress"]
        return Ran(output, notebook["cells"], log, told[-1]["code"], progress)
