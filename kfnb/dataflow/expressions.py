"""Walks expressions: reads names in Python's order and works out what the result may share and be.

`calls.py` adds calls, `statements.py` statements. One walker stands for one unit: a step, or a function (then `scope`
is set).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfnb.dataflow import paths
from kfnb.dataflow.bindings import BindingWalker
from kfnb.dataflow.facts import is_namespace
from kfnb.dataflow.values import UNKNOWN, Token, Value, merge

if TYPE_CHECKING:
    from kfnb.dataflow.summaries import Summary

_FRAME_ACCESSORS = frozenset({"loc", "iloc", "at", "iat", "str", "dt", "cat", "sparse", "columns", "index", "T"})
_IMMUTABLE_ATTRIBUTES = frozenset(
    [
        "shape",
        "ndim",
        "size",
        "dtype",
        "dtypes",
        "nbytes",
        "itemsize",
        "__name__",
        "__doc__",
        "__qualname__",
        "__module__",
        "real",
        "imag",
        "empty",
        "name",
        "suffix",
        "stem",
        "parent",
        "parts",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "second",
        "value",
    ]
)


class ExpressionWalker(BindingWalker):
    """Evaluates expressions abstractly. Responsible for what an expression reads and what its result may share; not for
    calls, statements or what follows from them."""

    def eval(self, node: ast.expr | None) -> Value:
        """Walk an expression and return what is known of its result."""
        if node is None:
            return UNKNOWN
        if node.__class__ is ast.Name:  # most are
            return self.load(node.id, node)
        method = getattr(self, "eval_" + type(node).__name__, None)
        if method is None:
            return self.eval_children(node)
        result = method(node)
        assert isinstance(result, Value)
        return result

    def eval_children(self, node: ast.AST) -> Value:
        """Walk every expression below `node`; the result shares nothing."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child)
        return Value(kind="fresh")

    def eval_Name(self, node: ast.Name) -> Value:
        return self.load(node.id, node)

    def eval_Constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str):
            return Value(kind="text", path=node.value)
        return Value(kind="number")

    def eval_JoinedStr(self, node: ast.JoinedStr) -> Value:
        parts = [self.eval(part).path for part in node.values]
        return Value(kind="text", path="".join(paths.ANY if part is None else part for part in parts))

    def eval_FormattedValue(self, node: ast.FormattedValue) -> Value:
        value = self.eval(node.value)
        self.use_instance(value, node)
        self.eval(node.format_spec)
        return Value(path=value.path)

    def eval_Attribute(self, node: ast.Attribute) -> Value:
        base = self.eval(node.value)
        return self.attribute(base, node.attr, node)

    def attribute(self, base: Value, name: str, node: ast.AST) -> Value:
        """Return what is known of `base.name`."""
        if base.dotted is not None:
            if f"{base.dotted}.{name}" in self.book.modules:
                self.book.submodules.add(f"{base.dotted}.{name}")
            if base.dotted == "os" and name in ("environ", "getenv"):
                self.effect("reads-environ", "", node)
            direct = base.direct if base.kind != "builtin" else frozenset()
            return Value(dotted=f"{base.dotted}.{name}", direct=direct)
        if name == "__class__":
            return self.class_of(base)
        if name in _IMMUTABLE_ATTRIBUTES and not self._may_hold(base, name):
            return Value(path=paths.ANY if name in ("parent", "stem", "name") and base.path is not None else None)
        if base.kind == "frame":
            tokens = base.tokens if name in _FRAME_ACCESSORS or name in ("values", "array") else frozenset()
            return Value(tokens, kind="frame")
        self.run_property(base, name, node)
        functions = self.methods_of(base, name)
        kind = "bound" if functions and base.instances else None
        return Value(base.tokens, kind=kind, functions=functions, direct=base.direct)

    def methods_of(self, base: Value, name: str) -> tuple[Summary, ...]:
        """Return the methods of notebook classes that `base.name` surely is, without a call; see `method_calls.py`."""
        return ()

    def _may_hold(self, base: Value, name: str) -> bool:
        """Say whether an attribute, a number or text in libraries, may be anything: classes of the notebook have it."""
        return name in self.book.stored or (name in ("value", "parent") and base.path is None)

    def run_property(self, base: Value, name: str, node: ast.AST) -> None:
        """Do what reading an attribute does where it is a property of a notebook class; see `calls.py`."""

    def use_instance(self, value: Value, node: ast.AST) -> None:
        """Do what operators, iteration and printing do to an instance of a notebook class; see `calls.py`."""

    def make_default(self, value: Value, node: ast.AST) -> None:
        """Do what looking a key up in a `defaultdict` does if it is not there; see `calls.py`."""

    def class_of(self, value: Value) -> Value:
        """Return what is known of `type(value)`: what is stored to it changes the class."""
        if self.scope is not None:  # `type(self)` in a method: `functions.py` looks at the text
            return Value(tokens=value.tokens, classes=value.instances)
        infos = value.instances
        if not infos and value.kind is None and value.tokens:
            infos = tuple(info for group in self.book.classes.values() for info in group)
        bindings = [b.value for info in infos if (b := self.flow.get(info.name)) is not None]
        names = frozenset(info.name for info in infos) & self.book.setup
        return Value(merge(bindings).tokens, classes=value.instances, direct=names)

    def named_lookup(self, namespace: ast.expr, key: ast.expr, node: ast.AST) -> Value | None:
        """`globals()["x"]`, `"x" in globals()`: return what is known of `x`, or None if this is no such look-up."""
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
        if (
            name is None
            or not is_namespace(namespace)
            or (self.scope is not None and not is_namespace(namespace, "globals"))
        ):
            return None
        self.named_lookups.add(id(namespace))
        return self.load_global(name, node, certain=False)

    def eval_Subscript(self, node: ast.Subscript) -> Value:
        found = self.named_lookup(node.value, node.slice, node)
        if found is not None:
            return found
        base = self.eval(node.value)
        self.eval(node.slice)
        self.use_instance(base, node)
        if base.dotted == "sys.modules" and _is_this_module(node.slice):
            self.look_at_all(node)
        defaults = base.kind == "defaultdict" or (base.kind is None and self._may_default(node.value))
        if defaults and isinstance(node.ctx, ast.Load):
            self.make_default(base, node)
        if base.kind == "frame":
            return Value(kind="frame") if isinstance(node.ctx, ast.Load) else base
        if base.kind == "text":
            return Value(kind="text")
        return Value(
            base.tokens,
            direct=base.direct,
            functions=base.functions,
            classes=base.classes,
            instances=base.instances,
        )

    def look_at_all(self, node: ast.AST) -> None:
        """`sys.modules[__name__]`, `import __main__`: every name of the notebook may be looked up there."""
        if self.scope is not None:
            self.effect("looks-around", "sys.modules[__name__]", node)
            return
        self.record.needs_definitions = True
        for name in sorted(self.book.bound):
            binding = self.flow.get(name)
            if binding is not None and not binding.deleted:
                self.load_global(name, node, certain=False)

    def _may_default(self, node: ast.expr) -> bool:
        """Say whether an expression may be a `defaultdict`, by its name: in a function no more is known of it."""
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
        return name in self.book.defaulting

    def eval_Starred(self, node: ast.Starred) -> Value:
        return self.eval(node.value)

    def eval_List(self, node: ast.List) -> Value:
        return replace(merge([self.eval(e) for e in node.elts], "list"), direct=frozenset())

    def eval_Tuple(self, node: ast.Tuple) -> Value:
        return replace(merge([self.eval(e) for e in node.elts], "list"), direct=frozenset())

    def eval_Set(self, node: ast.Set) -> Value:
        return replace(merge([self.eval(e) for e in node.elts], "list"), direct=frozenset())

    def eval_Dict(self, node: ast.Dict) -> Value:
        values = []
        for key, value in zip(node.keys, node.values, strict=True):
            self.eval(key)
            values.append(self.eval(value))
        return replace(merge(values, "dict"), direct=frozenset())

    def eval_BoolOp(self, node: ast.BoolOp) -> Value:
        values = [self.eval(node.values[0])]
        with self.perhaps():
            values += [self.eval(value) for value in node.values[1:]]
        return merge(values)

    def eval_BinOp(self, node: ast.BinOp) -> Value:
        left, right = self.eval(node.left), self.eval(node.right)
        self.use_instance(left, node)
        self.use_instance(right, node)
        if (
            isinstance(node.op, ast.Div)
            and (left.path is not None or right.path is not None)
            and right.kind != "number"
        ):
            return Value(kind="path", path=paths.joined(left.path, right.path))
        if isinstance(node.op, ast.Add) and left.kind == "text" and (right.kind == "text" or right.path is not None):
            return Value(kind="text", path=(left.path or paths.ANY) + (right.path or paths.ANY))
        if isinstance(node.op, ast.Add) and "text" in (left.kind, right.kind):
            return Value(kind="text", path=(left.path or paths.ANY) + (right.path or paths.ANY))
        if isinstance(node.op, (ast.Add, ast.Mult, ast.BitOr, ast.Sub, ast.BitAnd)) and {left.kind, right.kind} & {
            "list",
            "dict",
            "defaultdict",
        }:
            return merge([left, right], left.kind if left.kind in ("list", "dict") else right.kind)
        if left.kind == right.kind == "number":
            return Value(kind="number")
        if "frame" in (left.kind, right.kind):
            return Value(kind="frame")
        instances = (*left.instances, *right.instances)
        if instances or (isinstance(node.op, ast.Add) and left.kind is right.kind is None):  # two lists, perhaps
            return Value(left.tokens | right.tokens, instances=instances)
        return Value(kind="computed")

    def eval_UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.eval(node.operand)
        return Value(kind=value.kind if value.kind in ("number", "frame") else "computed")

    def eval_Compare(self, node: ast.Compare) -> Value:
        membership = len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn))
        if membership and self.named_lookup(node.comparators[0], node.left, node) is not None:
            return Value(kind="computed")
        values = [self.eval(node.left), *(self.eval(c) for c in node.comparators)]
        for value in values:
            self.use_instance(value, node)
        for operator, value in zip(node.ops, values[1:], strict=True):
            if isinstance(operator, (ast.In, ast.NotIn)) and value.kind == "iterator":
                self.use_up(value, node)
        if any(isinstance(operator, (ast.Is, ast.IsNot)) for operator in node.ops) and all(v.tokens for v in values):
            self.record.compared.update(*(token.root().names for value in values for token in value.tokens))
        return Value(kind="frame" if any(v.kind == "frame" for v in values) else "computed")

    def eval_IfExp(self, node: ast.IfExp) -> Value:
        self.eval(node.test)
        with self.perhaps():
            return merge([self.eval(node.body), self.eval(node.orelse)])

    def eval_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        before, self.comprehensions = self.comprehensions, []
        self.bind(node.target.id, value, node, surely=self.certain or self.scope is not None)
        self.comprehensions = before
        return value

    def eval_Await(self, node: ast.Await) -> Value:
        return self.eval(node.value)

    def eval_Yield(self, node: ast.Yield) -> Value:
        self.returned(self.eval(node.value))
        return UNKNOWN

    def eval_YieldFrom(self, node: ast.YieldFrom) -> Value:
        value = self.eval(node.value)
        if value.kind == "iterator":
            self.use_up(value, node)
        self.returned(value)
        return UNKNOWN

    def returned(self, value: Value) -> None:
        """Note what the function gives back; steps give nothing back."""

    def eval_Lambda(self, node: ast.Lambda) -> Value:
        defaults = [self.eval(d) for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
        value = self.make_function(node)
        return replace(value, tokens=value.tokens | merge(defaults).tokens)

    def make_function(self, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef) -> Value:
        """Return the value of a function defined here; `functions.py` works its summary out."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------ comprehensions

    def iterate(self, value: Value, node: ast.AST) -> Value:
        """Return what one element of `value` may share and be; using up an iterator changes it."""
        self.use_instance(value, node)
        if value.kind == "iterator":
            self.use_up(value, node)
        if value.kind in ("number", "text", "range"):
            return Value(kind="number" if value.kind == "range" else "text")
        path = value.path if value.path is not None and paths.ANY in value.path else None
        element = merge([value])
        kind = "frame" if value.kind == "frame" else None
        return replace(element, direct=value.direct, path=path, kind=kind)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, elements: list[ast.expr]
    ) -> Value:
        names: dict[str, Value] = {}
        results: list[Value] = []
        for place, generator in enumerate(node.generators):
            if place == 0:
                source = self.eval(generator.iter)
                self.comprehensions.append(names)
            else:
                source = self.eval(generator.iter)
            self._bind_comprehension(generator.target, self.iterate(source, generator.iter), names)
            with self.perhaps():
                for test in generator.ifs:
                    self.eval(test)
        with self.perhaps():
            results = [self.eval(element) for element in elements]
        self.comprehensions.pop()
        kind = (
            "iterator" if isinstance(node, ast.GeneratorExp) else "dict" if isinstance(node, ast.DictComp) else "list"
        )
        value = replace(merge(results, kind), direct=frozenset())
        if isinstance(node, ast.GeneratorExp):
            return replace(value, tokens=value.tokens | {Token()})
        return value

    def _bind_comprehension(self, target: ast.expr, value: Value, names: dict[str, Value]) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._bind_comprehension(element, value, names)
        elif isinstance(target, ast.Starred):
            self._bind_comprehension(target.value, value, names)
        else:
            self.change(self.eval(target), target)

    def eval_ListComp(self, node: ast.ListComp) -> Value:
        return self._comprehension(node, [node.elt])

    def eval_SetComp(self, node: ast.SetComp) -> Value:
        return self._comprehension(node, [node.elt])

    def eval_GeneratorExp(self, node: ast.GeneratorExp) -> Value:
        return self._comprehension(node, [node.elt])

    def eval_DictComp(self, node: ast.DictComp) -> Value:
        return self._comprehension(node, [node.key, node.value])


def _is_this_module(node: ast.expr) -> bool:
    """Say whether a key of `sys.modules` is the notebook itself."""
    if isinstance(node, ast.Name):
        return node.id == "__name__"
    return isinstance(node, ast.Constant) and node.value == "__main__"
