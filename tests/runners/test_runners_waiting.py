"""The thread that finds out why attempts wait ends whenever it is told to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from nowhere import nowhere

from kfnb.runners.waiting import Waiting


def test_it_ends_when_it_is_told_to_while_it_takes_up_the_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told between two of its steps is not forgotten: a run whose end came just then never ended."""
    looks = Waiting(nowhere(tmp_path), lambda name, why: None)
    told = threading.Event()

    class News(threading.Event):
        def clear(self) -> None:
            if not told.is_set():  # before the news are cleared for the first time
                threading.Thread(target=end, daemon=True).start()
                told.wait(30)
            super().clear()

        def set(self) -> None:
            super().set()
            told.set()

    def end() -> None:
        looks.close()
        ended.set()

    ended = threading.Event()
    monkeypatch.setattr(looks, "_news", News())
    looks.start()
    assert ended.wait(30)
