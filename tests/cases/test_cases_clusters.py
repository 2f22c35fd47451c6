"""What the form of a cluster lets pass is what the file of profiles may say: both are tested on the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfnb.notebook.quantities import BadValue
from kfnb.profiles.checks import check_name, problems

SAID = json.loads((Path(__file__).parent / "clusters.json").read_text("utf-8"))
TEXTS = [
    (key, text, verdict == "right")
    for key in ("root", "root_claim")
    for verdict in SAID[key]
    for text in SAID[key][verdict]
]


def test_all_that_the_form_has_can_be_said() -> None:
    """Nothing is wrong with a profile whose every field in the form is filled in."""
    assert [] == [*problems(SAID["settings"])]


@pytest.mark.parametrize("name", SAID["names"]["right"])
def test_names_that_are_right(name: str) -> None:
    """A cluster can be called this."""
    assert name == check_name(name)


@pytest.mark.parametrize("name", SAID["names"]["wrong"])
def test_names_that_are_wrong(name: str) -> None:
    """No cluster can be called this."""
    with pytest.raises(BadValue):
        check_name(name)


@pytest.mark.parametrize(("key", "text", "is_right"), TEXTS)
def test_where_the_root_is(key: str, text: str, is_right: bool) -> None:
    """A root, or the claim that holds it, has one of the forms that there are."""
    told: dict[str, Any] = {"namespace": "a", "image": "x:1", "root": "/mnt/shared", "root_claim": "a:/mnt", key: text}
    assert is_right == (key not in {problem.key for problem in problems(told)})
