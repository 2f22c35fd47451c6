"""Puts the notebook's folder into the store, for tasks in places that have nothing but the store; called by runners and
the client.

Shipped is what a task on this machine sees: the folder without what is kfnb's or ignored, and beside it (`../`) what
the notebook's code names. Files over a limit are only noted: a step that opens one is told so. An index document says
all; it lies among the documents of the run, so that `kfnb gc` finds in it which bytes the run needs.
"""

from __future__ import annotations

import contextlib
import glob
import os
import posixpath
import re
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from kfnb import digest as digests
from kfnb.artifacts import files
from kfnb.artifacts.folder import Entry, walk
from kfnb.artifacts.shipped import LIMIT_SETTING, Index, ShippedEntry
from kfnb.errors import WrongCall
from kfnb.spec import Blob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kfnb.artifacts.store import Store
    from kfnb.spec import PipelineSpec

_LIMIT_MB = 64
_TOTAL = 8
"""All files together may have this many times the limit of one."""
_MOST_FILES = 5000
_LEVELS = 4
"""How far up `../../..` is followed, as in a view that is mirrored."""
_TICK_NS = 1_000_000_000
_BESIDE = re.compile(r"""['"](\.\.(?:/[^'"\n]*)?)['"]""")


def ship(
    folder: str | Path,
    store: Store,
    key: str,
    *,
    beside: Sequence[Path] = (),
    leave_out: Sequence[str | Path] = (),
    memory: Path | None = None,
) -> str:
    """Put what tasks need of `folder` into the store, with an index as the document `key`; return the key.

    `beside`: files and folders outside of it (`named_beside`). `leave_out`: folders of kfnb's own. `memory`: a folder
    in which digests are remembered, so that what has not changed is not read again. StoreError if the store cannot
    take it, WrongCall for a limit that is none.
    """
    folder, limit = Path(folder).resolve(), _limit()
    own = {Path(path).resolve() for path in leave_out}
    found = [_settled(folder, entry) for entry in walk(folder, own)]
    found += [_settled(folder, entry) for place in beside for entry in _beside(folder, place, own)]
    chosen = list(_choose({entry.path: entry for entry in found}.values(), limit))
    known = _Known(memory, folder)
    taken = [number for number, entry in enumerate(chosen) if entry.kind == "file" and entry.held == "snapshot"]
    blobs = store.at_once(lambda number: _keep(store, folder / chosen[number].path, known), taken)
    entries = list(map(_shipped, chosen))
    for number, blob in zip(taken, blobs, strict=True):
        held = "real" if blob is None else "snapshot"
        entries[number] = msgspec.structs.replace(entries[number], blob=blob, held=held)
    known.save()
    store.write(key, msgspec.json.encode(Index(folder=str(folder), limit=limit, entries=tuple(entries))))
    return key


def named_beside(spec: PipelineSpec, folder: str | Path) -> tuple[Path, ...]:
    """Return what the code of a notebook in `folder` names outside of it by relative paths, as far as it is there.

    Of a bare `..` (a place to import from) only the modules and packages count that the notebook imports.
    """
    folder = Path(folder).resolve()
    sources = [cell.source for task in spec.tasks for cell in task.cells]
    sources += [setup.source for task in spec.tasks for setup in task.setup]
    named = {match for source in sources for match in _BESIDE.findall(source)}
    named |= {path for task in spec.tasks for path in task.effects.reads if path.startswith("..")}
    imports = {name for task in spec.tasks for name in task.imports}
    found: dict[Path, None] = {}
    for path in sorted(named):
        normal = posixpath.normpath(path)
        ups = normal.split("/").count("..")
        if normal == "/".join([".."] * ups):
            candidates = [folder / normal / name for name in sorted(imports)]
            candidates = [place for name in candidates for place in (name.with_suffix(".py"), name) if place.exists()]
        else:
            candidates = [Path(place) for place in sorted(glob.glob(str(folder / normal)))]  # noqa: PTH207
        for place in (Path(os.path.normpath(candidate)) for candidate in candidates if ups <= _LEVELS):
            if not place.is_relative_to(folder) and not folder.is_relative_to(place):
                found[place] = None
    return tuple(found)


