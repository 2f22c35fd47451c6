"""A run equals the notebook, for every notebook of the corpus, as its author cut it and cut anew."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from .comparison import Comparison, Verdict
from .corpus import HERE, Example, corpus, shipped

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("pandas", "numpy", "sklearn", "plain", "plots", "classes", "closures", "files", "random", "inplace")
EXAMPLES = [example for kind in KINDS for example in corpus(kind)]
SPLITS = ("tagged", "every", "random:1", "random:2")
ALLOWED = 0.05
EXCEPTIONS: list[dict[str, Any]] = tomllib.loads((HERE / "exceptions.toml").read_text()).get("exception", [])


def label(example: Example) -> str:
    """Return how an example is called in test names and in exceptions.toml."""
    return f"{example.kind}/{example.name}"


def sampled(index: int, example: Example) -> str:
    """Return the split that the short form tries: as tagged where it is, else one of the others in turn."""
    return "tagged" if example.tagged else SPLITS[1 + index % (len(SPLITS) - 1)]


def expected(example: Example, how: str) -> tuple[str, ...]:
    """Return the codes with which a run is refused or stopped, as listed; none where it must be equal."""
    found = [e for e in EXCEPTIONS if e["notebook"] == label(example) and how in e["splits"]]
    return tuple(code for e in found for code in e["codes"])


def judge(example: Example, splits: tuple[str, ...], folder: Path, probes: bool) -> dict[str, Verdict]:
    """Return the verdicts that are not what exceptions.toml says, by split."""
    comparison = Comparison(example, folder)
    assert not isinstance(comparison.by_hand, str), "the notebook fails by hand"
    verdicts = {how: comparison.verdict(how, probes=probes and how != "tagged") for how in splits}
    return {
        how: verdict
        for how, verdict in verdicts.items()
        if verdict.codes != expected(example, how) or verdict.kind in ("differs", "crash")
    }


@pytest.mark.parametrize(
    ("example", "split"),
    [pytest.param(example, sampled(index, example), id=label(example)) for index, example in enumerate(EXAMPLES)],
)
def test_equals_the_notebook(example: Example, split: str, tmp_path: Path) -> None:
    """Every cell of a run shows what it shows by hand, or the run is refused or stopped as listed."""
    assert {} == judge(example, (split,), tmp_path, probes=True)


@pytest.mark.parametrize("example", shipped(HERE.parents[1] / "notebooks"), ids=label)
def test_shipped_notebook_equals_its_run(example: Example, tmp_path: Path) -> None:
    """The example notebooks of the project give as pipelines what they give by hand, and so they do cell by cell."""
    assert {} == judge(example, ("tagged", "every"), tmp_path, probes=True)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("example", EXAMPLES, ids=label)
def test_equals_the_notebook_however_it_is_cut(example: Example, tmp_path: Path) -> None:
    """The same with every way of cutting it into steps."""
    assert {} == judge(example, SPLITS, tmp_path, probes=True)


def test_exceptions_are_few() -> None:
    """At most one comparison in twenty is not equal, and each that is not has a code and a reason."""
    assert not [e for e in EXCEPTIONS if not (e["codes"] and e["reason"])]
    assert sum(len(e["splits"]) for e in EXCEPTIONS) <= ALLOWED * len(EXAMPLES) * len(SPLITS)


def test_exceptions_name_what_is_there() -> None:
    """exceptions.toml names notebooks of the corpus and ways to split them."""
    names = {label(example) for example in EXAMPLES}
    assert not [e for e in EXCEPTIONS if e["notebook"] not in names or not set(e["splits"]) <= set(SPLITS)]


def test_corpus_is_broad() -> None:
    """The corpus holds sixty notebooks or more of ten kinds, of eight code cells or more, a third of them tagged."""
    assert len(EXAMPLES) >= 60
    assert not [kind for kind in KINDS if len(corpus(kind)) < 6]
    code_cells = {label(e): sum(cell.kind == "code" for cell in e.cells) for e in EXAMPLES}
    assert not [name for name, count in code_cells.items() if count < 8]
    assert sum(example.tagged for example in EXAMPLES) * 3 >= len(EXAMPLES)
