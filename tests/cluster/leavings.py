"""What runs have left in a namespace: looked for after each test, before the namespace is taken away with all in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kfnb.profiles import Profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.job_manifest import RUN
from kfnb.runners.orchestrator_job import orchestrator_name
from kfnb.runners.run_objects import RunObjects
from tests.cluster.certificates import CONTEXT, KUBECONFIG
from tests.cluster.shell import ClusterError, wait_until

_KINDS = {
    "Pod": ("pods", ""),
    "Job": ("jobs", "batch/v1"),
    "ConfigMap": ("configmaps", ""),
    "Secret": ("secrets", ""),
    "Lease": ("leases", "coordination.k8s.io/v1"),
}
_OF_KUBERNETES = frozenset({"ConfigMap/kube-root-ca.crt"})
_BY_HAND = frozenset({"kubectl-client-side-apply", "kubectl-create"})
"""Who is said to manage what the tests make themselves, as people do; kfnb never calls kubectl."""


def left_by_runs(namespace: str, seconds: float = 120) -> list[str]:
    """Kind and name of all in a namespace, labelled or not, that neither Kubernetes nor the test itself has made.

    A run that the cluster drove may be looked at for a while after its end: it is removed first, as `kfnb delete` does.
    All else has to go by itself: it is waited for, so many seconds.
    """
    profile = Profile(
        name="test", context=CONTEXT, kubeconfig=str(KUBECONFIG), namespace=namespace, root="s3://kfnb/x", image="x"
    )
    api = ApiServer(CONTEXT, str(KUBECONFIG), namespace)
    for run in _driven_there(api):
        RunObjects(profile, run).remove()
    try:
        wait_until(lambda: not any(_strange(api)), "The end of what runs have made", seconds)
    except ClusterError:
        return sorted(_strange(api))
    return []


def _driven_there(api: ApiServer) -> list[str]:
    jobs = api.get(api.place("jobs", group="batch/v1"))["items"]
    runs = {job["metadata"]["name"]: (job["metadata"].get("labels") or {}).get(RUN) for job in jobs}
    return [run for name, run in runs.items() if run and name == orchestrator_name(run)]


def _strange(api: ApiServer) -> Iterator[str]:
    found = {kind: api.get(api.place(kinds, group=group))["items"] for kind, (kinds, group) in _KINDS.items()}
    by_hand = {one["metadata"]["uid"] for one in found["Job"] if _is_by_hand(one)}
    for kind, objects in found.items():
        for one in objects:
            owners = {each["uid"] for each in one["metadata"].get("ownerReferences") or ()}
            name = f"{kind}/{one['metadata']['name']}"
            if name not in _OF_KUBERNETES and not _is_by_hand(one) and not owners & by_hand:
                yield name


def _is_by_hand(one: dict[str, Any]) -> bool:
    return not _BY_HAND.isdisjoint(each.get("manager") for each in one["metadata"].get("managedFields") or ())
