"""Which names reach common mutable objects, and how arrays lie in common memory.

`values.save_values` pickles each name by itself and asks here which drafts belong together: two names are joined if
their pickles met one object that can change, or arrays over the same memory of which one can be written to. Objects
that cannot change, or that every process has of its own (modules, library classes, singletons), join nothing.
"""

from __future__ import annotations

import ctypes
import datetime
import decimal
import enum
import fractions
import functools
import logging
import operator
import pathlib
import pickle
import random
import re
import sys
import types
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloudpickle import cloudpickle as internals

from kfnb.artifacts import constants
from kfnb.artifacts.functions import PortableCode
from kfnb.artifacts.serializers.registry import Place
from kfnb.errors import NotSaveable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kfnb.artifacts.pickler import Context, Draft

_FIXED: tuple[type, ...] = (
    int, float, complex, str, bytes, type(None), type(...), type(NotImplemented), tuple, frozenset, range, slice,
    enum.Enum, datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, pathlib.PurePath, decimal.Decimal,
    fractions.Fraction, uuid.UUID, re.Pattern, functools.partial, operator.itemgetter, operator.attrgetter,
    operator.methodcaller, types.ModuleType, types.BuiltinFunctionType, types.MethodType, types.CodeType, property,
    staticmethod, classmethod, PortableCode, pickle.PickleBuffer, logging.Logger, types.MethodDescriptorType,
    types.WrapperDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType, types.GenericAlias,
)  # fmt: skip
"""Types (and their subclasses) whose values are not changed in place; what they hold is looked at by itself."""

_FIXED_BY_NAME = {
    "numpy": ("generic", "dtype", "ufunc"),
    "pandas": ("Index", "Period", "Interval"),
    "pandas.api.extensions": ("ExtensionDtype",),
    "pandas.tseries.offsets": ("BaseOffset",),
    "pandas._libs.internals": ("Block", "BlockManager"),
    "pandas.core.internals.managers": ("BaseBlockManager",),
    "matplotlib.colors": ("Colormap",),
    "torch": ("dtype", "device", "Size"),
}
"""More of these, of libraries that may be loaded."""

_WHOLE_BY_NAME = {"numpy": ("dtype",), "matplotlib.colors": ("Colormap",)}
"""Those of them of which nothing inside changes either."""

_QUICK = frozenset({int, float, complex, str, bytes, type(None), tuple, frozenset})
_ACTIVE = 64
"""Arrays over one place from which overlap is taken for sharing, not computed pair by pair."""


@dataclass
class Group:
    """Names that belong in one pickle, and where their arrays lie in common memory."""

    names: list[str]
    layout: dict[tuple[Any, ...], Place] = field(default_factory=dict)


def groups(drafts: Mapping[str, Draft], context: Context) -> list[Group]:
    """Partition the names of `drafts` into groups, in the order of their first names."""
    joined = _Joined(drafts)
    mutable = _Mutable(drafts, context)
    _join_by_objects(drafts, joined, mutable)
    clusters = _clusters(drafts, joined, mutable)
    result: dict[str, Group] = {}
    for name in drafts:
        result.setdefault(joined.root(name), Group([])).names.append(name)
    for name, arrays in clusters:
        result[joined.root(name)].layout.update(_places(arrays))
    return list(result.values())


