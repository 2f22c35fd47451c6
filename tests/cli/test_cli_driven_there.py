"""Runs that their cluster drives, as the command line of the machine sees them that started them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_cli_runs import write_notebook

from kfnb.cli import following_pods, run_command
from kfnb.cli.app import run_app
from kfnb.client import Client, Run
from kfnb.errors import ClusterError, KfnbError, NoAccess, StoreError
from kfnb.orchestrator.events import EventLog
from kfnb.profiles import Profile
from kfnb.runners.chosen import cluster_options
from kfnb.runners.run_objects import RunObjects
from kfnb.spec import RunEvent


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The runs of this machine."""
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    return Client()


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook of one step."""
    return write_notebook(tmp_path / "n.ipynb", [("step:s", "x = 1")])


def prepared(client: Client, notebook: Path, **options: Any) -> Run:
    """A run that is written down for a cluster which cannot be reached from here."""
    there = Profile(
        name="c", context="c", kubeconfig=str(notebook.parent / "gone"), namespace="n", root=client.root, image="i:1"
    )
    options = cluster_options(there, local_orchestrator=False) | options
    return client.get(client.prepare(notebook, options=options).run_id)


def learned(run: Run, tag: str) -> None:
    """Have the only step of a run fail with a fact, and with it the run."""
    (task,) = run.spec.tasks
    fact = {"cell": task.cells[0].id, "fact": tag}
    events = [
        RunEvent(kind="task-state", time=1.0, task=task.name, state="FAILED", why="so it was", data=fact),
        RunEvent(kind="run-state", time=1.0, state="FAILED"),
    ]
    EventLog(run.store, run.id).append(events)


def tags(notebook: Path) -> list[str]:
    """The tags of a notebook's only cell."""
    found: list[str] = json.loads(notebook.read_text("utf-8"))["cells"][0]["metadata"]["tags"]
    return found


