"""When a pod began, by its status."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from kfnb.runners.pod_times import began

AT = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC).timestamp()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"running": {"startedAt": "2026-01-02T03:04:05Z"}}, AT),
        ({"terminated": {"startedAt": "2026-01-02T03:04:05Z", "exitCode": 0}}, AT),
        ({"terminated": {"startedAt": None, "exitCode": 128}}, None),
        ({"waiting": {"reason": "ContainerCreating"}}, None),
    ],
)
def test_a_pod_began_with_its_own_container(state: dict[str, Any], expected: float | None) -> None:
    """Others of the pod, such as those that prepare it, are not asked; one that has not begun has no time."""
    other = {"name": "other", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    assert expected == began({"status": {"containerStatuses": [other, {"name": "main", "state": state}]}})
    assert began({"metadata": {}}) is None
