"""What a cluster says of itself before a run: version, rights, objects that are named, nodes, quotas; asked at once.

Used by preflight and by `kfnb cluster check`, which judge what they find; nothing is judged here. What whoever asks may
not see is None: unknown, not missing.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from kfnb.runners import rights
from kfnb.runners.api_server import ApiError
from kfnb.runners.rights import Right  # noqa: TC001 - msgspec looks at the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kfnb.runners.api_server import ApiServer, Object

Answer = TypeVar("Answer")

_PATIENCE = 5.0
_AT_ONCE = 5  # and as many for rights: no more than the client keeps connections
_KUEUE = "kueue.x-k8s.io"
_LEVEL = "pod-security.kubernetes.io/enforce"
_CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"
_KINDS = {
    "Secret": "secrets",
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ServiceAccount": "serviceaccounts",
}


class Named(NamedTuple):
    """An object that a pod needs: a Secret, ConfigMap, PersistentVolumeClaim, ServiceAccount, LocalQueue or
    PriorityClass."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Node(msgspec.Struct, frozen=True):
    """A node: what pods may have of it in all, as Kubernetes quantities, its labels and its taints.

    `images`: those that were asked about and that it has.
    """

    name: str
    allocatable: dict[str, str]
    labels: dict[str, str] = {}
    taints: tuple[dict[str, str], ...] = ()
    images: tuple[str, ...] = ()

    @property
    def as_object(self) -> Object:
        """The node as the API has it, as far as it is known here."""
        return {"metadata": {"labels": self.labels}, "spec": {"taints": self.taints}}


class Quota(msgspec.Struct, frozen=True):
    """A ResourceQuota that counts every pod: what all of the namespace together may ask for, and what it has now."""

    name: str
    hard: dict[str, str]
    used: dict[str, str] = {}


class Range(msgspec.Struct, frozen=True):
    """A LimitRange for containers: least and most of one, and what one gets that says nothing."""

    name: str
    least: dict[str, str] = {}
    most: dict[str, str] = {}
    limits: dict[str, str] = {}
    requests: dict[str, str] = {}


class Facts(msgspec.Struct, frozen=True):
    """What a cluster said. `level`: the Pod Security level that its namespace enforces, empty for none.

    `there`: whether each named object is there. `keys`: those of config maps. `lacking`: rights that whoever asked does
    not have. `classes`: names of all priority classes. `driver_lacks`: rights that the account of the orchestrator does
    not have.
    """

    version: str
    lacking: tuple[Right, ...]
    namespace: bool | None
    level: str | None
    there: dict[str, bool | None]
    keys: dict[str, tuple[str, ...]]
    kueue: bool
    nodes: tuple[Node, ...] | None
    quotas: tuple[Quota, ...] | None
    ranges: tuple[Range, ...] | None
    classes: tuple[str, ...] | None
    driver_lacks: tuple[Right, ...] | None = ()


def look(
    api: ApiServer,
    named: Iterable[Named],
    wanted: Sequence[Right],
    images: Iterable[str] = (),
    driver: str | None = None,
) -> Facts:
    """Ask a cluster for all of it. ClusterError if it cannot be reached or knows nobody with these credentials.

    `images`: names in full of images; which nodes have one is told. `driver`: the service account of the orchestrator.
    """
    asked_about = frozenset(images)
    version = api.get("/version", patience=_PATIENCE)["gitVersion"]
    kueue = _kueue(api)
    names = sorted(set(named))
    with ThreadPoolExecutor(_AT_ONCE) as pool:

        def asked(question: Callable[[], Answer]) -> Any:
            return pool.submit(_unless_forbidden, question)

        namespace = asked(lambda: api.find(f"/api/v1/namespaces/{api.namespace}", patience=_PATIENCE) or {})
        objects = [asked(functools.partial(_object, api, one, kueue)) for one in names]
        of_nodes = asked(lambda: nodes(api, asked_about))
        quotas = asked(lambda: tuple(_quotas(_items(api, api.place("resourcequotas")))))
        ranges = asked(lambda: tuple(_ranges(_items(api, api.place("limitranges")))))
        classes = asked(lambda: tuple(each["metadata"]["name"] for each in _items(api, _CLASSES)))
        driver_lacks = asked(lambda: _lacks(api, driver)) if driver is not None else None
        lacking = tuple(rights.missing(api, wanted, patience=_PATIENCE))
        found = {str(one): each.result() for one, each in zip(names, objects, strict=True)}
        seen = namespace.result()
        return Facts(
            version=version,
            lacking=lacking,
            namespace=None if seen is None else bool(seen),
            level=None if seen is None else ((seen.get("metadata") or {}).get("labels") or {}).get(_LEVEL, ""),
            there={one: None if each is None else bool(each) for one, each in found.items()},
            keys={one: tuple(_keys(each)) for one, each in found.items() if one.startswith("ConfigMap ") and each},
            kueue=kueue is not None,
            nodes=of_nodes.result(),
            quotas=quotas.result(),
            ranges=ranges.result(),
            classes=classes.result(),
            driver_lacks=driver_lacks.result() if driver_lacks is not None else (),
        )


