"""In which cluster and namespace a run lives, so that others of the same names are not taken for them.

Kept with the run when it is started. Contexts are called alike on many machines (kind-kind, minikube), and so are
namespaces: whoever found nothing of a run in the wrong cluster would drive it a second time, or remove its documents.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from kfnb.errors import ClusterError
from kfnb.runners.api_server import PATIENCE, ApiError, ApiServer

if TYPE_CHECKING:
    from kfnb.profiles import Profile

_QUICK = 5.0


class RunHome(msgspec.Struct, frozen=True, kw_only=True):
    """`namespace`: its UID, which no other one has. `authority`, `address`: of the cluster, as where it was started."""

    namespace: str
    authority: str
    address: str


class Elsewhere(ClusterError):
    """The cluster that is reached from here is not the one in which the run lives."""

    @property
    def is_passing(self) -> bool:
        """Not before somebody names another context."""
        return False


def home_at(profile: Profile) -> RunHome | None:
    """Return where a run lives that is started now; None where that may not be seen, or cannot be just now."""
    with contextlib.suppress(ClusterError):
        api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
        if (uid := _uid(api, _QUICK)) is not None:
            return RunHome(namespace=uid, authority=api.authority, address=api.host)
    return None


def must_be_at(home: RunHome, api: ApiServer, run_id: str, *, patience: float = PATIENCE) -> None:
    """Elsewhere if `api` leads to another cluster; another ClusterError if that cannot be asked.

    One cluster may be reached by several addresses and authorities, and one authority, a company's or a proxy's, may
    vouch for many clusters. Where either is another one the namespace says whether it is the same cluster, if it may be
    seen. A namespace that was deleted, or made anew, in the same cluster is the run's own.
    """
    if home.authority and (home.authority, home.address) == (api.authority, api.host):
        return
    try:
        found = _uid(api, patience)
    except ApiError as error:
        if error.status != 403:
            raise
        return
    if found != home.namespace:
        here = f"context `{api.context}`" if api.context is not None else "the current context"
        space = f"namespace {api.namespace} {'is another one' if found else 'is not'}"
        raise Elsewhere(
            f"Run {run_id} lives in another cluster, at {home.address}: {here} of this machine leads to {api.host}, "
            f"where {space}. Give the profile here a context that leads to the run's cluster (`kfnb cluster add "
            f"--replace`); if that is no more, `kfnb delete {run_id} --gone` removes what is left of the run."
        )


def was_made_anew(home: RunHome, api: ApiServer) -> bool:
    """Say whether the namespace is another one by now than that in which the run was started."""
    return _uid(api, _QUICK) not in (None, home.namespace)


def _uid(api: ApiServer, patience: float) -> str | None:
    found = api.find(f"/api/v1/namespaces/{api.namespace}", patience=patience)
    return str(found["metadata"]["uid"]) if found is not None else None
