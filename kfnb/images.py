"""The image of a notebook: what it imports, at the versions in its kernel, put on an image that has Python.

`kfnb image build` calls this. `recipe` works out what is to be in the image, from the pipeline and the kernel's
interpreter; `build` and `push` have buildah, podman or docker make it. The Containerfile is data of the package.
"""

from __future__ import annotations

import importlib.resources
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kfnb import digest
from kfnb.errors import OutsideError, WrongCall
from kfnb.names import canonical
from kfnb.notebook.requirements import constraints, name_of, pinned
from kfnb.runners import installed
from kfnb.runners.kernelspec import find_interpreter
from kfnb.runners.own_modules import is_own, with_own

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.spec import PipelineSpec

ENGINES: dict[str, tuple[str, ...]] = {"buildah": (), "podman": ("info",), "docker": ("version",)}
"""What can make an image, in the order in which it is looked for; and what to ask of those that may have a daemon."""
_ANSWER_SECONDS = 20.0

_OWN = "kfnb"
_NOT_ASKED = {_OWN, "pip", "setuptools"}
"""The base image has them, at its own versions."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What the image of a notebook is made of.

    `python`: the kernel's minor version, which the base must have too. `requirements` are what pip is given,
    `constraints` the versions of all else in the kernel. `unknown`: modules that the notebook imports, which no package
    of the kernel has and which do not lie beside the notebook.
    """

    tag: str
    base: str
    python: str
    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    @property
    def files(self) -> dict[str, str]:
        """The texts of the folder that the image is made of, by their names."""
        return {
            "Containerfile": (importlib.resources.files("kfnb.deploy") / "notebook.Containerfile").read_text("utf-8"),
            "requirements.txt": _lines(self.requirements),
            "constraints.txt": _lines(self.constraints),
        }


def recipe(
    spec: PipelineSpec, folder: Path, memory: Path, *, base: str | None = None, tag: str | None = None
) -> Recipe:
    """Return what the image of a notebook in `folder` is to be. KernelError if its kernel cannot be asked.

    `base`: the image to put packages on (default: Python's own of the kernel's version). `tag`: what to call it
    (default: after the notebook and what is in the image). `memory`: folder for what interpreters said.
    """
    interpreter = find_interpreter(spec.kernel)
    env = {**os.environ, **interpreter.env}
    modules, everything, version = installed.packages(interpreter.command, env, memory)
    given = modules.keys() - installed.editable(interpreter.command, env, memory)
    imported = with_own({module for task in spec.tasks for module in task.imports}, folder, given)
    asked = {line for task in spec.tasks for line in task.settings.packages}
    tagged = {name_of(line) for line in asked}
    wanted = {name for module in imported for name in modules.get(module, ()) if canonical(name) not in tagged}
    wanted -= _NOT_ASKED
    unknown = (module for module in imported - modules.keys() if not is_own(module, folder) and module != _OWN)
    python = ".".join(version.split(".")[:2])
    made = Recipe(
        tag="",
        base=base or f"docker.io/library/python:{python}-slim",
        python=python,
        requirements=(*sorted(asked), *sorted(pinned(name, everything[name]) for name in wanted)),
        constraints=constraints({name: everything[name] for name in everything.keys() - _NOT_ASKED}, asked),
        unknown=tuple(sorted(unknown)),
    )
    slug = re.sub(r"[^a-z0-9]+", "-", spec.name.lower()).strip("-") or "notebook"
    return msgspec.structs.replace(made, tag=tag or f"kfnb-{slug}:{digest.of_json(msgspec.to_builtins(made))[:12]}")


def find_engine(name: str | None = None) -> str:
    """Return the engine `name`, or the first that is there and answers; OutsideError, with what to do, without one."""
    there = [engine for engine in ([name] if name else ENGINES) if shutil.which(engine)]
    if not there:
        missing = f"{name} is not installed here" if name else "none of buildah, podman and docker is installed here"
        raise OutsideError(f"No image can be made: {missing}. Install one, or see what it would be by --dry-run.")
    away: dict[str, str] = {}
    for engine in there:
        why = _why_away(engine)
        if why is None:
            return engine
        away[engine] = why
    words = "; ".join(
        f"{engine} is installed here, but its daemon does not answer ({away[engine]})" for engine in there
    )
    other = next((engine for engine in ENGINES if engine not in away and shutil.which(engine)), None)
    instead = f"take --engine {other}" if other is not None else "install buildah, which needs none"
    raise OutsideError(f"No image can be made: {words}. Start it, {instead}, or see what it would be by --dry-run.")


def _why_away(engine: str) -> str | None:
    """Return why an engine cannot work; None if it can, as far as is known."""
    question = ENGINES.get(engine)
    if not question:
        return None
    command = [engine, *question]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.strip().splitlines() or [f"{' '.join(command)}: exit code {done.returncode}"]
    return said[-1].rstrip(".") if done.returncode else None


def build(made: Recipe, engine: str, *, wheels: Path | None = None) -> None:
    """Make the image; the engine's own words go to standard error. OutsideError if it fails.

    `wheels`: a folder of wheels to install from; nothing is then asked of an index.
    """
    with _context(made, wheels) as folder:
        command = [engine, "build", "--file", str(folder / "Containerfile"), "--tag", made.tag]
        command += ["--build-arg", f"BASE={made.base}", "--build-arg", f"PYTHON={made.python}"]
        if wheels is not None:
            command += ["--build-arg", "PIP_OPTIONS=--no-index --find-links /tmp/wheels"]
        _call([*command, str(folder)], f"{engine} could not make the image {made.tag}")


def push(made: Recipe, engine: str) -> None:
    """Copy the image to the registry that its name says; OutsideError if that fails."""
    _call([engine, "push", made.tag], f"{engine} could not push the image {made.tag}")


def check_registry(tag: str | None) -> None:
    """WrongCall if a name says no registry to which an image could be pushed."""
    first, slash, _ = (tag or "").partition("/")
    if not slash or not (first == "localhost" or "." in first or ":" in first):
        raise WrongCall("--push needs --tag with a registry in it, like --tag registry.example/team/churn:1.")


@contextmanager
def _context(made: Recipe, wheels: Path | None) -> Iterator[Path]:
    """Give the folder that the image is made of. Wheels are linked where they can be, else copied."""
    with tempfile.TemporaryDirectory(prefix="kfnb-image-") as name:
        folder = Path(name)
        for file, text in made.files.items():
            (folder / file).write_text(text, "utf-8")
        (folder / "wheels").mkdir()
        for wheel in sorted(wheels.glob("*.whl")) if wheels is not None else ():
            try:
                os.link(wheel, folder / "wheels" / wheel.name)
            except OSError:
                shutil.copy(wheel, folder / "wheels")
        yield folder


def _call(command: Sequence[str], failure: str) -> None:
    env = {**os.environ, "DOCKER_BUILDKIT": "1"}  # without it an older docker knows no bind mounts
    try:
        code = subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=env, check=False).returncode
    except OSError as error:
        raise OutsideError(f"{failure}: {error.strerror}.") from None
    if code:
        raise OutsideError(f"{failure}: it ended with exit code {code}; what it said stands above.")


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
