"""The comment that says the same as tags, and all the comments that must not be taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfnb.notebook.cells import NotebookCell
from kfnb.notebook.comments import comment_items
from kfnb.notebook.tags import is_skipped, read_tags
from kfnb.spec import Settings


@pytest.mark.parametrize(
    ("comment", "items"),
    [
        ("# step: train, gpu: 1, retry: 2", ("step:train", "gpu:1", "retry:2")),
        ("#step:train", ("step:train",)),
        ("# step:", ("step:",)),
        ("# step: , gpu: 1", ("step:", "gpu:1")),
        ("# step: load data", ("step:load data",)),
        ("# step: train, metrics, skip", ("step:train", "metrics", "skip")),
        ("# step: a, limit: memory: 4Gi", ("step:a", "limit:memory: 4Gi")),
        ("# step: a, uses: x, y, draws", ("step:a", "uses:x,y", "draws")),
        ("# step: a, packages: pandas>=2, <3, numpy", ("step:a", "packages:pandas>=2,<3,numpy")),
        ("# step: a, when: mode in ('x, y', 'z') and f(1, 2)", ("step:a", "when:mode in ('x, y', 'z') and f(1, 2)")),
        ("# step: a, image: r.io:5000/x:1", ("step:a", "image:r.io:5000/x:1")),
        ("# gpu: 1", ("gpu:1",)),
        ("# gpu: 1, timeout: 2h", ("gpu:1", "timeout:2h")),
        ("# limit: memory: 4Gi", ("limit:memory: 4Gi",)),
    ],
)
def test_a_comment_whose_words_are_all_known_is_tags(comment: str, items: tuple[str, ...]) -> None:
    """The items of a tag comment are those that tags would be."""
    assert (1, items) == comment_items(f"{comment}\nx = 1")


@pytest.mark.parametrize(
    "comment",
    [
        "# step: load the data, then clean it",
        "# step: here we load all of the data from disk",
        "# step: train the model.",
        "# step: is it done?",
        "# Step: train",
        "# Step 1: load",
        "# steps: a, b",
        "# step one: load",
        "# imports",
        "# functions",
        "# parameters",
        "# skip",
        "# skip, metrics",
        "# metrics: accuracy and recall",
        "# parameters: lr, depth",
        "# image: resized to 28x28",
        "# image: mnist",
        "# label: y",
        "# cache: on",
        "# timeout: 30",
        "# retry: a few times",
        "# gpu: if there is one",
        "# limit: 10",
        "# limit: cpu: lots",
        "# when: later",
        "# uses: pandas",
        "# packages: numpy, pandas",
        "# env: prod",
        "# note: gpu: 1",
        "# gpu: 1, see below",
        "# https://example.com",
        "## step: train",
        "# %% step: train",
        "#! step: train",
        "#",
        "# :",
        "x = 1  # step: train",
        "%%bash",
        '"""step: train"""',
    ],
)
def test_ordinary_comments_are_left_alone(comment: str) -> None:
    """Prose is never a tag and never a diagnostic."""
    cell = NotebookCell(id="c", index=0, kind="code", source=f"{comment}\nx = 1")
    read = read_tags(cell)
    assert ((), (), False) == (read.tags, read.diagnostics, is_skipped(cell.source, ()))


def test_only_the_first_line_counts() -> None:
    """A comment further down is an ordinary one; blank lines above the first are not lines of code."""
    assert () == comment_items("x = 1\n# step: train")[1]
    assert (3, ("step:train",)) == comment_items("\n\n# step: train\nx = 1")


def test_a_comment_says_the_same_as_tags() -> None:
    """The comment form and the tags it stands for set the same."""
    comment = read_tags(
        NotebookCell(id="c", index=0, kind="code", source="# step: train, gpu: 1, retry: 2, uses: a, b, metrics\nx")
    )
    tags = read_tags(
        NotebookCell(
            id="c", index=0, kind="code", source="x", tags=("step:train", "gpu:1", "retry:2", "uses:a,b", "metrics")
        )
    )
    assert Settings(limits={"nvidia.com/gpu": "1"}, retries=2) == comment.settings == tags.settings
    assert ("train", ("a", "b"), True) == (comment.step, comment.uses, comment.metrics)
    assert ("train", ("a", "b"), True) == (tags.step, tags.uses, tags.metrics)


def test_a_mistake_in_a_comment_with_a_step_is_an_error_at_its_line() -> None:
    """Beside `step:` a value that cannot be read is meant and wrong; no tag is offered to the machine."""
    [found] = read_tags(
        NotebookCell(id="c", index=0, kind="code", source="\n# step: train, timeout: 30\nx")
    ).diagnostics
    assert ("KF110", 2, ()) == (found.code, found.line, found.fix.add_tags if found.fix else None)


def test_the_tag_counts_where_comment_and_tag_name_different_steps() -> None:
    """A comment that names another step than the tag is warned about; its other items count."""
    read = read_tags(NotebookCell(id="c", index=0, kind="code", source="# step: a, gpu: 1\nx", tags=("step:b",)))
    assert ("b", {"nvidia.com/gpu": "1"}) == (read.step, read.settings.limits)
    assert [("KF122", "warning", 1)] == [(found.code, found.severity, found.line) for found in read.diagnostics]
    same = read_tags(NotebookCell(id="c", index=0, kind="code", source="# step: a\nx", tags=("step:a",)))
    assert ("a", ()) == (same.step, same.diagnostics)


_prose = st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=8), min_size=5, max_size=12)


@settings(max_examples=300, deadline=None)
@given(words=_prose, start=st.sampled_from(["", "step: ", "gpu: ", "image: ", "note: "]))
def test_sentences_are_never_tags(words: list[str], start: str) -> None:
    """A comment of five words or more is prose, whatever it starts with."""
    assert () == comment_items(f"# {start}{' '.join(words)}\nx")[1]
