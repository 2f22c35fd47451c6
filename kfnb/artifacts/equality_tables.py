"""Equality of arrays, frames and figures, for `equality.py`, which asks here about values of these libraries.

A library is taken from `sys.modules`: a value of it is there, so it has been imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kfnb.artifacts.equality import short, type_name, unequal

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.artifacts.equality import Comparison, Trail

    Compare = Callable[[Comparison, Any, Any, Trail], str | None]


def comparer(kind: type) -> Compare | None:
    """The comparison for values of class `kind`; None if they are compared like any other object."""
    compare: Compare
    for module, name, compare in _TABLE:
        library = sys.modules.get(module)
        found = getattr(library, name, None) if library is not None else None
        if isinstance(found, type) and issubclass(kind, found):
            return compare
    return None


def _arrays(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    if a.dtype != b.dtype:
        return f"{path}: dtype {a.dtype} != {b.dtype}"
    if a.shape != b.shape:
        return f"{path}: shape {a.shape} != {b.shape}"
    if hasattr(a, "mask"):
        return _masked(comparison, a, b, path)
    numpy = sys.modules["numpy"]
    one, two = (numpy.asarray(x) for x in (a, b))
    if one.dtype.hasobject or one.dtype.kind == "T":
        return _elements(comparison, one, two, path)
    where = _first_unequal(one, two)
    return None if where is None else unequal(path + f"[{', '.join(map(str, where))}]", one[where], two[where])


def _elements(comparison: Comparison, one: Any, two: Any, path: Trail) -> str | None:
    numpy = sys.modules["numpy"]
    for where in numpy.ndindex(one.shape):
        found = comparison.compare(one[where], two[where], path + f"[{', '.join(map(str, where))}]")
        if found is not None:
            return found
    return None


def _first_unequal(a: Any, b: Any) -> tuple[int, ...] | None:
    """Where two arrays of plain numbers first differ."""
    numpy = sys.modules["numpy"]
    if a.size == 0:
        return None
    if a.flags.forc and b.flags.forc and a.flags.c_contiguous == b.flags.c_contiguous:
        order = "C" if a.flags.c_contiguous else "F"
        x, y = (numpy.ndarray((v.nbytes,), numpy.uint8, v if order == "C" else v.T) for v in (a, b))
        if numpy.array_equal(x, y):
            return None
    differ = a != b
    if a.dtype.names is not None:
        differ = numpy.asarray(differ)
    elif a.dtype.kind in "fc":
        differ &= ~(numpy.isnan(a) & numpy.isnan(b))
        if a.dtype.kind == "f":
            differ |= (a == 0) & (numpy.signbit(a) != numpy.signbit(b)) & (b == 0)
    elif a.dtype.kind in "mM":
        differ &= ~(numpy.isnat(a) & numpy.isnat(b))
    found = numpy.argwhere(differ)
    return tuple(int(i) for i in found[0]) if len(found) else None


def _masked(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    numpy = sys.modules["numpy"]
    ma = numpy.ma
    one, two = (numpy.asarray(ma.getmaskarray(x)) for x in (a, b))
    found: str | None = _arrays(comparison, one, two, path + ".mask")
    if found is None:
        found = _arrays(comparison, numpy.where(one, 0, ma.getdata(a)), numpy.where(two, 0, ma.getdata(b)), path)
    if found is None and a.ndim >= 0 and hasattr(a, "fill_value"):
        found = comparison.compare(a.fill_value, b.fill_value, path + ".fill_value")
    return found


def _scalars(_: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    if a.dtype != b.dtype:
        return f"{path}: dtype {a.dtype} != {b.dtype}"
    numpy = sys.modules["numpy"]
    return (
        None
        if _first_unequal(numpy.asarray(a).reshape(1), numpy.asarray(b).reshape(1)) is None
        else unequal(path, a, b)
    )


def _frames(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    if a.shape != b.shape:
        return f"{path}: shape {a.shape} != {b.shape}"
    found = comparison.compare(a.columns, b.columns, path + ".columns") or comparison.compare(
        a.index, b.index, path + ".index"
    )
    for i in range(a.shape[1]):
        if found is not None:
            return found
        label = a.columns[i]
        found = _values(comparison, a.iloc[:, i], b.iloc[:, i], path + f"[{short(label)}]", ".iloc")
    return found or comparison.compare(a.attrs, b.attrs, path + ".attrs") or _own_attributes(comparison, a, b, path)


def _series(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    if len(a) != len(b):
        return f"{path}: length {len(a)} != {len(b)}"
    found = comparison.compare(a.name, b.name, path + ".name") or comparison.compare(a.index, b.index, path + ".index")
    found = found or _values(comparison, a, b, path, ".iloc")
    return found or comparison.compare(a.attrs, b.attrs, path + ".attrs") or _own_attributes(comparison, a, b, path)


def _own_attributes(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    """What a subclass says it carries along."""
    names = [name for name in getattr(a, "_metadata", ()) if name not in ("_name", "name")]
    found = (comparison.compare(getattr(a, n, None), getattr(b, n, None), path + f".{n}") for n in names)
    return next((one for one in found if one is not None), None)


def _indexes(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    if len(a) != len(b):
        return f"{path}: length {len(a)} != {len(b)}"
    found = comparison.compare(list(a.names), list(b.names), path + ".names")
    if found is not None:
        return found
    if hasattr(a, "levels"):
        for i in range(a.nlevels):
            found = _indexes(comparison, a.get_level_values(i), b.get_level_values(i), path + f".get_level_values({i})")
            if found is not None:
                return found
        return None
    if hasattr(a, "freq") and a.freq != b.freq:
        return f"{path}.freq: {a.freq} != {b.freq}"
    if hasattr(a, "step") and type_name(type(a)).endswith("RangeIndex"):
        one, two = (a.start, a.stop, a.step), (b.start, b.stop, b.step)
        return None if one == two else unequal(path, one, two)
    return _values(comparison, a, b, path, "")


def _values(comparison: Comparison, a: Any, b: Any, path: Trail, at: str) -> str | None:
    """Compare the values of two series or indexes of one length."""
    if str(a.dtype) != str(b.dtype) or a.dtype != b.dtype:
        return f"{path}: dtype {a.dtype} != {b.dtype}"
    one, two = a.array, b.array
    numpy = sys.modules["numpy"]
    plain: list[Any] = [getattr(x, "_ndarray", None) for x in (one, two)]
    if all(isinstance(x, numpy.ndarray) for x in plain) and not plain[0].dtype.hasobject:
        where = _first_unequal(*plain)
        return None if where is None else unequal(path + f"{at}[{where[0]}]", one[where[0]], two[where[0]])
    if hasattr(one, "codes") and hasattr(one, "categories"):
        found = comparison.compare(one.categories, two.categories, path + ".cat.categories")
        where = _first_unequal(one.codes, two.codes)
        return found or (None if where is None else unequal(path + f"{at}[{where[0]}]", one[where[0]], two[where[0]]))
    for i, (x, y) in enumerate(zip(one, two, strict=True)):
        found = comparison.compare(x, y, path + f"{at}[{i}]")
        if found is not None:
            return found
    return None


def _extension_arrays(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    pandas = sys.modules["pandas"]
    if len(a) != len(b):
        return f"{path}: length {len(a)} != {len(b)}"
    return _values(comparison, pandas.Series(a), pandas.Series(b), path, "")


def _by_equality(_: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    return None if a == b or (a != a and b != b) else unequal(path, a, b)


def _figures(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    """Figures are the same if they have the same size and their axes hold the same lines, texts and limits."""
    one, two = ([_drawn(axes) for axes in figure.axes] for figure in (a, b))
    return comparison.compare([*a.get_size_inches()], [*b.get_size_inches()], path + ".size") or comparison.compare(
        one, two, path + ".axes"
    )


def _axes(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    return comparison.compare(_drawn(a), _drawn(b), path)


def _drawn(axes: Any) -> dict[str, Any]:
    return {
        "title": axes.get_title(),
        "labels": (axes.get_xlabel(), axes.get_ylabel()),
        "limits": [float(x) for x in (*axes.get_xlim(), *axes.get_ylim())],
        "lines": [_points(line) for line in axes.lines],
        "patches": [patch.get_path().vertices for patch in axes.patches],
        "collections": [_offsets(part) for part in axes.collections],
        "images": [image.get_array() for image in axes.images],
        "texts": [text.get_text() for text in axes.texts],
    }


def _points(line: Any) -> Any:
    """A line's data; of one in space the data in space, for drawing computes the rest anew."""
    return line.get_data_3d() if hasattr(line, "get_data_3d") else line.get_xydata()


