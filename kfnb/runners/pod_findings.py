"""What a cluster's profile and a pipeline's steps say together that no pod can be made of; preflight calls this.

Pure: what only the cluster knows (is there such a secret, such a node?) is asked elsewhere. A finding about a step is
told at the cell of its tag.
"""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from kfnb.errors import Diagnostic, Fix
from kfnb.profiles import accelerator, known_accelerators
from kfnb.profiles.checks import is_own_label
from kfnb.runners.pod_manifest import BUNDLE, HOME, pod_template
from kfnb.runners.pod_patch import BadPatch, patched
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.profiles import Profile
    from kfnb.spec import PipelineSpec, Task


def findings(profile: Profile, spec: PipelineSpec) -> tuple[Diagnostic, ...]:
    """Return what stands against making the pods of a pipeline in the cluster of `profile`, all of them errors."""
    of_profile = tuple(_of_profile(profile))
    if of_profile:  # steps are judged by what their own patches make of its pod
        profile = msgspec.structs.replace(profile, pod_patch={})
    return (*of_profile, *(found for task in spec.tasks for found in _of_task(profile, task)))


def cell_of(task: Task, *beginnings: str) -> str:
    """Return the cell of a step with a tag that begins so, else its first own one."""
    tagged = (cell.id for cell in task.cells if any(tag.startswith(beginnings) for tag in cell.tags))
    own = (cell.id for cell in task.cells if cell.role == "body")
    return next(tagged, next(own, task.cells[0].id))


def _of_profile(profile: Profile) -> Iterator[Diagnostic]:
    try:
        patched(pod_template(profile, Settings(), (), labels={}), profile.pod_patch)
    except BadPatch as error:
        message = f"The pod patch of cluster `{profile.name}` cannot be applied: {error}."
        yield Diagnostic("KF911", "error", message, fix=Fix(f"See `kfnb cluster show {profile.name}`."))


def _of_task(profile: Profile, task: Task) -> Iterator[Diagnostic]:
    settings = task.settings
    if settings.accelerator and accelerator(profile, settings.accelerator) is None:
        yield _unknown_accelerator(profile, task, settings.accelerator)
    for word, names in (("label", settings.labels), ("annotation", settings.annotations)):
        for name in filter(is_own_label, names):
            message = f"Step `{task.name}` sets the {word} `{name}`, by which kfnb finds its pods again."
            cell = cell_of(task, f"{word}:{name}:")
            yield Diagnostic("KF912", "error", message, cell=cell, line=1, fix=Fix("Give it another name."))
    for word, path in _mounts(settings):
        if taken := next((own for own in _own_folders(profile) if _meet(own, PurePosixPath(path))), None):
            message = f"Step `{task.name}` mounts something at `{path}`, where kfnb's own `{taken}` would be hidden."
            cell = cell_of(task, f"{word}:")
            yield Diagnostic("KF912", "error", message, cell=cell, line=1, fix=Fix("Mount it elsewhere, like /data."))
    try:
        patched(pod_template(profile, settings, (), labels={}), profile.pod_patch, *settings.pod_patches)
    except BadPatch as error:
        message = f"The pod patch of step `{task.name}` cannot be applied: {error}."
        fix = Fix("Correct `pod_patch` in the notebook's `metadata.kfnb`.")
        yield Diagnostic("KF911", "error", message, cell=cell_of(task), line=1, fix=fix)


def _unknown_accelerator(profile: Profile, task: Task, type_: str) -> Diagnostic:
    known = known_accelerators(profile)
    close = difflib.get_close_matches(type_.lower(), known, n=1)
    table = f"add a table `[clusters.{profile.name}.accelerators.{type_}]` to the file of clusters"
    cell = cell_of(task, "accelerator:")
    fix = Fix(f"A type that it is not told: {table}.")
    if close:
        better = f"accelerator:{close[0]}"
        said = [tag for each in task.cells if each.id == cell for tag in each.tags if tag.startswith("accelerator:")]
        add = (better,) if said else ()  # said elsewhere, in a comment, a tag would not replace it
        fix = Fix(f"Write `{better}`, or {table}.", add_tags=add, remove_tags=tuple(said))
    message = f"Step `{task.name}` asks for the accelerator `{type_}`, which cluster `{profile.name}` does not know."
    return Diagnostic("KF910", "error", message, cell=cell, line=1, fix=fix)


def _own_folders(profile: Profile) -> Iterator[PurePosixPath]:
    yield from map(PurePosixPath, (HOME, BUNDLE, "/tmp", "/dev/shm"))
    if profile.claim:
        yield PurePosixPath(profile.claim[1])


def _mounts(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from (("pvc", path) for _, path, _ in settings.volumes)
    yield from (("secret", path) for _, path in settings.secret_files)
    yield from (("configmap", path) for _, path in settings.config_map_files)


def _meet(own: PurePosixPath, path: PurePosixPath) -> bool:
    """Say whether mounting `path` hides `own`. A folder below one of ours is no harm."""
    return own == path or path in own.parents
