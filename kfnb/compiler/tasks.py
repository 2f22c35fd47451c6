"""Puts the tasks of a pipeline together from the notebook's steps and what flows between them. Used by the compiler
only."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kfnb import digest
from kfnb.compiler.again import Pipeline
from kfnb.dataflow.name_sets import chosen
from kfnb.dataflow.program import first_line
from kfnb.notebook.requirements import is_requirement
from kfnb.spec import Condition, Edge, Effects, Input, Output, Setup, StateInput, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.compiler.again import Known
    from kfnb.dataflow.flows import Dataflow, SetupUse, StepFlow
    from kfnb.dataflow.program import Program
    from kfnb.notebook.steps import Step, StepCell, Steps
    from kfnb.spec import Settings

T = TypeVar("T")

_PRELOAD = ("numpy", "pandas", "scipy", "sklearn", "matplotlib", "seaborn", "statsmodels", "torch", "polars", "pyarrow")
"""Libraries that may be imported before tasks are forked: importing them starts no threads and reads no environment
that a
notebook is known to set."""


def _order_of(steps: Steps, flow: Dataflow) -> list[set[int]]:
    """Return, for each step, every step that must be done first, always among those above it."""
    numbers = {step.name: number for number, step in enumerate(steps.steps)}
    after: list[set[int]] = []
    for number, step in enumerate(steps.steps):
        first = set(flow.steps[number].after) | {taken.producer for taken in flow.steps[number].inputs.values()}
        first |= {numbers[name] for name in step.after if name in numbers}
        if step.settings.on_exit:  # runs when all others are over
            first = set(range(number))
        after.append({other for other in first if other < number})
    return after


def pipeline_of(steps: Steps, flow: Dataflow, parameters: set[str], known: Known | None) -> Pipeline:
    """Return the pipeline of a notebook without errors. `known`: what the last compile found, if `flow` is of it."""
    names = [step.name for step in steps.steps]
    order = _order_of(steps, flow)
    before = known.pipeline if known is not None else None
    if before is not None and before.order != order:
        before = None
    ancestors = _ancestors(order) if before is None else before.ancestors
    maker = _TaskMaker(flow, names, parameters)
    tasks = []
    for number, step in enumerate(steps.steps):
        here = flow.steps[number]
        if known is not None and before is not None and _unchanged(known, before, number, step, here):
            tasks.append(before.tasks[number])
        else:
            tasks.append(maker.task(step, here, sorted(order[number]), ancestors[number]))
    edges = tuple(_edges(steps, flow, names, order))
    return Pipeline(steps.steps, order, ancestors, tuple(tasks), edges)


def _unchanged(known: Known, before: Pipeline, number: int, step: Step, flow: StepFlow) -> bool:
    """Say whether a step and all that flows into and out of it are what they were."""
    return known.flow.steps[number] is flow and before.steps[number] == step


def _ancestors(order: list[set[int]]) -> list[int]:
    """Return all steps that each step comes after, as bits by their number."""
    ancestors: list[int] = []
    for first in order:
        bits = 0
        for number in first:
            bits |= 1 << number | ancestors[number]
        ancestors.append(bits)
    return ancestors


def edges_of(steps: Steps, flow: Dataflow) -> tuple[Edge, ...]:
    """Return the edges of a notebook that may have errors, as far as they can be seen; fan-outs are still in two."""
    return tuple(_edges(steps, flow, [step.name for step in steps.steps], _order_of(steps, flow)))


class _Made(dict["SetupUse", T]):
    """What is made of setup statements, each once however many tasks have it."""

    def __init__(self, make: Callable[[SetupUse], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, use: SetupUse) -> T:
        made = self[use] = self._make(use)
        return made


class _TaskMaker:
    """Makes the tasks of one pipeline. A setup statement that many tasks need is turned into text once."""

    def __init__(self, flow: Dataflow, names: list[str], parameters: set[str]) -> None:
        self._program = flow.program
        self._names = names
        self._parameters = parameters
        self._setups = _Made(self._setup)
        self._texts = _Made(lambda use: digest.canonical(self._setups[use].source))

    def task(self, step: Step, flow: StepFlow, after: list[int], ancestors: int) -> Task:
        """Return the task of one step. `ancestors` are bits."""
        names = self._names
        read = set(flow.parameters) & self._parameters
        if any(cell.role == "parameters" for cell in step.cells):
            read = self._parameters
        return Task(
            name=step.name,
            slug=step.slug,
            cells=tuple(cell.to_cell() for cell in step.cells),
            setup=tuple(map(self._setups.__getitem__, flow.setup)),
            definitions=flow.definitions,
            parameters=tuple(sorted(read)),
            inputs=tuple(
                Input(name=t.name, producer=names[t.producer], optional=t.optional, guard=t.guard, mates=t.mates)
                for t in sorted(flow.inputs.values(), key=lambda t: t.name)
            ),
            outputs=tuple(
                Output(name=g.name, needed=g.needed, optional=g.optional)
                for g in sorted(flow.outputs.values(), key=lambda g: g.name)
            ),
            shares=tuple(flow.shares),
            hot=tuple(sorted(flow.hot)),
            clashes=tuple(flow.clashes),
            state_inputs=tuple(StateInput(provider=p, producer=names[n]) for p, n in sorted(flow.state_inputs.items())),
            state_outputs=tuple(sorted(flow.state_outputs)),
            state_watch=tuple(sorted(flow.state_watch)),
            after=tuple(map(names.__getitem__, after)),
            ancestors=tuple(chosen(names, ancestors)),
            condition=_condition(flow, names),
            records=tuple(sorted(flow.records)),
            metrics=flow.metrics,
            settings=_with_packages(step.settings, flow.requirements),
            effects=Effects(
                outside=flow.outside, reads_outside=flow.reads_outside, reads=flow.reads, writes=flow.writes
            ),
            imports=flow.imports,
            first_imports=flow.first_imports,
            statements_digest=digest.of_parts(
                [*map(self._normal, step.cells), *map(self._texts.__getitem__, flow.setup)]
            ),
        )

    def _normal(self, cell: StepCell) -> bytes:
        """Return a cell's syntax tree as text in JSON: comments and layout do not count."""
        parsed = self._program.parses[cell.id]
        return digest.canonical(parsed.dump if parsed.plain and parsed.error is None else cell.source)

    def _setup(self, use: SetupUse) -> Setup:
        statement, *prelude = (self._program.statements[s.position] for s in (use.statement, *use.prelude))
        return Setup(
            kind=use.kind,  # type: ignore[arg-type]
            source="\n".join(map(self._program.source_of, (*prelude, statement))),
            names=use.names,
            cell=statement.cell.id,
            ordinal=statement.cell.ordinal,
            line=1 if use.prelude else first_line(statement.node),
            library=use.library,
        )


