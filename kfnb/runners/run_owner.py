"""Makes the ConfigMap to which everything of a run belongs, or takes the one that is there; for the Kubernetes runner.

What removes it removes everything of the run. In the cluster the orchestrator's own Job owns it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kfnb.errors import ClusterError
from kfnb.runners.api_server import ApiError, Foreign
from kfnb.runners.job_manifest import Owner, foreign, run_labels, run_object
from kfnb.runners.orchestrator_job import orchestrator_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer, Object

_GOES = 60.0
"""Seconds within which the objects of an orchestrator that was removed have gone with it."""


def make_owner(
    api: ApiServer, profile: Profile, run_id: str, *, inside: bool, wait: Callable[[float], object]
) -> Owner:
    """Return it. `inside`: this is the run's orchestrator, in the cluster. ClusterError if it cannot be had."""
    manifest = run_object(profile, run_id, profile.root)
    if inside:
        above = api.get(api.place("jobs", orchestrator_name(run_id), "batch/v1"))["metadata"]
        reference = {"apiVersion": "batch/v1", "kind": "Job", "name": above["name"], "uid": above["uid"]}
        manifest["metadata"]["ownerReferences"] = [reference]
    name = manifest["metadata"]["name"]
    end = time.monotonic() + _GOES
    while True:
        try:
            made: Object | None = api.create(api.place("configmaps"), manifest)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            made = api.find(api.place("configmaps", name))
            if made is not None and not is_of_run(made, run_id):
                raise Foreign(foreign("ConfigMap", name, api.namespace)) from None
        if made is not None and _owners(made) == _owners(manifest):
            return Owner(name, made["metadata"]["uid"])
        # It belongs to an orchestrator that was removed, and is about to go with everything that it owns itself.
        if time.monotonic() > end:
            raise ClusterError(f"ConfigMap {name} in namespace {api.namespace} is of another orchestrator.")
        wait(0.2)


def is_of_run(found: Object, run_id: str) -> bool:
    """Say whether an object was made by kfnb for this run."""
    labels = found["metadata"].get("labels") or {}
    return run_labels(run_id).items() <= labels.items()


def _owners(found: Object) -> list[str]:
    return [one["uid"] for one in found["metadata"].get("ownerReferences") or ()]
