"""Values of Python's own types that pickling refuses, or saves as something else: memory views, caches, files."""

from __future__ import annotations

import functools
import gc
import io
import weakref
from collections import OrderedDict
from typing import Any

from kfnb.errors import NotSaveable


def whole_view(memory: Any, form: str, shape: tuple[int, ...], readonly: bool) -> memoryview:
    """A memory view of all of `memory`."""
    view = memoryview(memory).cast("B")
    view = view.cast(form, shape) if form != "B" or len(shape) != 1 else view  # type: ignore[call-overload]
    return view.toreadonly() if readonly else view


def _reduce_memoryview(view: memoryview) -> Any:
    memory = view.obj
    if not isinstance(memory, (bytes, bytearray)) or view.nbytes != len(memory) or not view.c_contiguous:
        raise NotSaveable("a memoryview of part of a buffer cannot be saved; keep the buffer, or bytes(view)")
    return whole_view, (memory, view.format, view.shape, view.readonly)


def _refuse_file(file: Any) -> Any:
    raise NotSaveable(
        f"an open file ({getattr(file, 'name', 'unnamed')}) cannot be saved; open it in the step that uses it"
    )


def dict_view(owner: dict[Any, Any], name: str) -> Any:
    """The keys, values or items of a dict, as `name` says."""
    return getattr(owner, name)()


def _reduce_dict_view(view: Any) -> Any:
    """A view goes with its dict: what is put in there shows in it, as by hand."""
    owner = next(found for found in gc.get_referents(view) if isinstance(found, dict))
    return dict_view, (owner, type(view).__name__.rsplit("_", 1)[1])


def iterator_at(make: Any, owner: Any, place: int) -> Any:
    """An iterator over a list or a bytearray whose next element there is not, or no longer."""
    length = len(owner)
    owner.extend(bytes(place + 1 - length))  # else it would be set to the end, and give what is put there later
    made = make(owner)
    made.__setstate__(place)
    del owner[length:]
    return made


def _reduce_iterator(iterator: Any) -> Any:
    make, (owner,), *places = reduced = iterator.__reduce__()
    return (iterator_at, (make, owner, *places)) if places and places[0] >= len(owner) else reduced


_DICTS: tuple[dict[Any, Any], ...] = ({}, OrderedDict())
_DICT_VIEWS = [type(getattr(made, name)()) for made in _DICTS for name in ("keys", "values", "items")]

DISPATCH: dict[type, Any] = {
    memoryview: _reduce_memoryview,
    io.TextIOWrapper: _refuse_file,
    **dict.fromkeys(map(type, (iter([]), reversed([]), iter(bytearray()))), _reduce_iterator),
    **dict.fromkeys(_DICT_VIEWS, _reduce_dict_view),
}
"""Reducers by exact type, for the pickler's table."""


def cached_function(function: Any, maxsize: int | None, typed: bool, attributes: dict[str, Any]) -> Any:
    """A function with an empty `functools.lru_cache`."""
    wrapper = functools.lru_cache(maxsize, typed)(function)
    wrapper.__dict__.update(attributes)
    return wrapper


def _reduce_cached(pickler: Any, wrapper: Any) -> Any:
    if wrapper.__module__ != "__main__" and "<locals>" not in wrapper.__qualname__:
        return NotImplemented
    info = wrapper.cache_info()
    if info.hits or info.misses:
        raise NotSaveable(
            f"{wrapper.__qualname__} has a functools cache that is already in use ({info.currsize} entries), which "
            "cannot be taken out of it; define the function in a cell of its own, so that steps share its code"
        )
    how = wrapper.cache_parameters()
    return cached_function, (wrapper.__wrapped__, how["maxsize"], how["typed"], dict(wrapper.__dict__))


def cached_property(function: Any, name: str | None, doc: str | None) -> Any:
    """A `functools.cached_property`, which before Python 3.12 holds a lock and so has no way of pickling."""
    made: functools.cached_property[Any] = functools.cached_property(function)
    made.attrname, made.__doc__ = name, doc
    return made


def _reduce_cached_property(_pickler: Any, value: Any) -> Any:
    return cached_property, (value.func, value.attrname, value.__doc__)


def _reduce_weak_dict(_pickler: Any, value: Any) -> Any:
    return type(value), (dict(value.items()),)


REDUCERS: dict[type, Any] = {
    functools._lru_cache_wrapper: _reduce_cached,
    functools.cached_property: _reduce_cached_property,
    weakref.WeakKeyDictionary: _reduce_weak_dict,
    weakref.WeakValueDictionary: _reduce_weak_dict,
}
"""Reducers by class, for the registry."""
