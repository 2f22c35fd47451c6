"""What charts draw of a run, as plain JSON: single numbers, curves and matrices, and how metrics went.

The server answers with it, and comparisons in notebooks are made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.client import Run


def metrics(run: Run) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the metrics of each task by name, those that it logged as curves and matrices too: fields of a `Metric`.

    `kind` is value, roc_curve or confusion_matrix. Numbers that JSON lacks are words.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {
        task: {name: {"kind": "value", "value": value} for name, value in values.items()}
        for task, values in run.to_dict()["metrics"].items()
    }
    for name, task in run.tasks.items():
        for key, handle in task.logged.items():
            metric = _drawn(handle.preview) if handle.type == "ClassificationMetrics" else None
            if metric is not None:
                found.setdefault(name, {})[key] = metric
    return {name: found[name] for name in run.tasks if name in found}


def series(run: Run) -> dict[str, dict[str, dict[str, Any]]]:
    """Return how the metrics of each task went, by name: fields of a `MetricSeries`."""
    return {
        task: {name: {"steps": one.steps, "values": one.values, "logged": one.logged} for name, one in named.items()}
        for task, named in run.series().items()
    }


def _drawn(preview: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a ROC curve or a confusion matrix in the form that charts draw; None for what is neither."""
    points, matrix = preview.get("confidenceMetrics"), preview.get("confusionMatrix")
    if points is not None:
        return {
            "kind": "roc_curve",
            "fpr": tuple(point["falsePositiveRate"] for point in points),
            "tpr": tuple(point["recall"] for point in points),
            "thresholds": tuple(point["confidenceThreshold"] for point in points),
        }
    if matrix is not None:
        return {
            "kind": "confusion_matrix",
            "labels": tuple(str(spec["displayName"]) for spec in matrix["annotationSpecs"]),
            "rows": tuple(tuple(row["row"]) for row in matrix["rows"]),
        }
    return None
