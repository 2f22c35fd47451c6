"""The rules of a proposal, one small notebook each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from suggestion_notebooks import cells_of, write

from kfnb.client import Client
from kfnb.errors import Refused, WrongCall
from kfnb.suggestion import Suggestion
from kfnb.suggestion.headings import comment_heading, markdown_headings, short_name

WORK = "values = []\nvalues.append(len('ab'))"


def names(suggestion: Suggestion) -> list[str]:
    """The names of the steps in order."""
    return [step.name for step in suggestion.steps]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("3. Train the model", "train-model"),
        ("2.1 Missing values", "missing-values"),
        ("IV. Apprentissage du modèle", "apprentissage-modele"),
        ("a) Régression linéaire", "regression-lineaire"),
        ("Step 4: Evaluation", "evaluation"),
        ("📂 Loading", "loading"),
        ("Prédiction pour l'année 2030", "prediction-annee-2030"),
        ("1984", "1984"),
        ("数据 加载", "数据-加载"),
        ("Größe", "grosse"),
        ("🎉", ""),
    ],
)
def test_names_come_from_headings(heading: str, name: str) -> None:
    """Numbering, small words, accents and pictures go; other scripts stay."""
    assert name == short_name(heading)


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# %% Load it\nx = 1", "Load it"),
        ("## Load it\nx = 1", "Load it"),
        ("# --- Load it ---\nx = 1", "Load it"),
        ("##########\n# Load it\n##########", "Load it"),
        ("# load it\nx = 1", None),
        ("## df = load()\nx = 1", None),
        ("## This says at length what the cell does, and why.\nx = 1", None),
        ("x = 1", None),
    ],
)
def test_comments_are_headings(source: str, title: str | None) -> None:
    """Only a first line that looks like a title is one, not code that was commented out, nor a sentence."""
    heading = comment_heading(source, 0)
    assert title == (heading.text if heading else None)


def test_headings_of_all_forms_are_found() -> None:
    """`#`, underlined and HTML headings count, lines in code blocks do not."""
    source = "# One\ntext\n\nTwo\n---\n```\n# no\n```\n<h3 align='center'>Three</h3>\n- item\n---\n## **Four** [x](y)"
    found = markdown_headings(source, 0)
    assert [(1, "One"), (2, "Two"), (3, "Three"), (2, "Four x")] == [(h.level, h.text) for h in found]


def test_times_of_the_last_run_say_what_is_long(tmp_path: Path, client: Client) -> None:
    """A cell that took long stands apart; one that was quick does not, whatever it calls."""
    sources = ["# md\n## Work", WORK, "more = sorted(values)", "last = [*more, *values]\nprint(last)"]
    path = write(tmp_path / "a.ipynb", "# md\n# T", *sources, "# md\n## End", "print(last)", seconds={2: 0.1, 3: 40.0})
    suggestion = client.suggest(path)
    assert [("prepare-work", ("c2",)), ("work", ("c3",)), ("work-results", ("c4",)), ("end", ("c6",))] == [
        (step.name, step.cells) for step in suggestion.steps
    ]
    assert "took 40 s" in suggestion.steps[1].why


def test_same_headings_get_different_names(tmp_path: Path, client: Client) -> None:
    """A name that is taken is made longer by the heading above it."""
    one = ["# md\n## one", "one = [len('a')]", "# md\n### Result", "print(one)"]
    two = [source.replace("one", "two") for source in one]
    path = write(tmp_path / "a.ipynb", "# md\n# T", *one, *two)
    assert ["one", "result", "two", "two-result"] == names(client.suggest(path))


def test_what_only_one_step_can_do_is_joined(tmp_path: Path, client: Client) -> None:
    """Where the pipeline would be refused, steps are joined until it compiles, and a note says why."""
    cells = ["# md\n# T", "# md\n## A", "h = display('x', display_id=True)", "# md\n## B", "h.update('z')"]
    suggestion = client.suggest(write(tmp_path / "a.ipynb", *cells, "# md\n## C", WORK))
    assert ["a", "c"] == names(suggestion)
    assert "KF403" in suggestion.notes[0]


def test_a_connection_stays_in_its_step(tmp_path: Path, client: Client) -> None:
    """What cannot be saved is not passed on: its step goes on until its last use."""
    cells = ["import sqlite3", "# md\n## Open", "con = sqlite3.connect(':memory:')", "# md\n## Fill"]
    cells += ["con.execute('create table a (x)')", "# md\n## Other", WORK]
    suggestion = client.suggest(write(tmp_path / "a.ipynb", *cells))
    assert ["open", "other"] == names(suggestion)
    assert "`con`" in suggestion.notes[0]


def test_steps_tagged_by_hand_stay(tmp_path: Path, client: Client) -> None:
    """Around tags that are there only the rest is proposed, and no name is given twice."""
    cells = ["# md\n# T", "# md\n## Load", "data = [len('a')]", "# md\n## Clean", "data.append(1)", "# md\n## Load"]
    path = write(tmp_path / "a.ipynb", *cells, "print(data)", tags={2: ["step:load", "mine"]})
    suggestion = client.suggest(path)
    assert ["load", "clean", "t-load"] == names(suggestion)
    assert {"c4": ("step:clean",), "c6": ("step:t-load",)} == suggestion.tags
    client.apply_suggestion(suggestion)
    assert ["step:load", "mine"] == cells_of(path)[2]["metadata"]["tags"]
    client.remove_suggestion(path)
    assert [["step:load", "mine"]] == [c["metadata"]["tags"] for c in cells_of(path) if "tags" in c["metadata"]]


def test_tags_changed_since_are_not_taken_off(tmp_path: Path, client: Client) -> None:
    """A step that was renamed by hand is the person's own, whatever was written before."""
    path = write(tmp_path / "a.ipynb", "# md\n# T", "# md\n## Load", WORK, "# md\n## Show", "print(values)")
    client.apply_suggestion(client.suggest(path))
    path.write_text(path.read_text("utf-8").replace("step:load", "step:fetch"), "utf-8")
    assert {"c4": ("step:show",)} == client.remove_suggestion(path)
    assert ["step:fetch"] == cells_of(path)[2]["metadata"]["tags"]


