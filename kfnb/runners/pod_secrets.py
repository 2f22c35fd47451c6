"""Where a task's pod has values of Secrets: which variables and which folders, by name alone. Pure.

The launcher keeps these values out of what a task prints; the Kubernetes runner tells it these names. The pod as it is
after all patches is asked, so what a patch puts into it counts too. Of a Secret that is taken whole (`envFrom`) a
manifest cannot know the keys, and nobody may read Secrets: the pod has it as files too, which tell the launcher.
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

_WHOLE = "/kfnb/secrets"
"""Where the files are of Secrets all of whose keys are variables."""
_STORE_OF_SECRETS = "secrets-store.csi.k8s.io"
"""The driver that mounts what vaults hold (https://secrets-store-csi-driver.sigs.k8s.io)."""


class Secrets(NamedTuple):
    """Names of variables; paths of files and folders. Called as in ExecutorInput."""

    secret_variables: tuple[str, ...] = ()
    secret_paths: tuple[str, ...] = ()


def secrets_of(profile: Profile, settings: Settings) -> Secrets:
    """Return where the pod of a step has values of Secrets; nothing where there can be no such pod."""
    try:
        template = patched(pod_template(profile, settings, (), labels={}), profile.pod_patch, *settings.pod_patches)
    except BadPatch:
        return Secrets()
    spec = with_files(template)["spec"]
    main = next(each for each in spec["containers"] if each["name"] == MAIN)
    return Secrets(tuple(_variables(main)), tuple(_paths(spec, main)))


def with_files(template: Manifest) -> Manifest:
    """Return a pod template, after all patches, with the Secrets as files that its main container has as variables."""
    spec = template["spec"]
    at = next(number for number, each in enumerate(spec["containers"]) if each["name"] == MAIN)
    main = spec["containers"][at]
    taken = [each["secretRef"] for each in main.get("envFrom") or () if each.get("secretRef")]
    by_name = {each["name"]: each for each in taken}
    if not by_name:
        return template
    volumes, mounts = [*(spec.get("volumes") or ())], [*(main.get("volumeMounts") or ())]
    for number, (name, source) in enumerate(by_name.items()):
        # All may read them, as all in the container may read its variables; not every pod has a group of its own.
        secret = {"secretName": name, "defaultMode": 0o444}
        secret |= {"optional": source["optional"]} if "optional" in source else {}
        volumes.append({"name": f"whole-secret-{number}", "secret": secret})
        mounts.append({"name": f"whole-secret-{number}", "mountPath": f"{_WHOLE}/{number}", "readOnly": True})
    containers = [*spec["containers"]]
    containers[at] = {**main, "volumeMounts": mounts}
    return {**template, "spec": {**spec, "containers": containers, "volumes": volumes}}


def _variables(main: Manifest) -> Iterator[str]:
    for each in main.get("env") or ():
        if "secretKeyRef" in (each.get("valueFrom") or {}):
            yield each["name"]


def _paths(spec: Manifest, main: Manifest) -> Iterator[str]:
    holding = {volume["name"] for volume in spec.get("volumes") or () if _holds_secrets(volume)}
    for mount in main.get("volumeMounts") or ():
        if mount.get("name") in holding:
            yield mount["mountPath"]


def _holds_secrets(volume: Manifest) -> bool:
    sources = (volume.get("projected") or {}).get("sources") or ()
    of_vault = (volume.get("csi") or {}).get("driver") == _STORE_OF_SECRETS
    return "secret" in volume or of_vault or any("secret" in source for source in sources)