def test_what_a_run_has_learned_there_becomes_a_tag_here(
    client: Client, notebook: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With `--remember` whoever sees the end of the run here writes it into the notebook, once; else nobody does."""
    forgets = prepared(client, notebook)
    learned(forgets, "draws")
    assert (1, ["step:s"]) == (run_app(["watch", forgets.id]), tags(notebook))
    assert "Two ways out" in capfd.readouterr().err
    run = prepared(client, notebook, remember=True)
    learned(run, "draws")
    assert (1, 1) == (run_app(["watch", run.id]), run_app(["watch", run.id]))
    assert ["step:s", "draws"] == tags(notebook)
    assert 2 == capfd.readouterr().err.count("It is now a tag of cell")


@pytest.mark.parametrize("cells", [None, [("step:other", "y = 1")]])
def test_what_cannot_be_written_is_not_said_to_be_written(
    client: Client, notebook: Path, capfd: pytest.CaptureFixture[str], cells: list[tuple[str, str]] | None
) -> None:
    """Neither where the notebook is on another machine, nor where the cell is no more."""
    run = prepared(client, notebook, remember=True)
    learned(run, "draws")
    notebook.unlink()
    if cells is not None:
        content = json.loads(write_notebook(notebook, cells).read_text("utf-8"))
        content["cells"][0]["id"] = "another"
        notebook.write_text(json.dumps(content), "utf-8")
    assert 1 == run_app(["watch", run.id])
    said = capfd.readouterr().err
    assert ("Two ways out" in said, "is not written into the notebook: " in said) == (True, cells is not None)


def _away(*arguments: object, **options: object) -> None:
    raise StoreError("The store does not answer.")


def test_where_the_store_does_not_answer_the_run_goes_on(
    client: Client, notebook: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever waits is told so, and how to see it again, before the error."""
    run = prepared(client, notebook)
    monkeypatch.setattr(Run, "wait", _away)
    with pytest.raises(StoreError):
        run_command._wait(run)
    said = f"Run {run.id} goes on in its cluster. `kfnb watch {run.id}` shows it again.\n"
    assert said == capfd.readouterr().err


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> Callable[[KfnbError], None]:
    """Have whatever follows a run fail with an error."""

    def fails_with(error: KfnbError) -> None:
        def fail(*arguments: object, **options: object) -> None:
            raise error

        monkeypatch.setattr(Run, "watch", fail)
        monkeypatch.setattr(Run, "live_logs", lambda *arguments, **options: None)
        monkeypatch.setattr(following_pods.PodLogFollower, "run", fail)
        monkeypatch.setattr(following_pods, "say_pods", fail)

    return fails_with


FOLLOWING = [("watch", "{}"), ("logs", "{}", "-f"), ("logs", "{}", "s", "-f"), ("logs", "{}", "--orchestrator", "-f")]


@pytest.mark.parametrize("arguments", FOLLOWING)
def test_what_ends_the_looking_does_not_end_the_run(
    client: Client,
    notebook: Path,
    followed: Callable[[KfnbError], None],
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    """Where store or cluster fail who watches a run or its logs, that is said before the error, whose code counts."""
    run = prepared(client, notebook)
    followed(StoreError("The store does not answer."))
    command = [each.format(run.id) for each in arguments]
    assert StoreError.exit_code == run_app(command)
    *_, said, error = capfd.readouterr().err.splitlines()
    again = f"This ends the looking, not the run: `kfnb {' '.join(command)}` shows it again."
    assert (again, "The store does not answer.") == (said, error)


@pytest.mark.parametrize("arguments", FOLLOWING)
@pytest.mark.parametrize("error", [NoAccess("No keys."), following_pods.Unreadable("Forbidden.")])
def test_nothing_is_said_to_be_seen_again_that_is_not(
    client: Client,
    notebook: Path,
    followed: Callable[[KfnbError], None],
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    error: KfnbError,
) -> None:
    """Where a right or keys are missing, the same command fails again."""
    run = prepared(client, notebook)
    followed(error)
    assert error.exit_code == run_app([each.format(run.id) for each in arguments])
    said = capfd.readouterr().err
    assert (str(error), False) == (said.splitlines()[-1], "ends the looking" in said)


def test_the_looking_at_a_run_that_has_ended_is_not_told_from_it(
    client: Client, notebook: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its end is seen, or is to be seen, then the cluster fails."""
    watched, run = prepared(client, notebook), prepared(client, notebook, cache=False)

    def away_at_its_end(*arguments: object) -> bool:
        if not watched.has_ended:
            learned(watched, "draws")
            return True
        raise ClusterError("The cluster does not answer.")

    def away_after_its_end(*arguments: object) -> bool:
        learned(run, "draws")
        raise ClusterError("The cluster does not answer.")

    monkeypatch.setattr(RunObjects, "is_driven", away_at_its_end)
    monkeypatch.setattr(run_command, "_say_unseen", lambda run: None)
    monkeypatch.setattr(Run, "live_logs", lambda *arguments, **options: None)
    monkeypatch.setattr(following_pods, "say_pods", away_after_its_end)
    for command in (["watch", watched.id], ["logs", run.id, "--orchestrator", "-f"]):
        assert ClusterError.exit_code == run_app(command)
    assert "ends the looking" not in capfd.readouterr().err


def test_who_follows_a_run_ends_in_silence_without_the_store(
    client: Client, notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that tells of a run's events leaves it to who waits to say why there are no more."""
    run, failed = prepared(client, notebook, cache=False), list[Any]()
    assert run.there is not None
    monkeypatch.setattr(run.there, "start_orchestrator", lambda **options: None)
    monkeypatch.setattr(run, "watch", _away)
    monkeypatch.setattr(threading, "excepthook", failed.append)
    client._drive_on_cluster(run, lambda event: None, detach=False)
    for thread in threading.enumerate():
        if thread.name == f"kfnb-{run.id}":
            thread.join()
    assert [] == failed
