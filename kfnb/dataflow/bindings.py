"""What reading, binding, deleting and changing a name mean in one unit: a step, or a function (then `scope` is set).

`expressions.py` walks the syntax on top of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfnb.dataflow.book import BUILTINS, IPYTHON_NAMES, Book
from kfnb.dataflow.record import Finding, Place, Read, Record
from kfnb.dataflow.summaries import Effect
from kfnb.dataflow.values import UNKNOWN, Binding, Flow, Token, Value, join

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

IMMUTABLE_KINDS = frozenset({"number", "text", "path"})
"""Kinds of values that cannot change."""

_LAST_OUTPUTS = frozenset({"_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "In", "Out"})


@dataclass
class Scope:
    """The inside of a function: its own names and those of the functions around it."""

    names: frozenset[str]
    declared_global: frozenset[str] = frozenset()
    enclosing: dict[str, Binding] = field(default_factory=dict)
    globals: dict[str, Token] = field(default_factory=dict)


class _Perhaps:
    """Within it nothing that a walker meets is certain. Many are made; a generator would take three times as long."""

    __slots__ = ("_before", "_walker")

    def __init__(self, walker: BindingWalker) -> None:
        self._walker = walker

    def __enter__(self) -> None:
        self._before, self._walker.certain = self._walker.certain, False

    def __exit__(self, *_: object) -> None:
        self._walker.certain = self._before


class BindingWalker:
    """Keeps what one unit does to names. Responsible for what reading, binding, deleting and changing mean; not for the
    syntax that does it."""

    def __init__(self, book: Book, flow: Flow, record: Record, unit: int, scope: Scope | None = None) -> None:
        self.book = book
        self.flow = flow
        self.record = record
        self.unit = unit
        self.scope = scope
        self.certain = True
        self.comprehensions: list[dict[str, Value]] = []
        self.place = Place("", 1)
        self.cell = ""
        self.keeps: frozenset[str] = frozenset()
        self.shown_in_cell = False
        self.named_lookups: set[int] = set()  # calls of globals() whose one name is known
        self._touching: list[Iterator[str]] = []  # names still to be read, of each value that is being touched
        self.raised: list[Value] = []  # exceptions raised in the `try` that is walked

    # ------------------------------------------------------------------------------------------------ noting things

    def at(self, node: ast.AST) -> Place:
        """Return the place of `node`."""
        line = getattr(node, "lineno", None)
        return Place(self.cell, line, getattr(node, "col_offset", 0) + 1) if line else self.place

    def effect(self, kind: str, detail: str, node: ast.AST) -> None:
        """Note an effect."""
        place = self.at(node)
        self.record.effects.append((Effect(kind, detail, self.certain, place.line), place))

    def finding(self, code: str, message: str, node: ast.AST, fix: str | None = None, severity: str = "error") -> None:
        """Note a diagnostic."""
        self.record.findings.append(Finding(code, severity, message, self.at(node), fix))

    def perhaps(self) -> _Perhaps:
        """What is walked inside may not happen."""
        return _Perhaps(self)

    # ------------------------------------------------------------------------------------------------ names

    def load(self, name: str, node: ast.AST) -> Value:
        """Read `name` and return what is known of it."""
        for names in reversed(self.comprehensions):
            if name in names:
                return names[name]
        if self.scope is not None:
            return self._load_in_function(name, node, self.scope)
        return self.load_global(name, node)

    def _load_in_function(self, name: str, node: ast.AST, scope: Scope) -> Value:
        if name in scope.names and name not in scope.declared_global:
            binding = self.flow.get(name)
            return binding.value if binding is not None else UNKNOWN
        if name in scope.enclosing and name not in scope.declared_global:
            return scope.enclosing[name].value
        return self.load_global(name, node)

    def load_global(self, name: str, node: ast.AST, certain: bool | None = None) -> Value:
        """Read a name of the notebook."""
        certain = self.certain if certain is None else certain
        if self.scope is not None:
            return self._load_from_function(name, node)
        binding = self.flow.get(name)
        if binding is None:
            return self._load_unbound(name, node, certain)
        inside = binding.unit == self.unit and binding.sure_here
        if not inside or binding.deleted:
            known = self.record.reads.get(name)
            certain = certain and (binding.unit != self.unit or binding.deleted)  # else it may be bound here
            if known is None or (certain and not known.certain):
                self.record.reads[name] = Read(
                    self.at(node), certain, not binding.deleted or not certain, binding.deleted
                )
        value = binding.value
        if value.kind == "handle" and not inside and binding.unit != self.unit:
            self.finding(
                "KF403",
                f"`{name}` is shown by another step; what is shown there cannot be updated from here.",
                node,
                "Put both cells into one step, or display it anew here.",
            )
        self.touch(value, node)
        if name in self.book.setup and (value.functions or value.classes):
            self.record.calls.add(name)
        return value

    def _load_unbound(self, name: str, node: ast.AST, certain: bool) -> Value:
        if name in BUILTINS:
            return Value(dotted=name, kind="builtin")
        if (
            name in _LAST_OUTPUTS
            or (name[:1] == "_" and name[1:].isdigit())
            or (name[:2] == "_i" and name[2:].isdigit())
        ):
            if not self.shown_in_cell or name in ("In", "Out", "_ih", "_oh"):
                self.finding(
                    "KF204",
                    f"`{name}` looks at what other cells showed; a step sees only its own.",
                    node,
                    "Give the value a name in the cell that shows it.",
                )
            return UNKNOWN
        if name in IPYTHON_NAMES:
            return Value(dotted=name, kind="builtin")
        known = self.record.reads.get(name)
        if known is None or (certain and not known.certain):
            self.record.reads[name] = Read(self.at(node), certain, False)
        return UNKNOWN

    def _load_from_function(self, name: str, node: ast.AST) -> Value:
        assert self.scope is not None
        book = self.book
        if name in book.imports:
            self.record.reads.setdefault(name, Read(self.at(node), False, True))
            return Value(dotted=book.imports[name], direct=frozenset([name]) if name in book.setup else frozenset())
        if name not in book.bound:
            if name in BUILTINS or name in IPYTHON_NAMES:
                return Value(dotted=name, kind="builtin")
            self.record.reads.setdefault(name, Read(self.at(node), False, False))
            return UNKNOWN
        self.record.reads.setdefault(name, Read(self.at(node), False, True))
        setup = name in book.setup
        token = self.scope.globals.setdefault(name, Token("global:" + name))
        functions, classes = tuple(book.functions.get(name, ())), tuple(book.classes.get(name, ()))
        book.asked = book.asked or bool(functions or classes)
        value = Value(
            tokens=frozenset() if setup else frozenset([token]),
            functions=functions,
            classes=classes,
            direct=frozenset([name]) if setup else frozenset(),
        )
        self.touch(value, node)
        return value

    def touch(self, value: Value, node: ast.AST) -> None:
        """Read what the functions and classes that `value` may be need when they are called."""
        if not (value.functions or value.classes or value.instances):
            return
        self._touching.append(iter(self._read_when_called(value)))
        if len(self._touching) > 1:
            return  # the loop below goes on with it: a chain of calls may be longer than Python's stack
        while self._touching:
            name = next(self._touching[-1], None)
            if name is None:
                self._touching.pop()
            elif name not in self.record.reads and not (self.scope is None and self._is_here(name)):
                self.load_global(name, node, certain=False)

    def _read_when_called(self, value: Value) -> list[str]:
        names: set[str] = set()
        known = self.record.reads.keys()
        for summary in value.functions:
            names |= summary.reads - known
        for info in (*value.classes, *value.instances):
            for relative in self.book.family(info) if info.bases or info.name else [info]:
                for method in relative.methods.values():
                    names |= method.reads - known
        return sorted(names)

    def _is_here(self, name: str) -> bool:
        binding = self.flow.get(name)
        return binding is not None and binding.unit == self.unit and binding.sure_here and not binding.deleted

    def bind(self, name: str, value: Value, node: ast.AST, surely: bool = True) -> None:
        """Bind `name` to `value` from here on. `surely` is False where the binding may not happen on this path."""
        if self.scope is not None and (name not in self.scope.names or name in self.scope.declared_global):
            if name in self.scope.enclosing and name not in self.scope.declared_global:
                for known in sorted(self.scope.enclosing[name].token.root().names):  # nonlocal: the cell changes
                    self.record.changes.setdefault(known, self.at(node))
                return
            join([self.scope.globals.setdefault(name, Token("global:" + name)), *value.tokens])
            self.record.binds.setdefault(name, False)
            return
        prefix = name if self.scope is None else "local:" + name
        token = join([Token(prefix), *value.tokens])
        assert token is not None
        token.root().names.add(prefix)
        bound = replace(value, tokens=frozenset([token]))
        if self.scope is None:
            self.record.binds[name] = True
            if name in self.book.setup:
                bound = replace(bound, tokens=frozenset(), direct=frozenset([name]))
        binding = Binding(bound, token, True, self.unit, True)
        if surely:
            self.flow.set(name, binding)
        else:
            base, path = self.flow, self.flow.branch()
            path.set(name, binding)
            base.absorb([path, base.branch()])

    def delete(self, name: str, node: ast.AST) -> None:
        """Unbind `name`."""
        if self.scope is not None and (name not in self.scope.names or name in self.scope.declared_global):
            self.record.deletes.add(name)
            return
        self.load(name, node)
        if self.scope is None:
            self.record.deletes.add(name)
            self.record.binds[name] = True
            if name in self.book.setup:
                self.record.demoted.add(name)
        if self.scope is None and name in BUILTINS:  # the builtin of that name is back
            self.flow.set(name, Binding(Value(dotted=name, kind="builtin"), Token(), True, -1))
            return
        self.flow.set(name, Binding(UNKNOWN, Token(name), False, self.unit, True, deleted=True))

    def change(self, value: Value, node: ast.AST) -> None:
        """Note that the object behind `value`, and all that may share with it, changes in place (numbers and texts
        cannot)."""
        if value.kind in IMMUTABLE_KINDS or value.dotted is not None:
            return
        for name in value.direct:
            self.record.demoted.add(name)
            if self.scope is not None:
                self.record.changes.setdefault(name, self.at(node))
        roots = {token.root() for token in value.tokens}
        if not roots:
            return
        for root in roots:
            self.book.altered |= root.memories
            for name in sorted(root.names):
                if self.scope is None:
                    self._change_name(name, root, node)
                else:
                    self.record.changes.setdefault(name, self.at(node))

    def _change_name(self, name: str, root: Token, node: ast.AST) -> None:
        binding = self.flow.get(name)
        if binding is None or binding.token.root() is not root or binding.deleted:
            return
        if name in self.keeps or name in self.book.setup:
            return
        if not (binding.unit == self.unit and binding.sure_here):
            self.record.changes.setdefault(name, self.at(node))

    def use_up(self, value: Value, node: ast.AST) -> None:
        """Note that an iterator is gone over: it changes, what it goes over does not."""
        if self.scope is not None:
            return
        for root in {token.root() for token in value.tokens}:
            for name in sorted(root.names):
                binding = self.flow.get(name)
                if binding is not None and binding.value.kind == "iterator":
                    self._change_name(name, root, node)

    def share(self, *values: Value) -> None:
        """Note that all `values` may share parts from here on."""
        join(token for value in values for token in value.tokens)
