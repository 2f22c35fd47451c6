"""Works out, once for each notebook function and class, what calling it does; repeated until nothing changes
(recursion).

`graph.py` asks for it before the walk through the steps; lambdas and inner functions are summarised where they are met.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from itertools import cycle, islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfnb.dataflow.bindings import Scope
from kfnb.dataflow.record import Record
from kfnb.dataflow.statements import Walker
from kfnb.dataflow.summaries import ClassInfo, Effect, Summary
from kfnb.dataflow.syntax import REMEMBERED, below, nodes_of
from kfnb.dataflow.tables import changers
from kfnb.dataflow.values import Binding, Flow, Token, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.dataflow.book import Book

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def blank_summary(node: FunctionNode, method: bool = False) -> Summary:
    """Return the summary of a function of which only the signature is known yet."""
    arguments = node.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    mutable = {
        n for n, d in defaults.items() if not isinstance(d, (ast.Constant, ast.Attribute, ast.UnaryOp, ast.Lambda))
    }
    static = isinstance(node, ast.FunctionDef) and any(
        isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list
    )
    name = getattr(node, "name", "<lambda>")
    cached = any(map(remembers, getattr(node, "decorator_list", ())))
    return Summary(
        name=name,
        parameters=(*positional, *(a.arg for a in arguments.kwonlyargs)),
        positional=len(positional),
        varargs=arguments.vararg.arg if arguments.vararg else None,
        keywords=arguments.kwarg.arg if arguments.kwarg else None,
        defaults=frozenset(mutable),
        default_names={n: d.id for n, d in defaults.items() if isinstance(d, ast.Name)},
        method=method and not static,
        generator=not isinstance(node, ast.Lambda) and has_yield(node),
        remembers=cached,
        remembered={name} if cached else set(),
        node=node,
    )


def remembers(decorator: ast.expr) -> bool:
    """Say whether a decorator gives a function a cache (`functools.lru_cache`, `functools.cache`)."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
    return name in ("lru_cache", "cache")


@lru_cache(maxsize=REMEMBERED)
def has_yield(node: ast.AST) -> bool:
    """Say whether a function body yields (inner functions aside)."""
    pending = below(node)
    while pending:
        child = pending.pop()
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            pending += below(child)
    return False


