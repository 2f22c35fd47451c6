"""Makes the folder that docker/Containerfile builds an image of kfnb from: wheels of kfnb and of all that it needs.

    python3 docker/context.py build/image
    buildah build --layers --file docker/Containerfile --tag kfnb-base build/image      (or podman, or docker)

The image has the Python and processor of Containerfile's own base; `--python` and `--processor` are for another base.
Its bundle serves CPython 3.11 to 3.13 on x86_64 and aarch64; with `--only-own`, the image's own alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from bundle import NEEDED, PROCESSORS, PYTHONS

CHECKOUT = Path(__file__).resolve().parents[1]
IN_PODS = ("gcs", "s3")
"""Extras of kfnb that each image has: what a pod needs, and nothing of JupyterLab or the tests."""
GLIBC = range(36, 4, -1)
"""Minor versions of glibc whose wheels run on Debian 12, whose glibc is 2.36; newest first."""


def main(words: list[str]) -> None:
    """Make the folder; SystemExit if something cannot be had."""
    asked = _asked(words)
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    if unknown := [name for name in asked.extra if name not in extras]:
        raise SystemExit(f"kfnb has no extra {unknown[0]}; it has {', '.join(extras)}.")
    requirements = ["pip", *project["dependencies"], *(line for name in IN_PODS for line in extras[name])]
    more = [line for name in asked.extra for line in extras[name]]
    if asked.target.exists():
        shutil.rmtree(asked.target)
    asked.target.mkdir(parents=True)
    if asked.wheels is None:
        _download(asked, [*requirements, *more], asked.target / "dependencies")
    else:
        _link(_kept(asked, [*requirements, *more]), asked.target / "dependencies")
    for name, lines in (("requirements", requirements), ("more", more)):
        (asked.target / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    shutil.copy(CHECKOUT / "docker" / "bundle.py", asked.target)
    _pip("wheel", "--no-deps", "--wheel-dir", asked.target / "kfnb", CHECKOUT)


def _asked(words: list[str]) -> Any:
    parser = argparse.ArgumentParser(description="Make the folder that docker/Containerfile builds an image from.")
    parser.add_argument("target", type=Path, help="the folder; what is there is replaced")
    parser.add_argument("--python", default="3.11", help="the image's Python (3.11)")
    parser.add_argument("--processor", choices=PROCESSORS, default="x86_64", help="the image's processor (x86_64)")
    parser.add_argument("--extra", action="append", default=[], help="an extra of kfnb that the image is to have too")
    parser.add_argument("--only-own", action="store_true", help="lend a launcher to images of the same Python alone")
    parser.add_argument("--wheels", type=Path, help="keep the wheels here, and take them from here if they are there")
    return parser.parse_args(words)


def _kept(asked: Any, requirements: list[str]) -> Path:
    """Return the folder of wheels that is kept; it is complete or it is not there."""
    kept: Path = asked.wheels
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix="wheels-") as beside:
            complete = Path(beside) / "complete"
            _download(asked, requirements, complete)
            complete.rename(kept)
    return kept


def _link(source: Path, target: Path) -> None:
    target.mkdir()
    for path in source.iterdir():
        os.link(path, target / path.name)


def _download(asked: Any, requirements: list[str], folder: Path) -> None:
    """Fetch wheels of `requirements` for the image, and of the launcher's for all others that it is lent to."""
    _fetch(folder, asked.python, asked.processor, requirements)
    others = [] if asked.only_own else [(f"3.{minor}", processor) for minor in PYTHONS for processor in PROCESSORS]
    for python, processor in others:
        if (python, processor) != (asked.python, asked.processor):
            _fetch(folder, python, processor, NEEDED)


def _fetch(folder: Path, python: str, processor: str, requirements: tuple[str, ...] | list[str]) -> None:
    platforms = [f"--platform=manylinux_2_{minor}_{processor}" for minor in GLIBC]
    target = ("--only-binary=:all:", "--implementation=cp", f"--python-version={python}", *platforms)
    _pip("download", *target, "--constraint", CHECKOUT / "constraints.txt", "--dest", folder, *requirements)


def _pip(*words: str | Path) -> None:
    """Run pip without the front end, which a pod has no use for; SystemExit if it fails, after what it said."""
    command = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *map(str, words))
    done = subprocess.run(command, env={**os.environ, "KFNB_WITHOUT_FRONT_END": "1"}, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
