"""What works of a cluster and what does not, line by line with a fix each: `kfnb cluster check` prints them.

The cluster and the store are asked from this machine, and by two pods, which look at the place where a task and where a
run's orchestrator would be. What the pod's image has is remembered for what is looked at before runs.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from kfnb.artifacts import known_images
from kfnb.artifacts.known_images import Contents
from kfnb.artifacts.store import Store
from kfnb.errors import ClusterError, StoreError
from kfnb.preflight import names, room
from kfnb.preflight.accelerators import offer
from kfnb.preflight.there import MOUNT_IT, unmounted
from kfnb.runners import cluster_facts, rights
from kfnb.runners.api_server import ApiServer
from kfnb.runners.check_pods import run_check_pod
from kfnb.runners.chosen import know_endpoints
from kfnb.runners.cluster_facts import Named
from kfnb.runners.orchestrator_job import SERVICE_ACCOUNT, orchestrator_job
from kfnb.runners.pod_manifest import pod_template
from kfnb.runners.pod_patch import BadPatch, patched
from kfnb.runners.rights import Right
from kfnb.spec import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kfnb.profiles import Profile
    from kfnb.runners.check_pods import Seen
    from kfnb.runners.cluster_facts import Facts, Node
    from kfnb.runners.pod_report import Report

State = Literal["ok", "failed", "warning", "not checked"]

OLDEST = (1, 33)
"""The version of Kubernetes from which on all is there that Jobs of kfnb use."""
_MUCH, _TOO_MUCH = 30.0, 300.0
"""Seconds by which clocks may differ without harm, and by which stores begin to refuse requests. S3 is then asked by
its own clock; credentials of Google's are not."""


_LOOK = frozenset({Right("create", "jobs", "batch"), Right("list", "pods")})
"""What it takes to have a pod look."""


class Line(NamedTuple):
    """One thing that was looked at. `fix`: what to do where it is not `ok`."""

    what: str
    state: State
    says: str
    fix: str = ""


class StoreSeen(NamedTuple):
    """How the store is from here. `skew`: by how much this machine's clock is ahead; `why`: what is wrong with it."""

    seconds: float = 0.0
    skew: float | None = None
    why: str = ""


def check(
    profile: Profile,
    others: Sequence[str] = (),
    *,
    version: str,
    seconds: float,
    tell: Callable[[str], None],
) -> Iterator[Line]:
    """Yield what was found, as it is found. `others`: images of tags that are looked at too.

    `version`: of kfnb here. `seconds`: how long a pod may take. `tell`: is told what is waited for.
    """
    know_endpoints()
    try:
        named = _named(profile)
    except BadPatch as error:
        yield Line("pod patch", "failed", f"cannot be applied: {error}", "Correct `pod_patch` in the profile.")
        return
    try:
        api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
        who = rights.who_am_i(api)
        wanted = rights.needed("user")
        facts = cluster_facts.look(api, named, wanted)
    except ClusterError as error:
        yield Line("cluster", "failed", str(error))
        return
    yield from of_facts(facts, profile, who)
    yield from of_clock("this machine and the cluster", time.time() - api.now().timestamp())
    store = Store(profile.root)
    if why := unmounted(profile):
        yield Line("store, from here", "failed", why, MOUNT_IT)
        return
    yield from of_store(_try_store(store), profile)
    if facts.namespace is False or not _LOOK.isdisjoint(facts.lacking):
        yield Line("pods", "not checked", "there is no namespace for them, or no right to start one")
        return
    id_ = os.urandom(4).hex()
    with ThreadPoolExecutor(2) as side_by_side:

        def run(role: Literal["task", "orchestrator"]) -> Seen:
            said = (lambda why: tell(f"The pod of a {role} waits: {why}.")) if role == "task" else (lambda why: None)
            return run_check_pod(api, profile, store, id_, role, seconds=seconds, tell=said)

        task, orchestrator = side_by_side.submit(run, "task"), side_by_side.submit(run, "orchestrator")
        yield from of_task_pod(task.result(), profile, version)
        yield from of_orchestrator_pod(orchestrator.result(), profile)
    yield from of_clock("the node and the store", _skew_of(store, id_, task.result()))
    with contextlib.suppress(StoreError):
        store.remove(f"checks/{id_}")
    _remember(store, profile.image, task.result())
    yield from _of_others(api, profile, others, version, seconds, tell)


