"""What the setup names of a notebook need, each looked up once: the analysis asks it of every step.

Used by `edges.py` once the table of setup and all summaries are complete.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING

from kfnb.dataflow.flows import SetupUse
from kfnb.dataflow.slices import called_names, import_roots

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from kfnb.dataflow.book import Book
    from kfnb.dataflow.program import Program
    from kfnb.dataflow.slices import Definition, SetupTable


class Needs:
    """Answers for sets of names, at the speed of sets, what must be there with them and which statements give it."""

    def __init__(self, program: Program, table: SetupTable, book: Book) -> None:
        self._book = book
        self._table = table
        self._called: dict[str, set[str]] = {}
        by_name = table.by_name
        self.definitions = {n for n, found in by_name.items() if found[0].kind == "definition"}
        self.session_objects = {n for n, found in by_name.items() if any(map(_is_session_object, found))}
        self._linked: dict[str, set[str]] = {}
        for name, found in by_name.items():
            more = self.called(name).union(*(definition.needs for definition in found)) & by_name.keys()
            if more - {name}:
                self._linked[name] = more
        self.required = {name: found for name, found in by_name.items() if any(d.needs for d in found)}
        self.imports = [s for s in program.statements if isinstance(s.node, (ast.Import, ast.ImportFrom))]
        self.import_roots = {statement.position: import_roots(statement.node) for statement in self.imports}
        self._uses: dict[int, SetupUse] = {}  # by position
        self._single: dict[str, int] = {}  # where the names stand that have one statement
        self._several: dict[str, list[int]] = {}
        for name, found in by_name.items():
            for definition in found:
                where = definition.statement.position
                self._uses[where] = SetupUse(definition.statement, definition.kind, definition.names)
            if len(found) == 1:
                self._single[name] = found[0].statement.position
            else:
                self._several[name] = [d.statement.position for d in found]

    def above(self, names: AbstractSet[str], position: int) -> dict[int, SetupUse]:
        """Return the nearest statement of each of `names` before `position`, by where they stand."""
        single, uses = self._single, self._uses
        found = {at: uses[at] for name in names & single.keys() if (at := single[name]) < position}
        for name in names & self._several.keys():
            places = self._several[name]
            if (count := bisect_left(places, position)) > 0:
                found[places[count - 1]] = uses[places[count - 1]]
        return found

    def called(self, name: str) -> set[str]:
        """Return the names that the functions and methods called `name` read when they are called."""
        known = self._called.get(name)
        if known is None:
            known = self._called[name] = called_names(name, self._book)
        return known

    def closure(self, names: AbstractSet[str]) -> set[str]:
        """Return those of `names` that are setup, and all setup that they need, when defined or when called."""
        done = set(names & self._table.by_name.keys())
        pending = done & self._linked.keys()
        while pending:
            new: set[str] = set().union(*(self._linked[name] for name in pending)) - done
            done |= new
            pending = new & self._linked.keys()
        return done


def _is_session_object(definition: Definition) -> bool:
    """Say whether a setup name is an object of the session: a logger, a handler."""
    return definition.kind == "definition" and isinstance(definition.statement.node, (ast.Assign, ast.AnnAssign))
