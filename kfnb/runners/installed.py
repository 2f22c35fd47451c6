"""Which packages an interpreter has, and in which version; asked once, and again when something was installed.

Used by the local runner for the cache's keys. The interpreter is asked in a process of its own, as the fork server is
started; the answer is kept in a file, which holds as long as the folders that packages lie in are unchanged.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import zlib
from typing import TYPE_CHECKING, Any

from kfnb.errors import KernelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_PROGRAM = """
import json, os, re, sys
from importlib import metadata
found = {}
for module, names in metadata.packages_distributions().items():
    found[module] = {name: metadata.version(name) for name in names}
urls = {one.name: one.read_text("direct_url.json") or "" for one in metadata.distributions()}
editable = [name for name, url in urls.items() if re.search('"editable": *true', url)]
folders = [path for path in sys.path if os.path.isdir(path)]
python = ".".join(map(str, sys.version_info[:3]))
print(json.dumps({"python": python, "folders": folders, "modules": found, "editable": editable}))
"""
_SECONDS = 120.0


def versions(command: Iterable[str], env: Mapping[str, str], memory: Path, imports: frozenset[str]) -> dict[str, str]:
    """Return the version of Python and of the packages that provide `imports`, by name.

    What no package provides (the standard library, the user's own modules) is left out. `memory`: folder for answers.
    KernelError if the interpreter cannot be asked.
    """
    command = list(command)
    seen = _known(command, env, memory)
    modules = seen["modules"]
    found = {name: version for module in imports for name, version in modules.get(module, {}).items()}
    return {"Python": seen["python"], **found}


def packages(
    command: Iterable[str], env: Mapping[str, str], memory: Path
) -> tuple[dict[str, dict[str, str]], dict[str, str], str]:
    """Return the packages of an interpreter: by module, all of them with their versions; and the version of Python.

    KernelError if the interpreter cannot be asked.
    """
    seen = _known(list(command), env, memory)
    modules: dict[str, dict[str, str]] = seen["modules"]
    return modules, {name: number for found in modules.values() for name, number in found.items()}, seen["python"]


def editable(command: Iterable[str], env: Mapping[str, str], memory: Path) -> frozenset[str]:
    """Return the modules that only packages give which Python takes from where they are written (`pip install -e`).

    KernelError if the interpreter cannot be asked.
    """
    seen = _known(list(command), env, memory)
    return frozenset(module for module, giving in seen["modules"].items() if giving.keys() <= set(seen["editable"]))


def _known(command: list[str], env: Mapping[str, str], memory: Path) -> dict[str, Any]:
    told = [env.get(name) for name in ("PYTHONPATH", "PYTHONNOUSERSITE", "HOME")]
    question = json.dumps([zlib.crc32(_PROGRAM.encode()), command, *told])
    place = memory / f"{zlib.crc32(question.encode()):08x}.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        kept: dict[str, Any] = json.loads(place.read_bytes())
        if kept["question"] == question and kept["times"] == _times([command[0], *kept["folders"]]):
            return kept
    found = _ask(command, env)
    found |= {"question": question, "times": _times([command[0], *found["folders"]])}
    with contextlib.suppress(OSError):  # then it is asked again
        memory.mkdir(parents=True, exist_ok=True)
        fresh = place.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(found))
        fresh.replace(place)
    return found


def _times(paths: list[str]) -> list[int]:
    return [os.stat(path).st_mtime_ns if os.path.exists(path) else 0 for path in paths]  # noqa: PTH110, PTH116


def _ask(command: list[str], env: Mapping[str, str]) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [*command, "-P", "-c", _PROGRAM], env=env, cwd="/", capture_output=True, timeout=_SECONDS, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise KernelError(f"The kernel's interpreter {command[0]} cannot say what is installed: {last}") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise KernelError(f"The kernel's interpreter {command[0]} cannot say what is installed: {error}") from None
    return answer
