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
        "containers": [_main(profile, settings, command)],
        "volumes": [*_own_volumes(profile, settings), *(volume for volume, _ in _by_volume(settings))],
    }
    metadata = {
        "labels": {**profile.labels, **settings.labels, **labels},
        "annotations": {**profile.annotations, **settings.annotations, **(annotations or {})},
    }
    return {"metadata": _said(metadata), "spec": _said(spec)}


def _main(profile: Profile, settings: Settings, command: Sequence[str]) -> Manifest:
    asked = placement.resources(profile, settings)
    mounts = [
        {"name": "scratch", "mountPath": HOME, "subPath": "home"},
        {"name": "scratch", "mountPath": "/tmp", "subPath": "tmp"},
    ]
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
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
            "volumeMounts": [*mounts, *(mount for _, found in _by_volume(settings) for mount in found)],
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
        "HOME": HOME,
        "TMPDIR": "/tmp",
        "MPLCONFIGDIR": f"{HOME}/.config/matplotlib",
        "IPYTHONDIR": f"{HOME}/.ipython",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **({"AWS_ENDPOINT_URL": profile.endpoint_url} if profile.endpoint_url else {}),
        **profile.env,
    }
    found: dict[str, Manifest] = {name: {"value": value} for name, value in plain.items()}
    found |= {name: {"value": value} for name, value in settings.env.items()}
    for kind, entries in (("secretKeyRef", settings.secrets), ("configMapKeyRef", settings.config_maps)):
        found |= {name: {"valueFrom": {kind: {"name": source, "key": key}}} for source, key, name in entries}
    return [{"name": name, **where} for name, where in found.items()]


def _own_volumes(profile: Profile, settings: Settings) -> list[Manifest]:
    volumes: list[Manifest] = [{"name": "scratch", "emptyDir": {"sizeLimit": profile.scratch_size}}]
    if size := settings.shared_memory or profile.shm_size:
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}})
    return volumes


def _by_volume(settings: Settings) -> list[tuple[Manifest, list[Manifest]]]:
    """Return each volume that the step asks for with its mounts; a claim is one volume, wherever it is mounted."""
    found: dict[tuple[str, str], tuple[Manifest, list[Manifest]]] = {}

    def mount(kind: str, name: str, source: Manifest, path: str, read_only: bool) -> None:
        volume, mounts = found.setdefault((kind, name), ({"name": f"{kind}-{len(found)}", **source}, []))
        mounts.append({"name": volume["name"], "mountPath": path, **({"readOnly": True} if read_only else {})})

    for claim, path, read_only in settings.volumes:
        mount("claim", claim, {"persistentVolumeClaim": {"claimName": claim}}, path, read_only)
    for name, path in settings.secret_files:
        mount("secret", name, {"secret": {"secretName": name, "defaultMode": 0o440}}, path, True)
    for name, path in settings.config_map_files:
        mount("config", name, {"configMap": {"name": name, "defaultMode": 0o440}}, path, True)
    return list(found.values())


def _said(fields: Manifest) -> Manifest:
    """Return the fields that say something: an object is easier to read without the others."""
    return {key: value for key, value in fields.items() if value not in (None, {}, [])}
