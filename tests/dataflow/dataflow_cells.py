"""Cells for `test_dataflow_oracle`: what stands before, and the cell whose truth is taken from running it.

They lie in `cells/`, in a file for each subject, which its first line names. A cell begins with `## TITLE | FLAGS`;
`---` stands between what is run before, the cell itself, and (if there is one) what the step after it does besides
reading every name. Flags: `exact` (the analysis says no more than what happens), `raises` (the cell may fail, as if
tagged raises-exception), `guarded NAME …` (changes unseen by the analysis, so the launcher watches the name), `unshared
A+B` (sharing unseen by the analysis, found when values are saved), `watched PROVIDER` (state that the launcher
watches), `refused CODE` (errors of the analysis), `python 3.12` (needed for syntax), `wrong` (a fault of the analysis,
known and not mended).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One cell of the table."""

    title: str
    before: str
    cell: str
    after: str = ""
    exact: bool = False
    raises: bool = False
    wrong: bool = False
    guarded: frozenset[str] = frozenset()
    unshared: frozenset[str] = frozenset()
    watched: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    python: tuple[int, ...] = (3, 11)


def read_cases(text: str) -> tuple[Case, ...]:
    """Return the cells that `text` holds."""
    cases = []
    for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        title, _, flags = head.partition("|")
        parts = [part.strip("\n") for part in re.split(r"^---\n", body, flags=re.MULTILINE)]
        before, cell, after = [*["", *parts][-2:], ""] if len(parts) < 3 else parts
        cases.append(Case(title.strip(), before, cell, after, **_flags(flags)))
    return tuple(cases)


def _flags(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for flag in filter(None, (part.strip() for part in text.split(","))):
        word, *rest = flag.split()
        if word == "python":
            found[word] = tuple(map(int, rest[0].split(".")))
        else:
            found[word] = frozenset(rest) if rest else True
    return found


CASES = tuple(
    case for file in sorted(Path(__file__).with_name("cells").glob("*.txt")) for case in read_cases(file.read_text())
)
