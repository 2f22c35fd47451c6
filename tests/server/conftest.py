"""A real Jupyter server with kfnb's extension, and runs in a data folder of the test's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 - its fixtures are for this folder only
from server_document import must_be_as_said
from server_notebooks import STEPS, Fetch, Get, Post, write_notebook
from server_process import ServerProcess
from tornado.httpclient import HTTPResponse

from kfnb.client import Client, Run
from tests.run_processes import kill_all

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """kfnb's data folder for the test; a run that still lives ends with it."""
    place = tmp_path / "kfnb home"
    monkeypatch.setenv("KFNB_HOME", str(place))
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    yield place
    kill_all(place)


@pytest.fixture
def client(home: Path) -> Client:
    """A client of the runs that the server knows."""
    return Client(home)


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data folder, `home`, in which the notebook `folder/many.ipynb` has run."""
    place = tmp_path_factory.mktemp("done")
    (place / "folder").mkdir()
    path = write_notebook(place / "folder" / "many.ipynb", STEPS, {"fan": ["foreach"]})
    run = Client(place / "home").run(path).wait()
    assert "SUCCEEDED" == run.state, run.tasks
    return place


@pytest.fixture
def finished(done: Path, home: Path, client: Client) -> Run:
    """That run in the test's own data folder."""
    # The database names runs by their store, which is another one now.
    shutil.copytree(done / "home", home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("database"))
    return client.get("last")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A Jupyter server as a hub starts it, in a process of its own."""
    process = ServerProcess(tmp_path_factory.mktemp("server"))
    yield process
    process.stop()
    kill_all(process.home)


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """The server loads kfnb and nothing else."""
    return {"ServerApp": {"jpserver_extensions": {"kfnb.server": True, "jupyter_server_terminals": False}}}


@pytest.fixture
def quickstart(jp_root_dir: Path) -> Path:
    """The example notebook below the server's root."""
    return Path(shutil.copy(NOTEBOOKS / "quickstart.ipynb", jp_root_dir))


@pytest.fixture
def fetch(http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str) -> Fetch:
    """Ask the server for an address below `kfnb/api/`; failures are answers too. Each must be as the document says."""

    async def ask(*parts: str, params: dict[str, Any] | None = None, **more: Any) -> HTTPResponse:
        address = f"{jp_base_url}kfnb/api/{'/'.join(parts)}?{urlencode(params or {}, doseq=True)}"
        headers = {**jp_auth_header, **more.pop("headers", {})}
        answer: HTTPResponse = await http_server_client.fetch(
            address, headers=headers, request_timeout=100, raise_error=False, **more
        )
        must_be_as_said(answer)
        return answer

    return ask


@pytest.fixture
def get(fetch: Fetch) -> Get:
    """Return the document at an address."""

    async def ask(*parts: str, **params: Any) -> Any:
        answer = await fetch(*parts, params=params)
        assert 200 == answer.code, answer.body
        return json.loads(answer.body)

    return ask


@pytest.fixture
def post(fetch: Fetch) -> Post:
    """Send a document to an address; return the status and the answer."""

    async def ask(*parts: str, **document: Any) -> tuple[int, Any]:
        answer = await fetch(*parts, method="POST", body=json.dumps(document))
        return answer.code, json.loads(answer.body)

    return ask