class _Joined:
    """Sets of names that are joined (a union-find)."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._parent = {name: name for name in names}

    def root(self, name: str) -> str:
        while self._parent[name] != name:
            self._parent[name] = self._parent[self._parent[name]]
            name = self._parent[name]
        return name

    def join(self, a: str, b: str) -> None:
        self._parent[self.root(b)] = self.root(a)


# ------------------------------------------------------------------------------------------------- common objects


def _join_by_objects(drafts: Mapping[str, Draft], joined: _Joined, mutable: _Mutable) -> None:
    first: dict[int, str] = {}
    for name, draft in drafts.items():
        for key, (_, value) in draft.memo.items():
            if type(value) in _QUICK:
                continue
            other = first.setdefault(key, name)
            if other is not name and joined.root(other) != joined.root(name) and mutable(value, other, name):
                joined.join(other, name)


class _Mutable:
    """Says whether an object that two names reach can change, so that each would see it through the other."""

    def __init__(self, drafts: Mapping[str, Draft], context: Context) -> None:
        self._drafts, self._context = drafts, context
        self._fixed = _FIXED + tuple(_loaded_types(_FIXED_BY_NAME))
        self._everywhere = _ids_everywhere()
        self._whole = tuple(_loaded_types(_WHOLE_BY_NAME))
        self._known: dict[int, bool] = {}
        self._constants_of: dict[str, frozenset[int]] = {}

    def __call__(self, value: Any, one: str, two: str) -> bool:
        if id(value) in self._everywhere or id(value) in self._context.references:
            return False
        held = [self._drafts[one], self._drafts[two]]
        if any(id(value) in draft.indexed for draft in held) or all(id(value) in draft.managed for draft in held):
            return False
        if id(value) not in self._known:
            self._known[id(value)] = self._can_change(value) and not (
                id(value) in self._constants(one) and id(value) in self._constants(two)
            )
        return self._known[id(value)]

    def _can_change(self, value: Any) -> bool:
        if isinstance(value, type):
            return _class_can_change(value)
        if isinstance(value, types.FunctionType):
            return not internals._should_pickle_by_reference(value)  # functions are compared by what they are
        if isinstance(value, self._fixed):
            return False
        flags = getattr(value, "flags", None)
        if flags is not None and getattr(flags, "writeable", True) is False:
            return False
        parameters = getattr(type(value), "__dataclass_params__", None)
        if parameters is not None and parameters.frozen:
            return False
        return not _is_a_global(value)

    def constant(self, one: _Lying) -> bool:
        """Whether an array belongs to a library."""
        return id(one.array) in self._constants(one.name)

    def _constants(self, name: str) -> frozenset[int]:
        """Objects of a draft that a library's classes, modules and settings hold, and all in them."""
        if name not in self._constants_of:
            memo = self._drafts[name].memo
            roots = [value for _, value in memo.values() if isinstance(value, self._whole)]
            kinds = {base for _, value in memo.values() for base in type(value).__mro__}
            roots += [memo[key][1] for key in constants.ids(kinds) if key in memo]
            self._constants_of[name] = constants.inside(roots)
        return self._constants_of[name]


def _class_can_change(cls: type) -> bool:
    if internals._should_pickle_by_reference(cls) or issubclass(cls, enum.Enum):
        return False
    return not (issubclass(cls, tuple) and hasattr(cls, "_fields"))


def _is_a_global(value: Any) -> bool:
    """Whether pickling refers to `value` by a module's name for it, as for singletons."""
    kind = type(value)
    if all(getattr(kind, name) is getattr(object, name) for name in ("__reduce__", "__reduce_ex__")):
        return False
    try:
        return isinstance(value.__reduce_ex__(5), str)
    except Exception:
        return False


def _loaded_types(table: Mapping[str, tuple[str, ...]]) -> list[type]:
    found = []
    for module, names in table.items():
        if module in sys.modules:
            found += [kind for name in names if isinstance(kind := getattr(sys.modules[module], name, None), type)]
    return found


def _ids_everywhere() -> set[int]:
    """Objects that exist once in every process and are saved as such."""
    found = {id(random._inst)}
    numpy = sys.modules.get("numpy.random.mtrand")
    return found | {id(numpy._rand), id(numpy._rand._bit_generator)} if numpy is not None else found


# -------------------------------------------------------------------------------------------------- common memory


@dataclass(eq=False)
class _Lying:
    """An array in memory."""

    low: int
    high: int
    array: Any
    name: str
    managed: bool
    apart: bool
    cluster: list[_Lying]


