"""Rights in a cluster: which ones kfnb needs, as the YAML in `kfnb/deploy` lists them, and which somebody lacks.

Used by `kfnb cluster init` and `check`, by what is looked at before a run, and by the pod that `check` starts. The API
server itself is asked (SelfSubjectAccessReview), so whatever grants a right counts.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfnb.runners.api_server import ApiServer

Manifest = dict[str, Any]

_AT_ONCE = 5
_GROUP = "authorization.k8s.io/v1"
_REVIEWS = f"/apis/{_GROUP}/selfsubjectaccessreviews"
_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


class Right(NamedTuple):
    """To do `verb` with objects of a kind; `resource` as in RBAC, such as `pods/log`. `everywhere`: of no namespace."""

    verb: str
    resource: str
    group: str = ""
    everywhere: bool = False

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")


STARTS = frozenset({Right("create", "jobs", "batch"), Right("get", "jobs", "batch")})
"""What somebody must have to start a run that the cluster drives, and to see whether it is driven."""

ENDS = frozenset(
    {
        Right("delete", "jobs", "batch"),
        Right("delete", "pods"),
        Right("delete", "configmaps"),
        *(Right(verb, "leases", "coordination.k8s.io") for verb in ("create", "get", "update", "delete")),
    }
)
"""What it takes to remove a run, and to end one that nothing drives; another one ends itself when it is asked to."""

LOOKS = frozenset({Right("list", "pods"), Right("get", "pods/log"), Right("list", "events")})
"""What shows the logs of tasks, and why they wait, while they are there."""


@functools.cache
def shipped(name: str) -> tuple[Manifest, ...]:
    """Return the objects of `kfnb/deploy/NAME.yaml`, in which no namespace is named yet. Not to be changed."""
    import yaml  # type: ignore[import-untyped]

    text = (resources.files("kfnb") / "deploy" / f"{name}.yaml").read_text("utf-8")
    return tuple(yaml.safe_load_all(text))


def needed(name: str) -> tuple[Right, ...]:
    """Return the rights that the role in `kfnb/deploy/NAME.yaml` grants: orchestrator, user or cluster-reader."""
    role = next(each for each in shipped(name) if each["kind"] in ("Role", "ClusterRole"))
    return tuple(
        Right(verb, resource, group, role["kind"] == "ClusterRole")
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    )


def drives() -> frozenset[Right]:
    """Return what whoever drives a run cannot do without: the orchestrator, or somebody on their own machine."""
    return frozenset(needed("orchestrator")) - {Right("get", "pods/log"), Right("list", "events")}


def missing(
    api: ApiServer, wanted: Iterable[Right], *, account: str | None = None, patience: float = 5.0
) -> list[Right]:
    """Return those of the rights that whoever asks does not have in the namespace of `api`.

    `account`: those that this service account does not have; ApiError (403) for who may not ask about others.
    """
    asked = list(wanted)
    with ThreadPoolExecutor(_AT_ONCE) as side_by_side:
        answers = list(side_by_side.map(lambda right: _has(api, right, account, patience), asked))
    return [right for right, has in zip(asked, answers, strict=True) if not has]


def _has(api: ApiServer, right: Right, account: str | None, patience: float) -> bool:
    resource, _, part = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": part}
    if not right.everywhere:
        attributes["namespace"] = api.namespace
    spec: dict[str, Any] = {"resourceAttributes": attributes}
    where, kind = _REVIEWS, "SelfSubjectAccessReview"
    if account is not None:
        where, kind = api.place("localsubjectaccessreviews", group=_GROUP), "LocalSubjectAccessReview"
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{api.namespace}", "system:authenticated"]
        spec |= {"user": f"system:serviceaccount:{api.namespace}:{account}", "groups": groups}
    body = {"apiVersion": _GROUP, "kind": kind, "metadata": {"namespace": api.namespace} if account else {}}
    answer = api.create(where, {**body, "spec": spec}, patience=patience)
    return bool(answer["status"]["allowed"])


def who_am_i(api: ApiServer) -> str:
    """Return the name by which the cluster knows whoever asks; RBAC's subjects of kind User have it."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    return str(api.create(_WHO, body, patience=5.0)["status"]["userInfo"].get("username", ""))


def in_words(rights: Iterable[Right]) -> str:
    """Return rights as a person reads them, those on one kind of objects together: `create, get jobs.batch`."""
    verbs: dict[str, list[str]] = {}
    for right in rights:
        verbs.setdefault(str(right).partition(" ")[2], []).append(right.verb)
    return "; ".join(f"{', '.join(each)} {kind}" for kind, each in verbs.items())
