"""The cluster as a whole: is it possible here, set up, up, down, status; for the command line and the fixtures."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

from tests.cluster import certificates, components, control_plane, debian, environment, images, network, node, programs
from tests.cluster.locks import CHANGING, MAKING, TESTS, USERS, held
from tests.cluster.places import NAMESPACE, NODES, RUN, STORE_SECRET
from tests.cluster.shell import ClusterError, attempt, say, wait_until

_KINDS = "pods,jobs,configmaps,secrets,leases,clusterroles,clusterrolebindings"
_MADE_BY_KFNB = "app.kubernetes.io/managed-by=kfnb"
_SET_UP = ("kfnb-cluster-reader", f"kfnb-cluster-reader-{NAMESPACE}")
_STORES = (programs.S3_GATEWAY, programs.GCS_SERVER)
_MOST_NAMED = 20
"""Objects that a message names: a fan-out can leave hundreds."""


def obstacle() -> str | None:
    """Why there can be no cluster on this machine, None where there can."""
    if os.uname().sysname != "Linux" or os.geteuid() != 0:
        return "the test cluster needs Linux and root: it makes namespaces, bridges and cgroups"
    try:
        if programs.missing():
            programs.go()
    except ClusterError as problem:
        return str(problem)
    absent = debian.missing()
    if absent and not shutil.which("apt-get"):
        return f"{', '.join(absent)}: not installed, and this is no Debian with apt-get to do it"
    return None


def set_up() -> None:
    """Have everything here that the cluster is made of, but its images."""
    _refuse_the_impossible()
    with held(MAKING):
        debian.install()
        programs.build()


def set_up_stores() -> None:
    """Have the endpoints of stores alone, for tests that need no cluster; needs no root."""
    for module in _STORES:
        _build(module)


def set_up_programs() -> None:
    """Build all that is built from source, while something else goes on: what is needed first, first; needs no root."""
    for module in (*_STORES, *programs.MODULES_BUILT):
        try:
            _build(module)
        except ClusterError as problem:  # whoever needs it fails then
            say(str(problem))


def _build(module: programs.Module) -> None:
    if programs.missing([module]):  # else nobody is waited for who builds another one
        with held(MAKING):
            programs.build([module])


def up() -> None:
    """Bring the cluster up with this checkout's images; seconds where it is up already.

    One that is up in part, because something of it was killed, is taken down first; a test that kills something is
    waited for.
    """
    set_up()
    with held(TESTS, shared=True), held(CHANGING):
        if not is_up():
            _down()
            _start_and_tell()
        with held(MAKING):
            references = images.make()
        with ThreadPoolExecutor() as side_by_side:  # pulled now, so that no pod waits for them
            list(side_by_side.map(lambda each: node.pull(each, references), NODES))
        environment.make()


def down(*, force: bool = False, clean: bool = False) -> None:
    """Take everything down and away; safe to repeat, and after a crash. Only by force while tests use the cluster.

    `clean`: ClusterError if runs have left something in it.
    """
    with held(CHANGING), contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(USERS, wait=False))
        except BlockingIOError:
            if not force:
                say("Other tests use the cluster: it stays up. `down --force` takes it away from them.")
                return
        try:
            in_it = of_kfnb() if clean and is_up() else []
        finally:
            _down()
        if left := leftovers():
            raise ClusterError(f"This is left of the cluster: {', '.join(left)}.")
        if in_it:
            more = f" and {len(in_it) - _MOST_NAMED} more" if len(in_it) > _MOST_NAMED else ""
            raise ClusterError(f"This was left in the cluster by kfnb: {', '.join(in_it[:_MOST_NAMED])}{more}.")


def is_up() -> bool:
    """Whether every component lives, and the API server answers; on a busy machine it may need a while to do so."""
    names = components.names()
    if not (RUN / "complete").exists() or not all(map(components.alive, names)):
        return False
    with contextlib.suppress(ClusterError):
        wait_until(control_plane.answers, "An answer of the API server")
        return True
    return False


def status() -> str:
    """A line a component, and what the cluster says of its nodes."""
    lines = [f"{name:26} {'running' if components.alive(name) else 'STOPPED'}" for name in components.names()]
    if not lines:
        return "The cluster is down."
    try:
        nodes = control_plane.kubectl("get", "nodes", "-o", "wide", "--request-timeout=5s")
    except ClusterError:
        nodes = "The API server does not answer."
    return "\n".join([*lines, "", nodes.rstrip()])


def leftovers() -> list[str]:
    """What of a cluster is on this machine, for the check that `down` leaves nothing."""
    found = [f"process {pid}" for pid in components.marked()]
    found += [f"cgroup {folder}" for each in NODES for folder in node.cgroups(each)]
    found += [f"mount {place}" for place in _mounts()]
    found += ["the bridge"] if network.bridge_exists() else []
    return found + ([str(RUN)] if RUN.exists() else [])


def of_kfnb() -> list[str]:
    """What of kfnb is in the cluster, but for what `up` has set up; what is about to go is waited for."""

    def found() -> list[str]:
        there = json.loads(control_plane.kubectl("get", _KINDS, "-A", "-l", _MADE_BY_KFNB, "--output=json"))["items"]
        places = [(one["metadata"].get("namespace"), one["kind"], one["metadata"]["name"]) for one in there]
        return ["/".join(filter(None, place)) for place in places if place[2] not in _SET_UP]

    with contextlib.suppress(ClusterError):
        wait_until(lambda: not found(), "The end of what namespaces had that were deleted", 120)
    return found()


def make_namespace(name: str) -> None:
    """A namespace that takes only pods of the Pod Security level `restricted`, with the keys of the S3 endpoint."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    control_plane.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": STORE_SECRET, "namespace": name},
            "stringData": control_plane.s3_environment(),
        },
    )
    # A controller makes it, soon; pods cannot be created before.
    control_plane.kubectl("--namespace", name, "wait", "--for=create", "serviceaccount/default", "--timeout=120s")


def _start_and_tell() -> None:
    started = time.monotonic()
    try:
        _start()
    except BaseException:
        say(f"The cluster did not come up; logs are in {RUN / 'logs'}.")
        raise
    say(f"The cluster is up ({time.monotonic() - started:.0f} s).")


def _start() -> None:
    """Everything, in the order in which one needs the other."""
    RUN.mkdir(parents=True)
    certificates.make()
    network.make_bridge()
    control_plane.start_registry()
    with held(MAKING):
        images.make_pause()
    control_plane.start_s3()
    control_plane.start()
    node.let_proxies_read()
    for each in NODES:
        node.start(each)
    for each in NODES:
        node.wait_ready(each)
    make_namespace(NAMESPACE)
    (RUN / "complete").touch()


def _down() -> None:
    """Kill all processes, then take away what they used."""
    for each in NODES:
        node.stop(each)
    components.kill(components.marked())
    wait_until(lambda: not components.marked(), "The end of the cluster's processes", 20)
    for each in NODES:
        node.remove_cgroups(each)
    network.remove()
    node.remove_fixed_folders()
    for line in sorted(_mounts(), reverse=True):
        attempt("umount", "--lazy", line)
    shutil.rmtree(RUN, ignore_errors=True)


def _mounts() -> list[str]:
    """Where something is mounted under the run folder, in this process's view."""
    with contextlib.suppress(FileNotFoundError), open("/proc/self/mounts", encoding="utf-8") as lines:
        return [place for place in (line.split()[1] for line in lines) if place.startswith(f"{RUN}/")]
    return []


def _refuse_the_impossible() -> None:
    why = obstacle()
    if why:
        raise ClusterError(f"There can be no test cluster here: {why}.")
