"""States, times and curves look the same in Python's pictures and the front end: both are tested on the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from kfnb.drawing.run_html import show_duration
from kfnb.drawing.series_svg import COLOURS
from kfnb.drawing.states import LOOKS, look
from kfnb.orchestrator.events import ENDED
from kfnb.spec import State

SAID = json.loads((Path(__file__).parent / "looks.json").read_text("utf-8"))


def test_states_have_their_icons_and_words() -> None:
    """Each state has one icon and one word, and is or is not the end."""
    told = {name: {"icon": one.icon, "word": one.word, "ended": name in ENDED} for name, one in LOOKS.items()}
    assert (SAID["states"], {*get_args(State)}) == (told, {*told})


def test_a_result_of_the_cache_has_its_own() -> None:
    """What succeeded without being run is told from what ran."""
    cached = look("SUCCEEDED", cached=True)
    assert SAID["cached"] == {"icon": cached.icon, "word": cached.word}


def test_curves_have_their_colours() -> None:
    """A run has the same colour among curves in a notebook and on the page of runs."""
    assert SAID["curves"] == [*COLOURS]


@pytest.mark.parametrize(("seconds", "text"), SAID["durations"].items())
def test_times_are_told_in_two_units(seconds: str, text: str) -> None:
    """A time span is told in the same words."""
    assert text == show_duration(float(seconds))
