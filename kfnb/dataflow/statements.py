"""Walks statements in the order in which Python runs them: what is bound, surely or perhaps, on which path.

One `Walker` walks one unit: a step of the notebook, or the body of a function. Used by `steps.py` and `functions.py`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfnb.dataflow import paths
from kfnb.dataflow.definitions import DefinitionWalker
from kfnb.dataflow.tables import setters
from kfnb.dataflow.values import UNKNOWN, Flow, Token, Value, merge

if TYPE_CHECKING:
    from kfnb.dataflow.magics import ParsedCell

_SUPPRESSING = frozenset({"contextlib.suppress", "pytest.raises", "contextlib.ExitStack"})
_CATCHES_NAME_ERRORS = frozenset({"NameError", "Exception", "BaseException"})


class Walker(DefinitionWalker):
    """Walks statements, binding names as it goes."""

    parsed: ParsedCell | None = None
    shown: ast.expr | None = None

    def walk_block(self, body: list[ast.stmt]) -> None:
        """Walk statements one after the other."""
        for node in body:
            self.walk(node)

    def walk(self, node: ast.stmt) -> None:
        """Walk one statement."""
        method = getattr(self, "walk_" + type(node).__name__, None)
        if method is not None:
            method(node)

    # ------------------------------------------------------------------------------------------------ simple statements

    def walk_Expr(self, node: ast.Expr) -> None:
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        before = self.discarded
        self.discarded = call if call is not self.shown else None
        value = self.eval(node.value)
        if node.value is self.shown:
            self.use_instance(value, node)
        self.discarded = before

    def walk_Return(self, node: ast.Return) -> None:
        self.returned(self.eval(node.value))
        self.flow.ended = True

    def walk_Raise(self, node: ast.Raise) -> None:
        self.raised.append(self.eval(node.exc))
        self.eval(node.cause)
        self.flow.ended = True

    def walk_Assert(self, node: ast.Assert) -> None:
        self.eval(node.test)
        with self.perhaps():
            self.eval(node.msg)

    def walk_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete_target(target)

    def _delete_target(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.delete(target.id, target)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._delete_target(element)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self._store(target, UNKNOWN)

    def walk_Assign(self, node: ast.Assign) -> None:
        value = self.eval(node.value)
        if len(node.targets) > 1 and not value.tokens and value.dotted is None:  # `a = b = []`: one object
            value = replace(value, tokens=frozenset([Token()]))
        for target in node.targets:
            self.assign(target, value, node.value)

    def walk_AnnAssign(self, node: ast.AnnAssign) -> None:
        value = self.eval(node.value)
        if self.scope is None:
            with self.perhaps():
                self.eval(node.annotation)
        if node.value is not None:
            self.assign(node.target, value, node.value)

    def walk_AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            before = self.load(target.id, target)
            value = self.eval(node.value)
            if before.kind in ("number", "text") or before.dotted is not None:
                self.bind(target.id, Value(kind=before.kind), target)
                return
            self.change(before, target)
            self.bind(target.id, replace(merge([before, value]), kind=before.kind, instances=before.instances), target)
            return
        self.eval(node.value)
        load = replace_context(target)
        self.eval(load)
        self._store(target, UNKNOWN)

    def walk_TypeAlias(self, node: ast.stmt) -> None:
        name = getattr(node, "name", None)
        if isinstance(name, ast.Name):
            self.bind(name.id, UNKNOWN, node)

    def walk_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.record.imports.add(alias.name.split(".")[0])
            name = alias.asname or alias.name.split(".")[0]
            if alias.name == "__main__":
                self.look_at_all(node)
            self.bind(name, Value(dotted=alias.name if alias.asname else name), node)

    def walk_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        self.record.imports.add((node.module or "").split(".")[0])
        for alias in node.names:
            if alias.name == "*":
                self._import_star(module, node)
            elif module != "__future__":
                self.bind(alias.asname or alias.name, Value(dotted=f"{module}.{alias.name}"), node)

    def _import_star(self, module: str, node: ast.ImportFrom) -> None:
        names = self.book.resolver(module) if self.book.resolver is not None else None
        if names is None:
            self.finding(
                "KF211",
                f"`from {module} import *` binds names that are not known: the module cannot be imported here.",
                node,
                f"Import the names that you use: `from {module} import a, b`.",
            )
            return
        for name in names:
            self.bind(name, Value(dotted=f"{module}.{name}"), node)

    # ------------------------------------------------------------------------------------------------ targets

    def assign(self, target: ast.expr, value: Value, source: ast.expr | None = None) -> None:
        """Bind or store `value` to an assignment target."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value, target)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, source)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, replace(value, kind="list"))
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self._store(target, value)

    def _unpack(self, target: ast.Tuple | ast.List, value: Value, source: ast.expr | None) -> None:
        if isinstance(source, (ast.Tuple, ast.List)) and len(source.elts) == len(target.elts):
            kinds = [self._quiet(element) for element in source.elts]
            for element, part in zip(target.elts, kinds, strict=True):
                self.assign(element, part)
            return
        item = self.iterate(value, target) if value.kind == "iterator" else value
        kind = value.kind if value.kind in ("frame", "figure") else None
        for place in target.elts:
            self.assign(place, replace(item, kind=kind, path=None))

    def _quiet(self, node: ast.expr) -> Value:
        """Return what is known of an expression that was walked already."""
        before = self.record
        self.record = type(before)()
        try:
            return self.eval(node)
        finally:
            self.record = before

    def _store(self, target: ast.expr, value: Value) -> None:
        """Assign or delete through an attribute or a subscript."""
        assert isinstance(target, (ast.Attribute, ast.Subscript))
        if isinstance(target, ast.Subscript) and self.named_lookup(target.value, target.slice, target) is not None:
            name = str(target.slice.value) if isinstance(target.slice, ast.Constant) else ""
            if isinstance(target.ctx, ast.Del):
                self.delete(name, target)
            elif self.scope is None:
                self.bind(name, value, target)
            else:
                self.record.binds.setdefault(name, False)
            return
        base = self.eval(target.value)
        if isinstance(target, ast.Subscript):
            self.eval(target.slice)
        if base.dotted is not None and not base.tokens and base.kind != "builtin":
            dotted = f"{base.dotted}.{target.attr}" if isinstance(target, ast.Attribute) else base.dotted
            self._store_dotted(dotted, base, target)
            return
        self.use_instance(base, target)
        if isinstance(target, ast.Attribute):
            self.run_property(base, target.attr, target)
        self.change(base, target)
        if base.kind != "frame":
            self.share(base, value)
        self._carry(base, value)

    def _carry(self, base: Value, value: Value) -> None:
        """A function put into an object goes where the object goes."""
        for summary in value.functions:
            self.record.carried |= summary.reads

    def _store_dotted(self, dotted: str, base: Value, target: ast.expr) -> None:
        if dotted.startswith("os.environ"):
            self.effect("environ", "", target)
            return
        if dotted.startswith("sys.path"):
            self.effect("sys.path", "", target)
            return
        for prefix, library in setters.SETTER_ATTRIBUTES.items():
            if dotted.startswith(prefix) or dotted + "." == prefix:
                self.effect("setter", library, target)
                return
        library = self._setter_receiver(dotted) or dotted.split(".")[0]
        self.effect("setter" if self._setter_receiver(dotted) else "module", library, target)

    # ------------------------------------------------------------------------------------------------ paths through
    # the code

    def _on(self, flow: Flow, body: list[ast.stmt]) -> Flow:
        """Walk `body` on another path and return that path."""
        before, self.flow = self.flow, flow
        self.walk_block(body)
        self.flow = before
        return flow

    def walk_If(self, node: ast.If) -> None:
        constant = constant_test(node.test)
        self.eval(node.test)
        if constant is not None:
            self.walk_block(node.body if constant else node.orelse)
            return
        with self.perhaps():
            then = self._on(self.flow.branch(), node.body)
            other = self._on(self.flow.branch(), node.orelse)
        self.flow.absorb([then, other])

    def walk_For(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.eval(node.iter)
        surely = self._surely_iterates(node.iter)
        certain = self.certain
        self.certain = certain and surely
        for _ in range(2):
            path = self.flow.branch()
            before, self.flow = self.flow, path
            self.assign(node.target, self.iterate(source, node.iter))
            self.walk_block(node.body)
            self.flow = before
            path.ended = False
            self.flow.absorb([path] if surely else [path, self.flow.branch()])
        self.certain = False if not surely else certain
        self.flow.absorb(
            [self._on(self.flow.branch(), node.orelse), self.flow.branch()] if node.orelse else [self.flow.branch()]
        )
        self.certain = certain

    walk_AsyncFor = walk_For

    @staticmethod
    def _surely_iterates(node: ast.expr) -> bool:
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return any(not isinstance(e, ast.Starred) for e in node.elts)
        if isinstance(node, ast.Dict):
            return bool(node.keys)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "range" and len(node.args) == 1:
                stop = node.args[0]
                return isinstance(stop, ast.Constant) and isinstance(stop.value, int) and stop.value > 0
            if node.func.id in ("enumerate", "reversed", "sorted") and node.args:
                return Walker._surely_iterates(node.args[0])
        return False

    def walk_While(self, node: ast.While) -> None:
        self.eval(node.test)
        surely = constant_test(node.test) is True
        certain = self.certain
        self.certain = certain and surely
        for _ in range(2):
            path = self._on(self.flow.branch(), node.body)
            before, self.flow = self.flow, path
            self.eval(node.test)
            self.flow = before
            path.ended = False
            self.flow.absorb([path] if surely else [path, self.flow.branch()])
        self.certain = False
        if node.orelse:
            self.flow.absorb([self._on(self.flow.branch(), node.orelse), self.flow.branch()])
        self.certain = certain

    def walk_With(self, node: ast.With | ast.AsyncWith) -> None:
        suppresses = False
        for item in node.items:
            value = self.eval(item.context_expr)
            self.use_instance(value, item.context_expr)
            suppresses = suppresses or self._may_suppress(item.context_expr, value)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, replace(value, functions=(), direct=frozenset()))
        if not suppresses:
            self.walk_block(node.body)
            return
        with self.perhaps():
            path = self._on(self.flow.branch(), node.body)
        path.ended = False
        self.flow.absorb([path, self.flow.branch()])

    walk_AsyncWith = walk_With

    def _may_suppress(self, node: ast.expr, value: Value) -> bool:
        if isinstance(node, ast.Call):
            callee = self._quiet(node.func)
            if callee.dotted in _SUPPRESSING:
                return True
        if value.instances:
            return any("__exit__" in r.methods for info in value.instances for r in self.book.family(info))
        return value.kind == "iterator" and any(f.generator for f in value.functions)

    def walk_Try(self, node: ast.Try) -> None:
        certain = self.certain
        if any(self._catches_name_errors(h) for h in node.handlers):
            self.certain = False
        before, self.raised = self.raised, []
        body = self._on(self.flow.branch(), node.body)
        caught, self.raised = Value(merge(self.raised).tokens), [*before, *self.raised]
        self.certain = False
        handlers = []
        for handler in node.handlers:
            start = self.flow.branch()
            start.absorb([self._copy_of(body, start), start.branch()])
            handlers.append(self._handle(handler, start, caught))
        if node.orelse and not body.ended:
            self._on(body, node.orelse)
        if not node.handlers:
            self.certain = certain
        paths_out = [body, *handlers]
        if node.handlers and all(path.ended for path in handlers):
            paths_out = [body]
        self.flow.absorb(paths_out)
        self.certain = certain
        self.walk_block(node.finalbody)

    walk_TryStar = walk_Try

    @staticmethod
    def _copy_of(path: Flow, parent: Flow) -> Flow:
        copy = Flow(parent)
        copy.own = dict(path.own)
        return copy

    def _handle(self, handler: ast.ExceptHandler, start: Flow, caught: Value) -> Flow:
        before, self.flow = self.flow, start
        self.eval(handler.type)
        if handler.name:
            self.bind(handler.name, caught, handler)
        self.walk_block(handler.body)
        if handler.name and not self.flow.ended:
            self._forget(handler.name, handler)
        self.flow = before
        return start

    def _forget(self, name: str, node: ast.AST) -> None:
        """`except E as name` unbinds the name at its end."""
        if self.scope is None:
            self.record.deletes.add(name)
        binding = self.flow.get(name)
        if binding is not None:
            self.flow.set(name, replace(binding, deleted=True, sure=False))

    @staticmethod
    def _catches_name_errors(handler: ast.ExceptHandler) -> bool:
        if handler.type is None:
            return True
        return any(isinstance(n, ast.Name) and n.id in _CATCHES_NAME_ERRORS for n in ast.walk(handler.type))

    def walk_Match(self, node: ast.Match) -> None:
        subject = self.eval(node.subject)
        ways = []
        exhaustive = False
        with self.perhaps():
            for case in node.cases:
                path = self.flow.branch()
                before, self.flow = self.flow, path
                self._bind_pattern(case.pattern, subject)
                self.eval(case.guard)
                self.walk_block(case.body)
                self.flow = before
                ways.append(path)
                irrefutable = (
                    isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None
                )
                exhaustive = exhaustive or irrefutable
        self.flow.absorb(ways if exhaustive else [*ways, self.flow.branch()])

    def _bind_pattern(self, pattern: ast.pattern, subject: Value) -> None:
        for child in ast.walk(pattern):
            if isinstance(child, (ast.MatchAs, ast.MatchStar)) and child.name:
                self.bind(child.name, Value(subject.tokens), pattern)
            elif isinstance(child, ast.MatchMapping) and child.rest:
                self.bind(child.rest, Value(subject.tokens), pattern)
            elif isinstance(child, (ast.MatchValue, ast.MatchClass)):
                self.eval(child.value if isinstance(child, ast.MatchValue) else child.cls)

    # ------------------------------------------------------------------------------------------------ magics

    def mark(self, node: ast.Call) -> Value:
        number = node.args[0]
        assert isinstance(number, ast.Constant)
        assert isinstance(number.value, int)
        with self.perhaps():  # IPython leaves a name that it does not know as text
            for argument in node.args[1:]:
                if (
                    not isinstance(argument, ast.Name)
                    or self.scope is not None
                    or self.flow.get(argument.id) is not None
                ):
                    self.eval(argument)
        if self.parsed is None:
            return UNKNOWN
        mark = self.parsed.marks[number.value]
        for path in mark.detail.get("reads", ()):
            self.path_effect("reads", path, node)
        for path in mark.detail.get("writes", ()):
            self.path_effect("writes", path, node)
        if mark.kind == "outside" or mark.detail.get("outside"):
            self.effect("outside", mark.detail.get("magic", ""), node)
        elif mark.detail.get("reads_outside"):
            self.effect("reads-outside", mark.detail.get("magic", ""), node)
        if mark.kind == "chdir":
            self.effect("state", "cwd", node)
        elif mark.kind == "environ" and mark.detail.get("values"):
            self.effect("environ", "", node)
        elif mark.kind == "setter":
            for library in mark.detail.get("libraries", ("IPython",)):
                self.effect("setter", library, node)
        elif mark.kind == "run":
            self._run_script(mark.detail, node)
        elif mark.kind == "subnotebook":
            self.finding(
                "KF504",
                "Running another notebook as a part of this one is not built yet.",
                node,
                "Copy its cells here, or put its functions into a module and import them.",
            )
        return Value(kind="list")

    def _run_script(self, detail: dict[str, object], node: ast.AST) -> None:
        """`%run script.py` binds what the script binds at its top level."""
        path = str(detail.get("path", paths.ANY))
        self.effect("reads", paths.ANY, node)  # what the script itself opens is not looked at
        self.effect("writes", paths.ANY, node)
        names = self.book.scripts(path) if self.book.scripts is not None else None
        if names is None:
            self.finding(
                "KF209",
                f"`%run {path}` binds names that are not known: the script cannot be read.",
                node,
                "Import what you need from it.",
            )
            return
        for name in names:
            self.bind(name, UNKNOWN, node)


def constant_test(node: ast.expr) -> bool | None:
    """Return the value of a test that never changes (`True`, `__name__ == "__main__"`), or None."""
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if (
        isinstance(node, ast.Compare)
        and isinstance(node.left, ast.Name)
        and node.left.id == "__name__"
        and isinstance(node.ops[0], ast.Eq)
        and isinstance(node.comparators[0], ast.Constant)
    ):
        return node.comparators[0].value == "__main__"
    return None


def replace_context(target: ast.Attribute | ast.Subscript) -> ast.expr:
    """Return the expression that reads what `target` stores to."""
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
