"""What the walk notes about one step (or one function): the raw material of summaries and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from kfnb.dataflow.summaries import Effect


class Place(Struct, frozen=True):
    """Where in the notebook something stands: a cell, a line and a column of it (from 1)."""

    cell: str
    line: int
    column: int = 1


class Read(Struct, frozen=True):
    """A name read before the step has surely bound it. `certain`: at top level, whatever happens; `bound`: some step
    above
    binds it; `deleted`: the step above surely deleted it."""

    place: Place
    certain: bool
    bound: bool
    deleted: bool = False


class Finding(Struct, frozen=True):
    """A diagnostic in the making."""

    code: str
    severity: str
    message: str
    place: Place
    fix: str | None = None


class Record(Struct):
    """Notes about one step: names read from above, changed in place, bound and deleted, and effects."""

    reads: dict[str, Read] = field(default_factory=dict)
    changes: dict[str, Place] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)  # names of objects that `is` looks at
    binds: dict[str, bool] = field(default_factory=dict)  # name → surely
    deletes: set[str] = field(default_factory=set)
    effects: list[tuple[Effect, Place]] = field(default_factory=list)
    demoted: set[str] = field(default_factory=set)  # setup names that turned out to be changed
    carried: set[str] = field(default_factory=set)  # names that functions made here read when they are called
    shared: list[set[str]] = field(default_factory=list)  # names that may share parts once the step has run
    findings: list[Finding] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)  # setup functions called or passed on
    needs_definitions: bool = False  # it may look for any function or class of the notebook: a pickle file, a doctest
