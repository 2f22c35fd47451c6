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
    from collections.abc import Iterable, Mapping, Sequence

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
        self._readers: dict[str, list[int]] = defaultdict(list)
        self._readers_below: dict[str, list[int]] = defaultdict(list)
        self._writers: dict[str, list[int]] = defaultdict(list)
        self._removers: dict[str, list[int]] = defaultdict(list)

    def add(self, number: int, output: ExecutorOutput) -> list[Conflict]:
        """Take in what a finished task read and wrote; return the conflicts that this brings, nearest writer first."""
        reads = {str(PurePosixPath(path)) for path in output.paths_read}
        found = [c for path in reads for c in self._clashes([number], self._seen_by(path), path)]
        if output.state == "SUCCEEDED":
            for change in output.files:
                found += self._write(number, str(PurePosixPath(change.path)), removed=change.kind == "removed")
        for path in reads:
            self._readers[path].append(number)
            for folder in _folders(path):
                self._readers_below[folder].append(number)
        return sorted(set(found), key=lambda c: (c.reader, -c.writer, c.path))

    def _seen_by(self, path: str) -> list[int]:
        """Return the writers whose work shows to who reads `path`."""
        writers = list(self._writers.get(path, ()))
        if self._removers:
            writers += (writer for folder in _folders(path) for writer in self._removers.get(folder, ()))
        return writers

    def _write(self, writer: int, path: str, *, removed: bool) -> list[Conflict]:
        """Take in one write; return the conflicts with tasks that have read already."""
        found = []
        for shown in (path, str(PurePosixPath(path).parent)):
            self._writers[shown].append(writer)
            found += self._clashes(self._readers.get(shown, ()), [writer], path)
        if removed:
            self._removers[path].append(writer)
            found += self._clashes(self._readers_below.get(path, ()), [writer], path)
        return found

    def _clashes(self, readers: Iterable[int], writers: Iterable[int], path: str) -> list[Conflict]:
        return [
            Conflict(reader, writer, path)
            for reader in readers
            for writer in writers
            if self._stands_above(writer, reader)
        ]

    def _stands_above(self, writer: int, reader: int) -> bool:
        """Say whether `writer` stands above `reader` in the notebook without being an ancestor of it."""
        first, second = self._owner.get(writer, writer), self._owner.get(reader, reader)
        ancestors = self._tasks[reader].ancestors
        return first < second and self._tasks[first].name not in ancestors and self._tasks[writer].name not in ancestors


def _folders(path: str) -> list[str]:
    return [str(folder) for folder in PurePosixPath(path).parents]
