"""Walks calls: of notebook functions and classes, of values, and of builtins that look at names.

`library_calls.py` and `method_calls.py` build on this walker, `statements.py` on those.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from kfnb.dataflow.expressions import ExpressionWalker
from kfnb.dataflow.values import UNKNOWN, Token, Value, merge
from kfnb.parsing import parse

if TYPE_CHECKING:
    from kfnb.dataflow.summaries import ClassInfo, Summary

_CONSTRUCTING = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "__set_name__", "__class_getitem__"}
)


class Arguments(msgspec.Struct):
    """The walked arguments of a call."""

    positional: tuple[Value, ...]
    named: dict[str, Value]
    spread: tuple[Value, ...]  # *args and **kwargs
    node: ast.Call
    _all: tuple[Value, ...] | None = None

    @property
    def all(self) -> tuple[Value, ...]:
        """Return every argument's value."""
        if self._all is None:
            self._all = (*self.positional, *self.named.values(), *self.spread)
        return self._all

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


def begins_with(dotted: str, prefixes: tuple[str, ...]) -> str | None:
    """Return the first of `prefixes` that a name begins with, None if there is none."""
    if not dotted.startswith(prefixes):  # as a rule
        return None
    return next(prefix for prefix in prefixes if dotted.startswith(prefix))


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
        if not value.functions:  # as a rule
            return value
        names = {name for summary in value.functions for name in summary.returned_globals}
        returned = merge([self._global_value(name) for name in sorted(names)])
        return replace(value, tokens=value.tokens | returned.tokens) if names else value

    def _passed_on(self, value: Value, arguments: Arguments) -> None:
        """A function given to a call may be called there, with what else is given."""
        node = arguments.node
        for summary in value.functions:
            with self.perhaps():
                self._apply_effects(summary, node)
            if summary.stateful or (summary.method and "self" in summary.changed_parameters):
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
            results += self._apply_function(summary, arguments, callee)
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

    def _apply_function(self, summary: Summary, arguments: Arguments, callee: Value) -> list[Value]:
        """Call a function; a method may be bound to what it was taken from, or get it as its first argument."""
        results = [self.apply(summary, arguments, callee, callee)] if summary.method else []
        if not (summary.method and callee.kind == "bound"):
            results.append(self.apply(summary, arguments, None, callee))
        return results

    def _call_unknown(self, arguments: Arguments, discarded: bool) -> None:
        """A value that is called may be any function of the notebook that was handed about before."""
        changes, self.book.asked = discarded, True
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
        for group in summary.joined:
            values = [self._global_value(name[7:]) for name in group if name.startswith("global:")]
            self.share(*values, *(v for name in group for v in given.get(name.removeprefix("local:"), ())))
        if summary.stateful or (summary.changed_parameters & summary.defaults - given.keys()):
            self.change(callee, node)
            self.share(callee, *arguments.all)
        shared = [v for name in summary.returned_parameters for v in given.get(name, ())]
        shared += [self._global_value(name) for name in summary.returned_globals]
        tokens = set(merge(shared).tokens)
        if summary.returned_functions or summary.generator:
            tokens |= {Token()} | merge(arguments.all).tokens
        if receiver is not None and summary.returned_parameters & {"self", "cls"}:
            tokens |= receiver.tokens
        if summary.remembered:
            tokens.add(Token(memories=summary.remembered))
        if summary.remembers:
            tokens |= callee.tokens
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
        if kinds and kinds <= {"number", "text", "computed"}:
            return next(iter(kinds)) if len(kinds) == 1 else "computed"
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
        for group in summary.joined:
            self.share(*(self._global_value(name[7:]) for name in group if name.startswith("global:")))
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

    def _method(self, receiver: Value, name: str, arguments: Arguments, discarded: bool) -> Value:
        """Return the result of calling a method; see `method_calls.py`."""
        raise NotImplementedError

    def _library(self, dotted: str, arguments: Arguments, discarded: bool) -> Value:
        """Return the result of calling an imported function or a builtin; see `library_calls.py`."""
        raise NotImplementedError

    def _keywords(self, arguments: Arguments) -> None:
        """Change what is handed in under a name that a callee writes to; see `library_calls.py`."""
        raise NotImplementedError

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
        shown = name if name.endswith("]") else f"{name}()"
        self.finding(
            "KF205",
            f"`{shown}` looks at every name of the notebook; a step has only those that it takes in.",
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
                return self.eval(parse(text.strip(), mode="eval").body)
            self.walk_block(parse(text).body)
        except SyntaxError:
            pass
        return UNKNOWN

    def walk_block(self, body: list[ast.stmt]) -> None:
        """Walk statements; see `statements.py`."""
        raise NotImplementedError
