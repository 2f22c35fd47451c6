"""Steps that ask for devices, on the test cluster's node that has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cluster.cluster_runs import Place, span
from tests.cluster.fixtures import Cluster

EXAMPLE = Path(__file__).parents[2] / "notebooks" / "gpu_training.ipynb"
SLOW = "import time\ntime.sleep(2)"
STEPS = {
    "first": (SLOW, "gpu:2"),
    "second": (SLOW, "gpu:2"),
    "slice": ("x = 1", "limit:nvidia.com/mig-1g.5gb:1"),
    "typed": ("y = 1", "accelerator:t4"),
    "other": ("y = 1", "limit:amd.com/gpu:1", "toleration:nvidia.com/gpu"),
    "none": ("z = 1",),
}


def written(folder: Path) -> Path:
    """A notebook of the steps above."""
    cells = [
        {
            "cell_type": "code",
            "id": name,
            "metadata": {"tags": [f"step:{name}", *tags]},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for name, (source, *tags) in STEPS.items()
    ]
    path = folder / "devices.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return path


def test_devices_are_given_to_one_step_at_a_time(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps with a device run on the node that has it, each device for one step; who must wait says for what."""
    place = Place(cluster, namespace, tmp_path / "home", monkeypatch, image=cluster.examples_image)
    run = place.client.run(written(tmp_path), on=place.profile)
    training = place.client.run(EXAMPLE, on=place.profile)
    assert ("SUCCEEDED", "SUCCEEDED") == (run.wait(150).state, training.wait(150).state)
    assert {"accuracy": 0.9875} == training.metrics["choose"]
    assert {**dict.fromkeys(STEPS, "gpu"), "none": "cpu"} == place.nodes(run)
    assert {"load": "cpu", "narrow": "gpu", "wide": "gpu", "choose": "cpu"} == place.nodes(training)
    (_, first_end), (second_start, _) = sorted(span(run, name) for name in ("first", "second"))
    assert first_end <= second_start
    waited = {event.task for event in run.events() if "Insufficient nvidia.com/gpu" in (event.why or "")}
    assert waited & {"first", "second"}
