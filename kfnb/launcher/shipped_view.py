"""A task's view of the notebook's folder where the folder itself is not at hand: laid out from the store, in a pod.

`launch.py` builds it in the place of a `View` of the folder. It lies in the scratch folder, with what was shipped from
beside the folder (`../`) beside it. Files that were not shipped are there by name, size and time only: nobody but the
body's record of paths may open them, which says so.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kfnb.artifacts.files import digest_of_file
from kfnb.artifacts.folder import look
from kfnb.artifacts.shipped import Index, ShippedEntry, ShippedFolder
from kfnb.launcher.workdir import View
from kfnb.locks import FOLDER, try_lock
from kfnb.spec import FileRead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kfnb.artifacts.folder import Entry
    from kfnb.artifacts.store import Store
    from kfnb.spec import Blob, FileChange

_SHARED_PLACE = "kfnb-folder"
"""Name of the view's place beside the scratch folder: in every pod the same, so that a path in a value holds in all."""
_LEVELS = 4
"""How many folders above the notebook's are there, by name: as far as `..` is followed when it is shipped."""


class ShippedView(View):
    """The view that `index` describes. `not_shipped`: paths that are there by name only."""

    at_hand = False

    def __init__(self, index: Index, scratch: Path) -> None:
        folder = Path(index.folder)
        self._own = []
        names = folder.parts[1:][-_LEVELS:] or ("root",)
        shared = scratch.parent / _SHARED_PLACE
        self.lasting = _claim(shared)
        self._top = shared if self.lasting else scratch / "mirror"
        self._set_up(folder, self._top.joinpath(*names), scratch, mirrored=True)
        self._index = index
        self._shipped = ShippedFolder(index)
        self._entries = {entry.path: entry for entry in index.entries}
        self.limit = index.limit
        self.not_shipped = frozenset(e.path for e in index.entries if e.held == "real")

    def remove(self) -> None:
        """Remove the view. Its place stays, empty: another process may be about to claim it."""
        _empty(self._top)

    def lay_out(self, changes: Sequence[FileChange], store: Store) -> None:
        """Fetch what was shipped, and do to it what the ancestors did."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._snapshot.mkdir(parents=True, exist_ok=True)
        entries = [(entry, Path(os.path.normpath(self.path / entry.path))) for entry in self._index.entries]
        wanted = []
        for entry, place in entries:
            if entry.kind in ("directory", "environment"):
                place.mkdir(parents=True, exist_ok=True)
            elif entry.kind == "link":
                place.symlink_to(entry.target)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                if entry.blob is not None:
                    wanted.append((entry.blob, place))
                else:
                    _stand_in(entry, place)
        given = {change.blob: self._snapshot / change.blob.digest for change in changes if change.blob is not None}
        store.fetch_all([*wanted, *given.items()])
        for entry, place in reversed(entries):
            if entry.kind == "file" and entry.blob is not None:
                place.chmod(entry.mode)
            elif entry.kind == "directory":
                place.chmod(entry.mode | stat.S_IRWXU)
            if entry.kind in ("file", "directory"):
                os.utime(place, ns=(entry.modified, entry.modified))
        self._beside = set(self._around())
        self._apply_all(changes, _Fetched(given))
        for place in given.values():
            place.unlink()

    def _around(self) -> Iterator[str]:
        """Yield every path beside the view, and above it."""
        for folder, names, found in os.walk(self._top):
            if Path(folder) == self.path.parent:
                names.remove(self.path.name)
            yield from (os.path.relpath(Path(folder) / name, self.path) for name in (*names, *found))

    def written_beside(self) -> list[str]:
        """Return what was made beside the view, which is lost with the pod; byte code of modules is nothing."""
        return sorted(path for path in self._around() if path not in self._beside and "__pycache__" not in path)

    def opened_not_shipped(self) -> list[str]:
        """Return files without their bytes that anything has read: compiled code and other programs too."""
        return [path for path in self.touched() if path in self.not_shipped and self._is_stand_in(path)]

    def _is_stand_in(self, path: str) -> bool:
        info, entry = (self.path / path).lstat(), self._entries[path]
        return (info.st_size, info.st_mtime_ns) == (entry.size, entry.modified)

    def why_not_shipped(self, path: str) -> str:
        """Say why `path` is there by name only."""
        entry = self._entries[path]
        if entry.kind == "directory":
            return f"{path!r} is a link to a folder outside of the notebook's"
        if entry.size > self.limit:
            return f"{path!r} has {entry.size:,} bytes, more than is shipped to a pod ({self.limit >> 20} MB)"
        return f"{path!r} is one file more than is shipped to a pod, or could not be read there"

    # ------------------------------------------------------------------------------------------ what it was made of

    def _look(self, path: str) -> FileRead:
        return self._shipped.look(path)

    def _original(self, entry: Entry) -> FileRead:
        return self._shipped.look(entry.path)

    def _equals_original(self, entry: Entry) -> bool:
        assert isinstance(entry, ShippedEntry)
        if entry.blob is None:
            return False
        return digest_of_file(self.path / entry.path) == (entry.blob.digest, entry.blob.size)

    def state_outside(self, path: str) -> FileRead:
        """Return the state of an absolute path: as shipped if it lies by the folder, else as it is in this place."""
        inside = self._shipped.inside(path)
        if inside is None:
            return look(Path(path), path)
        found = self._shipped.look(inside)
        return FileRead(path=path, kind=found.kind, size=found.size, modified=found.modified, digest=found.digest)

    def matching_outside(self, pattern: str) -> list[str]:
        """Return the absolute paths that match a pattern: of what was shipped from beside the folder."""
        beside = (entry.path for entry in self._index.entries if entry.path.startswith(".."))
        paths = (posixpath.normpath(posixpath.join(self._index.folder, path)) for path in beside)
        return [path for path in paths if fnmatch.fnmatchcase(path, pattern)]


class _Fetched(NamedTuple):
    """Bytes that are here already, each in a file."""

    files: Mapping[Blob, Path]

    def fetch(self, blob: Blob, path: Path) -> None:
        """Write the bytes to a file of the caller's."""
        shutil.copyfile(self.files[blob], path)


def _claim(place: Path) -> bool:
    """Make a folder for this process and its body alone, or take over what one that was killed left."""
    try:
        place.mkdir(exist_ok=True)
        if try_lock(place, FOLDER) is None:
            return False
    except OSError:
        return False
    _empty(place)
    return True


def _empty(place: Path) -> None:
    for left in place.iterdir() if place.is_dir() else ():
        shutil.rmtree(left, ignore_errors=True)


def _stand_in(entry: ShippedEntry, place: Path) -> None:
    """Put a file of the right size and time, without its bytes, where one was not shipped."""
    with place.open("wb") as file:
        file.truncate(entry.size)
    place.chmod(0)
    os.utime(place, ns=(entry.modified, entry.modified))
