"""A data folder of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.client import Client
from tests.run_processes import processes_of


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """A client with an empty data folder; after the test no process and no scratch folder of its runs is left."""
    client = Client(home=tmp_path / "home")
    yield client
    client.close()
    assert [] == processes_of(tmp_path / "home")
    assert [] == list((tmp_path / "home" / "scratch").glob("*"))