@lru_cache(maxsize=REMEMBERED)
def local_names(node: FunctionNode) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the names local to a function, those it declares global, and those it declares nonlocal (Python's scope
    rules)."""
    names = {a.arg for a in nodes_of(node.args) if isinstance(a, ast.arg)}
    declared: set[str] = set()
    outer: set[str] = set()
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    pending: list[ast.AST] = list(body)
    while pending:
        child = pending.pop()
        if isinstance(child, ast.Global):
            declared.update(child.names)
        elif isinstance(child, ast.Nonlocal):
            outer.update(child.names)
        elif isinstance(child, ast.Name) and isinstance(child.ctx, (ast.Store, ast.Del)):
            names.add(child.id)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(child.name)
            continue
        elif isinstance(child, ast.Lambda):
            continue
        elif isinstance(child, (ast.Import, ast.ImportFrom)):
            names.update(alias.asname or alias.name.split(".")[0] for alias in child.names)
        elif (isinstance(child, ast.ExceptHandler) and child.name) or (
            isinstance(child, (ast.MatchAs, ast.MatchStar)) and child.name
        ):
            names.add(child.name)
        elif isinstance(child, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            names.update(n.target.id for n in nodes_of(child) if isinstance(n, ast.NamedExpr))
            continue
        pending += below(child)
    return frozenset(names - declared - outer), frozenset(declared), frozenset(outer)


class FunctionWalker(Walker):
    """Walks one function body and fills its summary."""

    def __init__(self, book: Book, summary: Summary, scope: Scope, unit: int) -> None:
        super().__init__(book, Flow(), Record(), unit, scope)
        self.summary = summary
        self.certain = False

    def make_function(self, node: FunctionNode) -> Value:
        return function_value(self, node)

    def class_info(self, node: ast.ClassDef) -> ClassInfo:
        return local_class(self, node)

    def returned(self, value: Value) -> None:
        summary = self.summary
        summary.returned_kinds.add(value.kind or "")
        prefix = f"local:{self.unit}:"
        for token in value.tokens:
            summary.remembered |= token.root().memories
            for name in token.root().names:
                if name.startswith(prefix) and name[len(prefix) :] in (
                    *summary.parameters,
                    summary.varargs,
                    summary.keywords,
                ):
                    summary.returned_parameters.add(name[len(prefix) :])
                elif name.startswith("global:"):
                    summary.returned_globals.add(name[7:])
                elif name.startswith("local:") and not name.startswith(prefix):
                    summary.returned_closure = True
        for function in value.functions:
            if function not in summary.returned_functions and function is not summary:
                summary.returned_functions.append(function)
        for info in value.instances:
            if info not in summary.returned_instances:
                summary.returned_instances.append(info)

    def bind(self, name: str, value: Value, node: ast.AST, surely: bool = True) -> None:
        assert self.scope is not None
        if name in self.scope.names:
            super().bind(name, value, node, surely)
            token = self.flow.get(name)
            assert token is not None
            root = token.token.root()
            root.names.discard("local:" + name)
            root.names.add(f"local:{self.unit}:{name}")
        else:
            super().bind(name, value, node, surely)

    def run(self) -> None:
        """Walk the body and note what it does in the summary."""
        node = self.summary.node
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        given: list[Token] = []
        for name in (*self.summary.parameters, self.summary.varargs, self.summary.keywords):
            if name:
                token = Token(f"local:{self.unit}:{name}")
                self.flow.set(name, Binding(Value(frozenset([token])), token, True, self.unit, True))
                given.append(token)
        if isinstance(node, ast.Lambda):
            self.returned(self.eval(node.body))
        else:
            self.walk_block(node.body)
        self._conclude()
        self._note_joined(given)

    def _note_joined(self, given: list[Token]) -> None:
        """Note what calling the function makes share: globals and parameters, one of them changed or bound."""
        assert self.scope is not None
        summary, mine = self.summary, f"local:{self.unit}:"
        parameters = {f"{mine}{name}" for name in (*summary.parameters, summary.varargs, summary.keywords) if name}
        touched = {"global:" + name for name in summary.changes | summary.binds}
        touched |= {mine + name for name in summary.changed_parameters}
        for root in {token.root() for token in (*given, *self.scope.globals.values())}:
            group = {name for name in root.names if name in parameters or name.startswith("global:")}
            if len(group) > 1 and group & touched:
                summary.joined.add(frozenset(name.replace(mine, "local:") for name in group))

    def _conclude(self) -> None:
        summary, record = self.summary, self.record
        mine = f"local:{self.unit}:"
        summary.reads |= set(record.reads) - {summary.name if summary.name not in self.book.bound else ""}
        summary.binds |= set(record.binds)
        summary.deletes |= record.deletes
        for name in record.changes:
            if name.startswith(mine):
                if name[len(mine) :] in (*summary.parameters, summary.varargs, summary.keywords):
                    summary.changed_parameters.add(name[len(mine) :])
            elif name.startswith("local:"):
                summary.stateful = True
            else:
                summary.changes.add(name.removeprefix("global:"))
        for effect, _ in record.effects:
            summary.effects.add(replace(effect, line=0, certain=False))
        if summary.changed_parameters & summary.defaults:
            summary.stateful = True


_units = iter(range(-2, -(2**62), -1))


def summarise(book: Book, summary: Summary, enclosing: dict[str, Binding] | None = None) -> Record:
    """Work `summary` out from its body; return the notes of the walk."""
    node = summary.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    names, declared, _ = local_names(node)
    walker = FunctionWalker(book, summary, Scope(names, declared, enclosing or {}), next(_units))
    walker.run()
    return walker.record


def _enclosing(walker: Walker) -> dict[str, Binding]:
    """Return what a function defined where `walker` stands sees of the functions around it."""
    if walker.scope is None:
        return {}
    enclosing = dict(walker.scope.enclosing)
    for name in walker.scope.names:
        binding = walker.flow.get(name)
        token = binding.token if binding is not None else Token(f"local:{walker.unit}:{name}")
        enclosing[name] = binding or Binding(Value(frozenset([token])), token)
    return enclosing


def function_value(walker: Walker, node: FunctionNode) -> Value:
    """Return the value of a function defined where `walker` stands."""
    book = walker.book
    summary = book.summaries.get(id(node))
    if summary is None:
        summary = book.summaries[id(node)] = blank_summary(node)
    enclosing = _enclosing(walker)
    around = dict(enclosing)
    if walker.scope is not None or isinstance(node, ast.Lambda) or id(node) not in book.finished:
        for names in walker.comprehensions:
            for name, value in names.items():
                enclosing[name] = Binding(value, Token())
        record = summarise(book, summary, enclosing)
        book.asked = True
        _pass_outwards(walker, record)
    walker.record.carried |= summary.reads
    captured = frozenset(
        b.token for n, b in around.items() if any(isinstance(c, ast.Name) and c.id == n for c in ast.walk(node))
    )
    return Value(tokens=frozenset([Token()]) | captured, functions=(summary,))


def _pass_outwards(walker: Walker, record: Record) -> None:
    """What an inner function reads and changes of the function around it counts there too: it may be called there."""
    if walker.scope is None:
        return
    for name, read in record.reads.items():
        walker.record.reads.setdefault(name, read)
    for name, place in record.changes.items():
        walker.record.changes.setdefault(name, place)
    for name in record.binds:
        walker.record.binds.setdefault(name, False)
    walker.record.effects += record.effects


def class_of(book: Book, node: ast.ClassDef) -> ClassInfo:
    """Return what is known of a class: its methods' summaries (blank until `finish`), its bases' names, its mutable
    attributes."""
    info = book.class_infos.get(id(node))
    if info is None:
        methods: dict[str, Summary] = {}
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if statement.name in methods:
                    methods[f"{statement.name}@{len(methods)}"] = methods[statement.name]
                methods[statement.name] = book.summaries.setdefault(
                    id(statement), blank_summary(statement, method=True)
                )
        attributes = frozenset(
            target.id
            for statement in node.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and _is_mutable(statement.value)
            for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
            if isinstance(target, ast.Name)
        )
        bases = tuple(b.id for b in node.bases if isinstance(b, ast.Name))
        properties = frozenset(
            s.name
            for s in node.body
            if isinstance(s, ast.FunctionDef) and any(_is_property(d) for d in s.decorator_list)
        )
        info = book.class_infos[id(node)] = ClassInfo(node.name, bases, methods, attributes, properties, node)
        for method in methods.values():
            _changes_of_the_class(info, method)
    return info


def local_class(walker: Walker, node: ast.ClassDef) -> ClassInfo:
    """Return what is known of a class defined inside a function."""
    info = class_of(walker.book, node)
    walker.book.asked = True
    for method in info.methods.values():
        _pass_outwards(walker, summarise(walker.book, method, _enclosing(walker)))
    return info


def _is_property(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return "property" in name or name in ("setter", "getter")


def _is_mutable(node: ast.expr | None) -> bool:
    return node is not None and not isinstance(node, (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Lambda, ast.JoinedStr))


def _changes_of_the_class(info: ClassInfo, method: Summary) -> None:
    """Find in a method's text what changes the class itself through `self` or `cls` (state shared by all instances)."""
    node = method.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    first = method.parameters[0] if method.parameters else ""
    is_class_method = any(
        isinstance(d, ast.Name) and d.id == "classmethod" for d in node.decorator_list
    ) or node.name in (
        "__init_subclass__",
        "__class_getitem__",
        "__new__",
    )
    for child in ast.walk(node):
        target = _changed_object(child)
        if target is None:
            continue
        if _is_class_of(target, first, is_class_method) or (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == first
            and target.attr in info.attributes
            and not _assigned_in_init(info, target.attr)
        ):
            method.changes.add(info.name)


