"""A memory limit without control groups: what a body and its children use is watched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kfnb.launcher import memory_limit
from kfnb.launcher.memory_limit import MemoryLimit

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is held to its limit on Linux only"
)

MIB = 1 << 20
ALONE = "x = bytearray(300 << 20)\nprint(flush=True)\nimport sys; sys.stdin.read()"
FORKED = """\
import os, sys
x = bytearray(300 << 20)
if os.fork() == 0:
    print(flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def no_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who may make none."""
    monkeypatch.setattr(memory_limit, "_places", list)


def watched(code: str, limit: int) -> MemoryLimit:
    """Watch a process that says when it has what it wants, until it is over its limit or was looked at."""
    held = MemoryLimit(limit)
    body = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    held.hold(body.pid)
    assert body.stdout is not None
    body.stdout.readline()
    while held.next_look == 0.0 or not held.peak:
        held.check()
    body.communicate()
    held.end()
    return held


def test_what_uses_too_much_is_seen() -> None:
    """The peak is what it used."""
    held = watched(ALONE, 200 * MIB)
    assert held.exceeded
    assert 300 * MIB <= held.peak < 400 * MIB


def test_what_children_share_counts_once() -> None:
    """A large object that was forked is neither forgotten nor counted for each."""
    held = watched(FORKED, 200 * MIB)
    assert held.exceeded
    assert 300 * MIB <= held.peak < 400 * MIB


def test_what_keeps_to_its_limit_goes_on() -> None:
    """It is not stopped."""
    assert not watched(ALONE, 1000 * MIB).exceeded


def test_groups_of_the_living_are_left(tmp_path: Path) -> None:
    """Swept is what a supervisor that is gone has left."""
    mine, old = tmp_path / "kfnb-1-aaaa", tmp_path / f"kfnb-{2**22 + 1}-bbbb"
    mine.mkdir()
    old.mkdir()
    memory_limit._sweep(tmp_path)
    assert (True, False) == (mine.exists(), old.exists())
