"""Runs one notebook by hand and as a pipeline, and says whether every cell shows the same; called by the suite.

It judges by the command line alone and shares no code with `kfnb verify`, so that one can catch the other's mistakes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .corpus import Cell, Example, plain_names, split

KFNB = [sys.executable, "-m", "kfnb"]
PLAIN = ", ".join(
    f"{value}.__class__" for value in ("(0)", "(0.0)", "0j", "''", "b''", "()", "[]", "{}", "{0}", "None")
)
"""Types whose values a probe prints; written so that a notebook may have variables called `list` or `type`."""
MASKS = [
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"(CPU times|Wall time): .*"), "TIME"),
    (re.compile(r"(/private)?/tmp/\S+|/var/folders/\S+"), "/tmp"),
    (re.compile(r"sk-container-id-\d+|sk-estimator-id-\d+"), "sk-id"),  # scikit-learn counts what it displays
]
"""What may differ between two runs by hand."""


Tree = set[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Verdict:
    """How a run compares: `equal`, `refused` or `stopped` with codes, `differs` or `crash` with what was seen."""

    kind: str
    codes: tuple[str, ...] = ()
    detail: str = ""


def with_probes(example: Example) -> Example:
    """Return `example` with a cell after each code cell that prints the plain values the cell bound."""
    cells: list[Cell] = []
    for index, cell in enumerate(example.cells):
        cell = replace(cell, id=cell.id or f"cell-{index}")
        cells.append(cell)
        if cell.kind != "code" or _speaks_for_itself(cell):
            continue
        cells += [
            Cell("code", _probe(name), id=f"probe-{index}-{number}")
            for number, name in enumerate(plain_names(cell.source))
        ]
    return replace(example, cells=tuple(cells))


def _speaks_for_itself(cell: Cell) -> bool:
    lone_if = cell.source.startswith("if ") and not re.search(r"\n\S", cell.source)
    return lone_if or cell.source.lstrip().startswith("%%") or "skip" in cell.tags


def _probe(name: str) -> str:
    shown = f"repr({name})[:300] if isinstance({name}, ({PLAIN})) else {name}.__class__.__name__"
    return f"try:\n    print({name!r}, {shown})\nexcept NameError:\n    print({name!r}, 'unbound')"


def shown(cell: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a cell shows, as pairs of kind and masked content; neighbouring text is one."""
    result: list[tuple[str, str]] = []
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if kind == "stream" and output["name"] == "stdout":
            text = "".join(output["text"])
            if result and result[-1][0] == "stdout":
                text = result.pop()[1] + text
            result.append(("stdout", text))
        elif kind in ("execute_result", "display_data"):
            result += sorted((mime, str("".join(data))) for mime, data in output["data"].items())
        elif kind == "error":
            result.append(("error", output["ename"]))
    return [(kind, masked(text).strip()) for kind, text in result]


