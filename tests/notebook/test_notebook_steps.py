"""Which cells make which steps: names, roles, order, settings that add up or contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.notebook.cells import Notebook, NotebookCell
from kfnb.notebook.reader import read_notebook
from kfnb.notebook.steps import Steps, read_steps, slug
from kfnb.spec import Cell, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notebook.conftest import Writer

Shape = list[tuple[str, list[tuple[str, str]]]]


def is_setup(source: str) -> bool:
    """Enough of the real predicate for these notebooks."""
    return source.startswith(("import ", "def "))


def steps_of(path: Path) -> Steps:
    """The steps of the notebook at `path`."""
    return read_steps(read_notebook(path), is_setup)


def shape(steps: Steps) -> Shape:
    """Names of steps with the ids and roles of their cells."""
    return [(step.name, [(cell.id, cell.role) for cell in step.cells]) for step in steps.steps]


def codes(steps: Steps) -> list[tuple[str, str, str | None]]:
    """What was found: code, severity, cell."""
    return [(found.code, found.severity, found.cell) for found in steps.diagnostics]


def test_a_cell_without_a_tag_continues_the_step_above(write: Writer) -> None:
    """Untagged cells, cells with only settings, and `step:` alone belong to the nearest step above."""
    steps = steps_of(write(("a", "step:load"), "b", ("c", "gpu:1"), ("d", "step:train"), ("e", "step:"), ("f", "mine")))
    assert [
        ("load", [(c, "body") for c in ("c0", "c1", "c2")]),
        ("train", [(c, "body") for c in ("c3", "c4", "c5")]),
    ] == (shape(steps))
    assert {"nvidia.com/gpu": "1"} == steps.steps[0].settings.limits
    assert [] == codes(steps)


def test_cells_carry_what_a_task_needs(write: Writer) -> None:
    """A step's cell has its id, place, ordinal, source, tags and what its tags say of it."""
    path = write(
        "", ("x", "step:a", "uses:u", "changes:c", "keeps:k", "binds:b", "draws", "metrics", "foreach:2", "on-exit")
    )
    [step] = steps_of(path).steps
    [cell] = step.cells
    tags = ("step:a", "uses:u", "changes:c", "keeps:k", "binds:b", "draws", "metrics", "foreach:2", "on-exit")
    assert Cell(id="c1", index=1, source="x", ordinal=1, tags=tags) == cell.to_cell()
    assert (("u",), ("c",), ("k",), ("b",)) == (cell.uses, cell.changes, cell.keeps, cell.binds)
    assert (True, True, True, True) == (cell.draws, cell.metrics, cell.foreach, cell.on_exit)
    assert (2, True) == (step.settings.foreach, step.settings.on_exit)


def test_pure_setup_above_the_first_step_belongs_to_it(write: Writer) -> None:
    """Imports and definitions above the first step are its setup cells."""
    steps = steps_of(write("import os", "def f(): pass", ("a", "step:load"), ("b", "step:train")))
    assert [("load", [("c0", "setup"), ("c1", "setup"), ("c2", "body")]), ("train", [("c3", "body")])] == shape(steps)
    assert [True, True] == [step.explicit for step in steps.steps]


def test_other_code_above_the_first_step_forms_the_step_start(write: Writer) -> None:
    """One cell above that is not setup makes all cells above, tagged or not, the step `start`."""
    steps = steps_of(
        write("import os", ("lr = 1", "parameters"), "x = load()", ("def f(): pass", "functions"), ("a", "step:train"))
    )
    start = [("c0", "body"), ("c1", "parameters"), ("c2", "body"), ("c3", "setup")]
    assert [("start", start), ("train", [("c4", "body")])] == shape(steps)
    assert [False, True] == [step.explicit for step in steps.steps]


@pytest.mark.parametrize("tag", ["metrics", "when:x", "foreach", "on-exit", "uses:x", "binds:x", "changes:x", "draws"])
def test_setup_cannot_have_metrics_control_flow_or_unseen_effects(write: Writer, tag: str) -> None:
    """A cell above the first step that is tagged for more than settings is no setup."""
    assert ["start", "a"] == [step.name for step in steps_of(write(("import os", tag), ("a", "step:a"))).steps]


def test_settings_above_the_first_step_join_the_step_that_follows(write: Writer) -> None:
    """Settings of a setup cell are those of the step it belongs to."""
    [step] = steps_of(write(("import os", "packages:pandas"), ("a", "step:a", "packages:numpy"))).steps
    assert ("pandas", "numpy") == step.settings.packages


