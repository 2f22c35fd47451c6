"""The private view of the notebook's folder that a task runs in, and what the task did to it (semantics, section 5).

The runner calls `make_snapshot` once a run; launch.py builds a `View` for each task and asks it for the changes after
the body; body.py enters it. Small files are copies; the rest are links, which paths.py replaces by copies before
anything opens them for writing.
"""

from __future__ import annotations

import filecmp
import fnmatch
import glob
import os
import shutil
import stat
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import msgspec

from kfnb.artifacts.folder import LEFT_OUT, Entry, listing_digest, look, walk
from kfnb.errors import OutsideError
from kfnb.spec import Blob, FileChange, FileRead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

COPY_LIMIT = 1 << 20
"""Files up to this size are copied once a run; larger ones are links."""
COPY_TOTAL = 64 << 20
COPY_COUNT = 2000
PRIVATE_TOTAL = 16 << 20
PRIVATE_COUNT = 300
"""Up to this much of the run's copies is copied again for every task; beyond it they are hard links until written."""


Item = TypeVar("Item")
Result = TypeVar("Result")


class Source(Protocol):
    """Where kept bytes come from."""

    def fetch(self, blob: Blob, path: Path) -> None:
        """Write kept bytes to a file."""


class Files(Source, Protocol):
    """What the view needs of the artifact store."""

    def put_file(self, path: Path) -> Blob:
        """Keep a file's bytes."""

    def at_once(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return a function of each item, several at a time where that is faster."""


_read_entries = msgspec.json.Decoder(list[Entry]).decode


class _Stat(NamedTuple):
    kind: int
    size: int
    modified: int
    inode: int


def make_snapshot(folder: str | Path, target: str | Path, leave_out: Sequence[str | Path] = ()) -> None:
    """Keep the small files of `folder` in the new folder `target`, with a list of everything there.

    `leave_out` names folders that are kfnb's own (its data, its store) should they lie within.
    """
    folder, target = Path(folder).resolve(), Path(target)
    files = target / "files"
    files.mkdir(parents=True, exist_ok=True)
    entries: list[Entry] = []
    count = total = 0
    own = {Path(p).resolve() for p in leave_out} | {target.resolve()}
    for entry in walk(folder, own):
        if entry.kind == "directory":
            (files / entry.path).mkdir(exist_ok=True)
        elif (
            entry.kind == "file"
            and entry.size <= COPY_LIMIT
            and count < COPY_COUNT
            and total + entry.size <= COPY_TOTAL
        ):
            try:
                shutil.copy2(folder / entry.path, files / entry.path)
            except PermissionError:
                continue  # by hand it cannot be read either; what may be there is a name only
            count, total = count + 1, total + entry.size
        elif entry.kind == "file":
            entry = msgspec.structs.replace(entry, held="real")
        entries.append(entry)
    (target / "entries.json").write_bytes(msgspec.json.encode(entries))


class View:
    """A task's private copy of the folder, at `path`. `linked`: paths that are still links, and what they link to.

    `own`: folders of kfnb's, which are no part of the view should they lie within. `real`: paths that the notebook
    writes by their absolute names: they lead out of the view, to the folder itself (shown at `outlet`).
    `environments`: Python environments within the folder, to be shown in the view as they are.
    """

    at_hand = True
    """Whether the folder itself is there."""
    lasting = False
    """Whether a view of a later step lies at the same place, so that a path into it may be kept in a value."""
    not_shipped: frozenset[str] = frozenset()
    """Paths of the folder that are not here, though the folder has them."""

    def __init__(self, folder: str, scratch: Path, mirrored: bool, own: Sequence[Path] = ()) -> None:
        real = Path(folder).resolve()
        self._own = [path.resolve() for path in own]
        self._set_up(real, _mirror(real, scratch / "mirror") if mirrored else scratch / "view", scratch, mirrored)

    def _set_up(self, folder: Path, path: Path, scratch: Path, mirrored: bool) -> None:
        self.folder, self.path, self.mirrored = folder, path, mirrored
        # What lies within the folder is covered by the view; so then the mounts lie within that.
        mounts = self.path / ".kfnb" if scratch.resolve().is_relative_to(self.folder) else scratch
        shown = self.folder / ".kfnb" if mounts != scratch else scratch
        self.originals = self.folder if mirrored else shown / "originals"
        self.outlet = self.folder if mirrored else shown / "outlet"
        self.mounts = mounts
        self.environments: list[str] = []
        self.linked: dict[str, Path] = {}
        self.real: set[str] = set()
        self._snapshot = scratch / "snapshot"
        self._entries: dict[str, Entry] = {}
        self._given: dict[str, Blob] = {}
        self._before: dict[str, _Stat] = {}
        self._accessed: dict[str, int] = {}

    def build(self, snapshot: str | None, changes: Sequence[FileChange], files: Files) -> None:
        """Lay the view out: the folder as it was when the run started, then what the ancestors did to it."""
        if snapshot is None:
            make_snapshot(self.folder, self._snapshot, self._own)
        else:
            self._snapshot = Path(snapshot)
        entries = _read_entries((self._snapshot / "entries.json").read_bytes())
        hidden = [str(own.relative_to(self.folder)) for own in self._own if own.is_relative_to(self.folder)]
        entries = [e for e in entries if not any(e.path == h or e.path.startswith(f"{h}/") for h in hidden)]
        self._entries = {entry.path: entry for entry in entries}
        self.path.mkdir(parents=True, exist_ok=True)
        self._lay_out(entries)
        self._apply_all(changes, files)

    def _apply_all(self, changes: Sequence[FileChange], files: Source) -> None:
        clock = time.time_ns() - (len(changes) + 1) * 10_000_000
        for number, change in enumerate(changes):
            # Files keep the order of their times: the latest checkpoint stays the latest.
            self._apply(change, files, clock + number * 10_000_000)
        self._note_state()

    def _note_state(self) -> None:
        self._before, self._accessed = {}, {}
        for path, now, accessed in _scan(self.path):
            self._before[path], self._accessed[path] = now, accessed

    def lead_out(self, paths: Iterable[str], written: Iterable[str]) -> None:
        """Have `paths` lead to the folder itself: those that are there, and those that this task is about to write."""
        written = set(written)
        for path in paths:
            there, place = self.folder / path, self.path / path
            if not there.parent.is_dir() or there.is_dir() or not (there.exists() or path in written):
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.symlink_to(self.outlet / path)
            self.linked.pop(path, None)
            self.real.add(path)
        self._note_state()

    def settle_real(self) -> None:
        """Do to the folder itself what the task did to a path that led out of the view, and led out no more then."""
        for path in self.real:
            place, there = self.path / path, self.folder / path
            if place.is_symlink() and place.readlink() == self.outlet / path:
                continue
            if place.is_dir():
                shutil.copytree(place, there, symlinks=True, dirs_exist_ok=True)
            elif place.exists():
                shutil.copy2(place, there)
            else:
                there.unlink(missing_ok=True)

    def _lay_out(self, entries: Sequence[Entry]) -> None:
        held = [e for e in entries if e.kind == "file" and e.held == "snapshot"]
        private = len(held) <= PRIVATE_COUNT and sum(e.size for e in held) <= PRIVATE_TOTAL
        for entry in entries:
            place = self.path / entry.path
            if entry.kind == "directory":
                place.mkdir(exist_ok=True)
            elif entry.kind == "environment" and self.mirrored:
                place.symlink_to(self.folder / entry.path)
            elif entry.kind == "environment":
                place.mkdir()
                self.environments.append(entry.path)
            elif entry.kind == "link":
                place.symlink_to(entry.target)
            elif entry.held == "real":
                place.symlink_to(self.originals / entry.path)
                os.utime(place, ns=(0, entry.modified), follow_symlinks=False)  # see `touched`
                self.linked[entry.path] = self.originals / entry.path
            elif not (not private and self._hard_link(entry, place)):
                _copy(self._snapshot / "files" / entry.path, place, entry)
        for entry in reversed(entries):
            if entry.kind == "directory":
                os.utime(self.path / entry.path, ns=(entry.modified, entry.modified))
                (self.path / entry.path).chmod(entry.mode | stat.S_IRWXU)

    def _hard_link(self, entry: Entry, place: Path) -> bool:
        source = self._snapshot / "files" / entry.path
        try:
            place.hardlink_to(source)
        except OSError:
            return False
        self.linked[entry.path] = source
        return True

    def _apply(self, change: FileChange, files: Source, modified: int) -> None:
        place = self.path / change.path
        self.linked.pop(change.path, None)
        if change.kind == "directory" and place.is_dir() and not place.is_symlink():
            place.chmod(change.mode | stat.S_IRWXU)
            return
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
        if change.kind == "removed":
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if change.kind == "directory":
            place.mkdir()
            place.chmod(change.mode | stat.S_IRWXU)
        elif change.kind == "link":
            place.symlink_to(change.target or "")
        elif change.blob is not None:
            files.fetch(change.blob, place)
            place.chmod(change.mode)
            os.utime(place, ns=(modified, modified))
            self._given[change.path] = change.blob

    def changes(self, files: Files) -> tuple[FileChange, ...]:
        """Return what differs from when the view was built, the oldest change first; its bytes are put in the store."""
        after = {path: now for path, now, _ in _scan(self.path)}
        changed = [
            (path, now)
            for path, now in after.items()
            if self._before.get(path) != now and not (path in self.real and now.kind != stat.S_IFDIR)
        ]
        seen = files.at_once(lambda item: self._changed(*item, files), changed)
        found = [(now.modified, change) for (_, now), change in zip(changed, seen, strict=True) if change is not None]
        gone = [path for path in self._before if path not in after and path not in self.real]
        gone = [path for path in gone if path.rpartition("/")[0] not in gone]
        found.sort(key=lambda item: (item[1].kind != "directory", item[0]))
        return (*(FileChange(path=path, kind="removed") for path in gone), *(change for _, change in found))

    def _changed(self, path: str, now: _Stat, files: Files) -> FileChange | None:
        place, before = self.path / path, self._before.get(path)
        mode = stat.S_IMODE(place.lstat().st_mode)
        if now.kind == stat.S_IFLNK:
            return FileChange(path=path, kind="link", target=str(place.readlink()))
        if now.kind == stat.S_IFDIR:
            return (
                None
                if before is not None and before.kind == stat.S_IFDIR
                else FileChange(path=path, kind="directory", mode=mode)
            )
        if before is not None and before.kind in (stat.S_IFREG, stat.S_IFLNK) and self._same_bytes(path, now.size):
            return None
        blob = files.put_file(place)
        return None if self._given.get(path) == blob else FileChange(path=path, kind="file", blob=blob, mode=mode)

    def _same_bytes(self, path: str, size: int) -> bool:
        """Say whether the file holds what it held when the view was built, where that came from the folder."""
        entry = self._entries.get(path)
        if entry is None or entry.kind != "file" or path in self._given or entry.size != size:
            return False
        return self._equals_original(entry)

    def _equals_original(self, entry: Entry) -> bool:
        original = self._snapshot / "files" / entry.path if entry.held == "snapshot" else self.folder / entry.path
        try:
            return filecmp.cmp(original, self.path / entry.path, shallow=False)
        except OSError:
            return False

    # ------------------------------------------------------------------------------------------ what it was made of

    def touched(self) -> Iterator[str]:
        """Yield the files that anything has read since the view was built, compiled code and other programs too.

        Their access times say so: the view's files begin with that of their last change. All files where the file
        system keeps none.
        """
        keeps = _keeps_access_times(self._snapshot)
        for path, before in self._before.items():
            if before.kind == stat.S_IFDIR or path in self.real:
                continue
            try:
                now = (self.path / path).lstat()
            except OSError:
                continue  # removed, which the record of paths knows; as it does what was put in its place
            if now.st_ino == before.inode and (now.st_atime_ns != self._accessed[path] or not keeps):
                yield path

    def matching(self, pattern: str, most: int) -> list[str]:
        """Return the files of the view, as it was built, that match a shell pattern; at most so many."""
        return [
            path
            for path, before in self._before.items()
            if before.kind != stat.S_IFDIR and fnmatch.fnmatchcase(path, pattern)
        ][:most]

    def was(self, path: str) -> FileRead:
        """Return what `path` (relative) was when the view was built."""
        path = "" if path == "." else path
        before = self._before.get(path)
        if path in self._given:
            blob = self._given[path]
            return FileRead(path=path, size=blob.size, digest=blob.digest)
        if path == "" or (before is not None and before.kind == stat.S_IFDIR):
            inside = (p.rpartition("/") for p in self._before)
            return FileRead(
                path=path or ".", kind="directory", digest=listing_digest(n for top, _, n in inside if top == path)
            )
        entry = self._entries.get(path)
        if before is None and not self._is_below_link(path):
            return FileRead(path=path, kind="absent")
        if entry is not None and entry.kind == "file" and entry.held == "snapshot" and path not in self.real:
            return self._original(entry)
        if before is not None and before.kind == stat.S_IFLNK and entry is None:
            return self._link(path)
        return self._look(path)

    def _look(self, path: str) -> FileRead:
        """Return the state of a path of the folder itself."""
        return look(self.folder / path, path)

    def _original(self, entry: Entry) -> FileRead:
        """Return what a file held when the run started."""
        held = look(self._snapshot / "files" / entry.path, entry.path)
        return msgspec.structs.replace(held, modified=entry.modified)

    def state_outside(self, path: str) -> FileRead:
        """Return the state of a path outside of the folder, which is absolute."""
        return look(Path(path), path)

    def matching_outside(self, pattern: str) -> list[str]:
        """Return what matches a pattern that is an absolute path."""
        return glob.glob(pattern)  # noqa: PTH207 - the pattern is absolute

    def _link(self, path: str) -> FileRead:
        """Return a link that a task above made, or that leads out of the view."""
        if path in self.real:
            return look(self.folder / path, path)
        try:
            return FileRead(path=path, digest=str((self.path / path).readlink()))
        except OSError:  # the body has put something else there: what it was is not known any more
            return FileRead(path=path, kind="absent")

    def _is_below_link(self, path: str) -> bool:
        above = [str(parent) for parent in PurePosixPath(path).parents][:-1]
        return any((seen := self._before.get(p)) is not None and seen.kind == stat.S_IFLNK for p in above)

    def damaged_originals(self) -> tuple[str, ...]:
        """Return the originals behind links that changed although every known way of writing makes a copy first."""
        damaged = []
        for path, original in self.linked.items():
            entry = self._entries[path]
            if entry.held == "real" and not self.mirrored:
                continue  # mounted read-only: whoever changed it, it was not this task
            try:
                info = original.stat()
            except OSError:
                continue
            if (info.st_size, info.st_mtime_ns) != (entry.size, entry.modified):
                damaged.append(path)
        return tuple(damaged)


def _copy(source: Path, place: Path, entry: Entry) -> None:
    try:
        shutil.copyfile(source, place)
    except FileNotFoundError:
        raise OutsideError(f"The run's copy of {entry.path} is gone ({source}): start the run again.") from None
    place.chmod(entry.mode)
    os.utime(place, ns=(entry.modified, entry.modified))


def _scan(folder: Path) -> Iterator[tuple[str, _Stat, int]]:
    """Yield every path below the folder with what tells whether it changed, and when it was last accessed."""
    todo = [""]
    while todo:
        below = todo.pop()
        for item in os.scandir(folder / below):
            if item.name in LEFT_OUT:
                continue
            path = f"{below}/{item.name}" if below else item.name
            info = item.stat(follow_symlinks=False)
            kind = stat.S_IFMT(info.st_mode)
            if kind == stat.S_IFDIR:
                todo.append(path)
                yield path, _Stat(kind, 0, 0, info.st_ino), info.st_atime_ns
            elif kind in (stat.S_IFREG, stat.S_IFLNK):
                yield path, _Stat(kind, info.st_size, info.st_mtime_ns, info.st_ino), info.st_atime_ns


def _keeps_access_times(folder: Path) -> bool:
    """Say whether the file system notes when a file was last read."""
    probe = folder / f"access-{os.getpid()}"
    try:
        probe.write_bytes(b"x")
        os.utime(probe, ns=(0, 0))
        probe.read_bytes()
        return probe.stat().st_atime_ns != 0
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)


def _mirror(folder: Path, mirror: Path) -> Path:
    """Lay the parents of the folder out as links to its real siblings, so that `../data` works; return the view's
    place.

    Goes up four levels, and no further than a folder with more than 1,000 entries.
    """
    top = folder.parent
    for parent in folder.parents[:4]:
        if parent == parent.parent or sum(1 for _ in os.scandir(parent)) > 1000:
            break
        top = parent
    real, here = top, mirror
    here.mkdir(parents=True, exist_ok=True)
    for part in folder.relative_to(top).parts:
        for sibling in os.scandir(real):
            if sibling.name != part and not mirror.is_relative_to(sibling.path):
                (here / sibling.name).symlink_to(sibling.path)
        real, here = real / part, here / part
        here.mkdir(exist_ok=True)
    return here


def settle_outside(view: View, scratch: Path) -> None:
    """Move what a body wrote beside a mirrored folder (`../report.csv`) to its real place: it is the user's own."""
    if not view.mirrored:
        return
    parts = view.path.relative_to(scratch / "mirror").parts
    here, real = scratch / "mirror", view.folder.parents[len(parts) - 1]
    for part in parts:
        for item in list(os.scandir(here)):
            if item.name != part and not item.is_symlink():
                shutil.move(item.path, real / item.name)
        here, real = here / part, real / part
