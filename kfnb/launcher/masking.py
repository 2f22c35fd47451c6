"""Keeps values of secrets out of what a task in a pod prints, shows and reports; used by launch.py and supervise.py.

Which variables and files hold secrets the runner says by their names (runners/pod_secrets.py); of a Secret all of whose
keys are variables, those count that look like credentials, and the names that stores' keys have. What the task computes
and saves is its own: nothing is changed in values, files and the code.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.credentials import is_secret
from kfnb.launcher.frames import Kind
from kfnb.spec import TaskError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kfnb.launcher.frames import Frame
    from kfnb.spec import Artifact, ExecutorInput, ExecutorOutput

HIDDEN = "***"
_SHORTEST = 6
"""Characters of the shortest value that is hidden: anything shorter stands in any text by chance."""
_SHORTEST_LINE = 16
_LARGEST_FILE = 64 << 10
"""Bytes of the largest file whose text is hidden."""
_MOST_FILES = 200
_STORE_KEYS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_CONNECTION_STRING",
    "AZURE_CLIENT_SECRET",
)


def mask_of(given: ExecutorInput) -> Mask | None:
    """Return what hides the secrets of this process's environment and files; None if there are none."""
    mask = Mask([*_of_variables(given.secret_variables), *_of_files(given.secret_paths)])
    return mask if mask.values else None


def _of_variables(names: Iterable[str]) -> Iterator[str]:
    beginnings = tuple(name[:-1] for name in names if name.endswith("*"))
    named = {*_STORE_KEYS, *names}
    for name, value in os.environ.items():
        if name in named or (name.startswith(beginnings) and is_secret(name, value)):
            yield value


def _of_files(paths: Iterable[str]) -> Iterator[str]:
    """Yield the texts of the small files at some paths, and of those that are JSON the credentials in them."""
    for path in _files(paths):
        try:
            text = path.read_text("utf-8") if path.stat().st_size <= _LARGEST_FILE else ""
        except (OSError, ValueError):  # not for this user, or no text
            continue
        yield text
        if text.lstrip()[:1] in ("{", "["):
            try:
                yield from _credentials(json.loads(text))
            except ValueError:
                continue


def _files(paths: Iterable[str]) -> Iterator[Path]:
    left = _MOST_FILES
    for path in map(Path, paths):
        alone: list[tuple[str, list[str], list[str]]] = [(str(path.parent), [], [path.name])]
        for folder, folders, names in os.walk(path) if path.is_dir() else alone:
            folders[:] = [name for name in folders if not name.startswith("..")]  # the kubelet's, linked to from beside
            yield from (Path(folder, name) for name in names[:left])
            left -= min(left, len(names))


def _credentials(found: Any, name: str = "") -> Iterator[str]:
    """Yield the texts in a JSON document that look like credentials, or are called so."""
    if isinstance(found, str) and is_secret(name, found):
        yield found
    elif isinstance(found, list):
        for each in found:
            yield from _credentials(each, name)
    elif isinstance(found, dict):
        for key, each in found.items():
            yield from _credentials(each, key)


def _across(value: bytes, data: bytes, place: int) -> int:
    """Return where a value begins that is hidden and lies on both sides of a place; else the place."""
    at = 0
    while 0 <= (at := data.find(value, at, place + len(value) - 1)) < place:
        if at + len(value) > place:
            return at
        at += len(value)
    return place


class Mask:
    """Hides values, also as Python and JSON write them, and the long lines of those that have several.

    `values`: what is looked for, the longest first.
    """

    def __init__(self, values: Iterable[str]) -> None:
        found = {value.strip() for value in values if len(value.strip()) >= _SHORTEST}
        found |= {line.strip() for value in found for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE}
        found |= {form for value in found for form in (repr(value)[1:-1], json.dumps(value)[1:-1])}
        self.values = sorted(found, key=len, reverse=True)
        self._bytes = [value.encode() for value in self.values]
        self._longest = max(map(len, self._bytes), default=0)
        firsts = {re.escape(value[:1]) for value in self._bytes}
        self._firsts = re.compile(b"|".join(firsts) if len(firsts) < 2 else b"[" + b"".join(firsts) + b"]")
        self._starting: dict[bytes, list[bytes]] = {}  # by how they begin
        for value in self._bytes:
            for length in range(1, _SHORTEST + 1):
                self._starting.setdefault(value[:length], []).append(value)

    def text(self, text: str) -> str:
        """Return text without the values."""
        for value in self.values:
            text = text.replace(value, HIDDEN)
        return text

    def data(self, data: bytes) -> bytes:
        """Return text as bytes without the values."""
        for value in self._bytes:
            data = data.replace(value, HIDDEN.encode())
        return data

    def unfinished(self, data: bytes) -> int:
        """Return where the end of a text begins that may be the beginning of a value; its length if it has none.

        A value that is whole, and of which that is a part, counts to the end too: the longer one is hidden if it comes.
        """
        size, begins = len(data), self._begins(data)
        while begins < size and (earlier := min(_across(value, data, begins) for value in self._bytes)) < begins:
            begins = earlier
        return begins

    def _begins(self, data: bytes) -> int:
        """Return the first place from which a text is the beginning of a value to its end; its length if there is none.

        Asked of every line that is printed: what it costs must not grow with the number of values.
        """
        size = len(data)
        for found in self._firsts.finditer(data, max(0, size - self._longest + 1)) if self._bytes else ():
            place = found.start()
            starting = self._starting.get(data[place : place + _SHORTEST], ())
            if any(len(value) > size - place and value.startswith(data[place:]) for value in starting):
                return place
        return size

    def frame(self, frame: Frame) -> Frame:
        """Return a frame of a body without the values; what the body gives (RESULT) is left to `output`.

        What a body prints comes in pieces, for which there is `Passage`.
        """
        if frame.kind == Kind.LOG:
            return frame._replace(data=self.data(frame.data))
        if frame.kind in (Kind.MESSAGE, Kind.FINISHED):
            said = json.loads(frame.data)
            hidden = self.document(said)
            return frame if hidden == said else frame._replace(data=json.dumps(hidden).encode())
        return frame

    def document(self, found: Any) -> Any:
        """Return a JSON document without the values in its texts."""
        if isinstance(found, str):
            return self.text(found)
        if isinstance(found, list | tuple):
            return [self.document(each) for each in found]
        if isinstance(found, dict):
            return {key: self.document(each) for key, each in found.items()}
        return found

    def output(self, output: ExecutorOutput) -> ExecutorOutput:
        """Return what a body gives without the values in its error, in logged parameters and in previews."""
        error = output.error
        if error is not None:
            error = msgspec.convert(self.document(msgspec.to_builtins(error)), TaskError)
        return msgspec.structs.replace(
            output,
            error=error,
            parameters=self.document(output.parameters),
            artifacts={name: self._preview(found) for name, found in output.artifacts.items()},
            logged=tuple(map(self._preview, output.logged)),
        )

    def _preview(self, artifact: Artifact) -> Artifact:
        return msgspec.structs.replace(artifact, preview=self.document(artifact.preview))


class Passage:
    """Hides values in text that comes in pieces, which may be cut within a value.

    An end that may be the beginning of one waits for what follows; all else goes on at once.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._waits = b""

    def more(self, data: bytes) -> bytes:
        """Return what is known to be no part of a value that is still to come, without the values."""
        data = self._waits + data
        begins = self._mask.unfinished(data)
        self._waits = data[begins:]
        return self._mask.data(data[:begins])

    def rest(self) -> bytes:
        """Return what waits: nothing follows it."""
        data, self._waits = self._waits, b""
        return self._mask.data(data)
