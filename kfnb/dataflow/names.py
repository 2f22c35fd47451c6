"""Walks the whole notebook, step by step, and notes what each step does with each name: the heart of the analysis.

`graph.py` calls `walk_program`; `edges.py` turns the notes into what flows between steps.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec import Struct, field

from kfnb.dataflow.bindings import IMMUTABLE_KINDS
from kfnb.dataflow.functions import FunctionNode, class_of, function_value
from kfnb.dataflow.record import Place, Record
from kfnb.dataflow.statements import Walker
from kfnb.dataflow.values import UNKNOWN, Flow, Token, Value

if TYPE_CHECKING:
    from kfnb.dataflow.book import Book
    from kfnb.dataflow.program import CodeCell, Program, Statement
    from kfnb.dataflow.summaries import ClassInfo

_REPLAYABLE = frozenset(
    {"setter", "module", "environ", "sys.path", "seed", "draw", "draws-later", "draw-if-unseeded", "shows"}
    | {"reads-environ"}
)
_PLAIN_KINDS = frozenset({*IMMUTABLE_KINDS, "range"})
_SETTING = frozenset({"setter", "module", "environ", "sys.path"})


class Replay(Struct, frozen=True):
    """A statement that sets something in the session and can be repeated in later steps. `library`: None: at once."""

    statement: Statement
    library: str | None
    needs: frozenset[str]


class StepNotes(Struct):
    """What the walk found out about one step."""

    record: Record = field(default_factory=Record)
    replays: list[Replay] = field(default_factory=list)
    computed_settings: list[tuple[str, str, Place]] = field(default_factory=list)  # kind, library, place
    plain: set[str] = field(default_factory=set)  # names whose values hold no function or instance of the notebook
    immutable: set[str] = field(
        default_factory=set
    )  # names that refer to numbers, texts or functions when the step ends


class StepWalker(Walker):
    """Walks the steps of a notebook one after the other."""

    def __init__(self, book: Book, program: Program) -> None:
        super().__init__(book, Flow(), Record(), 0)
        self._conditional = [step.when is not None for step in program.steps]
        self._by_cell: dict[str, list[Statement]] = {}
        for statement in program.statements:
            self._by_cell.setdefault(statement.cell.id, []).append(statement)
        self.touched: set[Token] = set()
        self.statement_reads: set[str] = set()
        self.statement_binds: set[str] = set()
        self._drawing: list[tuple[str, Token]] = []  # provider, what draws from it whenever it is used

    def make_function(self, node: FunctionNode) -> Value:
        return function_value(self, node)

    def class_info(self, node: ast.ClassDef) -> ClassInfo:
        return class_of(self.book, node)

    def load_global(self, name: str, node: ast.AST, certain: bool | None = None) -> Value:
        self.statement_reads.add(name)
        return super().load_global(name, node, certain)

    def bind(self, name: str, value: Value, node: ast.AST, surely: bool = True) -> None:
        super().bind(name, value, node, surely)
        self.statement_binds.add(name)
        binding = self.flow.get(name)
        if binding is not None:
            self.touched.add(binding.token)

    def change(self, value: Value, node: ast.AST) -> None:
        super().change(value, node)
        self.touched |= value.tokens

    def share(self, *values: Value) -> None:
        super().share(*values)
        for value in values:
            self.touched |= value.tokens

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        carried = set(self.record.carried)
        super()._define(node)
        if node.name in self.book.setup:
            self.record.carried = carried

    def walk_ClassDef(self, node: ast.ClassDef) -> None:
        carried = set(self.record.carried)
        super().walk_ClassDef(node)
        if node.name in self.book.setup:
            self.record.carried = carried

    def explained(self, node: ast.AST) -> bool:
        return self._explained

    _explained = False

    # ------------------------------------------------------------------------------------------------ steps and cells

    def walk_step(self, program: Program, number: int) -> StepNotes:
        """Walk one step."""
        self.unit = number
        notes = StepNotes()
        self.record = notes.record
        self.touched = set()
        self.shown_in_cell = False
        for cell in program.steps[number].cells:
            self._walk_cell(cell, self._by_cell.get(cell.id, []), program, notes)
        for cell in program.steps[number].cells:
            for name in cell.changes:
                self._share_with_step(name)
        self._conclude(notes)
        return notes

    def _share_with_step(self, name: str) -> None:
        """A name tagged `changes:` may share with all that its step touches: that is how a change went unseen."""
        binding = self.flow.get(name)
        touched = {*self.record.binds, *self.record.reads} - self.book.setup
        others = [b.value for n in sorted(touched) if (b := self.flow.get(n)) is not None]
        if binding is not None:
            self.share(binding.value, *others)

    def _walk_cell(self, cell: CodeCell, statements: list[Statement], program: Program, notes: StepNotes) -> None:
        self.cell = cell.id
        self.place = Place(cell.id, 1)
        self.parsed = program.parses[cell.id]
        self.keeps = frozenset(cell.keeps)
        self._explained = bool(cell.uses or cell.binds)
        node = ast.copy_location(ast.Pass(), ast.Pass())
        node.lineno, node.col_offset = 1, 0
        for name in cell.uses:
            self.load_global(name, node, certain=False)
        start = self.flow
        if cell.may_raise:
            self.flow = start.branch()
        used: set[str] = set()
        self.certain = not cell.may_raise
        for statement in statements:
            self._walk_statement(statement, notes)
            used |= self.statement_reads | self.statement_binds
        self.certain = True
        if cell.may_raise:
            path, self.flow = self.flow, start
            path.ended = False
            self.flow.absorb([path, self.flow.branch()])
        self._hints(cell, node)
        if cell.metrics:
            self.record.metrics += [n for n in sorted(used) if n not in self.record.metrics and self._may_be_metric(n)]
        self.shown_in_cell = self.shown_in_cell or bool(statements and isinstance(statements[-1].node, ast.Expr))

    def _may_be_metric(self, name: str) -> bool:
        binding = self.flow.get(name)
        return (
            binding is not None
            and binding.value.dotted is None
            and not binding.value.functions
            and not binding.value.classes
        )

    def _is_plain(self, value: Value) -> bool:
        """Say whether a value surely holds no function, class or instance of the notebook."""
        if value.functions or value.classes or value.instances:
            return False
        return value.kind in _PLAIN_KINDS or (value.kind == "computed" and not self.book.operators)

    def _hints(self, cell: CodeCell, node: ast.AST) -> None:
        for name in cell.binds:
            self.bind(name, UNKNOWN, node, surely=False)
        for name in cell.changes:
            self.change(self.load_global(name, node, certain=False), node)
        if cell.draws:
            for provider in ("random", "numpy.random", "torch.random"):
                self.effect("draw", provider, node)

    def _walk_statement(self, statement: Statement, notes: StepNotes) -> None:
        self.statement_reads, self.statement_binds = set(), set()
        first = len(self.record.effects)
        node = statement.node
        self.shown = node.value if statement.last and isinstance(node, ast.Expr) else None
        self.walk(node)
        self.flow.ended = False
        self._note_draws(node, first)
        effects = self.record.effects[first:]
        if any(effect.kind in _SETTING for effect, _ in effects):
            self._note_settings(statement, notes, first)

    def _note_draws(self, node: ast.stmt, first: int) -> None:
        """What draws whenever it is used (a loader, a module with a dropout) draws in each later statement that reads
        it, or something that shares with it."""
        for provider, token in self._drawing:
            bindings = (self.flow.get(name) for name in self.statement_reads)
            if any(b is not None and b.token.root() is token.root() for b in bindings):
                self.effect("draw", provider, node)
        for provider in {effect.detail for effect, _ in self.record.effects[first:] if effect.kind == "draws-later"}:
            if not isinstance(node, (ast.Assign, ast.AnnAssign)):
                self.effect("draw", provider, node)
            made = (self.flow.get(name) for name in self.statement_binds)
            self._drawing += [(provider, b.token) for b in made if b is not None]

    def _note_settings(self, statement: Statement, notes: StepNotes, first: int) -> None:
        effects = [effect for effect, _ in self.record.effects[first:]]
        data = {
            name
            for name in self.statement_reads - self.statement_binds
            if name not in self.book.setup
            and self.flow.get(name) is not None
            and self.flow.get(name).value.dotted is None  # type: ignore[union-attr]
        }
        kinds = {effect.kind for effect in effects}
        libraries = sorted({effect.detail for effect in effects if effect.kind in ("setter", "module")})
        may_be_left_out = self._conditional[statement.step]
        if not data and not may_be_left_out and kinds <= _REPLAYABLE:
            needs = frozenset(n for n in self.statement_reads if n in self.book.setup)
            notes.replays.append(Replay(statement, libraries[0] if libraries else None, needs))
            return
        place = self.record.effects[first][1]
        for kind in sorted(kinds & _SETTING):
            if kind in ("environ", "sys.path"):
                self.effect("state", kind, statement.node)
            else:
                for library in libraries:
                    notes.computed_settings.append((kind, library, place))

    def _conclude(self, notes: StepNotes) -> None:
        record = notes.record
        for name in list(record.binds):
            binding = self.flow.get(name)
            record.binds[name] = (
                binding is not None and binding.unit == self.unit and binding.sure_here and not binding.deleted
            )
        record.deletes = {
            n for n in record.deletes if (b := self.flow.get(n)) is not None and b.deleted and b.unit == self.unit
        }
        for root in {token.root() for token in self.touched}:
            names = {
                n
                for n in root.names
                if (b := self.flow.get(n)) is not None and b.token.root() is root and not b.deleted
            }
            names -= self.book.setup
            if len(names) > 1:
                record.shared.append(names)
        for name in {*record.reads, *record.binds}:
            binding = self.flow.get(name)
            if binding is not None and self._is_plain(binding.value):
                notes.plain.add(name)
            if binding is not None and (
                binding.value.kind in IMMUTABLE_KINDS or binding.value.dotted is not None or name in self.book.setup
            ):
                notes.immutable.add(name)


def walk_program(program: Program, book: Book) -> list[StepNotes]:
    """Walk every step of `program` in order and return the notes."""
    walker = StepWalker(book, program)
    return [walker.walk_step(program, number) for number in range(len(program.steps))]
