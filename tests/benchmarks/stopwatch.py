"""How benchmarks time: whole processes from the shell, the two sides in turns, medians, byte code in place."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Row:
    """One line of the report. `kept` is None where there is no mark to keep."""

    what: str
    figure: str
    mark: str = ""
    kept: bool | None = None

    @property
    def verdict(self) -> str:
        """Whether the mark is kept, in a word."""
        return {None: "", True: "kept", False: "MISSED"}[self.kept]


@dataclass(frozen=True)
class Place:
    """A folder for one benchmark, with a home of its own for kfnb, and how many rounds to take."""

    folder: Path
    rounds: int

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every timed process: byte code is written and kept, nothing of the user's runs is seen."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "KFNB_HOME": str(self.folder / "home")}

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder; a failure ends the benchmark with what the command said."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return done

    def papermill(self, notebook: str) -> None:
        """Run a notebook with papermill in one kernel."""
        self.run(BIN / "papermill", "--no-progress-bar", "--log-level", "ERROR", notebook, f"out-{notebook}")

    def kfnb(self, notebook: str, *options: str, cached: bool = False) -> dict[str, Any]:
        """Run a notebook as a pipeline, anew unless `cached`, and return the run's document."""
        options = options if cached else ("--no-cache", *options)
        done = self.run(BIN / "kfnb", "run", notebook, "--json", *options)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def seconds(self, *sides: Callable[[], object]) -> list[float]:
        """Run the sides in turns, once to warm up and then `rounds` times, and return each side's median in seconds."""
        taken: list[list[float]] = [[] for _ in sides]
        for turn in range(self.rounds + 1):
            for side, times in zip(sides, taken, strict=True):
                start = time.perf_counter()
                side()
                if turn:
                    times.append(time.perf_counter() - start)
        return [statistics.median(times) for times in taken]


def ratio(what: str, ours: float, theirs: float, most: float, beside: str = "papermill") -> Row:
    """A row that says how many times what `beside` takes is taken."""
    times = ours / theirs
    return Row(what, f"{times:.2f} × {beside} ({ours:.2f} s / {theirs:.2f} s)", f"≤ {most} ×", times <= most)


def at_most(what: str, value: float, most: float, unit: str) -> Row:
    """A row for a figure with a mark in its own unit."""
    return Row(
        what, f"{value:.0f} {unit}" if unit == "ms" else f"{value:.2f} {unit}", f"≤ {most:g} {unit}", value <= most
    )
