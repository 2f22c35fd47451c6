"""Proposals for notebooks as people publish them: none of these was written for `kfnb suggest`."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from suggestion_notebooks import NAMES, RUNNABLE, cells_of, published

from kfnb.client import Client
from kfnb.dataflow.magics import parse_cell
from kfnb.notebook.steps import slug
from kfnb.verify import verify

HEADING = re.compile(r"^ {0,3}#{1,6} +\S|^\S.*\n {0,3}(?:==+|--+) *$|<h[1-6]", re.MULTILINE)
COMMENT = re.compile(r"\s*# ## \w")
QUIET = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def does_something(source: str) -> bool:
    """Whether a cell is more than imports, definitions, constants and magics at its top level."""
    for node in parse_cell(source).tree.body:
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call | ast.Attribute | ast.Subscript):
            continue
        if isinstance(node, ast.Assign) and not any(isinstance(n, ast.Call) for n in ast.walk(node.value)):
            continue
        if not isinstance(node, QUIET):
            return True
    return False


def led_by_headings(path: Path) -> list[list[str]]:
    """Ids of the code cells below each heading but the first, where one of them does something."""
    sections: list[list[str]] = []
    doing: list[bool] = []
    for cell in cells_of(path):
        source = "".join(cell["source"])
        if (HEADING if cell["cell_type"] == "markdown" else COMMENT).search(source):
            sections.append([])
            doing.append(False)
        if cell["cell_type"] == "code" and sections:
            sections[-1].append(cell["id"])
            doing[-1] |= does_something(source)
    return [cells for cells, does in zip(sections[1:], doing[1:], strict=True) if does]


@pytest.mark.parametrize("name", NAMES)
def test_the_proposal_compiles(tmp_path: Path, client: Client, name: str) -> None:
    """Applied, it leaves nothing for `kfnb check` to call an error, and the steps are those that were proposed."""
    path = published(name, tmp_path)
    suggestion = client.suggest(path)
    client.apply_suggestion(suggestion)
    assert [] == [found for found in client.check(path) if found.severity == "error"]
    assert [step.name for step in suggestion.steps] == [task.name for task in client.compile(path).tasks]


@pytest.mark.parametrize("name", NAMES)
def test_every_part_with_a_heading_is_a_step(tmp_path: Path, client: Client, name: str) -> None:
    """Where cells under a heading do something, a step begins there, and no step holds the work of two headings."""
    path = published(name, tmp_path)
    suggestion = client.suggest(path)
    begin = {cell for cell, tags in suggestion.tags.items() if any(tag.startswith("step:") for tag in tags)}
    sections = led_by_headings(path)
    assert [] == [cells for cells in sections if not begin & set(cells)]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_short_slugs(tmp_path: Path, client: Client, name: str) -> None:
    """A name is short, is its own slug, and no other step has it."""
    names = [step.name for step in client.suggest(published(name, tmp_path)).steps]
    assert [] == [name for name in names if slug(name) != name or len(name) > 32]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_applying_changes_tags_only_and_removing_them_nothing(tmp_path: Path, client: Client, name: str) -> None:
    """With its tags taken off the file is byte for byte what it was."""
    path = published(name, tmp_path)
    before = path.read_bytes()
    client.apply_suggestion(client.suggest(path))
    after = json.loads(path.read_bytes())
    tagged = [cell["metadata"].pop("tags", None) for cell in after["cells"]]
    assert any(tagged)
    assert json.loads(before) == after
    client.remove_suggestion(path)
    assert before == path.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_second_proposal_adds_nothing(tmp_path: Path, client: Client, name: str) -> None:
    """What is tagged stays as it is."""
    path = published(name, tmp_path)
    client.apply_suggestion(client.suggest(path))
    assert {} == client.suggest(path).tags


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "one_cell"])
def test_skipping_what_explores_compiles_too(tmp_path: Path, client: Client, name: str, skip: bool) -> None:
    """Cells that only explore may be left out; nothing that stays needs them."""
    path = published(name, tmp_path)
    suggestion = client.suggest(path, skip=skip)
    client.apply_suggestion(suggestion)
    assert [] == [found.code for found in client.check(path) if found.severity != "hint"]
    assert len(suggestion.steps) > 3


@pytest.mark.parametrize("name", RUNNABLE)
def test_the_pipeline_equals_the_notebook(tmp_path: Path, client: Client, name: str) -> None:
    """Cut as proposed, the pipeline shows and computes what the notebook does in one kernel."""
    path = published(name, tmp_path / "folder")
    client.apply_suggestion(client.suggest(path))
    assert "equal" == verify(path).outcome
