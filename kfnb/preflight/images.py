"""What is known of images, from pods that looked (`kfnb cluster check`), and what of it does not suit a notebook.

An image's tag may be moved, so what is known may be out of date: all of this is warnings, with the day it was learned.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import msgspec

from kfnb import digest
from kfnb.artifacts import files
from kfnb.errors import Diagnostic, Fix
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kfnb.profiles import Profile
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


def unsuited(
    home: Path,
    profile: Profile,
    tasks: Iterable[Task],
    local_modules: frozenset[str],
    kernel: frozenset[str] = frozenset(),
) -> Iterator[Diagnostic]:
    """Yield what steps need and their images lack. `local_modules`: those of the notebook's own folder.

    `kernel`: modules that its kernel has; to lack one of these is an error where the cluster has no package index.
    """
    known: dict[str, KnownImage | None] = {}
    said: set[str] = set()
    for task in tasks:
        image = task.settings.image or profile.image
        if image not in known:
            known[image] = recall(home, image)
        found = known[image]
        if found is None:
            continue
        if image not in said:
            said.add(image)
            yield from _other_python(found, task)
        lacks = [name for name in task.imports if name not in found.modules and name not in local_modules]
        if missing := [name for name in lacks if name not in sys.stdlib_module_names]:
            offline = profile.package_index is False and not kernel.isdisjoint(missing)
            yield _lacking(found, task, missing, offline=offline)


def _other_python(known: KnownImage, task: Task) -> Iterator[Diagnostic]:
    here = "{}.{}".format(*sys.version_info)
    there = ".".join(known.python.split(".")[:2])
    if there != here:
        message = f"Image `{known.image}` has Python {there}, and the notebook's kernel may have {here}, as kfnb does."
        fix = Fix(f"If results must be equal, use an image with Python {here}.")
        yield Diagnostic("KF925", "warning", message, cell=cell_of(task, "image:"), line=1, fix=fix)


def _lacking(known: KnownImage, task: Task, names: list[str], *, offline: bool) -> Diagnostic:
    """Return what is to be said of modules that an image lacked: an error where it ends the step (`offline`)."""
    listed = ", ".join(f"`{name}`" for name in names)
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(known.seen))
    message = f"Step `{task.name}` imports {listed}, which image `{known.image}` did not have on {day}."
    text = "Use an image that has it (`kfnb image build`). If it has it by now: `kfnb cluster check` looks again."
    fix = Fix(text if offline else f"{text} Else it is installed from the package index whenever the step runs.")
    return Diagnostic(
        "KF925", "error" if offline else "warning", message, cell=cell_of(task, "image:"), line=1, fix=fix
    )
