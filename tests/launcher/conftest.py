"""Runs tasks through a real forkserver, one for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from launcher_place import Place, Server
from pod_place import PodPlace
from s3_gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    assert server.close() == 0


@pytest.fixture
def place(server: Server, tmp_path: Path) -> Place:
    return Place(server, tmp_path)


@pytest.fixture
def fallback_place(tmp_path: Path) -> Iterator[Place]:
    """The same where mount namespaces are not to be had."""
    server = Server({"KFNB_NO_NAMESPACES": "1"})
    yield Place(server, tmp_path)
    assert server.close() == 0


@pytest.fixture
def pod(tmp_path: Path, bucket: str, s3_gateway: Gateway) -> PodPlace:
    """A pod that has nothing but a bucket."""
    return PodPlace(tmp_path, bucket, s3_gateway.environment)
