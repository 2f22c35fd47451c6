"""Runs side by side in Python and in a notebook: `kfnb.compare`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kfnb.errors import WrongCall
from kfnb.history.comparison import compare as document_of
from kfnb.runtime import number_from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfnb.client import Run
    from kfnb.drawing.comparison_html import Curve, Matrix
    from kfnb.drawing.series_svg import Line
    from kfnb.spec import Artifact


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

        curves: dict[str, list[Curve]] = {}
        matrices: dict[str, list[Matrix]] = {}
        for run in self.runs:
            for name, artifact in _logged(run):
                curve, matrix = _curve(run.id, artifact), _matrix(run.id, artifact)
                if curve is not None:
                    curves.setdefault(name, []).append(curve)
                if matrix is not None:
                    matrices.setdefault(name, []).append(matrix)
        return comparison_html(self.document, curves, matrices, _lines(self.runs))

    def _values(self, kind: str) -> dict[str, tuple[Any, ...]]:
        return {entry["name"]: tuple(entry["values"]) for entry in self.document[kind]}


def _logged(run: Run) -> Iterator[tuple[str, Artifact]]:
    """Return curves and matrices of a run, each by `task.name`."""
    for task in run.tasks.values():
        if task.output is not None and task.state == "SUCCEEDED":
            for artifact in task.output.logged:
                if artifact.type == "ClassificationMetrics":
                    yield f"{task.name}.{artifact.name}", artifact


def _lines(runs: Sequence[Run]) -> dict[str, list[Line]]:
    """Return how metrics went that were logged more than once, run by run, by `task.name`."""
    from kfnb.drawing.series_svg import Line

    found: dict[str, list[Line]] = {}
    for run in runs:
        for task, named in run.series().items():
            for name, one in named.items():
                if len(one.values) > 1:
                    line = Line(run.id, one.steps, tuple(float(number_from_json(value)) for value in one.values))
                    found.setdefault(f"{task}.{name}", []).append(line)
    return found


def _curve(run_id: str, artifact: Artifact) -> Curve | None:
    from kfnb.drawing.comparison_html import Curve

    points = artifact.preview.get("confidenceMetrics")
    if points is None:
        return None
    x, y = (tuple(float(point[key]) for point in points) for key in ("falsePositiveRate", "recall"))
    return Curve(run_id, x, y) if all(map(math.isfinite, (*x, *y))) else None


def _matrix(run_id: str, artifact: Artifact) -> Matrix | None:
    from kfnb.drawing.comparison_html import Matrix

    found = artifact.preview.get("confusionMatrix")
    if found is None:
        return None
    labels = tuple(str(spec["displayName"]) for spec in found["annotationSpecs"])
    return Matrix(run_id, labels, tuple(tuple(row["row"]) for row in found["rows"]))
