"""What a cell really does: it is run under a namespace that records, and what it left is compared deeply.

The tests of the analysis take their truth from here, never from what somebody believes that Python does.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import contextlib
import copy
import decimal
import dis
import functools
import inspect
import io
import os
import random
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MISSING = object()
_SIMPLE = (int, float, complex, str, bytes, bool, type(None), type(...), type(NotImplemented), range, slice)
_READING = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_GLOBALS"})
_OUTSIDE = "__main__"
_HIDDEN_OF_CLASSES = frozenset(
    {"__dict__", "__weakref__", "__module__", "__firstlineno__", "__static_attributes__", "__slotnames__", "_abc_impl"}
)
_CALLING = frozenset({"LOAD_ATTR", "LOAD_METHOD", "PUSH_NULL", "PRECALL", "LOAD_GLOBAL", "CALL", "CACHE"})


class Names(dict[str, Any]):
    """A module namespace that notes which names are read before they are bound, and which are bound."""

    def __init__(self) -> None:
        super().__init__(__name__=_OUTSIDE, __builtins__=__builtins__)
        self.recording = False
        self.reads: set[str] = set()
        self.binds: set[str] = set()
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.read(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if self.recording:
            self.binds.add(name)

    def __delitem__(self, name: str) -> None:
        self.read(name)
        super().__delitem__(name)
        if self.recording:
            self.binds.add(name)

    def read(self, name: str) -> None:
        """Note that `name` is read. A function that declares it global binds it unseen: then it is another object."""
        if self.recording and name not in self.binds:
            if self.plain(name) is not self._known.get(name, _MISSING):
                self.binds.add(name)
            elif name in self:
                self.reads.add(name)

    def plain(self, name: str) -> Any:
        """Return what `name` is bound to, unseen."""
        return dict.get(self, name, _MISSING)

    @contextlib.contextmanager
    def record(self) -> Iterator[None]:
        """Record what happens inside."""
        self._known = dict(self.items())
        self.recording = True
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)
            self.recording = False
            for name in {*self._known, *self}:
                if self.plain(name) is not self._known.get(name, _MISSING):
                    self.binds.add(name)

    def _trace(self, frame: types.FrameType, event: str, _: Any) -> Any:
        """Class bodies look names up in the globals without asking `__getitem__`: watch their instructions."""
        body = frame.f_globals is self and not frame.f_code.co_flags & inspect.CO_OPTIMIZED
        if not body or frame.f_locals is self:
            return None
        frame.f_trace_opcodes = True
        return self._instruction

    def _instruction(self, frame: types.FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            name = _names_read(frame.f_code).get(frame.f_lasti)
            if name is not None and name not in frame.f_locals and name in self:
                self.read(name)
        return self._instruction


@functools.cache
def _names_read(code: types.CodeType) -> dict[int, str]:
    return {i.offset: i.argval for i in dis.get_instructions(code) if i.opname in _READING}


def run_cell(source: str, names: dict[str, Any], *, may_raise: bool = False) -> str:
    """Run a cell as IPython does, a last expression shown by its `repr`; return what it printed."""
    tree = ast.parse(source)
    shown = None
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
        shown = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(Exception) if may_raise else contextlib.nullcontext():
        _run(tree, "exec", names)
        value = _run(shown, "eval", names) if shown is not None else None
        if value is not None:
            print(repr(value))
    return printed.getvalue()


def _run(tree: Any, mode: str, names: dict[str, Any]) -> Any:
    code = compile(tree, "<cell>", mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, names)
    return asyncio.run(result) if code.co_flags & inspect.CO_COROUTINE else result


# ------------------------------------------------------------------------------------------------ what an object is


@dataclass
class Picture:
    """Makes pictures of values: nested tuples that are equal where the values are equal, types included.

    `objects` are all objects met, so that names that reach common ones can be found.
    """

    identity: bool = True  # an object met twice is another thing than two equal ones
    objects: dict[int, Any] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)

    def see(self, value: Any) -> Any:
        """Return the picture of a value."""
        kind = type(value)
        if kind in _SIMPLE:
            return kind.__name__, repr(value)
        if kind in (tuple, frozenset):
            return kind.__name__, self._several(value)
        if id(value) in self._numbers:
            return "again", self._numbers[id(value)]
        self._numbers[id(value)] = len(self._numbers)
        self.objects[id(value)] = value
        self._kept.append(value)
        seen = self._special(value, kind)
        if not self.identity:
            self._numbers.popitem()
        return seen

    def _several(self, values: Any) -> Any:
        seen = [self.see(v) for v in values]
        return tuple(sorted(seen, key=repr)) if isinstance(values, (set, frozenset)) else tuple(seen)

    def _items(self, values: Any) -> Any:
        return tuple((self.see(k), self.see(v)) for k, v in values.items())

    def _special(self, value: Any, kind: type) -> Any:
        if value is os.environ:
            return ("environment",)
        if kind in (list, set):
            return kind.__name__, self._several(value)
        if kind is dict or kind is types.MappingProxyType:
            return kind.__name__, self._items(value)
        if isinstance(value, types.ModuleType):
            return "module", value.__name__
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, types.CellType):
            try:
                return "cell", self.see(value.cell_contents)
            except ValueError:
                return ("empty cell",)
        return self._other(value, kind)

    def _class(self, value: type) -> Any:
        if value.__module__ != _OUTSIDE:
            return "class", value.__module__, value.__qualname__
        held = [(k, self.see(v)) for k, v in list(vars(value).items()) if k not in _HIDDEN_OF_CLASSES]
        return "class", value.__name__, tuple(b.__name__ for b in value.__bases__), tuple(sorted(held))

    def _function(self, value: types.FunctionType) -> Any:
        if value.__module__ not in (_OUTSIDE, None):
            return "function", value.__module__, value.__qualname__
        parts: tuple[Any, ...] = (value.__defaults__, value.__kwdefaults__, value.__closure__, value.__dict__)
        if hasattr(value, "dispatch") and hasattr(value, "registry"):  # functools.singledispatch: not what it remembers
            parts = (dict(value.registry),)
        return "function", code_picture(value.__code__), tuple(self.see(p) for p in parts)

    def _other(self, value: Any, kind: type) -> Any:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in ("builtins.list_iterator", "builtins.tuple_iterator"):
            return name, self._several(copy.copy(value))
        if isinstance(value, types.GeneratorType):
            frame = value.gi_frame
            return name, frame and (frame.f_lasti, self._items(frame.f_locals))
        if isinstance(value, io.IOBase) and not isinstance(value, (io.BytesIO, io.StringIO)):
            return name, value.closed, None if value.closed else value.tell()
        if isinstance(value, types.MethodType):
            if getattr(sys.modules.get(value.__func__.__module__), value.__func__.__name__, None) == value:
                return "method", value.__func__.__qualname__  # `random.choice` and its like
            return name, self.see(value.__self__), self.see(value.__func__)
        if isinstance(value, (property, staticmethod, classmethod)):
            inner = (value.fget, value.fset, value.fdel) if isinstance(value, property) else (value.__func__,)
            return name, self._several(inner)
        if kind.__module__.startswith("numpy") and kind.__name__ == "ndarray":
            data = self.see(value.tolist()) if value.dtype == object else value.tobytes()
            if value.base is not None and type(value.base).__name__ == "ndarray":
                self.objects[id(value.base)] = value.base
                self._kept.append(value.base)
            return name, str(value.dtype), value.shape, data
        if kind.__name__ in ("DataFrame", "Series"):
            data = value.reset_index().to_dict("split") if kind.__name__ == "DataFrame" else value.to_dict()
            return name, self.see(data)
        return name, self._by_reduction(value)

    def _by_reduction(self, value: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                parts = value.__reduce_ex__(4)
            except Exception:
                return self.see(vars(value)) if hasattr(value, "__dict__") else repr(type(value))
        if isinstance(parts, str):
            return parts
        made = getattr(parts[0], "__qualname__", repr(parts[0]))
        items = [list(p) if isinstance(p, Iterator) else p for p in parts[1:5]]
        self._kept.append(items)
        return made, tuple(self._plain_class(p) if isinstance(p, tuple) else self.see(p) for p in items)

    def _plain_class(self, parts: tuple[Any, ...]) -> Any:
        """An instance is no other when its class changes: name classes only."""
        return tuple(p.__qualname__ if isinstance(p, type) else self.see(p) for p in parts)

    def mutable(self) -> set[int]:
        """Return the ids of those objects met that can change."""
        fixed = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, property)
        fixed += (staticmethod, classmethod, functools.partial, types.MappingProxyType)
        return {i for i, o in self.objects.items() if not isinstance(o, fixed) and not _frozen(o)}


def _frozen(value: Any) -> bool:
    import datetime
    import enum
    import pathlib
    import re

    fixed = (enum.Enum, datetime.date, datetime.timedelta, decimal.Decimal, pathlib.PurePath, re.Pattern)
    module = type(value).__module__
    parameters = getattr(type(value), "__dataclass_params__", None)
    return (
        isinstance(value, fixed)
        or (parameters is not None and parameters.frozen)
        or module in ("typing", "operator", "types", "builtins._slots")
        or (module.startswith("numpy") and not type(value).__name__.endswith(("ndarray", "Generator", "State")))
    )


def code_picture(code: types.CodeType) -> Any:
    """Return what a code object does, wherever it stands."""
    consts = tuple(code_picture(c) if isinstance(c, types.CodeType) else repr(c) for c in code.co_consts)
    # How an attribute is called depends on whether its module is imported in the same text: leave that out.
    done = tuple((i.opname, i.argrepr) for i in dis.get_instructions(code) if i.opname not in _CALLING)
    done = tuple((name, "" if " at 0x" in argument or "to " in argument else argument) for name, argument in done)
    return code.co_name, done, consts, code.co_names, code.co_varnames, code.co_freevars


def picture(value: Any) -> Any:
    """Return the picture of one value."""
    return Picture().see(value)


def user_names(names: dict[str, Any]) -> list[str]:
    """Return the names that cells bound."""
    features = type(__future__.annotations)
    return [
        n for n, v in dict.items(names) if not (n.startswith("__") and n.endswith("__")) and type(v) is not features
    ]


# ------------------------------------------------------------------------------------------------- what a cell did


def _numpy_state() -> Any:
    numpy = sys.modules.get("numpy")
    return picture(numpy.random.get_state()) if numpy is not None else None


def _options() -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    return [pandas.get_option(n) for n in ("display.max_rows", "display.precision", "display.max_columns")]


def _print_options() -> Any:
    numpy = sys.modules.get("numpy")
    return repr(numpy.get_printoptions()) if numpy is not None else None


PROBES: dict[str, Callable[[], Any]] = {
    "random": lambda: random.getstate(),
    "numpy.random": _numpy_state,
    "cwd": Path.cwd,
    "environ": lambda: dict(os.environ),
    "sys.path": lambda: list(sys.path),
    "pandas": _options,
    "numpy": _print_options,
    "decimal": lambda: repr(decimal.getcontext()),
    "warnings": lambda: repr(warnings.filters),
    "sys": lambda: (sys.getrecursionlimit(), sys.displayhook),
}
"""State of the session that a cell may change: name of its provider, or of its library."""


@dataclass(frozen=True)
class Truth:
    """What really happened when a cell ran."""

    reads: set[str]
    binds: set[str]
    changes: set[str]
    shares: set[frozenset[str]]
    alive: set[str]
    deleted: set[str]
    session: set[str]
    opened: set[tuple[str, str]]  # (path, "r" or "w")
    final: dict[str, Any]
    printed: str


_opened: list[tuple[str, str]] | None = None


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if _opened is None:
        return
    if event == "open" and isinstance(args[0], str):
        _opened.append((args[0], "w" if args[1] and any(c in args[1] for c in "wax+") else "r"))
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "os.rename") and args[-1] == -1:  # else relative to a folder
        _opened.extend((str(a), "w") for a in args if isinstance(a, (str, os.PathLike)))
    elif event in ("os.listdir", "os.scandir", "glob.glob") and args and isinstance(args[0], str):
        _opened.append((args[0], "r"))


sys.addaudithook(_audit)


def truth_of(before: str, cell: str, *, may_raise: bool = False) -> Truth:
    """Run `before`, then `cell`, and return what `cell` did."""
    global _opened
    names = Names()
    if before:
        run_cell(before, names)
    held = {name: names.plain(name) for name in user_names(names)}
    old = {name: picture(value) for name, value in held.items()}
    session = {name: probe() for name, probe in PROBES.items()}
    _opened = opened = []
    try:
        with names.record():
            printed = run_cell(cell, names, may_raise=may_raise)
    finally:
        _opened = None
    changed_session = {name for name, probe in PROBES.items() if probe() != session[name]}
    alive = set(user_names(names))
    final = {name: names.plain(name) for name in alive}
    same = {name for name in alive & held.keys() if final[name] is held[name]}
    changes = {name for name in same if picture(final[name]) != old[name]}
    return Truth(
        reads={n for n in names.reads if n in held},
        binds=(names.binds & alive) - changes,
        changes=changes,
        shares=_sharing(final),
        alive=alive,
        deleted=held.keys() - alive,
        session=changed_session,
        opened=_in_folder(opened),
        final=final,
        printed=printed,
    )


def _sharing(final: dict[str, Any]) -> set[frozenset[str]]:
    pictures = {name: Picture() for name in final}
    for name, seen in pictures.items():
        seen.see(final[name])
    reached = {name: seen.mutable() for name, seen in pictures.items()}
    return {frozenset((a, b)) for a in final for b in final if a < b and reached[a] & reached[b]}


def _in_folder(opened: list[tuple[str, str]]) -> set[tuple[str, str]]:
    here = os.path.realpath(".")
    found = set()
    for path, mode in opened:
        real = os.path.realpath(path)
        if real == here or real.startswith(here + os.sep):
            found.add((os.path.relpath(real, here), mode))
    return found


@contextlib.contextmanager
def fresh_session(folder: Any) -> Iterator[None]:
    """Run something in `folder` and leave the session as it was."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    state, environ, path, here = random.getstate(), dict(os.environ), list(sys.path), os.path.realpath(".")
    np_state = numpy.random.get_state() if numpy is not None else None
    options = numpy.get_printoptions() if numpy is not None else None
    limit, context = sys.getrecursionlimit(), decimal.getcontext().copy()
    os.chdir(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(here)
        random.setstate(state)
        os.environ.clear()
        os.environ.update(environ)
        sys.path[:] = path
        sys.setrecursionlimit(limit)
        decimal.setcontext(context)
        if numpy is not None and np_state is not None:
            numpy.random.set_state(np_state)
            numpy.set_printoptions(**options)
        if pandas is not None:
            for name in ("display.max_rows", "display.precision", "display.max_columns"):
                pandas.reset_option(name)
