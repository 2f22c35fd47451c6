"""Pod patches: a strategic merge of what a profile or a step wants otherwise into a pod template.

The rules are those of Kubernetes' own strategic merge patch (`patchMergeKey` in the types of its API): objects are
merged, lists whose items have a key are merged by it, other lists are replaced, null removes, `$patch` says otherwise.
The user has the last word, except on what a run rests on: then BadPatch says what and why.
"""

from __future__ import annotations

from typing import Any

from kfnb.profiles.checks import is_own_label
from kfnb.runners.pod_manifest import BUNDLE, LENDER, OWN_VARIABLES, SCRATCH

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "resourceClaims": "name",
    "schedulingGates": "name",
}
"""Lists of a pod's spec that are merged item by item, and the key that names an item (k8s.io/api/core/v1)."""

_DIRECTIVE = "$patch"
_FIXED = {
    "restartPolicy": "what becomes of a pod is for the orchestrator to say",
    "activeDeadlineSeconds": "it would count the time that a pod waits; use the tag `timeout:`",
    "readinessGates": "that its node is lost is seen by a pod's readiness",
}
_FIXED_OF_MAIN = {
    "command": "it starts the step",
    "args": "the command takes one argument, where its input is",
    "image": "a result depends on it; use the tag `image:`, or `image` of the cluster's profile",
    "restartPolicy": _FIXED["restartPolicy"],
    "restartPolicyRules": _FIXED["restartPolicy"],
}
_FIXED_OF_LENDER = {
    "command": "it copies kfnb's launcher",
    "args": "it copies kfnb's launcher",
    "image": "kfnb's launcher is in it; use `launcher_image` of the cluster's profile",
    "restartPolicy": "the step begins when it has ended",
}


class BadPatch(Exception):
    """A pod patch cannot be applied; the text says at which field and why."""


def patched(template: dict[str, Any], *patches: dict[str, Any]) -> dict[str, Any]:
    """Return a pod template after patches, the last one winning; BadPatch if one breaks what a run rests on."""
    after = template
    for patch in patches:
        if patch:
            check_form(patch)
            after = _merged(after, patch, "")
            _check_kept(template, after)
    return after


def check_form(patch: dict[str, Any]) -> None:
    """Raise BadPatch if a patch speaks of anything but a pod's labels, annotations and spec."""
    for key, value in patch.items():
        if key not in ("metadata", "spec"):
            raise BadPatch(f"`{key}` stands beside `metadata` and `spec`; it belongs into one of them")
        if not isinstance(value, dict):
            raise BadPatch(f"`{key}` must be an object")
    for key, value in patch.get("metadata", {}).items():
        if key not in ("labels", "annotations"):
            raise BadPatch(f"`metadata.{key}` is kfnb's own; only labels and annotations can be patched")
        if not isinstance(value, dict):
            raise BadPatch(f"`metadata.{key}` must be an object")
        own = [name for name in value if is_own_label(name)]
        if own or _DIRECTIVE in value:
            raise BadPatch(f"`metadata.{key}`: by {own[0] if own else 'these'} kfnb finds the pods of a run again")


# ---------------------------------------------------------------------------------------------------------- the merge


def _merged(old: dict[str, Any], patch: dict[str, Any], path: str) -> dict[str, Any]:
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    new = dict(old)
    for key, value in patch.items():
        here = f"{path}.{key}".lstrip(".")
        if key.startswith("$"):
            raise BadPatch(f"`{here}`: of directives there are `$patch: replace` and, in a list, `$patch: delete`")
        if value is None:
            new.pop(key, None)
        elif isinstance(value, dict):
            new[key] = _merged(_object(old.get(key), here), value, here)
        elif isinstance(value, list) and key in _MERGE_KEYS:
            new[key] = _merged_list(old.get(key) or [], value, _MERGE_KEYS[key], here)
        else:
            new[key] = value
    return new


def _merged_list(old: list[Any], patch: list[Any], by: str, path: str) -> list[Any]:
    if any(isinstance(item, dict) and set(item) == {_DIRECTIVE} and item[_DIRECTIVE] == "replace" for item in patch):
        return [item for item in patch if item != {_DIRECTIVE: "replace"}]
    new = [*old]
    for item in patch:
        if not isinstance(item, dict) or by not in item:
            raise BadPatch(f"`{path}`: each item must be an object with `{by}`, which says the item that is meant")
        place = next((number for number, each in enumerate(new) if each.get(by) == item[by]), None)
        if item.get(_DIRECTIVE) == "delete":
            new = [each for each in new if each.get(by) != item[by]]
        elif place is None:
            # A profile's patch is for all pods, also for those whose image needs no launcher.
            if (path, item[by]) != ("spec.initContainers", LENDER) or "image" in item:
                new.append(_merged({}, item, path))
        else:
            new[place] = _merged_item(new[place], item, path)
    return new


