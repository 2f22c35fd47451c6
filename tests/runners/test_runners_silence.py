"""A cluster that does not answer what drives a run: the question ends soon, and is not asked again at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kfnb.profiles import Profile
from kfnb.runners import run_objects
from kfnb.runners.run_objects import RunObjects
from tests.runners.nowhere import served
from tests.runners.silent_api import silent_api


def test_a_silent_cluster_is_asked_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look ends by itself and says why nothing was seen; those of the next seconds ask nothing."""
    with silent_api() as silent:
        served(tmp_path, silent.address)
        profile = Profile(name="p", kubeconfig=str(tmp_path / "config"), namespace="n", root="s3://x", image="i:1")
        there = RunObjects(profile, "run")
        assert there.is_driven() is None
        assert "cannot be reached" in str(there.unseen)
        asked = silent.asked
        assert asked > 0
        now = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + 3)  # a cluster that answers is looked at again by then
        assert there.is_driven() is None
        assert asked == silent.asked


def test_a_silent_cluster_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one run has found holds for all of that cluster and namespace, until it answers, or somebody acts."""
    monkeypatch.setattr(run_objects, "_QUICK", 0.1)
    now, passed = time.monotonic, 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now() + passed)
    with silent_api() as silent:
        served(tmp_path, silent.address)
        profile = Profile(name="p", kubeconfig=str(tmp_path / "config"), namespace="n", root="s3://x", image="i:1")
        runs = [RunObjects(profile, f"run-{number}") for number in range(3)]
        assert runs[0].is_driven() is None
        asked = silent.asked
        assert [None] * 3 == [run.is_driven() for run in runs]
        assert {runs[0].unseen} == {run.unseen for run in runs}
        assert asked == silent.asked > 0
        silent.speak()
        runs[1].look_anew()
        for run in (runs[1], runs[0]):  # the other one sees at once that it answers
            run.is_driven()
            assert "cannot be reached" not in str(run.unseen)
        asked, passed = silent.asked, 3.0
        runs[0].is_driven()
        assert asked == silent.asked  # it refuses: of this run that is not asked again at once either
