"""Whether the API server takes the Jobs of steps with pod patches, which may hold anything; none is made."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kfnb.errors import Diagnostic, Fix
from kfnb.runners.api_server import ApiError
from kfnb.runners.job_manifest import Attempt, job
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer
    from kfnb.spec import PipelineSpec, Task

_AT_ONCE = 5
_TRY = {"dryRun": "All", "fieldValidation": "Strict"}
_INVALID = (400, 422)


def patched_tasks(profile: Profile, spec: PipelineSpec) -> list[Task]:
    """Return the steps whose pods are patched; where the profile patches all, one of those that are no different."""
    own = [task for task in spec.tasks if task.settings.pod_patches]
    return own or ([*spec.tasks[:1]] if profile.pod_patch else [])


def refused(api: ApiServer, profile: Profile, spec: PipelineSpec) -> list[Diagnostic]:
    """Return what the API server has against the Jobs of these steps: fields that it does not know, or values."""
    with ThreadPoolExecutor(_AT_ONCE) as side_by_side:
        answers = side_by_side.map(lambda task: _refused(api, profile, task), patched_tasks(profile, spec))
        return [answer for answer in answers if answer is not None]


def _refused(api: ApiServer, profile: Profile, task: Task) -> Diagnostic | None:
    attempt = Attempt("preflight", task.name, task.slug, 1, profile.root, task.settings)
    try:
        api.create(api.place("jobs", group="batch/v1"), job(profile, attempt), _TRY, patience=5.0)
    except ApiError as error:
        if error.status not in _INVALID:
            return None  # no right, no room, no namespace: said elsewhere, and no fault of a patch
        why = re.sub(r"^The cluster refused [^:]*: ", "", str(error)).rstrip(".")
        where = "the notebook's `metadata.kfnb`" if task.settings.pod_patches else f"cluster `{profile.name}`"
        message = f"The cluster does not take the pod of step `{task.name}` as its pod patches make it: {why}."
        cell = cell_of(task) if task.settings.pod_patches else None
        fix = Fix(f"Correct `pod_patch` in {where}.")
        return Diagnostic("KF911", "error", message, cell=cell, line=1 if cell else None, fix=fix)
    return None
