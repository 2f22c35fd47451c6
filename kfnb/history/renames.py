"""The names that notebooks had: a run keeps the path that its notebook had then, and is found under the one it has now.

Written by the server, which sees what JupyterLab renames and moves; read by the history of runs. It lies in
`KFNB_HOME/renames.jsonl`, a line a rename, beside the database of runs, which can be made anew without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfnb.metadata.filtering import NameInTime

if TYPE_CHECKING:
    from pathlib import Path

FILE = "renames.jsonl"


class Rename(msgspec.Struct, frozen=True):
    """A notebook, or a folder with all that is in it, was called `old` until `time` and is called `new` since."""

    time: float
    old: str
    new: str


class Renames:
    """All renames that are known, the first one first."""

    def __init__(self, renames: list[Rename]) -> None:
        self._renames = renames

    def names_of(self, path: str) -> tuple[NameInTime, ...]:
        """Return the names that the notebook which is called `path` now has had, the newest first, and when.

        What had such a name at another time was another notebook: one whose name it was given, or a copy.
        """
        names: list[NameInTime] = []
        until: float | None = None
        for rename in reversed(self._renames):
            before = _moved(path, rename.new, rename.old)
            if before is None and _moved(path, rename.old, rename.new) is None:
                continue
            names.append(NameInTime(path, rename.time, until))
            if before is None:
                return tuple(names)
            path, until = before, rename.time
        return (*names, NameInTime(path, None, until))

    def now_called(self, path: str, time: float) -> str:
        """Return what the notebook is called now that was called `path` at `time`."""
        for rename in self._renames:
            if rename.time > time:
                path = _moved(path, rename.old, rename.new) or path
        return path


def note(home: Path, rename: Rename) -> None:
    """Remember a rename."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / FILE).open("ab", buffering=0) as file:  # in one piece, beside what other servers write
        file.write(msgspec.json.encode(rename) + b"\n")


def read(home: Path) -> Renames:
    """Return all renames that were remembered; a line that cannot be read is none."""
    try:
        lines = (home / FILE).read_bytes().splitlines()
    except OSError:
        return Renames([])
    return Renames([found for line in lines if (found := _read(line)) is not None])


def _read(line: bytes) -> Rename | None:
    try:
        return msgspec.json.decode(line, type=Rename)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _moved(path: str, old: str, new: str) -> str | None:
    """Return what `path` is called after `old` was renamed to `new`; None if that has nothing to do with it."""
    if path == old or path.startswith(f"{old}/"):
        return new + path[len(old) :]
    return None