def test_the_name_start_is_not_taken_from_the_user(write: Writer) -> None:
    """A tagged step `start` and the code above the first step are two steps."""
    steps = steps_of(write("x = load()", ("a", "step:b"), ("c", "step:Start")))
    assert ["start-2", "b", "Start"] == [step.name for step in steps.steps]
    assert [] == codes(steps)


def test_setup_cells_between_steps_belong_to_the_step_that_follows(write: Writer) -> None:
    """Tagged setup and parameters cells go to the step of the next cell, in notebook order."""
    steps = steps_of(
        write(
            ("a", "step:a"),
            ("b", "imports"),
            ("c", "parameters"),
            ("d", "step:b"),
            ("e", "functions"),
            "f",
            ("g", "imports"),
        )
    )
    b = [("c1", "setup"), ("c2", "parameters"), ("c3", "body"), ("c4", "setup"), ("c5", "body"), ("c6", "setup")]
    assert [("a", [("c0", "body")]), ("b", b)] == shape(steps)
    assert "c2" == (steps.parameters_cell.id if steps.parameters_cell else None)


def test_a_setup_tag_beside_a_step_tag_makes_no_setup_cell(write: Writer) -> None:
    """A cell that names its step is the step's own; a parameters cell keeps its role there."""
    steps = steps_of(write(("a", "step:a", "imports"), ("b", "step:p", "parameters"), ("c", "step:c")))
    assert [("a", [("c0", "body")]), ("p", [("c1", "parameters")]), ("c", [("c2", "body")])] == shape(steps)


def test_skipped_cells_are_kept_apart_and_continue_nothing(write: Writer) -> None:
    """A skipped cell begins no step, so what follows continues the step above it; its other tags are remarked upon."""
    steps = steps_of(write(("a", "step:a"), ("b", "skip", "step:b"), "c", ("d", "skip", "gpu:1"), ("e", "skip")))
    assert [("a", [("c0", "body"), ("c2", "body")])] == shape(steps)
    assert ["c1", "c3", "c4"] == [cell.id for cell in steps.skipped]
    assert [("KF120", "warning", "c1"), ("KF120", "hint", "c3")] == codes(steps)
    assert {} == steps.steps[0].settings.limits


def test_empty_cells_belong_to_no_step_but_their_tags_count(write: Writer) -> None:
    """An empty cell may begin a step and set things for it."""
    steps = steps_of(write(("a", "step:a"), ("", "step:b", "gpu:1"), "", "c", ("  \n", "timeout:1h")))
    assert [("a", [("c0", "body")]), ("b", [("c3", "body")])] == shape(steps)
    assert Settings(limits={"nvidia.com/gpu": "1"}, timeout=3600.0) == steps.steps[1].settings


def test_a_step_of_empty_cells_is_left_out_with_a_warning(write: Writer) -> None:
    """A step without code cannot run."""
    steps = steps_of(write(("a", "step:a"), ("", "step:b")))
    assert (["a"], [("KF121", "warning", "c1")]) == ([step.name for step in steps.steps], codes(steps))


def test_setup_alone_runs_as_the_step_that_is_named(write: Writer) -> None:
    """Where the only step has no code of its own, the setup cells run as that step."""
    assert [("a", [("c0", "setup")])] == shape(steps_of(write("import os", ("", "step:a"))))


def test_a_notebook_without_step_tags_is_one_step_with_a_hint(write: Writer) -> None:
    """All cells are one step called notebook, in their roles."""
    steps = steps_of(write(("import os", "imports"), ("lr = 1", "parameters"), "x", ("y", "gpu:1")))
    cells = [("c0", "setup"), ("c1", "parameters"), ("c2", "body"), ("c3", "body")]
    assert [("notebook", cells)] == shape(steps)
    assert [("KF119", "hint", "c0")] == codes(steps)
    assert {"nvidia.com/gpu": "1"} == steps.steps[0].settings.limits


def test_a_step_in_several_places_is_one_step_where_its_last_cell_stands(write: Writer) -> None:
    """Steps are ordered by their last cells; the cells that would move down are `early`."""
    steps = steps_of(write(("a", "step:a"), "b", ("c", "step:b"), ("d", "step:a"), ("e", "step:c"), ("f", "step:b")))
    assert [("a", ["c0", "c1", "c3"]), ("c", ["c4"]), ("b", ["c2", "c5"])] == [
        (step.name, [cell.id for cell in step.cells]) for step in steps.steps
    ]
    assert [(True, ["c0", "c1"]), (False, []), (True, ["c2"])] == [
        (step.scattered, [cell.id for cell in step.early]) for step in steps.steps
    ]


def test_empty_and_skipped_cells_scatter_no_step(write: Writer) -> None:
    """What does not run does not stand between the cells of a step."""
    steps = steps_of(write(("a", "step:a"), ("", "step:b"), ("x", "skip"), ("b", "step:a"), ("c", "step:b")))
    assert [False, False] == [step.scattered for step in steps.steps]


