"""Functions and classes of the notebook in pickles, and what points at the notebook's `__main__`.

Used by the pickler. A function that the consumer will have in its own `__main__` is a reference to it. Any other is
saved as code, defaults and closure, and on loading bound to the globals of the consumer's `__main__`: it sees what
the consumer sees, as it would by hand, and a pickle never carries captured globals. Closure cells are objects of
their own, so functions that share one still do. A function's source text travels with it, for tracebacks and
`inspect.getsource`.
"""

from __future__ import annotations

import collections
import contextlib
import copyreg
import importlib
import linecache
import marshal
import sys
import threading
import weakref
from types import CellType, CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from cloudpickle import cloudpickle as internals

from kfnb import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.artifacts.pickler import ValuePickler

_SOURCE_UP_TO = 64 << 10
_consumer = threading.local()
_maker = ""
_made: collections.Counter[tuple[str, str]] = collections.Counter()


# ---------------------------------------------------------------------------------------------- called when loading


@contextlib.contextmanager
def loading_into(namespace: dict[str, Any]) -> Iterator[None]:
    """While inside, pickles that are loaded take `namespace` for the globals of `__main__`."""
    before = getattr(_consumer, "namespace", None)
    _consumer.namespace = namespace
    try:
        yield
    finally:
        _consumer.namespace = before


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """While inside, classes that are loaded are new ones: the living ones keep the state that they have."""
    before = internals._DYNAMIC_CLASS_TRACKER_BY_ID
    internals._DYNAMIC_CLASS_TRACKER_BY_ID = weakref.WeakValueDictionary()
    try:
        yield
    finally:
        internals._DYNAMIC_CLASS_TRACKER_BY_ID = before


def new_class(*arguments: Any) -> type:
    """Make a class without its content, as cloudpickle does, but without telling its bases of a new subclass.

    Their `__init_subclass__` ran when the class was defined; what it left behind is in the state that is loaded.
    """
    bases = arguments[2]
    silenced = [
        (base, vars(base)["__init_subclass__"])
        for base in {kind for given in bases for kind in getattr(given, "__mro__", ())}
        if "__init_subclass__" in vars(base) and base.__module__ == "__main__"
    ]
    for base, _ in silenced:
        del base.__init_subclass__
    try:
        if getattr(arguments[0], "__module__", None) == "__main__":
            return _new_class_of_own_metaclass(*arguments)
        made: type = internals._make_skeleton_class(*arguments)
    finally:
        for base, hook in silenced:
            base.__init_subclass__ = hook
    return made


def _new_class_of_own_metaclass(
    metaclass: type[type], name: str, bases: tuple[type, ...], body: dict[str, Any], tracker: Any, _: Any
) -> type:
    """As above, for a class whose metaclass is the notebook's: what that does to a new class is done already."""
    library: Any = next(
        kind for kind in type.mro(metaclass) if kind.__module__ != "__main__" and issubclass(kind, type)
    )
    made = library.__new__(metaclass, name, bases, dict(body))
    found: type = internals._lookup_class_or_track(tracker, made)
    return found


def main_globals() -> dict[str, Any]:
    """The globals of the consumer's `__main__`."""
    found = getattr(_consumer, "namespace", None)
    return found if found is not None else sys.modules["__main__"].__dict__


def main_attribute(path: str) -> Any:
    """What the dotted `path` names in the consumer's `__main__`."""
    first, *rest = path.split(".")
    try:
        found = main_globals()[first]
        for name in rest:
            found = _inner(found, name)
    except (KeyError, AttributeError):
        raise AttributeError(
            f"A saved value needs {path!r} from the notebook, which is not defined here. "
            "Run the cell that defines it first."
        ) from None
    return found


def new_function(code: CodeType, module: str | None, name: str, closure: tuple[CellType, ...] | None) -> FunctionType:
    """Make the function that `reduce_function` took apart, without its state."""
    return FunctionType(
        code, main_globals() if module is None else vars(importlib.import_module(module)), name, None, closure
    )


