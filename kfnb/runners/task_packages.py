"""Which packages each task of a run elsewhere needs, at the versions of the notebook's kernel.

The client locks them when a run is prepared (`lock`), as only it has the kernel; the Kubernetes runner gives each task
its part (`packages_of`), and the launcher installs what the image lacks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kfnb.notebook.requirements import constraints, pinned
from kfnb.runners import installed
from kfnb.runners.kernelspec import find_interpreter
from kfnb.runners.own_modules import is_own, with_own
from kfnb.spec import Packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kfnb.profiles import Profile
    from kfnb.spec import PipelineSpec, Task


class Lock(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the kernel has of what a pipeline needs.

    `needs`: the modules of each task that packages give. `modules`: what gives each, as requirements. `versions`: those
    of all packages.
    """

    needs: dict[str, tuple[str, ...]] = {}
    modules: dict[str, tuple[str, ...]] = {}
    versions: dict[str, str] = {}


def lock(spec: PipelineSpec, folder: Path, memory: Path, imports: Mapping[str, Iterable[str]]) -> Lock:
    """Return what the notebook's kernel has of the modules that each task `imports`. KernelError if it cannot be asked.

    `folder`: the notebook's; modules there are its own. `memory`: folder for what interpreters said.
    """
    interpreter = find_interpreter(spec.kernel)
    asked = (interpreter.command, {**os.environ, **interpreter.env}, memory)
    (modules, everything, _), beside = installed.packages(*asked), installed.editable(*asked)
    given = {name for name in modules if name != "kfnb" and not is_own(name, folder, given=name not in beside)}
    needs = {task: tuple(sorted(given.intersection(with_own(found, folder, given)))) for task, found in imports.items()}
    wanted = {module for found in needs.values() for module in found}
    giving = {module: tuple(pinned(*one) for one in sorted(modules[module].items())) for module in sorted(wanted)}
    return Lock({task: found for task, found in needs.items() if found}, giving, everything)


class Kernel(NamedTuple):
    """What the notebook's kernel is: the modules that its packages give, and its minor version of Python.

    `shared`: the packages of each name that several have a part of, such as `google`. `editable`: those of the modules
    that lie where they are written.
    """

    modules: frozenset[str]
    python: str
    shared: Mapping[str, frozenset[str]] = {}
    editable: frozenset[str] = frozenset()


def kernel_of(spec: PipelineSpec, memory: Path) -> Kernel:
    """Return what the notebook's kernel is. KernelError if it cannot be asked."""
    interpreter = find_interpreter(spec.kernel)
    asked = (interpreter.command, {**os.environ, **interpreter.env}, memory)
    modules, _, version = installed.packages(*asked)
    shared = {module: frozenset(giving) for module, giving in modules.items() if len(giving) > 1}
    return Kernel(frozenset(modules), ".".join(version.split(".")[:2]), shared, installed.editable(*asked))


def installable(profile: Profile, locked: Lock, imports: Iterable[str]) -> dict[str, str]:
    """Return the versions, by name, at which these modules would be installed; none where nothing is installed."""
    if profile.package_index is False:
        return {}
    lines = (line for module in imports for line in locked.modules.get(module, ()))
    return {name: version for name, _, version in sorted(line.partition("==") for line in lines)}


def packages_of(profile: Profile, locked: Lock, task: Task) -> Packages | None:
    """Return what a task may have to install, None if it needs nothing that could be."""
    asked = task.settings.packages
    needs = locked.needs.get(task.name) or locked.needs.get(task.name.rpartition("[")[0], ())
    if not asked and not needs:
        return None
    return Packages(
        requirements=asked,
        modules={module: locked.modules[module] for module in needs},
        constraints=constraints(locked.versions, asked),
        index=profile.package_index if isinstance(profile.package_index, str) else None,
        offline=profile.package_index is False,
    )