def test_prev_names_steps_above_by_name_or_slug(write: Writer) -> None:
    """`prev:` gives the step's real name, each once."""
    steps = steps_of(
        write(("a", "step:Load data"), ("b", "step:b"), ("c", "step:c", "prev:load-data", "after:b"), ("d", "prev:b"))
    )
    assert [(), (), ("Load data", "b")] == [step.after for step in steps.steps]
    assert [] == codes(steps)


def test_prev_that_names_no_step_offers_the_nearest(write: Writer) -> None:
    """A misspelt `prev:` is an error with a fix that can be applied."""
    steps = steps_of(write(("a", "step:Load data"), ("b", "step:b", "prev:load-dta"), ("c", "step:c", "prev:zzz")))
    first, second = steps.diagnostics
    assert [("KF117", "error", "c1"), ("KF117", "error", "c2")] == codes(steps)
    assert first.fix is not None
    assert second.fix is not None
    assert (("prev:Load data",), ("prev:load-dta",)) == (first.fix.add_tags, first.fix.remove_tags)
    assert "The steps above are: Load data, b." == second.fix.text


def test_prev_that_names_itself_or_a_step_below_is_an_error(write: Writer) -> None:
    """Order edges go down the notebook only."""
    steps = steps_of(write(("a", "step:a", "prev:b"), ("b", "step:b", "prev:b")))
    assert [("KF118", "error", "c0"), ("KF118", "error", "c1")] == codes(steps)
    assert [(), ()] == [step.after for step in steps.steps]


def test_step_without_a_name_needs_a_step_above(write: Writer) -> None:
    """`step:` above every step continues nothing."""
    assert ("KF115", "error", "c0") in codes(steps_of(write(("a", "step:"), ("b", "step:b"))))
    assert ("KF115", "error", "c0") in codes(steps_of(write(("a", "step:"))))


def test_two_names_with_one_slug_are_an_error(write: Writer) -> None:
    """Names that labels cannot tell apart are refused."""
    steps = steps_of(write(("a", "step:Train model"), ("b", "step:train-model"), ("c", "step:train")))
    assert [("KF113", "error", "c1")] == codes(steps)


def test_one_parameters_cell_is_enough(write: Writer) -> None:
    """A second parameters cell is an error; an empty one or a skipped one is none."""
    steps = steps_of(
        write(
            ("", "parameters"), ("a", "parameters"), ("s", "parameters", "skip"), ("b", "step:b", "pipeline-parameters")
        )
    )
    assert [("KF120", "hint", "c2"), ("KF114", "error", "c3")] == codes(steps)
    assert "c1" == (steps.parameters_cell.id if steps.parameters_cell else None)


def test_a_notebook_of_skipped_cells_has_nothing_to_run(write: Writer) -> None:
    """All cells skipped is an error, not an empty success."""
    steps = steps_of(write(("a", "skip")))
    assert ((), [("KF123", "error", None)]) == (steps.steps, codes(steps))


def test_tags_on_text_cells_are_remarked_upon(write: Writer) -> None:
    """A step tag on a heading does nothing and says so; other tools' tags there are left alone."""
    heading = {"cell_type": "markdown", "id": "m", "metadata": {"tags": ["step:a", "skip", "mine"]}, "source": "# A"}
    steps = steps_of(write(heading, ("a", "step:b")))
    assert [("KF120", "warning", "m")] == codes(steps)


