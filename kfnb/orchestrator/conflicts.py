"""Finds tasks that read a path which a step above them wrote without being an ancestor (semantics, section 5).

Asked by the state machine each time a task is done; pure. By hand the reader would have seen what the step above wrote,
so its result cannot stand. A write shows in the path itself, in a listing of the folder it lies in, and, if it took a
folder away, in everything below. (A folder that is made is a written path of its own.)
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kfnb.spec import ExecutorOutput, Task


class Conflict(NamedTuple):
    """Task number `reader` read `path`, which task number `writer` above it wrote."""

    reader: int
    writer: int
    path: str


class PathIndex:
    """Which task (by its number) read and wrote which path.

    `tasks` are in notebook order, except for elements of fan-outs, which `owner` gives the number of their fan-out:
    they stand where that stands, and are no news to each other.
    """

    def __init__(self, tasks: Sequence[Task], owner: Mapping[int, int]) -> None:
        self._tasks = tasks
        self._owner = owner
        self._readers: dict[str, _Places] = defaultdict(_Places)
        self._readers_below: dict[str, _Places] = defaultdict(_Places)
        self._writers: dict[str, _Places] = defaultdict(_Places)
        self._removers: dict[str, _Places] = defaultdict(_Places)

    def add(self, number: int, output: ExecutorOutput) -> list[Conflict]:
        """Take in what a finished task read and wrote; return the conflicts that this brings, nearest writer first."""
        reads = {str(PurePosixPath(path)) for path in output.paths_read}
        found = [c for path in reads for seen in self._seen_by(path) for c in self._read(number, seen, path)]
        if output.state == "SUCCEEDED":
            for change in output.files:
                found += self._write(number, str(PurePosixPath(change.path)), removed=change.kind == "removed")
        for path in reads:
            self._readers[path].add(self._place(number), number)
            for folder in _folders(path):
                self._readers_below[folder].add(self._place(number), number)
        return sorted(set(found), key=lambda c: (c.reader, -c.writer, c.path))

    def _place(self, number: int) -> int:
        """Return where in the notebook a task stands: an element where its fan-out stands."""
        return self._owner.get(number, number)

    def _seen_by(self, path: str) -> list[_Places]:
        """Return the writers whose work shows to who reads `path`."""
        writers = [self._writers[path]] if path in self._writers else []
        if self._removers:
            writers += (self._removers[folder] for folder in _folders(path) if folder in self._removers)
        return writers

    def _read(self, reader: int, writers: _Places, path: str) -> list[Conflict]:
        """Return the conflict that reading `path` brings, if it does: with the nearest writer above."""
        for place in sorted((p for p in writers if p < self._place(reader)), reverse=True):
            if self._tasks[place].name not in self._tasks[reader].ancestors:
                above = [w for w in writers[place] if not self._is_ancestor(w, reader)]
                if above:
                    return [Conflict(reader, max(above), path)]
        return []

    def _write(self, writer: int, path: str, *, removed: bool) -> list[Conflict]:
        """Take in one write; return the conflicts with tasks that have read already."""
        readers = [self._readers[shown] for shown in _shows_in(path) if shown in self._readers]
        for shown in _shows_in(path):
            self._writers[shown].add(self._place(writer), writer)
        if removed:
            self._removers[path].add(self._place(writer), writer)
            readers += [self._readers_below[path]] if path in self._readers_below else []
        below = (r for group in readers for place in group if place > self._place(writer) for r in group[place])
        return [Conflict(reader, writer, path) for reader in below if not self._is_ancestor(writer, reader)]

    def _is_ancestor(self, writer: int, reader: int) -> bool:
        ancestors = self._tasks[reader].ancestors
        return self._tasks[self._place(writer)].name in ancestors or self._tasks[writer].name in ancestors


class _Places(dict[int, list[int]]):
    """Numbers of tasks by where they stand: elements of one fan-out stand at one place."""

    def add(self, place: int, number: int) -> None:
        self.setdefault(place, []).append(number)


def _shows_in(path: str) -> tuple[str, str]:
    return path, str(PurePosixPath(path).parent)


def _folders(path: str) -> list[str]:
    return [str(folder) for folder in PurePosixPath(path).parents]
