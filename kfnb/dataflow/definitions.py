"""Walks definitions of functions and classes: what runs when they are defined, and what decorators and bases see of
them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfnb.dataflow.calls import Arguments
from kfnb.dataflow.method_calls import MethodCallWalker
from kfnb.dataflow.values import UNKNOWN, Token, Value, merge

if TYPE_CHECKING:
    from kfnb.dataflow.magics import ParsedCell
    from kfnb.dataflow.summaries import ClassInfo

_TRANSPARENT_DECORATORS = (
    "functools.",
    "dataclasses.",
    "contextlib.",
    "abc.",
    "enum.",
    "typing.",
    "numba.",
    "torch.",
    "pytest.",
    "tenacity.",
)


class DefinitionWalker(MethodCallWalker):
    """Walks `def` and `class` statements."""

    parsed: ParsedCell | None = None

    def walk_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._define(node)

    def walk_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._define(node)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self.eval(d) for d in node.decorator_list]
        defaults = [self.eval(d) for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
        if self.scope is None and (self.parsed is None or "annotations" not in self.parsed.future):
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                self.eval(argument.annotation)
            self.eval(node.returns)
        value = self.make_function(node)
        value = replace(value, tokens=value.tokens | merge(defaults).tokens)
        if self.scope is None and node.name in self.book.setup:
            value = replace(value, direct=frozenset([node.name]))
        for decorator in reversed(decorators):
            value = self._decorate(decorator, value, node)
        self.bind(node.name, value, node)

    def _decorate(
        self, decorator: Value, value: Value, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Value:
        if decorator.dotted is not None:
            if decorator.dotted.startswith(_TRANSPARENT_DECORATORS) or decorator.kind == "builtin":
                if decorator.dotted == "contextlib.contextmanager":
                    return replace(value, kind="contextmanager")
                return value
            if "register" in decorator.dotted:
                self.effect("setter", decorator.dotted.split(".")[0], node)
            return value
        if not decorator.functions and not decorator.classes and not decorator.instances:
            if (
                decorator.direct or decorator.tokens
            ):  # `@process.register`, `@app.route(...)`: the object remembers the function
                self.change(decorator, node)
                self.share(decorator, value)
            return replace(value, tokens=value.tokens | decorator.tokens)
        call = ast.copy_location(ast.Call(func=ast.Name(id="", ctx=ast.Load()), args=[], keywords=[]), node)
        result = self.call(decorator, Arguments((value,), {}, (), call), False)
        if any(s.changes or s.binds or s.effects for s in decorator.functions):
            self.record.demoted.add(node.name)  # defining it again elsewhere would do that again
        functions = tuple(dict.fromkeys((*value.functions, *result.functions)))
        kind = "stateful" if result.kind == "stateful" or result.instances else value.kind
        return Value(
            value.tokens | result.tokens,
            kind=kind,
            functions=functions,
            classes=value.classes,
            direct=value.direct,
            instances=result.instances,
        )

    def walk_ClassDef(self, node: ast.ClassDef) -> None:
        decorators = [self.eval(d) for d in node.decorator_list]
        bases = [self.eval(base) for base in node.bases]
        for keyword in node.keywords:
            self.eval(keyword.value)
        info = self.class_info(node)
        names: dict[str, Value] = {}
        self.comprehensions.append(names)
        for statement in node.body:
            self._walk_class_statement(statement, names)
        self.comprehensions.pop()
        value = Value(tokens=frozenset([Token()]) | merge([*bases, *names.values()]).tokens, classes=(info,))
        if self.scope is None and node.name in self.book.setup:
            value = replace(value, direct=frozenset([node.name]), tokens=frozenset())
        for held in names.values():
            for kind in held.instances:
                for method in self.book.method_summaries(kind, "__set_name__"):
                    self._apply_effects(method, node)
        self._announce_subclass(info, bases, value, node)
        for decorator in reversed(decorators):
            value = self._decorate(decorator, value, node)
        for method in info.methods.values():
            self.record.carried |= method.reads
        self.bind(node.name, value, node)

    def _walk_class_statement(self, statement: ast.stmt, names: dict[str, Value]) -> None:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in statement.decorator_list:
                self.eval(decorator)
            for default in (*statement.args.defaults, *statement.args.kw_defaults):
                self.eval(default)
            names[statement.name] = UNKNOWN
        elif isinstance(statement, ast.Assign):
            value = self.eval(statement.value)
            for target in statement.targets:
                self._class_names(target, value, names)
        elif isinstance(statement, ast.AnnAssign):
            value = self.eval(statement.value)
            if self.parsed is None or "annotations" not in self.parsed.future:
                self.eval(statement.annotation)
            if statement.value is not None:
                self._class_names(statement.target, value, names)
        elif isinstance(statement, ast.ClassDef):
            for base in statement.bases:
                self.eval(base)
            for inner in statement.body:
                self._walk_class_statement(inner, {})
            names[statement.name] = UNKNOWN
        elif isinstance(statement, ast.Expr):
            self.eval(statement.value)
        else:
            for child in ast.walk(statement):
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load) and child.id not in names:
                    self.load(child.id, child)
                elif isinstance(child, ast.Name):
                    names[child.id] = UNKNOWN

    def _class_names(self, target: ast.expr, value: Value, names: dict[str, Value]) -> None:
        for child in ast.walk(target):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                names[child.id] = value

    def _announce_subclass(self, info: ClassInfo, bases: list[Value], value: Value, node: ast.ClassDef) -> None:
        """A base's `__init_subclass__`, or a metaclass of the notebook, sees the new class."""
        for base in bases:
            for parent in base.classes:
                for relative in self.book.family(parent):
                    if "__init_subclass__" in relative.methods and relative is not info:
                        call = ast.copy_location(
                            ast.Call(func=ast.Name(id="", ctx=ast.Load()), args=[], keywords=[]), node
                        )
                        self.apply(relative.methods["__init_subclass__"], Arguments((), {}, (), call), value, base)
                        self.change(
                            Value(direct=frozenset([relative.name]) & self.book.setup, tokens=base.tokens), node
                        )

    def class_info(self, node: ast.ClassDef) -> ClassInfo:
        """Return what is known of a class defined here; see `functions.py`."""
        raise NotImplementedError