def _changed_object(node: ast.AST) -> ast.expr | None:
    """Return the expression of the object that `node` changes in place, if it is a change."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in changers.CHANGER_METHODS:
            return node.func.value
    return None


def _is_class_of(node: ast.expr, first: str, is_class_method: bool) -> bool:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            return True
        node = node.value
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "type"
    return is_class_method and isinstance(node, ast.Name) and node.id == first


def _assigned_in_init(info: ClassInfo, attribute: str) -> bool:
    init = info.methods.get("__init__")
    if init is None or init.node is None:
        return False
    return any(
        isinstance(n, ast.Attribute) and n.attr == attribute and isinstance(n.ctx, ast.Store)
        for n in ast.walk(init.node)
    )


def finish(book: Book) -> None:
    """Work out all summaries of module-level functions and methods until nothing changes any more."""
    summaries = book.order
    if not summaries:
        summaries = [s for group in book.functions.values() for s in group]
        summaries += [m for infos in book.classes.values() for info in infos for m in info.methods.values()]
        summaries = book.order = _callees_first(summaries, book)
    unchanged = 0
    for summary in islice(cycle(summaries), len(summaries) * (len(summaries) + 2)):
        before = summary.size()
        if summary not in book.settled:
            book.asked = False
            summarise(book, summary)
            if not book.asked:  # whatever becomes of the others, another walk would say the same
                book.settled.add(summary)
        unchanged = unchanged + 1 if summary.size() == before else 0
        if unchanged == len(summaries):
            break
    book.finished |= {id(summary.node) for summary in summaries}


def _callees_first(summaries: list[Summary], book: Book) -> list[Summary]:
    """Return `summaries` so that, as far as names tell, each stands after those that it calls: then few rounds do."""
    ordered: dict[Summary, None] = {}
    seen: set[Summary] = set()
    for first in summaries:
        if first in seen:
            continue
        seen.add(first)
        path = [(first, _mentioned(first, book))]
        while path:
            summary, rest = path[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                ordered[summary] = None
                path.pop()
            else:
                seen.add(following)
                path.append((following, _mentioned(following, book)))
    wanted = set(summaries)
    return [summary for summary in ordered if summary in wanted]


def _mentioned(summary: Summary, book: Book) -> Iterator[Summary]:
    """Yield the functions and methods whose names stand in a function."""
    for node in nodes_of(summary.node) if summary.node is not None else ():
        if isinstance(node, ast.Name):
            yield from book.functions.get(node.id, ())
            for info in book.classes.get(node.id, ()):
                yield from info.methods.values()
        elif isinstance(node, ast.Attribute):
            yield from book.methods.get(node.attr, ())


def shows_something(summary: Summary) -> bool:
    """Say whether calling the function leaves more than its result: output, effects, changes."""
    quiet = {"reads", "reads-outside"}
    return bool(
        summary.changes
        or summary.binds
        or summary.changed_parameters
        or any(e.kind not in quiet for e in summary.effects)
    )


def effect_kinds(effects: set[Effect]) -> set[str]:
    """Return the kinds of `effects`."""
    return {effect.kind for effect in effects}
