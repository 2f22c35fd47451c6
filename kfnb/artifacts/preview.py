"""What a value looks like, as safe JSON made when it is saved, so that nobody ever loads a value to look at it.

`save_values` calls this for every artifact. It never fails, runs little of other people's code, and stays small: long
texts and tables are cut. The artifact type follows the real type of the value.
"""

from __future__ import annotations

import base64
import io
import itertools
import math
import reprlib
import sys
import warnings
from typing import Any

import msgspec

LIMIT = 32 << 10
"""Most bytes of a preview as JSON."""
_ROWS, _COLUMNS, _TEXT, _PICTURE = 10, 40, 2000, 20 << 10

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 200
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = _repr.maxfrozenset = 20


def preview(value: object) -> tuple[str, dict[str, Any]]:
    """Return the artifact type of `value` (Dataset, Model, Metrics or Artifact) and what it looks like."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nobody asked for a picture: it must not say anything in the notebook
            kind, seen = _look(value)
    except Exception:  # a preview must never cost a result
        kind, seen = "Artifact", {}
    seen = {"class": _class_name(type(value)), **seen}
    return kind, _bounded(seen)


def _look(value: Any) -> tuple[str, dict[str, Any]]:
    for root, look in _LIBRARIES:
        if root in sys.modules and any(_root(base) == root for base in type(value).__mro__[:-1]):
            found: tuple[str, dict[str, Any]] | None = look(value)
            if found is not None:
                return found
    if _is_model(type(value)):
        return "Model", _described(value)
    if isinstance(value, dict) and value and all(type(k) is str and _is_number(v) for k, v in value.items()):
        return "Metrics", {
            "length": len(value),
            "values": {k: _json(v) for k, v in itertools.islice(value.items(), 100)},
        }
    return "Artifact", _plain(value)


def _plain(value: Any) -> dict[str, Any]:
    """Values of Python's own types in words; of others, whose code is not run, only their length."""
    kind = type(value)
    if kind in (bool, int, float, complex, type(None)):
        return {"text": repr(value)[:_TEXT]}
    if kind is str:
        return {"text": value[:_TEXT], "length": len(value)}
    if kind in (list, tuple, dict, set, frozenset, bytes, bytearray, range):
        seen: dict[str, Any] = {"length": len(value)}
        items = itertools.islice(value.values() if kind is dict else value, 100)
        if kind in (bytes, bytearray, range) or all(type(item) in _OWN for item in items):
            seen["text"] = _repr.repr(value)[:_TEXT]
        return seen
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return {"text": f"{value.__module__}.{value.__qualname__}"}
    return {}


_OWN = (bool, int, float, complex, type(None), str, bytes)


def _is_number(value: Any) -> bool:
    return type(value) in (bool, int, float) or (
        _root(type(value)) == "numpy" and type(value).__name__.startswith(("int", "uint", "float", "bool"))
    )


# ------------------------------------------------------------------------------------------------------- libraries


def _pandas(value: Any) -> tuple[str, dict[str, Any]] | None:
    pandas = sys.modules["pandas"]
    if isinstance(value, pandas.DataFrame):
        head = value.iloc[:_ROWS, :_COLUMNS]
        return "Dataset", {
            "shape": list(value.shape),
            "bytes": int(value.memory_usage(index=True).sum()),
            "schema": [[_word(c), str(d)] for c, d in itertools.islice(value.dtypes.items(), 200)],
            "index": [_word(i) for i in head.index],
            "head": [[_cell(head.iat[row, column]) for column in range(head.shape[1])] for row in range(head.shape[0])],
        }
    if isinstance(value, pandas.Series | pandas.Index):
        head = list(value[:_ROWS])
        seen = {
            "shape": [len(value)],
            "name": _word(value.name),
            "dtype": str(value.dtype),
            "head": [_cell(x) for x in head],
        }
        return "Dataset", seen
    return None


def _numpy(value: Any) -> tuple[str, dict[str, Any]] | None:
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ndarray):
        seen: dict[str, Any] = {"shape": list(value.shape), "dtype": str(value.dtype), "bytes": int(value.nbytes)}
        if not value.dtype.hasobject:
            corner = value[tuple(slice(0, _ROWS) for _ in value.shape)] if value.ndim <= 2 else value.ravel()[:_ROWS]
            seen["head"] = (
                [[_cell(x) for x in row] for row in corner] if corner.ndim == 2 else [_cell(x) for x in corner.ravel()]
            )
        return "Dataset", seen
    if isinstance(value, numpy.generic):
        return "Artifact", {"text": repr(value)[:_TEXT]}
    return None


def _sparse(value: Any) -> tuple[str, dict[str, Any]] | None:
    if not (hasattr(value, "nnz") and hasattr(value, "shape") and hasattr(value, "dtype")):
        return None
    return "Dataset", {"shape": [int(n) for n in value.shape], "dtype": str(value.dtype), "stored": int(value.nnz)}