def _limit() -> int:
    given = os.environ.get(LIMIT_SETTING, str(_LIMIT_MB))
    if not given.isdecimal():
        raise WrongCall(f"{LIMIT_SETTING} is {given!r}; give a whole number of megabytes, such as {_LIMIT_MB}.")
    return int(given) << 20


def _beside(folder: Path, place: Path, own: set[Path]) -> Iterator[Entry]:
    """Yield a file or folder outside the notebook's, and what is in it, by paths from there (`../`)."""
    path, info = os.path.relpath(place, folder), place.stat()
    if not place.is_dir():
        yield Entry(path, "file", stat.S_IMODE(info.st_mode), info.st_size, info.st_mtime_ns)
        return
    yield Entry(path, "directory", mode=stat.S_IMODE(info.st_mode), modified=info.st_mtime_ns)
    for entry in walk(place, own):
        yield msgspec.structs.replace(entry, path=f"{path}/{entry.path}")


def _settled(folder: Path, entry: Entry) -> Entry:
    """Return a link that leads out as what it leads to: a file is shipped, a folder stays where it is."""
    place = folder / entry.path
    if entry.kind != "link" or not os.path.exists(place):  # noqa: PTH110 - Path.exists raises where one may not look
        return entry
    target = Path(os.path.normpath(place.parent / entry.target))
    if target.is_relative_to(folder):
        return msgspec.structs.replace(entry, target=os.path.relpath(target, place.parent))
    info = place.stat()
    if stat.S_ISDIR(info.st_mode):
        return Entry(entry.path, "directory", stat.S_IMODE(info.st_mode), modified=info.st_mtime_ns, held="real")
    return Entry(entry.path, "file", stat.S_IMODE(info.st_mode), info.st_size, info.st_mtime_ns)


def _choose(entries: Iterable[Entry], limit: int) -> Iterator[Entry]:
    """Yield the entries, files that cannot be shipped marked as such."""
    count = total = 0
    for entry in entries:
        if entry.kind == "file" and entry.held == "snapshot":
            if entry.size > limit or total + entry.size > _TOTAL * limit or count >= _MOST_FILES:
                entry = msgspec.structs.replace(entry, held="real")
            else:
                count, total = count + 1, total + entry.size
        yield entry


def _shipped(entry: Entry) -> ShippedEntry:
    return ShippedEntry(**{name: getattr(entry, name) for name in Entry.__struct_fields__})


def _keep(store: Store, path: Path, known: _Known) -> Blob | None:
    """Put a file's bytes into the store unless they are there; None if this user may not read it."""
    if not os.access(path, os.R_OK):
        return None
    before = _state(path)
    blob = known.blob(path, before)
    if blob is None or not store.renew(blob.digest):
        blob = store.put_file(path)
    if _state(path) == before:
        known.note(path, before, blob)
    return blob


class _Known:
    """Digests of files by what tells that they have not changed: size, time, inode. `memory`: where they are kept."""

    def __init__(self, memory: Path | None, folder: Path) -> None:
        self._path = memory / f"{digests.of_bytes(os.fsencode(folder))[:32]}.json" if memory is not None else None
        self._known: dict[str, tuple[_State, str]] = {}
        self._seen: dict[str, tuple[_State, str]] = {}
        if self._path is not None:
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, tuple[_State, str]])

    def blob(self, path: Path, state: _State) -> Blob | None:
        """Return the blob of a file's bytes if they are known to be what they were."""
        before, digest = self._known.get(str(path), (None, ""))
        return Blob(digest=digest, size=state.size) if before == state else None

    def note(self, path: Path, state: _State, blob: Blob) -> None:
        """Take in what a file holds; one that was changed just now may yet change within the clock's tick."""
        if blob.size == state.size and time.time_ns() - state.modified > _TICK_NS:
            self._seen[str(path)] = (state, blob.digest)

    def save(self) -> None:
        """Keep what was seen this time."""
        if self._path is not None:
            files.replace(self._path, msgspec.json.encode(self._seen))


class _State(NamedTuple):
    size: int
    modified: int
    inode: int


def _state(path: Path) -> _State:
    info = path.stat()
    return _State(info.st_size, info.st_mtime_ns, info.st_ino)
