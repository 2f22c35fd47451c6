"""What holds for all tests: signals as a terminal's; for those that want one, an S3 endpoint or the test cluster.

Shells have SIGINT ignored in what they start in the background, and so would be whatever a test starts and interrupts.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator

import pytest
from s3_gateway import Gateway, program

pytest_plugins = ["tests.cluster.fixtures"]

signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def s3_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A real S3 endpoint for all tests of this process."""
    built = program()
    if built is None:
        why = "there is no S3 endpoint: `python -m tests.cluster setup` builds one"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    gateway = Gateway(built, tmp_path_factory.mktemp("s3"))
    yield gateway
    gateway.stop()


@pytest.fixture
def bucket(s3_gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of a bucket of the test's own; this process's environment says how to reach it."""
    for name, value in s3_gateway.environment.items():
        monkeypatch.setenv(name, value)
    return s3_gateway.make_bucket(f"b-{uuid.uuid4().hex}")
