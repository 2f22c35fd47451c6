"""What a cluster profile holds, as plain data; reading.py makes these from the file, runners turn them into objects."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

GPU = "nvidia.com/gpu"
"""The resource that `gpu:N` means where no accelerator type says otherwise."""

FROM_NAMESPACE = "fromNamespace"
"""For `run_as_user` and `fs_group`: the namespace gives the number, as OpenShift's does; the pod names none."""

UserId = int | Literal["fromNamespace"]


def _small() -> dict[str, str]:
    """Return what a pod is promised where nobody says more: enough to start, so that it is not the first to go."""
    return {"cpu": "100m", "memory": "256Mi"}


class Accelerator(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one accelerator type (`accelerator:t4`) means in a cluster.

    `resource`: what a step gets of it, `gpu:N` of these; one where the step gives no number. A node has it if it
    carries all of `node_selector` and, where `any_label` says something, at least one of those labels with one of the
    values beside it. `tolerations` are those of its nodes' taints, beside the one that every device is given.
    """

    resource: str = GPU
    node_selector: dict[str, str] = {}
    any_label: dict[str, tuple[str, ...]] = {}
    tolerations: tuple[dict[str, str | int], ...] = ()


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A cluster as kfnb uses it: where it is, where runs lie, and what every pod gets.

    Quantities are Kubernetes quantity strings, times are seconds. What a step's tags say wins over the profile. Nothing
    here is secret: credentials are named (`store_secret`), never held.
    """

    name: str
    # where it is
    context: str | None = None  # of the kubeconfig; None: its current one
    kubeconfig: str | None = None  # path of the file; None: KUBECONFIG or ~/.kube/config
    namespace: str
    root: str  # pipeline root that this machine and pods share: s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or /FOLDER
    root_claim: str | None = (
        None  # CLAIM:/PATH of a folder: the volume claim that holds it, mounted at PATH here and there
    )
    endpoint_url: str | None = None  # of a store that is not Amazon's or Google's, under the same address from both
    store_secret: str | None = None  # Secret whose keys become environment variables of every pod (AWS_ACCESS_KEY_ID …)
    # what runs
    image: str
    launcher_image: str | None = None  # with kfnb's launcher to lend, for images without kfnb; None: `image`
    bundle: bool | None = None  # lend it to `image` too (true), or to none (false); None: to those of tags `image:`
    package_index: str | bool | None = (
        None  # where pods install what images lack; None, true: pip's own; false: nowhere
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    image_pull_secrets: tuple[str, ...] = ()
    service_account: str | None = None  # of task pods; its token is never mounted
    orchestrator_service_account: str | None = None
    env: dict[str, str] = {}
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    # where it runs, and with how much
    node_selector: dict[str, str] = {}
    tolerations: tuple[dict[str, str | int], ...] = ()
    affinity: dict[str, Any] = {}
    accelerators: dict[str, Accelerator] = {}  # by type; before those that kfnb knows itself (accelerators.py)
    queue: str | None = None  # Kueue's LocalQueue
    priority_class: str | None = None
    requests: dict[str, str] = msgspec.field(default_factory=_small)  # of what a step says nothing about
    limits: dict[str, str] = {}
    autoscaled: bool | None = None  # nodes are added for pods that wait; None: if the nodes' labels look like it
    max_parallel: int | None = None  # tasks of one run at once; None: no limit of its own
    # how a pod is made
    run_as_user: UserId = 1000
    fs_group: UserId = 1000
    scratch_size: str = "10Gi"  # most that HOME and /tmp of a pod may hold
    shm_size: str | None = None  # of /dev/shm; None: the container runtime's 64Mi
    grace_seconds: int = 30  # that a pod is given to save what it has
    ttl_seconds: int = 3600  # that a run's objects stay once it has ended and all of it is safe in the store
    pod_patch: dict[str, Any] = {}  # strategic merge patch of the pod template ({metadata, spec}), the last word

    @property
    def claim(self) -> tuple[str, str] | None:
        """The volume claim that holds the root, and the path at which it is mounted here and in pods; None without."""
        name, _, path = (self.root_claim or "").partition(":")
        return (name, path) if name else None


class Profiles(msgspec.Struct, frozen=True, kw_only=True):
    """All profiles of one file, by name in the order of the file, and the name of the default one."""

    default: str | None = None
    by_name: dict[str, Profile] = {}
