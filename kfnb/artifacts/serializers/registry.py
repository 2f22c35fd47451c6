"""Which reducer pickles values of a type: the user's own serializers, then the family of the library it comes from.

It is asked for every object met, and answers are remembered by type. `register_serializer` is public in `kfnb`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from kfnb.errors import NotSaveable, WrongCall

if TYPE_CHECKING:
    from collections.abc import Callable

OUT_OF_BAND = 256 << 10
"""Bytes from which an array's memory is kept as a blob of its own rather than inside the pickle."""


class Place(NamedTuple):
    """Where an array lies: `offset` bytes into the memory of `owner`, pickled once and viewed by the others."""

    owner: Any
    offset: int


_FAMILIES = {
    "numpy": "numpy_arrays",
    "pandas": "pandas_frames",
    "matplotlib": "matplotlib_figures",
    "torch": "torch_tensors",
    "functools": "builtin",
    "_io": "builtin",
    "weakref": "builtin",
    "random": "random_sources",
}
"""The module here that knows a package's types, as `REDUCERS: dict[type, reducer]` (a type holds for subclasses)."""

Reducer = Any  # a function (pickler, value) → a reduced value

_found: dict[type, Reducer | None] = {}
_own: dict[type, tuple[str, Callable[[Any], Any]]] = {}
_loaders: dict[str, Callable[[Any], Any]] = {}


def register_serializer(
    kind: type, save: Callable[[Any], Any], load: Callable[[Any], Any], name: str | None = None
) -> None:
    """Keep values of class `kind` (and its subclasses) as `save(value)`, and load them with `load(what save gave)`.

    `save` may return anything that can be saved. `name` says in stored artifacts which serializer it was (default: the
    class's name); the step that loads a value must have registered the same name, so call this in a setup cell.
    WrongCall if `kind` is no class, or one that is always pickled as it is (int, str, list, dict …).
    """
    if not isinstance(kind, type) or kind in (int, float, complex, bool, str, bytes, list, tuple, dict, set, frozenset):
        raise WrongCall(f"A serializer is registered for a class of your own or of a library, not for {kind!r}.")
    name = name or f"{kind.__module__}.{kind.__qualname__}"
    _own[kind] = (name, save)
    _loaders[name] = load
    _found.clear()


def reducer_for(kind: type) -> Reducer | None:
    """The reducer for values of exactly the type `kind`; None if its own way of pickling does."""
    try:
        return _found[kind]
    except KeyError:
        reducer = _found[kind] = _look_for(kind)
        return reducer


def _look_for(kind: type) -> Reducer | None:
    for base in kind.__mro__:
        if base in _own:
            name, save = _own[base]
            return lambda _pickler, value: (load_with, (name, save(value)))
    for base in kind.__mro__[:-1]:
        family = _FAMILIES.get((getattr(base, "__module__", None) or "").partition(".")[0])
        if family is not None:
            reducers = importlib.import_module(f"{__package__}.{family}").REDUCERS
            if base in reducers:
                return reducers[base]
    return None


def load_with(name: str, data: Any) -> Any:
    """Load what the user's serializer `name` saved."""
    if name not in _loaders:
        raise NotSaveable(
            f"A value was saved by the serializer {name!r}, which is not registered here: "
            "call kfnb.register_serializer in a setup cell, so that every step has it."
        )
    return _loaders[name](data)