def fill_function(function: FunctionType, state: dict[str, Any]) -> None:
    """Give a new function its state."""
    function.__dict__.update(state.pop("__dict__"))
    for name, value in state.items():
        setattr(function, name, value)


def empty_cell() -> CellType:
    """Make a closure cell without contents."""
    return CellType()


def fill_cell(cell: CellType, contents: tuple[Any]) -> None:
    """Give a cell its contents."""
    cell.cell_contents = contents[0]


def load_code(data: bytes, filename: str, source: str | None) -> CodeType:
    """Make a code object, and let tracebacks find its source."""
    if source is not None and filename not in linecache.cache:
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    code: CodeType = marshal.loads(data)
    return code


# ----------------------------------------------------------------------------------------------- called when saving


def reduce_function(pickler: ValuePickler, function: FunctionType) -> Any:
    """Say how a function is pickled."""
    path = _path_in_main(pickler, function)
    if path is not None:
        return main_attribute, (path,)
    if internals._should_pickle_by_reference(function):
        return NotImplemented
    module = function.__globals__.get("__name__")
    if function.__globals__ is pickler.context.namespace or module == "__main__":
        module = None
    elif module not in sys.modules or vars(sys.modules[module]) is not function.__globals__:
        return pickler._dynamic_function_reduce(function)  # its globals are of its own: made by exec
    state = {
        "__dict__": dict(function.__dict__),
        "__qualname__": function.__qualname__,
        "__module__": function.__module__,
        "__doc__": function.__doc__,
        "__defaults__": function.__defaults__,
        "__kwdefaults__": function.__kwdefaults__ and dict(function.__kwdefaults__),
        "__annotations__": dict(function.__annotations__),
    }
    if getattr(function, "__type_params__", ()):
        state["__type_params__"] = function.__type_params__  # type: ignore[attr-defined]
    made_of = (pickler.code(function.__code__), module, function.__name__, function.__closure__)
    return new_function, made_of, state, None, None, fill_function


def reduce_class(pickler: ValuePickler, cls: type) -> Any:
    """Say how a class is pickled."""
    path = _path_in_main(pickler, cls)
    if path is not None:
        return main_attribute, (path,)
    if _maker and not internals._should_pickle_by_reference(cls):
        _track(cls)
    reduced = internals._class_reduce(cls)
    if isinstance(reduced, tuple) and reduced[0] is internals._make_skeleton_class:
        constructor, name, bases, members, *more = reduced[1]
        members = {**members, "__qualname__": cls.__qualname__}  # of a class made in a function it says so
        state, slots = reduced[2]
        state = {key: state[key] for key in vars(cls) if key in state}  # in their order: cloudpickle sorts them
        return (new_class, (constructor, name, bases, members, *more), (state, slots), *reduced[3:])
    return reduced


def made_by(maker: str) -> None:
    """Have classes that come into being in this process bear names that follow from `maker`, what it is and does.

    Pickles tell classes of one name apart by an id, which cloudpickle draws at random: the same work done again would
    not give the same bytes.
    """
    global _maker
    _maker = maker


def _track(cls: type) -> None:
    with internals._DYNAMIC_CLASS_TRACKER_LOCK:
        if cls not in internals._DYNAMIC_CLASS_TRACKER_BY_CLASS:
            name = (cls.__module__, cls.__qualname__)
            _made[name] += 1
            tracker = digest.of_json([_maker, *name, _made[name]])[:32]
            internals._DYNAMIC_CLASS_TRACKER_BY_CLASS[cls] = tracker
            internals._DYNAMIC_CLASS_TRACKER_BY_ID[tracker] = cls


def made_by_own_code(kind: Any) -> bool:
    """Whether a class of the notebook has code of its own (`__new__`, `__getattr__` …) that loading must not run."""
    if kind.__module__ != "__main__" or (kind.__new__ is object.__new__ and not _has_own_access(kind)):
        return False
    plainly = kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__
    given = hasattr(kind, "__getnewargs__") or hasattr(kind, "__getnewargs_ex__")
    return plainly and not given and all(b.__flags__ & _HEAP or b is object for b in kind.__mro__)


