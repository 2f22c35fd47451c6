"""The DAG of a pipeline in box characters: `kfnb graph` prints it, and a Run shows it where there is only text.

Lines that cross do not join: a horizontal line is broken where a vertical one passes. Each line into a box has
its own arrow, so that every edge can be followed by eye; which names it carries stands in the list below the drawing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfnb.drawing.layout import Bend, Layout, Place, lay_out
from kfnb.drawing.states import look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kfnb.spec import PipelineSpec

GAP = 3
BEND_WIDTH = 3
DRAWN_UP_TO = 60
"""Steps beyond which a list is easier to read than a drawing."""

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
STROKES = {
    UP | DOWN: "│",
    LEFT | RIGHT: "─",
    UP | RIGHT: "╰",
    UP | LEFT: "╯",
    DOWN | RIGHT: "╭",
    DOWN | LEFT: "╮",
    UP | DOWN | RIGHT: "├",
    UP | DOWN | LEFT: "┤",
    UP | LEFT | RIGHT: "┴",
    DOWN | LEFT | RIGHT: "┬",
    UP | DOWN | LEFT | RIGHT: "┼",
}


def dag_text(spec: PipelineSpec, *, columns: int = 100, tasks: Mapping[str, Mapping[str, object]] | None = None) -> str:
    """Return a drawing at most `columns` wide, else a list, and below it what flows along each edge."""
    if not spec.tasks:
        return "(no steps)"
    labels = {task.name: _label(task.name, (tasks or {}).get(task.name)) for task in spec.tasks}
    drawing = _drawing(spec, labels) if len(labels) <= DRAWN_UP_TO else None
    if drawing is None or max(map(len, drawing)) > columns:
        return _as_list(spec, labels)
    flows = [(f"{e.source} → {e.target}", ", ".join(e.names) or "; ".join(e.why)) for e in spec.edges]
    longest = max((len(ends) for ends, _ in flows), default=0)
    below = [f"{ends:<{longest}}  {names}".rstrip() for ends, names in flows]
    return "\n".join([*drawing, *(["", *below] if below else [])])


def _label(name: str, task: Mapping[str, object] | None) -> str:
    icon = look(str(task["state"]), cached=bool(task.get("cached"))).icon if task else ""
    return f"{icon} {name}" if icon else name


def _as_list(spec: PipelineSpec, labels: Mapping[str, str]) -> str:
    digits = len(str(len(spec.tasks)))
    lines = []
    for number, task in enumerate(spec.tasks, start=1):
        lines.append(f"{number:>{digits}}  {labels[task.name]}")
        for edge in spec.edges:
            if edge.target == task.name:
                what = ", ".join(edge.names) or "; ".join(edge.why)
                lines.append(f"{'':>{digits}}    ← {edge.source}: {what}".rstrip(": "))
    return "\n".join(lines)


@dataclass
class _Net:
    """The lines that leave one place for the row below: from column `start` to the columns `ends`."""

    start: int
    ends: list[int] = field(default_factory=list)
    track: int | None = None

    @property
    def straight(self) -> bool:
        return self.ends == [self.start]

    @property
    def span(self) -> tuple[int, int]:
        return min(self.start, *self.ends), max(self.start, *self.ends)


def _drawing(spec: PipelineSpec, labels: Mapping[str, str]) -> list[str]:
    coming_in = dict.fromkeys(labels, 0)
    for edge in spec.edges:
        coming_in[edge.target] = coming_in.get(edge.target, 0) + 1
    widths = {name: max(len(label) + 4, 2 * coming_in[name] + 3) for name, label in labels.items()}

    def width(place: Place) -> int:
        return widths[place] if isinstance(place, str) else BEND_WIDTH

    layout = lay_out(list(labels), [(e.source, e.target) for e in spec.edges], width=width, gap=GAP)
    column = _columns(layout, width)
    canvas = _Canvas()
    top = 0
    for index, row in enumerate(layout.rows):
        for place in row:
            if isinstance(place, str):
                canvas.box(top, column[place] - widths[place] // 2, widths[place], labels[place])
            else:
                canvas.down(top, top + 3, column[place])
        if index + 1 < len(layout.rows):
            top = _channel(canvas, layout, index, top + 3, column, widths)
    return canvas.lines()


def _columns(layout: Layout, width: Callable[[Place], int]) -> dict[Place, int]:
    """Return the middle column of every place: the layout's, on whole columns, with the gaps kept."""
    column: dict[Place, int] = {}
    for row in layout.rows:
        right = -GAP
        for place in row:
            wide = width(place)
            left = max(right + GAP, round(layout.x[place] - wide / 2))
            column[place] = left + wide // 2
            right = left + wide
    return column


