"""Runs side by side in Python and in a notebook: `kfnb.compare`."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kfnb import widget
from kfnb.errors import WrongCall
from kfnb.history import charted
from kfnb.history.comparison import compare as document_of
from kfnb.history.written import with_written
from kfnb.runtime import number_from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.client import Run
    from kfnb.drawing.comparison_html import Curve, Matrix
    from kfnb.drawing.series_svg import Line
    from kfnb.widget.comparison_widget import ComparisonWidget

    Named = dict[str, dict[str, dict[str, Any]]]


class Comparison:
    """What differs between runs, as `kfnb.compare` returns it; a notebook shows it as tables, curves and code.

    `runs` are the runs in order; `parameters`, `metrics` and `versions` map a name to its value in each of them, None
    where a run has none.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        """WrongCall for fewer than two runs."""
        if len(runs) < 2:
            raise WrongCall("Comparing needs two runs or more: kfnb.compare('RUN', 'RUN').")
        self.runs = tuple(runs)
        self.document = document_of(runs)
        self._widget: ComparisonWidget | None = None

    @property
    def parameters(self) -> dict[str, tuple[Any, ...]]:
        """Values of each parameter in the order of the runs."""
        return self._values("parameters")

    @property
    def metrics(self) -> dict[str, tuple[Any, ...]]:
        """Values of each metric (`task.name`) in the order of the runs; NaN is a float here."""
        return {name: tuple(map(number_from_json, values)) for name, values in self._values("metrics").items()}

    @property
    def versions(self) -> dict[str, tuple[Any, ...]]:
        """The notebook's digest and what git said, in the order of the runs."""
        return self._values("versions")

    @property
    def cells(self) -> tuple[dict[str, str], ...]:
        """Code cells that differ from the first run's, each with `run_id`, `cell`, `kind` and `diff`."""
        return tuple(self.document["cells"])

    def __repr__(self) -> str:
        names = ("parameters", "metrics", "versions")
        counts = [f"{sum(entry['differs'] for entry in self.document[name])} {name}" for name in names]
        ids = ", ".join(run.id for run in self.runs)
        return f"<Comparison of {ids}: {', '.join(counts)} and {len(self.cells)} cells differ>"

    def _repr_html_(self) -> str:
        from kfnb.drawing.comparison_html import comparison_html  # only needed where it is displayed

        metrics, series = self._charted["metrics"], self._charted["series"]
        return comparison_html(
            self.document, _curves(self.runs, metrics), _matrices(self.runs, metrics), _lines(self.runs, series)
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Return the widget that shows it where there is a page; what has no widget shows it as HTML."""
        if not widget.is_watched():
            return {}
        if self._widget is None or self._widget.comm is None:
            from kfnb.widget.comparison_widget import ComparisonWidget  # only needed where it is displayed

            self._widget = ComparisonWidget(self._charted)
        return self._widget.view()

    @cached_property
    def _charted(self) -> dict[str, Any]:
        return side_by_side(self.runs, self.document)

    def _values(self, kind: str) -> dict[str, tuple[Any, ...]]:
        return {entry["name"]: tuple(entry["values"]) for entry in self.document[kind]}


def side_by_side(runs: Sequence[Run], document: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return everything that is shown of runs side by side. `document`: of `comparison.compare`, if it is there."""
    return {
        "comparison": with_written(document_of(runs) if document is None else document),
        "metrics": [charted.metrics(run) for run in runs],
        "series": [charted.series(run) for run in runs],
    }


def _each(runs: Sequence[Run], found: Sequence[Named]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return what each run has, with the run's id and `task.name`."""
    for run, tasks in zip(runs, found, strict=True):
        for task, named in tasks.items():
            for name, one in named.items():
                yield run.id, f"{task}.{name}", one


def _lines(runs: Sequence[Run], series: Sequence[Named]) -> dict[str, list[Line]]:
    """Return how metrics went that were logged more than once."""
    from kfnb.drawing.series_svg import Line

    found: dict[str, list[Line]] = {}
    for run, name, one in _each(runs, series):
        if len(one["values"]) > 1:
            values = tuple(float(number_from_json(value)) for value in one["values"])
            found.setdefault(name, []).append(Line(run, one["steps"], values))
    return found


def _curves(runs: Sequence[Run], metrics: Sequence[Named]) -> dict[str, list[Curve]]:
    from kfnb.drawing.comparison_html import Curve

    found: dict[str, list[Curve]] = {}
    for run, name, one in _each(runs, metrics):
        if one["kind"] == "roc_curve":
            x, y = (tuple(map(float, one[key])) for key in ("fpr", "tpr"))
            if all(map(math.isfinite, (*x, *y))):
                found.setdefault(name, []).append(Curve(run, x, y))
    return found


def _matrices(runs: Sequence[Run], metrics: Sequence[Named]) -> dict[str, list[Matrix]]:
    from kfnb.drawing.comparison_html import Matrix

    found: dict[str, list[Matrix]] = {}
    for run, name, one in _each(runs, metrics):
        if one["kind"] == "confusion_matrix":
            found.setdefault(name, []).append(Matrix(run, one["labels"], one["rows"]))
    return found
