"""What images have, as pods of them saw it: documents of a store, for all who use it.

A pod of `kfnb cluster check` looks, and so does one task of each image in a run. What is looked at before runs asks. An
image's tag may be moved: `digest` says of which image it is true. A task's pod does not know its own; who drives its
run does, and leaves that beside, each whenever it can (`by`: the attempt both mean).
"""

from __future__ import annotations

import contextlib
import inspect
import pkgutil
import platform
import sys
import sysconfig
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kfnb import digest as digests
from kfnb.artifacts.lent import LOADED, instead, lent
from kfnb.names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kfnb.artifacts.store import Store


_Document = TypeVar("_Document")


class Contents(msgspec.Struct, frozen=True):
    """What an image has. `modules`: what can be imported beside the standard library. `packages`: version by name.

    `lent_modules`, `lent_packages`: those that kfnb's launcher brings, which is lent to it. They are not the image's: a
    step that needs them gets the kernel's, where they can be installed. But of those which the image has too old for
    the launcher `packages` has the version that is lent: steps get that.
    """

    python: str
    kfnb: str
    modules: tuple[str, ...] = ()
    packages: dict[str, str] = {}
    lent_modules: tuple[str, ...] = ()
    lent_packages: dict[str, str] = {}

    def with_lent(self) -> Contents:
        """Return what a step finds for which nothing can be installed: then what is lent has to do."""
        modules = tuple(sorted({*self.modules, *self.lent_modules}))
        return msgspec.structs.replace(self, modules=modules, packages=_beside(self.lent_packages, self.packages))


class KnownImage(msgspec.Struct, frozen=True):
    """An image as a pod of it saw itself at `seen` (seconds since the epoch). `digest`: of what its name meant then."""

    image: str
    digest: str
    seen: float
    contents: Contents
    by: str = ""


class _Digest(msgspec.Struct, frozen=True):
    by: str
    digest: str


def contents(path: Sequence[str] | None = None) -> Contents:
    """Return what the image has in which this runs. `path`: its module search path, if `sys.path` has become longer."""
    folders = [folder for folder in (sys.path if path is None else path) if folder]  # "" is where it was started
    is_lent = lent()
    modules, packages = _found([folder for folder in folders if not is_lent(folder)])
    lent_modules, lent_packages = _found([folder for folder in folders if is_lent(folder)])
    return Contents(
        python=platform.python_version(),
        kfnb=str(sys.modules["kfnb"].__version__),  # above this room; by name, as it is there in any case
        modules=tuple(sorted({*modules, *LOADED.intersection(lent_modules)})),
        packages=_beside(packages, instead()),
        lent_modules=tuple(name for name in lent_modules if name not in LOADED),
        lent_packages=lent_packages,
    )


def _found(folders: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the modules in folders, and the versions of distributions there by their names."""
    found = [one for one in metadata.distributions(path=folders) if one.name]
    modules = {name for one in found for name in _modules_of(one)} | {*_lying_in(folders)} - sys.stdlib_module_names
    packages = {one.name: one.version for one in reversed(found)}  # what comes first on the path counts
    return tuple(sorted(name for name in modules if name.isidentifier())), packages


def _beside(packages: dict[str, str], first: dict[str, str]) -> dict[str, str]:
    """Return versions by name; of a package that both have, however they spell it, that of `first`."""
    names = {canonical(name) for name in first}
    return {name: version for name, version in packages.items() if canonical(name) not in names} | first


def _modules_of(found: metadata.Distribution) -> Iterable[str]:
    declared = (found.read_text("top_level.txt") or "").split()
    files = () if declared else found.files or ()
    names = (file.parts[0] if len(file.parts) > 1 else inspect.getmodulename(file.name) for file in files)
    return declared or {name for name in names if name}


def _lying_in(folders: Iterable[str]) -> Iterator[str]:
    """Yield modules and packages that lie in folders, of a distribution or not, also those without `__init__.py`."""
    own = [Path(sysconfig.get_path(kind)) for kind in ("stdlib", "platstdlib")]  # Python's, with tests of its own
    for folder in folders:
        if Path(folder) not in (*own, *(path / "lib-dynload" for path in own)):
            yield from (module.name for module in pkgutil.iter_modules([folder]))
            with contextlib.suppress(OSError):  # an archive, or a folder that is not there
                yield from (path.parent.name for path in Path(folder).glob("*/*.py"))


def remember(store: Store, known: KnownImage) -> None:
    """Keep what is known of an image."""
    store.write(_key(known.image), msgspec.json.encode(known))


def remember_digest(store: Store, image: str, by: str, digest: str) -> None:
    """Keep which image it was that the attempt `by` looked at, or is looking at."""
    store.write(_key(image, ".digest"), msgspec.json.encode(_Digest(by, digest)))


def recall(store: Store, image: str) -> KnownImage | None:
    """Return what is known of an image, None if nothing is; StoreError if the store cannot be read."""
    known = _read(store, _key(image), KnownImage)
    if known is not None and known.by and not known.digest:
        seen = _read(store, _key(image, ".digest"), _Digest)
        return msgspec.structs.replace(known, digest=seen.digest) if seen and seen.by == known.by else known
    return known


def _read(store: Store, key: str, kind: type[_Document]) -> _Document | None:
    text = store.find(key)
    with contextlib.suppress(msgspec.MsgspecError):  # what another kfnb wrote
        return None if text is None else msgspec.json.decode(text, type=kind)
    return None


def seen_now(image: str, found: Contents, *, digest: str = "", by: str = "") -> KnownImage:
    """Return what is known of an image since this moment."""
    return KnownImage(image, digest, time.time(), found, by)


def _key(image: str, which: str = "") -> str:
    return f"images/{digests.of_json(image)[:32]}{which}.json"