def _named(profile: Profile) -> set[Named]:
    plain = patched(pod_template(profile, Settings(), (), labels={}), profile.pod_patch)
    driver = orchestrator_job(profile, "check")["spec"]["template"]
    return {one.object for one in (*names.references(plain, profile.queue), *names.references(driver))}


def _try_store(store: Store) -> StoreSeen:
    key, started = f"checks/{os.urandom(8).hex()}", time.monotonic()
    try:
        asked = time.time()
        store.write(key, b"kfnb")
        store.read(key)
        took = time.monotonic() - started
        written = store.written(key)
        store.remove_document(key)
    except StoreError as error:
        return StoreSeen(why=str(error))
    return StoreSeen(took, asked - written if written is not None else None)


def _skew_of(store: Store, id_: str, task: Seen) -> float | None:
    if task.report is None or task.report.store is not None:
        return None
    with contextlib.suppress(StoreError):
        written = store.written(f"checks/{id_}/task.json")
        return task.report.now - written if written is not None else None
    return None


def _of_others(
    api: ApiServer,
    profile: Profile,
    others: Sequence[str],
    version: str,
    seconds: float,
    tell: Callable[[str], None],
) -> Iterator[Line]:
    """Have a pod of each image look, as it would be that of a step with this tag."""
    store = Store(profile.root)
    for image in others:
        id_ = os.urandom(4).hex()
        seen = run_check_pod(api, profile, store, id_, "task", image, seconds=seconds, tell=tell)
        with contextlib.suppress(StoreError):
            store.remove(f"checks/{id_}")
        _remember(store, image, seen)
        if seen.report is None:
            yield Line("image", "failed", f"{image}: {seen.why}", "Name one that a step can run in.")
        else:
            yield _image(seen.report, image, version)


def _remember(store: Store, image: str, task: Seen) -> None:
    report = task.report
    if report is not None and report.modules:
        found = Contents(**{name: getattr(report, name) for name in Contents.__struct_fields__})
        with contextlib.suppress(StoreError):  # only a convenience
            known_images.remember(store, known_images.seen_now(image, found, digest=task.digest))


# ---------------------------------------------------------------------------------------------------- judging, all pure


def of_facts(facts: Facts, profile: Profile, who: str) -> Iterator[Line]:
    """Yield what the cluster says of itself. `who`: the name of whoever asks."""
    yield _version(facts.version)
    init = f"Have an administrator of the cluster run `kfnb cluster init {profile.name} --user {who}`."
    if facts.namespace is None:
        yield Line("namespace", "not checked", f"{profile.namespace}: no right to see it", init)
    elif not facts.namespace:
        fix = f"Make it: `kubectl create namespace {profile.namespace}`."
        yield Line("namespace", "failed", f"there is no {profile.namespace}", fix)
    else:
        level = f"Pod Security level {facts.level}" if facts.level else "no Pod Security level of its own"
        yield Line("namespace", "ok", f"{profile.namespace}, {level}")
    yield _rights(facts, who, init)
    for one in sorted(facts.there):
        yield _there(one, facts, profile, init)
    yield from _limits(facts, profile, init)
    yield from _nodes(facts, profile, who)
    if "LocalQueue" not in " ".join(facts.there):
        yield Line("Kueue", "ok", "is there" if facts.kueue else "is not there; no queue is asked for")


def _version(version: str) -> Line:
    found = re.match(r"v?(\d+)\.(\d+)", version)
    known = (int(found[1]), int(found[2])) if found else OLDEST
    if known < OLDEST:
        fix = "Have the cluster upgraded, or name another: `kfnb cluster add`."
        return Line("cluster", "failed", f"Kubernetes {version}; kfnb needs {OLDEST[0]}.{OLDEST[1]} or newer", fix)
    return Line("cluster", "ok", f"Kubernetes {version}")


