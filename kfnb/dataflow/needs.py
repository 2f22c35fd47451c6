"""What the setup names of a notebook need, each looked up once: the analysis asks it of every step.

Used by `edges.py` once the table of setup and all summaries are complete.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from typing import TYPE_CHECKING

from kfnb.dataflow.flows import SetupUse
from kfnb.dataflow.name_sets import NameSets, chosen
from kfnb.dataflow.slices import called_names, import_roots

if TYPE_CHECKING:
    from kfnb.dataflow.book import Book
    from kfnb.dataflow.program import Program
    from kfnb.dataflow.slices import Definition, SetupTable


class Needs:
    """Answers for sets of names, as bits of `sets`, what must be there with them and which statements give it."""

    def __init__(self, program: Program, table: SetupTable, book: Book) -> None:
        self._book = book
        self._called: dict[str, frozenset[str]] = {}
        by_name = table.by_name
        ordered = sorted(by_name)
        self.sets = NameSets(ordered)  # setup names first, so that a set of them comes out in alphabetical order
        self.known = self.sets.of(ordered)
        self.setup = self.sets.of(sorted(book.setup))
        self.definitions = self.sets.of(n for n, found in by_name.items() if found[0].kind == "definition")
        self.session_objects = self.sets.of(n for n, found in by_name.items() if any(map(_is_session_object, found)))
        self._closures = self._find_closures(by_name)
        self._linking = self.sets.of(self._closures)
        self.required = {name: found for name, found in by_name.items() if any(d.needs for d in found)}
        self.imports = [s for s in program.statements if isinstance(s.node, (ast.Import, ast.ImportFrom))]
        self.import_roots = {statement.position: import_roots(statement.node) for statement in self.imports}
        self._uses = {
            d.statement.position: SetupUse(d.statement, d.kind, d.names) for found in by_name.values() for d in found
        }
        self.repeatable = {*self._uses, *self.import_roots}
        self._places = [by_name[name][0].statement.position for name in ordered]
        self._plain = self.sets.of(n for n, found in by_name.items() if len(found) == 1 and found[0].kind != "import")
        self._others = {
            name: [d.statement.position for d in by_name[name]] for name in self.sets.within(self.known & ~self._plain)
        }
        self._called_bits: dict[str, int] = {}

    def _find_closures(self, by_name: dict[str, list[Definition]]) -> dict[str, int]:
        """Return for each setup name that needs others all that it needs, by however many steps."""
        links: dict[str, set[str]] = {}
        for name, definitions in by_name.items():
            needed = set(self.called(name)).union(*(definition.needs for definition in definitions))
            if others := (needed & by_name.keys()) - {name}:
                links[name] = others
        found = {name: self.sets.of(others) for name, others in links.items()}
        order, grown = list(links), True
        while grown:  # definitions stand mostly below what they need, so few rounds do
            grown = False
            for name in order:
                bits = found[name]
                for other in links[name]:
                    bits |= found.get(other, 0)
                if bits != found[name]:
                    found[name], grown = bits, True
            order.reverse()
        return found

    def above(self, names: int, position: int) -> tuple[list[int], dict[int, SetupUse]]:
        """Return where the definitions and literals of `names` stand above `position`, in order, and the nearest import
        of each that is one, by where it stands."""
        places = sorted(chosen(self._places, names & self._plain))
        del places[bisect_left(places, position) :]
        found = {}
        for name in self.sets.within(names & self.known & ~self._plain):
            several = self._others[name]
            if (count := bisect_left(several, position)) > 0:
                found[several[count - 1]] = self._uses[several[count - 1]]
        return places, found

    def uses(self, places: list[int], others: dict[int, SetupUse]) -> list[SetupUse]:
        """Return the setup that stands at `places`, and `others` by where they stand, in notebook order."""
        found = list(map(self._uses.__getitem__, places))
        for place, use in others.items():  # few
            at = bisect_left(places, place)
            if at < len(places) and places[at] == place:
                found[at] = use
            else:
                places.insert(at, place)
                found.insert(at, use)
        return found

    def called(self, name: str) -> frozenset[str]:
        """Return the names that the functions and methods called `name` read when they are called."""
        known = self._called.get(name)
        if known is None:
            known = self._called[name] = frozenset(called_names(name, self._book))
        return known

    def with_called(self, names: int) -> int:
        """Return `names` and what the functions and methods called so read."""
        found = names
        for name in self.sets.within(names):
            bits = self._called_bits.get(name)
            if bits is None:
                bits = self._called_bits[name] = self.sets.of(sorted(self.called(name)))
            found |= bits
        return found

    def closure(self, names: int) -> int:
        """Return those of `names` that are setup, and all setup that they need, when defined or when called."""
        found = names & self.known
        for name in self.sets.within(found & self._linking):
            found |= self._closures[name]
        return found


def _is_session_object(definition: Definition) -> bool:
    """Say whether a setup name is an object of the session: a logger, a handler."""
    return definition.kind == "definition" and isinstance(definition.statement.node, (ast.Assign, ast.AnnAssign))
