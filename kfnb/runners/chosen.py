"""Which runner a run has: what its options say when it is started, taken up again, or driven by its own process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from kfnb.artifacts import endpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kfnb.profiles import Profile
    from kfnb.runners.kubernetes import KubernetesRunner
    from kfnb.runners.live_logs import LiveLogs
    from kfnb.runners.run_objects import RunObjects
    from kfnb.runners.task_objects import PodSeen


def know_endpoints() -> None:
    """Have stores in buckets ask the cluster profiles where their endpoint is, if the environment does not say."""
    endpoints.know(_of_profiles)


def _of_profiles(bucket: str) -> str | None:
    roots = {one.root.rstrip("/") + "/": one.endpoint_url for one in _profiles()}
    return next((url for root, url in roots.items() if url and root.startswith(f"{bucket}/")), None)


def _profiles() -> tuple[Profile, ...]:
    """Return the profiles of this machine that can be used."""
    from kfnb.errors import KfnbError
    from kfnb.profiles import read_profiles

    try:
        profiles, _ = read_profiles()
    except KfnbError:
        return ()  # what is wrong with the file is told to who names a profile of it
    return tuple(profiles.by_name.values())


def cluster_options(profile: Profile, *, local_orchestrator: bool) -> dict[str, Any]:
    """Return a run's options that say where it runs, and whether this machine drives it."""
    return {"on": profile.name, "profile": msgspec.to_builtins(profile), "local_orchestrator": local_orchestrator}


def home_of(profile: Profile) -> dict[str, Any]:
    """Return the option of a run that says in which cluster and namespace it lives; none where that cannot be seen."""
    from kfnb.runners.run_home import home_at

    home = home_at(profile)
    return {} if home is None else {"lives_in": msgspec.to_builtins(home)}


def run_objects(run_id: str, options: Mapping[str, Any], *, inside: bool = False) -> RunObjects | None:
    """Return a run's objects in its cluster; None if the run is one of this machine. `inside`: asked in a pod of it."""
    if "profile" not in options:
        return None
    from kfnb.profiles import Profile  # not before it is needed: runs on this machine start without a cluster's client
    from kfnb.runners.run_home import RunHome
    from kfnb.runners.run_objects import RunObjects

    profile = msgspec.convert(options["profile"], Profile)
    if inside:
        return RunObjects(msgspec.structs.replace(profile, context=None, kubeconfig=None), run_id)
    home = msgspec.convert(options.get("lives_in"), RunHome | None)
    return RunObjects(_as_reached_from_here(profile), run_id, home)


def _as_reached_from_here(profile: Profile) -> Profile:
    """Return a run's profile with the context by which this machine reaches the cluster, if it has a profile of it.

    The run may have been started on another machine, where the contexts of the kubeconfig are other ones.
    """
    known = [one for one in _profiles() if (one.root, one.namespace) == (profile.root, profile.namespace)]
    here = next((one for one in known if one.name == profile.name), known[0] if known else profile)
    return msgspec.structs.replace(profile, context=here.context, kubeconfig=here.kubeconfig)


def live_logs(
    there: RunObjects, run_id: str, read: Callable[[str], bytes], *, orchestrator: bool, follow: bool
) -> LiveLogs:
    """Return what the pods of a run's tasks, or that of its `orchestrator`, print. `follow`: as they do.

    `read`: a document of the run's store, by its key.
    """
    from kfnb.runners.job_manifest import RUN, TASK
    from kfnb.runners.live_logs import LiveLogs
    from kfnb.runners.orchestrator_job import ROLE

    which = f"{ROLE}=orchestrator" if orchestrator else TASK
    root = there.profile.root.rstrip("/") + "/"
    selector, placed = f"{RUN}={run_id},{which}", not orchestrator
    return LiveLogs(there.api, selector, follow=follow, read=lambda uri: read(uri.removeprefix(root)), placed=placed)


def no_pod(why: str) -> PodSeen:
    """Return that a task of a run on a cluster has had no pod, and why."""
    from kfnb.runners.task_objects import PodSeen

    return PodSeen(None, is_there=False, why=why)


def cluster_runner(
    there: RunObjects, run_id: str, options: Mapping[str, Any], *, inside: bool = False
) -> KubernetesRunner:
    """Return the runner of a run on a cluster. `inside`: this process is the run's orchestrator, in the cluster."""
    from kfnb.runners.kubernetes import KubernetesRunner
    from kfnb.runners.run_objects import pod_address
    from kfnb.runners.task_packages import Lock

    address = pod_address() if inside else None
    locked = msgspec.convert(options.get("lock") or {}, Lock)
    return KubernetesRunner(
        there.profile,
        run_id,
        there.api,
        inside=address,
        may_act=there.may_act,
        owned=there.belong_to,
        locked=locked,
    )
