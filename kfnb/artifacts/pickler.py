"""Pickling of a notebook's values: protocol 5, large buffers beside the pickle, nothing lost that a notebook can see.

`values.py` makes one pickler for each pickle. What it adds to cloudpickle:
- functions and classes of the notebook (`functions.py`): by reference to the consumer's `__main__` where it will have
  them, else by value, bound to the consumer's `__main__`; never with captured globals;
- arrays keep their memory layout, and arrays that lie in one piece of memory still do afterwards (`serializers/`);
- sets come back in the order they had (`sets.py`);
- what only seems to be saved is refused: open files, memory that is a file.
Not its job: which names belong together (`sharing.py`), where the bytes go (`store.py`).
"""

from __future__ import annotations

import copyreg
import io
import pickle
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

import cloudpickle

from kfnb.artifacts import deep, functions
from kfnb.artifacts.serializers import builtin, registry
from kfnb.errors import NotSaveable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kfnb.artifacts.serializers.registry import Place

Reduced = Any
"""What a reducer gives: a tuple as `object.__reduce_ex__` returns it, or NotImplemented."""


@dataclass(frozen=True)
class Context:
    """Whose names are saved: `by_reference` are those that every consumer will have in its own `__main__`."""

    namespace: Mapping[str, Any]
    by_reference: frozenset[str] = frozenset()

    @cached_property
    def references(self) -> dict[int, str]:
        """The name of every object that is saved by reference, by the object's id."""
        ours = {id(self.namespace[n]): n for n in sorted(self.by_reference) if n in self.namespace}
        return {key: name for key, name in ours.items() if not isinstance(self.namespace[name], _PLAIN)}


_PLAIN = (int, float, complex, str, bytes, tuple, type(None))


@dataclass
class Draft:
    """A pickle in memory: `data`, its out-of-band `buffers`, and what was met (kept alive, so ids stay true)."""

    names: tuple[str, ...]
    data: io.BytesIO
    buffers: list[pickle.PickleBuffer]
    memo: dict[int, tuple[int, Any]]
    arrays: list[Any] = field(default_factory=list)
    managed: dict[int, Any] = field(default_factory=dict)
    apart: dict[int, Any] = field(default_factory=dict)
    indexed: dict[int, Any] = field(default_factory=dict)

    def raw(self) -> list[memoryview]:
        """The out-of-band buffers as flat bytes."""
        return [buffer.raw() for buffer in self.buffers]


class ValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
    """One pickle of one dict of names. `layout` says which arrays are views of another's memory."""

    dispatch_table: ClassVar[dict[type, Callable[[Any], Reduced]]] = {}

    def __init__(
        self,
        file: io.BytesIO,
        buffers: list[pickle.PickleBuffer],
        context: Context,
        layout: Mapping[tuple[Any, ...], Place] | None = None,
    ) -> None:
        # A plain dict: cloudpickle's own is a chain of dicts, looked up in Python for every object.
        # It must be there when the C pickler is initialised.
        self.dispatch_table = {  # type: ignore[misc]
            **copyreg.dispatch_table,
            **cloudpickle.Pickler._dispatch_table,
            **functions.DISPATCH,
            **builtin.DISPATCH,
        }
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self.context = context
        self.layout = layout or {}
        self.arrays: list[Any] = []
        self.managed: dict[int, Any] = {}  # arrays that pandas copies before it writes to them while they are shared
        self.apart: dict[int, Any] = {}  # those of them that are shared now
        self.indexed: dict[int, Any] = {}  # arrays that nobody writes to
        self.claimed: set[int] = set()  # owners of memory (of the layout) that a frame already lies in
        self._codes: dict[int, tuple[Any, Any]] = {}
        self._references = context.references

    def reducer_override(self, obj: Any) -> Reduced:
        """Say how `obj` is pickled. Python calls this for everything but the built-in containers, numbers and text."""
        name = self._references.get(id(obj))
        if name is not None:
            return functions.main_attribute, (name,)
        kind = type(obj)
        if kind is FunctionType:
            return functions.reduce_function(self, obj)
        if issubclass(kind, type):
            return functions.reduce_class(self, obj)
        reducer = registry.reducer_for(kind)
        reduced = reducer(self, obj) if reducer is not None else NotImplemented
        if reduced is not NotImplemented:
            return reduced
        return functions.reduce_instance(obj) if functions.made_by_own_code(kind) else NotImplemented

    def code(self, code: Any) -> Reduced:
        """`code` as it is pickled, the same object for functions that share it."""
        if id(code) not in self._codes:
            self._codes[id(code)] = (code, functions.PortableCode(code))
        return self._codes[id(code)][1]


def draft(
    context: Context,
    names: Sequence[str],
    layout: Mapping[tuple[Any, ...], Place] | None = None,
    ordered: Mapping[int, Any] | None = None,
) -> Draft:
    """Pickle `{name: value}` for `names`, in memory. Raises what pickling raised; deep structures get a deep stack."""
    values = {name: context.namespace[name] for name in names}
    if all(type(value) in SIMPLE for value in values.values()):
        return Draft(tuple(names), io.BytesIO(pickle.dumps(values, 5)), [], {})
    try:
        made = _draft(context, values, layout, ordered)
    except (RecursionError, pickle.PicklingError) as error:
        if not isinstance(error, RecursionError) and not isinstance(error.__cause__, RecursionError):
            raise
        made = deep.call(_draft, context, values, layout, ordered)
    return made


SIMPLE = frozenset({int, float, complex, bool, str, bytes, type(None)})
"""Types whose values are pickled as they are, share nothing and cannot change."""


def _draft(context: Context, values: dict[str, Any], layout: Any, ordered: Any) -> Draft:
    from kfnb.artifacts import sets  # it makes a subclass of the pickler above

    file, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
    kind = sets.OrderedPickler if ordered else ValuePickler
    pickler = kind(file, buffers, context, layout)
    if ordered:
        pickler.ordered = ordered
    pickler.dump(values)
    memo = pickler.memo.copy()
    memo.pop(id(values), None)
    if id(context.namespace) in memo:
        raise NotSaveable("it holds globals(), all the names of the notebook; pass the values that are needed instead")
    return Draft(tuple(values), file, buffers, memo, pickler.arrays, pickler.managed, pickler.apart, pickler.indexed)