def test_a_cell_that_papermill_injected_is_remarked_upon(write: Writer) -> None:
    """It would set the parameters again."""
    assert [("KF124", "warning", "c1")] == codes(
        steps_of(write(("lr = 1", "step:a", "parameters"), ("lr = 2", "injected-parameters")))
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("gpu:1", "gpu:2"),
        ("gpu:1", "limit:nvidia.com/gpu:2"),
        ("image:a", "image:b"),
        ("timeout:1h", "timeout:2h"),
        ("cache:on", "cache:off"),
        ("retry:1", "retry:2"),
        ("when:a", "when:b"),
        ("env:A=1", "env:A=2"),
        ("env:A=1", "secret:s:k:A"),
        ("secret:s:k:A", "secret:t:k:A"),
        ("configmap:s:k:A", "secret:s:k:A"),
        ("secret:s:/etc/x", "configmap:s:/etc/x"),
        ("pvc:data:/etc/x", "secret:s:/etc/x"),
        ("pvc:a:/mnt", "pvc:b:/mnt"),
        ("label:a:1", "label:a:2"),
        ("limit:cpu:1", "request:cpu:2"),
        ("foreach", "foreach:2"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_settings_of_one_step_may_not_contradict_each_other(
    write: Writer, first: str, second: str, together: bool
) -> None:
    """Two values for one thing, in one cell or in two of a step, are an error at the second."""
    cells = [("a", "step:a", first, second)] if together else [("a", "step:a", first), ("b", second)]
    assert [("KF112", "error", "c0" if together else "c1")] == codes(steps_of(write(*cells)))


def test_the_same_setting_twice_is_no_contradiction(write: Writer) -> None:
    """Saying it twice in one step, or differently in two steps, is fine."""
    path = write(
        ("a", "step:a", "gpu:1"),
        ("b", "limit:nvidia.com/gpu:1", "retry:1"),
        ("c", "retry:1:5s"),
        ("d", "step:d", "gpu:2"),
    )
    steps = steps_of(path)
    assert [] == codes(steps)
    assert (1, 5.0) == (steps.steps[0].settings.retries, steps.steps[0].settings.retry_backoff)


@pytest.mark.parametrize("tag", ["limit:memory:4", "request:memory:400m", "shm:64", "limit:ephemeral-storage:1k"])
def test_a_size_that_lacks_its_unit_is_warned_about(write: Writer, tag: str) -> None:
    """Four bytes of memory are valid and never meant."""
    assert [("KF125", "warning", "c0")] == codes(steps_of(write(("a", "step:a", tag))))


def test_findings_name_the_notebook(write: Writer) -> None:
    """Every diagnostic says in which file it was found."""
    steps = steps_of(write(("a", "step:a", "gpu:x"), name="mine.ipynb"))
    assert ["mine.ipynb"] == [found.notebook for found in steps.diagnostics]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train", "train"),
        ("Train the Model!", "train-the-model"),
        ("a__b", "a-b"),
        ("Über-Schätzung", "uber-schatzung"),
        ("1", "1"),
        ("x" * 63, "x" * 63),
    ],
)
def test_slugs_are_readable_where_they_can_be(name: str, expected: str) -> None:
    """Small letters, digits and dashes, accents dropped."""
    assert expected == slug(name)


@settings(max_examples=500, deadline=None)
@given(name=st.text(min_size=1))
def test_slugs_are_label_values(name: str) -> None:
    """Whatever the name, the slug is at most 63 of a-z, 0-9 and -, with a letter or digit at both ends."""
    found = slug(name)
    assert 1 <= len(found) <= 63
    assert found.strip("-") == found
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert found == slug(name)


def test_slugs_of_other_scripts_and_long_names_stay_apart() -> None:
    """Where letters are lost a digest keeps names apart."""
    names = ["数据1", "模型1", "训练", "é" * 80, "é" * 81, "+++", "---"]
    assert len(names) == len({slug(name) for name in names})


_tags = st.sampled_from(
    [
        *(
            "step:a",
            "step:b",
            "step:c",
            "step:",
            "skip",
            "imports",
            "functions",
            "parameters",
            "gpu:1",
            "gpu:2",
            "when:x",
        ),
        *("prev:a", "prev:b", "metrics", "foreach", "mine"),
    ]
)
_cells = st.lists(
    st.tuples(st.sampled_from(["import a", "x = 1", "", "# step: d\ny"]), st.lists(_tags, max_size=3)), max_size=10
)


@settings(max_examples=500, deadline=None)
@given(given_cells=_cells)
def test_every_cell_that_runs_is_in_exactly_one_step(
    given_cells: list[tuple[str, list[str]]], tmp_path_factory: Any
) -> None:
    """Whatever the tags, each cell that runs stands in one step, in notebook order, and steps end in that order."""
    ordinal, cells = 0, []
    for index, (source, tags) in enumerate(given_cells):
        runs = bool(source) and "skip" not in tags
        ordinal += runs
        cells.append(
            NotebookCell(
                id=f"c{index}",
                index=index,
                kind="code",
                source=source,
                tags=tuple(tags),
                ordinal=ordinal if runs else None,
            )
        )
    folder = tmp_path_factory.getbasetemp()
    notebook = Notebook(
        path=folder / "any.ipynb", name="any", cells=tuple(cells), kernel="python3", metadata={}, content={}, digest=""
    )
    steps = read_steps(notebook, is_setup)
    in_steps = [cell.ordinal for step in steps.steps for cell in step.cells]
    assert list(range(1, ordinal + 1)) == sorted(in_steps)
    assert all([*step.cells] == sorted(step.cells, key=lambda cell: cell.index) for step in steps.steps)
    lasts = [step.cells[-1].index for step in steps.steps]
    assert sorted(lasts) == lasts
    assert len(steps.steps) == len({step.name for step in steps.steps})
