"""Whether the API server takes the Jobs of pods with an affinity or patches, which may hold anything; none is made."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from kfnb.errors import Diagnostic, Fix
from kfnb.runners.api_server import ApiError
from kfnb.runners.job_manifest import Attempt, job
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from kfnb.profiles import Profile
    from kfnb.runners.api_server import ApiServer
    from kfnb.runners.pod_manifest import Manifest
    from kfnb.spec import PipelineSpec, Task

_AT_ONCE = 5
_TRY = {"dryRun": "All", "fieldValidation": "Strict"}
_INVALID = (400, 422)


def patched_tasks(profile: Profile, spec: PipelineSpec) -> list[Task]:
    """Return the steps whose pods are others by an affinity or patches of their own.

    Where the profile has some for all, one of those that are no different.
    """
    own = [task for task in spec.tasks if _own(task)]
    return own or ([*spec.tasks[:1]] if _words(bool(profile.affinity), bool(profile.pod_patch)) else [])


def _own(task: Task) -> str:
    return _words(bool(task.settings.affinity), bool(task.settings.pod_patches))


def _words(has_affinity: bool, has_patch: bool) -> str:
    """Name what a pod is made another one by; "" if by nothing."""
    return " and ".join([*(["`affinity`"] if has_affinity else []), *(["`pod_patch`"] if has_patch else [])])


def refused(api: ApiServer, profile: Profile, spec: PipelineSpec, *, local: bool) -> list[Diagnostic] | None:
    """Return what the API server has against the Jobs of these steps, or of the orchestrator where none is `local`.

    That is, fields that it does not know, and values. What it has against a step's pod, it has against that one too.
    None where it has nothing against those that it judged, and did not judge all: it is to be asked again.
    """
    with ThreadPoolExecutor(_AT_ONCE) as side_by_side:
        driver = side_by_side.submit(_driver_refused, api, profile) if profile.pod_patch and not local else None
        answers = [*side_by_side.map(lambda task: _refused(api, profile, task), patched_tasks(profile, spec))]
        found = [one for answer in answers for one in answer or ()]
        if driver is not None and not found:
            answers.append(last := driver.result())
            found += last or ()
        return None if None in answers and not found else found


def _refused(api: ApiServer, profile: Profile, task: Task) -> list[Diagnostic] | None:
    attempt = Attempt("preflight", task.name, task.slug, 1, profile.root, task.settings)
    why = _tried(api, job(profile, attempt))
    if not why:
        return [] if why is not None else None
    own, of_profile = _own(task), _words(bool(profile.affinity), bool(profile.pod_patch))
    if own and of_profile:
        plain = msgspec.structs.replace(task.settings, affinity={}, pod_patches=())
        if of_all := _tried(api, job(profile, attempt._replace(settings=plain))):
            own, why = "", of_all
    what = own or of_profile
    where = "the notebook's `metadata.kfnb`" if own else f"cluster `{profile.name}`"
    message = f"The cluster does not take the pod of step `{task.name}` as {what} of {where} makes it: {why}."
    cell = cell_of(task) if own else None
    fix = Fix(f"Correct {what} in {where}.")
    return [Diagnostic("KF911", "error", message, cell=cell, line=1 if cell else None, fix=fix)]


def _driver_refused(api: ApiServer, profile: Profile) -> list[Diagnostic] | None:
    why = _tried(api, orchestrator_job(profile, "preflight"))
    if not why:
        return [] if why is not None else None
    message = f"The cluster does not take the pod that drives a run as the profile's pod patch makes it: {why}."
    return [Diagnostic("KF911", "error", message, fix=Fix(f"Correct `pod_patch` in cluster `{profile.name}`."))]


def _tried(api: ApiServer, manifest: Manifest) -> str | None:
    """Return why the API server would not take a Job as it is written, "" if it would; None if it did not judge it."""
    try:
        api.create(api.place("jobs", group="batch/v1"), manifest, _TRY, patience=5.0)
    except ApiError as error:
        if error.status in _INVALID:
            return re.sub(r"^The cluster refused [^:]*: ", "", str(error)).rstrip(".")
        return None  # no right, no room, no namespace: said elsewhere, and no fault of a patch
    return ""
