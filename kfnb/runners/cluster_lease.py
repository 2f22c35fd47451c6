"""The lease of a run on a cluster: a `coordination.k8s.io` Lease, which whoever drives the run renews.

Used in place of the file lock (`kfnb.orchestrator.lease`) by runs whose tasks are Jobs, so that of two machines, or a
machine and a pod, one drives a run. A holder that has not renewed for `SECONDS` is taken for dead, by the time that
this machine has seen pass, never by comparing clocks: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection.

A holder whose pod is gone is not waited for, though its process may live on: its node is cut off, say, and somebody has
removed the pod. So whoever is about to start something in the cluster looks before each request for it whether the
lease is still its own (`is_mine`), and whoever follows on such a holder waits a little longer than a look is good for.

A holder that cannot reach the API server does not leave: nobody else can take a lease there either, and most outages
end. It does nothing in the cluster meanwhile, and the run's log, in which no batch can be written twice, keeps two
writers apart in any case. It leaves when it reads that somebody else has the lease, and when it has been
refused for a minute, for want of a right or because its login has expired: that ends by no waiting.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import threading
import time
import traceback
from typing import TYPE_CHECKING

from kfnb.errors import ClusterError, LeaseHeld
from kfnb.runners.api_server import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfnb.runners.api_server import ApiServer, Object

SECONDS = 15
"""How long a lease holds after it was last renewed."""
REFUSED = 60.0
"""Seconds for which a renewal may be refused for want of a right or a valid login, before the run is left."""
_RENEW = 4.0
_LOOK = 1.0
_GOOD = 5.0
"""Seconds for which it is good to have seen that the lease is one's own: longer than an API server in need takes."""
_CLOCK = 3.0
"""Seconds that what two machines take for the API server's time may differ."""
_POD = "pod/"
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
        pod = os.environ.get("KFNB_POD_NAME")
        self._identity = f"{_POD + pod if pod else socket.gethostname()}/{os.getpid()}/{os.urandom(4).hex()}"
        self._place = api.place("leases", name, _GROUP)
        self._ended = threading.Event()
        self._renewed = 0.0
        self._seen = 0.0  # when it was last seen that it is our own
        self._may_not = False
        self._owners: list[Object] = []
        self._thread: threading.Thread | None = None

    def take(self, patience: float = SECONDS + 2 * _LOOK) -> None:
        """Hold the lease from now on. LeaseHeld if another holder renews it, after waiting to see whether it does.

        A holder that said goodbye, or whose pod is known to be gone, is not waited for.
        """
        pause = 0.0
        seen: tuple[str, str] | None = None
        since = end = 0.0
        while True:
            found = self._api.find(self._place)
            if found is None:
                if self._try_create():
                    break
                continue
            now, spec = time.monotonic(), found["spec"]
            holder, renewed = spec.get("holderIdentity") or "", str(spec.get("renewTime"))
            if seen != (holder, renewed):
                if seen is not None and holder == seen[0]:
                    raise LeaseHeld(
                        f"Another process drives this run: {holder}."
                    )  # it renewed while we looked: it lives
                since = now
                seen, end = (holder, renewed), end or since + patience  # however long the first answer took
            over = now - since > int(spec.get("leaseDurationSeconds", SECONDS))
            if not holder or over or self._is_a_pod_that_is_gone(holder):
                if self._try_replace(found):
                    pause = 0.0 if not holder or over else _GOOD + _LOOK
                    break
                continue
            if now > end:  # as of this look: what was asked since may have taken seconds
                raise LeaseHeld(f"Another process drives this run: {holder}.")
            time.sleep(_LOOK)
        self._renewed = self._seen = time.monotonic()
        time.sleep(pause)
        self._thread = threading.Thread(target=self._keep, name="kfnb-lease", daemon=True)
        self._thread.start()

    def belong_to(self, owner: Object) -> None:
        """Have the Lease go when `owner`, by a reference to it, goes. One that is taken over belongs to nothing yet:
        what its last holder had it belong to may be about to go."""
        self._owners = [owner]
        with contextlib.suppress(ClusterError):  # else with the next renewal
            found = self._api.find(self._place, patience=_RENEW)
            if found is not None and found["spec"].get("holderIdentity") == self._identity:
                self._try_replace(found)

    def is_mine(self) -> bool:
        """Say whether nobody else has the lease: it was renewed lately, and is seen to be our own just now."""
        asked = time.monotonic()
        if asked - self._seen >= _GOOD:
            with contextlib.suppress(ClusterError):
                found = self._api.find(self._place, patience=_RENEW)
                if found is not None and found["spec"].get("holderIdentity") == self._identity:
                    self._seen = asked
        now = time.monotonic()
        return now - self._seen < _GOOD and now - self._renewed < SECONDS - _RENEW

    def release(self) -> None:
        """Give the lease back: it is no more, so that the next holder need not wait and nothing is left of the run."""
        self._ended.set()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        thread.join()
        if self._may_not:
            return
        with contextlib.suppress(ClusterError):
            found = self._api.find(self._place)
            if found is not None and found["spec"].get("holderIdentity") == self._identity:
                self._api.delete(self._place, only=found)

    def __enter__(self) -> ClusterLease:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _is_a_pod_that_is_gone(self, holder: str) -> bool:
        """Say whether a holder need not be waited for until it has not renewed for long."""
        if not holder.startswith(_POD):
            return False
        name = holder.removeprefix(_POD).partition("/")[0]
        found = self._api.get(self._api.place("pods"), {"fieldSelector": f"metadata.name={name}"})["items"]
        return not found or found[0].get("status", {}).get("phase") in ("Succeeded", "Failed")

    def _body(self) -> Object:
        now = self._api.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
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
            metadata = {**found["metadata"], "ownerReferences": self._owners}
            self._api.request("PUT", self._place, {}, {**found, "metadata": metadata, "spec": self._body()})
        except ApiError as error:
            if error.status not in (404, 409):
                raise
            return False
        return True

    def _keep(self) -> None:
        """Renew until released, and say when the lease is somebody else's or no more."""
        try:
            self._keep_renewed()
        except Exception as error:  # a mistake of kfnb's own: a run whose lease is not renewed must be left
            traceback.print_exception(error)
            self._lost(f"its lease cannot be renewed: {error!r}")

    def _keep_renewed(self) -> None:
        refused: float | None = None  # since when, without another answer between
        while not self._ended.wait(_RENEW):
            asked = time.monotonic()
            try:
                found = self._api.get(self._place, patience=_RENEW)
                other = found["spec"].get("holderIdentity")
                if other != self._identity:
                    self._lost(f"another process has taken the run over: {other or 'it has ended by now'}")
                    return
                if self._try_replace(found):
                    self._renewed = self._seen = asked
                refused = None
            except ClusterError as error:
                if isinstance(error, ApiError) and error.status == 404:
                    self._lost(self._why_it_is_gone())
                    return
                refused = (refused or asked) if isinstance(error, ApiError) and error.lacks_right else None
                if refused is not None and time.monotonic() - refused >= REFUSED:
                    self._may_not = True
                    self._lost(str(error).rstrip("."))
                    return

    def _why_it_is_gone(self) -> str:
        why = None
        with contextlib.suppress(ClusterError):
            why = why_nothing_is_there(self._api)
        return why or "its objects in the cluster were removed"


def why_nothing_is_there(api: ApiServer) -> str | None:
    """Say that the namespace of `api` was deleted; None if it is there. ClusterError if that cannot be asked."""
    namespace = api.find(f"/api/v1/namespaces/{api.namespace}", patience=_RENEW)
    deleted = namespace is None or namespace["metadata"].get("deletionTimestamp")
    return f"the namespace {api.namespace} was deleted" if deleted else None


def holder(api: ApiServer, name: str) -> str | None:
    """Return who holds a lease that was renewed lately, by the API server's clock; else None."""
    found = api.find(api.place("leases", name, _GROUP), patience=5.0)
    spec = (found or {}).get("spec") or {}
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return None
    age = (api.now() - datetime.datetime.fromisoformat(spec["renewTime"])).total_seconds()
    return str(spec["holderIdentity"]) if age < SECONDS + _CLOCK else None
