"""What of images does not suit a notebook, as far as it is known from pods that looked (`artifacts/known_images.py`).

An image's tag may be moved. What a pod saw is certain where the registry says that the name means the same image still,
is not judged where it means another one by now, and may be out of date where nobody can say: then the day is told.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from kfnb.artifacts import known_images
from kfnb.errors import Diagnostic, Fix, StoreError
from kfnb.names import canonical
from kfnb.notebook.requirements import is_met
from kfnb.runners.pod_findings import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kfnb.artifacts.known_images import Contents, KnownImage
    from kfnb.artifacts.store import Store
    from kfnb.preflight.registry import Seen
    from kfnb.profiles import Profile
    from kfnb.runners.task_packages import Kernel
    from kfnb.spec import Task


class Known(NamedTuple):
    """What is known of an image. `now`: the digest that its name means, as its registry says; "" if it does not."""

    image: KnownImage
    now: str

    @property
    def is_certain(self) -> bool:
        """Whether the image is the one that a pod looked into."""
        return bool(self.now) and self.now == self.image.digest

    @property
    def has_moved(self) -> bool:
        """Whether the image is another one than a pod looked into."""
        return bool(self.now and self.image.digest) and self.now != self.image.digest

    @property
    def day(self) -> str:
        """When a pod looked."""
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(self.image.seen))


def recalled(store: Store, profile: Profile, tasks: Iterable[Task]) -> dict[str, KnownImage]:
    """Return what the store knows of the images of steps, by their names; nothing if it cannot be read."""
    named = [*dict.fromkeys(_image(profile, task) for task in tasks)]
    with contextlib.suppress(StoreError):  # that it cannot be used is said by who tries to write there
        known = store.at_once(functools.partial(known_images.recall, store), named)
        return {image: found for image, found in zip(named, known, strict=True) if found is not None}
    return {}


def known(recalled: Mapping[str, KnownImage], seen: Mapping[str, Seen]) -> dict[str, Known]:
    """Return what is known of images, and what registries say that their names mean now."""
    return {name: Known(one, seen[name].digest if name in seen else "") for name, one in recalled.items()}


def unseen(
    known: Mapping[str, Known], profile: Profile, tasks: Iterable[Task], local_modules: frozenset[str]
) -> Iterator[Diagnostic]:
    """Yield a hint for each image into which no pod has looked yet, though its steps need more than Python has."""
    image_of = functools.partial(_image, profile)
    for image, users in itertools.groupby(sorted(tasks, key=image_of), image_of):
        needs = [name for task in users for name in _beyond_python(task, local_modules)]
        if (image not in known or known[image].has_moved) and needs:
            why = f"no pod has looked into image `{image}` yet"
            if image in known:
                why = f"image `{image}` is another one by now than a pod looked into on {known[image].day}"
            message = f"Not checked, as {why}: which Python and packages it has."
            option = "" if image == profile.image else f" --image {image}"
            looks = f"`kfnb cluster check {profile.name}{option}` has one look, and so does each run"
            yield Diagnostic("KF926", "hint", message, fix=Fix(f"{looks}; what it sees is remembered."))


def _image(profile: Profile, task: Task) -> str:
    return task.settings.image or profile.image


def _beyond_python(task: Task, local_modules: frozenset[str]) -> list[str]:
    """Return what a step imports that neither the standard library nor the notebook's folder has."""
    return [name for name in task.imports if name not in local_modules and name not in sys.stdlib_module_names]


def unsuited(
    known: Mapping[str, Known],
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
        if found is None or found.has_moved:
            continue
        has = found.image.contents
        has = has.with_lent() if profile.package_index is False else has
        if image not in said:
            said.add(image)
            yield from _other_python(found, task, kernel.python)
        imported = _beyond_python(task, local_modules)
        if parts := _lacked_parts(has, kernel, imported):
            yield _lacking(found, task, "may need", parts, offline=profile.package_index is False)
        if missing := [name for name in imported if name not in has.modules]:
            offline = profile.package_index is False and not kernel.modules.isdisjoint(missing)
            yield _lacking(found, task, "imports", missing, offline=offline)
        if profile.package_index is False:
            versions = {canonical(name): version for name, version in has.packages.items()}
            if unmet := [line for line in task.settings.packages if not is_met(line, versions, {})]:
                yield _lacking(found, task, "asks for", unmet, offline=True)


def _lacked_parts(has: Contents, kernel: Kernel, imported: Iterable[str]) -> list[str]:
    """Return the kernel's packages that an image lacks of names which several have a part of, and it has some."""
    there = {canonical(name) for name in has.packages}
    shared = (kernel.shared.get(name, frozenset()) for name in imported if name in has.modules)
    return sorted({package for giving in shared for package in giving if canonical(package) not in there})


def _other_python(known: Known, task: Task, here: str) -> Iterator[Diagnostic]:
    there = ".".join(known.image.contents.python.split(".")[:2])
    if there != here:
        had = "has" if known.is_certain else f"had on {known.day}"
        message = f"Image `{known.image.image}` {had} Python {there}, and the notebook's kernel has {here}."
        fix = Fix(f"If results must be equal, use an image with Python {here}.")
        yield Diagnostic("KF925", "warning", message, cell=cell_of(task, "image:"), line=1, fix=fix)


def _lacking(known: Known, task: Task, verb: str, names: list[str], *, offline: bool) -> Diagnostic:
    """Return what is to be said of what an image lacks: an error where it surely ends the step.

    `offline`: it cannot be installed when the step runs.
    """
    listed, image = ", ".join(f"`{name}`" for name in names), f"image `{known.image.image}`"
    lacks = f"{image} does not have" if known.is_certain else f"{image} did not have on {known.day}"
    text = "Use an image that has it (`kfnb image build`)."
    if not known.is_certain:
        text += " If it has it by now: `kfnb cluster check --image` looks again."
    fix = Fix(text if offline else f"{text} Else it is installed from the package index whenever the step runs.")
    return Diagnostic(
        "KF925",
        "error" if offline and verb != "may need" else "warning",
        f"Step `{task.name}` {verb} {listed}, which {lacks}.",
        cell=cell_of(task, "packages:" if verb == "asks for" else "image:"),
        line=1,
        fix=fix,
    )
