"""Finds out why attempts wait in the cluster, and says it; the Kubernetes runner has one.

An attempt that begins within two seconds costs nothing here. One that waits longer is looked at: what its pod's status
does not say is asked of the API server, at first after two seconds, then ever more seldom.
"""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfnb.errors import ClusterError
from kfnb.runners import pod_state
from kfnb.runners.api_server import ApiError
from kfnb.runners.diagnose import NOTHING, Around, refusal
from kfnb.runners.guarded import Broken, guarded
from kfnb.runners.job_manifest import MANAGED_BY
from kfnb.runners.unscheduled import Queued, queued, tasks_ahead

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.runners.api_server import ApiServer, Object

PATIENCE = 2.0
"""Seconds that an attempt may wait before anything is asked or said about it."""
_TICK = 0.5
_LONGEST_PAUSE = 30.0
_QUICK = 5.0


@dataclass
class _Attempt:
    """What is known of one that waits. `ask_at` and `said_of`: when to ask again, and of which version it was said."""

    since: float
    job: Object | None = None
    pod: Object | None = None
    around: Around = NOTHING
    ask_at: float = 0.0
    pause: float = PATIENCE
    said_of: tuple[str, ...] = ()


class Waiting:
    """Attempts that wait, by the names of their Jobs. `say` is called with a name and why, in a thread of its own.

    `broken` is told of what ends that thread; `refused`, in it, what the API server said where it refused a Job a pod.
    """

    def __init__(
        self,
        api: ApiServer,
        say: Callable[[str, str], None],
        broken: Broken = lambda error: None,
        refused: Callable[[str], None] = lambda said: None,
    ) -> None:
        self._api = api
        self._say = say
        self._refused = refused
        self._attempts: dict[str, _Attempt] = {}
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._closed = threading.Event()
        self._shared = Surroundings(api)
        self._thread = threading.Thread(target=guarded(self._run, broken), name="kfnb-why", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def job(self, name: str, job: Object) -> None:
        """Take in an attempt's Job as it is now."""
        with self._lock:
            self._attempts.setdefault(name, _Attempt(time.monotonic())).job = job
        self._news.set()

    def pod(self, name: str, pod: Object) -> None:
        """Take in an attempt's pod, which has not begun, as it is now."""
        with self._lock:
            attempt = self._attempts.setdefault(name, _Attempt(time.monotonic()))
            if attempt.pod is None or attempt.pod["metadata"]["uid"] != pod["metadata"]["uid"]:
                attempt.around, attempt.ask_at, attempt.pause = NOTHING, 0.0, PATIENCE
            attempt.pod = pod
        self._news.set()

    def over(self, name: str) -> None:
        """An attempt waits no more."""
        with self._lock:
            self._attempts.pop(name, None)

    def close(self) -> None:
        """Look no more; nobody is told anything when this returns."""
        self._closed.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._news.clear()
            if self._closed.is_set():  # asked after clearing: what `close` sets later wakes the wait below
                return
            now = time.monotonic()
            with self._lock:
                waiting = {name: one for name, one in self._attempts.items() if now - one.since >= PATIENCE}
                nobody = not self._attempts
            for name, attempt in waiting.items():
                if self._closed.is_set():
                    return
                self._try_to_look_at(name, attempt)
            if nobody:
                self._news.wait()
            else:
                self._closed.wait(_TICK)

    def _try_to_look_at(self, name: str, attempt: _Attempt) -> None:
        """Look at an attempt; a mistake of kfnb's own in that costs the words alone, and no run is ended for them."""
        try:
            self._look_at(name, attempt)
        except Exception as error:
            traceback.print_exception(error)
            self.over(name)
            self._say(name, f"why is not known: kfnb itself failed to find that out ({error!r}); please report it")

    def _look_at(self, name: str, attempt: _Attempt) -> None:
        now, job, pod = time.monotonic(), attempt.job, attempt.pod
        versions = tuple(each["metadata"]["resourceVersion"] for each in (job, pod) if each is not None)
        if now < attempt.ask_at and versions == attempt.said_of:
            return
        if now >= attempt.ask_at:
            attempt.around = self._shared.around(job, pod)
            if pod is None and (said := refusal(attempt.around)):
                self._refused(said)
            attempt.ask_at, attempt.pause = now + attempt.pause, min(2 * attempt.pause, _LONGEST_PAUSE)
        attempt.said_of = versions
        seen = pod_state.of_pod(pod, attempt.around) if pod is not None else None
        if seen is None and job is not None:
            seen = pod_state.of_job(job, attempt.around)
        if seen is not None and seen.kind == "waits":
            with self._lock:
                still = self._attempts.get(name) is attempt
            if still:
                self._say(name, seen.why)


class Surroundings:
    """Asks the API server, once for all attempts where it concerns several; what may not be read is not asked again."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._refused: set[str] = set()
        self._kept: dict[str, tuple[float, list[Object] | None]] = {}
        self._counted: list[Object] | None = None
        self._queue: list[Queued] = []

    def around(self, job: Object | None, pod: Object | None) -> Around:
        """Return what is to be known beside an attempt's own objects, as far as it can be had."""
        if pod is None:
            return Around(events=self._refusals(job)) if job is not None else NOTHING
        if (pod.get("spec") or {}).get("nodeName"):
            said = any("waiting" in (one.get("state") or {}) and _says(one) for one in _statuses(pod))
            return NOTHING if said else Around(events=self._events(pod))
        nodes = self._kept_for(30.0, "nodes", "/api/v1/nodes", {})
        query = {"labelSelector": f"{MANAGED_BY}=kfnb", "fieldSelector": "status.phase=Pending"}
        others = self._kept_for(5.0, "pods", self._api.place("pods"), query)
        if others is not self._counted:
            self._counted, self._queue = others, [queued(each) for each in others or ()]
        return Around(nodes=nodes, ahead=tasks_ahead(queued(pod), self._queue))

    def _refusals(self, job: Object) -> list[Object]:
        """Return the events that say why a Job has no pod; asked once for all Jobs, of which hundreds may wait."""
        query = {"fieldSelector": "involvedObject.kind=Job,reason=FailedCreate"}
        found = self._kept_for(PATIENCE, "events", self._api.place("events"), query) or []
        return [one for one in found if one["involvedObject"].get("uid") == job["metadata"]["uid"]]

    def _events(self, of: Object) -> list[Object]:
        chosen = f"involvedObject.uid={of['metadata']['uid']}"
        return self._items("events", self._api.place("events"), {"fieldSelector": chosen}) or []

    def _kept_for(self, seconds: float, kind: str, path: str, query: dict[str, str]) -> list[Object] | None:
        asked, found = self._kept.get(kind, (-seconds, None))
        if time.monotonic() - asked >= seconds:
            found = self._items(kind, path, query)
            self._kept[kind] = (time.monotonic(), found)
        return found

    def _items(self, kind: str, path: str, query: dict[str, str]) -> list[Object] | None:
        if kind in self._refused:
            return None
        with contextlib.suppress(ClusterError):
            try:
                items: list[Object] = self._api.get(path, query, patience=_QUICK).get("items", [])
            except ApiError as error:
                if error.status == 403:
                    self._refused.add(kind)
                raise
            return items
        return None


def _statuses(pod: Object) -> list[Object]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _says(container: Object) -> bool:
    reason = container["state"]["waiting"].get("reason", "")
    return reason not in ("", "ContainerCreating", "PodInitializing")
