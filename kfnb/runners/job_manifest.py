"""One attempt of a task as a Kubernetes Job: names, labels, and the whole object; runners/kubernetes.py sends it.

Pure, so that what the cluster is asked for can be compared, printed (`kfnb manifests`) and validated without one. Field
names are those of batch/v1; why each is set stands beside it.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from kfnb.runners.pod_manifest import LAUNCHER, LENT_LAUNCHER, MAIN, Manifest, is_lent, pod_template
from kfnb.runners.pod_patch import patched
from kfnb.runners.pod_secrets import with_files

if TYPE_CHECKING:
    from kfnb.profiles import Profile
    from kfnb.spec import Settings

MANAGED_BY = "app.kubernetes.io/managed-by"
RUN = "kfnb.dev/run"
TASK = "kfnb.dev/task"
ATTEMPT = "kfnb.dev/attempt"
TASK_NAME = "kfnb.dev/task-name"
ELEMENTS = "kfnb.dev/elements"
"""The first four are labels; the last two are annotations, as a task's name may hold any letter: of a fan-out its own
name, and the URI at which its elements are described."""

PLACE = "batch.kubernetes.io/job-completion-index"
"""The label that tells a pod's place in an Indexed Job."""

QUEUE = "kueue.x-k8s.io/queue-name"
USER_ERROR = 1
"""Exit code with which the launcher says that the user's code failed."""
CANCELED = 130
"""Exit code with which the launcher says that it was told to stop."""

_NAME_LENGTH = 52
"""An Indexed Job's pods are called NAME-INDEX, which must be a DNS label of 63 characters."""


class Owner(NamedTuple):
    """The ConfigMap of the run: what it owns goes when it goes."""

    name: str
    uid: str


class Attempt(NamedTuple):
    """What one Job is made of, beside the profile.

    `elements`: how many there are where the Job is of a fan-out (an Indexed Job; a pod learns its place from
    JOB_COMPLETION_INDEX), at most `parallelism` of them at once; they are described at `input_uri`. `suspended`: made,
    but not to run yet. `name`: of the Job, where that of the task would not be the only one of its kind.
    """

    run_id: str
    task: str
    slug: str
    number: int
    input_uri: str
    settings: Settings
    owner: Owner | None = None
    elements: int | None = None
    parallelism: int | None = None
    suspended: bool = False
    name: str = ""


def job(profile: Profile, attempt: Attempt) -> Manifest:
    """Return the Job of an attempt. A Job with a queue is made suspended: the queue says when it runs.

    BadPatch if a pod patch would break what kfnb relies on (pod_findings.py says so before anything runs).
    """
    settings = attempt.settings
    labels = {**run_labels(attempt.run_id), TASK: _label(attempt.slug), ATTEMPT: str(attempt.number)}
    together = attempt.elements is not None
    annotations = {TASK_NAME: attempt.task, **({ELEMENTS: attempt.input_uri} if together else {})}
    launcher = LENT_LAUNCHER if is_lent(profile, settings) else LAUNCHER
    command = (*launcher, *(("--element-of",) if together else ()), attempt.input_uri)
    template = pod_template(profile, settings, command, labels=labels, annotations=annotations)
    queue = settings.queue or profile.queue
    owner = attempt.owner
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": attempt.name or job_name(attempt.run_id, attempt.slug, attempt.number),
            "namespace": profile.namespace,
            "labels": {**profile.labels, **settings.labels, **({QUEUE: queue} if queue else {}), **labels},
            "annotations": annotations,
            **({"ownerReferences": [owner_reference(owner)]} if owner else {}),
        },
        "spec": {
            **_counts(attempt),
            "suspend": attempt.suspended or bool(queue),
            "podReplacementPolicy": "Failed",  # no second pod while the first one is still ending
            "podFailurePolicy": {"rules": _rules(attempt)},
            "template": with_files(patched(template, profile.pod_patch, *settings.pod_patches)),
        },
    }


def job_name(run_id: str, slug: str, number: int) -> str:
    """Return the name of an attempt's Job: the same for the same attempt, different for different ones."""
    end = f"-{number}"
    whole = f"kfnb-{run_id}-{slug}".lower()
    name = re.sub(r"[^a-z0-9]+", "-", whole).strip("-")
    if name == f"kfnb-{run_id}-{slug}" and len(name + end) <= _NAME_LENGTH:
        return name + end
    end = f"--{_short_digest(run_id, slug)}{end}"  # no slug has two hyphens in a row
    return name[: _NAME_LENGTH - len(end)].rstrip("-") + end


def run_name(run_id: str) -> str:
    """Return the name of the ConfigMap that owns all objects of a run."""
    return f"kfnb-{run_id}"


def run_labels(run_id: str) -> dict[str, str]:
    """Return the labels of every object of a run."""
    return {MANAGED_BY: "kfnb", RUN: run_id}


def run_object(profile: Profile, run_id: str, root_uri: str) -> Manifest:
    """Return the ConfigMap of a run: deleting it deletes its Jobs. It says where the run's documents are."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": run_name(run_id),
            "namespace": profile.namespace,
            "labels": {**profile.labels, **run_labels(run_id)},
        },
        "data": {"root": root_uri},
    }


def foreign(kind: str, name: str, namespace: str) -> str:
    """Say that an object has the name that one of a run must have, and what to do."""
    return (
        f"There is a {kind} {name} in namespace {namespace} that this run did not make. "
        f"Remove it (`kubectl --namespace {namespace} delete {kind.lower()} {name}`) and resume the run."
    )


def owner_reference(owner: Owner) -> Manifest:
    """Return the reference by which the run's ConfigMap owns an object."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": owner.name, "uid": owner.uid}


def _counts(attempt: Attempt) -> Manifest:
    """Return how many pods there are and how often they are made anew: never, attempts are the orchestrator's."""
    if attempt.elements is None:
        return {"backoffLimit": 0}
    return {
        "completionMode": "Indexed",
        "completions": attempt.elements,
        "parallelism": min(attempt.parallelism or attempt.elements, attempt.elements),
        "backoffLimitPerIndex": 0,  # without `backoffLimit`, which would end the others at the first failure
    }


def _rules(attempt: Attempt) -> list[Manifest]:
    """Return what a pod's failure means. Evicted, drained, preempted: the attempt is over, and makes no further pod.

    The next one is the orchestrator's, and counts as nothing. An element of a fan-out fails alone.
    """
    disrupted = [{"type": "DisruptionTarget", "status": "True"}]
    if attempt.elements is None:
        return [{"action": "FailJob", "onPodConditions": disrupted}]
    codes = {"containerName": MAIN, "operator": "In", "values": [USER_ERROR]}
    return [
        {"action": "FailIndex", "onPodConditions": disrupted},
        {"action": "FailIndex", "onExitCodes": codes},
    ]


def _label(slug: str) -> str:
    """Return a slug as a label's value."""
    return slug if len(slug) <= 63 else f"{slug[:54].rstrip('-.')}-{_short_digest(slug)}"


def _short_digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