def _rights(facts: Facts, who: str, init: str) -> Line:
    if not facts.lacking:
        return Line("your rights", "ok", f"{who} may do all that runs need")
    without = [right for right in facts.lacking if right in rights.STARTS]
    text = f"{who} may not {rights.in_words(without or facts.lacking)}"
    return Line("your rights", "failed" if without else "warning", text, init)


def _there(one: str, facts: Facts, profile: Profile, init: str) -> Line:
    kind, _, name = one.partition(" ")
    there = facts.there[one]
    if there is None and kind == "Secret":
        return Line(one, "not checked", "no right to see secrets; a pod tells below")
    if there is None:
        return Line(one, "not checked", "no right to see it", init)
    if there:
        return Line(one, "ok", "is there")
    if kind == "LocalQueue" and not facts.kueue:
        fix = "Install Kueue, or take `queue` out of the profile."
        return Line(one, "warning", "the cluster has no Kueue: Jobs wait until something else lets them run", fix)
    return Line(one, "failed", "is not there", names.fix(Named(kind, name), facts, profile))


def _limits(facts: Facts, profile: Profile, init: str) -> Iterator[Line]:
    if facts.quotas is None or facts.ranges is None:
        yield Line("quota", "not checked", "no right to list quotas and limit ranges", init)
        return
    pod = patched(pod_template(profile, Settings(), (), labels={}), profile.pod_patch)["spec"]
    beside = orchestrator_job(profile, "check")["spec"]["template"]["spec"]
    wrong = [why for why, _ in room.too_much(facts, pod, beside)]
    for why in wrong:
        yield Line("quota", "failed", f"the smallest step {why}", "Have the quota raised, or change the profile.")
    for why, _ in room.refused(facts, beside):
        fix = "Give it that by the profile's limits or pod patch, or have the namespace's changed."
        yield Line("quota", "failed", f"a run's orchestrator {why}", fix)
        wrong.append(why)
    for quota in facts.quotas:
        used = ", ".join(f"{quota.used.get(name, '0')} of {most} {name}" for name, most in quota.hard.items())
        yield Line("quota", "ok", f"{quota.name}: {used} in use")
    if not facts.quotas and not wrong:
        yield Line("quota", "ok", "none for all pods")


def _nodes(facts: Facts, profile: Profile, who: str) -> Iterator[Line]:
    if facts.nodes is None:
        fix = f"`kfnb cluster init {profile.name} --user {who}`, by an administrator of the whole cluster, allows it."
        yield Line("nodes", "not checked", "no right to list nodes", fix)
        return
    pod = patched(pod_template(profile, Settings(), (), labels={}), profile.pod_patch)["spec"]
    unfit = room.no_node(facts.nodes, pod)
    if unfit is not None:
        yield Line("nodes", "failed", f"no node takes a step's pod: {unfit[0]}", "Change the profile's placement.")
    else:
        yield Line("nodes", "ok", f"{len(facts.nodes)}, the largest with {_largest(facts.nodes)}")
    devices: dict[str, int] = {}
    for node in facts.nodes:
        for name, number in node.allocatable.items():
            if "/" in name and number.isdigit() and int(number):
                devices[name] = devices.get(name, 0) + int(number)
    types = [type_ for type_, there in offer(profile, facts.nodes).types.items() if there.nodes]
    says = ", ".join(f"{number} {name}" for name, number in sorted(devices.items())) or "none"
    yield Line("accelerators", "ok", says + (f"; types: {', '.join(types)}" if types else ""))


def _largest(nodes: tuple[Node, ...]) -> str:
    parts = []
    for resource in ("cpu", "memory"):
        most = max((room.amounts(node.allocatable).get(resource, 0) for node in nodes), default=0)
        parts.append(f"{room.shown(resource, Decimal(most))} {resource}")
    return ", ".join(parts)


