"""A server under a base URL, as a hub has it: who is let in, by a token or a cookie, and from which pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests
import websocket
from forwarding_proxy import ForwardingProxy
from server_notebooks import write_notebook
from server_process import BASE, TOKEN, ServerProcess

WITH_TOKEN = {"Authorization": f"token {TOKEN}"}
WAIT = 100


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[requests.Session]:
    """What a browser has after a person came in with a token: cookies, and the server's XSRF token among them."""
    with requests.Session() as session:
        assert 200 == session.get(f"{server.url}api/status", params={"token": TOKEN}, timeout=WAIT).status_code
        session.get(f"{server.url}login", timeout=WAIT)
        assert "_xsrf" in session.cookies
        yield session


@pytest.fixture(scope="session")
def run(server: ServerProcess) -> str:
    """A run that was started over HTTP with a token."""
    write_notebook(server.root / "prints.ipynb", {"only": "print('said')"})
    body = json.dumps({"path": "prints.ipynb"})
    answer = requests.post(f"{server.api}/runs", body, headers=WITH_TOKEN, timeout=WAIT)
    assert 201 == answer.status_code, answer.text
    assert f"{BASE}kfnb/api/runs/{answer.json()['run_id']}" == answer.headers["Location"]
    return str(answer.json()["run_id"])


def frames_of(address: str, last: str, query: str = "", **options: object) -> list[dict[str, object]]:
    """The frames of a stream up to the first of a kind."""
    frames: list[dict[str, object]] = []
    address = f"{address}?after=0{query}".replace("http", "ws", 1)
    with closing(websocket.create_connection(address, timeout=WAIT, **options)) as socket:
        while not frames or frames[-1]["kind"] != last:
            frames.append(json.loads(socket.recv()))
    return frames


STREAMS = pytest.mark.parametrize(("stream", "last"), [("runs/{run}/events", "end"), ("changes", "runs")])
"""Each stream, and a frame that it sends in any case."""


def cookies(browser: requests.Session) -> str:
    """A browser's cookies, as it sends them."""
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)


@pytest.mark.parametrize("address", ["version", "runs", "clusters"])
def test_a_token_is_asked_for(server: ServerProcess, address: str) -> None:
    """Without a token, or with another, nothing is answered; with it everything is, below the base URL only."""
    url = f"{server.api}/{address}"
    assert 403 == requests.get(url, timeout=WAIT).status_code
    assert 403 == requests.get(url, headers={"Authorization": "token other"}, timeout=WAIT).status_code
    assert 200 == requests.get(url, headers=WITH_TOKEN, timeout=WAIT).status_code
    assert 404 == requests.get(url.replace(BASE, "/"), headers=WITH_TOKEN, timeout=WAIT).status_code


def test_what_comes_with_a_cookie_needs_the_xsrf_token(server: ServerProcess, browser: requests.Session) -> None:
    """A page elsewhere can make a browser send its cookies, but does not know the token: nothing is done for it."""
    url, body = f"{server.api}/runs/nothing/cancel", "{}"
    assert 200 == browser.get(f"{server.api}/version", headers={"Referer": server.url}, timeout=WAIT).status_code
    refused = browser.post(url, body, timeout=WAIT)
    assert (403, "'_xsrf' argument missing from POST") == (refused.status_code, refused.json()["message"])
    answer = browser.post(url, body, headers={"X-XSRFToken": browser.cookies["_xsrf"]}, timeout=WAIT)
    assert (404, True) == (answer.status_code, "nothing" in answer.json()["message"])


@STREAMS
def test_a_stream_is_for_who_is_logged_in(
    server: ServerProcess, browser: requests.Session, run: str, stream: str, last: str
) -> None:
    """It comes to who has the token, in the address or a header, or a browser's cookies, and to nobody else."""
    address = f"{server.api}/{stream.format(run=run)}"
    for found in (
        frames_of(address, last, f"&token={TOKEN}"),
        frames_of(address, last, header=WITH_TOKEN),
        frames_of(address, last, cookie=cookies(browser)),
    ):
        assert last == found[-1]["kind"]
    for token in ("", "other"):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            frames_of(address, last, header={"Authorization": f"token {token}"} if token else None)
        assert 403 == refused.value.status_code


@STREAMS
def test_a_stream_is_for_no_page_of_another_place(
    server: ServerProcess, browser: requests.Session, run: str, stream: str, last: str
) -> None:
    """A browser that shows another place's page sends its cookies too, and is told nothing."""
    address, here = f"{server.api}/{stream.format(run=run)}", "http://" + urlsplit(server.url).netloc
    assert last == frames_of(address, last, cookie=cookies(browser), origin=here)[-1]["kind"]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        frames_of(address, last, cookie=cookies(browser), origin="http://elsewhere.example")
    assert 403 == refused.value.status_code


def test_it_works_behind_a_proxy(server: ServerProcess, run: str) -> None:
    """Through a proxy a browser comes in, has something done, gets part of a log, and hears the events of a run."""
    with ForwardingProxy(server.url) as proxy, requests.Session() as session:
        here = "http://" + urlsplit(proxy.url).netloc
        session.get(f"{proxy.url}login", params={"token": TOKEN}, timeout=WAIT)
        proof = {"X-XSRFToken": str(session.cookies["_xsrf"]), "Referer": proxy.url}
        tagged = session.post(f"{proxy.url}kfnb/api/runs/{run}/tags", '{"add": ["kept"]}', headers=proof, timeout=WAIT)
        assert (200, ["kept"]) == (tagged.status_code, tagged.json()["tags"])
        log = f"{proxy.url}kfnb/api/runs/{run}/tasks/only/log"
        part = session.get(log, headers={**proof, "Range": "bytes=0-3"}, timeout=WAIT)
        assert (206, b"said") == (part.status_code, part.content)
        events = f"{proxy.url}kfnb/api/runs/{run}/events"
        frames = frames_of(events, "end", cookie=cookies(session), origin=here)
        assert {"kind": "end", "state": "SUCCEEDED"} == frames[-1]
    assert [line.split()[0] for line in proxy.passed[-3:]] == ["POST", "GET", "GET"]
