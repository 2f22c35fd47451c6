"""The images of the tests' pods, made here from Debian's archive and Python's wheels; the cluster's registry has them.

    pause          what holds a pod's namespaces
    python         Debian with its Python, the ground of the next two; and an image without kfnb
    kfnb-base      docker/Containerfile: kfnb and its dependencies
    kfnb-examples  the same with what the example notebooks need

Each is made again only when what it is made of has changed. A change in kfnb's code makes the last layers again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import debian, registry
from tests.cluster.places import ADDRESS, CACHE, CHECKOUT, IMAGES_HOST, REGISTRY
from tests.cluster.programs import program
from tests.cluster.shell import attempt, call, say

PAUSE = f"{IMAGES_HOST}/pause:1"
ROOT = f"{IMAGES_HOST}/pause-as-root:1"
"""The same, for a user that no pod under `restricted` may be."""
FAULT = "KFNB_TEST_FAULT"
"""The variable with what `make_faulty`'s image does at the start of each Python."""
CONTAINERFILE = CHECKOUT / "docker" / "Containerfile"
BUNDLE = CHECKOUT / "docker" / "bundle.py"
CONTEXT = CHECKOUT / "docker" / "context.py"
_BUILDAH = ("buildah", "--root", str(CACHE / "images"), "--runroot", str(CACHE / "images-mounted"))
"""With one place for what is mounted, whichever cluster asks: two would unmount each other's layers."""
_ENVIRONMENT = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "overlay", "NO_PROXY": ADDRESS, "no_proxy": ADDRESS}
"""Such that it needs no engine, and asks no proxy for the registry."""
_KEPT = 6
"""Images of a kind that stay where they are made: those of the checkouts in use."""
_LEFT_OUT = (
    "./usr/share/doc",
    "./usr/share/man",
    "./usr/share/locale",
    "./var/cache/apt",
    "./var/lib/apt",
    "./var/log",
)


def _key(*parts: str) -> str:
    """A short digest of these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Image:
    """An image with kfnb in it, and the extras of kfnb that it has beyond those of every image."""

    name: str
    extras: frozenset[str] = frozenset()

    @property
    def latest(self) -> str:
        """Its reference for people, whichever checkout made it last."""
        return f"{IMAGES_HOST}/{self.name}:dev"

    @property
    def exact(self) -> str:
        """Its reference by what it is made of, the same only where this checkout's code is."""
        return f"{IMAGES_HOST}/{self.name}:{_key(_digest_of_dependencies(self), _digest_of_code())}"


PLAIN = f"{IMAGES_HOST}/python:{_key(debian.RELEASE, *_LEFT_OUT)}"
"""The ground of the others: a Debian with its Python, and nothing of kfnb."""
BASE = Image("kfnb-base")
EXAMPLES = Image("kfnb-examples", frozenset({"examples"}))
IMAGES = (BASE, EXAMPLES)


def make() -> list[str]:
    """Make what the registry, which must be running, lacks; references of all images with kfnb in them."""
    if not registry.holds(PLAIN):
        _ground()
        _push(PLAIN)
    for image in IMAGES:
        if not registry.holds(image.exact):
            _make(image)
            _forget_old(image)
        registry.name_also(image.exact, image.latest)  # another checkout may have moved it
    return references()


def references() -> list[str]:
    """What pods may name as their image: of each image the exact one and the latest."""
    return [reference for image in IMAGES for reference in (image.exact, image.latest)]


def make_pause() -> None:
    """One static program in an otherwise empty image, which each pod needs; made where the registry lacks it."""
    _make_pause(PAUSE, "65535:65535")


def make_root() -> None:
    """The same for root, for tests of what is said about such an image."""
    _make_pause(ROOT, "0:0")


def _make_pause(reference: str, user: str) -> None:
    if registry.holds(reference):
        return
    with _container() as container:
        _buildah("copy", "--quiet", "--chmod", "755", container, program("pause"), "/pause")
        _buildah("config", "--entrypoint", '["/pause"]', "--user", user, container)
        _buildah("commit", "--quiet", container, reference)
    _push(reference)


