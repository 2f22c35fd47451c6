"""Steps in images without kfnb, on the test cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster import images
from tests.cluster.fixtures import Cluster
from tests.cluster.runs import end, made_place, notebook

OWN = """\
import importlib.util, sys
point.x += 1
alone = importlib.util.find_spec("alembic") is None
print(sys.executable, importlib.util.find_spec("kfnb").origin, sys.path[-1])
"""


def test_an_image_with_python_alone_is_enough(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step runs in a plain Debian's Python with the launcher that it is lent; values flow in and out as ever."""
    before = "class Point:\n    x = 3\npoint = Point()"
    tags = {0: ("step:s0",), 1: ("step:s1", f"image:{cluster.plain_image}"), 2: ("step:s2",)}
    path = notebook(tmp_path / "images.ipynb", before, OWN, "print(point.x, alone)", tags=tags)
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(path)
        assert "SUCCEEDED" == end(run)
        found = {pod["spec"]["containers"][0]["image"] for pod in place.pods(run, "s1")}
    assert {cluster.plain_image} == found
    lent = "/usr/bin/python3 /kfnb/bundle/any/kfnb/__init__.py /kfnb/bundle/cp311-x86_64\n"
    assert [lent, "4 True\n"] == [run.tasks[name].log() for name in ("s1", "s2")]


def test_an_image_that_is_of_no_use_is_tried_once(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step whose image has no Python fails without using up its retries."""
    tags = {0: ("step:s0", f"image:{images.PAUSE}", "retry:5")}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(notebook(tmp_path / "unfit.ipynb", "pass", tags=tags))
        assert "FAILED" == end(run)
    assert (1, True) == (run.tasks["s0"].attempt, (run.tasks["s0"].why or "").startswith("KF657: Image "))
