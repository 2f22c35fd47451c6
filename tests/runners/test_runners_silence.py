"""A cluster that does not answer what drives a run: the question ends soon, and is not asked again at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kfnb.profiles import Profile
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
