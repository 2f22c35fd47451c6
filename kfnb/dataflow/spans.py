"""Sets of names that change little from step to step, kept as the steps at which a name comes in or goes.

Used by `edges.py`, which works out from the last step up what is still read, or changed, further down.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Spans:
    """Which names are in the set below each step. Filled from the last step up; asked at any step afterwards."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.now = set(names)
        self._final = frozenset(self.now)
        self._switches: dict[str, list[int]] = {}  # negative numbers of the steps above which it is otherwise

    def above(self, number: int, gone: Iterable[str], come: Iterable[str]) -> None:
        """Go up past step `number`: `gone` leave the set, then `come` come in."""
        for name in gone:
            if name in self.now:
                self.now.remove(name)
                self._switches.setdefault(name, []).append(-number)
        for name in come:
            if name not in self.now:
                self.now.add(name)
                self._switches.setdefault(name, []).append(-number)

    def holds(self, name: str, number: int) -> bool:
        """Say whether `name` is in the set below step `number`."""
        switches = self._switches.get(name)
        if switches is None:
            return name in self._final
        return (name in self._final) != (bisect_left(switches, -number) % 2 == 1)

    def of(self, names: Iterable[str], number: int) -> set[str]:
        """Return those of `names` that are in the set below step `number`."""
        return {name for name in names if self.holds(name, number)}
