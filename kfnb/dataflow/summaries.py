"""What calling a notebook function does, worked out once for each function and joined along the call graph.

Made by `functions.py`, applied by `calls.py` wherever a function is called or passed on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import ast


class Effect(msgspec.Struct, frozen=True):
    """Something a statement does beyond the notebook's names.

    `kind`: setter (detail: library) · module (an assignment into an imported module; detail: module) · seed, draw,
    state
    (detail: provider) · outside · reads-outside · reads, writes (detail: path pattern) · shows.
    `certain`: it happens whenever the statement runs.
    """

    kind: str
    detail: str = ""
    certain: bool = True
    line: int = 0


@dataclass(eq=False)
class Summary:
    """One function, lambda or method. Names are global names of the notebook; parameters are named as in its
    signature."""

    name: str
    parameters: tuple[str, ...] = ()
    positional: int = 0  # how many of them can be given by position
    varargs: str | None = None
    keywords: str | None = None
    defaults: frozenset[str] = frozenset()  # parameters with a default that may be mutable
    default_names: dict[str, str] = field(default_factory=dict)  # parameter → the name that is its default
    method: bool = False
    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    changed_parameters: set[str] = field(default_factory=set)
    returned_parameters: set[str] = field(default_factory=set)
    returned_globals: set[str] = field(default_factory=set)
    returned_kinds: set[str] = field(default_factory=set)
    returned_functions: list[Summary] = field(default_factory=list)
    returned_instances: list[ClassInfo] = field(default_factory=list)
    joined: set[frozenset[str]] = field(default_factory=set)  # `global:NAME`, `local:PARAMETER` that it makes share
    effects: set[Effect] = field(default_factory=set)
    stateful: bool = False  # it changes its own closure, default or attribute: calling it changes the function itself
    returned_closure: bool = False  # it may give out what its closure holds
    generator: bool = False
    remembers: bool = False  # it has a cache
    remembered: set[str] = field(default_factory=set)  # functions with a cache that may give what it gives back again
    node: ast.AST | None = None

    def size(self) -> tuple[int, ...]:
        """Return numbers that grow whenever the summary does (for the fixpoint)."""
        return (
            len(self.reads),
            len(self.binds),
            len(self.changes),
            len(self.deletes),
            len(self.changed_parameters),
            len(self.returned_parameters),
            len(self.returned_globals),
            len(self.returned_kinds),
            len(self.returned_functions),
            len(self.returned_instances),
            sum(map(len, self.joined)),
            len(self.effects),
            len(self.remembered),
            self.stateful,
            self.returned_closure,
        )


@dataclass(eq=False)
class ClassInfo:
    """A notebook class: its methods and what its bases are called."""

    name: str
    bases: tuple[str, ...] = ()
    methods: dict[str, Summary] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()  # mutable class attributes
    properties: frozenset[str] = frozenset()  # methods that run when an attribute is read or stored
    node: ast.ClassDef | None = None

    def overwritten(self, name: str) -> list[Summary]:
        """Return the earlier methods called `name`: a property's getter, where its setter follows."""
        return [method for key, method in self.methods.items() if key.startswith(f"{name}@")]
