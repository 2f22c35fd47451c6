"""The lease of a run on a cluster: a `coordination.k8s.io` Lease, which whoever drives the run renews.

Used in place of the file lock (`kfnb.orchestrator.lease`) by runs whose tasks are Jobs, so that of two machines, or a
machine and a pod, one drives a run. A holder that has not renewed for `SECONDS` is taken for dead, by the time that
this machine has seen pass, never by comparing clocks: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from kfnb.errors import ClusterError, LeaseHeld
from kfnb.runners.api_server import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.runners.api_server import ApiServer, Object

SECONDS = 15
"""How long a lease holds after it was last renewed."""
_RENEW = 4.0
_LOOK = 1.0
_GROUP = "coordination.k8s.io/v1"


class ClusterLease:
    """The Lease called `name`. `lost` is called, in a thread of the lease's, when it could not be kept.

    `labels`: those of the run.
    """

    def __init__(self, api: ApiServer, name: str, labels: dict[str, str], lost: Callable[[str], None]) -> None:
        self._api = api
        self._name = name
        self._labels = labels
        self._lost = lost
        self._identity = f"{socket.gethostname()}/{os.getpid()}/{os.urandom(4).hex()}"
        self._place = api.place("leases", name, _GROUP)
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, patience: float = SECONDS + 2 * _LOOK) -> None:
        """Hold the lease from now on. LeaseHeld if another holder renews it, after waiting to see whether it does.

        A holder that said goodbye, or whose pod is known to be gone, is not waited for.
        """
        end = time.monotonic() + patience
        seen: tuple[str, str] | None = None
        since = 0.0
        while True:
            found = self._api.find(self._place)
            if found is None:
                if self._try_create():
                    break
                continue
            spec = found["spec"]
            holder, renewed = spec.get("holderIdentity") or "", str(spec.get("renewTime"))
            if seen != (holder, renewed):
                if seen is not None and holder == seen[0]:
                    raise LeaseHeld(
                        f"Another process drives this run: {holder}."
                    )  # it renewed while we looked: it lives
                seen, since = (holder, renewed), time.monotonic()
            if not holder or time.monotonic() - since > int(spec.get("leaseDurationSeconds", SECONDS)):
                if self._try_replace(found):
                    break
                continue
            if time.monotonic() > end:
                raise LeaseHeld(f"Another process drives this run: {holder}.")
            time.sleep(_LOOK)
        self._thread = threading.Thread(target=self._keep, name="kfnb-lease", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Give the lease back: it is no more, so that the next holder need not wait and nothing is left of the run."""
        self._ended.set()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.join()
        with contextlib.suppress(ClusterError):
            found = self._api.find(self._place)
            if found is not None and found["spec"].get("holderIdentity") == self._identity:
                self._api.delete(self._place, only=found)

    def __enter__(self) -> ClusterLease:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _body(self) -> Object:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {"holderIdentity": self._identity, "leaseDurationSeconds": SECONDS, "renewTime": now}

    def _try_create(self) -> bool:
        metadata = {"name": self._name, "labels": self._labels}
        body = {"apiVersion": _GROUP, "kind": "Lease", "metadata": metadata, "spec": self._body()}
        try:
            self._api.create(self._api.place("leases", group=_GROUP), body)
        except ApiError as error:
            if error.status != 409:
                raise
            return False
        return True

    def _try_replace(self, found: Object) -> bool:
        """Put ourselves in a Lease as it was read; false if somebody changed it meanwhile (its resource version)."""
        try:
            self._api.request("PUT", self._place, {}, {**found, "spec": self._body()})
        except ApiError as error:
            if error.status not in (404, 409):
                raise
            return False
        return True

    def _keep(self) -> None:
        """Renew until released. Whoever cannot renew for as long as the lease holds no longer drives the run."""
        renewed = time.monotonic()
        while not self._ended.wait(_RENEW):
            try:
                found = self._api.get(self._place, patience=_RENEW)
                if found["spec"].get("holderIdentity") != self._identity:
                    self._lost(f"another process has taken the run over: {found['spec'].get('holderIdentity')}")
                    return
                if self._try_replace(found):
                    renewed = time.monotonic()
            except ClusterError as error:
                if isinstance(error, ApiError) and error.status == 404:
                    self._lost("the run's lease was removed")
                    return
                if time.monotonic() - renewed > SECONDS - _RENEW:
                    self._lost(f"the run's lease could not be renewed: {error}")
                    return


def holder(api: ApiServer, name: str) -> str | None:
    """Return who holds a lease that was renewed lately, by this machine's clock give or take a minute; else None."""
    found = api.find(api.place("leases", name, _GROUP), patience=5.0)
    spec = (found or {}).get("spec") or {}
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return None
    renewed = datetime.datetime.fromisoformat(spec["renewTime"])
    age = (datetime.datetime.now(datetime.UTC) - renewed).total_seconds()
    return str(spec["holderIdentity"]) if age < SECONDS + 60 else None
