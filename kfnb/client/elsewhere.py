"""Clusters by the names that this machine has for them, and runs that lie in their roots, whoever started them.

Used by the client, `kfnb.run` and the command line, for which a name means the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kfnb.artifacts.store import Store
from kfnb.errors import KfnbError, StoreError, WrongCall
from kfnb.orchestrator.listing import names_under

if TYPE_CHECKING:
    from kfnb.profiles import Profile

THIS_MACHINE = "local"
"""The name that means no cluster."""


def cluster_called(on: str | None, *, local_orchestrator: bool = False) -> Profile | None:
    """Return the cluster that a run is to be `on`; None for this machine.

    WrongCall if this machine is to drive the run (`local_orchestrator`) and it is on no cluster; Refused if there is no
    cluster of that name, or its profile says something that cannot be.
    """
    if on is not None and on != THIS_MACHINE:
        from kfnb.profiles import find_profile  # not needed for runs on this machine

        return find_profile(on)
    if local_orchestrator:
        raise WrongCall("--local-orchestrator goes with --on CLUSTER: on this machine there is no other.")
    return None


def clusters() -> dict[str, Profile]:
    """Return the clusters that can be used, by name; none where the file of them cannot be read."""
    from kfnb.profiles import read_profiles  # not needed for runs of this machine

    try:
        profiles, _ = read_profiles()
    except KfnbError:
        return {}
    return profiles.by_name


class Found(NamedTuple):
    """What the clusters' roots hold of the runs that are meant.

    `runs`: the store of each, by the run's id; `clusters`: the names of all that are known; `unread`: why some of their
    roots could not be looked at, in words.
    """

    runs: dict[str, Store]
    clusters: tuple[str, ...]
    unread: tuple[str, ...]


def in_clusters(beginning: str, *, besides: str) -> Found:
    """Look for runs whose ids begin so in the roots of all clusters, but not in the root `besides`.

    A store that does not answer at once is not waited for. What is wrong with the file of clusters is told to who names
    one of it.
    """
    known = clusters()
    runs: dict[str, Store] = {}
    unread: list[str] = []
    for root in dict.fromkeys(profile.root for profile in known.values()):
        try:
            store = Store(root)
            if store.root == besides:
                continue
            with store.hurried():
                names = names_under(store, "runs")
        except StoreError as error:
            unread.append(str(error))
        else:
            runs |= {name: store for name in names if name.startswith(beginning)}
    return Found(runs, tuple(known), tuple(unread))
