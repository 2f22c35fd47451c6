"""The pod of a task, or of a run's orchestrator, as the Kubernetes API takes it; job_manifest.py puts it into a Job.

Pure: plain data in, plain data out. A pod as it is made here is allowed where Pod Security `restricted` is enforced.
In it are names, labels and the command's arguments, never code, values or credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfnb.profiles import FROM_NAMESPACE
from kfnb.runners import pod_placement as placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfnb.profiles import Profile
    from kfnb.spec import Settings

MAIN = "main"
"""The container that runs the command; the Job's rules about exit codes name it."""

HOME = "/kfnb/home"
"""Where a pod may write, beside /tmp and /dev/shm: its root is read-only."""

SCRATCH = "scratch"
"""The volume that is there for HOME, /tmp and the launcher that is lent."""

LENDER = "launcher"
"""The init container that lends the launcher to an image without kfnb."""

OWN_VARIABLES = {
    "HOME": HOME,
    "TMPDIR": "/tmp",
    "MPLCONFIGDIR": f"{HOME}/.config/matplotlib",
    "IPYTHONDIR": f"{HOME}/.ipython",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
"""What every pod has, unless profile or step say otherwise."""

LAUNCHER = ("python", "-m", "kfnb.launcher")
"""Starts a step where its image has kfnb."""

BUNDLE = "/kfnb/bundle"
"""Where the launcher lies that is lent to an image without kfnb."""

LENT_LAUNCHER = ("python3", f"{BUNDLE}/any/kfnb/launcher/bundled.py")
"""Starts a step there; a plain Debian knows no `python`. With `-m MODULE` in the place of the URI: that."""

_LENDS = "/opt/kfnb/bundle"
"""Where kfnb's base image has it (docker/Containerfile)."""
_LEND = (
    f'test -d {_LENDS} && exec cp -R {_LENDS}/. {BUNDLE}; echo "Image $0 has no launcher to lend: '
    "`launcher_image` of the cluster's profile must be kfnb's base image, or made on it.\"; exit 4"
)

Manifest = dict[str, Any]


def pod_template(
    profile: Profile,
    settings: Settings,
    command: Sequence[str],
    *,
    labels: dict[str, str],
    annotations: dict[str, str] | None = None,
    service_account: str | None = None,
    with_token: bool = False,
) -> Manifest:
    """Return a pod template that runs `command` in the container `main`, before any patch.

    `with_token`: the service account's token is mounted, for a pod that speaks to the API itself (the orchestrator).
    """
    account = service_account or profile.service_account
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": with_token,
        "serviceAccountName": account,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": profile.grace_seconds,
        "priorityClassName": settings.priority or profile.priority_class,
        "imagePullSecrets": [{"name": name} for name in profile.image_pull_secrets],
        "securityContext": _pod_security(profile),
        "nodeSelector": placement.node_selector(profile, settings),
        "tolerations": placement.tolerations(profile, settings),
        "affinity": placement.affinity(profile, settings),
        "initContainers": [_lender(profile, settings)] if is_lent(profile, settings) else [],
        "containers": [_main(profile, settings, command)],
        "volumes": [*_own_volumes(profile, settings), *(volume for volume, _ in _by_volume(profile, settings))],
    }
    metadata = {
        "labels": {**profile.labels, **settings.labels, **labels},
        "annotations": {**profile.annotations, **settings.annotations, **(annotations or {})},
    }
    return {"metadata": _said(metadata), "spec": _said(spec)}


def launcher_image(profile: Profile) -> str:
    """Return the image that has kfnb in any case."""
    return profile.launcher_image or profile.image


def is_lent(profile: Profile, settings: Settings) -> bool:
    """Say whether a step's image is lent a launcher, because it has none."""
    image = settings.image or profile.image
    if image == launcher_image(profile):
        return False
    return image != profile.image if profile.bundle is None else profile.bundle


def _lender(profile: Profile, settings: Settings) -> Manifest:
    """Return the init container that copies the launcher; it asks for as much as the step, which costs nothing more."""
    asked = placement.resources(profile, settings)
    return _said(
        {
            "name": LENDER,
            "image": launcher_image(profile),
            "imagePullPolicy": profile.image_pull_policy,
            "command": ["sh", "-c", _LEND, launcher_image(profile)],
            "resources": _said({"requests": _plain(asked.requests), "limits": _plain(asked.limits)}),
            "securityContext": _CONTAINER_SECURITY,
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [{"name": SCRATCH, "mountPath": BUNDLE, "subPath": "bundle"}],
        }
    )


