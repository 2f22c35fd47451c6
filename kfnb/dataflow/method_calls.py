"""Walks calls of methods and reads of properties: on instances of notebook classes, and on what is known of library
objects."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from kfnb.dataflow import paths
from kfnb.dataflow.bindings import IMMUTABLE_KINDS
from kfnb.dataflow.library_calls import LibraryCallWalker
from kfnb.dataflow.tables import changers, copies, files, iterators, lookers, random
from kfnb.dataflow.values import Token, Value, merge

if TYPE_CHECKING:
    from kfnb.dataflow.calls import Arguments
    from kfnb.dataflow.summaries import Summary

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
_OF_LIBRARIES = frozenset({"frame", "text", "number", "list", "dict", "defaultdict", "rng", "file"})
_SAME_PATH_METHODS = frozenset(
    {"resolve", "absolute", "expanduser", "as_posix", "with_suffix", "with_name", "joinpath"}
)


class MethodCallWalker(LibraryCallWalker):
    """Evaluates calls of methods."""

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
            self.book.asked = self.book.asked or bool(methods)
        else:
            return
        for method in dict.fromkeys(methods):
            with self.perhaps():
                self._apply_effects(method, node)
            if "self" in method.changed_parameters:
                self.change(base, node)

    def methods_of(self, base: Value, name: str) -> tuple[Summary, ...]:
        if name in self.book.stored or not (base.instances or base.classes):
            return ()
        found = self._own_methods(base, name)
        infos = [relative for info in (*base.instances, *base.classes) for relative in self.book.family(info)]
        if any(name in info.properties for info in infos) or not all(map(_plainly_defined, found)):
            return ()
        return tuple(found)

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
        methods = self.book.methods.get(name, [])
        self.book.asked = self.book.asked or bool(methods)
        return methods

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
            providers, parameters = random.DRAWING_METHODS[name]
            for provider in providers if not any(arguments.given(p) for p in parameters) else ():
                if receiver.kind != "frame" or provider == "numpy.random":
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
            drawn = arguments.positional[:1] if name in ("choice", "choices", "sample") else ()
            return merge([v for v in drawn if v.kind not in IMMUTABLE_KINDS and v.dotted is None], "fresh")
        tokens = receiver.tokens | merge(arguments.all).tokens
        kind = "figure" if receiver.kind == "figure" else None
        return Value(
            tokens,
            kind=kind,
            functions=receiver.functions,
            instances=receiver.instances if name.startswith("fit") else (),
        )


def _plainly_defined(summary: Summary) -> bool:
    """Say whether calling a method runs its body and nothing else: no decorator of the notebook or a library."""
    decorators = getattr(summary.node, "decorator_list", ())
    return all(isinstance(d, ast.Name) and d.id in ("staticmethod", "classmethod") for d in decorators)
