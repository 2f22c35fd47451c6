"""What the walk through a notebook knows of values: which names may share an object, and a little of what they are.

A `Token` stands for an object (or several that share parts) that names may refer to; tokens that may share mutable
parts are
joined, never parted: sharing is assumed too often rather than too seldom. A `Value` is what is known of an
expression's result,
a `Binding` what is known of a name, `Flow` all bindings at one point of the program. Used by the walkers only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kfnb.dataflow.summaries import ClassInfo, Summary


class Token:
    """A node of a union-find forest; `names` (of the root) are all names that ever referred to it, `memories` the
    functions with a cache that may give it out again."""

    __slots__ = ("memories", "names", "parent")

    def __init__(self, *names: str, memories: Iterable[str] = ()) -> None:
        self.parent: Token | None = None
        self.names: set[str] = set(names)
        self.memories = frozenset(memories)

    def root(self) -> Token:
        """Return the token that stands for everything joined with this one."""
        token = self
        while token.parent is not None:
            if token.parent.parent is not None:
                token.parent = token.parent.parent
            token = token.parent
        return token


def join(tokens: Iterable[Token]) -> Token | None:
    """Say that all `tokens` may share parts; return the token that stands for them, or None if there are none."""
    result: Token | None = None
    for token in tokens:
        root = token.root()
        if result is None or root is result:
            result = root
            continue
        if len(root.names) > len(result.names):
            root, result = result, root
        root.parent = result
        result.names |= root.names
        result.memories |= root.memories
        root.names = set()
    return result


class Value(msgspec.Struct, frozen=True):
    """What is known of an expression's result.

    `tokens`: objects it may share parts with (none: fresh or immutable). `dotted`: the imported thing it is, by its
    full
    name. `kind`: iterator, rng, list, dict, number, text, frame, stateful, fresh, computed (by an operator) and
    others. `functions`: notebook
    functions it may be. `classes`: notebook classes it may be. `instances`: notebook classes it may be an instance of.
    `path`: the path it spells, with `*` for what is not known. `direct`: setup names that it simply is.
    """

    tokens: frozenset[Token] = frozenset()
    dotted: str | None = None
    kind: str | None = None
    functions: tuple[Summary, ...] = ()
    classes: tuple[ClassInfo, ...] = ()
    instances: tuple[ClassInfo, ...] = ()
    path: str | None = None
    direct: frozenset[str] = frozenset()


UNKNOWN = Value()


def merge(values: Iterable[Value], kind: str | None = None) -> Value:
    """Return a value that may share with any of `values` (the elements of a display, the branches of an `or`)."""
    tokens: set[Token] = set()
    functions: list[Summary] = []
    classes: list[ClassInfo] = []
    instances: list[ClassInfo] = []
    direct: set[str] = set()
    for value in values:
        tokens |= value.tokens
        functions += [f for f in value.functions if f not in functions]
        classes += [c for c in value.classes if c not in classes]
        instances += [c for c in value.instances if c not in instances]
        direct |= value.direct
    return Value(
        frozenset(tokens),
        kind=kind,
        functions=tuple(functions),
        classes=tuple(classes),
        instances=tuple(instances),
        direct=frozenset(direct),
    )


class Binding(msgspec.Struct, frozen=True):
    """What is known of a name at one point. `sure`: bound on every path.

    `unit`: number of the step (or function) that bound it last, on some path; `sure_here`: on every path.
    """

    value: Value
    token: Token
    sure: bool = True
    unit: int = -1
    sure_here: bool = False
    deleted: bool = False


class Flow:
    """All bindings at one point of the program. A branch starts from its parent and keeps only what it binds itself.

    `ended`: nothing after this point runs on this path (a raise or a return).
    """

    __slots__ = ("ended", "own", "parent")

    def __init__(self, parent: Flow | None = None) -> None:
        self.parent = parent
        self.own: dict[str, Binding] = {}
        self.ended = False

    def get(self, name: str) -> Binding | None:
        """Return what is known of `name` here, or None if it was never bound."""
        flow: Flow | None = self
        while flow is not None:
            binding = flow.own.get(name)
            if binding is not None:
                return binding
            flow = flow.parent
        return None

    def set(self, name: str, binding: Binding) -> None:
        """Bind `name` from here on."""
        self.own[name] = binding

    def branch(self) -> Flow:
        """Return a path that starts here."""
        return Flow(self)

    def absorb(self, paths: list[Flow]) -> None:
        """Go on where `paths`, all branches of this one, meet."""
        living = [path for path in paths if not path.ended]
        if not living:
            self.ended = True
            living = paths
        for name in {name: None for path in living for name in path.own}:
            bindings = [path.get(name) for path in living]
            self.own[name] = _meet(bindings)


def _meet(bindings: list[Binding | None]) -> Binding:
    known = [b for b in bindings if b is not None]
    first = known[0]
    if len(known) == len(bindings) and all(b is first for b in known):
        return first
    token = join(b.token for b in known)
    assert token is not None
    value = merge([b.value for b in known], first.value.kind if len({b.value.kind for b in known}) == 1 else None)
    if len({b.value.dotted for b in known}) == 1:
        value = replace(value, dotted=first.value.dotted)
    path = first.value.path if len({b.value.path for b in known}) == 1 else None
    unit = max(b.unit for b in known)
    everywhere = len(known) == len(bindings)
    return Binding(
        value=replace(value, tokens=frozenset([token]), path=path),
        token=token,
        sure=everywhere and all(b.sure for b in known),
        unit=unit,
        sure_here=everywhere and all(b.sure_here and b.unit == unit for b in known),
        deleted=everywhere and all(b.deleted for b in known),
    )
