"""Keeps values of secrets out of what a task in a pod prints, shows and reports; used by launch.py and supervise.py.

Which variables and files hold secrets the runner says by their names (runners/pod_secrets.py); beside these count the
names that stores' keys have, and tokens of service accounts. What the task computes and saves is its own: nothing is
changed in values, files and the code. What is promised and what is not stands in docs/adr/0012.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import msgspec

from kfnb.credentials import is_secret
from kfnb.launcher.frames import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kfnb.errors import Diagnostic
    from kfnb.launcher.frames import Frame
    from kfnb.spec import Artifact, ExecutorInput, ExecutorOutput, TaskError

HIDDEN = "***"
_SHORTEST = 6
"""Characters of the shortest value that is hidden: anything shorter stands in any text by chance."""
_SHORTEST_LINE = 16
_SHORTEST_CUT = 60
"""Characters of the shortest text that is taken for one that was cut, as previews and long reasons are."""
_ELLIPSIS = re.compile(rb"(\.\.\.|\xe2\x80\xa6)")
"""What stands where a text was cut: three dots, or the sign for them."""
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
_ABOUT = frozenset({"comm_id", "target_name", "transient"})
"""Fields of Jupyter's messages that nobody is shown."""
_OF_WIDGETS = ("_model", "_view")
"""How the traits begin by which a page finds the code of a widget."""
_TOKENS = (Path("/var/run/secrets"), "*/*/*token")
"""Where pods have tokens of service accounts that are mounted by the cluster, not by a manifest."""


def mask_of(given: ExecutorInput) -> Mask | None:
    """Return what hides the secrets of this process's environment and files; None if there are none."""
    variables = (os.environ.get(name, "") for name in dict.fromkeys((*_STORE_KEYS, *given.secret_variables)))
    folder, tokens = _TOKENS
    mask = Mask([*variables, *_of_files((*given.secret_paths, *map(str, folder.glob(tokens))))])
    return mask if mask.values else None


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


def _forms(value: str) -> Iterator[str]:
    """Yield a value, and as Python, JSON and HTML write it (each within another too), addresses and base64."""
    written = {value}
    for _ in range(2):
        written |= {form for each in written for form in _written(each)}
    yield from written
    yield from (quote(value, safe=""), quote_plus(value), os.path.normpath(value))
    data = value.encode("utf-8", "surrogateescape")
    for before, partly in ((0, 0), (1, 2), (2, 3)):  # what stands before it, as the user's name does, moves its letters
        whole = (before + len(data)) * 8 // 6  # without what depends on what follows
        yield (found := base64.b64encode(bytes(before) + data)[partly:whole].decode())
        yield found.translate(str.maketrans("+/", "-_"))


def _written(text: str) -> Iterator[str]:
    yield from (repr(text)[1:-1], repr(f"{text}'\"")[1:-4])  # how it is quoted depends on what stands beside it
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    yield from (html.escape(text), html.escape(text, quote=False))


