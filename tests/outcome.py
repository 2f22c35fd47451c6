"""What `make test` says last: how many tests each part ran, and of those that failed the end of what they said.

`python -m tests.outcome FOLDER` reads what the parts wrote there, a JUnit file each, in the order in which they ended.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_LINES = 40
"""Lines that are shown of what a test said, its last ones."""


def outcome(folder: Path) -> Iterator[str]:
    """What is to be said of the files in a folder."""
    files = sorted(folder.glob("*.xml"), key=lambda file: file.stat().st_mtime)
    parts = {file.stem: list(ElementTree.parse(file).iter("testcase")) for file in files}
    for cases in parts.values():
        for case in cases:
            yield from _failure(case)
    yield f"{'part':20} {'passed':>7} {'failed':>7} {'skipped':>7} {'seconds of its tests':>21}"
    counts = {name: _counts(cases) for name, cases in parts.items()}
    for name, (passed, failed, skipped, seconds) in counts.items():
        yield f"{name:20} {passed:>7} {failed:>7} {skipped:>7} {seconds:>21.0f}"
    passed, failed, skipped, _ = (sum(column) for column in zip(*counts.values(), strict=True)) if counts else (0,) * 4
    yield f"{passed + failed:.0f} tests ran: {passed:.0f} passed, {failed:.0f} failed; {skipped:.0f} skipped"


def _failure(case: ElementTree.Element) -> Iterator[str]:
    for said in (*case.iter("failure"), *case.iter("error")):
        lines = (said.text or said.get("message", "")).rstrip().splitlines()
        yield f"FAILED {case.get('classname', '')}::{case.get('name', '')}"
        yield from (f"    {line}" for line in lines[-_LINES:])
        yield ""


def _counts(cases: list[ElementTree.Element]) -> tuple[float, float, float, float]:
    """How many passed, failed and were skipped, and how long all took together, side by side or not."""
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    seconds = sum(float(case.get("time", 0)) for case in cases)
    return len(cases) - failed - skipped, failed, skipped, seconds


if __name__ == "__main__":
    print("", *outcome(Path(sys.argv[1])), sep="\n")
