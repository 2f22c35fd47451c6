"""What launchers tell the orchestrator over HTTP: real requests between the two ends of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from kfnb.launcher import post as post_module
from kfnb.launcher.post import Post
from kfnb.runners import report_server
from kfnb.runners.report_server import ReportServer
from kfnb.spec import ReportTo
from tests.cluster.shell import wait_until

Heard = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def heard() -> Heard:
    """What the orchestrator was told."""
    return []


@pytest.fixture
def server(heard: Heard) -> Iterator[ReportServer]:
    """A server on this machine."""
    found = ReportServer("127.0.0.1", lambda attempt, said: heard.append((attempt, said)))
    yield found
    found.close()


def send(server: ReportServer, body: bytes, attempt: str, token: str, length: int | None = None) -> int:
    """Send one report by hand; return the status of the answer."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Kfnb-Attempt": attempt,
        "Content-Length": str(length or len(body)),
    }
    connection.request("POST", "/", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_progress_and_end_arrive_in_order(server: ReportServer, heard: Heard) -> None:
    """All that was told before the end is there when `exited` returns."""
    post = Post(ReportTo(url=server.url, attempt="a-1", token=server.token("a-1")))
    for number in range(50):
        post.progress({"cell": number})
    post.exited(0)
    assert [{"cell": number} for number in range(50)] == [said.get("data") for _, said in heard[:-1]]
    assert ("a-1", {"event": "exited", "code": 0}) == heard[-1]


def test_what_is_told_after_a_silence_arrives(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server closes a connection that is silent for long, as while a cell works or results are saved."""
    monkeypatch.setattr(report_server, "_SECONDS", 0.2)
    server = ReportServer("127.0.0.1", lambda attempt, said: heard.append((attempt, said)))
    try:
        post = Post(ReportTo(url=server.url, attempt="a-1", token=server.token("a-1")))
        post.progress({"cell": 1})
        wait_until(lambda: not post.is_silent, "The first word")
        assert post._connection is not None
        closed, _, _ = select.select([post._connection.sock], [], [], 30)
        assert [post._connection.sock] == closed
        post.exited(0)
    finally:
        server.close()
    assert ["progress", "exited"] == [said["event"] for _, said in heard]
    assert not post.is_silent


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python knows no IPv6")
def test_a_pod_with_an_address_of_ipv6_is_reported_to(heard: Heard) -> None:
    """Where a cluster has such addresses alone, launchers report as quickly."""
    server = ReportServer("::1", lambda attempt, said: heard.append((attempt, said)))
    try:
        Post(ReportTo(url=server.url, attempt="a-1", token=server.token("a-1"))).exited(0)
    finally:
        server.close()
    assert [("a-1", {"event": "exited", "code": 0})] == heard


def test_only_the_attempt_itself_is_believed(server: ReportServer, heard: Heard) -> None:
    """A wrong token, another attempt's token, one that was forgotten, no JSON object and too much are all refused."""
    own, other = server.token("a-1"), server.token("b-1")
    said = json.dumps({"event": "exited", "code": 0}).encode()
    refused = [
        send(server, said, "a-1", "guess"),
        send(server, said, "a-1", other),
        send(server, said, "nobody", own),
        send(server, b"[1]", "a-1", own),
        send(server, b"{", "a-1", own),
        send(server, b"", "a-1", own, length=1 << 21),
    ]
    server.forget("b-1")
    refused.append(send(server, said, "b-1", other))
    assert [403, 403, 403, 400, 400, 413, 403] == refused
    assert [] == heard
    assert 204 == send(server, said, "a-1", own)
    assert [("a-1", {"event": "exited", "code": 0})] == heard


def test_where_nothing_answers_one_attempt_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network policy drops what is sent: that is waited for once, and not for each word, nor at the task's end."""
    monkeypatch.setattr(post_module, "_SECONDS", 0.3)
    tried: list[str] = []
    connect = http.client.HTTPConnection.connect

    def counted(connection: http.client.HTTPConnection) -> None:
        tried.append(connection.host)
        connect(connection)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", counted)
    with contextlib.ExitStack() as taken:
        listens = taken.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        taken.enter_context(socket.create_connection(listens.getsockname()))  # more are not answered
        post = Post(ReportTo(url=f"http://127.0.0.1:{listens.getsockname()[1]}/", attempt="a-1", token="t"))
        for number in range(5):
            post.progress({"cell": number})
        post.exited(0)
        assert post._thread is not None
        post._thread.join()
    assert ["127.0.0.1"] == tried


def test_an_orchestrator_that_is_gone_hurts_nobody() -> None:
    """Where nobody listens, telling returns and raises nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        post = Post(ReportTo(url=f"http://127.0.0.1:{taken.getsockname()[1]}/", attempt="a-1", token="t"))
        for number in range(5):
            post.progress({"cell": number})
        post.exited(0)


def test_what_does_not_get_through_is_known(server: ReportServer) -> None:
    """A launcher that is not heard, or not yet, knows it: then it leaves in the store how far it is."""
    post = Post(ReportTo(url=server.url, attempt="a-1", token=server.token("a-1")))
    assert not post.is_silent
    post.progress({"cell": 1})
    post.exited(0)
    assert not post.is_silent
    refused = Post(ReportTo(url=server.url, attempt="a-1", token="guess"))
    refused.progress({"cell": 1})
    assert refused.is_silent
    refused.exited(0)
    assert refused.is_silent
