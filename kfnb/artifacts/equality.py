"""Typed deep equality: whether two values are the same to a notebook, and where they first differ, in words.

The guard and `kfnb verify` compare with it. Types, dtypes and order count; NaN equals NaN; what only remembers a result
(cached properties, attributes with `cache` in their name) does not count. Other objects are compared by what pickling
would keep of them. Arrays, frames and figures are compared in `equality_tables.py`.
"""

from __future__ import annotations

import collections
import copyreg
import datetime
import decimal
import fractions
import functools
import math
import pathlib
import re
import types
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kfnb.artifacts import deep

if TYPE_CHECKING:
    from collections.abc import Callable

_BY_EQUALITY = (
    bool, int, str, bytes, bytearray, type(None), type(...), range, slice, decimal.Decimal, fractions.Fraction,
    uuid.UUID, pathlib.PurePath, re.Pattern, datetime.date, datetime.time, datetime.timedelta, datetime.timezone,
)  # fmt: skip
_SHORT = 80
_LONGEST = 400


def equal(a: object, b: object) -> bool:
    """Whether `a` and `b` are the same to a notebook: same types, dtypes, order and values; NaN equals NaN."""
    return difference(a, b) is None


def difference(a: object, b: object, name: str = "value") -> str | None:
    """Return where and how `a` and `b` first differ, in words (`df['a'].iloc[3]: 1 != 2`); None if they are equal.

    `name` is what the values are called in the answer.
    """
    found: str | None = deep.if_needed(lambda: Comparison().compare(a, b, Trail(name)))
    return found


class Trail:
    """The expression that leads to a part of a value; put together only when it is shown."""

    __slots__ = ("_before", "_step")

    def __init__(self, step: str, before: Trail | None = None) -> None:
        self._step, self._before = step, before

    def __add__(self, step: str) -> Trail:
        return Trail(step, self)

    def __str__(self) -> str:
        steps: list[str] = []
        trail: Trail | None = self
        while trail is not None:
            steps.append(trail._step)
            trail = trail._before
        text = "".join(reversed(steps))
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