class Mask:
    """Hides values, also as Python, JSON, HTML, addresses and base64 write them, and the long lines of those that have
    several.

    `values`: what is looked for, the longest first.
    """

    def __init__(self, values: Iterable[str]) -> None:
        found = {value.strip() for value in values if len(value.strip()) >= _SHORTEST}
        found |= {line.strip() for value in found for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE}
        found = {form for value in found for form in _forms(value) if len(form) >= _SHORTEST}
        self.values = sorted(found, key=len, reverse=True)
        self._bytes = [value.encode("utf-8", "surrogateescape") for value in self.values]
        self._longest = max(map(len, self._bytes), default=0)
        firsts = {re.escape(value[:1]) for value in self._bytes}
        self._firsts = re.compile(b"|".join(firsts) if len(firsts) < 2 else b"[" + b"".join(firsts) + b"]")
        self._starting: dict[bytes, list[bytes]] = {}  # by how they begin
        for value in self._bytes:
            for length in range(1, _SHORTEST + 1):
                self._starting.setdefault(value[:length], []).append(value)

    def text(self, text: str) -> str:
        """Return a text without the values, nor the beginning of one at its end if it may have been cut there."""
        data = self.data(text.encode("utf-8", "surrogatepass"))
        return (self.cut(data) if len(text) >= _SHORTEST_CUT else data).decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """Return text as bytes without the values, and without the parts of one that was cut and has dots there."""
        for value in self._bytes:
            data = data.replace(value, HIDDEN.encode())
        if len(parts := _ELLIPSIS.split(data)) == 1:
            return data
        for place in range(0, len(parts), 2):
            if place > 0:
                parts[place] = self._without_an_end(parts[place])
            if place < len(parts) - 1:
                parts[place] = self.cut(parts[place])
        return b"".join(parts)

    def cut(self, data: bytes) -> bytes:
        """Return text without the beginning of a value at its end; one of a few letters stands there by chance."""
        begins = self._begins(data)
        return data if len(data) - begins < _SHORTEST else data[:begins] + HIDDEN.encode()

    def _without_an_end(self, data: bytes) -> bytes:
        """Return text without the end of a value at its beginning."""
        first, longest = data[:_SHORTEST], 0
        for value in self._bytes if len(first) == _SHORTEST else ():
            at = -1
            while (at := value.find(first, at + 1)) >= 0:
                longest = max(longest, len(value) - at if data.startswith(value[at:]) else 0)
        return HIDDEN.encode() + data[longest:] if longest else data

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
        if frame.kind in (Kind.MESSAGE, Kind.FINISHED, Kind.POINT):
            said = json.loads(frame.data)
            hidden = self._message(said) if frame.kind == Kind.MESSAGE else self.document(said, names=1)
            return frame if hidden == said else frame._replace(data=json.dumps(hidden).encode())
        return frame

    def _message(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return a Jupyter message without the values in what it shows; it is read by its fields and media types."""
        content, data = said["content"], said["content"].get("data")
        hidden = {name: each if name in _ABOUT else self.document(each, names=1) for name, each in content.items()}
        if "comm_id" in content and isinstance(data, dict):
            hidden["data"] = {name: each if name == "method" else self.document(each, 1) for name, each in data.items()}
            state = data.get("state")
            if isinstance(state, dict):
                hidden["data"]["state"] |= {name: state[name] for name in state if name.startswith(_OF_WIDGETS)}
        return said | {"content": hidden}

    def document(self, found: Any, names: int = 0) -> Any:
        """Return a JSON document without the values in its texts and keys, but for the keys of `names` levels."""
        if isinstance(found, str):
            return self.text(found)
        if isinstance(found, list | tuple):
            return [self.document(each, names) for each in found]
        if isinstance(found, dict):
            return {self.text(key) if names < 1 else key: self.document(each, names - 1) for key, each in found.items()}
        return found

    def output(self, output: ExecutorOutput) -> ExecutorOutput:
        """Return what a body gives without the values in what is words: errors, warnings, previews, what was logged.

        Left are names of files, variables and artifacts, and what conditions ask about: the run goes by these.
        """
        output, error = self._paths(output), output.error
        return msgspec.structs.replace(
            output,
            unsaved=self.document(output.unsaved, names=1),
            metrics=self.document(output.metrics),
            parameters=self.document(output.parameters),
            beyond=tuple(map(self.text, output.beyond)),
            warnings=tuple(map(self._finding, output.warnings)),
            error=self._error(error) if error is not None else None,
            artifacts={name: self._preview(found) for name, found in output.artifacts.items()},
            logged=tuple(map(self._preview, output.logged)),
        )

    def _error(self, error: TaskError) -> TaskError:
        found = error.diagnostic
        return msgspec.structs.replace(
            error,
            message=self.text(error.message),
            ename=self.document(error.ename),
            evalue=self.document(error.evalue),
            traceback=tuple(map(self.text, error.traceback)),
            diagnostic=self._finding(found) if found is not None else None,
        )

    def _finding(self, found: Diagnostic) -> Diagnostic:
        fix = found.fix
        return msgspec.structs.replace(
            found,
            message=self.text(found.message),
            fix=msgspec.structs.replace(fix, text=self.text(fix.text)) if fix is not None else None,
        )

    def _paths(self, output: ExecutorOutput) -> ExecutorOutput:
        """Return an output without the paths that are none: IPython looks whether HTML to be shown is a file's name."""
        read = {each.path for each in output.files_read}
        there = {each.path for each in output.files_read if each.kind != "absent"}
        there |= {each.path for each in output.files}
        hidden = {path for path in {*output.paths_read, *read} - there if self.text(path) != path}
        why = ("it asks for a file that has a secret in its name",) if hidden & read else ()
        return msgspec.structs.replace(
            output,
            paths_read=tuple(path for path in output.paths_read if path not in hidden),
            files_read=tuple(each for each in output.files_read if each.path not in hidden),
            beyond=(*output.beyond, *why),
        )

    def _preview(self, artifact: Artifact) -> Artifact:
        return msgspec.structs.replace(artifact, preview=self.document(artifact.preview, names=1))


class Passage:
    """Hides values in text that comes in pieces, which may be cut within a value.

    An end that may be the beginning of one waits for what follows; all else goes on at once.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._waits = b""
        self._gone = 0  # bytes of what waits that have gone on already

    def more(self, data: bytes) -> bytes:
        """Return what is known to be no part of a value that is still to come, without the values."""
        data, gone = self._waits + data, self._gone
        begins = self._mask.unfinished(data)
        self._waits, self._gone = data[begins:], max(0, gone - begins)
        hidden = self._mask.data(data[:begins])
        return hidden[gone:] if hidden.startswith(data[: min(gone, begins)]) else hidden

    def pause(self) -> bytes:
        """Return what waits where that is a few letters, for nothing may follow for long; a value that they begin is
        hidden from there on."""
        if len(self._waits) >= _SHORTEST:
            return b""
        gone, self._gone = self._gone, len(self._waits)
        return self._waits[gone:]

    def rest(self) -> bytes:
        """Return what waits, for nothing follows it; of a value that was begun, nothing but a few letters."""
        data, self._waits, gone, self._gone = self._waits[self._gone :], b"", self._gone, 0
        return data if gone else self._mask.cut(self._mask.data(data))
