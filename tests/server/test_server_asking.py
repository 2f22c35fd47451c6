"""Who may ask the server, what it can be asked, and how it says no."""

from __future__ import annotations

import getpass
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.contents.manager import ContentsManager
from server_notebooks import Fetch, Get, Post
from tornado.httpclient import HTTPClientError

from kfnb import __version__
from kfnb.client import Run
from kfnb.server.extension import ADDRESSES
from kfnb.server.openapi import OPERATIONS

STREAMS = ("runs/{run_id}/events", "changes")
"""The addresses of WebSockets, which have a test of their own."""
EVERYTHING = [(one.method.upper(), re.sub(r"\{\w+\}", "x", one.address)) for one in OPERATIONS]
"""Every method of every address."""


async def test_the_version_is_told(get: Get, home: Path) -> None:
    """The front end learns which kfnb the server has, below whatever base URL."""
    found = await get("version")
    assert (__version__, str(home), getpass.getuser()) == (found["version"], found["home"], found["person"])


async def test_nobody_is_answered_without_a_token(fetch: Fetch) -> None:
    """Every address refuses who is not logged in, before it looks at anything."""
    assert {address for address, _ in ADDRESSES} <= {one.address for one in OPERATIONS} | {*STREAMS}
    for method, address in [*EVERYTHING, ("GET", "nowhere"), ("POST", "nowhere")]:
        answer = await fetch(address, method=method, headers={"Authorization": "none"}, body=body_of(method))
        assert 403 == answer.code, (method, address)


@pytest.mark.parametrize("stream", STREAMS)
async def test_no_stream_without_a_token(jp_ws_fetch: Any, finished: Run, stream: str) -> None:
    """The streams of a run and of changes refuse who is not logged in."""
    address = ("kfnb", "api", *stream.format(run_id=finished.id).split("/"))
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch(*address, headers={"Authorization": "none"})
    assert 403 == refused.value.code


async def test_a_page_of_elsewhere_starts_nothing(fetch: Fetch, jp_fetch: Any, jp_serverapp: Any) -> None:
    """A browser that is logged in by a cookie changes nothing unless it proves that kfnb's own page asks (XSRF)."""
    token = jp_serverapp.identity_provider.token
    page = await jp_fetch("api", "status", params={"token": token}, headers={"Authorization": "none"})
    cookies = dict(map(_cookie, page.headers.get_list("Set-Cookie")))
    login = {"Authorization": "none", "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    assert 200 == (await fetch("version", headers=dict(login))).code
    changing = [(method, address) for method, address in EVERYTHING if method != "GET"]
    assert {"POST", "PUT", "DELETE"} == {method for method, _ in changing}
    for method, address in changing:
        refused = await fetch(address, method=method, body=body_of(method), headers=dict(login))
        assert (403, "'_xsrf' argument missing from POST") == (refused.code, json.loads(refused.body)["message"])


def body_of(method: str) -> str | None:
    """What a request must have for the client to send it."""
    return "{}" if method in ("POST", "PUT") else None


def _cookie(header: str) -> tuple[str, str]:
    name, _, value = header.partition(";")[0].partition("=")
    return name, value


@pytest.mark.parametrize("path", ["../outside.ipynb", "/../outside.ipynb", "a/../../outside.ipynb", "..", "\0.ipynb"])
async def test_paths_outside_the_root_are_refused(post: Post, tmp_path: Path, quickstart: Path, path: str) -> None:
    """What lies outside the server's root is not there for the front end, whatever is asked of it."""
    (tmp_path / "outside.ipynb").write_bytes(quickstart.read_bytes())
    for what in ("analyse", "runs"):
        status, answer = await post(what, path=path)
        assert 404 == status, answer


async def test_hidden_files_are_refused(post: Post, quickstart: Path) -> None:
    """A notebook that the server hides is hidden from runs too."""
    quickstart.rename(quickstart.with_name(".secret.ipynb"))
    status, answer = await post("runs", path=".secret.ipynb")
    assert (404, "'.secret.ipynb' is hidden on this server.") == (status, answer["message"])


async def test_a_server_without_files_is_explained(post: Post, jp_serverapp: Any) -> None:
    """Where notebooks are not files, the answer says that they must be."""
    jp_serverapp.web_app.settings["contents_manager"] = ContentsManager()
    status, answer = await post("analyse", path="a.ipynb")
    assert 400 == status
    assert "This server keeps notebooks with ContentsManager, not as files" in answer["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `path`"),
        (b'{"path": 1}', "Expected `str`, got `int` - at `$.path`"),
        (b'{"path": "a", "forse": true}', "unknown field `forse`"),
    ],
)
async def test_requests_that_cannot_be_understood(fetch: Fetch, body: bytes, says: str) -> None:
    """What is wrong with a request is said in words."""
    answer = await fetch("runs", method="POST", body=body)
    assert 400 == answer.code
    assert says in json.loads(answer.body)["message"]


async def test_addresses_that_there_are_not(fetch: Fetch) -> None:
    """A front end of another version learns why its question has no answer."""
    answer = await fetch("no", "such", "thing")
    assert 404 == answer.code
    assert "install the same kfnb for JupyterLab and its server" in json.loads(answer.body)["message"]


async def test_runs_that_are_not_there(fetch: Fetch, finished: Run) -> None:
    """A run is asked for by its whole id; any other name is that of no run."""
    of_runs = [one for one in OPERATIONS if one.address.startswith("runs/")]
    for one in of_runs:
        for run in ("20260101-000000-abcd", "last", "2", "%3Cscript%3E", "%2e%2e", "..%2F..", "%00"):
            address = re.sub(r"\{\w+\}", "x", one.address.replace("{run_id}", run))
            body = "{}" if one.method == "post" else None
            answer = await fetch(address, method=one.method.upper(), body=body)
            assert 404 == answer.code, (address, answer.body)


async def test_tasks_that_are_not_there(fetch: Fetch, finished: Run) -> None:
    """A task that a run does not have is named, with those it has."""
    for what in ("log", "notebook", "events", "pod", "artifacts/x"):
        answer = await fetch("runs", finished.id, "tasks", "nope", *what.split("/"))
        assert 404 == answer.code
        assert f"Run {finished.id} has no task nope. Its tasks are make," in json.loads(answer.body)["message"]