def nodes(api: ApiServer, images: frozenset[str] = frozenset()) -> tuple[Node, ...] | None:
    """Return a cluster's nodes, and which of `images` they have; None if whoever asks may not see them.

    ClusterError if the cluster cannot be reached.
    """
    return _unless_forbidden(lambda: tuple(_node(each, images) for each in _items(api, "/api/v1/nodes")))


def _unless_forbidden(question: Callable[[], Answer]) -> Answer | None:
    try:
        return question()
    except ApiError as error:
        if error.status != 403:
            raise
        return None


def _lacks(api: ApiServer, account: str) -> tuple[Right, ...]:
    """Return what a service account may not do of what it takes to drive a run."""
    first, *others = sorted(rights.drives())  # who may not ask learns it from the first
    lacking = (rights.missing(api, some, account=account, patience=_PATIENCE) for some in ([first], others))
    return tuple(right for some in lacking for right in some)


def _kueue(api: ApiServer) -> str | None:
    """Return the version in which the cluster speaks of Kueue's queues; None where there is no Kueue."""
    group = api.find(f"/apis/{_KUEUE}", patience=_PATIENCE)
    return str(group["preferredVersion"]["version"]) if group is not None else None


def _object(api: ApiServer, one: Named, kueue: str | None) -> Object | bool:
    """Return an object, or whether it is there; what is in a Secret is never asked for."""
    if one.kind == "ConfigMap":
        return api.find(api.place("configmaps", one.name), patience=_PATIENCE) or False
    if one.kind == "PriorityClass":
        return api.has(f"{_CLASSES}/{one.name}", patience=_PATIENCE)
    if one.kind == "LocalQueue":
        return kueue is not None and api.has(
            api.place("localqueues", one.name, f"{_KUEUE}/{kueue}"), patience=_PATIENCE
        )
    return api.has(api.place(_KINDS[one.kind], one.name), patience=_PATIENCE)


def _items(api: ApiServer, path: str) -> list[Object]:
    items: list[Object] = api.get(path, patience=_PATIENCE).get("items", [])
    return items


def _keys(found: Object) -> list[str]:
    return [*(found.get("data") or ()), *(found.get("binaryData") or ())]


def _node(found: Object, images: frozenset[str]) -> Node:
    taints = ({key: str(taint.get(key, "")) for key in ("key", "value", "effect")} for taint in _taints(found))
    labels = found["metadata"].get("labels") or {}
    status = found["status"]
    has = {name for each in status.get("images") or () for name in each.get("names") or () if name in images}
    allocatable = status.get("allocatable") or {}
    return Node(found["metadata"]["name"], allocatable, labels, tuple(taints), tuple(sorted(has)))


def _taints(found: Object) -> list[Object]:
    """Return the taints that mean something for a pod that comes later: not those of a node that is away just now."""
    taints: list[Object] = found["spec"].get("taints") or []
    return [taint for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]


def _quotas(items: Iterable[Object]) -> Iterable[Quota]:
    for found in items:
        spec = found["spec"]
        if not spec.get("scopes") and not spec.get("scopeSelector"):
            yield Quota(
                found["metadata"]["name"], spec.get("hard") or {}, (found.get("status") or {}).get("used") or {}
            )


def _ranges(items: Iterable[Object]) -> Iterable[Range]:
    for found in items:
        for limit in found["spec"].get("limits") or ():
            if limit.get("type") == "Container":
                yield Range(
                    found["metadata"]["name"],
                    limit.get("min") or {},
                    limit.get("max") or {},
                    limit.get("default") or {},
                    limit.get("defaultRequest") or {},
                )
