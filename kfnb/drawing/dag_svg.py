"""The DAG of a pipeline as SVG: `kfnb graph --svg` writes it, `run_html` puts it into a notebook.

No scripts, no style sheets, no outside references; every text is escaped, so that it is safe anywhere.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from kfnb.drawing.layout import Bend, Layout, Place, lay_out
from kfnb.drawing.states import look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kfnb.spec import Edge, PipelineSpec

BOX_HEIGHT = 44.0
ROW_HEIGHT = 92.0
GAP = 22.0
MARGIN = 12.0
CHARACTER = 7.2
LABELS_UP_TO = 60
"""Edges beyond which names stand only in tooltips: more text than that covers the picture."""
LINE = "#7a8794"
LABEL = 28
"""Characters of what flows that are shown."""
_LABEL_CHARACTER = 6.0
_BEND = 8.0
"""The room that an edge has beside a box that it passes."""
FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


def dag_svg(spec: PipelineSpec, tasks: Mapping[str, Mapping[str, object]] | None = None) -> str:
    """Return the pipeline as an SVG document. `tasks` is that part of `kfnb show --json`: states to colour and name."""
    tasks = tasks or {}
    names = [task.name for task in spec.tasks]
    if not names:
        return _document(220, 44, spec.name, [_text(110, 26, "no steps", size=13, fill=LINE)])
    layout = lay_out(
        names,
        [(edge.source, edge.target) for edge in spec.edges],
        width=_width,
        gap=GAP,
    )
    width = max(x + _width(place) / 2 for place, x in layout.x.items()) + 2 * MARGIN
    if len(spec.edges) <= LABELS_UP_TO:
        width = max([width, *map(_label_width, spec.edges)])
    height = (len(layout.rows) - 1) * ROW_HEIGHT + BOX_HEIGHT + 2 * MARGIN
    parts = [_arrow_head()]
    parts += _edges(spec.edges, layout, width)
    parts += [_box(name, layout, tasks.get(name)) for name in names]
    return _document(width, height, spec.name, parts)


def _label(edge: Edge) -> str:
    return ", ".join(edge.names or edge.why)


def _label_width(edge: Edge) -> float:
    return min(len(_label(edge)), LABEL) * _LABEL_CHARACTER


def _width(place: Place) -> float:
    return _BEND if isinstance(place, Bend) else _box_width(place)


def _box_width(name: str) -> float:
    return max(104.0, len(_short(str(name))) * CHARACTER + 44)


def _short(name: str, limit: int = 32) -> str:
    return name if len(name) <= limit else name[: limit - 1] + "…"


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _top(row: int) -> float:
    return MARGIN + row * ROW_HEIGHT


def _point(place: Place, layout: Layout) -> tuple[float, float]:
    row = place.row if isinstance(place, Bend) else layout.row_of[place]
    return layout.x[place] + MARGIN, _top(row) + BOX_HEIGHT / 2


def _edges(edges: Sequence[Edge], layout: Layout, width: float) -> list[str]:
    parts = []
    outgoing = Counter(edge.source for edge in edges)
    incoming = Counter(edge.target for edge in edges)
    for edge in edges:
        route = layout.routes.get((edge.source, edge.target))
        if route is None:
            continue
        label = _label(edge)
        dash = "" if edge.names else ' stroke-dasharray="5 4"'
        title = f"{edge.source} → {edge.target}" + (f": {label}" if label else "")
        parts.append(
            f'<path d="{_path(route, layout)}" fill="none" stroke="{LINE}" stroke-width="1.4"{dash} '
            f'marker-end="url(#arrow)"><title>{escape(title)}</title></path>'
        )
        if label and len(edges) <= LABELS_UP_TO:
            x, y = _label_point(route, layout, gathers=incoming[edge.target] > outgoing[edge.source])
            room = _label_width(edge) / 2
            parts.append(_text(min(max(x, room), width - room), y, _short(label, LABEL), size=10.5, fill=LINE))
    return parts


def _path(route: Sequence[Place], layout: Layout) -> str:
    (x, y), *rest = [_point(place, layout) for place in route]
    y += BOX_HEIGHT / 2
    drawn = f"M{_number(x)} {_number(y)}"
    for index, (to_x, middle) in enumerate(rest):
        last = index == len(rest) - 1
        to_y = middle - BOX_HEIGHT / 2 - (5 if last else 0)
        half = (to_y - y) / 2
        drawn += (
            f"C{_number(x)} {_number(y + half)} {_number(to_x)} {_number(to_y - half)} {_number(to_x)} {_number(to_y)}"
        )
        x, y = to_x, to_y
        if not last:
            y = middle + BOX_HEIGHT / 2
            drawn += f"V{_number(y)}"
    return drawn


def _label_point(route: Sequence[Place], layout: Layout, *, gathers: bool) -> tuple[float, float]:
    x, y = _point(route[0], layout)
    to_x, to_y = _point(route[1], layout)
    # at the end where the lines stand apart: near the target of a fan-out, near the source of a fan-in
    along, down = (0.2, 0.42) if gathers else (0.72, 0.55)
    return x + (to_x - x) * along, y + (to_y - y) * down + 3


def _box(name: str, layout: Layout, task: Mapping[str, object] | None) -> str:
    x, middle = _point(name, layout)
    width = _box_width(name)
    state = str(task["state"]) if task else None
    seen = look(state, cached=bool(task and task.get("cached")))
    why = str(task["why"]) if task and task.get("why") else ""
    title = name + (f": {seen.word}" if seen.word else "") + (f" - {why}" if why else "")
    name_y = middle - 3 if seen.word else middle + 5
    lines = [
        f"<g><title>{escape(title)}</title>",
        f'<rect x="{_number(x - width / 2)}" y="{_number(middle - BOX_HEIGHT / 2)}" width="{_number(width)}" '
        f'height="{_number(BOX_HEIGHT)}" rx="7" fill="{seen.fill}" stroke="{seen.line}" stroke-width="1.5"/>',
        _text(x, name_y, _short(name), size=13, fill=seen.ink, weight=600),
    ]
    if seen.word:
        lines.append(_text(x, middle + 14, f"{seen.icon} {seen.word}", size=11, fill=seen.ink))
    return "".join([*lines, "</g>"])


def _text(x: float, y: float, text: str, *, size: float, fill: str, weight: int = 400) -> str:
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" text-anchor="middle" font-size="{_number(size)}" '
        f'font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
    )


def _arrow_head() -> str:
    return (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>'
    )


def _document(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    w, h = _number(width), _number(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        f'aria-label="{escape("Pipeline " + title)}" font-family="{escape(FONT)}">'
        + f"<title>{escape(title)}</title>"
        + "\n".join(parts)
        + "</svg>\n"
    )