def _plain(resources: dict[str, str]) -> dict[str, str]:
    """Return the resources without devices, which copying needs none of."""
    return {name: much for name, much in resources.items() if "/" not in name}


_CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def _main(profile: Profile, settings: Settings, command: Sequence[str]) -> Manifest:
    asked = placement.resources(profile, settings)
    mounts: list[Manifest] = [
        {"name": SCRATCH, "mountPath": HOME, "subPath": "home"},
        {"name": SCRATCH, "mountPath": "/tmp", "subPath": "tmp"},
    ]
    if is_lent(profile, settings):
        mounts.append({"name": SCRATCH, "mountPath": BUNDLE, "subPath": "bundle", "readOnly": True})
    if settings.shared_memory or profile.shm_size:
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})
    return _said(
        {
            "name": MAIN,
            "image": settings.image or profile.image,
            "imagePullPolicy": profile.image_pull_policy,
            "command": list(command),
            "env": _environment(profile, settings),
            "envFrom": [{"secretRef": {"name": profile.store_secret}}] if profile.store_secret else [],
            "resources": _said({"requests": asked.requests, "limits": asked.limits}),
            "securityContext": _CONTAINER_SECURITY,
            "volumeMounts": [*mounts, *(mount for _, found in _by_volume(profile, settings) for mount in found)],
        }
    )


def _pod_security(profile: Profile) -> Manifest:
    """Return what Pod Security `restricted` asks of the pod, with numbers of our own or the namespace's."""
    return {
        "runAsNonRoot": True,
        **({"runAsUser": profile.run_as_user} if profile.run_as_user != FROM_NAMESPACE else {}),
        **({"fsGroup": profile.fs_group} if profile.fs_group != FROM_NAMESPACE else {}),
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _environment(profile: Profile, settings: Settings) -> list[Manifest]:
    """Return the variables of the container: ours first, then the profile's, then the step's, each name once."""
    plain = {
        **OWN_VARIABLES,
        **({_endpoint_variable(profile.root): profile.endpoint_url} if profile.endpoint_url else {}),
        **profile.env,
    }
    found: dict[str, Manifest] = {name: {"value": value} for name, value in plain.items()}
    found |= {name: {"value": value} for name, value in settings.env.items()}
    for kind, entries in (("secretKeyRef", settings.secrets), ("configMapKeyRef", settings.config_maps)):
        found |= {name: {"valueFrom": {kind: {"name": source, "key": key}}} for source, key, name in entries}
    return [{"name": name, **where} for name, where in found.items()]


def _endpoint_variable(root: str) -> str:
    """Return the variable by which a program finds a store that is not Amazon's or Google's."""
    return "STORAGE_EMULATOR_HOST" if root.startswith("gs://") else "AWS_ENDPOINT_URL"


def _own_volumes(profile: Profile, settings: Settings) -> list[Manifest]:
    volumes: list[Manifest] = [{"name": SCRATCH, "emptyDir": {"sizeLimit": profile.scratch_size}}]
    if size := settings.shared_memory or profile.shm_size:
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}})
    return volumes


def _by_volume(profile: Profile, settings: Settings) -> list[tuple[Manifest, list[Manifest]]]:
    """Return each volume that the root lies on or the step asks for, with its mounts; a claim is one volume, wherever
    it is mounted."""
    found: dict[tuple[str, str], tuple[Manifest, list[Manifest]]] = {}

    def mount(kind: str, name: str, source: Manifest, path: str, read_only: bool) -> None:
        volume, mounts = found.setdefault((kind, name), ({"name": f"{kind}-{len(found)}", **source}, []))
        mounts.append({"name": volume["name"], "mountPath": path, **({"readOnly": True} if read_only else {})})

    of_root = [(*profile.claim, False)] if profile.claim else []
    for claim, path, read_only in (*of_root, *settings.volumes):
        mount("claim", claim, {"persistentVolumeClaim": {"claimName": claim}}, path, read_only)
    for name, path in settings.secret_files:
        mount("secret", name, {"secret": {"secretName": name, "defaultMode": 0o440}}, path, True)
    for name, path in settings.config_map_files:
        mount("config", name, {"configMap": {"name": name, "defaultMode": 0o440}}, path, True)
    return list(found.values())


def _said(fields: Manifest) -> Manifest:
    """Return the fields that say something: an object is easier to read without the others."""
    return {key: value for key, value in fields.items() if value not in (None, {}, [])}
