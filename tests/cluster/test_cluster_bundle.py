"""Steps in images without kfnb, on the test cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.cluster_runs import Place
from tests.cluster.fixtures import Cluster


def written(folder: Path, image: str) -> Path:
    """A notebook with a step in an image of its own, between two others."""
    sources = {
        "before": ("class Point:\n    x = 3\npoint = Point()", ()),
        "own": (
            "import importlib.util, sys\n"
            "point.x += 1\n"
            "lent = importlib.util.find_spec('kfnb').origin\n"
            "alone = importlib.util.find_spec('alembic') is None\n"
            "print(sys.executable, lent, sys.path[-1])",
            (f"image:{image}",),
        ),
        "after": ("print(point.x, alone)", ()),
    }
    cells = [
        {
            "cell_type": "code",
            "id": name,
            "metadata": {"tags": [f"step:{name}", *tags]},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for name, (source, tags) in sources.items()
    ]
    path = folder / "images.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


def test_an_image_with_python_alone_is_enough(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step runs in a plain Debian's Python with the launcher that it is lent; values flow in and out as ever."""
    place = Place(cluster, namespace, tmp_path / "home", monkeypatch)
    run = place.client.run(written(tmp_path, cluster.plain_image), on=place.profile).wait(150)
    assert ("SUCCEEDED", {}) == (run.state, {name: t.why for name, t in run.tasks.items() if t.state != "SUCCEEDED"})
    lent = "/usr/bin/python3 /kfnb/bundle/any/kfnb/__init__.py /kfnb/bundle/cp311-x86_64\n"
    assert [lent, "4 True\n"] == [run.tasks[name].log() for name in ("own", "after")]
    assert cluster.plain_image == place.pods(run)["own"]["spec"]["containers"][0]["image"]
