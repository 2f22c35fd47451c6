"""Starts the launcher in an image that has Python and not kfnb, from the bundle that an init container copied there.

The pod's command is `python3 BUNDLE/any/kfnb/launcher/bundled.py INPUT_URI` (runners/pod_manifest.py says so). The
bundle comes last on the path, so that versions which the image has win. With `-m MODULE` in the place of the URI that
program of kfnb's is run. Why it cannot be used is said before anything of it is imported: any Python from 3.6 on must
be able to read this file.
"""

import platform
import runpy
import sys
from pathlib import Path

OUTSIDE = 4
"""Exit code: something outside, here the image, cannot be used."""


def main() -> int:
    """Run the launcher, or say why it cannot be run here."""
    pure = Path(__file__).resolve().parents[2]
    why = obstacle(pure.parent)
    if why:
        sys.stderr.write(why + "\n")
        return OUTSIDE
    sys.path[0] = ""  # not this file's folder; the launcher takes away what stands here, as after `python -m`
    sys.path += [str(pure), str(pure.parent / _own())]
    if sys.argv[1:2] == ["-m"]:
        del sys.argv[:2]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    from kfnb.launcher.__main__ import main as launch

    return launch()


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