def test_nothing_to_remove_is_said(tmp_path: Path, client: Client) -> None:
    """Where no tags are remembered the error says where they can be seen."""
    path = write(tmp_path / "a.ipynb", WORK)
    with pytest.raises(WrongCall, match="git diff"):
        client.remove_suggestion(path)


@pytest.mark.parametrize(("source", "code"), [("x = = 1", "KF250"), ("print(nowhere)", "KF201")])
def test_a_notebook_with_errors_gets_its_diagnostics(tmp_path: Path, client: Client, source: str, code: str) -> None:
    """What no cut can heal is refused as by `kfnb check`."""
    path = write(tmp_path / "a.ipynb", WORK, source)
    with pytest.raises(Refused) as refused:
        client.suggest(path)
    assert code in [found.code for found in refused.value.diagnostics]


def test_another_language_is_refused(tmp_path: Path, client: Client) -> None:
    """Notebooks of other languages get the usual diagnostic."""
    path = write(tmp_path / "a.ipynb", "x <- 1")
    content = json.loads(path.read_text("utf-8"))
    content["metadata"]["kernelspec"] = {"display_name": "R", "language": "R", "name": "ir"}
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(Refused, match="KF104"):
        client.suggest(path)


def test_a_cell_that_another_reads_is_never_offered_for_skipping(tmp_path: Path, client: Client) -> None:
    """Only what shows and binds nothing is offered."""
    cells = ["import pandas as pd", "df = pd.DataFrame({'a': [1]})", "df.head()", "df = df.head()", "print(df.a.sum())"]
    suggestion = client.suggest(write(tmp_path / "a.ipynb", *cells))
    assert "c2" in [found.cell for found in suggestion.skippable]
    assert {"c1", "c3"}.isdisjoint(found.cell for found in suggestion.skippable)
