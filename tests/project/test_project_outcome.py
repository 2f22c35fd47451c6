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
    *failures, head, unit, cluster, last = outcome(tmp_path, 1, ("unit", "cluster"))
    said = "\n".join(failures)
    assert ["FAILED test_some::test_wrong", "FAILED test_some::test_lacks"] == [
        line for line in failures if line.startswith("FAILED")
    ]
    assert "not the same" in said
    assert "no room" in said
    assert ["passed", "failed", "skipped"] == head.split()[1:4]
    assert [["unit", "1", "2", "0"], ["cluster", "1", "0", "0"]] == [unit.split()[:4], cluster.split()[:4]]
    assert "4 tests ran: 2 passed, 2 failed; 0 skipped; the whole has failed" == last


def test_what_has_not_come_to_its_end_is_said(tmp_path: Path) -> None:
    """A part that was killed has written nothing or half a file; where lint fails, all passes that has run."""
    report = '<testsuites><testsuite><testcase name="a" time="1" /></testsuite></testsuites>'
    (tmp_path / "unit.xml").write_text(report, "utf-8")
    (tmp_path / "browser.xml").write_text(report[:40], "utf-8")
    _, unit, browser, cluster, last = outcome(tmp_path, 2, ("unit", "browser", "cluster"))
    assert ["unit", "1", "0", "0", "1"] == unit.split()
    assert ["browser", "cannot", "be", "read:"] == browser.split()[:4]
    assert ["cluster", "has", "written", "nothing"] == cluster.split()
    assert "1 tests ran: 1 passed, 0 failed; 0 skipped; the whole has failed" == last


def test_a_whole_that_has_not_failed_is_not_said_to(tmp_path: Path) -> None:
    """The last line has numbers alone."""
    (tmp_path / "unit.xml").write_text("<testsuites />", "utf-8")
    assert "0 tests ran: 0 passed, 0 failed; 0 skipped" == [*outcome(tmp_path, 0, ("unit",))][-1]
