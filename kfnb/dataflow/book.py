"""What is known of a whole notebook while it is walked: its functions, classes and imports, and which names are setup.

Filled by `graph.py` before the walk, read by the walkers.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfnb.dataflow.program import StarResolver
    from kfnb.dataflow.summaries import ClassInfo, Summary

BUILTINS = frozenset(dir(builtins))
IPYTHON_NAMES = frozenset(
    {"get_ipython", "display", "exit", "quit", "In", "Out", "__name__", "__doc__", "__builtin__", "__builtins__", "_dh"}
    | {"__file__", "__package__", "__spec__", "__loader__", "__session__"}
)
"""Names that IPython puts into every kernel's namespace
(IPython.core.interactiveshell.InteractiveShell.init_user_ns)."""


_NO_OPERATORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__repr__", "__str__", "__len__", "__bool__", "__hash__", "__eq__"}
    | {"__enter__", "__exit__", "__del__", "__call__", "__init_subclass__", "__format__", "__contains__"}
)


@dataclass
class Book:
    """Knowledge shared by all walkers of one analysis."""

    functions: dict[str, list[Summary]] = field(default_factory=dict)
    classes: dict[str, list[ClassInfo]] = field(default_factory=dict)
    methods: dict[str, list[Summary]] = field(default_factory=dict)
    properties: dict[str, list[Summary]] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    setup: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)  # every module that some import names, and the packages above it
    submodules: set[str] = field(default_factory=set)  # those that code reaches as an attribute of their package
    stored: set[str] = field(default_factory=set)  # every attribute that some statement assigns
    defaulting: set[str] = field(default_factory=set)  # names and attributes that some statement makes a defaultdict
    bound: set[str] = field(default_factory=set)  # every name that some statement binds at module scope
    escaping: list[Summary] = field(default_factory=list)  # functions that something else than their name may call
    summaries: dict[int, Summary] = field(default_factory=dict)  # by id of the definition's node
    class_infos: dict[int, ClassInfo] = field(default_factory=dict)
    order: list[Summary] = field(default_factory=list)  # of functions and methods: those that are called come first
    settled: set[Summary] = field(default_factory=set)  # those that depend on no other function or class
    asked: bool = False  # whether a walk has asked what another function or class does
    finished: set[int] = field(default_factory=set)
    altered: set[str] = field(default_factory=set)  # functions with a cache whose results are changed
    local_modules: frozenset[str] = frozenset()  # modules of the notebook's own folder
    stateful: frozenset[str] = frozenset()  # functions of those modules that change the module: `module.function`
    _families: dict[ClassInfo, list[ClassInfo]] = field(default_factory=dict)
    _families_of: int = 0  # number of classes for which they hold
    resolver: StarResolver | None = None  # what a star import binds
    scripts: StarResolver | None = None  # what `%run PATH` binds

    @property
    def operators(self) -> bool:
        """Whether some class of the notebook overloads an operator, so that arithmetic may give instances of it."""
        return any(name.startswith("__") and name not in _NO_OPERATORS for name in self.methods)

    def method_summaries(self, info: ClassInfo, name: str) -> list[Summary]:
        """Return what `name` may be on an instance of `info`, through its bases (and those below it, which may
        override)."""
        found: list[Summary] = []
        for candidate in self.family(info):
            if name in candidate.methods:
                found.append(candidate.methods[name])
        return found

    def family(self, info: ClassInfo) -> list[ClassInfo]:
        """Return `info`, its notebook bases and its notebook subclasses."""
        known = sum(map(len, self.classes.values()))
        if known != self._families_of:  # classes are noted one after the other before the walk
            self._families, self._families_of = {}, known
        if info not in self._families:
            self._families[info] = self._find_family(info)
        return self._families[info]

    def _find_family(self, info: ClassInfo) -> list[ClassInfo]:
        family, names = [info], {info.name}
        grown = True
        while grown:
            grown = False
            for candidates in self.classes.values():
                for candidate in candidates:
                    if candidate in family:
                        continue
                    if candidate.name in {b for c in family for b in c.bases} or names & set(candidate.bases):
                        family.append(candidate)
                        names.add(candidate.name)
                        grown = True
        return family
