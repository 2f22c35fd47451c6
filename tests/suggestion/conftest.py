"""A client with a data folder of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfnb.client import Client


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client with an empty data folder, which is that of the test's other processes too."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    return Client()
