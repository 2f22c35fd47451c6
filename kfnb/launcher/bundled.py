"""Starts the launcher in an image that has Python and not kfnb, from the bundle that an init container copied there.

The pod's command is `python3 BUNDLE/any/kfnb/launcher/bundled.py INPUT_URI` (runners/pod_manifest.py says so). The
bundle comes last on the path, so that versions which the image has win, but for those that are too old for the
launcher: of these it takes its own, and says so. With `-m MODULE` in the place of the URI that program of kfnb's is
run. Why it cannot be used is said before anything of it is imported: any Python from 3.6 on must be able to read this
file.
"""

import json
import platform
import re
import runpy
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

UNFIT = 5
"""Exit code: something outside, here the image, can never be used."""


def main() -> int:
    """Run the launcher, or say why it cannot be run here."""
    pure = Path(__file__).resolve().parents[2]
    why = obstacle(pure.parent)
    if why:
        sys.stderr.write(why + "\n")
        return UNFIT
    sys.path[0] = ""  # not this file's folder; the launcher takes away what stands here, as after `python -m`
    lent = [str(pure), str(pure.parent / _own())]
    sys.path += lent
    sys.meta_path.insert(0, _Lent(lent, *_too_old(pure.parent, lent)))
    if sys.argv[1:2] == ["-m"]:
        del sys.argv[:2]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        return 0
    from kfnb.launcher.__main__ import main as launch

    return launch()


class _Lent:
    """Finds modules in the bundle, whatever comes before it on the path. `kfnb_lends`: their libraries' versions."""

    def __init__(self, folders: "list[str]", modules: "set[str]", versions: "dict[str, str]") -> None:
        self._folders = folders
        self._modules = modules
        self.kfnb_lends = versions  # artifacts/lent.py looks for it

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """Find a top-level module that the image has too old; None for others (see `importlib.abc.MetaPathFinder`)."""
        return PathFinder.find_spec(name, self._folders) if name in self._modules else None


def _too_old(bundle: Path, lent: "list[str]") -> "tuple[set[str], dict[str, str]]":
    """Return the modules of libraries that the image has in versions of no use to the launcher, and say so.

    With them the versions of those libraries that are lent.
    """
    from importlib import metadata  # Python 3.6 has none, and must be able to say why it cannot be used

    modules = set()
    versions: dict[str, str] = {}
    for name, least in json.loads((bundle / "least.json").read_text("utf-8")).items():
        version = next(iter(metadata.distributions(name=name))).version  # the image's; where it has none, what is lent
        needed = least["version"]
        numbers = [int(digits) for digits in re.findall(r"\d+", version)]
        if numbers + [0] * len(needed) < needed:
            modules.update(least["modules"])
            versions.update((one.name, one.version) for one in metadata.distributions(name=name, path=lent))
            older = "The image's {} {} is older than kfnb's launcher needs ({}), so this step has the launcher's own.\n"
            sys.stderr.write(older.format(name, version, ".".join(map(str, needed))))
    return modules, versions


def obstacle(bundle: Path) -> str:
    """Return why this interpreter cannot use the bundle, "" if it can."""
    served = sorted(path.name for path in bundle.glob("cp3*"))
    python, libc = platform.python_implementation(), platform.libc_ver()[0]
    if python == "CPython" and libc == "glibc" and _own() in served:
        return ""
    words = ", ".join(_in_words(name) for name in served)
    return (
        "The image of this step has no kfnb, and no Python that kfnb's launcher can be lent to: it is "
        f"{python} {sys.version_info[0]}.{sys.version_info[1]} on {platform.machine()} with {libc or 'another libc'}, "
        f"and what is lent is for {words} with glibc. Use an image with one of these, or one made on kfnb's base image."
    )


def _own() -> str:
    return f"cp{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}"


def _in_words(name: str) -> str:
    python, _, processor = name.partition("-")
    return f"CPython 3.{python[len('cp3') :]} on {processor}"


if __name__ == "__main__":
    sys.exit(main())
