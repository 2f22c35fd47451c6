"""What the OpenAPI document says and what a server does, started as people start it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import checks

from kfnb.server.extension import ADDRESSES
from kfnb.server.openapi import OPERATIONS, Operation

DOCUMENT = Path(__file__).parents[2] / "kfnb" / "server" / "openapi.json"
TOKEN = "a-token-of-the-test"
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
schema = schemathesis.openapi.from_path(DOCUMENT)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of kfnb in a Jupyter server that was started as a process, with nothing said about extensions."""
    place = tmp_path_factory.mktemp("server")
    folders = {f"JUPYTER_{name}_DIR": str(place / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **folders, "KFNB_HOME": str(place / "home"), "KFNB_CONFIG": str(place / "c.toml")}
    (place / "root").mkdir()
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--ServerApp.port=0"]
    command += [f"--ServerApp.root_dir={place / 'root'}", f"--IdentityProvider.token={TOKEN}"]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield f"{_address(place / 'runtime', place / 'log')}kfnb/api"
    finally:
        process.terminate()
        process.wait()


def _address(runtime: Path, log: Path) -> str:
    """Wait until the server answers, and return its address."""
    end = time.monotonic() + 100
    while time.monotonic() < end:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url: str = json.loads(file.read_text())["url"]
                urllib.request.urlopen(f"{url}api/status?token={TOKEN}").close()
            except (OSError, ValueError):
                continue
            return url
        time.sleep(0.05)
    pytest.fail(f"The Jupyter server did not start: {log.read_text()[-2000:]}")


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.address}")
def test_whatever_the_document_allows_is_answered_as_it_says(one: Operation, server: str) -> None:
    """No request makes the server fail, and every answer is of the form that the document gives it."""

    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    @given(schema[f"/{one.address}"][one.method.upper()].as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=server, headers={"Authorization": f"token {TOKEN}"}, checks=CHECKS)

    ask()


def test_everything_that_is_answered_is_in_the_document() -> None:
    """The document has every method of every address, but the stream, which is a WebSocket."""
    methods = ("get", "post", "put", "delete")
    answered = {
        (method, address)
        for address, handler in ADDRESSES
        for method in methods
        if any(method in vars(kind) for kind in handler.__mro__ if kind.__module__.startswith("kfnb."))
    }
    assert {(one.method, one.address) for one in OPERATIONS} == answered - {("get", "runs/{run_id}/events")}


def test_the_document_is_that_of_today() -> None:
    """The file that is shipped has every address that there is."""
    told = set(json.loads(DOCUMENT.read_text())["paths"])
    assert {f"/{one.address}" for one in OPERATIONS} == told
    assert all(re.fullmatch(r"[a-z{}_/]+", address) for address in told)
