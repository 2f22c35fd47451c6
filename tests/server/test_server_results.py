"""What a run made, through the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from server_notebooks import STEPS, Fetch, Get

from kfnb.client import Run
from kfnb.server.results import Range, range_of

ODD = "%3Cscript%3E%C3%BC"
"""`<script>ü` in an address."""


async def test_logs_come_whole_and_in_ranges(fetch: Fetch, finished: Run) -> None:
    """A log is text; a range of its bytes can be asked for, and one beyond its end is refused with its size."""
    text = "α one\ntwo\n".encode()
    found = {}
    for wanted in ("", "bytes=0-1", "bytes=3-", "bytes=-4", "bytes=3-3", "bytes=0-1,3-4", "lines=1-2", "bytes=50-"):
        answer = await fetch("runs", finished.id, "tasks", "make", "log", headers={"Range": wanted} if wanted else {})
        found[wanted] = (answer.code, answer.body, answer.headers.get("Content-Range"))
    whole = (200, text, None)
    assert {
        "": whole,
        "bytes=0-1": (206, text[:2], "bytes 0-1/11"),
        "bytes=3-": (206, text[3:], "bytes 3-10/11"),
        "bytes=-4": (206, text[-4:], "bytes 7-10/11"),
        "bytes=3-3": (206, text[3:4], "bytes 3-3/11"),
        "bytes=0-1,3-4": whole,
        "lines=1-2": whole,
        "bytes=50-": (416, b"", "bytes */11"),
    } == found


async def test_a_log_of_a_step_with_an_odd_name(fetch: Fetch, finished: Run) -> None:
    """Whatever a step is called, its log can be asked for, and downloaded under that name."""
    answer = await fetch("runs", finished.id, "tasks", ODD, "log", params={"download": "1"})
    assert b"[2, 4, 6]\n" == answer.body
    assert f"attachment; filename*=UTF-8''{ODD}.log" == answer.headers["Content-Disposition"]
    assert "text/plain; charset=utf-8" == answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("header", "size", "found"),
    [
        (None, 5, Range(0, 5, 5, whole=True)),
        ("bytes=-", 5, Range(0, 5, 5, whole=True)),
        ("bytes=4-2", 5, Range(0, 5, 5, whole=True)),
        ("bytes=1-99", 5, Range(1, 5, 5)),
        ("bytes=-99", 5, Range(0, 5, 5)),
        ("bytes=-0", 5, None),
        ("bytes=0-", 0, None),
        ("bytes=5-", 5, None),
    ],
)
def test_ranges(header: str | None, size: int, found: Range | None) -> None:
    """Ranges are read as RFC 9110 has them."""
    assert found == range_of(header, size)


async def test_the_executed_notebook(get: Get, finished: Run) -> None:
    """The notebook of a task has its cells with what they showed."""
    notebook = await get("runs", finished.id, "tasks", "make", "notebook")
    assert [("c0", "α one\ntwo\n")] == [(cell["id"], cell["outputs"][0]["text"]) for cell in notebook["cells"]]


async def test_metrics_in_the_form_that_charts_draw(get: Get, finished: Run) -> None:
    """Numbers, ROC curves and confusion matrices come by task and name."""
    found = (await get("runs", finished.id, "metrics"))["tasks"]
    assert ["show"] == list(found)
    shown = found["show"]
    assert ("value", 6) == (shown["total"]["kind"], shown["total"]["value"])
    curve, matrix = shown["ROC curve"], shown["confusion matrix"]
    assert ("roc_curve", [0, 0.5, 1], [0, 0.75, 1]) == (curve["kind"], curve["fpr"], curve["tpr"])
    assert ("confusion_matrix", ["a", "b"], [[3, 1], [0, 4]]) == (matrix["kind"], matrix["labels"], matrix["rows"])


async def test_how_metrics_went(get: Get, finished: Run) -> None:
    """A metric that was logged again has its points by task and name."""
    series = {"total": {"steps": [1, 2], "values": [3, 6], "logged": 2}}
    assert {"tasks": {"show": series}} == await get("runs", finished.id, "series")


async def test_artifacts_are_listed_with_previews(get: Get, finished: Run) -> None:
    """Values and what was logged are told with safe previews; what kfnb itself hands on is not among them."""
    found = {one["name"]: one for one in (await get("runs", finished.id, "artifacts"))["artifacts"]}
    assert {"values", "doubles", "ROC curve", "confusion matrix", "page / <b>"} == set(found)
    assert ("make", "value", "[1, 2, 3]", None) == (
        found["values"]["task"],
        found["values"]["kind"],
        found["values"]["preview"]["text"],
        found["values"]["content"],
    )
    assert ("HTML", "text/html") == (found["page / <b>"]["type"], found["page / <b>"]["media_type"])


async def test_html_comes_as_a_download_that_may_do_nothing(
    jp_fetch: Fetch, fetch: Fetch, get: Get, finished: Run
) -> None:
    """HTML that a task logged never runs as a page of the server: it is an attachment, sandboxed, of a fixed type."""
    found = {one["name"]: one for one in (await get("runs", finished.id, "artifacts"))["artifacts"]}
    answer = await fetch(*found["page / <b>"]["content"].split("/"))
    assert b"<script>alert(1)</script>" == answer.body
    assert "attachment; filename*=UTF-8''page%20%2F%20%3Cb%3E" == answer.headers["Content-Disposition"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    missing = await fetch("runs", finished.id, "tasks", "make", "artifacts", "values")
    assert (404, f"Task make of run {finished.id} has no file or text called values.") == (
        missing.code,
        json.loads(missing.body)["message"],
    )


async def test_outputs_are_those_that_are_brought_home(get: Get, finished: Run, tmp_path: Path) -> None:
    """The outputs by cell are what `write_outputs` puts into the notebook, beside the code that gave them."""
    home = tmp_path / "many.ipynb"
    home.write_bytes(Path(finished.notebook_path).read_bytes())
    finished.write_outputs(home)
    written = json.loads(home.read_text())["cells"]
    told = (await get("runs", finished.id, "outputs"))["cells"]
    assert [(cell["id"], cell["execution_count"]) for cell in written] == [
        (cell["cell_id"], cell["execution_count"]) for cell in told
    ]
    assert list(STEPS.values()) == [cell["source"] for cell in told]
    assert [len(cell["outputs"]) for cell in written] == [len(cell["outputs"]) for cell in told]
    assert ["α one\n", "two\n"] == written[0]["outputs"][0]["text"]
    assert "α one\ntwo\n" == told[0]["outputs"][0]["text"]


async def test_what_happened_to_a_task_is_told_in_words(get: Get, fetch: Fetch, finished: Run) -> None:
    """The events of a task of this machine are the run's; it has no pod, and that is said."""
    found = await get("runs", finished.id, "tasks", "make", "events")
    assert [("run", "running, attempt 1"), ("run", "succeeded, attempt 1")] == [
        (one["source"], one["text"]) for one in found["events"]
    ]
    assert found["trouble"] is None
    answer = await fetch("runs", finished.id, "tasks", "make", "pod")
    assert 400 == answer.code
    assert "it runs on this machine" in json.loads(answer.body)["message"]
