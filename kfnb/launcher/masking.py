"""Keeps values of secrets out of what a task in a pod prints, shows and reports; used by launch.py and supervise.py.

Which variables of the environment hold secrets is known from the step's `secret:` tags, and from the names that stores'
keys have. What the task computes and saves is its own: nothing is changed in values, files and the code.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.launcher.frames import Kind
from kfnb.spec import TaskError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfnb.launcher.frames import Frame
    from kfnb.spec import Artifact, ExecutorInput, ExecutorOutput

HIDDEN = "***"
_SHORTEST = 6
"""Characters of the shortest value that is hidden: anything shorter stands in any text by chance."""
_SHORTEST_LINE = 16
_STORE_KEYS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY", "AZURE_CLIENT_SECRET")


def mask_of(given: ExecutorInput) -> Mask | None:
    """Return what hides the secrets of this process's environment; None if there are none."""
    names = [*_STORE_KEYS, *(variable for _, _, variable in given.task.settings.secrets)]
    mask = Mask(os.environ.get(name, "") for name in names)
    return mask if mask.values else None


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

    def frame(self, frame: Frame) -> Frame:
        """Return a frame of a body without the values; what the body gives (RESULT) is left to `output`."""
        if frame.kind in (Kind.STDOUT, Kind.STDERR, Kind.LOG):
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
