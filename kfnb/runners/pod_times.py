"""When an attempt's pod began, as its status says: for attempts that are adopted, whose beginning nobody saw. Pure."""

from __future__ import annotations

import datetime
from typing import Any

from kfnb.runners.pod_manifest import MAIN
from kfnb.runners.pod_state import container


def began(pod: dict[str, Any]) -> float | None:
    """Return when the task's container began, in seconds since the epoch by its node's clock; None if it has not."""
    state = container((pod.get("status") or {}).get("containerStatuses") or (), MAIN).get("state") or {}
    said = (state.get("running") or state.get("terminated") or {}).get("startedAt")
    return datetime.datetime.fromisoformat(said).timestamp() if said else None