def reduce_instance(value: Any) -> Any:
    """Say how an instance is pickled whose class has such code: as others are, but made and filled without it."""
    if _has_own_access(type(value)):
        return object.__new__, (type(value),), _state_of(value), None, None, fill_instance
    made = value.__reduce_ex__(4)
    return (object.__new__, *made[1:]) if made[0] is copyreg.__newobj__ else made  # type: ignore[attr-defined]


def _has_own_access(kind: Any) -> bool:
    """Whether reading or storing an attribute runs code of the class, which may need what is not loaded yet."""
    own = hasattr(kind, "__getattr__") or kind.__getattribute__ is not object.__getattribute__
    own = own or kind.__setattr__ is not object.__setattr__
    plain = not hasattr(kind, "__setstate__") and getattr(kind, "__getstate__", None) is _OBJECT_STATE
    return own and plain


def _state_of(value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The attributes and the filled slots of an instance, read without its class's own code."""
    slots = {}
    for name in copyreg._slotnames(type(value)):  # type: ignore[attr-defined]
        with contextlib.suppress(AttributeError):
            slots[name] = object.__getattribute__(value, name)
    try:
        return dict(object.__getattribute__(value, "__dict__")), slots
    except AttributeError:
        return {}, slots


def fill_instance(instance: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give a new instance its attributes without its class's own code."""
    attributes, slots = state
    if attributes:
        object.__getattribute__(instance, "__dict__").update(attributes)
    for name, value in slots.items():
        object.__setattr__(instance, name, value)


_OBJECT_STATE = getattr(object, "__getstate__", None)  # Python 3.11 gave it to all objects
_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement


def _path_in_main(pickler: ValuePickler, thing: Any) -> str | None:
    """The dotted path by which the consumer's `__main__` will have a function or class; None if it will not."""
    context = pickler.context
    path = getattr(thing, "__qualname__", "")
    first, *rest = path.split(".")
    if not rest or first not in context.by_reference or "<" in path:
        return None  # whole names are in `context.references`
    found = context.namespace.get(first)
    try:
        for name in rest:
            found = _inner(found, name)
    except (KeyError, AttributeError):
        return None
    return path if found is thing else None


def _inner(owner: Any, name: str) -> Any:
    """What the class (or function) `owner` itself holds under `name`, without binding it."""
    found = vars(owner)[name]
    return getattr(found, "__func__", found)


class PortableCode:
    """A code object on its way into a pickle: the same bytes for the same code, wherever it was compiled."""

    def __init__(self, code: CodeType) -> None:
        self._code = code

    def __reduce__(self) -> Any:
        source = _source(self._code.co_filename)
        name = f"<kfnb {digest.of_bytes(source.encode())[:16]}>" if source is not None else "<kfnb>"
        # Version 2 has no references, which depend on who else holds a constant: the bytes depend on the code alone.
        return load_code, (marshal.dumps(_renamed(self._code, name), 2), name, source)


def _source(filename: str) -> str | None:
    entry = linecache.cache.get(filename)
    if entry is None or len(entry) != 4:
        return None
    text = "".join(entry[2])
    return text if len(text) <= _SOURCE_UP_TO else None


def _renamed(code: CodeType, filename: str) -> CodeType:
    consts = tuple(_renamed(c, filename) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_filename=filename, co_consts=consts)


def _reduce_code(code: CodeType) -> Any:
    return PortableCode(code).__reduce__()


def _reduce_cell(cell: CellType) -> Any:
    try:
        contents = (cell.cell_contents,)
    except ValueError:
        return empty_cell, ()
    # Made empty and filled later: a recursive function's cell holds the function that holds the cell.
    return empty_cell, (), contents, None, None, fill_cell


def _reduce_method(method: MethodType) -> Any:
    owner, function = method.__self__, method.__func__
    name = getattr(function, "__name__", "")
    if getattr(owner, name, None) == method:
        return getattr, (owner, name)
    return MethodType, (function, owner)


DISPATCH: dict[type, Any] = {
    CellType: _reduce_cell,
    CodeType: _reduce_code,
    MethodType: _reduce_method,
}
"""Reducers by exact type."""
