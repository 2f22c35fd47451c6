"""What a notebook's own code may call while it runs: metrics, parameters, tables, figures, models, Markdown and HTML.

A cell calls these; the launcher installs a `Sink` that keeps what they are given. Without a sink (the notebook run by
hand) they only display. They display the same with a sink and without, so a pipeline's outputs equal the notebook's.
Values are checked before anything is shown, so a wrong call fails in the same way in both.
"""

from __future__ import annotations

import html
import io
import math
import numbers
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

__all__ = [
    "HTML",
    "Logged",
    "Markdown",
    "RunStatus",
    "Sink",
    "install",
    "json_number",
    "log_artifact",
    "log_confusion_matrix",
    "log_figure",
    "log_metric",
    "log_metrics",
    "log_model",
    "log_param",
    "log_roc_curve",
    "log_table",
    "number_from_json",
    "run_status",
    "scalar",
]

Scalar = bool | int | float


@dataclass(frozen=True)
class Logged:
    """One thing a cell logged: `value` (any object, when `has_value`), or `data`, or what `path` names."""

    name: str
    type: str
    value: Any = None
    has_value: bool = False
    data: bytes | None = None
    path: Path | None = None
    media_type: str | None = None
    preview: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunStatus:
    """How the run stands that this code is part of. `state` is None, and the status false, where there is no run.

    In an `on-exit` step `state` is what the run is about to end in, `tasks` the state of each task and `whys` the
    reasons of those that have one (what failed, and why).
    """

    state: str | None = None
    run_id: str | None = None
    tasks: Mapping[str, str] = field(default_factory=dict)
    whys: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.state is not None

    def __repr__(self) -> str:
        if self.state is None:
            return "RunStatus: not in a run (this notebook runs by hand)"
        return f"RunStatus: {self.state} (run {self.run_id})"


class Sink(Protocol):
    """Where a task's logged things go; the launcher has one."""

    def metric(self, name: str, value: Scalar, step: float | None) -> None:
        """Keep a metric, and the point of its series; the last value is what the metric is."""

    def param(self, name: str, value: Any) -> None:
        """Keep a parameter: a value that JSON can hold (numbers that JSON lacks written as `json_number` does)."""

    def artifact(self, logged: Logged) -> None:
        """Keep a table, figure, model, file or text."""

    def run_status(self) -> RunStatus:
        """Say how the run stands."""


_sink: Sink | None = None


def install(sink: Sink | None) -> Sink | None:
    """Send what is logged from now on to `sink` (None: only display it) and return the sink there was before."""
    global _sink
    before, _sink = _sink, sink
    return before


def run_status() -> RunStatus:
    """Return how the run stands that this code is part of; outside a run a status that is false and says so."""
    return _sink.run_status() if _sink is not None else RunStatus()


# ----------------------------------------------------------------------------------------------- metrics, parameters


def scalar(value: object) -> Scalar:
    """Return `value` as a plain bool, int or float, exactly; TypeError if it is not one number.

    NumPy scalars, arrays and tensors of one element, and numbers such as Decimal and Fraction are taken.
    """
    if type(value) in (bool, int, float):
        return value  # type: ignore[return-value]
    read = getattr(value, "item", None)
    if callable(read):
        try:
            item = read()
            if type(item) is type(value):  # a long double gives itself
                return float(item)  # type: ignore[arg-type]
            return scalar(item)
        except (TypeError, ValueError, RuntimeError):
            pass
    elif isinstance(value, numbers.Integral):
        return int(value)
    elif isinstance(value, numbers.Real) or type(value).__name__ == "Decimal":
        return float(value)  # type: ignore[arg-type]
    raise TypeError(
        f"A metric is one number (int, float or bool), not a {type(value).__name__}. "
        "Log tables with kfnb.log_table and other things with kfnb.log_artifact."
    )


