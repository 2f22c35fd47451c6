"""What a run's lease in a cluster belongs to: what owns the run, as soon as that is there, and nothing of before."""

from __future__ import annotations

from pathlib import Path

from nowhere import served
from scripted_api import Answer, Object, ScriptedApi

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
