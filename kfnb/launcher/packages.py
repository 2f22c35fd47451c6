"""Installs what a task needs and its image lacks, into a folder of its own, before anything of the task is loaded.

Called by launch.py in pods. What was asked for by `packages:` or is imported by the code has the version of the user's
kernel; so has what it brings along.
"""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

from kfnb.errors import OutsideError
from kfnb.notebook.requirements import canonical, is_met, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    missing = [*_missing(wanted)]
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
    """Yield requirements that are not met here: those that were asked for, and those of modules that are not found."""
    fixed = {name_of(line): line.partition("==")[2] for line in wanted.constraints}
    installed: dict[str, str] = {}
    if wanted.requirements:
        from importlib import metadata  # 10 ms, and most tasks ask for nothing

        installed = {canonical(one.name): one.version for one in metadata.distributions()}
    asked = set()
    for line in wanted.requirements:
        asked.add(name_of(line))
        if not is_met(line, installed, fixed):
            yield line
    for module, lines in wanted.modules.items():
        if module not in sys.modules and importlib.util.find_spec(module) is None:
            yield from (line for line in lines if name_of(line) not in asked)


def _last_error(text: str) -> str:
    """Return the line of pip's that says most: its last error."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR: ")]
    errors = [line for line in errors if not line.startswith("ResolutionImpossible")]  # the one before says of what
    return (errors or lines or [""])[-1][:300]
