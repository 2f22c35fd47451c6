"""The files of run_events say what RunStatus says of the same events; vitest reads them too."""

from __future__ import annotations

import json

import msgspec
import pytest

from kfnb.spec import PipelineSpec, RunEvent
from tests.cases.record_run_events import FOLDER, RUNS, seen


def test_every_recorded_run_is_kept() -> None:
    """There is a file for each run that the recorder makes, and no other."""
    assert sorted(RUNS) == sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", RUNS)
def test_the_status_of_a_case_is_what_its_events_say(name: str) -> None:
    """RunStatus of the events in the file equals the status in it."""
    content = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    spec = msgspec.convert(content["spec"], PipelineSpec)
    events = msgspec.convert(content["events"], list[RunEvent])
    assert content["status"] == json.loads(json.dumps(seen("run", spec, events)))
