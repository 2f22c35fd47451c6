"""Diagnostics as the shell shows them: place, message, the line with a caret, the fix; and as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kfnb.cli.output import paint, say
from kfnb.errors import KfnbError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from kfnb.errors import Diagnostic

STYLES = {"error": "bold red", "warning": "yellow", "hint": "blue"}


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return diagnostics as the contract of the command line has them; `machine_fix` is what an editor can apply."""
    return [
        {
            "code": d.code,
            "severity": d.severity,
            "message": d.message,
            "notebook": d.notebook,
            "cell": d.cell,
            "line": d.line,
            "column": d.column,
            "fix": d.fix.text if d.fix else None,
            "machine_fix": (
                {"cell": d.fix.cell or d.cell, "add_tags": d.fix.add_tags, "remove_tags": d.fix.remove_tags}
                if d.fix and (d.fix.add_tags or d.fix.remove_tags)
                else None
            ),
        }
        for d in diagnostics
    ]


def print_diagnostics(diagnostics: Sequence[Diagnostic], notebook: Path | None) -> None:
    """Print diagnostics on stderr for a person, and a line that counts them."""
    cells = _cells(notebook) if notebook is not None and any(d.cell for d in diagnostics) else {}
    for diagnostic in diagnostics:
        say(describe(diagnostic, cells))
        say()
    counts = [(word, sum(d.severity == word for d in diagnostics)) for word in STYLES]
    if diagnostics:
        say(", ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in counts if n))


def describe(diagnostic: Diagnostic, cells: Mapping[str, tuple[int, str]]) -> str:
    """Return one diagnostic as text. `cells`: place (from 1) and source of each cell by its id."""
    head = paint(f"{diagnostic.severity} {diagnostic.code}", STYLES[diagnostic.severity], sys.stderr)
    lines = [f"{head}: {diagnostic.message}"]
    place = _place(diagnostic, cells)
    if place:
        lines.append(f"  --> {place}")
    lines += _excerpt(diagnostic, cells)
    if diagnostic.fix:
        lines.append(f"  {paint('fix', 'green', sys.stderr)}: {diagnostic.fix.text}")
    return "\n".join(lines)


def _place(diagnostic: Diagnostic, cells: Mapping[str, tuple[int, str]]) -> str:
    parts = [diagnostic.notebook] if diagnostic.notebook else []
    if diagnostic.cell:
        number = f"{cells[diagnostic.cell][0]} " if diagnostic.cell in cells else ""
        parts.append(f"cell {number}(id {diagnostic.cell})")
    if diagnostic.line:
        parts.append(f"line {diagnostic.line}")
    if diagnostic.column:
        parts.append(f"column {diagnostic.column}")
    return ", ".join(parts)


def _excerpt(diagnostic: Diagnostic, cells: Mapping[str, tuple[int, str]]) -> list[str]:
    if diagnostic.cell is None or diagnostic.cell not in cells or not diagnostic.line:
        return []
    source = cells[diagnostic.cell][1].splitlines()
    if not 1 <= diagnostic.line <= len(source):
        return []
    gutter = f"{diagnostic.line:>5} | "
    text = source[diagnostic.line - 1]
    lines = [gutter + text]
    if diagnostic.column:
        before = "".join("\t" if c == "\t" else " " for c in text[: diagnostic.column - 1])
        lines.append(" " * (len(gutter) - 2) + "| " + before + paint("^", "bold red", sys.stderr))
    return lines


def _cells(notebook: Path) -> dict[str, tuple[int, str]]:
    from kfnb.notebook.reader import read_notebook  # costs time that a run without findings does not spend

    try:
        return {cell.id: (cell.index + 1, cell.source) for cell in read_notebook(notebook).cells}
    except KfnbError:
        return {}  # a notebook that cannot be read has findings without lines
