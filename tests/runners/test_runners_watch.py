"""How a watch goes on from what an API server says, or does not: from the last version, from a list, or later."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from nowhere import served
from scripted_api import Answer, Object, ScriptedApi, listed, refused, thing, watched

from kfnb.runners import watch
from kfnb.runners.api_server import ApiError
from kfnb.runners.watch import Watch

A, B, NEW_B, C = thing("a", "11"), thing("b", "12"), thing("b", "112"), thing("c", "113")
PODS = "/api/v1/namespaces/n/pods"
NO_RIGHT = 'pods is forbidden: User "ada" cannot watch resource "pods" in API group "" in the namespace "n"'
GONE: Object = {"kind": "Status", "code": 410, "message": "too old resource version"}


class Followed(NamedTuple):
    """What a watch asked, what it told (`+` an object that is new or different, `-` one that is gone), its pauses."""

    asked: list[str]
    told: list[str]
    pauses: list[float]


class Pauses(threading.Event):
    """Keeps for how long was to be waited, and does not."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.kept.append(timeout or 0.0)
        return self.is_set()


Follow = Callable[..., Followed]


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Lets a watch hear these answers, until it asks for more than there are."""

    def run(*answers: Answer) -> Followed:
        api, told, pauses = ScriptedApi(*answers), list[str](), Pauses()

        def tell(sign: str) -> Callable[[Object], None]:
            return lambda found: told.append(f"{sign}{found['metadata']['name']}")

        follows = Watch(served(tmp_path, api.address), PODS, "", tell("+"), tell("-"))
        monkeypatch.setattr(follows, "_stopped", pauses)
        try:
            follows.start()
            assert api.over.wait(30), api.asked
            followed = Followed(api.asked[: len(answers) + 1], list(told), list(pauses.kept))
            follows.stop()
        finally:
            api.close()
        return followed

    return run


def test_a_bookmark_says_from_where_to_go_on(follow: Follow) -> None:
    """Nothing is told of it; the next watch begins there, as after any other event."""
    seen = follow(
        listed("100", A),
        watched(("BOOKMARK", thing("", "105"))),
        watched(("ADDED", NEW_B), ("DELETED", C), ("ADDED", A)),
    )
    assert ["list", "watch from 100", "watch from 105", "watch from 11"] == seen.asked
    assert ["+a", "+b", "-c", "+a"] == seen.told


@pytest.mark.parametrize("answer", [refused(410), watched(("ERROR", GONE))], ids=["status", "event"])
def test_a_version_that_is_gone_is_listed_anew(follow: Follow, answer: Answer) -> None:
    """What was deleted, changed and made meanwhile is told, all else is not; there is no pause before it."""
    seen = follow(listed("100", A, B, thing("d", "9")), answer, listed("200", NEW_B, C, thing("d", "9")))
    assert (["list", "watch from 100", "list", "watch from 200"], []) == (seen.asked, seen.pauses)
    assert (["+a", "+b", "+d"], ["-a", "+b", "+c"]) == (seen.told[:3], seen.told[3:])


def test_an_end_says_nothing_about_what_is_there(follow: Follow) -> None:
    """A watch that ends without a word goes on from where it was, later each time; one that said something, at once."""
    silent = [watched() for _ in range(8)]
    seen = follow(listed("100", A), *silent, watched(("MODIFIED", NEW_B)), watched())
    assert ["list", *["watch from 100"] * 9, *["watch from 112"] * 2] == seen.asked
    assert ["+a", "+b"] == seen.told
    assert [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 0.2] == seen.pauses


def test_a_version_that_is_gone_again_and_again_is_asked_for_later_each_time(follow: Follow) -> None:
    """The list after the first no is taken at once, and so it is where the watch had said something before the no."""
    gone, anew = watched(("ERROR", GONE)), listed("100", A)
    seen = follow(
        anew, gone, anew, refused(410), anew, gone, anew, watched(("ADDED", B), ("ERROR", GONE)), anew, gone, anew
    )
    assert ["list", "watch from 100"] * 6 == seen.asked
    assert (["+a", "+b", "-b"], [0.2, 0.4, 0.2]) == (seen.told, seen.pauses)


@pytest.mark.parametrize(
    "answer",
    [
        refused(429, Retry_After="7"),
        refused(429, wait=7),
        watched(("ERROR", {"code": 429, "details": {"retryAfterSeconds": 7}})),
    ],
    ids=["header", "body", "event"],
)
def test_who_asks_to_wait_is_waited_for(follow: Follow, answer: Answer) -> None:
    """An API server that has too much to do says for how long; what is known stays as it is."""
    seen = follow(listed("100", A), answer)
    assert (["list", "watch from 100", "watch from 100"], ["+a"], [7.0]) == seen


def test_silence_is_taken_for_the_end(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing comes, not even bookmarks, is left, and the watch goes on from where it was."""
    monkeypatch.setattr(watch, "SILENCE", 1.5)
    seen = follow(listed("100", A), watched(("ADDED", B), ends=False))
    assert ["list", "watch from 100", "watch from 12"] == seen.asked
    assert ["+a", "+b"] == seen.told


def test_all_is_listed_anew_now_and_then(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a watch never said is known then."""
    monkeypatch.setattr(watch, "RECONCILE", -1.0)
    seen = follow(listed("100", A, B), listed("100", A, B), watched(), listed("150", NEW_B, C))
    assert ["list", "list", "watch from 100", "list", "watch from 150"] == seen.asked
    assert ["+a", "+b", "-a", "+b", "+c"] == seen.told


def test_a_list_may_come_in_pieces(follow: Follow) -> None:
    """What is there is known when the last of them has come."""
    seen = follow(
        listed("100", A, B), refused(410), listed("200", A, more="token"), listed("200", C), watched(("ADDED", NEW_B))
    )
    assert ["list", "watch from 100", "list", "list token", "watch from 200", "watch from 112"] == seen.asked
    assert ["+a", "+b", "-b", "+c", "+b"] == seen.told


@pytest.mark.parametrize("answer", [refused(401), refused(403, NO_RIGHT)], ids=["login", "right"])
def test_who_may_not_watch_any_more_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    """After a minute it is no API server that starts anew: the watch ends, and says why."""
    monkeypatch.setattr(watch, "REFUSED", 0.0)
    told: queue.SimpleQueue[Exception] = queue.SimpleQueue()
    api = ScriptedApi(listed("100", A), answer)
    follows = Watch(served(tmp_path, api.address), PODS, "", lambda found: None, lambda found: None, told.put)
    try:
        follows.start()
        error = told.get(timeout=30)
    finally:
        api.close()
    assert isinstance(error, ApiError)
    assert error.lacks_right


def test_who_may_not_watch_for_a_moment_goes_on(follow: Follow) -> None:
    """An API server that starts anew knows no rights and no logins at first."""
    seen = follow(listed("100", A), refused(401), refused(403, NO_RIGHT), watched(("ADDED", B)))
    assert (["list", *["watch from 100"] * 3, "watch from 12"], ["+a", "+b"], [0.2, 0.4]) == seen


def test_what_is_no_answer_of_an_api_server_is_no_word_of_it(follow: Follow) -> None:
    """A page that something in between sends, with whatever status, ends in a list, after a pause."""
    seen = follow(listed("100", A), Answer(200, ({"page": "log in"},), {}), listed("100", A))
    assert (["list", "watch from 100", "list", "watch from 100"], ["+a"], [0.2]) == seen
