"""Finds pods that nobody hears of any more, because their node is off or cut off; used by the Kubernetes runner.

Most clusters end such a pod after a minute (its tolerations for unreachable nodes), which the watch then tells. Where
a profile tolerates lost nodes longer, or for ever, silence decides. Nodes need not be read for it: a pod whose kubelet
is silent is marked as not ready by the node controller, while its containers still stand as ready, as they last were.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kfnb.runners.api_server import Object

SILENCE = 90.0
"""Seconds of silence, of kubelet and launcher both, after which an attempt is given up."""


class Silences:
    """Which attempts (by the names of their Jobs) are silent, and since when. `clock`: one that is never set."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}

    def seen(self, name: str, pod: Object) -> None:
        """Take in how the pod of an attempt stands."""
        with self._lock:
            if is_out_of_sight(pod):
                self._since.setdefault(name, self._clock())
            else:
                self._since.pop(name, None)

    def heard(self, name: str) -> None:
        """The attempt's launcher has said something: it lives, wherever its node is."""
        with self._lock:
            if name in self._since:
                self._since[name] = self._clock()

    def forget(self, name: str) -> None:
        """The attempt is over."""
        with self._lock:
            self._since.pop(name, None)

    def lost(self) -> list[str]:
        """Return the attempts that are to be given up."""
        with self._lock:
            now = self._clock()
            return [name for name, since in self._since.items() if now - since >= SILENCE]


def is_out_of_sight(pod: Object) -> bool:
    """Say whether a pod's node is not seen: the pod is not ready, though all its containers were when last seen."""
    if (pod.get("spec") or {}).get("readinessGates"):
        return False  # something else may say that it is not ready
    conditions = dict(_conditions(pod))
    return conditions.get("Ready") == "False" and conditions.get("ContainersReady") == "True"


def _conditions(pod: Object) -> Iterator[tuple[str, str]]:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        yield condition["type"], condition["status"]
