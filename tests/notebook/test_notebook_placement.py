"""What fits no tag: affinity and pod patches in the notebook's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kfnb.compiler import check_notebook
from kfnb.spec import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notebook.conftest import Writer

CELLS = (("a = 1", "step:load"), ("b = a", "step:train"))


def checked(write: Writer, about: Any) -> tuple[dict[str, Settings], list[tuple[str, str, str]]]:
    """Settings by step, and code, severity and message of what is found, of a notebook with this `metadata.kfnb`."""
    path: Path = write(*CELLS, metadata={"kfnb": about})
    spec, found = check_notebook(path)
    settings = {task.name: task.settings for task in spec.tasks} if spec else {}
    return settings, [(each.code, each.severity, each.message) for each in found]


def test_what_is_for_all_and_what_is_for_one_step(write: Writer) -> None:
    """A step's kinds of affinity win over those for all steps; its patch comes after the one for all."""
    about = {
        "affinity": {"podAffinity": {"all": 1}, "nodeAffinity": {"all": 1}},
        "pod_patch": {"spec": {"hostname": "all"}},
        "steps": {"train": {"affinity": {"podAffinity": {"own": 1}}, "pod_patch": {"spec": {"hostname": "own"}}}},
    }
    settings, found = checked(write, about)
    patch = {"spec": {"hostname": "all"}}
    assert {
        "load": Settings(affinity=about["affinity"], pod_patches=(patch,)),
        "train": Settings(
            affinity={"podAffinity": {"own": 1}, "nodeAffinity": {"all": 1}},
            pod_patches=(patch, {"spec": {"hostname": "own"}}),
        ),
    } == settings
    assert [("KF503", "hint"), ("KF503", "hint")] == [each[:2] for each in found]


@pytest.mark.parametrize("about", [None, {}, {"run": "r", "task": "t", "attempt": 1}, {"steps": {}}])
def test_metadata_that_say_nothing_of_pods(write: Writer, about: Any) -> None:
    """A notebook that kfnb executed, or without such metadata, has nothing of it."""
    assert ({"load": Settings(), "train": Settings()}, []) == checked(write, about)


@pytest.mark.parametrize(
    ("about", "severity", "message"),
    [
        ("x", "error", "`metadata.kfnb` must be an object."),
        ({"affinity": []}, "error", "`metadata.kfnb.affinity` must be an object."),
        ({"steps": []}, "error", "`metadata.kfnb.steps` must be an object: the name of each step, and what is for it."),
        ({"steps": {"load": 1}}, "error", "`metadata.kfnb.steps.load` must be an object."),
        ({"steps": {"load": {"pod_patch": 1}}}, "error", "`metadata.kfnb.steps.load.pod_patch` must be an object."),
        ({"pod_patches": {}}, "warning", "`metadata.kfnb.pod_patches` means nothing to kfnb."),
        ({"steps": {"load": {"gpu": 1}}}, "warning", "`metadata.kfnb.steps.load.gpu` means nothing to kfnb."),
        ({"steps": {"lod": {}}}, "warning", "`metadata.kfnb.steps` speaks of a step `lod`, which is not there."),
    ],
)
def test_what_cannot_be_is_a_finding(write: Writer, about: Any, severity: str, message: str) -> None:
    """Wrong forms are errors, words that mean nothing are warnings."""
    assert [("KF126", severity, message)] == checked(write, about)[1]
