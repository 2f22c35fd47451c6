"""The benchmark of *Pipeline Runs*: 100,000 runs behind a real Jupyter server, listed as the page in JupyterLab does.

With `KFNB_DATABASE` set the runs stand in that database, which must be empty; else in SQLite.
"""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.benchmarks.history import RUNS, fill
from tests.benchmarks.stopwatch import Place, Row, at_most

TOKEN = "benchmark"
MARK_MS = 150
"""What a person takes for at once, with the drawing that comes after it."""

QUESTIONS: dict[str, dict[str, Any]] = {
    "the newest": {},
    "the oldest first": {"sort": "created"},
    "by name": {"sort": "name"},
    "by state": {"sort": "state"},
    "by notebook, down": {"sort": "-notebook"},
    "the longest": {"sort": "-duration"},
    "by commit": {"sort": "commit"},
    "the best metric": {"sort": "-metric.train.auc"},
    "the best metric of one state": {"sort": "-metric.train.auc", "state": "FAILED"},
    "the best metric of one experiment": {"sort": "-metric.train.auc", "experiment": "experiment-7"},
    "by a parameter": {"sort": "param.lr"},
    "by a parameter, a metric above a value": {"sort": "-param.lr", "metric": "auc>0.9"},
    "by a parameter that no run has": {"sort": "param.none"},
    "with a tag, by duration": {"tag": "good", "sort": "duration"},
    "text that many have": {"search": "bench"},
    "text that one has": {"search": "run-000123"},
    "text that one has, by a metric": {"search": "run-000123", "sort": "metric.train.auc"},
}
"""What is asked, a page of 50 at a time."""


def pages(place: Place) -> Iterator[Row]:
    """The first page and the tenth of each list, over HTTP, as the browser gets them."""
    from kfnb.client import Client
    from kfnb.history import History

    client = Client(home=place.folder / "home")
    fill(History(client), Path(client.root))
    with _server(place) as ask:
        for what, words in QUESTIONS.items():
            first, tenth = [], []
            for turn in range(place.rounds + 1):
                took, page = _timed(ask, words)
                deep, number = took, 1
                while page["next"] is not None and number < 10:
                    deep, page = _timed(ask, {**words, "cursor": page["next"]})
                    number += 1
                if turn:
                    first.append(took)
                    tenth.append(deep)
            yield at_most(f"50 of {RUNS:,} runs, {what}", statistics.median(first) * 1000, MARK_MS, "ms")
            yield at_most(f"50 of {RUNS:,} runs, {what}, page {number}", statistics.median(tenth) * 1000, MARK_MS, "ms")


def _timed(ask: Any, words: dict[str, Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    page = ask("runs", **words)
    return time.perf_counter() - start, page


@contextlib.contextmanager
def _server(place: Place) -> Iterator[Any]:
    """Start a Jupyter server with kfnb, and give a function that asks it for a document."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}/kfnb/api/"

    def ask(address: str, **words: Any) -> Any:
        request = Request(f"{base}{address}?{urlencode(words)}", headers={"Authorization": f"token {TOKEN}"})
        with urlopen(request) as answer:
            return json.load(answer)

    environment = {**place.environment, "JUPYTER_CONFIG_DIR": str(place.folder / "config")}
    options = [
        f"--port={port}",
        "--port-retries=0",
        "--no-browser",
        "--allow-root",
        f"--IdentityProvider.token={TOKEN}",
    ]
    extension = "--ServerApp.jpserver_extensions={'kfnb.server': True}"
    with (place.folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options, extension],
            env=environment,
            cwd=place.folder,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(ask, process, place.folder / "server.log")
        yield ask
    finally:
        process.terminate()
        process.wait()


def _wait_for(ask: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server answers; its end ends the benchmark with what it said."""
    while process.poll() is None:
        with contextlib.suppress(URLError):
            ask("version")
            return
        time.sleep(0.1)
    raise SystemExit(f"The server ended: {log.read_text()[-2000:]}")
