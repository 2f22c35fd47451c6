"""A data folder of its own for each test; runs written by code come from the tests of the database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "metadata"))

from kfnb.client import Client
from kfnb.history import History


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A client with an empty data folder."""
    return Client(home=tmp_path / "home")


@pytest.fixture
def said() -> list[str]:
    """What was said to the person, as far as it was yet."""
    return []


@pytest.fixture
def history(client: Client, said: list[str]) -> History:
    """The history of the client's runs, as a process that has just started sees it."""
    return History(client, say=said.append)


@pytest.fixture
def ids(client: Client) -> Callable[..., list[str]]:
    """What `kfnb runs` with these filters lists in a new process: ids, the newest first."""
    from kfnb.history.filters import run_filter

    def listed(limit: int | None = None, **words: object) -> list[str]:
        page = History(client).runs(run_filter(**words), limit)  # type: ignore[arg-type]
        return [row.columns["id"] for row in page.runs]

    return listed
