"""A run equals the notebook also when its results come from the cache, and when it was killed and resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .comparison import Comparison
from .corpus import Example
from .lasting import run_killed, run_twice
from .test_equivalence import EXAMPLES, SPLITS, expected, label

if TYPE_CHECKING:
    from pathlib import Path

CHOSEN = {
    "pandas/orders_join": "tagged",
    "closures/counters": "random:1",
    "classes/bank_simulation": "every",
    "files/etl": "tagged",
    "random/seeded_once": "tagged",
    "inplace/aliases": "random:2",
}
"""Of different kinds, for the short form."""


def complaints(comparison: Comparison, how: str) -> list[object]:
    """Return what is not as it should be when the notebook is run twice, and when it is killed and resumed."""
    found: list[object] = []
    name = how.replace(":", "-")  # no colons in PYTHONPATH
    twice = run_twice(comparison.anew(comparison.folder / f"{name}-twice"), how)
    if [verdict.kind for verdict in twice.verdicts] != ["equal", "equal"]:
        found.append(twice.verdicts)
    if twice.again != twice.never_kept or (twice.kernels and not twice.again):
        found.append(twice)
    killed = run_killed(comparison.anew(comparison.folder / f"{name}-killed"), how)
    if killed.verdict.kind != "equal" or killed.again:
        found.append(killed)
    return found


@pytest.mark.parametrize("example", [e for e in EXAMPLES if label(e) in CHOSEN], ids=label)
def test_equal_from_the_cache_and_after_a_kill(example: Example, tmp_path: Path) -> None:
    """Run again it takes all that can be kept from the cache, without a kernel; resumed, nothing is redone."""
    assert [] == complaints(Comparison(example, tmp_path), CHOSEN[label(example)])


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("example", EXAMPLES, ids=label)
def test_equal_from_the_cache_and_after_a_kill_however_it_is_cut(example: Example, tmp_path: Path) -> None:
    """The same with every way of cutting it into steps that is not listed as refused or stopped."""
    comparison = Comparison(example, tmp_path)
    found = {how: complaints(comparison, how) for how in SPLITS if not expected(example, how)}
    assert {how: [] for how in found} == found
