"""What `kfnb cluster init` puts into a cluster: the orchestrator's service account, and roles bound to who needs them.

The objects are those of `kfnb/deploy`, with the profile's namespace and names in them. They are applied on the server's
side (https://kubernetes.io/docs/reference/using-api/server-side-apply/), so doing it again changes nothing.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

from kfnb.errors import ClusterError
from kfnb.runners.api_server import ApiError
from kfnb.runners.orchestrator_job import SERVICE_ACCOUNT
from kfnb.runners.rights import Manifest, shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer

_RBAC = "rbac.authorization.k8s.io"
_PLACES = {
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts/{name}",
    "Role": f"/apis/{_RBAC}/v1/namespaces/{{namespace}}/roles/{{name}}",
    "RoleBinding": f"/apis/{_RBAC}/v1/namespaces/{{namespace}}/rolebindings/{{name}}",
    "ClusterRole": f"/apis/{_RBAC}/v1/clusterroles/{{name}}",
    "ClusterRoleBinding": f"/apis/{_RBAC}/v1/clusterrolebindings/{{name}}",
}
_QUERY = {"fieldManager": "kfnb", "force": "true"}


class Applied(NamedTuple):
    """What became of an object: `made`, `changed`, `unchanged`, or `refused` with the cluster's words."""

    kind: str
    name: str
    outcome: str
    why: str = ""

    @property
    def is_optional(self) -> bool:
        """Whether runs do without it: it is about the whole cluster."""
        return self.kind.startswith("Cluster")


def setup_objects(profile: Profile, users: Sequence[str] = (), groups: Sequence[str] = ()) -> list[Manifest]:
    """Return all objects, in the order in which one needs the other. `users`, `groups`: who is to start runs."""
    account = profile.orchestrator_service_account or SERVICE_ACCOUNT
    driver = {"kind": "ServiceAccount", "name": account, "namespace": profile.namespace}
    people = [{"kind": "User", "name": name, "apiGroup": _RBAC} for name in users]
    people += [{"kind": "Group", "name": name, "apiGroup": _RBAC} for name in groups]
    return [
        *_of_orchestrator(profile.namespace, driver),
        *_placed("user", profile.namespace),
        *([_binding("RoleBinding", "kfnb-user", "kfnb-user", profile.namespace, people)] if people else []),
        *_placed("cluster-reader", None),
        _binding(
            "ClusterRoleBinding",
            f"kfnb-cluster-reader-{profile.namespace}",
            "kfnb-cluster-reader",
            None,
            [driver, *people],
        ),
    ]


def _of_orchestrator(namespace: str, driver: Manifest) -> Iterator[Manifest]:
    for manifest in _placed("orchestrator", namespace):
        if manifest["kind"] == "ServiceAccount":
            manifest["metadata"]["name"] = driver["name"]
        elif manifest["kind"] == "RoleBinding":
            manifest["subjects"] = [driver]
        yield manifest


def _placed(name: str, namespace: str | None) -> Iterator[Manifest]:
    for manifest in copy.deepcopy(shipped(name)):
        if namespace is not None:
            manifest["metadata"]["namespace"] = namespace
        yield manifest


def _binding(kind: str, name: str, role: str, namespace: str | None, subjects: list[Manifest]) -> Manifest:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            **({"namespace": namespace} if namespace else {}),
            "labels": {"app.kubernetes.io/managed-by": "kfnb"},
        },
        "roleRef": {"apiGroup": _RBAC, "kind": kind.removesuffix("Binding"), "name": role},
        "subjects": subjects,
    }


def apply(api: ApiServer, manifests: Sequence[Manifest]) -> Iterator[Applied]:
    """Apply objects one by one and say what became of each.

    Those whom a binding names already stay in it. ClusterError if the namespace is not there or the cluster cannot be
    reached.
    """
    for manifest in manifests:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        try:
            yield Applied(kind, name, _apply(api, manifest))
        except ApiError as error:
            if error.status == 404 and "namespace" in str(error):
                raise ClusterError(
                    f"There is no namespace {api.namespace}. Make it (`kubectl create namespace {api.namespace}`), or "
                    "have an administrator of the cluster make it, and repeat the command."
                ) from None
            if error.status not in (403, 422):
                raise
            yield Applied(kind, name, "refused", str(error))


def _apply(api: ApiServer, manifest: Manifest) -> str:
    path = _PLACES[manifest["kind"]].format(**{"namespace": "", **manifest["metadata"]})
    known, before = True, None
    try:
        before = api.find(path)
    except ApiError as error:
        if error.status != 403:
            raise
        known = False
    if before is not None and "subjects" in manifest:
        there = before.get("subjects") or []
        names = [_bare(one) for one in there]
        manifest = {**manifest, "subjects": [*there, *(o for o in manifest["subjects"] if _bare(o) not in names)]}
    after = api.request("PATCH", path, _QUERY, manifest, content="application/apply-patch+yaml")
    if before is None:
        return "made" if known else "applied"
    same = before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
    return "unchanged" if same else "changed"


def _bare(subject: Manifest) -> tuple[str, ...]:
    return tuple(str(subject.get(key, "")) for key in ("kind", "name", "namespace"))