def _channel(
    canvas: _Canvas, layout: Layout, index: int, top: int, column: dict[Place, int], widths: Mapping[str, int]
) -> int:
    """Draw the lines from row `index` to the next, starting at line `top`; return the line of the next row."""
    nets = _nets(layout, index, column, widths)
    height = max(_assign_tracks(nets), 1)
    for place, net in nets.items():
        if isinstance(place, str):
            canvas.leave(top - 1, net.start)
        canvas.net(net, top, height)
    for place in layout.rows[index + 1]:
        if isinstance(place, Bend):
            canvas.down(top + height, top + height + 1, column[place])
    arrows = {end for net in nets.values() for end in net.ends}
    arrows -= {column[place] for place in layout.rows[index + 1] if isinstance(place, Bend)}
    for end in arrows:
        canvas.arrow(top + height, end)
    return top + height + 1


def _nets(layout: Layout, index: int, column: dict[Place, int], widths: Mapping[str, int]) -> dict[Place, _Net]:
    steps = [pair for route in layout.routes.values() for pair in itertools.pairwise(route)]
    upper, lower = set(layout.rows[index]), layout.rows[index + 1]
    nets: dict[Place, _Net] = {}
    for source, _ in steps:
        if source in upper:
            nets.setdefault(source, _Net(column[source]))
    starts = {net.start: place for place, net in nets.items()}
    for target in lower:
        sources = sorted((s for s, t in steps if t == target and s in upper), key=lambda s: column[s])
        room = widths[target] // 2 - 1 if isinstance(target, str) else 1
        taken: set[int] = set()
        for number, source in enumerate(sources):
            wanted = column[target] + 2 * number - (len(sources) - 1)
            end = _free_column(wanted, column[target], room, taken, {c for c, p in starts.items() if p != source})
            taken.add(end)
            nets[source].ends.append(end)
            if isinstance(target, Bend):
                column[target] = end
    return nets


def _free_column(wanted: int, middle: int, room: int, taken: set[int], starts: set[int]) -> int:
    """Return the column nearest to `wanted` where a line can come in that nobody else's line leaves or comes in at."""
    choices = sorted(range(middle - room, middle + room + 1), key=lambda c: (abs(c - wanted), c))
    return next((c for c in choices if c not in taken and c not in starts), wanted)


def _assign_tracks(nets: Mapping[Place, _Net]) -> int:
    """Give every net that turns a track of its own where it would touch another; return how many tracks there are."""
    free_from: list[int] = []
    for net in sorted((n for n in nets.values() if not n.straight), key=lambda n: n.span):
        left, right = net.span
        track = next((t for t, free in enumerate(free_from) if free < left), len(free_from))
        free_from[track : track + 1] = [right + 1]
        net.track = track
    return len(free_from)


class _Canvas:
    """Characters by place. Lines of one net join where they meet; a vertical line breaks the horizontal of another."""

    def __init__(self) -> None:
        self._at: dict[tuple[int, int], str] = {}

    def box(self, top: int, left: int, width: int, label: str) -> None:
        inner = width - 2
        for line, text in enumerate((f"┌{'─' * inner}┐", f"│{label:^{inner}}│", f"└{'─' * inner}┘")):
            for offset, character in enumerate(text):
                self._at[top + line, left + offset] = character

    def leave(self, line: int, column: int) -> None:
        self._at[line, column] = "┬"

    def arrow(self, line: int, column: int) -> None:
        self._at[line, column] = "▼"

    def down(self, top: int, bottom: int, column: int) -> None:
        for line in range(top, bottom):
            self._at[line, column] = "│"

    def net(self, net: _Net, top: int, height: int) -> None:
        if net.track is None:
            self.down(top, top + height, net.start)
            return
        turn = top + net.track
        self.down(top, turn, net.start)
        for end in net.ends:
            self.down(turn + 1, top + height, end)
        left, right = net.span
        for column in range(left, right + 1):
            mask = (LEFT if column > left else 0) | (RIGHT if column < right else 0)
            mask |= (UP if column == net.start else 0) | (DOWN if column in net.ends else 0)
            if mask != LEFT | RIGHT or (turn, column) not in self._at:
                self._at[turn, column] = STROKES[mask]

    def lines(self) -> list[str]:
        rows: dict[int, dict[int, str]] = {}
        for (line, column), character in self._at.items():
            rows.setdefault(line, {})[column] = character
        return [
            "".join(rows.get(line, {}).get(column, " ") for column in range(max(rows.get(line, {0: ""})) + 1))
            for line in range(max(rows) + 1)
        ]