def _merged_item(old: dict[str, Any], item: dict[str, Any], path: str) -> dict[str, Any]:
    """Return an item after its patch. A volume has one source: another one takes its place."""
    if path.endswith("volumes") and set(item) - {"name", _DIRECTIVE} - set(old):
        return _merged({}, item, path)
    return _merged(old, item, path)


def _object(value: Any, path: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise BadPatch(f"`{path}` is no object in a pod")
    return value or {}


# ------------------------------------------------------------------------------------------------------- the contract


def _check_kept(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise BadPatch if what a run rests on is not what it was."""
    old, new = before["spec"], after["spec"]
    for field, why in _FIXED.items():
        if old.get(field) != new.get(field):
            raise BadPatch(f"`spec.{field}` cannot be changed: {why}")
    main, *_ = old["containers"]
    containers = _named(new, "containers")
    if main["name"] not in containers:
        raise BadPatch(f"the container `{main['name']}` cannot be taken away: the step runs in it")
    for name in containers:
        if name != main["name"]:
            raise BadPatch(
                f"the container `{name}` would keep the pod from ending; "
                "write it among `initContainers` with `restartPolicy: Always`, as a sidecar"
            )
    _check_container(main, containers[main["name"]], _FIXED_OF_MAIN)
    first = _named(new, "initContainers")
    for container in old.get("initContainers") or ():
        if container["name"] not in first:
            raise BadPatch(f"the init container `{container['name']}` cannot be taken away: it lends kfnb's launcher")
        _check_container(container, first[container["name"]], _FIXED_OF_LENDER)
    volumes = _named(new, "volumes")
    for volume in old.get("volumes") or ():
        if volume["name"] not in volumes:
            raise BadPatch(f"the volume `{volume['name']}` cannot be taken away: it is mounted; give it another source")


def _check_container(old: dict[str, Any], new: dict[str, Any], fixed: dict[str, str]) -> None:
    """Raise BadPatch if a container does not do any more what it is there for, or lacks what that takes."""
    name = old["name"]
    for field, why in fixed.items():
        if old.get(field) != new.get(field):
            raise BadPatch(f"`{field}` of the container `{name}` cannot be changed: {why}")
    mounts = _named(new, "volumeMounts", "mountPath", name)
    for mount in old.get("volumeMounts") or ():
        path, after = mount["mountPath"], mounts.get(mount["mountPath"])
        if after is None:
            raise BadPatch(f"what is mounted at `{path}` of the container `{name}` cannot be taken away")
        if path == BUNDLE and after != mount:
            raise BadPatch(f"the mount at `{path}` of the container `{name}` cannot be changed: the launcher is there")
        if mount["name"] == SCRATCH and after.get("readOnly") and not mount.get("readOnly"):
            raise BadPatch(f"the mount at `{path}` of the container `{name}` cannot be read-only: kfnb writes there")
    variables = _named(new, "env", "name", name)
    for variable in old.get("env") or ():
        if variable["name"] in OWN_VARIABLES and variable["name"] not in variables:
            raise BadPatch(f"the variable `{variable['name']}` cannot be taken away; it may have another value")
    for source in old.get("envFrom") or ():
        if source not in (new.get("envFrom") or ()):
            raise BadPatch(f"`envFrom` of the container `{name}` is replaced as a whole; repeat {_words(source)} in it")


def _named(holder: dict[str, Any], field: str, by: str = "name", of: str = "") -> dict[str, dict[str, Any]]:
    """Return the items of a list by what names them."""
    items = holder.get(field) or []
    if not isinstance(items, list) or not all(isinstance(each, dict) and by in each for each in items):
        where = f"`{field}` of the container `{of}`" if of else f"`spec.{field}`"
        raise BadPatch(f"{where} must be a list of objects with a `{by}`")
    return {each[by]: each for each in items}


def _words(source: dict[str, Any]) -> str:
    return ", ".join(f"`{kind}: {found.get('name')}`" for kind, found in source.items() if isinstance(found, dict))
