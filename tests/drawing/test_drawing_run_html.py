"""A run as a notebook shows it."""

from __future__ import annotations

import base64
import re

import pytest

from kfnb.drawing.run_html import living_run, run_bundle, show_duration, show_number
from kfnb.spec import Edge, PipelineSpec, Task

SPEC = PipelineSpec(
    name="churn",
    notebook="churn.ipynb",
    notebook_digest="",
    tasks=(Task(name="train", slug="train", cells=()), Task(name="judge", slug="judge", cells=())),
    edges=(Edge(source="train", target="judge", names=("model",)),),
)
DOCUMENT = {
    "run_id": "20260101-abc",
    "state": "FAILED",
    "metrics": {"train": {"accuracy": 0.912345}},
    "tasks": {
        "train": {
            "state": "SUCCEEDED",
            "cached": False,
            "started": "2026-01-01T10:00:00+00:00",
            "finished": "2026-01-01T10:00:02.500000+00:00",
            "why": None,
        },
        "judge": {"state": "FAILED", "cached": False, "started": None, "finished": None, "why": "<b>no</b> model"},
    },
}


def test_the_picture_is_a_data_uri_that_holds_the_dag() -> None:
    """The HTML shows the DAG as an image, the only form of SVG that untrusted notebooks keep."""
    html = run_bundle(SPEC, DOCUMENT)["text/html"]
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert found is not None
    svg = base64.b64decode(found[1]).decode()
    assert "train → judge: model" in svg
    assert "✖ failed" in svg


def test_texts_of_the_user_are_escaped() -> None:
    """A message that looks like markup stays text."""
    html = run_bundle(SPEC, DOCUMENT)["text/html"]
    assert "<b>no</b>" not in html
    assert "&lt;b&gt;no&lt;/b&gt; model" in html


def test_a_run_that_goes_on_says_of_when_its_picture_is() -> None:
    """A page that was saved while a run went on says how old it is; of a run that has ended there is no need to."""
    running = {**DOCUMENT, "state": "RUNNING", "created": "2026-01-01T09:59:59+00:00"}
    assert " · as it stood on 2026-01-01 at 10:00:02 UTC</p>" in run_bundle(SPEC, running)["text/html"]
    assert "as it stood" not in run_bundle(SPEC, {**running, "state": "FAILED"})["text/html"]


def test_an_interrupted_run_is_not_shown_as_one_that_goes_on() -> None:
    """Where nothing drives a run it is said behind its state, in either form."""
    shown = run_bundle(SPEC, {**DOCUMENT, "state": "RUNNING", "interrupted": True})
    assert "running</span> (interrupted)" in shown["text/html"]
    assert "· running (interrupted)\n" in shown["text/plain"]


def test_the_picture_of_a_run_that_goes_on_says_whose_it_is() -> None:
    """So that it can be drawn anew; that of a run that has ended is for good, and other HTML is none."""
    running = {**DOCUMENT, "state": "RUNNING", "run_id": 'an "id"'}
    assert 'an "id"' == living_run(run_bundle(SPEC, running)["text/html"])
    assert [None, None] == [living_run(run_bundle(SPEC, DOCUMENT)["text/html"]), living_run("<b>other</b>")]


def test_the_tables_say_state_time_why_and_metrics() -> None:
    """The HTML's tables hold what `kfnb show` knows."""
    html = run_bundle(SPEC, DOCUMENT)["text/html"]
    for part in ("✔ succeeded", "2.5 s", "accuracy", "0.9123"):
        assert part in html


def test_plain_text_says_the_same() -> None:
    """Where there is no HTML the run is its DAG, a line a task and the metrics."""
    text = run_bundle(SPEC, DOCUMENT, name="try 1")["text/plain"]
    assert text.startswith("try 1 · run 20260101-abc · failed")
    assert [
        "train  succeeded       2.5 s",
        "judge  failed                 <b>no</b> model",
        "",
        "train.accuracy = 0.9123",
    ] == text.splitlines()[-4:]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.04, "0.0 s"), (12.34, "12.3 s"), (185.2, "3 min 05 s"), (7620, "2 h 07 min")]
)
def test_durations_are_read_at_a_glance(seconds: float, expected: str) -> None:
    """A duration has at most two units."""
    assert expected == show_duration(seconds)


@pytest.mark.parametrize(("value", "expected"), [(0.123456, "0.1235"), (7, "7"), (True, "True"), ("best", "best")])
def test_metrics_are_rounded_for_people(value: object, expected: str) -> None:
    """Floats show four significant digits; everything else stays as it is."""
    assert expected == show_number(value)
