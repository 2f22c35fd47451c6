"""What the analysis gives back: for each step what it takes in, gives out, needs as setup, continues and may not
change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from kfnb.dataflow.program import Program, Statement
    from kfnb.dataflow.record import Finding


class Taken(Struct):
    """A name that a step takes in from step number `producer`, which may have handed on the version that step number
    `version` made."""

    name: str
    producer: int
    optional: bool = False
    guard: bool = False
    mates: tuple[str, ...] = ()
    version: int = -1


class Given(Struct):
    """A name that a step gives out."""

    name: str
    needed: bool = False
    optional: bool = False


class SetupUse(Struct, frozen=True, eq=False):
    """A setup statement that a step runs silently first. `prelude`: setup that a setting needs, run just before it.

    Steps share them, and each is its own key.
    """

    statement: Statement
    kind: str
    names: tuple[str, ...] = ()
    library: str | None = None
    prelude: tuple[Statement, ...] = ()


class Test(Struct, frozen=True):
    """A condition that decides whether a step runs: its text, the steps that record its names, and constants."""

    expression: str
    producers: dict[str, int]
    constants: dict[str, object]
    parameters: tuple[str, ...] = ()
    tagged: bool = False


class StepFlow(Struct):
    """Everything that flows into and out of one step. Steps are named by their number in notebook order."""

    inputs: dict[str, Taken] = field(default_factory=dict)
    outputs: dict[str, Given] = field(default_factory=dict)
    shares: list[tuple[str, ...]] = field(default_factory=list)
    hot: set[str] = field(default_factory=set)
    clashes: list[tuple[str, str]] = field(default_factory=list)
    setup: list[SetupUse] = field(default_factory=list)
    definitions: tuple[str, ...] = ()  # in alphabetical order
    parameters: set[str] = field(default_factory=set)
    state_inputs: dict[str, int] = field(default_factory=dict)
    state_outputs: set[str] = field(default_factory=set)
    state_watch: set[str] = field(default_factory=set)
    after: dict[int, set[str]] = field(default_factory=dict)  # step → reasons in words, for edges that carry no name
    test: Test | None = None
    records: set[str] = field(default_factory=set)
    metrics: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    changes: frozenset[str] = frozenset()  # names from above whose objects its code changes in place
    outside: bool = False
    reads_outside: bool = False
    imports: tuple[str, ...] = ()
    first_imports: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    def needs_step(self, number: int, why: str | None = None) -> None:
        """Say that step `number` must be done first."""
        reasons = self.after.setdefault(number, set())
        if why is not None:
            reasons.add(why)


class Dataflow(Struct):
    """The analysis of a notebook."""

    program: Program
    steps: list[StepFlow]
    findings: list[Finding]
    constants: dict[str, object] = field(default_factory=dict)
    repeatable: frozenset[int] = frozenset()  # where the statements stand that later steps may have as setup
    compares_constants: bool = False  # whether what it found depends on which constants are equal
