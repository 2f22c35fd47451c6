"""Where a task's pod has values of Secrets: which variables and which folders, by name alone. Pure.

The launcher keeps these values out of what a task prints; the Kubernetes runner tells it these names. The pod as it is
after all patches is asked, so what a patch puts into it counts too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kfnb.runners.pod_manifest import MAIN, pod_template
from kfnb.runners.pod_patch import BadPatch, patched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.profiles import Profile
    from kfnb.runners.pod_manifest import Manifest
    from kfnb.spec import Settings


class Secrets(NamedTuple):
    """Names of variables, `PREFIX*` where all keys of a Secret are variables; paths of files and folders.

    Called as in ExecutorInput.
    """

    secret_variables: tuple[str, ...] = ()
    secret_paths: tuple[str, ...] = ()


def secrets_of(profile: Profile, settings: Settings) -> Secrets:
    """Return where the pod of a step has values of Secrets; nothing where there can be no such pod."""
    try:
        template = patched(pod_template(profile, settings, (), labels={}), profile.pod_patch, *settings.pod_patches)
    except BadPatch:
        return Secrets()
    spec = template["spec"]
    main = next(each for each in spec["containers"] if each["name"] == MAIN)
    return Secrets(tuple(_variables(main)), tuple(_paths(spec, main)))


def _variables(main: Manifest) -> Iterator[str]:
    for each in main.get("env") or ():
        if "secretKeyRef" in (each.get("valueFrom") or {}):
            yield each["name"]
    for each in main.get("envFrom") or ():
        if "secretRef" in each:
            yield f"{each.get('prefix') or ''}*"


def _paths(spec: Manifest, main: Manifest) -> Iterator[str]:
    holding = {volume["name"] for volume in spec.get("volumes") or () if _holds_secrets(volume)}
    for mount in main.get("volumeMounts") or ():
        if mount.get("name") in holding:
            yield mount["mountPath"]


def _holds_secrets(volume: Manifest) -> bool:
    sources = (volume.get("projected") or {}).get("sources") or ()
    return "secret" in volume or any("secret" in source for source in sources)
