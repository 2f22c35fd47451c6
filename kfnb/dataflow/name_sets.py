"""Sets as the bits of whole numbers: a thousand names take 130 bytes, and joining two such sets is one operation.

Where each of many steps has much of what the steps above have, `edges.py`, `needs.py` and the compiler keep it so.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T")

_DIGITS = bytes.maketrans(b"01", b"\x00\x01")


def chosen(things: Sequence[T], bits: int) -> Iterator[T]:
    """Return those of `things` whose places are among `bits`, in order."""
    return compress(things, format(bits, "b")[::-1].encode().translate(_DIGITS))


class NameSets:
    """Numbers names as they come, `first` among them in their order, and turns sets of them to bits and back."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self.names = list(first)
        self._bit = {name: 1 << number for number, name in enumerate(self.names)}

    def bit(self, name: str) -> int:
        """Return the set of one name."""
        bit = self._bit.get(name)
        if bit is None:
            bit = self._bit[name] = 1 << len(self.names)
            self.names.append(name)
        return bit

    def of(self, names: Iterable[str]) -> int:
        """Return a set of names as bits."""
        bits = 0
        for name in names:
            bits |= self.bit(name)
        return bits

    def within(self, bits: int) -> Iterator[str]:
        """Return the names of a set, in the order of their numbers."""
        return chosen(self.names, bits) if bits else iter(())