def json_number(value: Scalar) -> Scalar | str:
    """Return `value` as JSON can hold it: NaN and infinities, which JSON lacks, as the words of protobuf's JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def number_from_json(value: Any) -> Any:
    """Undo `json_number`; anything else comes back as it is."""
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else value


def log_metric(name: str, value: object, step: object = None) -> None:
    """Record the number `value` as metric `name` of this step, and show it.

    Logged again and again, as in each epoch, the last value is the metric and all of them are its series, which pages
    and `kfnb metrics --series` show. `step`: where in the series the value stands, such as the number of the epoch or
    the batch; one further than the last where it is left out, from 0.
    """
    _log_metrics({name: value}, step)


def log_metrics(metrics: Mapping[str, object] | None = None, /, **more: object) -> None:
    """Record several metrics of this step at once, and show them: `log_metrics({"auc": 0.9}, f1=0.8)`."""
    _log_metrics({**(metrics or {}), **more}, None)


def _log_metrics(metrics: Mapping[str, object], step: object) -> None:
    values = {_name(name): scalar(value) for name, value in metrics.items()}
    at = None if step is None else float(scalar(step))
    if at is not None and not math.isfinite(at):
        raise TypeError(f"The step of a metric is a finite number, not {step!r}.")
    if _sink is not None:
        for name, value in values.items():
            _sink.metric(name, value, at)
    _show(_Pairs(values))


def log_param(name: str, value: object) -> None:
    """Record `value` (a number, text, or a list or dict of such) as parameter `name` of this step, and show it."""
    plain = _plain(value, name)
    if _sink is not None:
        _sink.param(_name(name), plain)
    _show(_Pairs({_name(name): value}))


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise TypeError(f"A name is a string that is not empty, not {name!r}.")
    return name


def _plain(value: object, name: str) -> Any:
    """`value` as JSON can hold it; TypeError naming the parameter where it cannot be."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, name) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, name) for item in value]
    if isinstance(value, Path):
        return str(value)
    try:
        return json_number(scalar(value))
    except TypeError:
        raise TypeError(
            f"Parameter {name!r} is a {type(value).__name__}; "
            "a parameter is text, a number, None, or a list or dict of such."
        ) from None


# ------------------------------------------------------------------------------------------ tables, figures, models


def log_table(table: object, name: str = "table") -> None:
    """Record a table (a frame, or a list of dicts with a key a column) as a Dataset called `name`, and show it."""
    is_frame = hasattr(table, "columns") and hasattr(table, "shape")
    rows = isinstance(table, Sequence) and not isinstance(table, (str, bytes))
    if not is_frame and not (rows and all(isinstance(row, Mapping) for row in table)):  # type: ignore[attr-defined]
        raise TypeError(f"A table is a data frame or a list of dicts, not a {type(table).__name__}.")
    _keep(Logged(_name(name), "Dataset", value=table, has_value=True))
    _show(table if is_frame else _Rows(list(table)))  # type: ignore[call-overload]


def log_figure(figure: object = None, name: str = "figure") -> None:
    """Record a matplotlib figure (default: the current one) as a picture called `name`, and show it.

    A figure that pyplot shows by itself at the end of the cell is not shown a second time.
    """
    if figure is None:
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not pyplot.get_fignums():
            raise ValueError("There is no current figure: draw one first, or pass it to kfnb.log_figure.")
        figure = pyplot.gcf()
    if not hasattr(figure, "savefig") and hasattr(figure, "figure"):
        figure = figure.figure  # axes, or a seaborn grid
    if not hasattr(figure, "savefig"):
        raise TypeError(f"A figure is a matplotlib Figure, not a {type(figure).__name__}.")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight")
    _keep(Logged(_name(name), "Artifact", data=picture.getvalue(), media_type="image/png"))
    if not _shown_by_pyplot(figure):
        _show(figure)


def _shown_by_pyplot(figure: object) -> bool:
    pyplot = sys.modules.get("matplotlib.pyplot")
    inline = "inline" in str(sys.modules["matplotlib"].get_backend()) if "matplotlib" in sys.modules else False
    return bool(inline and pyplot and getattr(figure, "number", None) in pyplot.get_fignums())


def log_model(model: object, name: str = "model") -> None:
    """Record `model` as a Model called `name`, and show it."""
    _keep(Logged(_name(name), "Model", value=model, has_value=True))
    _show(model)


def log_artifact(content: object, name: str | None = None) -> None:
    """Record a file or folder (a path that exists) or any other value as an artifact, and show its name."""
    path = Path(content) if isinstance(content, (str, Path)) else None
    if path is None:
        name = _name(name or type(content).__name__)
        _keep(Logged(name, "Artifact", value=content, has_value=True))
    else:
        if not path.exists():
            raise FileNotFoundError(f"There is no file or folder {str(path)!r} to log. (Log text with kfnb.Markdown.)")
        name = _name(name or path.name)
        _keep(Logged(name, "Artifact", path=path.absolute()))
    _show(_Line(f"artifact {name}: {path if path is not None else type(content).__name__}"))


def _keep(logged: Logged) -> None:
    if _sink is not None:
        _sink.artifact(logged)


# ------------------------------------------------------------------------------------------- classification metrics


def log_confusion_matrix(labels: Iterable[object], matrix: object, name: str = "confusion matrix") -> None:
    """Record a confusion matrix (rows: true classes, columns: predicted, in the order of `labels`), and show it."""
    names = [str(label) for label in labels]
    rows = [[scalar(cell) for cell in row] for row in matrix]  # type: ignore[attr-defined]
    if any(len(row) != len(names) for row in rows) or len(rows) != len(names):
        shape = f"{len(rows)} rows of {sorted({len(row) for row in rows})}"
        raise ValueError(
            f"A confusion matrix of {len(names)} labels has {len(names)} rows and columns; this one has {shape}."
        )
    content = {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": label} for label in names],
            "rows": [{"row": [json_number(cell) for cell in row]} for row in rows],
        }
    }
    _keep(_classification(name, content))
    _show(_Rows([{"": label, **dict(zip(names, row, strict=True))} for label, row in zip(names, rows, strict=True)]))


