"""What is known of images, from pods that looked (`kfnb cluster check`), and what of it does not suit a notebook.

An image's tag may be moved, so what is known may be out of date: all of this is warnings, with the day it was learned.
"""

from __future__ import annotations

import functools
import itertools
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from kfnb import digest
from kfnb.artifacts import files
from kfnb.errors import Diagnostic, Fix
from kfnb.notebook.requirements import canonical, is_met
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from kfnb.profiles import Profile
    from kfnb.runners.task_packages import Kernel
    from kfnb.spec import Task


class KnownImage(msgspec.Struct, frozen=True):
    """An image as a pod of it saw itself at `seen` (seconds since the epoch). `digest`: of what its name meant then.

    `modules`: top-level names that can be imported there, beside the standard library. `packages`: version by name.
    """

    image: str
    digest: str
    seen: float
    python: str
    kfnb: str
    modules: frozenset[str]
    packages: dict[str, str] = {}


def remember(home: Path, known: KnownImage) -> None:
    """Keep what is known of an image in kfnb's data folder."""
    path = _place(home, known.image)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, msgspec.json.encode(known))


def recall(home: Path, image: str) -> KnownImage | None:
    """Return what is known of an image; None if nothing is."""
    try:
        return msgspec.json.decode(_place(home, image).read_bytes(), type=KnownImage)
    except (OSError, msgspec.MsgspecError):
        return None


def _place(home: Path, image: str) -> Path:
    return home / "images" / f"{digest.of_json(image)[:32]}.json"


def known(home: Path, profile: Profile, tasks: Iterable[Task]) -> dict[str, KnownImage]:
    """Return what is known of the images of steps, by their names."""
    named = {_image(profile, task) for task in tasks}
    return {image: found for image in named if (found := recall(home, image)) is not None}


def unseen(
    known: Mapping[str, KnownImage], profile: Profile, tasks: Iterable[Task], local_modules: frozenset[str]
) -> Iterator[Diagnostic]:
    """Yield a hint for each image into which no pod has looked yet, though its steps need more than Python has."""
    image_of = functools.partial(_image, profile)
    for image, users in itertools.groupby(sorted(tasks, key=image_of), image_of):
        needs = [name for task in users for name in _beyond_python(task, local_modules)]
        if image not in known and needs:
            message = f"Not checked, as no pod has looked into image `{image}` yet: which Python and packages it has."
            option = "" if image == profile.image else f" --image {image}"
            fix = Fix(f"`kfnb cluster check {profile.name}{option}` has one look; what it sees is remembered.")
            yield Diagnostic("KF926", "hint", message, fix=fix)


def _image(profile: Profile, task: Task) -> str:
    return task.settings.image or profile.image


def _beyond_python(task: Task, local_modules: frozenset[str]) -> list[str]:
    """Return what a step imports that neither the standard library nor the notebook's folder has."""
    return [name for name in task.imports if name not in local_modules and name not in sys.stdlib_module_names]


def unsuited(
    known: Mapping[str, KnownImage],
    profile: Profile,
    tasks: Iterable[Task],
    local_modules: frozenset[str],
    kernel: Kernel,
) -> Iterator[Diagnostic]:
    """Yield what steps need and their images lack. `local_modules`: those of the notebook's own folder.

    `kernel`: the notebook's. To lack what it has, or what a tag asks for, is an error where there is no package index.
    """
    said: set[str] = set()
    for task in tasks:
        image = _image(profile, task)
        found = known.get(image)
        if found is None:
            continue
        if image not in said:
            said.add(image)
            yield from _other_python(found, task, kernel.python)
        if missing := [name for name in _beyond_python(task, local_modules) if name not in found.modules]:
            offline = profile.package_index is False and not kernel.modules.isdisjoint(missing)
            yield _lacking(found, task, "imports", missing, offline=offline)
        if profile.package_index is False:
            has = {canonical(name): version for name, version in found.packages.items()}
            if unmet := [line for line in task.settings.packages if not is_met(line, has, {})]:
                yield _lacking(found, task, "asks for", unmet, offline=True)


def _other_python(known: KnownImage, task: Task, here: str) -> Iterator[Diagnostic]:
    there = ".".join(known.python.split(".")[:2])
    if there != here:
        message = f"Image `{known.image}` has Python {there}, and the notebook's kernel has {here}."
        fix = Fix(f"If results must be equal, use an image with Python {here}.")
        yield Diagnostic("KF925", "warning", message, cell=cell_of(task, "image:"), line=1, fix=fix)


def _lacking(known: KnownImage, task: Task, verb: str, names: list[str], *, offline: bool) -> Diagnostic:
    """Return what is to be said of modules that an image lacked: an error where it ends the step (`offline`)."""
    listed = ", ".join(f"`{name}`" for name in names)
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(known.seen))
    message = f"Step `{task.name}` {verb} {listed}, which image `{known.image}` did not have on {day}."
    text = (
        "Use an image that has it (`kfnb image build`). If it has it by now: `kfnb cluster check --image` looks again."
    )
    fix = Fix(text if offline else f"{text} Else it is installed from the package index whenever the step runs.")
    return Diagnostic(
        "KF925",
        "error" if offline else "warning",
        message,
        cell=cell_of(task, "image:" if verb == "imports" else "packages:"),
        line=1,
        fix=fix,
    )
