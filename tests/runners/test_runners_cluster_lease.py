"""What a run's lease in a cluster belongs to: what owns the run, as soon as that is there, and nothing of before."""

from __future__ import annotations

import queue
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nowhere import served
from scripted_api import Answer, Object, ScriptedApi, listed, refused

from kfnb.runners import cluster_lease
from kfnb.runners.cluster_lease import ClusterLease
from kfnb.runners.job_manifest import Owner, owner_reference

OLD, NEW = (owner_reference(Owner("kfnb-r", uid)) for uid in ("old", "new"))


def answered(found: Object) -> Answer:
    """An object, as it is read or was written."""
    return Answer(200, (found,), {})


def lease(holder: str, *owners: Object) -> Answer:
    """A Lease as it is read."""
    metadata = {"name": "kfnb-r", "uid": "u", "resourceVersion": "1", "ownerReferences": owners}
    return answered({"metadata": metadata, "spec": {"holderIdentity": holder}})


def test_a_lease_goes_with_what_owns_the_run(tmp_path: Path) -> None:
    """One that is taken over belongs to nothing until its holder says to what: the old owner may be about to go."""
    done = answered({})
    api = ScriptedApi(lease("", OLD), done, lease("me"), done, lease("me"), done)
    held = ClusterLease(served(tmp_path, api.address), "kfnb-r", {}, lambda why: None)
    held._identity = "me"
    try:
        with held:
            held.belong_to(NEW)
    finally:
        api.close()
    taken, owned, removed = api.sent
    assert [[], [NEW]] == [body["metadata"]["ownerReferences"] for body in (taken, owned)]
    assert {"uid": "u", "resourceVersion": "1"} == removed["preconditions"]


def test_a_look_at_a_lease_counts_though_its_answer_takes_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an API server in need each look takes that long: the run would start nothing any more."""
    api = ScriptedApi(lease("me"))
    server, now = served(tmp_path, api.address), [100.0]
    held = ClusterLease(server, "kfnb-r", {}, lambda why: None)
    held._identity, held._renewed = "me", now[0]
    find = server.find

    def slow(path: str, **more: Any) -> Object | None:
        now[0] += 4.0
        return find(path, **more)

    monkeypatch.setattr(server, "find", slow)
    monkeypatch.setattr(cluster_lease, "time", SimpleNamespace(monotonic=lambda: now[0]))
    try:
        assert held.is_mine()
    finally:
        api.close()


@pytest.mark.parametrize(
    ("looks", "first", "of_pod"),
    [
        ([lease("gone")] * 17, 3.0, 0.0),
        ([*[lease("pod/lost/1"), listed("1", {"status": {"phase": "Running"}})] * 4, lease("pod/lost/1")], 0.0, 4.0),
    ],
    ids=["the first answer", "what is said of the holder's pod"],
)
def test_a_lease_that_nobody_renews_is_had_however_late_answers_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: list[Answer], first: float, of_pod: float
) -> None:
    """It is looked at for as long as it holds from when it was first seen, not from when it was asked for."""
    api = ScriptedApi(*looks, answered({}), lease("me"), answered({}))
    server, now = served(tmp_path, api.address), [100.0]
    held = ClusterLease(server, "kfnb-r", {}, lambda why: None)
    held._identity = "me"
    find, get = server.find, server.get

    def slow(path: str, **more: Any) -> Object | None:
        now[0] += first * (now[0] == 100.0)
        return find(path, **more)

    def slow_of_pod(path: str, *query: Any, **more: Any) -> Object:
        now[0] += of_pod
        return get(path, *query, **more)

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(server, "find", slow)
    monkeypatch.setattr(server, "get", slow_of_pod)
    monkeypatch.setattr(cluster_lease, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    try:
        held.take()
        held.release()
    finally:
        api.close()
    assert "me" == api.sent[0]["spec"]["holderIdentity"]


NO_RIGHT = 'leases is forbidden: User "ada" cannot get resource "leases" in API group "" in the namespace "n"'


@pytest.mark.parametrize(
    ("answer", "words"),
    [(refused(401), "Log in again"), (refused(403, NO_RIGHT), "`ada` may not get leases in namespace n")],
)
def test_who_may_not_renew_a_lease_any_more_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str
) -> None:
    """After a minute of that the run is left, with why; the lease is not given back, which would be refused too."""
    monkeypatch.setattr(cluster_lease, "REFUSED", 0.0)
    monkeypatch.setattr(cluster_lease, "_RENEW", 0.0)
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    api = ScriptedApi(lease(""), answered({}), answer)
    try:
        with ClusterLease(served(tmp_path, api.address), "kfnb-r", {}, told.put):
            assert words in told.get(timeout=30)
    finally:
        api.close()
    assert 1 == len(api.sent)
