"""Says in words why a value cannot be saved: the variable, its type, the part at fault, and the ways out.

Called only when pickling has failed; it looks for the innermost part that fails by itself.
"""

from __future__ import annotations

import io
import pickle
import time
from typing import TYPE_CHECKING, Any

from kfnb.artifacts.pickler import Context, ValuePickler
from kfnb.errors import NotSaveable

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 2.0
_WAYS_OUT = (
    "Ways out: make it in the step that uses it, put the steps that use it together, "
    "or register a serializer for its type (kfnb.register_serializer)."
)
_KINDS = {
    "generator": "a generator, which can only run where it was made",
    "coroutine": "a coroutine, which can only run where it was made",
    "async_generator": "an asynchronous generator, which can only run where it was made",
    "lock": "a lock of this process",
    "RLock": "a lock of this process",
    "_RLock": "a lock of this process",
    "socket": "an open network connection",
    "Connection": "an open connection",
    "Cursor": "a cursor of an open connection",
    "TextIOWrapper": "an open file",
    "BufferedReader": "an open file",
    "BufferedWriter": "an open file",
    "FileIO": "an open file",
    "ReferenceType": "a weak reference",
    "weakref": "a weak reference",
    "Thread": "a running thread",
    "Popen": "a child process",
    "module": "a module that cannot be imported by its name",
    "frame": "a stack frame",
}


def explain(name: str, context: Context, error: BaseException) -> str:
    """Return the message for the value of `name`, whose pickling raised `error`."""
    value = context.namespace[name]
    if isinstance(error, MemoryError):
        return f"{name} ({_type(value)}) cannot be saved: there is not enough memory to pickle it. {_WAYS_OUT}"
    if isinstance(error, RecursionError) or isinstance(error.__cause__, RecursionError):
        return f"{name} ({_type(value)}) cannot be saved: it is nested too deeply to be pickled. {_WAYS_OUT}"
    try:
        path, part, fault = _innermost(name, value, context, error)
    except Exception:
        path, part, fault = name, value, error
    why = _words(part, fault)
    where = "it" if path == name else path
    return f"{name} ({_type(value)}) cannot be saved: {where} is {why}. {_WAYS_OUT}"


def _words(part: Any, fault: BaseException) -> str:
    if isinstance(fault, NotSaveable):
        return f"a {_type(part)}: {fault}"
    kind = _KINDS.get(type(part).__name__)
    if kind is not None:
        return kind
    return f"a {_type(part)}, which cannot be pickled ({type(fault).__name__}: {str(fault)[:300]})"


def _type(value: Any) -> str:
    return type(value).__name__


def _innermost(path: str, value: Any, context: Context, fault: BaseException) -> tuple[str, Any, BaseException]:
    """Follow the first part that fails by itself as long as there is one."""
    end, seen = time.monotonic() + _SECONDS, {id(value)}
    found = True
    while found and time.monotonic() < end:
        found = False
        for inner_path, inner in _parts(path, value):
            if id(inner) in seen or time.monotonic() > end:
                continue
            seen.add(id(inner))
            inner_fault = _fault(inner, context)
            if inner_fault is not None and not (isinstance(fault, NotSaveable) and str(inner_fault) != str(fault)):
                path, value, fault, found = inner_path, inner, inner_fault, True
                break
    return path, value, fault


def _fault(value: Any, context: Context) -> BaseException | None:
    try:
        ValuePickler(io.BytesIO(), list[pickle.PickleBuffer](), context).dump(value)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return error
    return None


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a value, each with the expression that leads to it."""
    if isinstance(value, dict):
        yield from ((f"{path}[{_short(key)}]", item) for key, item in list(value.items()))
        yield from ((f"a key of {path}", key) for key in list(value))
    elif isinstance(value, list | tuple):
        yield from ((f"{path}[{i}]", item) for i, item in enumerate(value))
    elif isinstance(value, set | frozenset):
        yield from ((f"an element of {path}", item) for item in value)
    for name, item in list(getattr(value, "__dict__", {}).items()) if not isinstance(value, type) else ():
        yield f"{path}.{name}", item
    for kind in type(value).__mro__:
        for name in (
            [kind.__dict__["__slots__"]]
            if isinstance(kind.__dict__.get("__slots__"), str)
            else kind.__dict__.get("__slots__", ())
        ):
            if isinstance(name, str) and not name.startswith("__") and hasattr(value, name):
                yield f"{path}.{name}", getattr(value, name)
    for i, cell in enumerate(getattr(value, "__closure__", None) or ()):
        names = value.__code__.co_freevars
        try:
            yield f"{names[i]} (held by {path})", cell.cell_contents
        except ValueError:
            continue
    for name in ("__self__", "__func__", "__wrapped__", "func", "args", "keywords", "__defaults__"):
        if hasattr(value, name) and not isinstance(value, type):
            yield f"{path}.{name}", getattr(value, name)


def _short(key: Any) -> str:
    text = repr(key)
    return text if len(text) <= 40 else text[:37] + "…"
