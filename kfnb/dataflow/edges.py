"""Turns the notes of the walk into what flows between steps: who takes which name from whom, what stays together, in
which order.

Rules: 2 of the architecture's "What flows". Used by `graph.py`; pure.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfnb.dataflow import paths
from kfnb.dataflow.conditions import plain_if
from kfnb.dataflow.flows import Given, SetupUse, StepFlow, Taken
from kfnb.dataflow.needs import Needs
from kfnb.dataflow.record import Place, Read
from kfnb.dataflow.slices import (
    SetupTable,
    future_import,
    imported_modules,
)
from kfnb.dataflow.spans import Spans
from kfnb.dataflow.tables.random import DRAWS_ON_IMPORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.dataflow.book import Book
    from kfnb.dataflow.names import Replay, StepNotes
    from kfnb.dataflow.program import Program, Statement

_RANDOM = ("random", "numpy.random", "torch.random")


@dataclass
class EdgeBuilder:
    """Builds the flows of all steps, in notebook order."""

    program: Program
    book: Book
    table: SetupTable
    notes: list[StepNotes]
    parameters: dict[str, bool]
    flows: list[StepFlow] = field(default_factory=list)

    def build(self) -> list[StepFlow]:
        """Return one flow per step."""
        self.flows = [StepFlow() for _ in self.notes]
        self.imported: list[set[str]] = []  # packages that each step imports, by itself or with its setup
        self.needs = Needs(self.program, self.table, self.book)
        self.repeatable = self.needs.repeatable  # grows by the settings
        self.data = [self._data_reads(note) for note in self.notes]
        self.setup_reads = [self._setup_reads(note) for note in self.notes]
        self._carry_functions()
        self._liveness()
        self._hot_names()
        self._names()
        self._definitions_of_groups()
        self._state()
        self._settings()
        self._module_state()
        self._files()
        self._outside()
        self._guards()
        self._sharing_to_check()
        installed: list[str] = []  # holds for all later steps
        for flow, note, step in zip(self.flows, self.notes, self.program.steps, strict=True):
            flow.metrics = tuple(note.record.metrics)
            flow.imports = tuple(sorted(note.record.imports))
            installed += (
                r
                for cell in step.cells
                for r in (self.program.parses[cell.id].requirements if cell.id in self.program.parses else ())
            )
            flow.requirements = tuple(dict.fromkeys(installed))
        return self.flows

    # ------------------------------------------------------------------------------------------------ names

    def _is_data(self, name: str) -> bool:
        return name not in self.book.setup and name in self.bound_anywhere

    @property
    def bound_anywhere(self) -> set[str]:
        """Return every name that some step binds."""
        if not hasattr(self, "_bound"):
            self._bound = {name for note in self.notes for name in note.record.binds}
        return self._bound

    def _data_reads(self, note: StepNotes) -> dict[str, Read]:
        return {name: read for name, read in note.record.reads.items() if self._is_data(name)}

    def _setup_reads(self, note: StepNotes) -> int:
        return self.needs.sets.of(note.record.reads) & self.needs.setup

    def _carry_functions(self) -> None:
        """Functions and classes go where values go: who takes a value in may call what it holds, so reads what that
        reads."""
        needs = self.needs
        producers: dict[str, int] = {}
        produced = 0
        self.calls: list[int] = []
        carried: list[int] = []  # with what the calls read
        for number, note in enumerate(self.notes):
            record = note.record
            calls = needs.closure(needs.sets.of(record.calls))
            if record.needs_definitions:  # what it loads may be of any class of the notebook
                calls |= needs.known
            calls &= needs.definitions
            mine = needs.with_called(calls) | needs.sets.of(record.carried)
            done: set[int] = set()
            while True:
                taken = (
                    self.data[number].keys()
                    | record.changes.keys()
                    | {n for n, sure in record.binds.items() if not sure}
                )
                new = {producers[n] for n in taken if n in producers and n not in self.notes[producers[n]].plain} - done
                if not new:
                    break
                for producer in new:
                    calls |= self.calls[producer]
                    mine |= carried[producer]
                done |= new
                self._read_more(number, mine, produced)
            self.calls.append(calls)
            carried.append(mine)
            for name in (*record.binds, *record.changes):
                if name not in self.book.setup:
                    producers[name] = number
                    produced |= needs.sets.bit(name)

    def _read_more(self, number: int, names: int, produced: int) -> None:
        record = self.notes[number].record
        self.setup_reads[number] |= names & self.needs.setup
        for name in sorted(self.needs.sets.within(names & ~self.needs.setup & produced)):
            if not (record.binds.get(name) and name not in record.reads) and name not in self.data[number]:
                self.data[number][name] = Read(Place("", 0), False, True)

    def _definitions_of_groups(self) -> None:
        """What is saved in one group is loaded together: who takes a name needs the classes of all that stands beside
        it."""
        for number, flow in enumerate(self.flows):
            holding = {t.producer for t in flow.inputs.values() if t.name not in self.notes[t.producer].plain}
            for producer in holding:
                self.calls[number] |= self.calls[producer]
            self.setup_reads[number] |= self.calls[number]

    def _liveness(self) -> None:
        """Work out, from the last step up, which names are still read further down (and which are the notebook's last
        values)."""
        final = {
            name
            for note in self.notes
            for name in note.record.binds
            if not name.startswith("_") and name not in self.book.setup and name not in self.book.imports
        }
        self.live, self.read_later = Spans(final), Spans()
        for number in range(len(self.notes) - 1, -1, -1):
            record = self.notes[number].record
            sure = {n for n, surely in record.binds.items() if surely} | record.deletes
            kept = record.changes.keys() | {n for n, surely in record.binds.items() if not surely}
            for spans in (self.live, self.read_later):
                spans.above(number, sure, self.data[number].keys() | (kept & spans.now))

    def _hot_names(self) -> None:
        """Names that some later step changes in place, or compares by `is`, while they still mean the same object."""
        self.hot, self.compared = Spans(), Spans()
        for number in range(len(self.notes) - 1, -1, -1):
            record = self.notes[number].record
            sure = {n for n, surely in record.binds.items() if surely}
            self.hot.above(number, sure, self.live.of(record.changes, number))
            self.compared.above(number, sure, record.compared)

    def _names(self) -> None:
        producers: dict[str, int] = {}
        lacking: set[tuple[int, str]] = set()  # steps, with names that they may leave unbound
        self.producers_before: dict[int, dict[str, int]] = {}  # for the steps that may have a condition
        for number, note in enumerate(self.notes):
            record, flow = note.record, self.flows[number]
            tagged = self.program.steps[number].when is not None  # it may be left out, whatever it binds
            if tagged or plain_if(self.program, number, self.table) is not None:
                self.producers_before[number] = dict(producers)
            changed = self.live.of(record.changes, number) - self.book.setup
            together = self._kept_together(number, producers)
            maybe = self.live.of((n for n, sure in record.binds.items() if tagged or not sure), number)
            maybe -= self.book.setup
            for name in sorted(self.data[number].keys() | changed | maybe | together):
                if name in producers:
                    producer = producers[name]
                    certain = name in self.data[number] and self.data[number][name].certain
                    optional = not certain or (producer, name) in lacking
                    flow.inputs[name] = Taken(name, producer, optional, version=producer)
            self._same_objects(flow, number)
            bound = {n for n in record.binds if n not in self.book.setup and n not in self.book.imports}
            bound |= {n for n in record.binds if n in self.book.imports and n not in self.book.setup}
            for name in sorted(bound | changed | together):
                if name in record.deletes:
                    producers.pop(name, None)
                    continue
                sure = record.binds.get(name, name in flow.inputs)
                flow.outputs[name] = Given(
                    name, optional=not sure or (name in flow.inputs and not record.binds.get(name))
                )
                if not record.binds.get(name) and (name not in producers or (producers[name], name) in lacking):
                    lacking.add((number, name))
                producers[name] = number
        self.last = producers
        for flow in self.flows:
            for taken in flow.inputs.values():
                given = self.flows[taken.producer].outputs.setdefault(taken.name, Given(taken.name, optional=True))
                given.needed = True
        self._prune()
        self._shares()

    def _kept_together(self, number: int, producers: dict[str, int]) -> set[str]:
        """Names that came to share an object here and are changed or compared by `is` further down: they go on together
        from here."""
        together: set[str] = set()
        for names in self.notes[number].record.shared:
            living = self.live.of(names, number)
            if self.hot.of(living, number) or self.compared.of(living, number):
                together |= {n for n in living if n in producers or n in self.notes[number].record.binds}
        return together

    def _same_objects(self, flow: StepFlow, number: int) -> None:
        """Names that share an object are taken from one step where one has them all, so that they still are one
        object."""
        latest = sorted({taken.producer for taken in flow.inputs.values()}, reverse=True)
        for producer in latest:
            given = self.flows[producer]
            groups = [g for g in self.notes[producer].record.shared if len(g & flow.inputs.keys()) > 1]
            for group in groups:
                mine = [n for n in group & flow.inputs.keys() if flow.inputs[n].producer == producer]
                if not mine:
                    continue
                for name in group & flow.inputs.keys():
                    taken = flow.inputs[name]
                    if (
                        taken.producer < producer
                        and name in given.inputs
                        and given.inputs[name].version == taken.version
                    ):
                        flow.inputs[name] = Taken(name, producer, taken.optional, version=taken.version)
                        given.outputs.setdefault(name, Given(name, optional=True))

    def _prune(self) -> None:
        """Keep as outputs what is needed further down and the notebook's last values."""
        for number, flow in enumerate(self.flows):
            for name in list(flow.outputs):
                given = flow.outputs[name]
                final = self.last.get(name) == number and not name.startswith("_")
                if not given.needed and not final:
                    del flow.outputs[name]

    def _shares(self) -> None:
        for number, flow in enumerate(self.flows):
            record = self.notes[number].record
            names = flow.outputs.keys() | flow.inputs.keys()
            flow.shares = sorted(tuple(sorted(group & names)) for group in record.shared if len(group & names) > 1)
            flow.hot = self.hot.of(names, number)

    def _guards(self) -> None:
        """Names that a step only reads and a later step takes from elsewhere must not change while it runs."""
        for number, flow in enumerate(self.flows):
            note = self.notes[number]
            for name, taken in flow.inputs.items():
                changed = name in note.record.changes or name in note.record.binds or name in flow.outputs
                taken.guard = not changed and self.read_later.holds(name, number) and name not in note.immutable

    def _sharing_to_check(self) -> None:
        """Say which sharing, if it shows while running though nothing here foresaw it, would lose a change.

        A change reaches what is saved in one group with the changed name (`mates`), and it does not reach what was made
        from the same object elsewhere (`clashes`).
        """
        readers: dict[str, list[tuple[int, int]]] = {}  # name → (reading step, producer)
        for number, flow in enumerate(self.flows):
            for taken in flow.inputs.values():
                readers.setdefault(taken.name, []).append((number, taken.producer))
        for number, flow in enumerate(self.flows):
            mates: dict[int, tuple[str, ...]] = {}  # by producer
            for taken in flow.inputs.values():
                if taken.guard or (taken.name in flow.outputs and taken.name in self.notes[number].record.changes):
                    if taken.producer not in mates:
                        mates[taken.producer] = tuple(self._mates(number, taken, readers))
                    taken.mates = mates[taken.producer]
            flow.clashes = sorted(set(self._clashes(number, readers)))

    def _mates(self, number: int, taken: Taken, readers: dict[str, list[tuple[int, int]]]) -> Iterator[str]:
        beside = self.flows[taken.producer]
        for name in sorted((beside.inputs.keys() | beside.outputs.keys()) - self.flows[number].inputs.keys()):
            if any(reader > number and producer <= taken.producer for reader, producer in readers.get(name, ())):
                yield name

    def _clashes(self, number: int, readers: dict[str, list[tuple[int, int]]]) -> Iterator[tuple[str, str]]:
        flow = self.flows[number]
        for taken in flow.inputs.values():
            if taken.name in flow.outputs:
                continue
            changed = next(
                (
                    step
                    for step, producer in readers[taken.name]
                    if step > number and producer == taken.producer and taken.name in self.notes[step].record.changes
                ),
                None,
            )
            if changed is None:
                continue
            first = changed if self._leaves_company(changed, taken) else changed + 1
            for name in flow.outputs:
                if any(reader >= first and producer == number for reader, producer in readers.get(name, ())):
                    yield taken.name, name

    def _leaves_company(self, number: int, taken: Taken) -> bool:
        """Say whether step `number` takes a name beside `taken` that may share with it: where it takes one of them as
        another step saved it, together with what it made of it, the other stays behind."""
        taken_too = {t.name for t in self.flows[number].inputs.values() if t.producer == taken.producer} - {taken.name}
        return any(taken.name in group and taken_too & set(group) for group in self.flows[taken.producer].shares)

    # ------------------------------------------------------------------------------------------------ session state

    def _state(self) -> None:
        holders: dict[str, int] = {}
        unseeded = False
        self._first_imports()
        for number, note in enumerate(self.notes):
            flow = self.flows[number]
            kinds = [(effect.kind, effect.detail, effect.certain) for effect, _ in note.record.effects]
            unseeded = unseeded or any(kind == "unseeded" for kind, _, _ in kinds)
            for provider in _RANDOM:
                self._random_state(provider, kinds, holders, number, unseeded)
            for provider in ("cwd", "environ", "sys.path"):
                if provider in holders:
                    self._continue_state(flow, provider, holders[provider])
                if any(kind == "state" and detail == provider for kind, detail, _ in kinds):
                    holders[provider] = number
        for flow in self.flows:
            for provider, producer in flow.state_inputs.items():
                self.flows[producer].state_outputs.add(provider)
        self._watch()

    def _random_state(
        self, provider: str, kinds: list[tuple[str, str, bool]], holders: dict[str, int], number: int, unseeded: bool
    ) -> None:
        flow = self.flows[number]
        seeds = [certain for kind, detail, certain in kinds if kind == "seed" and detail == provider]
        draws = any(kind == "draw" and detail == provider for kind, detail, _ in kinds)
        draws = draws or (provider == "random" and bool(flow.first_imports))
        draws = draws or (
            unseeded and provider == "numpy.random" and any(kind == "draw-if-unseeded" for kind, _, _ in kinds)
        )
        first = next(
            (kind for kind, detail, certain in kinds if detail == provider and kind in ("seed", "draw")), "draw"
        )
        seeded_first = first == "seed" and bool(seeds) and seeds[0]
        if provider in holders and (draws or seeds) and not seeded_first:
            self._continue_state(flow, provider, holders[provider])
        if seeds or (draws and provider in holders):
            holders[provider] = number
        if any(kind == "unseed" and detail == provider for kind, detail, _ in kinds):
            holders.pop(provider, None)
        elif provider in holders and holders[provider] != number:
            flow.state_watch.add(provider)

    def _first_imports(self) -> None:
        """Importing scikit-learn draws a random number, by hand only once: where it is first imported."""
        for statement in self.program.statements:
            if not any(m in DRAWS_ON_IMPORT for n in statement.syntax.facts.imports for m in imported_modules(n)):
                continue
            found = {m for n in statement.syntax.scope for m in imported_modules(n) if m in DRAWS_ON_IMPORT}
            if found:
                self.flows[statement.step].first_imports = tuple(sorted(found))
                return

    @staticmethod
    def _continue_state(flow: StepFlow, provider: str, producer: int) -> None:
        flow.state_inputs[provider] = producer
        flow.needs_step(
            producer,
            {"cwd": "working directory", "environ": "environment", "sys.path": "module search path"}.get(
                provider, f"random state ({provider})"
            ),
        )

    def _watch(self) -> None:
        """Say what a step must not change unseen: a later step would go on from the state before it.

        Importing a library may set environment variables; that counts only where a later step looks at the environment.
        """
        looking = {"reads-environ", "outside"}
        last = max(
            (n for n, note in enumerate(self.notes) for e, _ in note.record.effects if e.kind in looking), default=-1
        )
        for number, flow in enumerate(self.flows[:-1]):
            for provider in ("cwd", "environ", "sys.path"):
                looked_at = provider != "environ" or last > number
                if looked_at and provider not in flow.state_outputs and not self._sets(number, provider):
                    flow.state_watch.add(provider)

    def _sets(self, number: int, provider: str) -> bool:
        return any(
            effect.kind in (provider, "state") and effect.detail in ("", provider)
            for effect, _ in self.notes[number].record.effects
        )

    # ------------------------------------------------------------------------------------------------ setup and
    # settings

    def _settings(self) -> None:
        """Give each step the setup statements that it needs, settings made above it among them, in notebook order."""
        positions = self._first_positions()
        future = [statement for statement in self.program.statements if future_import(statement.node)]
        settings: dict[int, SetupUse] = {}  # made above
        self.repeatable |= {statement.position for statement in future}
        wanted: set[str] = set()  # what they need of session objects and parameters
        for number, (flow, note) in enumerate(zip(self.flows, self.notes, strict=True)):
            needed = self.setup_reads[number] | (self.needs.sets.of(wanted) & self.needs.session_objects)
            if note.record.needs_definitions:
                needed |= self.needs.definitions
            names = self.needs.closure(needed)
            places, uses = self.needs.above(names, positions[number])
            self._submodules(number, positions[number], uses)
            for statement in future:
                if statement.step < number:
                    uses[statement.position] = SetupUse(statement, "import")
            uses |= settings
            flow.setup = self.needs.uses(places, uses)
            self.imported.append(self._imported(note, uses))
            flow.definitions = self._definitions(number, names)
            flow.parameters = self._parameters_of(number, needed | names, wanted)
            for replay in note.replays:
                settings[replay.statement.position] = SetupUse(
                    replay.statement, "setter", (), replay.library, self._prelude(replay)
                )
                wanted |= replay.needs
        self.repeatable |= settings.keys()

    def _imported(self, note: StepNotes, uses: dict[int, SetupUse]) -> set[str]:
        """Return the packages that a step imports, by itself or with its setup."""
        roots = self.needs.import_roots
        return note.record.imports.union(*(roots[position] for position in roots.keys() & uses.keys()))

    def _module_state(self) -> None:
        """The data of the notebook's own modules goes from the step that changes it to those that import them."""
        holders: dict[str, int] = {}
        for number, note in enumerate(self.notes):
            flow = self.flows[number]
            imported = set(self.imported[number])
            if holders:
                found = self.needs.sets.within(self.setup_reads[number])
                imported |= {self.book.imports[n].split(".")[0] for n in found if n in self.book.imports}
            for module in sorted(imported & holders.keys()):
                provider = f"module:{module}"
                flow.state_inputs[provider] = holders[module]
                flow.needs_step(holders[module], f"data of module {module}")
                self.flows[holders[module]].state_outputs.add(provider)
            changed = {e.detail for e, _ in note.record.effects if e.kind == "module-state"}
            holders |= dict.fromkeys(changed, number)

    def _submodules(self, number: int, position: int, uses: dict[int, SetupUse]) -> None:
        """A submodule that some step above imported is there as an attribute of its package, whoever imported it."""
        if not self.book.submodules:
            return
        roots = self._imported(self.notes[number], uses)
        for statement in self.needs.imports:
            node = statement.node
            if statement.position >= position or statement.step == number or statement.position in uses:
                continue
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            wanted = {n for name in names for n in self.book.submodules if name == n or name.startswith(n + ".")}
            if any(name.split(".")[0] in roots for name in wanted):
                uses[statement.position] = SetupUse(statement, "setter")

    def _prelude(self, replay: Replay) -> tuple[Statement, ...]:
        """Return the setup statements that a setting needs, so that it can run where its step's own setup lacks
        them."""
        names = self.needs.closure(self.needs.sets.of(sorted(replay.needs)))
        names &= ~self.needs.session_objects  # these are there once for the step
        uses = self.needs.uses(*self.needs.above(names, replay.statement.position))
        return tuple(use.statement for use in uses)

    def _definitions(self, number: int, sliced: int) -> tuple[str, ...]:
        """Return the functions and classes that the step defines or is given as setup, in alphabetical order."""
        own = self.needs.sets.of(self.table.definitions_of.get(number, ()))
        return tuple(self.needs.sets.within((own | sliced) & self.needs.definitions & ~self.needs.session_objects))

    def _parameters_of(self, number: int, bits: int, wanted: set[str]) -> set[str]:
        if not self.parameters:
            return set()
        needed = set(self.needs.sets.within(bits)) | (wanted & self.parameters.keys())
        names = needed | set(self.needs.sets.within(self.setup_reads[number]))
        for name in needed & self.needs.required.keys():
            names = names.union(*(definition.needs for definition in self.needs.required[name]))
        return names & self.parameters.keys()

    def _first_positions(self) -> list[int]:
        positions = [len(self.program.statements)] * len(self.notes)
        for statement in self.program.statements:
            positions[statement.step] = min(positions[statement.step], statement.position)
        following = len(self.program.statements)
        for number in range(len(positions) - 1, -1, -1):
            positions[number] = following = min(positions[number], following)
        return positions

    # ------------------------------------------------------------------------------------------------ files and the
    # outside

    def _files(self) -> None:
        writers: list[tuple[int, tuple[str, ...]]] = []
        for number, (flow, note) in enumerate(zip(self.flows, self.notes, strict=True)):
            reads = {paths.normal(e.detail) for e, _ in note.record.effects if e.kind == "reads"}
            writes = {paths.normal(e.detail) for e, _ in note.record.effects if e.kind == "writes"}
            modules = {
                pattern for name in self.imported[number] for pattern in (f"{name}.py", f"*/{name}.py", f"*/{name}/*")
            }
            flow.reads, flow.writes = tuple(sorted(reads)), tuple(sorted(writes))
            for writer, written in writers:
                meeting = sorted({w for w in written for r in reads | writes if paths.meet(w, r)})
                meeting += sorted({w for w in written for m in modules if w != paths.ANY and paths.meet("./" + w, m)})
                if meeting:
                    flow.needs_step(writer, "files: " + ", ".join(m or "." for m in meeting[:3]))
            if writes:
                writers.append((number, flow.writes))

    def _outside(self) -> None:
        last: int | None = None
        for number, (flow, note) in enumerate(zip(self.flows, self.notes, strict=True)):
            flow.changes = frozenset(note.record.changes)
            flow.outside = any(e.kind == "outside" for e, _ in note.record.effects)
            flow.reads_outside = any(e.kind == "reads-outside" for e, _ in note.record.effects)
            if (flow.outside or flow.reads_outside) and last is not None:
                flow.needs_step(last, "order of effects outside the notebook")
            if flow.outside:
                last = number
