"""The one channel from a body to its supervisor: framed messages on a pipe, in the order things happened.

Written by streams.py and cells.py in the body's process, read by supervise.py in the process that outlives it. A frame
is a kind, the number of the cell it belongs to (-1: none), a length and that many bytes; a body that dies in the
middle of a frame leaves a tail that the reader ignores.
"""

from __future__ import annotations

import enum
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = struct.Struct("<BiI")


class Kind(enum.IntEnum):
    """What a frame says."""

    STDOUT = 1
    STDERR = 2
    FLUSH_STDOUT = 3
    FLUSH_STDERR = 4
    MESSAGE = 5  # JSON: {"type": a Jupyter message type, "content": its content}
    STARTED = 6  # JSON: {"time": seconds since the epoch}
    FINISHED = 7  # JSON: {"time", "ok", "count", "allowed", "ename", "evalue", "traceback"}
    BODY_DONE = 8  # no user code runs any more
    RESULT = 9  # a JSON ExecutorOutput: what the body gives
    LOG = 10  # text for the log only
    POINT = 11  # JSON: [name of a metric, step or null, value]


class Frame(NamedTuple):
    """One frame as read."""

    kind: int
    cell: int
    data: bytes


class Wires(NamedTuple):
    """Descriptors that connect a body to its supervisor: `frames` and `log` to write to; `stdout` and `stderr`, the
    pipes that lie under its descriptors 1 and 2, to read from.
    """

    frames: int
    log: int
    stdout: int
    stderr: int


def pack(kind: int, cell: int, data: bytes = b"") -> bytes:
    """Return one frame as bytes."""
    return _HEADER.pack(kind, cell, len(data)) + data


class Reader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take in bytes as they come; yield every frame that is complete."""
        self._pending += data
        view, at = bytes(self._pending), 0
        while len(view) - at >= _HEADER.size:
            kind, cell, length = _HEADER.unpack_from(view, at)
            end = at + _HEADER.size + length
            if end > len(view):
                break
            yield Frame(kind, cell, view[at + _HEADER.size : end])
            at = end
        del self._pending[:at]