def _clusters(drafts: Mapping[str, Draft], joined: _Joined, mutable: _Mutable) -> list[tuple[str, list[_Lying]]]:
    """Arrays that lie in the same memory (joining the names that reach them), as (a name, the arrays)."""
    if not any(draft.arrays for draft in drafts.values()):
        return []
    lying = _lying(drafts)
    active: list[_Lying] = []
    for one in lying:
        active = [other for other in active if other.high > one.low]
        for other in active:
            if other.cluster is one.cluster and joined.root(other.name) == joined.root(one.name):
                continue
            if _shares(other, one, guess=len(active) > _ACTIVE) and not (
                mutable.constant(one) and mutable.constant(other)
            ):
                joined.join(other.name, one.name)
                _merge(other.cluster, one.cluster)
        active.append(one)
    seen: dict[int, list[_Lying]] = {id(one.cluster): one.cluster for one in lying}
    return [(cluster[0].name, cluster) for cluster in seen.values() if len({id(one.array) for one in cluster}) > 1]


def _merge(one: list[_Lying], two: list[_Lying]) -> None:
    if one is two:
        return
    one.extend(two)
    for member in two:
        member.cluster = one


def _lying(drafts: Mapping[str, Draft]) -> list[_Lying]:
    from kfnb.artifacts.serializers import numpy_arrays  # NumPy is loaded: there are arrays

    found = []
    for name, draft in drafts.items():
        for array in draft.arrays:
            if id(array) not in draft.indexed and array.size and array.dtype.kind != "T":
                low, high = numpy_arrays.bounds(array)
                one = _Lying(low, high, array, name, id(array) in draft.managed, id(array) in draft.apart, [])
                one.cluster.append(one)
                found.append(one)
    return sorted(found, key=lambda one: (one.low, -one.high))


def _shares(one: _Lying, two: _Lying, *, guess: bool) -> bool:
    """Whether a change of one array can be seen through the other."""
    if one.array is two.array:
        return False  # a common object, not just common memory
    free = [x for x in (one, two) if not x.managed]
    if not free or not (one.array.flags.writeable or two.array.flags.writeable):
        return False
    if any(x.apart for x in (one, two)) and not any(x.array.flags.writeable for x in free):
        return False  # a frame that shares its memory under copy-on-write copies before it writes
    if guess or (one.array.flags.forc and two.array.flags.forc):
        return True
    import numpy as np  # loaded already: there are arrays

    try:
        work: Any = 10_000  # NumPy's stubs know two values only
        return bool(np.shares_memory(one.array, two.array, max_work=work))
    except np.exceptions.TooHardError:
        return True


def _places(cluster: list[_Lying]) -> dict[tuple[Any, ...], Place]:
    """Where each array of a cluster lies in the memory of the one that owns it all (made up if no array does)."""
    from kfnb.artifacts.serializers import numpy_arrays

    low, high = min(one.low for one in cluster), max(one.high for one in cluster)
    owner = next((one.array for one in cluster if _owns(one, low, high)), None)
    if owner is None and any(one.array.dtype.hasobject for one in cluster):
        owner = cluster[0].array.base
        if type(owner) is not type(cluster[0].array) or not owner.flags.forc:
            raise NotSaveable("arrays of objects that lie in common memory which no array of their kind holds")
        low = numpy_arrays.bounds(owner)[0]
    elif owner is None:
        owner = _memory(low, high)
    places = {}
    for one in cluster:
        first = one.array.__array_interface__["data"][0]
        places[numpy_arrays.key(one.array)] = Place(owner, first - low)
    return places


def _owns(one: _Lying, low: int, high: int) -> bool:
    array = one.array
    whole = one.low == low and one.high == high and array.flags.forc and array.flags.writeable
    return bool(whole and array.flags.owndata and not one.managed)


def _memory(low: int, high: int) -> Any:
    """The bytes from `low` to `high` as an array. Overlapping arrays lie in one allocation: all is ours to read."""
    import numpy as np  # loaded already: there are arrays

    return np.frombuffer((ctypes.c_ubyte * (high - low)).from_address(low), np.uint8)