def log_roc_curve(
    fpr: Iterable[object], tpr: Iterable[object], thresholds: Iterable[object], name: str = "ROC curve"
) -> None:
    """Record a ROC curve (false and true positive rates and thresholds, equally long), and show its size and area."""
    x, y, at = ([scalar(value) for value in values] for values in (fpr, tpr, thresholds))
    if not len(x) == len(y) == len(at):
        raise ValueError(f"A ROC curve's lists are equally long; these have {len(x)}, {len(y)} and {len(at)} values.")
    points = [
        {"confidenceThreshold": json_number(t), "recall": json_number(r), "falsePositiveRate": json_number(f)}
        for f, r, t in zip(x, y, at, strict=True)
    ]
    _keep(_classification(name, {"confidenceMetrics": points}))
    area = abs(sum((x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2 for i in range(1, len(x))))
    _show(_Curve(_name(name), x, y, area))


def _classification(name: str, content: dict[str, Any]) -> Logged:
    """A ClassificationMetrics artifact; its JSON has the field names of KFP's artifact metadata."""
    data = msgspec.json.encode(content)
    return Logged(_name(name), "ClassificationMetrics", data=data, media_type="application/json", preview=content)


# --------------------------------------------------------------------------------------------------- shown as text


class _Text:
    """Text that is kept when it is made and shown where a cell shows it (as its last expression, or by `display`)."""

    _media_type = "text/plain"

    def __init__(self, text: str, name: str | None = None) -> None:
        kind = type(self).__name__
        if not isinstance(text, str):
            raise TypeError(f"{kind} takes text, not a {type(text).__name__}.")
        self.data = text
        self.name = _name(name or kind.lower())
        _keep(Logged(self.name, kind, data=text.encode(), media_type=self._media_type, preview={"text": text[:8192]}))

    def __repr__(self) -> str:
        return f"<kfnb.{type(self).__name__} {self.name!r}, {len(self.data)} characters>"


class Markdown(_Text):
    """Markdown text of this step, shown as Markdown in a notebook."""

    _media_type = "text/markdown"

    def _repr_markdown_(self) -> str:
        return self.data


class HTML(_Text):
    """HTML text of this step, shown as HTML in a notebook."""

    _media_type = "text/html"

    def _repr_html_(self) -> str:
        return self.data


# ---------------------------------------------------------------------------------------------------------- showing


def _show(thing: object) -> None:
    """Display `thing` in a kernel, print it elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display  # a plain script must not pay for importing IPython

        display(thing)
    else:
        print(thing)


class _Line:
    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class _Pairs:
    """Names and values, one a line."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {value!r}" for name, value in self.values.items())


class _Rows:
    """A small table from a list of dicts."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.columns = list(dict.fromkeys(key for row in rows for key in row))

    def _cells(self) -> list[list[str]]:
        return [[str(column) for column in self.columns]] + [
            [str(row.get(column, "")) for column in self.columns] for row in self.rows
        ]

    def __repr__(self) -> str:
        if not self.columns:
            return "(empty table)"
        cells = self._cells()
        widths = [max(len(line[i]) for line in cells) for i in range(len(self.columns))]
        return "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells)

    def _repr_html_(self) -> str:
        head, *body = ([html.escape(cell) for cell in line] for line in self._cells())
        lines = ["<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in body]
        return "<table><tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>" + "".join(lines) + "</table>"


class _Curve:
    """A ROC curve as words, and as a small drawing where HTML can be shown."""

    def __init__(self, name: str, x: list[Scalar], y: list[Scalar], area: float) -> None:
        self.name, self.x, self.y, self.area = name, x, y, area

    def __repr__(self) -> str:
        return f"{self.name}: {len(self.x)} points, area {self.area:.4f}"

    def _repr_html_(self) -> str:
        points = " ".join(f"{200 * a:.1f},{200 - 200 * b:.1f}" for a, b in zip(self.x, self.y, strict=True))
        return (
            f'<div>{html.escape(repr(self))}<br><svg width="204" height="204" viewBox="-2 -2 204 204">'
            '<path d="M0 0V200H200" fill="none" stroke="#888"/><path d="M0 200L200 0" stroke="#ccc"/>'
            f'<polyline points="{points}" fill="none" stroke="#1f77b4" stroke-width="2"/></svg></div>'
        )
