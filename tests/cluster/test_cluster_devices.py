"""Steps that ask for devices, on the test cluster's node that has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfnb.client import Run
from tests.cluster.fixtures import Cluster
from tests.cluster.places import CHECKOUT
from tests.cluster.runs import end, made_place, notebook

EXAMPLE = CHECKOUT / "notebooks" / "gpu_training.ipynb"
SLOW = "import time\ntime.sleep(2)"
STEPS = {
    "first": (SLOW, "gpu:2"),
    "second": (SLOW, "gpu:2"),
    "slice": ("x = 1", "limit:nvidia.com/mig-1g.5gb:1"),
    "typed": ("y = 1", "accelerator:t4"),
    "other": ("y = 1", "limit:amd.com/gpu:1", "toleration:nvidia.com/gpu"),
    "tensor": ("y = 1", "accelerator:tpu-v5-lite-podslice", "gpu:4", "toleration:nvidia.com/gpu"),
    "none": ("z = 1",),
}


def span(run: Run, name: str) -> tuple[float, float]:
    """When a task began and ended: seconds since the epoch."""
    task = run.tasks[name]
    assert task.started is not None
    assert task.finished is not None
    return task.started, task.finished


@pytest.mark.usefixtures("devices")
def test_devices_are_given_to_one_step_at_a_time(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps with a device run on the node that has it, each device for one step; who must wait says for what."""
    tags = {number: (f"step:{name}", *more) for number, (name, (_, *more)) in enumerate(STEPS.items())}
    path = notebook(tmp_path / "devices.ipynb", *(source for source, *_ in STEPS.values()), tags=tags)
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run, training = place.run(path), place.run(EXAMPLE)
        assert ("SUCCEEDED", "SUCCEEDED") == (end(run), end(training))
        found = {one.id: {} for one in (run, training)}
        for one in (run, training):
            for pod in place.pods(one):
                found[one.id][pod["metadata"]["annotations"]["kfnb.dev/task-name"]] = pod["spec"]["nodeName"]
    assert {**dict.fromkeys(STEPS, "gpu"), "none": "cpu"} == found[run.id]
    assert {"load": "cpu", "narrow": "gpu", "wide": "gpu", "choose": "cpu"} == found[training.id]
    assert {"accuracy": 0.9875} == training.metrics["choose"]
    (_, first_end), (second_start, _) = sorted(span(run, name) for name in ("first", "second"))
    assert first_end <= second_start
    waited = {event.task for event in run.events() if "nvidia.com/gpu" in (event.why or "")}
    assert waited & {"first", "second"}
