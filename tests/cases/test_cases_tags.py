"""What the panel thinks of tags and their values is what kfnb thinks: both are tested on the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfnb.notebook.cells import NotebookCell
from kfnb.notebook.comments import comment_items
from kfnb.notebook.quantities import BadValue
from kfnb.notebook.tags import CellTags, read_tags
from kfnb.notebook.words import FLAGS, VALUED, parse

HERE = Path(__file__).parent
VERDICTS = json.loads((HERE / "tag_values.json").read_text("utf-8"))
WORDS = json.loads((HERE / "tag_words.json").read_text("utf-8"))
COMMENTS = json.loads((HERE / "renamed_comments.json").read_text("utf-8"))
NAMES = json.loads((HERE / "commented_names.json").read_text("utf-8"))
CELLS = json.loads((HERE / "step_tags.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, verdict in VERDICTS.items() for value in verdict["right"]]
)
def test_values_that_are_right(kind: str, value: str) -> None:
    """Nothing is wrong with these values."""
    VALUED[kind](value)


@pytest.mark.parametrize(
    ("kind", "value", "better"),
    [(kind, value, better) for kind, verdict in VERDICTS.items() for value, better in verdict["wrong"].items()],
)
def test_values_that_are_wrong(kind: str, value: str, better: str | None) -> None:
    """These values are wrong, and it is known what was meant or that it is unclear."""
    with pytest.raises(BadValue) as caught:
        VALUED[kind](value)
    assert better == caught.value.better


@pytest.mark.parametrize("case", CELLS, ids=lambda case: ",".join(case["tags"]) or "none")
def test_what_a_cell_is_for(case: dict[str, Any]) -> None:
    """A cell's tags say its step and its role."""
    tags = read_tags(NotebookCell(id="c", index=0, kind="code", source="x = 1", tags=tuple(case["tags"])))
    assert (case["step"], case["role"]) == (tags.step, _role(tags))


@pytest.mark.parametrize("case", COMMENTS, ids=lambda case: case["source"])
def test_a_comment_in_which_a_step_is_renamed(case: dict[str, Any]) -> None:
    """It says what it said before, with the step's new name where it named it."""
    names = {f"{word}:{case['from']}": f"{word}:{case['to']}" for word in ("step", "after", "prev")}
    said = [names.get(item, item) for item in comment_items(case["source"])[1]]
    assert said == list(comment_items(case["after"] or case["source"])[1])


@pytest.mark.parametrize(
    ("name", "is_right"), [(name, kind == "right") for kind, names in NAMES.items() for name in names if name]
)
def test_names_that_a_comment_can_give(name: str, is_right: bool) -> None:
    """A comment with any other name is an ordinary one, or names something else."""
    assert is_right == (comment_items(f"# step: {name}")[1] == (f"step:{name}",))


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
