"""Requirements as pip reads them, beside the versions that a kernel has: what is fixed, what is there already.

Images and launchers ask this. `packaging` is imported where a requirement is really looked at: that takes 20 ms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kfnb.names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def name_of(requirement: str) -> str:
    """Return the name, in that form, of the distribution that a requirement is about."""
    return canonical(re.split(r"[\s\[(@;=<>!~]", requirement.strip(), maxsplit=1)[0])


def is_requirement(line: str) -> bool:
    """Say whether a line names a distribution, and is not an option, a file or an address alone."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(line)
    except InvalidRequirement:
        return False
    return True


def pinned(name: str, version: str) -> str:
    """Return the requirement of this version; which build of it (`+cu121`) is for the place to say."""
    return f"{name}=={version.partition('+')[0]}"


def constraints(versions: Mapping[str, str], requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the versions as pip's constraints, without those that one of the requirements rules out."""
    asked = {name_of(line): line for line in requirements}
    return tuple(
        sorted(
            pinned(name, version)
            for name, version in versions.items()
            if canonical(name) not in asked or _allows(asked[canonical(name)], version)
        )
    )


def _allows(requirement: str, version: str) -> bool:
    from packaging.requirements import Requirement

    wanted = Requirement(requirement)
    return wanted.url is None and wanted.specifier.contains(version, prereleases=True)


def is_met(requirement: str, installed: Mapping[str, str], fixed: Mapping[str, str]) -> bool:
    """Say whether what is `installed` (versions by canonical name) will do, at the version that `fixed` says, if any.

    An address or an extra is taken as not met: what it brings cannot be seen here.
    """
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    wanted = Requirement(requirement)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return True
    name = canonical(wanted.name)
    if name not in installed or wanted.url or wanted.extras:
        return False
    exact = SpecifierSet(f"=={fixed[name]}") if name in fixed else SpecifierSet()
    return (wanted.specifier & exact).contains(installed[name], prereleases=True)
