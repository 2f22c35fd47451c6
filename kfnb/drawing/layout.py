"""Layered layout of a pipeline: in which row each step stands, and where; `dag_svg` and `dag_text` draw it.

Sugiyama's method in its plainest form: rows by longest path, order by barycentres, places by least squares under the
minimum distances (pool adjacent violators). Deterministic: the same pipeline gives the same picture.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SWEEPS = 6
PLACING_ROUNDS = 6
BEND_BUDGET = 4000
"""How many bends of long edges are laid out at most; beyond it the longest edges are drawn straight."""


@dataclass(frozen=True)
class Bend:
    """Where the edge `source` → `target` passes through a row between its ends."""

    source: str
    target: str
    row: int


Place = str | Bend


@dataclass(frozen=True)
class Layout:
    """`rows`: steps and bends from left to right; `x`: the middle of each; `routes`: what each edge passes."""

    rows: tuple[tuple[Place, ...], ...]
    x: Mapping[Place, float]
    routes: Mapping[tuple[str, str], tuple[Place, ...]]
    row_of: Mapping[str, int]

    @property
    def crossings(self) -> int:
        """How many pairs of edges cross."""
        return _all_crossings(self.rows, _below(self.routes))


def lay_out(
    nodes: Sequence[str],
    edges: Sequence[tuple[str, str]],
    *,
    width: Callable[[Place], float],
    gap: float,
) -> Layout:
    """Place `nodes`, given in topological order, so that every edge goes down. Edges that do not are left out."""
    order = {name: index for index, name in enumerate(nodes)}
    forward = sorted(
        {(s, t) for s, t in edges if s in order and t in order and order[s] < order[t]},
        key=lambda edge: (order[edge[0]], order[edge[1]]),
    )
    row_of = _rows_by_longest_path(nodes, forward)
    routes = _routes(forward, row_of)
    rows: list[list[Place]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    for name in nodes:
        rows[row_of[name]].append(name)
    for route in routes.values():
        for place in route[1:-1]:
            if isinstance(place, Bend):
                rows[place.row].append(place)
    rows = _ordered(rows, routes)
    x = _placed(rows, routes, width, gap)
    return Layout(tuple(tuple(row) for row in rows), x, routes, row_of)


def _rows_by_longest_path(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    row = dict.fromkeys(nodes, 0)
    above: dict[str, list[str]] = {name: [] for name in nodes}
    below: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        above[target].append(source)
        below[source].append(target)
    for name in nodes:
        row[name] = max((row[source] + 1 for source in above[name]), default=0)
    for name in reversed(nodes):  # a step that waits for nothing stands just above the first that needs it
        if not above[name] and below[name]:
            row[name] = min(row[target] for target in below[name]) - 1
    return row


def _routes(edges: Sequence[tuple[str, str]], row_of: Mapping[str, int]) -> dict[tuple[str, str], tuple[Place, ...]]:
    bent: set[tuple[str, str]] = set()
    left = BEND_BUDGET
    for edge in sorted(edges, key=lambda e: row_of[e[1]] - row_of[e[0]]):
        left -= row_of[edge[1]] - row_of[edge[0]] - 1
        if left < 0:
            break
        bent.add(edge)
    return {
        (s, t): (s, *(Bend(s, t, row) for row in range(row_of[s] + 1, row_of[t]) if (s, t) in bent), t)
        for s, t in edges
    }


def _below(routes: Mapping[tuple[str, str], tuple[Place, ...]]) -> dict[Place, list[Place]]:
    below: dict[Place, list[Place]] = {}
    for route in routes.values():
        for upper, lower in itertools.pairwise(route):
            below.setdefault(upper, []).append(lower)
    return below


def _above(below: Mapping[Place, list[Place]]) -> dict[Place, list[Place]]:
    above: dict[Place, list[Place]] = {}
    for upper, lowers in below.items():
        for lower in lowers:
            above.setdefault(lower, []).append(upper)
    return above


def _all_crossings(rows: Sequence[Sequence[Place]], below: Mapping[Place, list[Place]]) -> int:
    total = 0
    for upper, lower in itertools.pairwise(rows):
        index = {place: i for i, place in enumerate(lower)}
        seen: list[int] = []
        for place in upper:
            ends = sorted(index[end] for end in below.get(place, ()) if end in index)
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _ordered(rows: list[list[Place]], routes: Mapping[tuple[str, str], tuple[Place, ...]]) -> list[list[Place]]:
    below = _below(routes)
    above = _above(below)
    best, least = [list(row) for row in rows], _all_crossings(rows, below)
    for sweep in range(SWEEPS):
        if not least:
            break
        down = sweep % 2 == 0
        neighbours = above if down else below
        for index in range(len(rows)) if down else range(len(rows) - 1, -1, -1):
            _sort_by_barycentre(rows, index, index - 1 if down else index + 1, neighbours)
        crossings = _all_crossings(rows, below)
        if crossings < least:
            best, least = [list(row) for row in rows], crossings
    return best


def _sort_by_barycentre(
    rows: list[list[Place]], index: int, beside: int, neighbours: Mapping[Place, list[Place]]
) -> None:
    if not 0 <= beside < len(rows):
        return
    at = {place: i for i, place in enumerate(rows[beside])}
    centre: dict[Place, float] = {}
    for i, place in enumerate(rows[index]):
        ends = [at[end] for end in neighbours.get(place, ()) if end in at]
        centre[place] = sum(ends) / len(ends) if ends else float(i)
    rows[index].sort(key=lambda place: centre[place])


def _placed(
    rows: Sequence[Sequence[Place]],
    routes: Mapping[tuple[str, str], tuple[Place, ...]],
    width: Callable[[Place], float],
    gap: float,
) -> dict[Place, float]:
    below = _below(routes)
    above = _above(below)
    x: dict[Place, float] = {}
    for row in rows:
        left = 0.0
        for place in row:
            x[place] = left + width(place) / 2
            left += width(place) + gap
        middle = (left - gap) / 2
        for place in row:
            x[place] -= middle
    for turn in range(PLACING_ROUNDS):
        down = turn % 2 == 0
        neighbours = above if down else below
        for row in rows if down else reversed(rows):
            wanted = [_mean([x[end] for end in neighbours.get(place, ())], x[place]) for place in row]
            x.update(zip(row, _spread(row, wanted, width, gap), strict=True))
    leftmost = min((x[place] - width(place) / 2 for row in rows for place in row), default=0.0)
    return {place: value - leftmost for place, value in x.items()}


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spread(row: Sequence[Place], wanted: Sequence[float], width: Callable[[Place], float], gap: float) -> list[float]:
    """Return places nearest to `wanted` (least squares) that keep the order and the distances of `row`."""
    offsets, offset = [], 0.0
    for before, place in zip((None, *row), row, strict=False):
        offset += (width(before) + width(place)) / 2 + gap if before is not None else 0.0
        offsets.append(offset)
    pools: list[tuple[float, int]] = []  # (sum, count) of what must share one shift
    for value, shift in zip(wanted, offsets, strict=True):
        total, count = value - shift, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, many = pools.pop()
            total, count = total + more, count + many
        pools.append((total, count))
    shifts = [total / count for total, count in pools for _ in range(count)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]
