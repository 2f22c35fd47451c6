"""Keeps how metrics went while a task runs: each point that `kfnb.log_metric` was given, of a long series every nth.

The supervisor fills it from what the body says, so that the points of a body that dies are there too; reports.py writes
it down.
"""

from __future__ import annotations

import msgspec

from kfnb.spec import Json  # noqa: TC001  # msgspec reads the types of the fields

MOST_POINTS = 1000
"""Of each metric, beside the last; more cannot be told apart in a drawing, and all of them are read to draw it."""
MOST_NAMES = 500
"""Metrics whose points are kept; of others there is the last value alone."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """How a metric went: its points in the order in which they were logged, `logged` in all.

    Of a long series every nth is kept, and the last. Values that JSON lacks are words, as in ExecutorOutput.metrics.
    """

    steps: tuple[float, ...]
    values: tuple[Json, ...]
    logged: int


class _Line:
    """The points of one metric: every `every`th of those that were logged, and the last."""

    def __init__(self) -> None:
        self.points: list[tuple[float, Json]] = []
        self.every = 1
        self.seen = 0
        self.last: tuple[float, Json] = (0, None)

    def add(self, step: float | None, value: Json) -> None:
        if step is None:
            step = self.last[0] + 1 if self.seen else 0
        self.last = (step, value)
        if self.seen % self.every == 0:
            self.points.append(self.last)
        self.seen += 1
        if len(self.points) > MOST_POINTS:
            self.points = self.points[::2]
            self.every *= 2

    def series(self) -> Series:
        is_last_there = (self.seen - 1) % self.every == 0
        points = self.points if is_last_there else [*self.points, self.last]
        steps, values = zip(*points, strict=True)
        return Series(steps=steps, values=values, logged=self.seen)


class Points:
    """The points of all metrics of a task. `count`: how many have been logged."""

    def __init__(self) -> None:
        self.count = 0
        self._lines: dict[str, _Line] = {}

    def add(self, name: str, step: float | None, value: Json) -> None:
        """Take a point. `step` None: one further than the last."""
        if name in self._lines or len(self._lines) < MOST_NAMES:
            self._lines.setdefault(name, _Line()).add(step, value)
            self.count += 1

    @property
    def are_a_curve(self) -> bool:
        """Whether any metric has more than its last value to tell."""
        return any(line.seen > 1 for line in self._lines.values())

    def series(self) -> dict[str, Series]:
        """Return how each metric went."""
        return {name: line.series() for name, line in self._lines.items()}
