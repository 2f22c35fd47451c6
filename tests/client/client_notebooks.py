"""Notebooks written by code, and runs that are waited for and killed, for the tests of this folder."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kfnb.client import Run
from tests.written_notebooks import write_cells


def write_notebook(path: Path, *steps: str, tags: Mapping[int, tuple[str, ...]] | None = None, **more: Any) -> Path:
    """Write a notebook in which each source is a step of its own (s0, s1 …) unless `tags` says otherwise."""
    tagged = (((tags or {}).get(number, (f"step:s{number}",)), source) for number, source in enumerate(steps))
    return write_cells(path, tagged, **more)


class Signs:
    """A folder, outside the notebook's, in which bodies say that they ran and wait for what they are to wait for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def ran(self, name: str) -> str:
        """Code that says that the body ran."""
        return f"with open({str(self.folder / 'ran')!r}, 'a') as _signs:\n    _ = _signs.write({name + ' '!r})\n"

    def waits(self, name: str) -> str:
        """Code that waits until `give(name)` was called."""
        return f"import os, time\nwhile not os.path.exists({str(self.folder / name)!r}):\n    time.sleep(0.02)\n"

    def give(self, name: str) -> None:
        """Let what waits for `name` go on."""
        (self.folder / name).touch()

    def who_ran(self) -> list[str]:
        """Names of the bodies that ran, in order, each as often as it did."""
        ran = self.folder / "ran"
        return ran.read_text().split() if ran.exists() else []


def until(run: Run, condition: Callable[[], bool]) -> None:
    """Wait until the condition holds, which it must before the run has ended or is interrupted."""
    while not condition():
        assert not run.has_ended, run.to_dict()
        run.wait(0.02)


def kill_driver(run: Run, number: int = signal.SIGKILL) -> None:
    """Send the run's own process, as its lease names it, a signal that ends it; tasks may live on for a moment."""
    folder = run.store.local_path(f"runs/{run.id}")
    assert folder is not None
    os.kill(json.loads((folder / "lease").read_bytes())["pid"], number)
    while run.is_driven:
        os.sched_yield()
