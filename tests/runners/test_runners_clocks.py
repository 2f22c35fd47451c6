"""Clocks that are wrong by an hour: of the machine that starts a run, of the one that drives it, of its pods."""

from __future__ import annotations

import contextlib
import datetime
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.client import Run
from kfnb.profiles.editing import add_profile
from kfnb.runners.run_objects import RunObjects
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import Place, end, made_place, notebook, settings_of
from tests.cluster.shell import wait_until

STEPS = ("import time\ntime.sleep(5)\nx = int('1')", "y = x + 1\nprint(y)")
HOUR = {"+1h": 3600, "-1h": -3600}
WRONG_CLOCK = """
import datetime, os, time

by, now, ns, gmtime, localtime = float(os.environ["WRONG_BY"]), time.time, time.time_ns, time.gmtime, time.localtime
time.time = lambda: now() + by
time.time_ns = lambda: ns() + int(by * 1e9)
time.gmtime = lambda seconds=None: gmtime(time.time() if seconds is None else seconds)
time.localtime = lambda seconds=None: localtime(time.time() if seconds is None else seconds)


class datetime_(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)


datetime.datetime = datetime_
"""
"""What each Python of a pod begins with: with `faketime` there the clock by which threads wait would be wrong too."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs, and a file of profiles that has its profile."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
        add_profile("test", settings_of(made.profile))
        yield made


@contextlib.contextmanager
def started(wrong: str, home: Path, path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A machine with a wrong clock and a home of its own, which runs a notebook."""
    command = ["faketime", "-f", wrong, sys.executable, "-m", "kfnb", "run", str(path), "--on", "test", "--no-cache"]
    environment = {**os.environ, "KFNB_HOME": str(home)}
    with subprocess.Popen(
        [*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def is_whole(run: Run) -> bool:
    """Whether it ended well, with each of its tasks run once."""
    done = Counter(event.task for event in run.events() if event.kind == "task-state" and event.state == "SUCCEEDED")
    return (end(run), run.tasks["s1"].log(), dict(done)) == ("SUCCEEDED", "2\n", {"s0": 1, "s1": 1})


@pytest.mark.parametrize("wrong", HOUR)
@pytest.mark.parametrize("drives", [pytest.param(True, marks=pytest.mark.soak), False])
def test_a_laptop_whose_clock_is_wrong_harms_no_run(place: Place, tmp_path: Path, wrong: str, drives: bool) -> None:
    """The store is asked by its own clock, and a lease is judged by the API server's, whatever machines' say; so it is
    where the laptop drives the run, and where it only starts it and follows it.

    The first hangs now and then by `faketime` itself, in which a thread's wait for a second lasts an hour: it is soak.
    """
    path = notebook(tmp_path / "p.ipynb", *STEPS)
    now = time.time()
    with started(wrong, tmp_path / "wrong", path, *(["--local-orchestrator"] if drives else [])) as laptop:
        wait_until(lambda: place.get("leases") != [] or laptop.poll() is not None, "The run's lease")
        (lease,) = place.get("leases")
        run = place.client().get("last")
        renewed = datetime.datetime.fromisoformat(lease["spec"]["renewTime"])
        assert abs((renewed - RunObjects(place.profile, run.id).api.now()).total_seconds()) < 1800
        assert (True, False) == (run.is_driven, run.is_interrupted)
        said, _ = laptop.communicate(timeout=300)
    assert 0 == laptop.returncode, said
    assert is_whole(run)
    off = run.events()[0].time - now
    assert (HOUR[wrong] if drives else 0) == pytest.approx(off, abs=1800)


@pytest.mark.parametrize("wrong", ["-3d", "+60d"])
def test_a_clock_for_which_certificates_are_not_good_is_named(place: Place, tmp_path: Path, wrong: str) -> None:
    """They hold from a day before the cluster was made to some weeks after; who is outside of that is told to look."""
    with started(wrong, tmp_path / "wrong", notebook(tmp_path / "p.ipynb", *STEPS)) as laptop:
        said, _ = laptop.communicate(timeout=120)
    assert (4, True, False) == (laptop.returncode, "Is the clock of this machine right?" in said, "Traceback" in said)
    assert [] == place.left()


@pytest.mark.parametrize("wrong", HOUR)
def test_pods_whose_clocks_are_wrong_harm_no_run(place: Place, tmp_path: Path, wrong: str) -> None:
    """The pod that drives the run and those of its tasks know another time than store, cluster and laptop do."""
    lent = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "clock", "namespace": place.namespace}}
    place.cluster.apply({**lent, "data": {"sitecustomize.py": WRONG_CLOCK}})
    env = {"PYTHONPATH": "/clock", "WRONG_BY": str(HOUR[wrong])}
    mounted = [{"name": "clock", "mountPath": "/clock"}]
    patch = {
        "volumes": [{"name": "clock", "configMap": {"name": "clock"}}],
        "containers": [{"name": "main", "volumeMounts": mounted}],
    }
    path = notebook(tmp_path / "p.ipynb", *STEPS, "import time\nprint(time.time())")
    now = time.time()
    run = place.run(path, cache=False, profile={"env": env, "pod_patch": {"spec": patch}})
    assert "SUCCEEDED" == end(run)
    assert {1} == {task.attempt for task in run.tasks.values()}
    assert HOUR[wrong] == pytest.approx(run.events()[-1].time - now, abs=1800)
    assert HOUR[wrong] == pytest.approx(float(run.tasks["s2"].log()) - now, abs=1800)
    assert run.started is not None
    assert run.finished is not None
    assert 0 < run.finished - run.started < 1800
