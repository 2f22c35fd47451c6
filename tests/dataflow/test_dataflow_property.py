"""Programs made at random, split at random: the pipeline gives what the linear run gives, or says why not.

`dataflow_programs` makes them, `dataflow_pipeline` runs them in this process. A number that fails is a program that can
be looked at: `make(NUMBER)`; what it shows becomes a cell in `cells/`.
"""

from __future__ import annotations

import collections
import gc
import warnings
from pathlib import Path

import pytest
from dataflow_pipeline import difference, run_linear, run_pipeline
from dataflow_programs import make
from dataflow_truth import fresh_session

BATCH = 50
SOAK = [pytest.param(first, marks=pytest.mark.soak) for first in range(300, 6300, BATCH)]


def verdict(number: int, folder: Path) -> str:
    """How program `number` ends: `equal`, `refused …`, `stopped …`, or what is wrong."""
    return verdict_of(make(number), folder)


def verdict_of(steps: list[list[str]], folder: Path) -> str:
    """How a program ends, given as steps of cells."""
    linear = run_linear(steps)
    if any("RecursionError" in text for text in linear.printed.values()):
        return "deep"  # what it did before it stopped depends on how deep the stack was
    pipeline = run_pipeline(steps, folder)
    if pipeline.ended != "done":
        return pipeline.ended
    wrong = difference(linear, pipeline)
    return "equal" if wrong is None else f"differs: {wrong}"


@pytest.mark.parametrize("first", [*range(0, 300, BATCH), *SOAK])
def test_a_split_program_gives_what_it_gives_in_one_piece(first: int, tmp_path: Path) -> None:
    """Whatever way a program is split, its cells print the same and its names have the same values, or it is refused
    or stopped with a code; and that is seldom."""
    ends: collections.Counter[str] = collections.Counter()
    wrong = {}
    for number in range(first, first + BATCH):
        folder = tmp_path / str(number)
        folder.mkdir()
        with warnings.catch_warnings(), fresh_session(folder):
            warnings.simplefilter("ignore")  # a program may well compare a literal with `is`
            end = verdict(number, folder)
        ends[end.split()[0]] += 1
        if end.split()[0] not in ("equal", "refused", "stopped", "deep"):
            wrong[number] = end
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()  # coroutines that nobody awaited: said of them within `ast.parse`, it fails (gh-106905)
    assert {} == wrong
    assert ends["equal"] >= 0.9 * BATCH


def test_what_leaves_the_company_it_was_saved_in_stops_the_run(tmp_path: Path) -> None:
    """A name that a later step takes with what was made of it would part from the names that hold it."""
    steps = [["d = {'k': [[1]]}\na = d['k']"], ["b = a * 2"], ["d['k'].append(3)\nn = len(b)"], ["print(a, n, d)"]]
    with fresh_session(tmp_path):
        ended = run_pipeline(steps, tmp_path).ended
    assert "stopped KF381" == ended


@pytest.mark.parametrize("between", ["p = m", "for i in [1, 2]:\n    print(m)\nelse:\n    p = m", "p = [m][0]"])
@pytest.mark.parametrize("made", ["xs", "xs or xs", "[xs, 1][0]", "eval('xs')"])
def test_what_is_compared_by_is_was_handed_on_together(made: str, between: str, tmp_path: Path) -> None:
    """Names that are one object still are when a step further down asks that, through whatever steps they came."""
    steps = [["xs = [1]"], [f"m = {made}"], [between], ["print(xs is p)\nprint(xs is not m)"]]
    with fresh_session(tmp_path):
        assert "equal" == verdict_of(steps, tmp_path)
