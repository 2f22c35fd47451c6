"""The log of a pod, as its owner reads it: the text of the task without the launcher's own lines.

Used by the Kubernetes runner, for what a pod said last. What a launcher writes on standard output is described in
`kfnb.launcher.__main__`; its JSON lines, an event each, stand on lines of their own.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from kfnb.errors import ClusterError
from kfnb.runners.pod_manifest import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfnb.runners.api_server import ApiServer

TAIL_LINES = 500
TAIL_BYTES = 256 << 10
"""What is kept of the log of a pod whose launcher kept none."""
_SILENCE = 5.0
NO_LOG = "unable to retrieve container logs for "
"""What kubelet gives for the log where the container has been removed."""
_EVENTS = {
    "started": {"event"},
    "progress": {"event", "data"},
    "log": {"event", "at"},
    "exited": {"event", "code"},
}


def tail(api: ApiServer, pod: str) -> str:
    """Return the end of a pod's log, with the launcher's lines; "" where there is none (pod or node are gone)."""
    query: dict[str, str | int] = {"container": MAIN, "tailLines": TAIL_LINES, "limitBytes": TAIL_BYTES}
    with (
        contextlib.suppress(ClusterError),
        api.stream(api.place("pods", f"{pod}/log"), query, silence=_SILENCE) as response,
    ):
        text = response.read().decode(errors="replace")
        return "" if text.startswith(NO_LOG) else text
    return ""


def last_progress(text: str) -> dict[str, Any] | None:
    """Return how far the launcher said last that its task is; None if it said nothing of that."""
    return next(_progress(text), None)


def last_memory(text: str) -> int | None:
    """Return the bytes that the launcher last said to have been used at most; None if it said nothing of that."""
    said = (data.get("memory") for data in _progress(text))
    return next((used for used in said if isinstance(used, int)), None)


def _progress(text: str) -> Iterator[dict[str, Any]]:
    """Yield what the launcher said about how far its task is, the last first."""
    for line in reversed(text.splitlines()):
        if is_event(line) and isinstance(data := json.loads(line).get("data"), dict):
            yield data


def without_events(text: str) -> str:
    """Return text of a pod's log without the lines that are events."""
    return "".join(line for line in text.splitlines(keepends=True) if not is_event(line))


def is_event(line: str) -> bool:
    """Say whether a line is one that the launcher wrote, rather than the task."""
    if not line.startswith('{"event":"'):
        return False
    try:
        said = json.loads(line)
    except ValueError:
        return False
    return isinstance(said, dict) and _EVENTS.get(str(said.get("event"))) == said.keys()