def _matplotlib(value: Any) -> tuple[str, dict[str, Any]] | None:
    figures = sys.modules.get("matplotlib.figure")
    if figures is None or not isinstance(value, figures.Figure):
        return None
    width, height = (float(x) for x in value.get_size_inches())
    seen: dict[str, Any] = {"inches": [width, height], "axes": len(value.axes)}
    picture = _picture(value, width)
    if picture is not None:
        seen["picture"] = picture
    return "Artifact", seen


def _picture(figure: Any, width: float) -> str | None:
    """A small PNG as a data URI. Drawn from a copy: drawing changes a figure's layout, saving must not."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # matplotlib is loaded: there is a figure

    from kfnb.artifacts.serializers import matplotlib_figures

    copy = matplotlib_figures.copied(figure)
    for dpi in (240 / width, 120 / width):
        file = io.BytesIO()
        FigureCanvasAgg(copy).figure.savefig(file, format="png", dpi=dpi)
        if file.tell() <= _PICTURE:
            return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return None


def _torch(value: Any) -> tuple[str, dict[str, Any]] | None:
    torch = sys.modules["torch"]
    if isinstance(value, torch.Tensor):
        return "Dataset", {"shape": list(value.shape), "dtype": str(value.dtype), "device": str(value.device)}
    if isinstance(value, torch.nn.Module):
        parameters = sum(int(p.numel()) for p in value.parameters())
        return "Model", {"parameters": parameters}
    return None


_LIBRARIES = (
    ("pandas", _pandas),
    ("numpy", _numpy),
    ("scipy", _sparse),
    ("matplotlib", _matplotlib),
    ("torch", _torch),
)
_FRAMES = {"polars": ("DataFrame", "Series", "LazyFrame"), "pyarrow": ("Table", "RecordBatch")}
_MODELS = {
    "sklearn": "BaseEstimator",
    "xgboost": "Booster",
    "lightgbm": "Booster",
    "catboost": "CatBoost",
    "keras": "Model",
    "tensorflow": "Module",
}


def _is_model(kind: type) -> bool:
    return any(base.__name__ == _MODELS.get(_root(base)) for base in kind.__mro__)


def _described(value: Any) -> dict[str, Any]:
    """An estimator's settings, and whether it has been fitted; other models by their class alone."""
    settings = getattr(value, "get_params", None)
    if _root(type(value)) not in _MODELS or settings is None:
        return {}
    shown = {
        str(k): _json(v) if type(v) in _OWN else _class_name(type(v))
        for k, v in itertools.islice(settings(deep=False).items(), 60)
    }
    fitted = any(name.endswith("_") and not name.startswith("_") for name in vars(value))
    seen: dict[str, Any] = {"settings": shown, "fitted": fitted}
    for name in ("n_features_in_", "n_iter_", "classes_"):
        if name in vars(value):
            seen[name] = _repr.repr(vars(value)[name])
    return seen


# ------------------------------------------------------------------------------------------------------------ words


def _root(kind: type) -> str:
    return (
        (getattr(kind, "__module__", None) or "").partition(".")[0]
        if isinstance(getattr(kind, "__module__", None), str)
        else ""
    )


def _class_name(kind: type) -> str:
    module = kind.__module__ if isinstance(getattr(kind, "__module__", None), str) else ""
    return kind.__qualname__ if module in ("builtins", "__main__") else f"{module}.{kind.__qualname__}"


def _word(value: Any) -> str | None:
    return None if value is None else _cell_text(value)[:200]


def _cell_text(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return str(value)
    if kind in _OWN or kind is tuple or _root(kind) in ("builtins", "numpy", "pandas", "datetime", "decimal"):
        return _repr.repr(value) if kind in (tuple, list, dict, bytes, set) else str(value)
    return f"<{_class_name(kind)}>"


def _cell(value: Any) -> Any:
    """A table's cell: numbers and truth values as they are, everything else as short text."""
    if value is None or type(value) in (bool, int):
        return _json(value)
    item = value.item() if _root(type(value)) == "numpy" and hasattr(value, "item") else value
    if type(item) in (bool, int, float):
        return _json(item)
    return _cell_text(value)[:100]


def _json(value: Any) -> Any:
    """A scalar as JSON can hold it."""
    item = value.item() if _root(type(value)) == "numpy" else value
    if isinstance(item, float) and not math.isfinite(item):
        return str(item)
    if isinstance(item, int) and not isinstance(item, bool) and abs(item) >= 1 << 63:
        return str(item)[:200]
    return item if isinstance(item, bool | int | float | None) else str(item)[:200]


def _bounded(seen: dict[str, Any]) -> dict[str, Any]:
    """`seen` without its largest parts until it is small enough."""
    while True:
        try:
            sizes = {key: len(msgspec.json.encode(part)) for key, part in seen.items()}
        except (TypeError, ValueError, msgspec.MsgspecError):
            return {"class": seen["class"]}
        if sum(sizes.values()) <= LIMIT:
            return seen
        largest = max(sizes, key=lambda key: sizes[key])
        part = seen[largest]
        if isinstance(part, list) and len(part) > 1:
            seen = {**seen, largest: part[: len(part) // 2]}
        else:
            seen = {key: part for key, part in seen.items() if key != largest}
