"""Walks calls: what a call reads, changes, draws, writes and gives back. The rules stand in `tables/` and in the
notebook's own functions.

Used by `statements.py`, whose walker builds on this one.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kfnb.dataflow import paths
from kfnb.dataflow.expressions import IMMUTABLE_KINDS, ExpressionWalker
from kfnb.dataflow.tables import changers, copies, files, iterators, lookers, random, setters, types
from kfnb.dataflow.values import UNKNOWN, Token, Value, merge

if TYPE_CHECKING:
    from kfnb.dataflow.summaries import ClassInfo, Summary

_RETAINS_NOTHING = frozenset(
    [
        "fit",
        "partial_fit",
        "fit_transform",
        "fit_predict",
        "step",
        "backward",
        "zero_grad",
        "write",
        "writelines",
        "random",
        "normal",
        "integers",
        "choice",
        "shuffle",
        "permutation",
        "uniform",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "discard",
        "sort",
        "reverse",
        "clear",
        "seek",
        "read",
        "readline",
        "readlines",
        "close",
        "seed",
    ]
)
"""Changers that do not keep what they are given (an estimator may; the launcher looks at that when values are
saved)."""

_KEEPS_ARGUMENTS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "setdefault",
        "appendleft",
        "extendleft",
        "put",
        "register",
        "subscribe",
    ]
)
_METHOD_ARGUMENT_CHANGERS = {"shuffle": (0,), "readinto": (0,)}
_CONSTRUCTING = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__class_getitem__"}
)
_CHANGES_BY_STORING = frozenset(
    {"__setitem__", "__delitem__", "__setattr__", "__delattr__", "__setstate__", "__iadd__", "__isub__"}
)
_LOOKS_FOR_DEFINITIONS = (
    "doctest.",
    "unittest.",
    "pickle.loads",
    "dill.loads",
    "pickle.load",
    "pickle.Unpickler",
    "joblib.load",
    "dill.load",
    "cloudpickle.load",
    "torch.load",
    "pandas.read_pickle",
    "numpy.load",
    "shelve.",
)
_FUNCTION_MAKERS = frozenset(
    {"functools.partial", "functools.wraps", "functools.lru_cache", "functools.cache", "numpy.vectorize"}
)
_TRANSPARENT = frozenset(
    {"enumerate", "reversed", "zip", "iter", "sorted", "list", "tuple", "set", "tqdm.tqdm", "tqdm.auto.tqdm"}
)
_OF_LIBRARIES = frozenset({"frame", "text", "number", "list", "dict", "defaultdict", "rng", "file"})
_HERE = frozenset({"os.getcwd", "pathlib.Path.cwd"})
_SAME_PATH = frozenset(
    {"str", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser"}
)
_PATH_TYPES = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"})
_SAME_PATH_METHODS = frozenset(
    {"resolve", "absolute", "expanduser", "as_posix", "with_suffix", "with_name", "joinpath"}
)
_LOGS = tuple(f"logging.getLogger.{n}" for n in ("debug", "info", "warn", "error", "critical", "exception", "log"))
_LOGGING_SETTERS = frozenset(
    ["setLevel", "addHandler", "removeHandler", "setFormatter", "addFilter", "removeFilter", "propagate", "handlers"]
)
_ENVIRONMENT = "os.environ"
_SEARCH_PATH = "sys.path"


@dataclass(frozen=True)
class Arguments:
    """The walked arguments of a call."""

    positional: tuple[Value, ...]
    named: dict[str, Value]
    spread: tuple[Value, ...]  # *args and **kwargs
    node: ast.Call

    @property
    def all(self) -> tuple[Value, ...]:
        """Return every argument's value."""
        return (*self.positional, *self.named.values(), *self.spread)

    def given(self, name: str) -> bool:
        """Say whether keyword `name` is given with something that is not None."""
        for keyword in self.node.keywords:
            if keyword.arg == name:
                return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
        return False

    def literal(self, place: int, name: str) -> object:
        """Return the constant given at `place` or as `name`, or Ellipsis where there is none or it is not one."""
        node: ast.expr | None = self.node.args[place] if place < len(self.node.args) else None
        for keyword in self.node.keywords:
            if keyword.arg == name:
                node = keyword.value
        return node.value if isinstance(node, ast.Constant) else ...


def _prefixed(dotted: str, prefixes: tuple[str, ...] | dict[str, str]) -> str | None:
    for prefix in prefixes:
        if dotted.startswith(prefix):
            return prefix
    return None