def _offsets(part: Any) -> Any:
    return getattr(part, "_offsets3d", None) or part.get_offsets()


def _tensors(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    for name in ("dtype", "shape", "device", "requires_grad"):
        if getattr(a, name) != getattr(b, name):
            return f"{path}: {name} {getattr(a, name)} != {getattr(b, name)}"
    if a.is_sparse or a.is_quantized:
        return None if a.equal(b) else f"{path}: two tensors that differ"
    one, two = (x.detach().cpu() for x in (a, b))
    if one.dtype in (sys.modules["torch"].bfloat16,):
        one, two = one.float(), two.float()
    return _arrays(comparison, one.numpy(), two.numpy(), path)


def _trees(comparison: Comparison, a: Any, b: Any, path: Trail) -> str | None:
    """Trees of neighbours are the same whatever has been looked up in them: they count that for statistics."""
    one, two = (state[:7] + state[11:] for state in (a.__getstate__(), b.__getstate__()))
    return comparison.compare(one, two, path)


_TABLE: tuple[tuple[str, str, Any], ...] = (
    ("numpy", "ndarray", _arrays),
    ("numpy", "generic", _scalars),
    ("numpy", "dtype", _by_equality),
    ("pandas", "DataFrame", _frames),
    ("pandas", "Series", _series),
    ("pandas", "Index", _indexes),
    ("pandas", "Timestamp", _by_equality),
    ("pandas", "Timedelta", _by_equality),
    ("pandas", "Period", _by_equality),
    ("pandas", "Interval", _by_equality),
    ("pandas.api.extensions", "ExtensionDtype", _by_equality),
    ("pandas.api.extensions", "ExtensionArray", _extension_arrays),
    ("matplotlib.figure", "Figure", _figures),
    ("matplotlib.axes", "Axes", _axes),
    ("torch", "Tensor", _tensors),
    *((f"sklearn.neighbors._{kind}_tree", f"BinaryTree{bits}", _trees) for kind in ("kd", "ball") for bits in (64, 32)),
)