def of_clock(which: str, skew: float | None) -> Iterator[Line]:
    """Yield how two clocks agree; nothing where that is not known."""
    if skew is None:
        return
    apart = f"those of {which} are {abs(skew):.0f} s apart"
    if abs(skew) > _TOO_MUCH:
        yield Line(
            "clocks",
            "failed",
            apart,
            "Set the clock: some stores refuse requests of another time, and times in tables are wrong.",
        )
    elif abs(skew) > _MUCH:
        yield Line("clocks", "warning", apart, "Set the clock: times in tables and logs are wrong.")
    else:
        yield Line("clocks", "ok", f"those of {which} agree")


def of_store(seen: StoreSeen, profile: Profile) -> Iterator[Line]:
    """Yield how the store is from this machine."""
    if seen.why:
        address = "STORAGE_EMULATOR_HOST" if profile.root.startswith("gs://") else "AWS_ENDPOINT_URL"
        fix = "Its keys come from this machine's environment, as for any `--root`; its address from the profile's "
        fix += f"endpoint_url, unless {address} says otherwise."
        yield Line("store, from here", "failed", seen.why, fix)
        return
    yield Line("store, from here", "ok", f"{profile.root}: written and read in {seen.seconds:.2f} s")
    yield from of_clock("this machine and the store", seen.skew)


def of_task_pod(seen: Seen, profile: Profile, version: str) -> Iterator[Line]:
    """Yield what a pod like a step's saw: its image, and the store from there."""
    report = seen.report
    if report is None:
        yield Line("a step's pod", "failed", seen.why, f"See `kfnb cluster show {profile.name}`, and correct that.")
        yield Line("store, from a pod", "not checked", "no pod has come so far")
        return
    yield Line("a step's pod", "ok", f"runs after {seen.begun or 0.0:.0f} s")
    yield _image(report, profile.image, version)
    if profile.root_claim and not seen.whole:
        says = f"a pod wrote into the claim of `root_claim`, and nothing came to {profile.root} on this machine"
        yield Line("store, from a pod", "failed", says, "Mount the same volume here, at the same path.")
    elif report.store is not None:
        fix = f"Pods get its keys from the secret `store_secret` of the profile ({profile.store_secret or 'none'})."
        yield Line("store, from a pod", "failed", report.store, fix)
    else:
        yield Line("store, from a pod", "ok", f"written and read in {report.seconds:.2f} s")


def _image(report: Report, image: str, version: str) -> Line:
    here = "{}.{}".format(*sys.version_info)
    says = f"{image}: Python {report.python}, kfnb {report.kfnb}"
    if report.kfnb != version:
        fix = f"Build the image with kfnb {version}, or use that kfnb here."
        return Line("image", "failed", f"{says}; here is kfnb {version}", fix)
    if ".".join(report.python.split(".")[:2]) != here:
        fix = f"If results must equal those on this machine, use an image with Python {here}."
        return Line("image", "warning", f"{says}; here is Python {here}", fix)
    return Line("image", "ok", says)


def of_orchestrator_pod(seen: Seen, profile: Profile) -> Iterator[Line]:
    """Yield what a pod like a run's orchestrator saw: the API server, its rights, the store."""
    report = seen.report
    local = "`kfnb run … --local-orchestrator` does without."
    if report is None:
        yield Line("an orchestrator's pod", "failed", seen.why, local)
        return
    account = profile.orchestrator_service_account or SERVICE_ACCOUNT
    if report.api is not None:
        yield Line("an orchestrator's pod", "failed", report.api, f"Let pods reach the API server; {local}")
    elif report.lacking:
        says = f"service account {account} may not {rights.in_words(report.lacking)}"
        yield Line(
            "an orchestrator's pod", "failed", says, f"`kfnb cluster init {profile.name}` gives it these rights."
        )
    elif report.store is not None:
        yield Line("an orchestrator's pod", "failed", report.store, "It reaches the store as a step's pod does.")
    else:
        yield Line("an orchestrator's pod", "ok", f"runs, and may do all that it needs as {account}")