def masked(text: str) -> str:
    """Return `text` without what may differ between two runs by hand."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


@dataclass
class Comparison:
    """One example in a folder for its runs; the run by hand is done once and serves every split."""

    example: Example
    folder: Path
    runs: int = field(default=0, init=False)
    trees: dict[Path, tuple[Path, Tree]] = field(default_factory=dict, init=False)
    """For each notebook written: the folder of its project, and what lay there."""

    @cached_property
    def by_hand(self) -> dict[str, list[tuple[str, str]]] | str:
        """What each cell shows by hand, by cell id, probes too; or the error's name where the notebook fails."""
        return self._run_by_hand("by-hand")

    @cached_property
    def by_hand_again(self) -> dict[str, list[tuple[str, str]]] | str:
        """The same once more: what differs between the two does not count."""
        return self._run_by_hand("by-hand-again")

    def _run_by_hand(self, folder: str) -> dict[str, list[tuple[str, str]]] | str:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError

        path = with_probes(self.example).write(self.folder / folder)
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if "skip" in cell.metadata.get("tags", []):
                cell.source = ""
        client = NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
        )
        try:
            client.execute(env=environment(self.folder))
        except CellExecutionError as error:
            return str(error.ename)
        return {cell.id: shown(cell) for cell in notebook.cells if cell.cell_type == "code"}

    def anew(self, folder: Path) -> Comparison:
        """Return a comparison of the same example in `folder`, which has seen no run; by hand it is not run again."""
        other = Comparison(self.example, folder)
        other.by_hand = self.by_hand
        return other

    def verdict(self, how: str, probes: bool = False) -> Verdict:
        """Return how the run of `example` split as `how` compares with the run by hand."""
        notebook = self.written(how, probes)
        command = ["run", notebook.name, "--json", "--allow-cpu"]  # by hand, a step that asks for a GPU has none either
        return self.judged(notebook, kfnb(command, notebook.parent, self.folder))

    def written(self, how: str, probes: bool = False) -> Path:
        """Write the notebook, split as `how`, into a new folder of its project; return its path."""
        self.runs += 1
        cut = split(with_probes(self.example), how) if how == "tagged" else with_probes(split(self.example, how))
        if not probes:
            cut = replace(cut, cells=tuple(cell for cell in cut.cells if not (cell.id or "").startswith("probe-")))
        work = self.folder / f"run-{self.runs}"
        notebook = cut.write(work)
        self.trees[notebook] = (work, tree(work))
        return notebook

    def judged(self, notebook: Path, run: subprocess.CompletedProcess[str]) -> Verdict:
        """Return how a run of `notebook`, of which `run` gave the JSON document, compares with the run by hand."""
        try:
            document = json.loads(run.stdout)
        except ValueError:
            return Verdict("crash", detail=f"exit {run.returncode}: {run.stdout[-200:]!r} {run.stderr[-800:]}")
        verdict = self._verdict_of_failure(run, document)
        if verdict is not None:
            return verdict
        work, before = self.trees[notebook]
        if tree(work) != before:
            return Verdict("differs", detail=f"the run changed the folder: {sorted(tree(work) ^ before)[:5]}")
        return self._compared(document["run_id"], notebook)

    def _verdict_of_failure(self, run: subprocess.CompletedProcess[str], document: Any) -> Verdict | None:
        fails_by_hand = isinstance(self.by_hand, str)
        if run.returncode == 2:
            errors = [d for d in document["diagnostics"] if d["severity"] == "error"]
            codes = tuple(sorted({d["code"] for d in errors}))
            detail = "; ".join(d["message"] for d in errors)
            return Verdict("refused" if codes else "crash", codes, detail)
        if run.returncode == 1 and "tasks" not in document:
            return Verdict("crash", detail=f"{document}")
        if run.returncode == 1:
            why = " ".join(str(task.get("why") or "") for task in document["tasks"].values())
            if fails_by_hand:
                return Verdict("equal", detail=why)
            codes = tuple(sorted(set(re.findall(r"\bKF\d+", why))))
            return Verdict("stopped" if codes else "crash", codes, why)
        if run.returncode:
            return Verdict("crash", detail=f"exit {run.returncode}: {run.stderr[-800:]}")
        if fails_by_hand:
            return Verdict("differs", detail=f"the run succeeds, by hand it fails with {self.by_hand}")
        return None

    def _compared(self, run_id: str, notebook: Path) -> Verdict:
        into = self.folder / f"executed-{run_id}.ipynb"
        shutil.copy(notebook, into)
        brought = kfnb(["outputs", run_id, "--into", str(into)], notebook.parent, self.folder)
        if brought.returncode:
            return Verdict("crash", detail=f"outputs: {brought.stderr[-800:]}")
        given, executed = (json.loads(path.read_text())["cells"] for path in (notebook, into))
        if ["".join(cell["source"]) for cell in given] != ["".join(cell["source"]) for cell in executed]:
            return Verdict("differs", detail="outputs changed the code")
        assert isinstance(self.by_hand, dict)
        for cell in (cell for cell in executed if cell["cell_type"] == "code"):
            expected, actual = self.by_hand[cell["id"]], shown(cell)
            if expected != actual and self._same_by_hand(cell["id"]):
                return Verdict("differs", detail=f"{cell['id']}: by hand {expected!r:.400}, run {actual!r:.400}")
        return Verdict("equal")

    def _same_by_hand(self, cell_id: str) -> bool:
        first, again = self.by_hand, self.by_hand_again
        return isinstance(first, dict) and isinstance(again, dict) and first[cell_id] == again[cell_id]


def kfnb(
    arguments: list[str], folder: Path, home: Path, more: Mapping[str, str] | None = None, seconds: float = 280
) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder`, its data lying below `home`; `more`: further variables of its environment.

    TimeoutExpired: it took more than `seconds`.
    """
    env = environment(home) | dict(more or {})
    return subprocess.run([*KFNB, *arguments], cwd=folder, capture_output=True, text=True, timeout=seconds, env=env)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a run: sets in the same order, data below `home`, no back end forced."""
    kept = {key: value for key, value in os.environ.items() if key not in ("MPLBACKEND", "PYTHONPATH")}
    return kept | {"PYTHONHASHSEED": "0", "KFNB_HOME": str(home / "kfnb-home"), "COVERAGE_PROCESS_START": ""}


def tree(folder: Path) -> Tree:
    """Return every path below `folder` with its content."""
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {(str(path.relative_to(folder)), path.read_bytes() if path.is_file() else None) for path in paths}
