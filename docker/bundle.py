"""Unpacks what kfnb's launcher needs into a folder that runs in images without kfnb; docker/Containerfile calls this.

    python3 bundle.py WHEELS REQUIREMENTS TARGET

WHEELS is a folder of wheels, for as many versions of CPython and kinds of processors as the bundle is to serve.
REQUIREMENTS is a file with what kfnb itself requires, a requirement a line.
TARGET gets `any`, what is pure Python, and a folder like `cp312-x86_64` for each of them that all compiled parts are
there for, and `least.json`: the versions below which what an image has itself is of no use to the launcher. kfnb itself
is put into `any` afterwards. `kfnb/launcher/bundled.py` starts the launcher from there.
"""

from __future__ import annotations

import email
import json
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

if TYPE_CHECKING:
    from packaging.tags import Tag

NEEDED = ("blake3", "botocore", "certifi", "cloudpickle", "fsspec", "ipykernel", "msgspec")
"""What the launcher imports, and botocore for keys that come from the pod's service account."""

LEFT_OUT = frozenset({"debugpy", "jedi", "parso"})
"""What these ask for and do without: a debugger, and completion while typing."""

PYTHONS = (11, 12, 13)
"""Minor versions of CPython 3 that are served where their wheels are there."""

PROCESSORS = ("x86_64", "aarch64")
_DATA = "botocore/data"
_KEPT_DATA = ("sts", "sso", "sso-oidc", "signin")
"""Of the services of Amazon that botocore describes, those that give keys."""


class Wheel(NamedTuple):
    """One file of the folder: a distribution, its version, and the tags that say where it can be used."""

    path: Path
    name: str
    version: Version
    tags: frozenset[Tag]

    @property
    def pure(self) -> bool:
        """Whether it can be used anywhere."""
        return any(tag.platform == "any" for tag in self.tags)

    def serves(self, minor: int, processor: str) -> bool:
        """Whether it can be used by CPython 3.`minor` on such a processor, with glibc."""
        return self.pure or any(
            tag.platform.startswith("manylinux") and tag.platform.endswith(f"_{processor}") and _abi(tag, minor)
            for tag in self.tags
        )


def _abi(tag: Tag, minor: int) -> bool:
    stable = tag.abi == "abi3" and tag.interpreter.startswith("cp3") and int(tag.interpreter[3:]) <= minor
    return stable or tag.abi == f"cp3{minor}"


def wheels_in(folder: Path) -> list[Wheel]:
    """Return the wheels of a folder, newer versions first."""
    found = []
    for path in sorted(folder.glob("*.whl")):
        name, version, _, tags = parse_wheel_filename(path.name)
        found.append(Wheel(path, str(name), version, tags))
    return sorted(found, key=lambda wheel: wheel.version, reverse=True)


def closure(wheels: list[Wheel]) -> set[str]:
    """Return the distributions that NEEDED need, on any of the Pythons; SystemExit if there is no wheel of one."""
    found: set[str] = set()
    left = [*NEEDED]
    while left:
        name = canonicalize_name(left.pop())
        if name in found or name in LEFT_OUT:
            continue
        wheel = next((wheel for wheel in wheels if wheel.name == name), None)
        if wheel is None:
            raise SystemExit(f"There is no wheel of {name}, which the launcher needs.")
        found.add(name)
        left += [each.name for each in required(wheel)]
    return found


def required(wheel: Wheel) -> list[Requirement]:
    """Return what a wheel asks for on Linux, on any of the Pythons."""
    with zipfile.ZipFile(wheel.path) as archive:
        entry = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = email.message_from_bytes(archive.read(entry)).get_all("Requires-Dist") or []
    asked = [Requirement(line) for line in lines]
    return [each for each in asked if any(_holds(each, minor) for minor in PYTHONS)]


def _holds(requirement: Requirement, minor: int) -> bool:
    python = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.0"}
    here = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "extra": ""}
    return requirement.marker is None or requirement.marker.evaluate({**python, **here})


def unpack(wheel: Wheel, target: Path) -> None:
    """Put the modules of a wheel into a folder."""
    with zipfile.ZipFile(wheel.path) as archive:
        for entry in archive.infolist():
            path = _place(PurePosixPath(entry.filename))
            if path is None or entry.is_dir():
                continue
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(archive.read(entry))


def _place(path: PurePosixPath) -> PurePosixPath | None:
    """Return where a file of a wheel belongs; None for scripts, tests, and descriptions of services."""
    parts = path.parts
    if parts[0].endswith(".data"):
        return PurePosixPath(*parts[2:]) if parts[1] in ("purelib", "platlib") else None
    if "tests" in parts[:-1]:
        return None
    if path.is_relative_to(_DATA) and len(parts) > 3 and parts[2] not in _KEPT_DATA:
        return None
    return path


def least(wheels: list[Wheel], names: set[str], own: list[Requirement]) -> dict[str, dict[str, object]]:
    """Return, of the distributions `names`, the version that kfnb (`own`) or one of them asks for at least.

    Each is a list of numbers under `version`, beside the top-level modules that it brings, under `modules`.
    """
    newest = {wheel.name: wheel for wheel in reversed(wheels) if wheel.name in names}
    found: dict[str, Version] = {}
    for each in (*own, *(each for wheel in newest.values() for each in required(wheel))):
        name = str(canonicalize_name(each.name))
        for bound in each.specifier if name in names else ():
            if bound.operator in (">=", "~=", ">"):
                found[name] = max(Version(bound.version), found.get(name, Version("0")))
    return {name: {"version": found[name].release, "modules": _modules(newest[name])} for name in sorted(found)}


def _modules(wheel: Wheel) -> list[str]:
    with zipfile.ZipFile(wheel.path) as archive:
        places = [_place(PurePosixPath(name)) for name in archive.namelist() if not name.endswith("/")]
    tops = {path.parts[0].split(".")[0] for path in places if path is not None and ".dist-info" not in path.parts[0]}
    return sorted(tops)


def main(folder: Path, requirements: Path, target: Path) -> None:
    """Make the bundle."""
    wheels = wheels_in(folder)
    names = closure(wheels)
    own = [Requirement(line) for line in requirements.read_text("utf-8").splitlines()]
    compiled = {name for name in names if not any(wheel.pure for wheel in wheels if wheel.name == name)}
    for name in sorted(names - compiled):
        unpack(next(wheel for wheel in wheels if wheel.name == name and wheel.pure), target / "any")
    for minor in PYTHONS:
        for processor in PROCESSORS:
            fit = {wheel.name: wheel for wheel in reversed(wheels) if wheel.serves(minor, processor)}
            if compiled <= fit.keys():
                for name in sorted(compiled):
                    unpack(fit[name], target / f"cp3{minor}-{processor}")
    made = sorted(path.name for path in target.glob("cp3*"))
    if not made:
        raise SystemExit("For no version of CPython are all compiled parts there.")
    (target / "least.json").write_text(json.dumps(least(wheels, names, own)), "utf-8")
    print("The launcher's bundle serves", ", ".join(made))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit("usage: python3 bundle.py WHEELS REQUIREMENTS TARGET")
    main(*map(Path, sys.argv[1:]))
