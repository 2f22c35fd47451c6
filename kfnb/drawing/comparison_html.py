"""Runs side by side as HTML: what differs in parameters, metrics, versions and code, curves over one another, matrices.

`history.compared` displays it. Plain HTML without scripts, pictures as data URIs: right wherever a notebook is opened.
"""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.drawing.run_html import CELL, show_number, show_parameter
from kfnb.drawing.series_svg import COLOURS, Line, series_svg
from kfnb.drawing.states import look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLOT, LEFT, TOP = 200.0, 30.0, 8.0


class Curve(NamedTuple):
    """A ROC curve of one run: false and true positive rates, equally long."""

    run_id: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def area(self) -> float:
        """Area under the curve."""
        steps = range(1, len(self.x))
        return abs(sum((self.x[i] - self.x[i - 1]) * (self.y[i] + self.y[i - 1]) / 2 for i in steps))


class Matrix(NamedTuple):
    """A confusion matrix of one run: rows are true classes."""

    run_id: str
    labels: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def comparison_html(
    document: Mapping[str, Any],
    curves: Mapping[str, Sequence[Curve]],
    matrices: Mapping[str, Sequence[Matrix]],
    lines: Mapping[str, Sequence[Line]],
) -> str:
    """Return runs side by side. `document`: of `history.comparison.compare`; the rest by name.

    `lines`: how metrics went.
    """
    parts = [_values(document)]
    parts += [_lines(name, found) for name, found in lines.items()]
    parts += [_curves(name, found) for name, found in curves.items()]
    parts += [_matrices(name, found) for name, found in matrices.items()]
    parts += [_cell(found) for found in document["cells"]] or ["<p>The code cells are the same.</p>"]
    return '<div class="kfnb-comparison">' + "".join(parts) + "</div>"


def _values(document: Mapping[str, Any]) -> str:
    runs = document["runs"]
    head = _row("th", ["", "", *(run["run_id"] for run in runs)])
    rows = [_row("td", ["", "name", *(run["name"] for run in runs)])]
    rows.append(_row("td", ["", "state", *map(_standing, runs)]))
    for kind in ("parameters", "metrics", "versions"):
        for entry in document[kind]:
            if entry["differs"] or kind != "versions":
                said = zip(entry["values"], entry["present"], strict=True)
                show = show_parameter if kind == "parameters" else show_number
                cells = [show(value) if there else "" for value, there in said]
                rows.append(_row("td", [kind, entry["name"], *cells], bold=entry["differs"]))
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _standing(run: Mapping[str, Any]) -> str:
    seen = look(run["state"])
    return f"{seen.icon} {seen.word}{' (interrupted)' if run['interrupted'] else ''}"


def _row(tag: str, cells: Sequence[object], *, bold: bool = False) -> str:
    """Return a row; what has no text is no head of anything, to those who hear the table."""
    parts = []
    for cell in cells:
        text = f"<b>{escape(str(cell))}</b>" if bold and cell != "" else escape(str(cell))
        kind = tag if text else "td"
        parts.append(f"<{kind} {CELL}>{text}</{kind}>")
    return f"<tr>{''.join(parts)}</tr>"


def _curves(name: str, curves: Sequence[Curve]) -> str:
    return _chart(name, roc_svg(curves), [f"{curve.run_id}: area {curve.area:.4f}" for curve in curves])


def _lines(name: str, lines: Sequence[Line]) -> str:
    return _chart(name, series_svg(lines), [f"{line.run_id}: {show_number(line.values[-1])}" for line in lines])


def _chart(name: str, svg: str, texts: Sequence[str]) -> str:
    """Return a picture under its name, and a line for each curve in it."""
    picture = base64.b64encode(svg.encode()).decode()
    legend = "".join(
        f'<div><span style="color:{COLOURS[i % len(COLOURS)]}">▬</span> {escape(text)}</div>'
        for i, text in enumerate(texts)
    )
    alternative = escape(f"{name}. {'; '.join(texts)}")
    return f'<p><b>{escape(name)}</b></p><img alt="{alternative}" src="data:image/svg+xml;base64,{picture}"/>{legend}'


def roc_svg(curves: Sequence[Curve]) -> str:
    """Return ROC curves over one another as an SVG document with a ground of its own, readable on any page."""
    right, bottom = LEFT + PLOT, TOP + PLOT
    lines = "".join(
        f'<polyline fill="none" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="1.8" points="'
        + " ".join(f"{LEFT + x * PLOT:.1f},{bottom - y * PLOT:.1f}" for x, y in zip(curve.x, curve.y, strict=True))
        + '"/>'
        for i, curve in enumerate(curves)
    )
    middle = TOP + PLOT / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right + 10:.0f}" height="{bottom + 26:.0f}" '
        'font-family="sans-serif" font-size="10" text-anchor="middle"><rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#8593a3"/>'
        f'<path d="M{LEFT} {bottom}L{right} {TOP}" stroke="#bdbdbd" stroke-dasharray="4 3"/>'
        f'<g fill="#35424f"><text x="{LEFT - 8}" y="{TOP + 4}">1</text><text x="{LEFT - 8}" y="{bottom}">0</text>'
        f'<text x="{LEFT + PLOT / 2}" y="{bottom + 16}">false positive rate</text>'
        f'<text x="12" y="{middle}" transform="rotate(-90 12 {middle})">true positive rate</text></g>{lines}</svg>'
    )


def _matrices(name: str, matrices: Sequence[Matrix]) -> str:
    tables = []
    for found in matrices:
        head = _row("th", [found.run_id, *found.labels])
        rows = [
            _row("td", [label, *map(show_number, row)]) for label, row in zip(found.labels, found.rows, strict=True)
        ]
        table = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
        tables.append(f'<td style="vertical-align:top">{table}</td>')
    return f"<p><b>{escape(name)}</b></p><table><tr>{''.join(tables)}</tr></table>"


def _cell(found: Mapping[str, str]) -> str:
    title = f"cell {found['cell']} {found['kind']} in {found['run_id']}"
    return f"<details open><summary>{escape(title)}</summary><pre>{escape(found['diff'])}</pre></details>"
