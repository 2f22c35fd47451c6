"""How a metric went in several runs, curve over curve, as SVG. Called by what shows runs side by side in a notebook."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from kfnb.drawing.run_html import show_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLOURS = ("#2f74c0", "#d1651a", "#2f8a4a", "#8a5fb0", "#b03a5b", "#5c6b7a")
"""Of curves that lie over one another; the same as in labextension/src/charts."""
WIDTH, HEIGHT, LEFT, TOP = 300.0, 170.0, 60.0, 10.0


class Line(NamedTuple):
    """How a metric went in one run: steps and values, equally long."""

    run_id: str
    steps: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def finite(self) -> list[tuple[float, float]]:
        """The points that can be drawn."""
        return [(x, y) for x, y in zip(self.steps, self.values, strict=True) if math.isfinite(y)]


def series_svg(lines: Sequence[Line]) -> str:
    """Return the curves over one another as an SVG document with a ground of its own, readable on any page."""
    points = [point for line in lines for point in line.finite]
    right, bottom = LEFT + WIDTH, TOP + HEIGHT
    x, (first, last) = _scale([point[0] for point in points], LEFT, right)
    y, (least, most) = _scale([point[1] for point in points], bottom, TOP)
    curves = "".join(
        f'<polyline fill="none" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="1.8" points="'
        + " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in line.finite)
        + '"/>'
        for i, line in enumerate(lines)
    )
    ends = ((LEFT, first), (right, last)) if first != last else ((LEFT + WIDTH / 2, first),)
    sides = (least, most) if least != most else (least,)
    below = "".join(f'<text x="{at}" y="{bottom + 15}">{show_number(step)}</text>' for at, step in ends)
    beside = "".join(
        f'<text x="{LEFT - 5}" y="{y(value) + 4:.1f}" text-anchor="end">{show_number(value)}</text>' for value in sides
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right + 24:.0f}" height="{bottom + 24:.0f}" '
        'font-family="sans-serif" font-size="10" text-anchor="middle"><rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#8593a3"/>'
        f'<g fill="#35424f">{below}{beside}</g>{curves}</svg>'
    )


def _scale(values: Sequence[float], start: float, end: float) -> tuple[Callable[[float], float], tuple[float, float]]:
    """Return what places a value between `start` and `end`, and the least and the greatest value."""
    least, most = min(values, default=0.0), max(values, default=0.0)
    if least == most:
        return lambda _: (start + end) / 2, (least, most)
    return lambda value: start + (value - least) / (most - least) * (end - start), (least, most)
