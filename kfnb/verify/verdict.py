"""What `kfnb verify` found, as data, as JSON and in words."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not the same by hand and in the pipeline.

    `kind`: `output` (what a cell shows), `value` (what a name holds at the end of a step), `end` (how the whole ended).
    """

    kind: Literal["output", "value", "end"]
    what: str
    by_hand: str
    pipeline: str
    step: str | None = None
    cell: str | None = None
    ordinal: int | None = None
    name: str | None = None

    def describe(self) -> str:
        """Return the difference for a person: where, and both sides."""
        place = f"cell [{self.ordinal}] (id {self.cell})" if self.cell else ""
        if self.name:
            place = f"`{self.name}` at the end of step {self.step}" if self.step else f"`{self.name}` at the end"
        lines = [f"{place}: {self.what}" if place else self.what]
        for side, text in (("by hand", self.by_hand), ("pipeline", self.pipeline)):
            lines += [f"  {side}:", *(f"    {line}" for line in text.splitlines() or [""])] if text else []
        return "\n".join(lines)


Outcome = Literal["equal", "different", "stopped", "fails-by-hand"]
EXIT_CODES: dict[Outcome, int] = {"equal": 0, "different": 1, "stopped": 1, "fails-by-hand": 4}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `notes`: what was seen and does not count, with the reason. `message`: how it ended, if not well."""

    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    message: str = ""
    cells: int = 0
    values: int = 0

    @property
    def exit_code(self) -> int:
        """0 equal, 1 a difference or a run that was stopped, 4 the notebook fails by hand."""
        return EXIT_CODES[self.outcome]

    def summary(self) -> str:
        """Return the answer in words, with the first difference."""
        if self.outcome == "equal":
            return f"Equal: {self.cells} cells show the same, {self.values} values are the same."
        if self.outcome == "fails-by-hand":
            return f"The notebook fails by hand, so there is nothing to compare with: {self.message}"
        if self.outcome == "stopped":
            return f"The pipeline was stopped: {self.message}"
        more = len(self.differences) - 1
        rest = f"\n… and {more} more difference{'s' if more > 1 else ''} (--json lists them)." if more else ""
        return "Different. The first difference:\n" + self.differences[0].describe() + rest

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as `kfnb verify --json` prints it."""
        return {
            "equal": self.outcome == "equal",
            "outcome": self.outcome,
            "message": self.message,
            "differences": [msgspec.to_builtins(d) for d in self.differences],
            "notes": list(self.notes),
            "cells": self.cells,
            "values": self.values,
        }
