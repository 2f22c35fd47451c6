"""Installs what a task needs and its image lacks, into a folder of its own, before anything of the task is loaded.

Called by launch.py in pods. What was asked for by `packages:` or is imported by the code has the version of the user's
kernel; so has what it brings along.
"""

from __future__ import annotations

import functools
import importlib
import subprocess
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

from kfnb.artifacts.lent import instead, lent
from kfnb.errors import OutsideError
from kfnb.names import canonical
from kfnb.notebook.requirements import is_met, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from pathlib import Path

    from kfnb.spec import Packages

_PIP = (
    "--quiet",
    "--no-color",
    "--no-input",
    "--no-cache-dir",
    "--no-compile",
    "--disable-pip-version-check",
    "--retries",
    "1",
)


class NotInstalled(OutsideError):
    """What a task needs cannot be installed; the text names it and says why."""


def install(wanted: Packages, folder: Path) -> None:
    """Have all that is wanted: what is missing comes into `folder`, which then stands first on the path.

    NotInstalled if there is no index, it cannot be reached, or it has not what is wanted.
    """
    missing = [*dict.fromkeys(_missing(wanted))]
    if not missing:
        return
    names = ", ".join(missing)
    if wanted.offline:
        raise NotInstalled(f"needs {names}, which its image does not have, and its cluster has no package index")
    folder.mkdir(parents=True)
    fixed = folder.with_suffix(".constraints")
    fixed.write_text("".join(f"{line}\n" for line in wanted.constraints), "utf-8")
    index = ["--index-url", wanted.index] if wanted.index else []
    command = [sys.executable, "-m", "pip", "install", "--target", str(folder), *_PIP, *index, "-c", str(fixed)]
    done = subprocess.run([*command, *missing], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        why = _last_error(done.stderr) or f"pip ended with exit code {done.returncode}"
        raise NotInstalled(f"needs {names}, which its image does not have, and it could not be installed: {why}")
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def keep_on_path(before: list[str]) -> None:
    """Have on the path again what a path from another pod took off: this pod has its libraries elsewhere."""
    sys.path[:0] = [entry for entry in before[:1] if entry not in sys.path]
    sys.path += [entry for entry in before if entry not in sys.path]


def _missing(wanted: Packages) -> Iterator[str]:
    """Yield requirements that are not met here: those that were asked for, and those of modules that are not found.

    Of a module that several packages give, such as `google`, each has its part, and which of them a step needs is not
    known: what is not there is yielded. Not so without an index: there the step's code finds what it lacks, and what is
    lent to the image has to do.
    """
    path = sys.path if wanted.offline else _own_path()
    fixed = {name_of(line): line.partition("==")[2] for line in wanted.constraints}

    @functools.cache
    def installed() -> dict[str, str]:
        from importlib import metadata  # 10 ms, and most tasks ask for nothing

        found = [one for one in metadata.distributions(path=path) if one.name]
        first = {one.name: one.version for one in reversed(found)}  # what comes first on the path counts
        own = {canonical(name): version for name, version in first.items()}
        return own | {canonical(name): version for name, version in (instead() if wanted.offline else {}).items()}

    asked = set()
    for line in wanted.requirements:
        asked.add(name_of(line))
        if not is_met(line, installed(), fixed):
            yield line
    for module, lines in wanted.modules.items():
        lacked = [line for line in lines if name_of(line) not in asked]
        spec = _spec(module, path)
        if spec is None:
            yield from lacked
        elif (len(lines) > 1 or spec.origin is None) and not wanted.offline:
            yield from (line for line in lacked if name_of(line) not in installed())


def _own_path() -> list[str]:
    """Return the module search path without what is lent to this image: that has other versions than the kernel."""
    is_lent = lent()
    return [entry for entry in sys.path if not is_lent(entry)]


def _spec(module: str, path: list[str]) -> ModuleSpec | None:
    """Return how a module was imported, or would be from `path`; None if it would not."""
    if module in sys.modules:
        return sys.modules[module].__spec__
    specs = (finder.find_spec(module, path if finder is PathFinder else None) for finder in sys.meta_path)
    return next((spec for spec in specs if spec is not None), None)


def _last_error(text: str) -> str:
    """Return the line of pip's that says most: its last error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR: ")]
    errors = [line for line in errors if not line.startswith("ResolutionImpossible")]  # the one before says of what
    return (errors or lines or [""])[-1][:300]
