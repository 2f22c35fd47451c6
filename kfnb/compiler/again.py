"""Remembers what the last compiles of this process found, so that an edit of a cell costs that cell.

Used by the compiler only. What is taken over is what `dataflow/again.py` says still holds; the rest is made anew.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfnb.dataflow.again import renewed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kfnb.dataflow.flows import Dataflow
    from kfnb.dataflow.program import CodeStep
    from kfnb.notebook.steps import Step
    from kfnb.spec import Edge, Task

    Names = Callable[[str], tuple[str, ...] | None]

REMEMBERED = 4
"""How many notebooks are remembered."""


class Asked:
    """What the analysis asked about star imports and scripts, and what it was told."""

    def __init__(self, resolver: Names, scripts: Names) -> None:
        self._ask = {"import": resolver, "script": scripts}
        self._told: dict[tuple[str, str], tuple[str, ...] | None] = {}

    def resolver(self, module: str) -> tuple[str, ...] | None:
        """Return the names that `from MODULE import *` binds."""
        return self._note("import", module)

    def scripts(self, path: str) -> tuple[str, ...] | None:
        """Return the names that `%run PATH` binds."""
        return self._note("script", path)

    def _note(self, kind: str, what: str) -> tuple[str, ...] | None:
        if (kind, what) not in self._told:
            self._told[kind, what] = self._ask[kind](what)
        return self._told[kind, what]

    def tells_the_same(self, before: Asked) -> bool:
        """Say whether all that was asked `before` has the same answer now."""
        return all(self._note(*question) == answer for question, answer in before._told.items())


@dataclass(frozen=True)
class Pipeline:
    """The tasks and edges of a pipeline and what they were made from, before fan-outs are marked."""

    steps: tuple[Step, ...]
    order: list[set[int]]
    ancestors: list[int]
    tasks: tuple[Task, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Known:
    """What one compile found. `pipeline`: None if the notebook has errors."""

    parameters: dict[str, bool]
    modules: dict[str, str]
    asked: Asked
    flow: Dataflow
    pipeline: Pipeline | None = None

    def flow_of(
        self, code: tuple[CodeStep, ...], parameters: dict[str, bool], modules: dict[str, str], asked: Asked
    ) -> Dataflow | None:
        """Return what flows between the steps of the notebook as it is now; None if that has to be worked out."""
        if (parameters, modules) != (self.parameters, self.modules) or not asked.tells_the_same(self.asked):
            return None
        return renewed(self.flow, code)


_known: OrderedDict[Path, Known] = OrderedDict()


def recall(path: Path) -> Known | None:
    """Return what the last compile of a notebook found, if it is remembered."""
    return _known.get(path)


def remember(path: Path, known: Known) -> None:
    """Keep what a compile of a notebook found, for the next one."""
    _known.pop(path, None)
    _known[path] = known
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)


def forget() -> None:
    """Forget every compile."""
    _known.clear()
