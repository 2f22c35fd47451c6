"""What `make test` says last of all its parts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.outcome import outcome

TESTS = """
import pytest

@pytest.fixture
def broken():
    raise OSError("no room")

def test_right(): pass
def test_wrong(): assert "left" == "right", "not the same"
def test_lacks(broken): pass
@pytest.mark.skip("not here")
def test_absent(): pass
"""


def test_all_parts_are_counted_and_failures_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a real pytest wrote: a failure and an error with their words, numbers a part and in all."""
    (tmp_path / "test_some.py").write_text(TESTS, "utf-8")
    for part, of in (("unit", "not absent"), ("cluster", "right")):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", of, f"--junitxml={part}.xml"]
        subprocess.run(command, cwd=tmp_path, check=False)
    *failures, head, unit, cluster, last = outcome(tmp_path)
    said = "\n".join(failures)
    assert ["FAILED test_some::test_wrong", "FAILED test_some::test_lacks"] == [
        line for line in failures if line.startswith("FAILED")
    ]
    assert "not the same" in said
    assert "no room" in said
    assert ["passed", "failed", "skipped"] == head.split()[1:4]
    assert [["unit", "1", "2", "0"], ["cluster", "1", "0", "0"]] == [unit.split()[:4], cluster.split()[:4]]
    assert "4 tests ran: 2 passed, 2 failed; 0 skipped" == last


def test_a_part_that_has_written_nothing_is_no_failure(tmp_path: Path) -> None:
    """Where already the set-up fails nothing has run."""
    assert "0 tests ran: 0 passed, 0 failed; 0 skipped" == [*outcome(tmp_path)][-1]
