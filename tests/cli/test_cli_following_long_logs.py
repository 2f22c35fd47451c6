"""`kfnb logs -f` of a long log, of which the node drops lines at any moment and the store has the rest later.

Kubelet begins new files when it likes: nodes that do so at a given line cannot be had, so one is played here. What is
printed goes through the real launcher's lines, what is read through what reads the log of a pod.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kfnb.cli import following_pods
from kfnb.cli.following_pods import PodLogFollower
from kfnb.launcher import __main__ as launcher
from kfnb.launcher.__main__ import Lines
from kfnb.runners import placed_text
from kfnb.runners.live_logs import Piece
from kfnb.runners.placed_text import PlacedText

SHORT, MARK = 600, 300


class Place:
    """One task's pod and store, and who follows it. `said`: what that said, a line each."""

    def __init__(self) -> None:
        self.stored = ""
        self.said: list[str] = []
        self.has_too_many, self.refused = False, None
        self.task: Any = SimpleNamespace(name="t", attempt=1, started=1.0, finished=None, printed=self._printed)
        run: Any = SimpleNamespace(tasks={"t": self.task})
        self.text = PlacedText(lambda at, text, sure: self._pieces.append(Piece("t", 1, "pod", text, at, sure)))
        self._pieces: list[Piece] = []
        self._follower = PodLogFollower(run, "t", self.said.append)
        self._reads = True

    def _printed(self) -> Any:
        data = self.stored.encode()
        return SimpleNamespace(size=len(data), part=lambda begin, end: data[begin:end])

    def take(self) -> list[Piece]:
        """As LiveLogs has it."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def reads(self, task: str, attempt: int) -> bool:
        """As LiveLogs has it."""
        return self._reads and self.text.at is not None

    def look(self, *, over: bool = False) -> None:
        """Have the follower say what it can."""
        live: Any = self
        self._follower._step(lambda text: self.said.extend(text.splitlines()), live, over=over, late=False)

    def end(self) -> None:
        """The pod's log has been read to its end, and then the task is over."""
        self.text.finish()
        self._reads = False
        self.look()
        self.task.finished = 2.0
        self.look(over=True)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs are long soon, marked often, and looked at in the store each time."""
    monkeypatch.setattr(placed_text, "_SHORT", SHORT)
    monkeypatch.setattr(placed_text, "_QUIET", 0.0)
    monkeypatch.setattr(launcher, "MARK_EVERY", MARK)
    monkeypatch.setattr(following_pods, "_STORE_EVERY", 0.0)


def printed(words: list[str], folder: Path) -> Iterator[tuple[list[str], str]]:
    """What the launcher writes for each of these lines, and all the text so far."""
    lines = Lines()
    os.close(lines._out)
    out = folder / "out"
    lines._out = os.open(out, os.O_CREAT | os.O_WRONLY)
    lines.event("started")
    begin = 0
    for number, word in enumerate(words):
        lines.text(f"{word}\n")
        text = out.read_text("utf-8")
        yield text[begin:].splitlines(keepends=True), "".join(f"{word}\n" for word in words[: number + 1])
        begin = len(text)
    os.close(lines._out)


@pytest.mark.parametrize("seed", range(60))
def test_every_line_is_said_once_and_in_order(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever lines the node drops, the store lags behind, and the task falls silent."""
    chance = random.Random(seed)
    words = [f"line {number} {'é' * chance.randrange(9)}" for number in range(120)]
    place, size = Place(), 0
    for wrote, so_far in printed(words, tmp_path):
        monkeypatch.setattr(launcher, "MARK_SECONDS", chance.choice((0.0, 60.0)))
        size += sum(len(line.encode()) + launcher.LINE for line in wrote)
        if size < SHORT or chance.random() < 0.9:  # else the node has begun a new file
            place.text.take(wrote)
        if chance.random() < 0.1:
            place.text.look()
        if chance.random() < 0.3:
            place.stored = so_far[: chance.randrange(len(place.stored), len(so_far) + 1)]
        if chance.random() < 0.5:
            place.look()
    place.stored = "".join(f"{word}\n" for word in words)
    place.end()
    assert words == place.said


def test_a_line_after_a_silence_is_said_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that is printed alone, when its place had been open: the store has it."""
    place = Place()
    words = [f"line {number}" for number in range(40)]
    for wrote, so_far in printed([*words, "alone"], tmp_path):
        if so_far.endswith("alone\n"):
            place.text.look()
            place.look()
            assert (words, None) == (place.said, place.text.at)
        place.text.take(wrote)
        place.look()
        place.stored = so_far
        monkeypatch.setattr(launcher, "MARK_SECONDS", 0.0 if so_far.endswith(f"{words[-1]}\n") else 60.0)
    place.look()
    assert [*words, "alone"] == place.said


def test_what_a_pod_printed_before_it_was_killed_is_said(tmp_path: Path) -> None:
    """Its node has what the store does not."""
    place = Place()
    words = [f"line {number}" for number in range(40)]
    for wrote, so_far in printed(words, tmp_path):
        place.text.take(wrote)
        if len(so_far) < 300:
            place.stored = so_far
    place.end()
    assert words == place.said
