"""What holds for all tests: signals as a terminal's; for those that want one, endpoints of stores or the test cluster.

Shells have SIGINT ignored in what they start in the background, and so would be whatever a test starts and interrupts.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import gcs_server as gcs
import pytest
from gcs_server import GcsServer
from hypothesis import HealthCheck, settings
from s3_gateway import Gateway, program

pytest_plugins = ["tests.cluster.fixtures"]

signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes on a busy machine says nothing about what is tested.
settings.register_profile("kfnb", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kfnb")


@pytest.fixture(scope="session")
def s3_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A real S3 endpoint for all tests of this process."""
    gateway = Gateway(_built(program()), tmp_path_factory.mktemp("s3"))
    yield gateway
    gateway.stop()


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[GcsServer]:
    """An endpoint that speaks as Google Cloud Storage does, for all tests of this process."""
    server = GcsServer(_built(gcs.program()))
    yield server
    server.stop()


def _built(program: Path | None) -> Path:
    if program is None:
        why = "there is no endpoint of such a store: `make store-endpoints` builds it"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return program


@pytest.fixture
def bucket(s3_gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a bucket of the test's own; this process's environment says how to reach it."""
    for name, value in s3_gateway.environment.items():
        monkeypatch.setenv(name, value)
    return s3_gateway.make_bucket(f"b-{uuid.uuid4().hex}")


@pytest.fixture
def gcs_bucket(gcs_server: GcsServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a bucket of the test's own that is spoken to as Google's; this process's environment says where."""
    for name, value in gcs_server.environment.items():
        monkeypatch.setenv(name, value)
    return gcs_server.make_bucket(f"b-{uuid.uuid4().hex}")
