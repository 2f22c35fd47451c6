"""Somebody who may do certain things in a namespace and nothing else: service accounts with a kubeconfig each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kfnb.runners.api_server import ApiServer
from kfnb.runners.rights import Right
from tests.cluster.fixtures import Cluster


def people(
    cluster: Cluster, namespace: str, folder: Path, rights: Mapping[str, Sequence[Right]]
) -> dict[str, tuple[Path, ApiServer]]:
    """For each name somebody with these rights in the namespace: a kubeconfig, and the API server as they see it."""
    admin = ApiServer(None, cluster.environment["KUBECONFIG"], namespace)
    for name, each in rights.items():
        _make(admin, name, each)
    found = {}
    for name in rights:
        path = folder / f"{name}.kubeconfig"
        token = admin.create(
            admin.place("serviceaccounts", f"{name}/token"), {"spec": {"audiences": None, "expirationSeconds": 3600}}
        )["status"]["token"]
        path.write_text(json.dumps(_kubeconfig(cluster, token, namespace)), "utf-8")
        found[name] = (path, ApiServer(None, str(path), namespace))
    return found


def _make(admin: ApiServer, name: str, rights: Sequence[Right]) -> None:
    group = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [each.group], "resources": [each.resource], "verbs": [each.verb]} for each in rights]
    admin.create(admin.place("serviceaccounts"), {"metadata": {"name": name}})
    admin.create(admin.place("roles", group=f"{group}/v1"), {"metadata": {"name": name}, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": name, "namespace": admin.namespace}
    role = {"apiGroup": group, "kind": "Role", "name": name}
    binding = {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]}
    admin.create(admin.place("rolebindings", group=f"{group}/v1"), binding)


def _kubeconfig(cluster: Cluster, token: str, namespace: str) -> dict[str, Any]:
    import yaml

    document = yaml.safe_load(Path(cluster.environment["KUBECONFIG"]).read_text("utf-8"))
    context = document["contexts"][0]["context"]
    return {
        **document,
        "users": [{"name": context["user"], "user": {"token": token}}],
        "contexts": [{"name": document["contexts"][0]["name"], "context": {**context, "namespace": namespace}}],
    }