class Comparison:
    """One comparison of two values; remembers what it has compared, for cycles and shared parts."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], tuple[Any, Any]] = {}

    def compare(self, a: Any, b: Any, path: Trail) -> str | None:
        """Return the first difference between `a` and `b`, None if there is none."""
        if a is b:
            return None
        if not same_type(type(a), type(b)):
            return f"{path}: {type_name(type(a))} != {type_name(type(b))}"
        if isinstance(a, float | complex) and type(a) in (float, complex):
            return None if same_number(a, b) else unequal(path, a, b)
        key = (id(a), id(b))
        if key in self._seen:
            return None
        self._seen[key] = (a, b)
        return self._by_kind(a, b, path)

    def _by_kind(self, a: Any, b: Any, path: Trail) -> str | None:
        kind = type(a)
        if kind in _BY_EQUALITY or (isinstance(a, _BY_EQUALITY) and kind.__module__ in _PLAIN_MODULES):
            return None if a == b else unequal(path, a, b)
        if kind in (list, tuple):
            return self.sequences(a, b, path)
        if kind is dict:
            return self.dicts(a, b, path)
        if kind in (set, frozenset):
            return self._sets(a, b, path)
        special = _special(kind)
        if special is not None:
            return special(self, a, b, path)
        return self._objects(a, b, path)

    def sequences(self, a: Any, b: Any, path: Trail) -> str | None:
        """Compare element by element."""
        if len(a) != len(b):
            return f"{path}: length {len(a)} != {len(b)}"
        # A loop, not a generator: closing generators within deep recursion takes time with the square of the depth.
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            found = self.compare(x, y, path + f"[{i}]")
            if found is not None:
                return found
        return None

    def dicts(self, a: dict[Any, Any], b: dict[Any, Any], path: Trail) -> str | None:
        """Compare key by key, in order."""
        if len(a) != len(b):
            only = [k for k in a if k not in b][:3] + [k for k in b if k not in a][:3]
            return f"{path}: {len(a)} keys != {len(b)} keys ({', '.join(short(k) for k in only)})"
        for (k, x), (m, y) in zip(list(a.items()), list(b.items()), strict=True):
            if self.compare(k, m, path) is not None:
                return f"{path}: key {short(k)} != key {short(m)}" + (" (same keys in another order)" if m in a else "")
            found = self.compare(x, y, path + f"[{short(k)}]")
            if found is not None:
                return found
        return None

    def _sets(self, a: Any, b: Any, path: Trail) -> str | None:
        if len(a) != len(b):
            return f"{path}: {len(a)} elements != {len(b)} elements"
        in_order = self.sequences(list(a), list(b), path)
        if in_order is None:
            return None
        lacking = [x for x in a if x not in b]
        if lacking:
            return f"{path}: {short(lacking[0])} is only in one of the two sets"
        return f"{path}: the sets have the same elements in another order"

    def attributes(self, a: Any, b: Any, path: Trail) -> str | None:
        """Compare the attributes of two objects, without what only remembers a result."""
        one, two = (_kept(type(x), getattr(x, "__dict__", {})) for x in (a, b))
        return self._named(one, two, path)

    def _named(self, one: dict[str, Any], two: dict[str, Any], path: Trail) -> str | None:
        if one.keys() != two.keys():
            extra = sorted(str(k) for k in one.keys() ^ two.keys())
            return f"{path}: only one of the two has the attribute {extra[0]!r}"
        for key in one:
            found = self.compare(one[key], two[key], path + f".{key}")
            if found is not None:
                return found
        return None

    def _objects(self, a: Any, b: Any, path: Trail) -> str | None:
        found = self.attributes(a, b, path) or self._named(_slots(a), _slots(b), path)
        if found is not None:
            return found
        if isinstance(a, dict):
            found = self.dicts(dict(a.items()), dict(b.items()), path)
        elif isinstance(a, list | tuple | collections.deque):
            found = self.sequences(list(a), list(b), path)
        elif isinstance(a, set | frozenset):
            found = self._sets(set(a), set(b), path)
        elif isinstance(a, float | complex):
            found = None if same_number(a, b) else unequal(path, a, b)
        elif isinstance(a, _BY_EQUALITY):
            found = None if a == b else unequal(path, a, b)
        return found or self._reduced(a, b, path)

    def _reduced(self, a: Any, b: Any, path: Trail) -> str | None:
        """Compare what the objects' own way of pickling says about them."""
        if _reduces_plainly(type(a)):
            return None
        try:
            one, two = (_reduce(x) for x in (a, b))
        except Exception:
            return None if a == b else f"{path}: two {type_name(type(a))} that cannot be looked into"
        if isinstance(one, str) or isinstance(two, str):
            return None if one == two else unequal(path, one, two)
        named = [dict(enumerate(x)) for x in (one, two)]
        for part in range(1, 5):
            x, y = (n.get(part) for n in named)
            if part == 2:
                x, y = (_kept(type(a), s) if isinstance(s, dict) else s for s in (x, y))
            found = self.compare(x, y, path)
            if found is not None:
                return found
        return None

    def functions(self, a: Any, b: Any, path: Trail) -> str | None:
        """Compare two functions: code, defaults, closure and attributes."""
        if not same_code(a.__code__, b.__code__):
            return f"{path}: two functions {a.__qualname__!r} with different code"
        parts = ("__qualname__", "__defaults__", "__kwdefaults__", "__dict__")
        one, two = ({part: getattr(x, part) for part in parts} for x in (a, b))
        found = self._named(one, two, path)
        for x, y, name in zip(a.__closure__ or (), b.__closure__ or (), a.__code__.co_freevars, strict=True):
            found = found or self._cells(x, y, path + f" ({name})")
        return found

    def _cells(self, a: Any, b: Any, path: Trail) -> str | None:
        contents: list[Any] = []
        for cell in (a, b):
            try:
                contents.append((cell.cell_contents,))
            except ValueError:
                contents.append(())
        return self.compare(contents[0], contents[1], path)


# ------------------------------------------------------------------------------------------------------------ parts


def same_type(a: type, b: type) -> bool:
    """Whether two classes are one to a notebook: the same, or a notebook's own class made twice from the same code."""
    return a is b or (a.__module__ == b.__module__ == "__main__" and a.__qualname__ == b.__qualname__)


def same_number(a: Any, b: Any) -> bool:
    """Whether two floats or complex numbers are the same, NaN being the same as NaN and 0.0 other than -0.0."""
    if isinstance(a, complex):
        return same_number(a.real, b.real) and same_number(a.imag, b.imag)
    return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))


