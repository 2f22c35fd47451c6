"""What the panel thinks of tags and their values is what kfnb thinks: both are tested on the same files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfnb.notebook.cells import NotebookCell
from kfnb.notebook.quantities import BadValue, amount, count, seconds
from kfnb.notebook.tags import CellTags, read_tags
from kfnb.notebook.words import FLAGS, VALUED, parse

HERE = Path(__file__).parent
CHECKS: dict[str, Callable[[str], Any]] = {
    "quantity": amount,
    "duration": seconds,
    "count": lambda text: count(text, "a number"),
}
VERDICTS = json.loads((HERE / "tag_values.json").read_text("utf-8"))
WORDS = json.loads((HERE / "tag_words.json").read_text("utf-8"))
CELLS = json.loads((HERE / "step_tags.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, verdict in VERDICTS.items() for value in verdict["right"]]
)
def test_values_that_are_right(kind: str, value: str) -> None:
    """Nothing is wrong with these values."""
    CHECKS[kind](value)


@pytest.mark.parametrize(
    ("kind", "value", "better"),
    [(kind, value, better) for kind, verdict in VERDICTS.items() for value, better in verdict["wrong"].items()],
)
def test_values_that_are_wrong(kind: str, value: str, better: str | None) -> None:
    """These values are wrong, and it is known what was meant or that it is unclear."""
    with pytest.raises(BadValue) as caught:
        CHECKS[kind](value)
    assert better == caught.value.better


@pytest.mark.parametrize("case", CELLS, ids=lambda case: ",".join(case["tags"]) or "none")
def test_what_a_cell_is_for(case: dict[str, Any]) -> None:
    """A cell's tags say its step and its role."""
    tags = read_tags(NotebookCell(id="c", index=0, kind="code", source="x = 1", tags=tuple(case["tags"])))
    assert (case["step"], case["role"]) == (tags.step, _role(tags))


def test_every_word_of_the_panel_means_something() -> None:
    """Each tag of the file sets something, and every word has one there, but `pipeline:`, which is refused yet."""
    said = [parse(tag) for tag in WORDS]
    assert ([], {*VALUED, *FLAGS} - {"pipeline"}) == (
        [word for word, fields in said if not fields],
        {word for word, _ in said},
    )


def _role(tags: CellTags) -> str:
    if tags.step:
        return "step"
    flags = {"parameters": tags.parameters, "imports": tags.imports, "functions": tags.functions, "skip": tags.skip}
    return next((role for role, is_set in flags.items() if is_set), "continues")
