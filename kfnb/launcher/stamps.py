"""Stamps the files that a result was made of: size, time and digest, as they were before the body ran.

Called by launch.py once the body is over. What the body was seen to read counts, what its code names (compiled code may
have opened that unseen), and every file of the view that anything has read.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.launcher.workdir import View
    from kfnb.spec import ExecutorInput, ExecutorOutput, FileRead

_MOST_NAMED = 200
"""Files that one pattern may stand for; code that names more is seen when it opens them."""


def made_of(given: ExecutorInput, view: View, said: ExecutorOutput) -> tuple[FileRead, ...]:
    """Return the state of every path that the result of a body depends on; nothing for one that failed."""
    if said.state != "SUCCEEDED":
        return ()
    paths = dict.fromkeys(read.path for read in said.files_read)
    paths.update(dict.fromkeys(_named(given, view)))
    paths.update(dict.fromkeys(path for path in view.touched() if path != given.notebook_name))
    return tuple(_state(path, view) for path in paths)


def _state(path: str, view: View) -> FileRead:
    return view.state_outside(path) if path.startswith("/") else view.was(path)


def _named(given: ExecutorInput, view: View) -> Iterator[str]:
    """Yield the paths that the task's code says it reads, and does not itself write."""
    written = set(given.task.effects.writes)
    for pattern in given.task.effects.reads:
        path = pattern.removeprefix(f"{view.folder}/")
        if pattern in written or not path or "://" in path or path.startswith("*"):
            continue
        if "*" not in path:
            yield str(PurePosixPath(path)) if not path.startswith("..") else _absolute(view, path)
        elif path.startswith(("/", "..")):
            yield from view.matching_outside(_absolute(view, path))[:_MOST_NAMED]
        else:
            yield from view.matching(path, _MOST_NAMED)


def _absolute(view: View, path: str) -> str:
    return str((view.folder / path).resolve()) if not path.startswith("/") else path
