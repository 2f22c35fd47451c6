"""Content digests: blake3 for the bytes of artifacts (fast enough to run beside a write), sha256 for identities.

Used by every room that names something by its content.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterable

_canonical = msgspec.json.Encoder(order="deterministic")


def of_bytes(data: bytes | bytearray | memoryview) -> str:
    """Return the blake3 digest of `data` as 64 hexadecimal digits."""
    return str(blake3(data).hexdigest())


def canonical(value: object) -> bytes:
    """Return `value` as canonical JSON (keys sorted)."""
    return _canonical.encode(value)


def of_parts(parts: Iterable[bytes]) -> str:
    """Return what `of_json` gives for the list of values whose canonical JSON `parts` are."""
    return hashlib.sha256(b"[" + b",".join(parts) + b"]").hexdigest()


def of_json(value: object) -> str:
    """Return the sha256 of `value` as canonical JSON (keys sorted), as 64 hexadecimal digits."""
    return hashlib.sha256(_canonical.encode(value)).hexdigest()
