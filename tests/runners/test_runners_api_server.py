"""Which requests are repeated, when, and what is made of the answer in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import tenacity
from nowhere import served
from scripted_api import Answer, ScriptedApi, listed, refused

from kfnb.runners.api_server import ApiError, ApiServer, said_no
from kfnb.runners.refusals import over_quota

PODS = "/api/v1/namespaces/n/pods"
NO_RIGHT = 'pods is forbidden: User "ada" cannot list resource "pods" in API group "" in the namespace "n"'
Given = Callable[..., tuple[ApiServer, list[str]]]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long requests were held back; nothing waits for that."""
    kept: list[float] = []
    monkeypatch.setattr(tenacity.nap, "time", SimpleNamespace(sleep=kept.append))
    return kept


@pytest.fixture
def given(tmp_path: Path, pauses: list[float]) -> Iterator[Given]:
    """An API server with these answers, and the list of what it is asked."""
    made: list[ScriptedApi] = []

    def make(*answers: Answer) -> tuple[ApiServer, list[str]]:
        made.append(ScriptedApi(*answers))
        return served(tmp_path, made[0].address), made[0].asked

    yield make
    for api in made:
        api.close()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_asked_again(given: Given, pauses: list[float], status: int) -> None:
    """With longer and longer pauses, to which chance adds up to half a second."""
    api, asked = given(*[refused(status)] * 8, listed("1"))
    assert "1" == api.get(PODS)["metadata"]["resourceVersion"]
    assert ["list"] * 9 == asked
    least = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert [True] * 8 == [low <= pause <= low + 0.5 for low, pause in zip(least, pauses, strict=True)]


@pytest.mark.parametrize("answer", [refused(429, Retry_After="7"), refused(503, wait=7)])
def test_who_asks_to_wait_is_waited_for(given: Given, pauses: list[float], answer: Answer) -> None:
    """An API server says in a header or in its answer when it is to be asked again."""
    api, _ = given(answer, listed("1"))
    api.get(PODS)
    assert [7.0] == pauses


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_a_no_is_a_no(given: Given, status: int) -> None:
    """It is not asked for again."""
    api, asked = given(refused(status, NO_RIGHT if status == 403 else "no"))
    with pytest.raises(ApiError) as caught:
        api.get(PODS)
    assert (status, False, ["list"]) == (caught.value.status, caught.value.is_passing, asked)


@pytest.mark.parametrize("answer", [refused(401), refused(403, NO_RIGHT)])
def test_what_was_allowed_before_is_asked_again(given: Given, answer: Answer) -> None:
    """An API server that starts anew knows nobody for a moment; what was not allowed before stays refused."""
    api, asked = given(listed("1"), answer, listed("2"), answer)
    assert ["1", "2"] == [api.get(PODS)["metadata"]["resourceVersion"] for _ in range(2)]
    with pytest.raises(ApiError):
        api.get("/api/v1/namespaces/n/events")
    assert ["list"] * 4 == asked


def test_patience_ends(given: Given) -> None:
    """Then the last answer is what is said."""
    api, asked = given(refused(503, "starting"))
    with pytest.raises(ApiError, match="starting"):
        api.get(PODS, patience=0.0)
    assert ["list"] == asked


FULL = "exceeded quota: q, requested: {0}=1, used: {0}=2, limited: {0}=2"


@pytest.mark.parametrize(
    ("said", "is_over_quota"),
    [
        ('jobs.batch "kfnb-r-train-1" is forbidden: ' + FULL.format("count/jobs.batch"), True),
        ('jobs.batch "kfnb-r-quota-1" is forbidden: admission webhook "a.b" denied the request: no quota', False),
        (NO_RIGHT.replace('"n"', '"team-quota"'), False),
        ('jobs.batch "kfnb-r-quota-1" is forbidden: unable to create new content in namespace team-quota', False),
    ],
)
def test_a_full_quota_is_told_from_names(said: str, is_over_quota: bool) -> None:
    """A namespace, a step or a rule that is called after quotas makes no refusal one that passes by itself."""
    assert is_over_quota == said_no({"message": said}, 403, "POST /apis/batch/v1/namespaces/n/jobs").is_over_quota


@pytest.mark.parametrize(
    ("resource", "counts_ended"),
    [("count/jobs.batch", True), ("count/pods", True), ("pods", False), ("requests.cpu", False)],
)
def test_of_some_quotas_what_has_ended_takes_room(resource: str, counts_ended: bool) -> None:
    """Those that count objects, whatever state they are in."""
    full = over_quota(FULL.format(resource))
    assert full is not None
    assert (resource, counts_ended) == (full.limited.partition("=")[0], full.counts_ended)
