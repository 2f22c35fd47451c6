"""What of a notebook's folder a task sees, and the state of a path on this machine: what it holds, and since when.

The launcher stamps with it what a body has read; the orchestrator's cache looks whether all of that is still the same.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from kfnb import digest
from kfnb.artifacts.files import digest_of_file
from kfnb.spec import FileRead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

LEFT_OUT = frozenset({".git", ".ipynb_checkpoints", "__pycache__", "node_modules", ".kfnb"})
"""Names that are never part of a task's view of the folder, nor of what a task wrote."""


class Entry(msgspec.Struct, frozen=True):
    """One path of the folder when the run started. `held`: where its bytes are, in the snapshot or the real folder."""

    path: str
    kind: Literal["file", "directory", "link", "environment"]
    mode: int = 0
    size: int = 0
    modified: int = 0  # nanoseconds
    held: Literal["snapshot", "real"] = "snapshot"
    target: str = ""


def ignore_rules(folder: Path) -> Callable[[str, str], bool]:
    """Read `.kfnbignore`: one shell pattern a line, of a name anywhere or of a path from the folder."""
    try:
        lines = (folder / ".kfnbignore").read_text().splitlines()
    except OSError:
        return lambda path, name: False
    patterns = [line.strip().strip("/") for line in lines if line.strip() and not line.startswith("#")]
    return lambda path, name: any(fnmatch.fnmatch(path, p) or fnmatch.fnmatch(name, p) for p in patterns)


def shown_names(folder: Path, below: str, own: Collection[Path]) -> set[str]:
    """Return the names that a task sees in the directory `below` of the notebook's folder ("" is the folder itself).

    `own`: folders of kfnb's, which are no part of it. OSError if there is no such directory.
    """
    ignored = ignore_rules(folder)
    listed = (item for _, item in _listed(folder, below, ignored, own))
    return {item.name for item in listed if item.is_symlink() or item.is_dir() or item.is_file()}


def _listed(
    folder: Path, below: str, ignored: Callable[[str, str], bool], own: Collection[Path]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the path of everything in a directory that a task may see, and what is there."""
    with os.scandir(folder / below) as listing:
        for item in listing:
            path = f"{below}/{item.name}" if below else item.name
            if not (item.name in LEFT_OUT or ignored(path, item.name) or Path(item.path) in own):
                yield path, item


def walk(folder: Path, own: Collection[Path] = ()) -> Iterator[Entry]:
    """Yield every path of the folder, a folder before what lies in it, in the order the system lists them."""
    ignored = ignore_rules(folder)
    todo = [""]
    while todo:
        below = todo.pop(0)
        try:
            listed = list(_listed(folder, below, ignored, own))
        except OSError:
            continue
        for path, item in listed:
            info = item.stat(follow_symlinks=False)
            if item.is_symlink():
                yield Entry(path, "link", target=str(Path(item.path).readlink()))
            elif item.is_dir():
                if is_environment(Path(item.path)):
                    yield Entry(path, "environment")
                    continue
                yield Entry(path, "directory", mode=stat.S_IMODE(info.st_mode), modified=info.st_mtime_ns)
                todo.append(path)
            elif item.is_file():
                yield Entry(path, "file", stat.S_IMODE(info.st_mode), info.st_size, info.st_mtime_ns)


def is_environment(folder: Path) -> bool:
    """Say whether a folder is a Python environment (venv, conda): shown as it is, not copied.

    One that may not be entered is none: `Path.exists` would raise for it (before Python 3.14).
    """
    return os.path.exists(folder / "pyvenv.cfg") or os.path.isdir(folder / "conda-meta")  # noqa: PTH110, PTH112


def is_hidden(folder: Path, path: str, own: Collection[Path]) -> bool:
    """Say whether a task does not see `path` of the notebook's folder, whatever is there."""
    ignored = ignore_rules(folder)
    parts = path.split("/")
    for number, name in enumerate(parts, 1):
        here = "/".join(parts[:number])
        if name in LEFT_OUT or ignored(here, name) or folder / here in own:
            return True
    return False


def listing_digest(names: Iterable[str]) -> str:
    """Return what stands for the names in a directory."""
    return digest.of_json(sorted(names))


def look(path: Path, name: str) -> FileRead:
    """Return the state of `path`, under `name`; a file is read as a whole for its digest."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            return FileRead(path=name, kind="directory", digest=listing_digest(p.name for p in path.iterdir()))
        if not stat.S_ISREG(info.st_mode):
            return FileRead(path=name, size=info.st_size, modified=info.st_mtime_ns)
        held, size = digest_of_file(path)
    except OSError:
        return FileRead(path=name, kind="absent")
    return FileRead(path=name, size=size, modified=info.st_mtime_ns, digest=held)


def is_as_it_was(path: Path, before: FileRead) -> bool:
    """Say whether `path` still is what it was: at once where size and time are the same, else by its bytes."""
    try:
        info = path.stat()
    except OSError:
        return before.kind == "absent"
    if before.kind == "file" and stat.S_ISREG(info.st_mode):
        if info.st_size != before.size:
            return False
        if info.st_mtime_ns == before.modified:
            return True
    now = look(path, before.path)
    return (now.kind, now.size, now.digest) == (before.kind, before.size, before.digest) and (
        now.kind != "file" or bool(now.digest) or now.modified == before.modified
    )


class RealFolder:
    """The notebook's folder on this machine, as the cache asks about it; paths are relative or absolute.

    `own`: folders of kfnb's, which are no part of it.
    """

    def __init__(self, folder: Path, own: Collection[Path]) -> None:
        self._folder, self._own = folder, own

    def is_hidden(self, path: str) -> bool:
        """Say whether tasks do not see `path`, whatever is there."""
        return is_hidden(self._folder, path, self._own)

    def names(self, below: str) -> set[str] | None:
        """Return the names that a task sees in a directory; None if there is no such directory."""
        return shown_names(self._folder, below, self._own) if (self._folder / below).is_dir() else None

    def is_as_it_was(self, path: str, before: FileRead) -> bool:
        """Say whether `path` still is what it was."""
        return is_as_it_was(self._folder / path, before)
