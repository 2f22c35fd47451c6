"""What `kfnb suggest` gives back: steps with their reasons, and the tags that make them. Plain data."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - msgspec looks at the annotations
from typing import Any

import msgspec

from kfnb.errors import Diagnostic  # noqa: TC001
from kfnb.spec import PipelineSpec  # noqa: TC001


class SuggestedStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the proposal. `cells`: ids of the cells that run in it. `new`: it was not tagged before."""

    name: str
    cells: tuple[str, ...]
    why: str
    new: bool = True


class SuggestedCell(msgspec.Struct, frozen=True, kw_only=True):
    """Something proposed for one cell, with the reason."""

    cell: str
    why: str


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Steps proposed for the notebook at `path`; nothing is written until `kfnb suggest --apply`.

    `tags`: what to add to which cell, by id; empty where nothing is to be added. `pipeline`: what the notebook compiles
    to with them. `setup`, `parameters`, `metrics`: cells tagged so, with reasons. `skippable`: cells that only explore,
    which may be tagged `skip` (`skip=True` does it). `notes`: what was joined because the pipeline would not compile
    otherwise. `diagnostics`: warnings and hints of the pipeline.
    """

    path: Path
    steps: tuple[SuggestedStep, ...]
    tags: dict[str, tuple[str, ...]]
    pipeline: PipelineSpec
    setup: tuple[SuggestedCell, ...] = ()
    parameters: SuggestedCell | None = None
    metrics: tuple[SuggestedCell, ...] = ()
    skippable: tuple[SuggestedCell, ...] = ()
    notes: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the proposal as `kfnb suggest --json` prints it, without edges and diagnostics."""
        plain: dict[str, Any] = msgspec.to_builtins(
            {
                "steps": self.steps,
                "tags": self.tags,
                "setup": self.setup,
                "parameters": self.parameters,
                "metrics": self.metrics,
                "skippable": self.skippable,
                "notes": self.notes,
            }
        )
        return plain
