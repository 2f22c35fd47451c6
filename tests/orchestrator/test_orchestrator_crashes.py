"""Mistakes of kfnb's own while a run is driven: kept, survived a few times where there is a next process, then told."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from orchestrator_pipelines import make_spec
from orchestrator_place import Place, running, with_source

from kfnb.artifacts.store import Store
from kfnb.errors import ClusterError, NoAccess, OutsideError, StoreError
from kfnb.orchestrator import places
from kfnb.orchestrator.crashes import MOST
from kfnb.orchestrator.events import EventReader
from kfnb.runners.api_server import Foreign
from kfnb.runners.base import Broken
from kfnb.spec import PipelineSpec, RunInfo, to_json

SPEC = with_source(make_spec({"a": []}), a="import time; time.sleep(600)")


def crashed(place: Place, error: Exception | None = None) -> list[BaseException]:
    """Have the runner of a place say that it cannot go on once the step runs; what the loop raises then."""
    raised: list[BaseException] = []

    def drive() -> None:
        try:
            place.loop.run()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=drive)
    thread.start()
    place.wait_for(running("a"))
    place.runner._report(Broken(error or KeyError("gone")))
    thread.join(30)
    assert not thread.is_alive()
    return raised


def test_a_runner_that_cannot_go_on_ends_the_run(tmp_path: Path) -> None:
    """The error is raised, no process is left, and the log and the store say that it was kfnb itself."""
    place = Place(tmp_path, SPEC)
    (error,) = crashed(place)
    assert "KeyError('gone')" == repr(error)
    assert place.runner.processes["a"].poll() is not None
    assert ("FAILED", {"a": "CANCELED"}) == (place.status().state, place.states())
    assert (
        "kfnb itself failed while it drove the run: KeyError: 'gone'. The details are in runs/r1/crashes/0001.txt of "
        "its store; please report it."
    ) == place.status().why
    assert b"KeyError: 'gone'" in place.store.read("runs/r1/crashes/0001.txt")


def test_a_process_that_is_followed_by_another_leaves_the_run_a_few_times(tmp_path: Path) -> None:
    """Chance may spare the next one the same mistake; the last one says that the run has FAILED."""
    states = []
    for _ in range(MOST):
        place = Place(tmp_path, SPEC, restarted=True)
        crashed(place)
        states.append(place.status().state)
    assert ["RUNNING", "RUNNING", "FAILED"] == states
    assert f"kfnb itself failed for the {MOST}. time" in str(place.status().why)
    assert "FAILED" == Place(tmp_path, SPEC, restarted=True).loop.run()


@pytest.mark.parametrize(
    ("error", "states"),
    [
        (ClusterError("the API server does not answer"), ["RUNNING", "RUNNING", "FAILED"]),
        (StoreError("the store does not answer"), ["RUNNING", "RUNNING", "FAILED"]),
        (NoAccess("wrong keys"), ["FAILED"]),
        (Foreign("somebody else's Job"), ["FAILED"]),
    ],
)
def test_what_does_not_answer_is_tried_by_the_next_process_too(
    tmp_path: Path, error: Exception, states: list[str]
) -> None:
    """What passes leaves run and tasks as they are, a few times; what stays ends the run, saying why."""
    seen = []
    for _ in states:
        place = Place(tmp_path, SPEC, restarted=True)
        raised = crashed(place, error)
        seen.append(place.status().state)
        left = OutsideError(f"Run r1 is left to whoever drives it next: {error}.") if seen[-1] == "RUNNING" else error
        assert [str(left)] == [str(one) for one in raised]
    assert (states, str(error)) == (seen, place.status().why)


def test_without_a_process_to_follow_what_does_not_answer_ends_the_run(tmp_path: Path) -> None:
    """A person at a laptop is told at once."""
    place = Place(tmp_path, SPEC)
    crashed(place, ClusterError("the API server does not answer"))
    assert ("FAILED", "the API server does not answer") == (place.status().state, place.status().why)


@pytest.mark.parametrize("error", [ClusterError("no API server"), StoreError("no store")])
def test_a_laptop_may_lose_what_its_run_needs_as_often_as_it_likes(tmp_path: Path, error: Exception) -> None:
    """Its pods go on, and somebody has it resumed each time: nothing drives it into the same for hours."""
    for _ in range(MOST + 1):
        place = Place(tmp_path, SPEC, shipped="runs/r1/folder.json")
        (left,) = crashed(place, error)
        assert ("RUNNING", f"Run r1 is left to whoever drives it next: {error}.") == (place.status().state, str(left))


class _NoRight(ClusterError):
    lacks_right = True


@pytest.mark.parametrize("restarted", [False, True])
def test_a_right_that_is_taken_away_leaves_the_run(tmp_path: Path, restarted: bool) -> None:
    """Why is said, and run and tasks stay as they are, for whoever drives the run next."""
    place = Place(tmp_path, SPEC, restarted=restarted)
    (error,) = crashed(place, _NoRight("`ada` may not watch pods."))
    assert "Run r1 is left to whoever drives it next: `ada` may not watch pods." == str(error)
    assert ("RUNNING", {"a": "RUNNING"}) == (place.status().state, place.states())


class _Refused:
    """A lease that cannot be had; `passing`: now."""

    def __init__(self, *, passing: bool) -> None:
        self.error = _Passing("no right") if passing else _Final("no right")

    def __enter__(self) -> None:
        raise self.error

    def __exit__(self, *_: object) -> None:
        pass


class _Passing(ClusterError):
    is_passing = True


class _Final(ClusterError):
    is_passing = False


@pytest.mark.parametrize(("passing", "state"), [(False, "FAILED"), (True, "PENDING")])
def test_a_lease_that_is_refused_for_good_fails_a_run_that_was_not_begun(
    tmp_path: Path, passing: bool, state: str
) -> None:
    """One that is out of reach for a moment leaves it to be begun."""
    place = Place(tmp_path, SPEC, lease=_Refused(passing=passing))
    with pytest.raises(ClusterError, match="no right"):
        place.loop.run()
    assert (state, None if passing else "no right") == (place.status().state, place.status().why)


@pytest.mark.parametrize("broken", ["document", "profile"])
def test_a_run_of_another_kfnb_ends_in_the_cluster_with_the_reason(tmp_path: Path, broken: str) -> None:
    """The orchestrator's pod, which is of an image, says which kfnb it has; elsewhere the command says it."""
    store = Store(str(tmp_path / "store"))
    empty = PipelineSpec(name="p", notebook="p.ipynb", notebook_digest="")
    info = RunInfo(run_id="r1", name="r", spec=empty, options={"on": "test", "profile": {"name": "test", "new": 1}})
    document = to_json(info)
    if broken == "document":
        document = msgspec.json.encode({**msgspec.json.decode(document), "options": "none"})
    store.write(places.run_key("r1", "run.json"), document)
    command = [sys.executable, "-m", "kfnb.run_process", "r1", "--root", store.root]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (4, True) == (elsewhere.returncode, "Run r1 was written by another kfnb than " in elsewhere.stderr)
    assert [] == EventReader(store, "r1").read()
    inside = subprocess.run([*command, "--in-cluster"], capture_output=True, text=True, check=False)
    assert (0, False) == (inside.returncode, "Traceback" in inside.stderr)
    (event,) = EventReader(store, "r1").read()
    assert ("run-state", "FAILED") == (event.kind, event.state)
    assert "The image must have the kfnb that starts runs." in str(event.why)