def same_code(a: types.CodeType, b: types.CodeType) -> bool:
    """Whether two code objects do the same; where they stand in a file does not count."""
    if (a.co_code, a.co_names, a.co_varnames, a.co_freevars, a.co_flags) != (
        b.co_code, b.co_names, b.co_varnames, b.co_freevars, b.co_flags,
    ):  # fmt: skip
        return False
    if len(a.co_consts) != len(b.co_consts):
        return False
    for x, y in zip(a.co_consts, b.co_consts, strict=True):
        if isinstance(x, types.CodeType) and isinstance(y, types.CodeType):
            if not same_code(x, y):
                return False
        elif not equal(x, y):
            return False
    return True


def type_name(kind: type) -> str:
    """A class's name as a person writes it."""
    return (
        kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
    )


def short(value: Any) -> str:
    """`value` in a few characters."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type_name(type(value))}>"
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def unequal(path: Trail, a: Any, b: Any) -> str:
    """The words for two values that differ."""
    one, two = short(a), short(b)
    if one == two:
        return f"{path}: two {type_name(type(a))} that differ but look the same ({one})"
    return f"{path}: {one} != {two}"


_PLAIN_MODULES = ("builtins", "datetime", "decimal", "fractions", "uuid", "pathlib", "re", "pathlib._local")


def _kept(kind: type, attributes: Any) -> dict[str, Any]:
    """Attributes without cached results."""
    return {k: v for k, v in attributes.items() if not (isinstance(k, str) and _remembers(kind, k))}


def _remembers(kind: type, name: str) -> bool:
    if "cache" in name.lower():
        return True
    found = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    return found is not None and (
        isinstance(found, functools.cached_property) or "cache" in type(found).__name__.lower()
    )


def _slots(value: Any) -> dict[str, Any]:
    found = {}
    for kind in type(value).__mro__:
        names = vars(kind).get("__slots__", ())
        for name in [names] if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    return {k: v for k, v in found.items() if not _remembers(type(value), k)}


def _reduces_plainly(kind: type) -> bool:
    """Whether attributes and slots (and the elements of a container) are all there is to an object."""
    if kind in copyreg.dispatch_table:
        return False
    own = ("__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__")
    base = next(
        (
            base
            for base in (dict, list, tuple, set, frozenset, float, complex, int, str, bytes)
            if issubclass(kind, base)
        ),
        object,
    )
    plain = all(getattr(kind, name, None) in (getattr(base, name, None), getattr(object, name, None)) for name in own)
    return plain and not _is_builtin(kind)


def _is_builtin(kind: type) -> bool:
    """Whether a class is made in C, so that it may hold what no attribute shows."""
    return not kind.__flags__ & (1 << 9)  # Py_TPFLAGS_HEAPTYPE


def _reduce(value: Any) -> Any:
    reducer = copyreg.dispatch_table.get(type(value))
    found = reducer(value) if reducer is not None else value.__reduce_ex__(5)
    if isinstance(found, str):
        return found
    return tuple(list(part) if isinstance(part, Iterator) else part for part in found)


def _special(kind: type) -> Callable[[Comparison, Any, Any, Trail], str | None] | None:
    if kind is types.FunctionType:
        return Comparison.functions
    if kind is types.MethodType:
        return lambda c, a, b, p: (
            c.compare(a.__func__, b.__func__, p) or c.compare(a.__self__, b.__self__, p + ".__self__")
        )
    if kind is types.CodeType:
        return lambda _, a, b, p: None if same_code(a, b) else f"{p}: different code"
    if issubclass(kind, type):
        return lambda _, a, b, p: None if same_type(a, b) else f"{p}: {type_name(a)} != {type_name(b)}"
    if kind is types.ModuleType:
        return lambda _, a, b, p: None if a.__name__ == b.__name__ else unequal(p, a, b)
    roots = {
        (base.__module__ or "").partition(".")[0] for base in kind.__mro__[:-1] if isinstance(base.__module__, str)
    }
    if roots & {"numpy", "pandas", "matplotlib", "sklearn", "torch"}:
        from kfnb.artifacts import equality_tables  # the library is loaded: there is a value of it

        return equality_tables.comparer(kind)
    return None