def _with_packages(settings: Settings, installed: tuple[str, ...]) -> Settings:
    """Return a step's settings with what cells install (`%pip install`), up to there."""
    more = tuple(line for line in installed if line not in settings.packages and is_requirement(line))
    return msgspec.structs.replace(settings, packages=(*settings.packages, *more)) if more else settings


def _condition(flow: StepFlow, names: list[str]) -> Condition | None:
    test = flow.test
    if test is None:
        return None
    return Condition(
        expression=test.expression,
        names={name: names[number] for name, number in sorted(test.producers.items())},
        constants=dict(sorted(test.constants.items())),
        parameters=test.parameters,
        tagged=test.tagged,
    )


def _edges(steps: Steps, flow: Dataflow, names: list[str], order: list[set[int]]) -> list[Edge]:
    edges = []
    for number, first in enumerate(order):
        step = flow.steps[number]
        for producer in sorted(first):
            flowing = tuple(sorted(t.name for t in step.inputs.values() if t.producer == producer))
            if steps.steps[number].settings.on_exit and not flowing:
                continue  # that it comes last needs no lines in a picture
            why = set(step.after.get(producer, ()))
            if names[producer] in steps.steps[number].after:
                why.add("tag prev:")
            edges.append(Edge(source=names[producer], target=names[number], names=flowing, why=tuple(sorted(why))))
    return edges


def preload(program: Program) -> tuple[str, ...]:
    """Return the libraries that the notebook imports and that may be imported before the environment is what it
    sets."""
    text = "\n".join(cell.source for step in program.steps for cell in step.cells)
    if "os.environ" in text or "%env" in text or "putenv" in text:
        return ()
    found: dict[str, None] = {}
    for statement in program.statements:
        for node in statement.syntax.facts.imports:
            if isinstance(node, ast.Import):
                found.update(dict.fromkeys(alias.name for alias in node.names))
            elif node.module and not node.level:
                found[node.module] = None
    return tuple(sorted(name for name in found if name.split(".")[0] in _PRELOAD))
