"""What the analysis says of a cell, against what the cell does when it is run (`dataflow_cells` holds the cells).

Sound: whatever is really read, bound, changed, shared, drawn, set or opened is seen, or listed as guarded at run time.
Precise, where the table says `exact`: nothing else is.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataflow_cells import CASES, Case
from dataflow_truth import Truth, fresh_session, picture, run_cell, truth_of

from kfnb.dataflow import paths
from kfnb.dataflow.flows import Dataflow, SetupUse
from kfnb.dataflow.graph import analyse
from kfnb.dataflow.program import CodeCell, CodeStep

PROVIDERS = ("random", "numpy.random", "torch.random", "cwd", "environ", "sys.path")


def after(case: Case, truth: Truth) -> str:
    """A step that reads every name that the cell left, and looks for those that it deleted."""
    lines = [f"try:\n    {name}\nexcept NameError:\n    pass" for name in sorted(truth.deleted)]
    if case.after:
        lines.append(case.after)
    lines.append("[" + ", ".join(sorted(truth.alive)) + "]")
    return "\n".join(lines)


def flow_of(case: Case, last: str) -> Dataflow:
    """The analysis of three steps: what stands before, the cell, and the step `last`."""
    sources = (case.before, case.cell, last)
    steps = [
        CodeStep(name, (CodeCell(name, source, may_raise=case.raises and name == "cell"),))
        for name, source in zip(("before", "cell", "after"), sources, strict=True)
    ]
    return analyse(tuple(steps))


@pytest.fixture(params=CASES, ids=lambda case: case.title.replace(" ", "-"))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """One cell of the table, in a session and a folder of its own."""
    found: Case = request.param
    if sys.version_info < found.python:
        pytest.skip(f"syntax of Python {'.'.join(map(str, found.python))}")
    if found.wrong:
        request.applymarker(pytest.mark.xfail(strict=True, reason="a known fault of the analysis"))
    with fresh_session(tmp_path):
        yield found


def test_the_analysis_of_a_cell_is_sound_and_where_it_says_so_precise(case: Case) -> None:
    """Nothing that a cell does escapes the analysis, and an `exact` cell is not said to do more."""
    truth = truth_of(case.before, case.cell, may_raise=case.raises)
    flow = flow_of(case, after(case, truth))
    errors = {f.code for f in flow.findings if f.severity == "error" and f.place.cell != "after"}
    assert case.refused == errors
    if case.refused:
        return
    assert [] == list(reads_missed(truth, flow))
    assert [] == list(versions_missed(case, truth, flow))
    assert case.unshared == set(sharing_missed(truth, flow))
    assert [] == list(session_missed(case, truth, flow))
    assert [] == list(files_missed(truth, flow))
    assert {} == setup_differs(flow, truth)
    if case.exact:
        assert {} == too_much(case, truth, flow)


def setup_names(flow: Dataflow, number: int) -> dict[str, int]:
    """The names that a step gets as setup, and the step whose statement it is."""
    return {name: use.statement.step for use in flow.steps[number].setup for name in use.names}


def reads_missed(truth: Truth, flow: Dataflow) -> Iterator[str]:
    """What the cell read of the step before though the analysis does not give it."""
    yield from sorted(truth.reads - flow.steps[1].inputs.keys() - setup_names(flow, 1).keys())


def versions_missed(case: Case, truth: Truth, flow: Dataflow) -> Iterator[str]:
    """Names of which a later step would get another version than the one the cell left."""
    inputs, setup = flow.steps[2].inputs, setup_names(flow, 2)
    for name in sorted(truth.binds):
        if not (name in setup or (name in inputs and inputs[name].producer == 1)):
            yield f"bound: {name}"
    for name in sorted(truth.changes):
        seen = name in inputs and inputs[name].producer == 1
        if name in case.guarded:
            taken = flow.steps[1].inputs.get(name)
            assert not seen, f"{name} is seen to change, so it need not be listed"
            assert taken is not None
            assert taken.guard, f"{name} changes unseen and unguarded"
        elif not seen:
            yield f"changed: {name}"
    for name in sorted(truth.deleted):
        if name in inputs and inputs[name].producer == 0:
            yield f"deleted: {name}"
    for name, given in flow.steps[1].outputs.items():
        if not given.optional and name not in truth.alive:
            yield f"not there: {name}"


def sharing_missed(truth: Truth, flow: Dataflow) -> Iterator[str]:
    """Pairs of names that share an object though the analysis lets them go apart."""
    setup = setup_names(flow, 2)
    for pair in truth.shares:
        if pair & setup.keys():
            continue
        known = [set(group) for step in flow.steps[:2] for group in step.shares]
        if not any(pair <= group for group in known):
            yield "+".join(sorted(pair))


def session_missed(case: Case, truth: Truth, flow: Dataflow) -> Iterator[str]:
    """State of the session that the cell changed and a later step would not have."""
    replayed = any(use.kind == "setter" and use.statement.step == 1 for use in flow.steps[2].setup)
    for name in sorted(truth.session):
        carried = flow.steps[2].state_inputs.get(name) == 1
        if name in case.watched:
            assert name in flow.steps[1].state_watch
        elif not carried and not replayed:
            yield name


def files_missed(truth: Truth, flow: Dataflow) -> Iterator[str]:
    """Paths that the cell opened though the analysis does not say so."""
    for path, mode in sorted(truth.opened):
        patterns = flow.steps[1].writes if mode == "w" else flow.steps[1].reads
        if not any(paths.meet(pattern, path) for pattern in patterns):
            yield f"{mode} {path}"


def setup_differs(flow: Dataflow, truth: Truth) -> dict[str, Any]:
    """Setup that gives something else when it is repeated: names with both pictures."""
    names: dict[str, Any] = {"__name__": "__main__"}
    future: list[str] = []
    for use in flow.steps[2].setup:
        if use.kind != "setter":
            repeat(use, names, future)
    found = {}
    for name in names.keys() & truth.alive & setup_names(flow, 2).keys():
        repeated, real = picture(names[name]), picture(truth.final[name])
        if repeated != real:
            found[name] = (repeated, real)
    return found


def repeat(use: SetupUse, names: dict[str, Any], future: list[str]) -> None:
    """Run a setup statement again; a future import holds for all that follows."""
    source = ast.unparse(use.statement.node)
    if isinstance(use.statement.node, ast.ImportFrom) and use.statement.node.module == "__future__":
        future.append(source)
    run_cell("\n".join([*future, source]), names)


def too_much(case: Case, truth: Truth, flow: Dataflow) -> dict[str, set[str]]:
    """What the analysis says that the cell did not do. (A later step that reads several names takes those that share
    an object from one step, changed or not: so each name is looked at by itself.)"""
    step, later = flow.steps[1], flow.steps[2]
    alone = {name: flow_of(case, name).steps[2].inputs.get(name) for name in truth.alive}
    made = {name for name, taken in alone.items() if taken is not None and taken.producer == 1}
    state = {provider for provider, producer in later.state_inputs.items() if producer == 1}
    found = {
        "reads": step.inputs.keys() - truth.reads - truth.changes,
        "versions": made - truth.binds - truth.changes,
        "state": state - truth.session,
        "optional": {n for n, given in step.outputs.items() if given.optional and n in truth.binds},
        "files": set(step.reads + step.writes) if not truth.opened else set(),
    }
    return {what: names for what, names in found.items() if names}


def test_the_table_has_enough_cells_and_no_title_twice() -> None:
    """The table holds at least 250 cells, each with a title of its own."""
    titles = [case.title for case in CASES]
    assert len(titles) >= 250
    assert [] == sorted({title for title in titles if titles.count(title) > 1})
