"""What the pods of a pipeline name, and whether it is there: Secrets, claims, accounts, queues and the like. Pure.

The pods themselves are asked, so what a pod patch names counts too. What a patch has written wrongly, so that it names
nothing, is passed over: the API server says so (patches.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.errors import Diagnostic, Fix
from kfnb.runners.cluster_facts import Named
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kfnb.profiles import Profile
    from kfnb.runners.cluster_facts import Facts
    from kfnb.spec import Task

_TAGS = {
    "Secret": "secret:{}:",
    "ConfigMap": "configmap:{}:",
    "PersistentVolumeClaim": "pvc:{}:",
    "LocalQueue": "queue:{}",
    "PriorityClass": "priority:{}",
}


class Reference(NamedTuple):
    """An object that a pod needs, and the key in it, None for all or any."""

    object: Named
    key: str | None = None


def references(template: Mapping[str, Any], queue: str | None = None) -> Iterator[Reference]:
    """Yield what a pod template names and cannot do without. `queue`: that of its Job."""
    spec = template["spec"]
    if account := spec.get("serviceAccountName"):
        yield Reference(Named("ServiceAccount", account))
    if priority := spec.get("priorityClassName"):
        yield Reference(Named("PriorityClass", priority))
    if queue:
        yield Reference(Named("LocalQueue", queue))
    for secret in _objects(spec, "imagePullSecrets"):
        if name := secret.get("name"):
            yield Reference(Named("Secret", name))
    for volume in _objects(spec, "volumes"):
        yield from _of_volume(volume)
    for container in (*_objects(spec, "initContainers"), *_objects(spec, "containers")):
        yield from _of_environment(container)


def _of_volume(volume: Mapping[str, Any]) -> Iterator[Reference]:
    for kind, source, field in (
        ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
        ("Secret", "secret", "secretName"),
        ("ConfigMap", "configMap", "name"),
    ):
        found = _object(volume, source)
        if found.get(field) and not found.get("optional"):
            yield Reference(Named(kind, found[field]))


def _of_environment(container: Mapping[str, Any]) -> Iterator[Reference]:
    for each in _objects(container, "envFrom"):
        for kind, source in (("Secret", "secretRef"), ("ConfigMap", "configMapRef")):
            found = _object(each, source)
            if found.get("name") and not found.get("optional"):
                yield Reference(Named(kind, found["name"]))
    for each in _objects(container, "env"):
        for kind, source in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
            found = _object(_object(each, "valueFrom"), source)
            if found.get("name") and found.get("key") and not found.get("optional"):
                yield Reference(Named(kind, found["name"]), found["key"])


def _object(holder: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    found = holder.get(field)
    return found if isinstance(found, dict) else {}


def _objects(holder: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    found = holder.get(field)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def missing(
    facts: Facts, profile: Profile, own: list[Reference], by_task: Iterable[tuple[Task, list[Reference]]]
) -> Iterator[Diagnostic]:
    """Yield what is not there: of what the profile itself names (`own`), and of what each step names beyond that."""
    for reference in dict.fromkeys(own):
        if found := _finding(facts, profile, reference, None):
            yield found
    for task, named in by_task:
        for reference in dict.fromkeys(each for each in named if each not in own):
            if found := _finding(facts, profile, reference, task):
                yield found


def unseen(facts: Facts) -> list[str]:
    """Return what may be there or not: nobody who asks has a right to see it."""
    return [one for one, there in facts.there.items() if there is None]


def _finding(facts: Facts, profile: Profile, reference: Reference, task: Task | None) -> Diagnostic | None:
    one, key = reference
    there = facts.there.get(str(one))
    keys = facts.keys.get(str(one), ())
    if there is None or (there and (key is None or one.kind != "ConfigMap" or key in keys)):
        return None
    who = f"Step `{task.name}`" if task is not None else f"Cluster `{profile.name}`"
    cell = cell_of(task, _TAGS.get(one.kind, "{}").format(one.name)) if task is not None else None
    line = 1 if cell else None
    place = "the cluster" if one.kind == "PriorityClass" else f"namespace {profile.namespace}"
    if one.kind == "LocalQueue" and not facts.kueue:
        message = f"{who} names the queue `{one.name}`, and the cluster has no Kueue: its Jobs wait until something "
        message += "else lets them run."
        return Diagnostic("KF921", "warning", message, cell=cell, line=line)
    if there:
        message = f"{who} names the key `{key}` of the ConfigMap `{one.name}`, which has {_listed(keys)}."
        return Diagnostic("KF921", "error", message, cell=cell, line=line, fix=Fix("Name one of these, or add it."))
    message = f"{who} names the {one.kind} `{one.name}`, which {place} does not have."
    return Diagnostic("KF921", "error", message, cell=cell, line=line, fix=Fix(fix(one, facts, profile)))


def fix(one: Named, facts: Facts, profile: Profile) -> str:
    """Say what to do about an object that is not there."""
    create = f"`kubectl create {{}} {one.name} --namespace {profile.namespace}{{}}`"
    if one.kind == "Secret":
        return f"Make it: {create.format('secret generic', ' --from-literal=KEY=VALUE')}."
    if one.kind == "ConfigMap":
        return f"Make it: {create.format('configmap', ' --from-literal=KEY=VALUE')}."
    if one.kind == "ServiceAccount" and one.name == (profile.orchestrator_service_account or "kfnb-orchestrator"):
        return f"Make it, with the rights that it needs: `kfnb cluster init {profile.name}`."
    if one.kind == "ServiceAccount":
        return f"Make it: {create.format('serviceaccount', '')}."
    if one.kind == "PriorityClass" and facts.classes is not None:
        return f"There are {_listed(facts.classes)}."
    return "Name one that is there, or have it made."


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
