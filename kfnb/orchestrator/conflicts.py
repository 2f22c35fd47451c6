"""Finds tasks that read a path which a step above them wrote without being an ancestor (semantics, section 5).

Asked by the state machine each time a task is done; pure. By hand the reader would have seen what the step above wrote,
so its result cannot stand. Each path costs one look-up for itself and one for each folder it lies in.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.spec import ExecutorOutput, Task


class Conflict(NamedTuple):
    """Task number `reader` read `path`, which task number `writer` above it wrote."""

    reader: int
    writer: int
    path: str


class PathIndex:
    """Which task (by its number in notebook order) read and wrote which path."""

    def __init__(self, tasks: tuple[Task, ...]) -> None:
        self._tasks = tasks
        self._readers: dict[str, list[int]] = defaultdict(list)
        self._writers: dict[str, list[int]] = defaultdict(list)
        self._writers_below: dict[str, list[int]] = defaultdict(list)

    def add(self, number: int, output: ExecutorOutput) -> list[Conflict]:
        """Take in what a finished task read and wrote; return the conflicts that this brings, nearest writer first."""
        found = [*self._of_reader(number, output)]
        if output.state == "SUCCEEDED":
            found += self._of_writer(number, output)
        for path in {_clean(p) for p in output.paths_read}:
            self._readers[path].append(number)
        return sorted(found, key=lambda c: (c.reader, -c.writer))

    def _of_reader(self, reader: int, output: ExecutorOutput) -> Iterator[Conflict]:
        if not self._writers:
            return
        for path in {_clean(p) for p in output.paths_read}:
            for writer in {*self._writers.get(path, ()), *self._writers_below.get(path, ())}:
                if self._clash(reader, writer):
                    yield Conflict(reader, writer, path)

    def _of_writer(self, writer: int, output: ExecutorOutput) -> Iterator[Conflict]:
        below: set[str] = set()
        for path in {_clean(change.path) for change in output.files}:
            self._writers[path].append(writer)
            below.update(_folders(path))
            for reader in self._readers.get(path, ()):
                if self._clash(reader, writer):
                    yield Conflict(reader, writer, path)
        for folder in below:
            self._writers_below[folder].append(writer)
            for reader in self._readers.get(folder, ()):
                if self._clash(reader, writer):
                    yield Conflict(reader, writer, folder)

    def _clash(self, reader: int, writer: int) -> bool:
        return writer < reader and self._tasks[writer].name not in self._tasks[reader].ancestors


def _clean(path: str) -> str:
    return str(PurePosixPath(path))


def _folders(path: str) -> Iterator[str]:
    return (str(folder) for folder in PurePosixPath(path).parents)
