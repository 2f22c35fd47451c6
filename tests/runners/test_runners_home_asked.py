"""Whether a run lives in the cluster that is reached from here: what that is asked for it, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nowhere import served
from scripted_api import Answer, ScriptedApi

from kfnb.profiles import Profile
from kfnb.runners.run_home import Elsewhere, RunHome, must_be_at
from kfnb.runners.run_objects import RunObjects


def space(uid: str) -> Answer:
    """A namespace, as it is read."""
    return Answer(200, ({"metadata": {"name": "n", "uid": uid}},), {})


@contextmanager
def answering(*answers: Answer) -> Iterator[ScriptedApi]:
    """An API server that says this, one a request."""
    api = ScriptedApi(*answers)
    try:
        yield api
    finally:
        api.close()


def test_an_authority_that_many_clusters_have_does_not_make_them_one(tmp_path: Path) -> None:
    """A company's, or a proxy's: at another address the namespace says whether it is the run's cluster."""
    with answering(space("own"), space("another")) as api:
        server = served(tmp_path, api.address)
        server.authority = "company"
        home = RunHome(namespace="own", authority="company", address="https://192.0.2.1:6443")
        must_be_at(home, server, "r")
        with pytest.raises(Elsewhere, match=r"where namespace n is another one.*`kfnb delete r --gone`"):
            must_be_at(home, server, "r")


def test_the_run_s_own_cluster_at_its_own_address_is_not_asked(tmp_path: Path) -> None:
    """Its authority vouches for it, whatever has become of the namespace."""
    with answering() as api:
        server = served(tmp_path, api.address)
        server.authority = "company"
        must_be_at(RunHome(namespace="of before", authority="company", address=server.host), server, "r")
        assert [] == api.asked


def test_a_cluster_that_is_not_the_run_s_is_asked_once_in_a_while(tmp_path: Path) -> None:
    """A page of runs looks every second, and each time it had read the kubeconfig and opened connections anew."""
    with answering(space("another"), space("another")) as api:
        served(tmp_path, api.address)
        config = str(tmp_path / "config")
        profile = Profile(name="test", namespace="n", root="s3://r", image="i", kubeconfig=config)
        there = RunObjects(profile, "r", RunHome(namespace="own", authority="", address="https://192.0.2.1:6443"))
        for _ in range(3):
            with pytest.raises(Elsewhere):
                _ = there.api
        assert 1 == len(api.asked)