def make_faulty() -> str:
    """kfnb's base image in which each Python begins with what the variable FAULT holds; its reference.

    So tests have mistakes in kfnb, as a release of it may have them, where its code runs as ever: in pods.
    """
    reference = BASE.exact.replace(BASE.name, f"{BASE.name}-faulty")
    if not registry.holds(reference):
        at = f"docker://{REGISTRY}/{BASE.exact.removeprefix(f'{IMAGES_HOST}/')}"
        with _container("--tls-verify=false", at) as container, tempfile.TemporaryDirectory(dir=CACHE) as folder:
            file = Path(folder) / "faulty.pth"  # the interpreter runs such lines when it starts
            file.write_text(f"import os; exec(os.environ.get({FAULT!r}, ''))\n", "utf-8")
            python = _buildah(
                "run", container, "--", "python", "-c", "import sysconfig as s; print(s.get_path('purelib'))"
            )
            _buildah("copy", "--quiet", container, str(file), f"{python.strip()}/faulty.pth")
            _buildah("commit", "--quiet", container, reference)
        _push(reference)
        _buildah("rmi", reference)
    return reference


def _make(image: Image) -> None:
    """Build an image by docker/Containerfile and push it."""
    say(f"Making the image {image.name} ...")
    ground = _ground()
    with _context(image) as context:
        arguments = ("--file", CONTAINERFILE, "--build-arg", f"PYTHON_IMAGE={ground}", "--tag", image.exact)
        _buildah("build", "--quiet", "--layers", *arguments, context)
    _push(image.exact)


def _forget_old(image: Image) -> None:
    """Keep the newest images of a kind where they are made, with the layers that the next one is made on."""
    listed = _buildah("images", "--json", "--filter", f"reference={IMAGES_HOST}/{image.name}")
    if old := surplus(json.loads(listed)):
        _buildah("rmi", "--force", *old)


def surplus(listed: list[dict[str, Any]]) -> list[str]:
    """Names of the images, as buildah lists them, that are not among the newest; the registry still has them."""
    newest_first = sorted(listed, key=lambda one: str(one["createdatraw"]), reverse=True)
    return [name for one in newest_first[_KEPT:] for name in one["names"]]


def _ground() -> str:
    """The image with Debian and its Python, made where buildah does not have it."""
    if attempt(*_BUILDAH, "inspect", "--type", "image", PLAIN, env=_ENVIRONMENT):
        return PLAIN
    say(f"Making an image of Debian {debian.RELEASE} with its Python ...")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="debian-") as folder:
        root, packed = Path(folder) / "root", Path(folder) / "root.tar"
        options = ("--variant=minbase", "--include=python3,python3-venv,ca-certificates")
        call("debootstrap", *options, debian.RELEASE, root, debian.archive())
        call("tar", "--numeric-owner", *(f"--exclude={path}/*" for path in _LEFT_OUT), "-C", root, "-cf", packed, ".")
        with _container() as container:
            _buildah("add", "--quiet", container, packed, "/")
            _buildah("commit", "--quiet", container, PLAIN)
    return PLAIN


@contextlib.contextmanager
def _context(image: Image) -> Iterator[Path]:
    """The folder that the image is built from, gone afterwards; its wheels are kept."""
    extras = [word for name in sorted(image.extras) for word in ("--extra", name)]
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="context-") as folder:
        context = Path(folder) / "context"
        call(sys.executable, CONTEXT, context, "--only-own", "--wheels", _wheels(image), *extras)
        yield context


def wheels(image: Image) -> Path:
    """A folder with the wheels of all that the image has beside kfnb."""
    if not _wheels(image).is_dir():
        with _context(image):
            pass
    return _wheels(image)


def _wheels(image: Image) -> Path:
    return CACHE / "wheels" / _digest_of_dependencies(image)


def _digest_of_dependencies(image: Image) -> str:
    """Changes when the image's dependencies, or the way it is made, may have."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = json.dumps([project["dependencies"], project["optional-dependencies"], sorted(image.extras)])
    texts = (path.read_text("utf-8") for path in (CHECKOUT / "constraints.txt", BUNDLE, CONTEXT, CONTAINERFILE))
    return _key(debian.RELEASE, asked, *texts)


def _digest_of_code() -> str:
    """Changes when a file of kfnb does."""
    files = [path for path in sorted((CHECKOUT / "kfnb").rglob("*")) if path.is_file() and path.suffix != ".pyc"]
    return _key(*(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files))


@contextlib.contextmanager
def _container(*source: str) -> Iterator[str]:
    """A container of buildah's, with nothing in it unless it is made from an image, gone afterwards."""
    name = _buildah("from", "--quiet", *(source or ("scratch",))).strip()
    try:
        yield name
    finally:
        _buildah("rm", name)


def _push(reference: str) -> None:
    """Copy an image from buildah's store to the registry."""
    at = f"docker://{REGISTRY}/{reference.removeprefix(f'{IMAGES_HOST}/')}"
    _buildah("push", "--quiet", "--tls-verify=false", reference, at)


def _buildah(*words: str | Path) -> str:
    return call(*_BUILDAH, *words, env=_ENVIRONMENT)
