"""Logs and artifacts that are larger than what the server may hold of them, whatever store they lie in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import requests
import websocket
from server_notebooks import write_notebook
from server_process import TOKEN, ServerProcess

from kfnb.client import Client, Run
from kfnb.orchestrator import places
from kfnb.server.stream import LOG_READ
from tests.run_processes import kill_all

WITH_TOKEN = {"Authorization": f"token {TOKEN}"}
WAIT = 100
HELD = 48 << 20
"""More than the server needs for all that a test asks of it, and less than each of the two is long."""
NUMBERS = np.arange(8 << 20, dtype="<u8").tobytes()
"""64 MB of which each part is like no other."""
LINES = b"".join(b"%010d\n" % number for number in range(5 << 20))
"""A log of 55 MB."""


class Large(NamedTuple):
    """A server of the test's own, and a run in a store."""

    server: ServerProcess
    run: Run
    session: requests.Session

    def get(self, *parts: str, span: str | None = None) -> requests.Response:
        """Ask for something of the run's task, or a range of it, which comes as a stream."""
        address = "/".join((self.server.api, "runs", self.run.id, "tasks", "make", *parts))
        headers = {**WITH_TOKEN, **({"Range": f"bytes={span}"} if span else {})}
        return self.session.get(address, headers=headers, timeout=WAIT, stream=True)

    def follow(self, offset: int) -> Iterator[str]:
        """Give what the task has printed from a byte on, up to the end of the log."""
        address = f"{self.server.api}/runs/{self.run.id}/events?after=0".replace("http", "ws", 1)
        with closing(
            websocket.create_connection(address, timeout=WAIT, header=WITH_TOKEN, skip_utf8_validation=True)
        ) as socket:
            socket.send(json.dumps({"follow": "make", "offset": offset}))
            at = 0
            while at < len(LINES):
                frame = json.loads(socket.recv())
                if frame["kind"] == "log":
                    yield frame["text"]
                    at = frame["offset"]


@pytest.fixture(params=["folder", "bucket", "gcs_bucket"])
def large(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Large]:
    """A run that has logged a large file and printed much, in a folder, on S3 and on Google Cloud Storage."""
    root = None if request.param == "folder" else request.getfixturevalue(request.param)
    server = ServerProcess(tmp_path)
    (tmp_path / "large.bin").write_bytes(NUMBERS)
    made = f"import kfnb\nkfnb.log_artifact({str(tmp_path / 'large.bin')!r})"
    notebook = write_notebook(tmp_path / "makes.ipynb", {"make": made})
    run = Client(server.home, root=root).run(notebook, detach=True).wait()
    assert "SUCCEEDED" == run.state, run.tasks
    run.store.write(f"{places.attempt_key(run.id, run.spec.task('make').slug, 1)}/log.txt", LINES)
    with requests.Session() as session:
        yield Large(server, run, session)
    server.stop()
    kill_all(server.home)


def test_what_is_large_goes_through_the_server_in_parts(large: Large) -> None:
    """Whole, from a byte on and line by line it comes as it was, and the server never holds much of it."""
    assert NUMBERS[:4] == large.get("artifacts", "large.bin", span="0-3").content
    assert LINES[:4] == large.get("log", span="0-3").content
    assert LINES[-22:].decode() == "".join(large.follow(-22))
    before = _most_held(large.server)
    for content, parts in ((NUMBERS, ("artifacts", "large.bin")), (LINES, ("log",))):
        assert hashlib.sha256(content).digest() == _digest(large.get(*parts))
        middle = len(content) // 2 + 1
        assert content[middle : middle + 5] == large.get(*parts, span=f"{middle}-{middle + 4}").content
        assert content[-5:] == large.get(*parts, span="-5").content
        assert 416 == large.get(*parts, span=f"{len(content)}-").status_code
    start = len(LINES) - 3 * LOG_READ - 5
    assert LINES[start:].decode() == "".join(large.follow(start))
    assert hashlib.sha256(LINES).digest() == _digest_of_text(large.follow(0))
    assert _most_held(large.server) - before < HELD


def test_a_file_that_is_damaged_in_the_store_is_refused(large: Large) -> None:
    """What the store holds of another size than was logged is not sent as if it were that."""
    blob = large.run.tasks["make"].logged["large.bin"].artifact.blob
    assert blob is not None
    large.run.store.write(f"artifacts/{blob.digest[:2]}/{blob.digest[2:]}", NUMBERS[:-1])
    answer = large.get("artifacts", "large.bin", span="0-3")
    assert (503, True) == (answer.status_code, "is damaged" in answer.json()["message"])


def _digest(answer: requests.Response) -> bytes:
    assert 200 == answer.status_code
    found = hashlib.sha256()
    for piece in answer.iter_content(1 << 20):
        found.update(piece)
    return found.digest()


def _digest_of_text(texts: Iterator[str]) -> bytes:
    found = hashlib.sha256()
    for text in texts:
        found.update(text.encode())
    return found.digest()


def _most_held(server: ServerProcess) -> int:
    """The most memory that a server's process has had, in bytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) << 10
