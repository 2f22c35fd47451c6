"""A run's orchestrator as a Job: the run's own process in the cluster, with the rights of its service account. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfnb.notebook.quantities import amount
from kfnb.runners.job_manifest import run_labels
from kfnb.runners.pod_manifest import HOME, MAIN, Manifest, launcher_image, pod_template
from kfnb.runners.pod_patch import patched
from kfnb.spec import Settings

if TYPE_CHECKING:
    from kfnb.profiles import Profile

SERVICE_ACCOUNT = "kfnb-orchestrator"
"""Of the orchestrator, where the profile names none; `kfnb cluster init` makes it."""

ROLE = "kfnb.dev/role"
"""The label that tells an orchestrator's pod from those of tasks."""

_RESTARTS = 100
"""How often an orchestrator is started again that was killed, evicted, or lost with its node. The cluster waits twice
as long each time, up to ten minutes: on nodes that come and go that is enough for days, and one that can never run is
given up after some sixteen hours. One that crashes ends its run itself, much sooner (`kfnb.orchestrator.crashes`), as
does one whose memory is too little (killed_for_memory.py)."""
_OF_POD = {"KFNB_POD_IP": "status.podIP", "KFNB_POD_NAME": "metadata.name"}
"""The variables by which it knows where tasks reach it (report_server.py), and how its pod is called
(cluster_lease.py), which its host's name does not say where a patch gives that another one."""
_ASKS = Settings(requests={"cpu": "100m", "memory": "256Mi"})
MOST_MEMORY = "1Gi"
_MOST = {"cpu": "1", "memory": MOST_MEMORY}
"""The limits that do for it, where the profile has any: those of steps may be many times as much."""


def orchestrator_name(run_id: str) -> str:
    """Return the name of the orchestrator's Job."""
    return f"kfnb-{run_id}-orchestrator"


def orchestrator_job(
    profile: Profile, run_id: str, *, again: bool | str = False, again_after: int | None = None
) -> Manifest:
    """Return the Job that drives a run. Once it has ended it stays for the profile's time, and with it all it owns.

    `again`: what did not succeed is done anew, or this task of it; `again_after`: how often the run had been begun when
    that was asked for, so that a pod that takes another's place does not do it a second time.

    BadPatch if the profile's pod patch would break what kfnb relies on (pod_findings.py says so before anything runs).
    """
    labels = {**run_labels(run_id), ROLE: "orchestrator"}
    command = ["python", "-m", "kfnb.run_process", run_id, "--root", profile.root, "--in-cluster"]
    command += [f"--again={again}" if isinstance(again, str) else "--again"] if again else []
    command += [f"--again-after={again_after}"] if again and again_after is not None else []
    # Placement and queue are those of tasks: an orchestrator needs no accelerator and must not wait for a quota. But it
    # has limits where steps have some: a quota of limits refuses a pod without any.
    env = {**profile.env, "KFNB_HOME": f"{HOME}/data"}
    own = {"queue": None, "limits": _limits(profile), "env": env, "image": launcher_image(profile)}
    plain = msgspec.structs.replace(profile, **own)
    account = profile.orchestrator_service_account or SERVICE_ACCOUNT
    template = pod_template(plain, _ASKS, command, labels=labels, service_account=account, with_token=True)
    template = patched(template, profile.pod_patch)
    _speak(template["spec"], account)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": orchestrator_name(run_id),
            "namespace": profile.namespace,
            "labels": {**profile.labels, **labels},
        },
        "spec": {
            "backoffLimit": _RESTARTS,
            "ttlSecondsAfterFinished": profile.ttl_seconds,
            # Not only once the old pod has ended: on a node that is lost it never does. The lease keeps two apart.
            "podReplacementPolicy": "TerminatingOrFailed",
            "template": template,
        },
    }


def _limits(profile: Profile) -> dict[str, str]:
    """Return the profile's limits of processors and memory, but no more than an orchestrator uses, nor less."""
    found = {
        resource: min(profile.limits[resource], most, key=amount)
        for resource, most in _MOST.items()
        if resource in profile.limits
    }
    return {resource: max(most, _ASKS.requests[resource], key=amount) for resource, most in found.items()}


def _speak(spec: Manifest, account: str) -> None:
    """Let a pod speak to the API server, and tasks to it, whatever a patch of all pods says of accounts and tokens."""
    spec |= {"serviceAccountName": account, "automountServiceAccountToken": True}
    main = next(each for each in spec["containers"] if each["name"] == MAIN)
    others = [each for each in main.get("env") or () if each["name"] not in _OF_POD]
    own = [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}} for name, field in _OF_POD.items()]
    main["env"] = [*others, *own]
