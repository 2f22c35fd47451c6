"""What a cell can log: the same is shown with a sink and without, and wrong calls say what is wrong."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from kfnb import runtime
from kfnb.runtime import Logged, RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

matplotlib.use("agg")


class Kept:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.metrics: dict[str, Any] = {}
        self.points: list[tuple[str, float | None, Any]] = []
        self.params: dict[str, Any] = {}
        self.logged: list[Logged] = []

    def metric(self, name: str, value: Any, step: float | None) -> None:
        self.metrics[name] = value
        self.points.append((name, step, value))

    def param(self, name: str, value: Any) -> None:
        self.params[name] = value

    def artifact(self, logged: Logged) -> None:
        self.logged.append(logged)

    def run_status(self) -> RunStatus:
        return RunStatus("RUNNING", "r1", {"train": "SUCCEEDED"})


@pytest.fixture
def sink() -> Iterator[Kept]:
    kept = Kept()
    before = runtime.install(kept)
    yield kept
    runtime.install(before)


def _figure() -> Figure:
    made = Figure()
    made.add_subplot().plot([1, 2])
    return made


CALLS: dict[str, Callable[[], Any]] = {
    "metric": lambda: runtime.log_metric("auc", np.float64(0.5)),
    "metrics": lambda: runtime.log_metrics({"a": 1}, b=True),
    "param": lambda: runtime.log_param("lr", {"x": [1, 2.5, None]}),
    "confusion": lambda: runtime.log_confusion_matrix(["no", "yes"], np.array([[1, 2], [3, 4]])),
    "roc": lambda: runtime.log_roc_curve([0, 0.5, 1], [0, 1, 1], [np.inf, 0.5, 0]),
    "rows": lambda: runtime.log_table([{"a": 1, "b": "x"}, {"a": 2}]),
    "frame": lambda: runtime.log_table(pd.DataFrame({"a": [1]})),
    "figure": lambda: runtime.log_figure(_figure(), "plot"),
    "model": lambda: runtime.log_model({"weights": [1]}),
    "file": lambda: runtime.log_artifact(Path(__file__)),
    "value": lambda: runtime.log_artifact({1, 2}, "some"),
}


@pytest.mark.parametrize("call", list(CALLS))
def test_the_same_is_shown_with_a_sink(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What a call shows does not depend on whether there is a run."""
    CALLS[call]()
    by_hand = capsys.readouterr().out
    kept = Kept()
    before = runtime.install(kept)
    try:
        CALLS[call]()
    finally:
        runtime.install(before)
    assert by_hand
    assert by_hand == capsys.readouterr().out
    assert kept.metrics or kept.params or kept.logged


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(3), 3),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (np.array([7]), 7),
        (np.longdouble(1.5), 1.5),
        (Fraction(1, 2), 0.5),
        (Decimal("0.25"), 0.25),
        (float("inf"), math.inf),
    ],
    ids=str,
)
def test_a_metric_is_one_plain_number(sink: Kept, value: Any, plain: Any) -> None:
    """Scalars of libraries become Python's own, exactly."""
    runtime.log_metric("m", value)
    assert {"m": plain} == sink.metrics
    assert type(plain) is type(sink.metrics["m"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.1, 3, True])
def test_numbers_survive_json(value: float) -> None:
    """NaN and the infinities go through JSON and come back."""
    back = runtime.number_from_json(runtime.json_number(value))
    assert back == value or (math.isnan(back) and math.isnan(value))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: runtime.log_metric("m", "high"), "one number"),
        (lambda: runtime.log_metric("m", [1, 2]), "one number"),
        (lambda: runtime.log_metric("m", np.array([1, 2])), "one number"),
        (lambda: runtime.log_metric("m", None), "one number"),
        (lambda: runtime.log_metric("", 1), "a string that is not empty"),
        (lambda: runtime.log_metric(3, 1), "a string that is not empty"),  # type: ignore[arg-type]
        (lambda: runtime.log_param("p", object()), "Parameter 'p' is a object"),
        (lambda: runtime.log_table([1, 2]), "a data frame or a list of dicts"),
        (lambda: runtime.log_figure(3), "a matplotlib Figure"),
        (lambda: runtime.log_confusion_matrix(["a"], [[1, 2]]), "confusion matrix of 1 labels"),
        (lambda: runtime.log_roc_curve([0, 1], [0, 1], [0]), "equally long"),
        (lambda: runtime.log_artifact("no/such/file"), "no file or folder"),
        (lambda: runtime.Markdown(3), "takes text"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_call_says_what_is_wrong(sink: Kept, call: Callable[[], Any], words: str) -> None:
    """A wrong call raises in words before anything is kept."""
    with pytest.raises((TypeError, ValueError, FileNotFoundError), match=words):
        call()
    assert ({}, {}, []) == (sink.metrics, sink.params, sink.logged)


def test_classification_metrics_have_kfp_s_shape(sink: Kept) -> None:
    """A confusion matrix and a ROC curve are kept with the field names of Kubeflow Pipelines."""
    CALLS["confusion"]()
    CALLS["roc"]()
    matrix, curve = (logged.preview for logged in sink.logged)
    assert {"row": [3, 4]} == matrix["confusionMatrix"]["rows"][1]
    assert {"confidenceThreshold": "Infinity", "recall": 0, "falsePositiveRate": 0} == curve["confidenceMetrics"][0]
    assert ["ClassificationMetrics"] * 2 == [logged.type for logged in sink.logged]


def test_text_is_kept_when_made_and_shown_by_the_notebook(sink: Kept) -> None:
    """Markdown and HTML are kept once and show themselves as such."""
    assert "# hi" == runtime.Markdown("# hi")._repr_markdown_()
    assert "<b>hi</b>" == runtime.HTML("<b>hi</b>", name="note")._repr_html_()
    assert [("markdown", "Markdown", b"# hi"), ("note", "HTML", b"<b>hi</b>")] == [
        (logged.name, logged.type, logged.data) for logged in sink.logged
    ]


def test_a_figure_is_kept_as_a_picture(sink: Kept) -> None:
    """The current figure is logged where none is given; axes stand for their figure."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    try:
        runtime.log_figure()
        runtime.log_figure(axes)
    finally:
        plt.close(figure)
    assert [b"\x89PNG", b"\x89PNG"] == [(logged.data or b"")[:4] for logged in sink.logged]
    with pytest.raises(ValueError, match="no current figure"):
        runtime.log_figure()


def test_outside_a_run_the_status_says_so() -> None:
    """Without a run the status is false and says that there is none."""
    assert not runtime.run_status()
    assert "not in a run" in repr(runtime.run_status())


def test_in_a_run_the_status_comes_from_it(sink: Kept) -> None:
    """In a run the status is what the run says."""
    assert ("RUNNING", True) == (runtime.run_status().state, bool(runtime.run_status()))
