"""What `make test` says last: how many tests each part ran, and of those that failed the end of what they said.

`python -m tests.outcome FOLDER STATUS PART...` reads what the parts wrote there, a JUnit file each. A part without one
has not come to its tests, or not to their end; that is said, as is that the whole has failed: STATUS is not 0.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

_LINES = 40
"""Lines that are shown of what a test said, its last ones."""


def outcome(folder: Path, status: int, parts: Sequence[str]) -> Iterator[str]:
    """What is to be said of the files in a folder, where `parts` should have written one each."""
    found = {part: _cases(folder / f"{part}.xml") for part in parts}
    for cases in found.values():
        for case in () if isinstance(cases, str) else cases:
            yield from _failure(case)
    yield f"{'part':20} {'passed':>7} {'failed':>7} {'skipped':>7} {'seconds of its tests':>21}"
    total = [0, 0, 0]
    for part, cases in found.items():
        if isinstance(cases, str):
            yield f"{part:20} {cases}"
            continue
        *counts, seconds = _counts(cases)
        total = [a + b for a, b in zip(total, counts, strict=True)]
        yield f"{part:20} {counts[0]:>7} {counts[1]:>7} {counts[2]:>7} {seconds:>21.0f}"
    passed, failed, skipped = total
    whole = "; the whole has failed" if status else ""
    yield f"{passed + failed} tests ran: {passed} passed, {failed} failed; {skipped} skipped{whole}"


def _cases(file: Path) -> list[ElementTree.Element] | str:
    """The tests that a file tells of, or why there are none."""
    try:
        return list(ElementTree.parse(file).iter("testcase"))
    except FileNotFoundError:
        return "has written nothing"
    except ElementTree.ParseError as error:
        return f"cannot be read: {error}"


def _failure(case: ElementTree.Element) -> Iterator[str]:
    for said in (*case.iter("failure"), *case.iter("error")):
        lines = (said.text or said.get("message", "")).rstrip().splitlines()
        yield f"FAILED {case.get('classname', '')}::{case.get('name', '')}"
        yield from (f"    {line}" for line in lines[-_LINES:])
        yield ""


def _counts(cases: list[ElementTree.Element]) -> tuple[int, int, int, float]:
    """How many passed, failed and were skipped, and how long all took together, side by side or not."""
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    seconds = sum(float(case.get("time", 0)) for case in cases)
    return len(cases) - failed - skipped, failed, skipped, seconds


if __name__ == "__main__":
    print("", *outcome(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]), sep="\n")
