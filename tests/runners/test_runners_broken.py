"""A mistake of kfnb's own in a thread of a runner is told, and the thread does not die in silence."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest
from nowhere import nowhere

from kfnb.runners import waiting
from kfnb.runners.api_server import ApiServer
from kfnb.runners.refusals import without_a_right
from kfnb.runners.sender import Sender
from kfnb.runners.waiting import Waiting
from kfnb.runners.watch import Watch
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.fixtures import Cluster


def test_what_cannot_be_sent_is_told() -> None:
    """What something that is to be done raises comes to whoever made the sender."""
    told: queue.SimpleQueue[Exception] = queue.SimpleQueue()
    sends = Sender("test", broken=told.put)
    sends.put(lambda: bool([][0]))
    sends.start()
    assert isinstance(told.get(timeout=30), IndexError)
    sends.close()


def test_why_an_attempt_waits_is_never_worth_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What goes wrong in finding it out is said in its place, and the next attempt is looked at all the same."""
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    told: queue.SimpleQueue[Exception] = queue.SimpleQueue()
    said: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    looks = Waiting(nowhere(tmp_path), lambda *words: said.put(words), told.put)
    looks.job("broken", {})
    looks.start()
    assert ("broken", True) == ((found := said.get(timeout=30))[0], "kfnb itself failed to find that out" in found[1])
    suspended = {"metadata": {"name": "j", "uid": "u", "resourceVersion": "1", "labels": {}}, "spec": {"suspend": True}}
    looks._shared._refused.add("events")
    looks.job("whole", suspended)
    assert "whole" == said.get(timeout=30)[0]
    looks.close()
    assert told.empty()
    assert "KeyError: 'metadata'" in capfd.readouterr().err


@pytest.mark.leaves("what is watched is the test's own")
def test_an_object_that_is_not_understood_ends_a_watch(cluster: Cluster, namespace: str) -> None:
    """What is raised about an object, when it is listed or comes later, is told; the cluster's own noes are not."""
    del cluster
    api = ApiServer(CONTEXT, str(KUBECONFIG), namespace)
    place = api.place("configmaps")
    told: queue.SimpleQueue[Exception] = queue.SimpleQueue()

    def understand(found: dict[str, object]) -> None:
        found["spec"]

    watch = Watch(api, place, "watched=yes", understand, understand, broken=told.put)
    watch.start()
    api.create(place, {"metadata": {"name": "one", "labels": {"watched": "yes"}}})
    assert "KeyError('spec')" == repr(told.get(timeout=30))
    with pytest.raises(KeyError, match="spec"):
        Watch(api, place, "watched=yes", understand, understand, broken=told.put).start()
    watch.stop()


def test_a_right_that_is_missing_is_named_in_words() -> None:
    """Who lacks which right where, and who grants it; another no of an API server is left as it is."""
    start = 'is forbidden: User "ada" cannot'
    said = f'jobs.batch {start} create resource "jobs" in API group "batch" in the namespace "ml"'
    assert (
        "`ada` may not create jobs.batch in namespace ml. An administrator of the cluster grants it: "
        "`kfnb cluster init NAME --user ada`, with the cluster's NAME."
    ) == without_a_right(said)
    said = f'nodes {start} list resource "nodes" in API group "" at the cluster scope'
    assert str(without_a_right(said)).startswith("`ada` may not list nodes in the cluster. ")
    assert without_a_right('pods "a" is forbidden: exceeded quota: q') is None