class CallWalker(ExpressionWalker):
    """Evaluates calls. `discarded` calls are those whose result is thrown away."""

    discarded: ast.expr | None = None

    def eval_Call(self, node: ast.Call) -> Value:
        discarded = self.discarded is node
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop") and node.args:
            found = self.named_lookup(node.func.value, node.args[0], node)
            if found is not None:
                for argument in node.args[1:]:
                    self.eval(argument)
                if node.func.attr == "pop":
                    self.delete(str(node.args[0].value), node)  # type: ignore[attr-defined]
                return found
        if isinstance(node.func, ast.Name) and node.func.id == "__kfnb_mark__":
            return self.mark(node)
        if isinstance(node.func, ast.Attribute):
            receiver = self.eval(node.func.value)
            if receiver.dotted is None:
                arguments = self._arguments(node)
                return self._method(receiver, node.func.attr, arguments, discarded)
            callee = self.attribute(receiver, node.func.attr, node.func)
        else:
            callee = self.eval(node.func)
        special = self._special(callee, node)
        if special is not None:
            return special
        arguments = self._arguments(node)
        return self.call(callee, arguments, discarded)

    def mark(self, node: ast.Call) -> Value:
        """Walk what a magic or a shell line stands for; `statements.py` knows the marks of the cell."""
        raise NotImplementedError

    def _arguments(self, node: ast.Call) -> Arguments:
        positional: list[Value] = []
        spread: list[Value] = []
        named: dict[str, Value] = {}
        for argument in node.args:
            value = self.eval(argument)
            if isinstance(argument, ast.Starred) and value.kind == "iterator":
                self.use_up(value, argument)
            (spread if isinstance(argument, ast.Starred) else positional).append(value)
        for keyword in node.keywords:
            value = self.eval(keyword.value)
            if keyword.arg is None:
                spread.append(value)
            else:
                named[keyword.arg] = value
        arguments = Arguments(
            tuple(map(self._with_what_it_returns, positional)),
            {name: self._with_what_it_returns(value) for name, value in named.items()},
            tuple(map(self._with_what_it_returns, spread)),
            node,
        )
        for value in arguments.all:
            self._passed_on(value, arguments)
        return arguments

    def _with_what_it_returns(self, value: Value) -> Value:
        """A function given to a call may be called there, and what it gives back be a part of the result."""
        names = {name for summary in value.functions for name in summary.returned_globals}
        returned = merge([self._global_value(name) for name in sorted(names)])
        return replace(value, tokens=value.tokens | returned.tokens) if names else value

    def _passed_on(self, value: Value, arguments: Arguments) -> None:
        """A function given to a call may be called there, with what else is given."""
        node = arguments.node
        for summary in value.functions:
            with self.perhaps():
                self._apply_effects(summary, node)
            if summary.stateful:
                self.change(value, node)
            if summary.changed_parameters - {"self", "cls"}:
                for other in arguments.all:
                    if other is not value:
                        self.change(other, node)
        if value.dotted in self.book.stateful:
            self.effect("module-state", value.dotted.split(".")[0], node)

    # ------------------------------------------------------------------------------------------------ any callee

    def call(self, callee: Value, arguments: Arguments, discarded: bool) -> Value:
        """Return the result of calling `callee`."""
        node = arguments.node
        results: list[Value] = []
        for info in callee.classes:
            results.append(self._construct(info, arguments, callee))
        for summary in callee.functions:
            results.append(self.apply(summary, arguments, None, callee))
        if callee.dotted is not None:
            results.append(self._library(callee.dotted, arguments, discarded))
        for info in callee.instances:
            for method in self.book.method_summaries(info, "__call__"):
                results.append(self.apply(method, arguments, callee, callee))
        if callee.kind == "partial":  # what it was made with is given too
            results = [replace(r, tokens=r.tokens | callee.tokens) for r in results]
            if any(summary.changed_parameters for summary in callee.functions):
                self.change(callee, node)
        if results:
            return merge(results, results[0].kind) if len(results) > 1 else results[0]
        self.inherited_call(callee, node)
        self.change(callee, node)
        self._call_unknown(arguments, discarded)
        self._keywords(arguments)
        return Value(merge([callee, *arguments.all]).tokens)

    def _call_unknown(self, arguments: Arguments, discarded: bool) -> None:
        """A value that is called may be any function of the notebook that was handed about before."""
        changes = discarded
        for summary in self.book.escaping:
            if summary.changes or summary.binds or summary.effects:
                with self.perhaps():
                    self._apply_effects(summary, arguments.node)
            changes = changes or bool(summary.changed_parameters - {"self", "cls"})
        if changes:
            for value in arguments.all:
                self.change(value, arguments.node)

    def inherited_call(self, value: Value, node: ast.AST) -> None:
        """What a notebook class has from a library's class may call any method of the notebook class."""
        known = {
            relative.name: relative
            for info in value.instances
            for relative in self.book.family(info)
            if relative.node is not None
            and any(not isinstance(b, ast.Name) or b.id not in self.book.classes for b in relative.node.bases)
        }
        for relative in known.values():
            for name, method in relative.methods.items():
                if name not in _CONSTRUCTING:
                    with self.perhaps():
                        self._apply_effects(method, node)
                    if "self" in method.changed_parameters:
                        self.change(value, node)

    def _construct(self, info: ClassInfo, arguments: Arguments, callee: Value) -> Value:
        """Make an instance of a notebook class."""
        fresh = Value(tokens=frozenset([Token()]), instances=(info,))
        for relative in self.book.family(info):
            for name in ("__init__", "__new__", "__post_init__"):
                if name in relative.methods and (relative is info or relative.name in info.bases or info.bases):
                    self.apply(relative.methods[name], arguments, fresh, Value(direct=frozenset([info.name])))
        self.share(fresh, *arguments.all)
        return Value(fresh.tokens | merge(arguments.all).tokens | callee.tokens, instances=(info,))

    def apply(self, summary: Summary, arguments: Arguments, receiver: Value | None, callee: Value) -> Value:
        """Do what a notebook function does; return what it gives back."""
        node = arguments.node
        given = self._match(summary, arguments, receiver)
        self._apply_effects(summary, node)
        for name in sorted(summary.changed_parameters):
            for value in given.get(name, ()):
                self.change(value, node)
        if summary.changed_parameters:
            self.share(*(v for name in summary.changed_parameters for v in given.get(name, ())), *arguments.all)
        if summary.changes and arguments.all:
            self.share(*(self._global_value(name) for name in summary.changes), *arguments.all)
        if summary.stateful or (summary.changed_parameters & summary.defaults - given.keys()):
            self.change(callee, node)
        shared = [v for name in summary.returned_parameters for v in given.get(name, ())]
        shared += [self._global_value(name) for name in summary.returned_globals]
        tokens = set(merge(shared).tokens)
        if summary.returned_functions or summary.generator:
            tokens |= {Token()} | merge(arguments.all).tokens
        if receiver is not None and summary.returned_parameters & {"self", "cls"}:
            tokens |= receiver.tokens
        held = summary.returned_parameters & summary.defaults - given.keys()
        held = {name for name in held if summary.default_names.get(name) not in self.book.setup}
        if summary.returned_closure or held:
            tokens |= callee.tokens  # what it holds itself goes out, so it cannot be repeated elsewhere
            self.record.demoted |= callee.direct & self.book.setup
        return Value(
            frozenset(tokens),
            kind=self._kind_returned(summary),
            functions=tuple(summary.returned_functions),
            instances=tuple(summary.returned_instances),
        )

    @staticmethod
    def _kind_returned(summary: Summary) -> str | None:
        if summary.generator:
            return "iterator"
        if any(f.stateful for f in summary.returned_functions):
            return "stateful"
        kinds = summary.returned_kinds
        if kinds and kinds <= {"number", "text", "fresh"}:
            return next(iter(kinds)) if len(kinds) == 1 else "fresh"
        return None

    def _global_value(self, name: str) -> Value:
        if self.scope is not None:
            if name in self.book.setup:
                return UNKNOWN
            return Value(frozenset([self.scope.globals.setdefault(name, Token("global:" + name))]))
        binding = self.flow.get(name)
        return binding.value if binding is not None else UNKNOWN

    def _match(self, summary: Summary, arguments: Arguments, receiver: Value | None) -> dict[str, list[Value]]:
        """Return which values each parameter may get."""
        given: dict[str, list[Value]] = {}
        names = list(summary.parameters[: summary.positional])
        positional = list(arguments.positional)
        if receiver is not None and summary.method and names:
            given[names.pop(0)] = [receiver]
        for name, value in zip(names, positional, strict=False):
            given.setdefault(name, []).append(value)
        if summary.varargs and len(positional) > len(names):
            given[summary.varargs] = positional[len(names) :]
        for name, value in arguments.named.items():
            place = name if name in summary.parameters else summary.keywords
            if place:
                given.setdefault(place, []).append(value)
        for value in arguments.spread:
            for parameter in (*summary.parameters, summary.varargs, summary.keywords):
                if parameter and parameter != "self":
                    given.setdefault(parameter, []).append(value)
        return given

    def _apply_effects(self, summary: Summary, node: ast.AST) -> None:
        for name in sorted(summary.reads):
            if self.scope is not None or not self._is_here(name):
                self.load_global(name, node, certain=False)
        for name in sorted(summary.changes):
            self.change(self._named(name, node), node)
        for name in sorted(summary.binds):
            if self.scope is not None:
                self.record.binds.setdefault(name, False)
            else:
                self.bind(name, UNKNOWN, node, surely=False)
                self.record.demoted |= {name} & self.book.setup
        for name in sorted(summary.deletes):
            self.delete(name, node)
        place = self.at(node)
        for effect in summary.effects:
            if self.scope is None and effect.kind == "looks-around":
                self._look_around(effect.detail, node)
            if self.scope is None and effect.kind == "unknown-text":
                self._unknown_text(effect.detail, node)
            self.record.effects.append(
                (replace(effect, certain=effect.certain and self.certain, line=place.line), place)
            )

    def _named(self, name: str, node: ast.AST) -> Value:
        if name in self.book.setup:
            return Value(direct=frozenset([name]))
        if self.scope is not None:
            return self._load_from_function(name, node)
        return self.load_global(name, node, certain=False)

    # ------------------------------------------------------------------------------------------------ methods

    def use_instance(self, value: Value, node: ast.AST) -> None:
        for info in value.instances:
            for relative in self.book.family(info):
                for name, method in relative.methods.items():
                    acts = method.changes or method.changed_parameters or method.binds or method.effects
                    if not name.startswith(("__", "_repr_")) or name in _CONSTRUCTING or not acts:
                        continue
                    with self.perhaps():
                        self._apply_effects(method, node)
                    if "self" in method.changed_parameters and name not in _CHANGES_BY_STORING:
                        self.change(value, node)

    def make_default(self, value: Value, node: ast.AST) -> None:
        self.change(value, node)
        for summary in value.functions:
            with self.perhaps():
                self._apply_effects(summary, node)

    def run_property(self, base: Value, name: str, node: ast.AST) -> None:
        if base.instances:
            found = [relative for info in base.instances for relative in self.book.family(info)]
            methods = [m for r in found if name in r.properties for m in (r.methods[name], *r.overwritten(name))]
            methods += [m for r in found for n, m in r.methods.items() if n in ("__getattr__", "__getattribute__")]
        elif base.kind is None and base.tokens:
            methods = self.book.properties.get(name, [])
        else:
            return
        for method in dict.fromkeys(methods):
            with self.perhaps():
                self._apply_effects(method, node)
            if "self" in method.changed_parameters:
                self.change(base, node)

    def _method(self, receiver: Value, name: str, arguments: Arguments, discarded: bool) -> Value:
        node = arguments.node
        own = self._own_methods(receiver, name)
        results = [self.apply(method, arguments, receiver, receiver) for method in own]
        if receiver.instances and own:
            return merge(results)
        if receiver.instances:
            self.run_property(receiver, name, node)
            self.inherited_call(receiver, node)
        if name in self.book.stored and receiver.kind not in _OF_LIBRARIES:  # `self.callback = f`, then `x.callback(1)`
            self._call_unknown(arguments, discarded)
        self._method_changes(receiver, name, arguments, discarded, bool(own))
        self._method_draws(receiver, name, arguments)
        if name in ("query", "eval"):
            self._names_in_text(arguments)
        if name.startswith("__") and receiver.functions:  # `f.__wrapped__(x)`: what a decorator kept
            for summary in receiver.functions:
                self.apply(summary, arguments, None, receiver)
        self._method_paths(receiver, name, arguments)
        self._keywords(arguments)
        if name in ("system", "getoutput", "run_line_magic", "run_cell_magic"):
            self.effect("outside", name, node)
        return merge(
            [self._method_result(receiver, name, arguments), *results],
            self._method_result(receiver, name, arguments).kind,
        )

    def _names_in_text(self, arguments: Arguments) -> None:
        """`df.query("a > @limit")` reads `limit`."""
        for argument in arguments.node.args[:1]:
            text = argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""
            for name in re.findall(r"@([A-Za-z_]\w*)", text):
                self.load(name, argument)

    def _own_methods(self, receiver: Value, name: str) -> list[Summary]:
        if receiver.instances or receiver.classes:
            found = [
                m for info in (*receiver.instances, *receiver.classes) for m in self.book.method_summaries(info, name)
            ]
            return list(dict.fromkeys(found))
        if receiver.kind in _OF_LIBRARIES:
            return []
        return self.book.methods.get(name, [])

    def _method_changes(self, receiver: Value, name: str, arguments: Arguments, discarded: bool, own: bool) -> None:
        node = arguments.node
        if receiver.kind in IMMUTABLE_KINDS:
            return
        if receiver.kind == "iterator":
            self.use_up(receiver, node)
            return
        changes = self._changes_receiver(receiver, name, arguments, discarded and not own)
        if changes:
            self.change(receiver, node)
            if name not in _RETAINS_NOTHING and (name in _KEEPS_ARGUMENTS or discarded):
                self.share(receiver, *arguments.all)
        for place in _METHOD_ARGUMENT_CHANGERS.get(name, ()):
            if place < len(arguments.positional):
                self.change(arguments.positional[place], node)
        if name in iterators.CONSUMER_METHODS:
            self._use_up(arguments)

    def _changes_receiver(self, receiver: Value, name: str, arguments: Arguments, discarded: bool) -> bool:
        if receiver.kind == "frame":
            return name in ("insert", "pop", "update") or self._inplace(arguments)
        if receiver.kind == "figure":
            return name not in lookers.LOOKER_METHODS and not name.startswith("get_")
        if name in changers.CHANGER_METHODS or (name.endswith("_") and not name.endswith("__")):
            return True
        if name in changers.GENERATOR_METHODS and (
            receiver.kind == "rng" or name not in changers.AMBIGUOUS_GENERATOR_METHODS
        ):
            return receiver.kind in ("rng", None)
        if self._inplace(arguments):
            return True
        return (
            discarded
            and name not in lookers.LOOKER_METHODS
            and (name not in lookers.AMBIGUOUS_LOOKERS or receiver.kind == "figure")
        )

    @staticmethod
    def _inplace(arguments: Arguments) -> bool:
        for keyword in arguments.node.keywords:
            if keyword.arg == "inplace":
                return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        return False

    def _method_draws(self, receiver: Value, name: str, arguments: Arguments) -> None:
        if name in random.DRAWING_METHODS and receiver.kind not in ("rng", "list", "dict", "defaultdict", "text"):
            provider, parameters = random.DRAWING_METHODS[name]
            if not any(arguments.given(p) for p in parameters):
                self.effect("draw", provider, arguments.node)
        if name.startswith(("fit", "partial_fit", "split")) and receiver.kind not in ("text", "frame"):
            self.effect("draw-if-unseeded", "numpy.random", arguments.node)

    def _method_paths(self, receiver: Value, name: str, arguments: Arguments) -> None:
        path_known = receiver.path is not None and receiver.kind != "text"
        if receiver.kind == "archive":
            self._archive(name, arguments)
            return
        if name == "open" and path_known:
            self._open(receiver.path, arguments.literal(0, "mode"), arguments.node)
        if name in files.PATH_READER_METHODS and (name not in files.AMBIGUOUS_PATH_METHODS or path_known):
            for place in files.PATH_READER_METHODS[name]:
                self._path_effect("reads", receiver, place, arguments, name)
            if name in ("glob", "rglob", "iterdir"):
                self.effect("reads", receiver.path or paths.ANY, arguments.node)
        if name in files.PATH_WRITER_METHODS and (
            name not in files.AMBIGUOUS_PATH_METHODS or path_known or name in ("save", "dump")
        ):
            for place in files.PATH_WRITER_METHODS[name]:
                self._path_effect("writes", receiver, place, arguments, name)

    def _archive(self, name: str, arguments: Arguments) -> None:
        """Members of a zip or tar file are read from paths and extracted to paths."""
        first = arguments.positional[0].path if arguments.positional else None
        if name in ("write", "add"):
            self.path_effect("reads", first, arguments.node)
        elif name in ("extract", "extractall"):
            place = 1 if name == "extract" else 0
            target = arguments.positional[place] if place < len(arguments.positional) else arguments.named.get("path")
            self.path_effect("writes", paths.ANY if target is None else target.path, arguments.node)

    def _path_effect(self, kind: str, receiver: Value, place: int, arguments: Arguments, name: str) -> None:
        node = arguments.node
        if place == -1:
            if receiver.path is not None or name in ("read_text", "read_bytes", "write_text", "write_bytes"):
                self.path_effect(kind, receiver.path, node)
            return
        value = arguments.positional[place] if place < len(arguments.positional) else None
        if value is None:
            value = next((v for k, v in arguments.named.items() if k in files.PATH_KEYWORDS), None)
        if value is not None and value.kind not in ("number", "file", "buffer"):
            self.path_effect(kind, value.path, node)

    def path_effect(self, kind: str, path: str | None, node: ast.AST) -> None:
        """Note that a path is read or written."""
        pattern = paths.ANY if path is None else path
        if paths.is_url(pattern):
            self.effect("outside" if kind == "writes" else "reads-outside", pattern, node)
        else:
            self.effect(kind, pattern, node)

    def _method_result(self, receiver: Value, name: str, arguments: Arguments) -> Value:
        if receiver.path is not None and receiver.kind != "text":
            if name in _SAME_PATH_METHODS:
                extra = [v.path for v in arguments.positional] if name == "joinpath" else []
                path = paths.ANY if name.startswith("with_") else paths.joined(receiver.path, *extra)
                return Value(kind="path", path=path)
            if name in ("glob", "rglob", "iterdir"):
                return Value(frozenset([Token()]), kind="iterator", path=paths.ANY)
            if name == "open":
                return Value(frozenset([Token()]), kind="iterator")
            if name in ("read_text", "read_bytes"):
                return Value(kind="text")
        if receiver.kind == "text":
            if name == "format":
                return Value(kind="text", path=paths.ANY)
            return (
                Value(kind="text") if name not in ("split", "splitlines", "partition", "rsplit") else Value(kind="list")
            )
        if receiver.kind == "frame":
            if name in ("to_numpy", "to_list", "tolist", "to_dict", "items", "iterrows", "itertuples"):
                shared = receiver.tokens if name == "to_numpy" else frozenset()
                return Value(shared, kind="iterator" if name in iterators.ITERATOR_METHODS else None)
            if name in ("plot", "hist", "boxplot"):
                return Value(frozenset([Token()]), kind="figure")
            return Value(kind="frame")
        if name in iterators.ITERATOR_METHODS:
            return Value(receiver.tokens | {Token()}, kind="iterator")
        if name in copies.COPYING_METHODS and name not in copies.SHALLOW_COPYING_METHODS:
            return Value(kind="fresh")
        if name == "copy" and receiver.kind not in ("list", "dict", "defaultdict", None):
            return Value(kind="fresh")
        if name == "copy":
            return (
                Value(receiver.tokens, kind=receiver.kind)
                if receiver.kind in ("list", "dict", "defaultdict")
                else Value(kind=receiver.kind)
            )
        if receiver.kind == "rng":
            return Value(kind="fresh")
        tokens = receiver.tokens | merge(arguments.all).tokens
        kind = "figure" if receiver.kind == "figure" else None
        return Value(
            tokens,
            kind=kind,
            functions=receiver.functions,
            instances=receiver.instances if name.startswith("fit") else (),
        )

    # ------------------------------------------------------------------------------------------------ library calls

    def _library(self, dotted: str, arguments: Arguments, discarded: bool) -> Value:
        node = arguments.node
        for value in arguments.all:
            self.use_instance(value, node)
        if dotted.startswith(_LOOKS_FOR_DEFINITIONS):
            self.record.needs_definitions = True
        if dotted in self.book.stateful:
            self.effect("module-state", dotted.split(".")[0], node)
        self._library_random(dotted, arguments)
        self._library_paths(dotted, arguments)
        self._library_changes(dotted, arguments, discarded)
        self._library_effects(dotted, arguments, discarded)
        self._keywords(arguments)
        if dotted in iterators.CONSUMERS:
            self._use_up(arguments)
        if dotted in ("print", "display", "IPython.display.display"):
            self.effect("shows", "", node)
        result = self._library_result(dotted, arguments)
        if "out" in arguments.named:
            result = replace(result, tokens=result.tokens | arguments.named["out"].tokens, kind=None)
        return result

    def _use_up(self, arguments: Arguments) -> None:
        for value in arguments.all:
            if value.kind == "iterator":
                self.use_up(value, arguments.node)

    def _keywords(self, arguments: Arguments) -> None:
        """Values handed in under a name that a callee writes to: `out=`, `ax=`, `random_state=`."""
        for name, value in arguments.named.items():
            if name in changers.CHANGED_KEYWORDS:
                self.change(value, arguments.node)

    def _library_random(self, dotted: str, arguments: Arguments) -> None:
        node = arguments.node
        if dotted in random.SEEDERS:
            kind = "seed" if arguments.positional or arguments.named else "unseed"
            self.effect(kind, random.SEEDERS[dotted], node)
        for provider in random.SEEDS_ALL.get(dotted, ()):
            self.effect("seed", provider, node)
        if dotted in random.DRAWERS:
            self.effect("draw", random.DRAWERS[dotted], node)
        if dotted in random.DRAWERS_UNLESS:
            provider, parameters = random.DRAWERS_UNLESS[dotted]
            if not any(arguments.given(p) for p in parameters):
                self.effect("draw", provider, node)
        if dotted in random.UNSEEDED_ESTIMATORS and not any(
            arguments.given(p) for p in random.UNSEEDED_ESTIMATORS[dotted]
        ):
            needed = random.UNSEEDED_ONLY_WITH.get(dotted)
            if needed is None or any(arguments.given(p) for p in needed):
                self.effect("unseeded", "numpy.random", node)
        if dotted.startswith(("sklearn.model_selection.cross_val", "sklearn.model_selection.learning_curve")):
            self.effect("draw-if-unseeded", "numpy.random", node)
        unseeded = not any(arguments.given(p) for p in ("random_state", "seed", "rng"))
        if unseeded and dotted.startswith("scipy.stats.") and dotted.endswith((".rvs", ".resample")):
            self.effect("draw", "numpy.random", node)
        if dotted in ("random.getstate", "numpy.random.get_state"):
            self.effect("draw", "random" if dotted.startswith("random") else "numpy.random", node)

    def _library_paths(self, dotted: str, arguments: Arguments) -> None:
        node = arguments.node
        if dotted in files.MODE_CALLS or dotted == "open":
            self._mode_call(dotted, arguments)
            return
        if dotted in files.PATH_READERS:
            self._library_path("reads", files.PATH_READERS[dotted], arguments)
        for place in files.PATH_WRITERS.get(dotted, ()):
            self._library_path("writes", place, arguments)
        if dotted in ("os.listdir", "os.scandir", "os.walk") and not arguments.all:
            self.effect("reads", "", node)

    def _library_path(self, kind: str, place: int, arguments: Arguments) -> None:
        value = arguments.positional[place] if place < len(arguments.positional) else None
        if value is None:
            value = next((v for k, v in arguments.named.items() if k in files.PATH_KEYWORDS), None)
        if value is not None and value.kind not in ("file", "iterator", "buffer", "number"):
            self.path_effect(kind, value.path, arguments.node)

    def _mode_call(self, dotted: str, arguments: Arguments) -> None:
        place, mode_place, default = files.MODE_CALLS.get(dotted, (0, 1, "r"))
        value = arguments.positional[place] if place < len(arguments.positional) else None
        if value is None:
            value = next((v for k, v in arguments.named.items() if k in files.PATH_KEYWORDS), UNKNOWN)
        if value.kind in ("buffer", "number"):
            return
        mode = arguments.literal(mode_place, "mode")
        given = mode_place < len(arguments.node.args) or "mode" in arguments.named
        self._open(value.path, mode if given else default, arguments.node)

    def _open(self, path: str | None, mode: object, node: ast.AST) -> None:
        text = mode if isinstance(mode, str) else "r" if mode is ... and not isinstance(node, ast.Call) else "r+"
        if mode is ... and isinstance(node, ast.Call) and not self._has_mode(node):
            text = "r"
        if "r" in text or "+" in text or "a" in text:
            self.path_effect("reads", path, node)
        if any(letter in text for letter in "wax+"):
            self.path_effect("writes", path, node)

    @staticmethod
    def _has_mode(node: ast.Call) -> bool:
        return bool(node.args) or any(k.arg == "mode" for k in node.keywords)

    def _library_changes(self, dotted: str, arguments: Arguments, discarded: bool) -> None:
        node = arguments.node
        places = changers.ARGUMENT_CHANGERS.get(dotted)
        if places is None:
            prefix = _prefixed(dotted, tuple(changers.ARGUMENT_CHANGER_PREFIXES))
            places = changers.ARGUMENT_CHANGER_PREFIXES[prefix] if prefix else ()
        changed = [arguments.positional[p] for p in places if p < len(arguments.positional)]
        for value in changed:
            if value.kind == "iterator":
                self.use_up(value, node)
            else:
                self.change(value, node)
        if changed:
            self.share(*changed, *arguments.all)
        looks = (
            dotted in lookers.LOOKER_CALLS
            or _prefixed(dotted, lookers.LOOKER_PREFIXES)
            or dotted in setters.NO_EFFECT_CALLS
        )
        if discarded and not looks and dotted not in setters.SETTER_CALLS and dotted not in files.PATH_READERS:
            for value in arguments.all:
                self.change(value, node)

    def _library_effects(self, dotted: str, arguments: Arguments, discarded: bool) -> None:
        node = arguments.node
        if dotted in setters.SETTER_CALLS:
            self.effect("setter", setters.SETTER_CALLS[dotted], node)
        elif (library := self._setter_receiver(dotted)) is not None:
            self.effect("setter", library, node)
        elif dotted == "importlib.reload" and arguments.positional and arguments.positional[0].dotted:
            self.effect("module", arguments.positional[0].dotted.split(".")[0], node)
        elif dotted in ("os.chdir", "contextlib.chdir"):
            self.effect("state", "cwd", node)
        elif dotted in ("os.putenv", "os.unsetenv") or (
            dotted.startswith(_ENVIRONMENT + ".")
            and dotted.rsplit(".", 1)[1] in ("update", "setdefault", "pop", "clear", "popitem")
        ):
            self.effect("environ", "", node)
        elif dotted.startswith(_SEARCH_PATH + "."):
            if dotted.rsplit(".", 1)[1] in ("append", "insert", "extend", "remove", "pop"):
                self.effect("sys.path", "", node)
        elif dotted in setters.OUTSIDE_READS:
            self.effect("reads-outside", dotted, node)
        elif dotted in setters.OUTSIDE_CALLS or _prefixed(dotted, setters.OUTSIDE_PREFIXES):
            self.effect("outside", dotted, node)
            self.effect("reads", paths.ANY, node)
            self.effect("writes", paths.ANY, node)
        elif discarded:
            self._discarded_library_call(dotted, arguments)

    def _setter_receiver(self, dotted: str) -> str | None:
        for receiver, library in setters.SETTER_RECEIVERS.items():
            looks = dotted.startswith(_LOGS) or dotted.rsplit(".", 1)[-1].startswith(("get", "is", "has"))
            if dotted.startswith(receiver + ".") and not looks:
                return library
        if dotted.startswith("logging.") and dotted.rsplit(".", 1)[-1] in _LOGGING_SETTERS:
            return "logging"
        return None

    def _discarded_library_call(self, dotted: str, arguments: Arguments) -> None:
        root = dotted.split(".", 1)[0]
        if dotted in setters.NO_EFFECT_CALLS or _prefixed(dotted, setters.NO_EFFECT_PREFIXES):
            return
        if (
            dotted in lookers.LOOKER_CALLS
            or dotted in files.PATH_READERS
            or dotted in files.PATH_WRITERS
            or dotted in random.SEEDERS
        ):
            return
        if (
            dotted in random.DRAWERS
            or dotted in changers.ARGUMENT_CHANGERS
            or dotted in random.SEEDS_ALL
            or "." not in dotted
        ):
            return
        if root in self.book.local_modules:
            if dotted not in self.book.stateful:
                self.effect("outside", dotted, arguments.node)
        elif not any(value.tokens for value in arguments.all):
            self.effect("outside", dotted, arguments.node)

    def _library_result(self, dotted: str, arguments: Arguments) -> Value:
        positional = arguments.positional
        if dotted == "type" and len(positional) == 1:
            return self.class_of(positional[0])
        if dotted in setters.SETTER_RECEIVERS or (dotted.startswith("logging.") and dotted.split(".")[1][:1].isupper()):
            return Value(dotted=dotted)
        if dotted in _HERE:
            return Value(kind="path", path="")
        if dotted == "os.path.join":
            return Value(kind="text", path=paths.joined(*(v.path for v in positional)))
        if dotted in _PATH_TYPES:
            return Value(kind="path", path=paths.joined(*(v.path for v in positional)) if positional else "")
        if dotted in _SAME_PATH and positional:
            return Value(kind="text", path=positional[0].path)
        if dotted in ("zipfile.ZipFile", "tarfile.open"):
            return Value(frozenset([Token()]), kind="archive")
        if dotted in ("io.StringIO", "io.BytesIO"):
            return Value(frozenset([Token()]), kind="buffer")
        if dotted in random.GENERATOR_MAKERS:
            return Value(frozenset([Token()]), kind="rng")
        if dotted in ("glob.glob", "os.listdir"):
            return Value(kind="list", path=paths.ANY)
        if dotted == "range":
            return Value(kind="range")
        if dotted in iterators.ITERATOR_MAKERS:
            return Value(merge(arguments.all).tokens | {Token()}, kind="iterator")
        if dotted in types.IMMUTABLE_CONSTRUCTORS:
            return Value(
                kind="text" if dotted in ("str", "repr", "format", "input") else "number",
                path=positional[0].path if dotted == "str" and positional else None,
            )
        kind = types.RESULT_KINDS.get(dotted)
        if kind == "pandas" or dotted.startswith(("pandas.read_", "pandas.DataFrame", "pandas.Series")):
            return Value(kind="frame")
        if kind == "figure" or dotted.startswith(("matplotlib.pyplot.subplots", "matplotlib.pyplot.figure")):
            return Value(frozenset([Token()]), kind="figure")
        if (
            dotted in copies.COPYING_CALLS
            or _prefixed(dotted, copies.COPYING_PREFIXES)
            or _prefixed(dotted, copies.IMMUTABLE_RESULT_PREFIXES)
        ):
            return Value(kind="fresh" if kind != "container" else "list")
        merged = merge(arguments.all)
        if dotted in _FUNCTION_MAKERS:
            maker = "partial" if dotted == "functools.partial" else None
            return Value(merged.tokens, kind=maker, functions=merged.functions, instances=merged.instances)
        if dotted in _TRANSPARENT:
            return Value(
                merged.tokens,
                kind="list",
                path=paths.ANY if any(v.path is not None for v in positional) else None,
                instances=merged.instances,
            )
        if dotted == "collections.defaultdict":
            return Value(merged.tokens | {Token()}, kind="defaultdict", functions=merged.functions)
        if dotted in ("dict", "collections.OrderedDict", "collections.Counter"):
            return Value(merged.tokens, kind="dict")
        if dotted in ("getattr", "super"):
            return Value(merged.tokens)
        return Value(merged.tokens, instances=merged.instances if dotted in ("copy.copy", "max", "min") else ())

    # ------------------------------------------------------------------------------------------------ builtins that
    # see names

    def _special(self, callee: Value, node: ast.Call) -> Value | None:
        """Calls that look at names themselves: exec, eval, globals, locals, vars, dir."""
        if callee.kind != "builtin" or (self.scope is not None and callee.dotted in ("locals", "vars", "dir")):
            return None
        if callee.dotted in ("exec", "eval"):
            return self._exec(callee.dotted, node)
        if callee.dotted in ("globals", "locals", "vars", "dir") and not node.args:
            if id(node) in self.named_lookups:
                return Value(kind="namespace")
            self._look_around(callee.dotted, node)
            return UNKNOWN
        return None

    def _look_around(self, name: str, node: ast.AST) -> None:
        if self.scope is not None:
            self.effect("looks-around", name, node)
            return
        self.finding(
            "KF205",
            f"`{name}()` looks at every name of the notebook; a step has only those that it takes in.",
            node,
            "Name what you need, or say so with a `uses:NAME` tag.",
        )

    def _unknown_text(self, name: str, node: ast.AST) -> None:
        if self.scope is not None:
            self.effect("unknown-text", name, node)
        elif not self.explained(node):
            self.finding(
                "KF206",
                f"What `{name}` runs is only known while running, so the names it reads and binds are not known.",
                node,
                "Tag the cell `uses:NAME,…` and `binds:NAME,…` (`uses:` alone if it binds none), or write it out.",
            )

    def _exec(self, name: str, node: ast.Call) -> Value:
        if len(node.args) > 1:
            values = [self.eval(argument) for argument in node.args]
            for value in values[1:]:
                self.change(value, node)
            return Value(merge(values[1:]).tokens)
        source = node.args[0] if node.args else None
        text = source.value if isinstance(source, ast.Constant) and isinstance(source.value, str) else None
        if text is None:
            self._arguments(node)
            self._unknown_text(name, node)
            return UNKNOWN
        return self.run_text(name, text, node)

    def explained(self, node: ast.AST) -> bool:
        """Say whether the cell's tags tell what unknowable code does."""
        return False

    def run_text(self, name: str, text: str, node: ast.AST) -> Value:
        """Walk code given as a literal string."""
        try:
            if name == "eval":
                return self.eval(ast.parse(text.strip(), mode="eval").body)
            self.walk_block(ast.parse(text).body)
        except SyntaxError:
            pass
        return UNKNOWN

    def walk_block(self, body: list[ast.stmt]) -> None:
        """Walk statements; see `statements.py`."""
        raise NotImplementedError
