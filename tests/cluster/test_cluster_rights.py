"""The roles that `kfnb cluster init` applies: enough for what kfnb does, and no verb that it could do without."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kfnb.cli.app import run_app
from kfnb.errors import OutsideError
from kfnb.history import History
from kfnb.profiles import Profile
from kfnb.profiles.editing import add_profile
from kfnb.runners import cluster_facts, watch
from kfnb.runners.api_server import ApiError, ApiServer, Query
from kfnb.runners.cluster_facts import Facts, Named, look
from kfnb.runners.kubernetes import KubernetesRunner
from kfnb.runners.orchestrator_job import orchestrator_name
from kfnb.runners.rights import STARTS, Right, missing, needed
from kfnb.runners.run_objects import RunObjects
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until

ROLES = ("orchestrator", "user")
_LEASES = "coordination.k8s.io/v1"


class _Person:
    """Somebody with a run of their own, and what kfnb does for them."""

    def __init__(self, name: str, api: ApiServer, profile: Profile) -> None:
        self.api, self.run_id, self.profile = api, f"run-{name}", profile
        self.there = RunObjects(profile, self.run_id)

    def watch(self, path: str) -> None:
        with self.api.stream(path, {"watch": 1, "timeoutSeconds": 1}, silence=5.0) as answer:
            answer.read()

    def open_runner(self) -> None:
        runner = KubernetesRunner(self.profile, self.run_id, self.api)
        runner.open(lambda report: None, ())
        runner.close(keep=True)

    def orchestrator(self) -> str:
        return self.api.place("jobs", orchestrator_name(self.run_id), "batch/v1")

    def take_free_lease(self) -> None:
        metadata = {"name": f"kfnb-{self.run_id}"}
        self.api.create(self.api.place("leases", group=_LEASES), {"metadata": metadata, "spec": {}})
        with self.there.lease():
            pass

    def take_lease(self) -> None:
        with self.there.lease():
            pass


def _get(kind: str, name: str = "", group: str = "") -> Callable[[_Person], object]:
    return lambda person: person.api.find(person.api.place(kind, name, group))


_NEEDS: dict[str, Callable[[_Person], object]] = {
    "create jobs.batch": lambda person: person.there.start_orchestrator(),
    "get jobs.batch": _get("jobs", "kfnb-other", "batch/v1"),
    "list jobs.batch": _get("jobs", group="batch/v1"),
    "watch jobs.batch": lambda person: person.watch(person.api.place("jobs", group="batch/v1")),
    "patch jobs.batch": lambda person: person.api.patch(person.orchestrator(), {"spec": {"parallelism": 1}}),
    "delete jobs.batch": lambda person: person.there.remove(),
    "list pods": _get("pods"),
    "watch pods": lambda person: person.watch(person.api.place("pods")),
    "delete pods": lambda person: person.api.delete(person.api.place("pods", "no-such-pod"), grace=0),
    "get pods/log": _get("pods", "no-such-pod/log"),
    "list events": _get("events"),
    "create configmaps": lambda person: person.open_runner(),
    "get configmaps": lambda person: [person.open_runner(), person.open_runner()],
    "delete configmaps": lambda person: person.there.remove(),
    "create leases.coordination.k8s.io": lambda person: person.take_lease(),
    "get leases.coordination.k8s.io": lambda person: person.take_lease(),
    "update leases.coordination.k8s.io": lambda person: person.take_free_lease(),
    "delete leases.coordination.k8s.io": lambda person: person.there.remove(),
    "get namespaces": lambda person: person.api.get(f"/api/v1/namespaces/{person.api.namespace}"),
    "list resourcequotas": _get("resourcequotas"),
    "list limitranges": _get("limitranges"),
    "get serviceaccounts": _get("serviceaccounts", "default"),
    "get persistentvolumeclaims": _get("persistentvolumeclaims", "data"),
    "get localqueues.kueue.x-k8s.io": _get("localqueues", "gpus", "kueue.x-k8s.io/v1beta1"),
}
"""What kfnb does that needs a right, by the right."""


@pytest.fixture
def profile(cluster: Cluster, namespace: str) -> Profile:
    """A cluster profile for the namespace, in which no pod begins."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": namespace}}
    cluster.apply({**quota, "spec": {"hard": {"pods": "0"}}})
    return Profile(name="test", namespace=namespace, root="s3://kfnb/x", image=cluster.image)


@pytest.mark.parametrize("role", ROLES)
def test_each_verb_of_a_role_is_needed(cluster: Cluster, profile: Profile, tmp_path: Path, role: str) -> None:
    """With the role all that kfnb does is allowed; without any one of its verbs something of it is not."""
    granted = needed(role)
    without = {f"without-{number}": [r for r in granted if r != right] for number, right in enumerate(granted)}
    known = people(cluster, profile.namespace, tmp_path, {"complete": granted, **without})
    persons = {name: _Person(name, api, replace(profile, kubeconfig=str(path))) for name, (path, api) in known.items()}
    for number, right in enumerate(granted):
        _wait_for_rights(persons[f"without-{number}"].api, granted, right)
    refused = {str(right): _refusal(persons[f"without-{n}"], str(right)) for n, right in enumerate(granted)}
    assert {str(right): (403, right.verb) for right in granted} == refused
    assert {str(right): None for right in granted} == {str(r): _refusal(persons["complete"], str(r)) for r in granted}


def _wait_for_rights(api: ApiServer, granted: tuple[Right, ...], but: Right) -> None:
    """Roles count a moment after they are made."""
    wait_until(lambda: missing(api, granted) == [but], f"The rights of somebody who may not {but}", 30)


def _refusal(person: _Person, right: str) -> tuple[int, str] | None:
    """With what the cluster refuses that which needs a right, and which verb it names; None if it does not."""
    try:
        _NEEDS[right](person)
    except ApiError as error:
        return error.status, str(error).partition("may not ")[2].partition(" ")[0]
    return None


def test_each_verb_about_the_whole_cluster_is_needed(cluster: Cluster, profile: Profile, tmp_path: Path) -> None:
    """Without any one verb of kfnb-cluster-reader something cannot be checked before a run."""
    seen: dict[str, Callable[[Facts], object]] = {
        "list nodes": lambda facts: facts.nodes,
        "get priorityclasses.scheduling.k8s.io": lambda facts: facts.there["PriorityClass system-node-critical"],
        "list priorityclasses.scheduling.k8s.io": lambda facts: facts.classes,
    }
    granted = needed("cluster-reader")
    known = people(cluster, profile.namespace, tmp_path, {f"no-{number}": () for number in range(len(granted))})
    named = [Named("PriorityClass", "system-node-critical")]
    found = {}
    with contextlib.ExitStack() as afterwards:
        for number, right in enumerate(granted):
            api = known[f"no-{number}"][1]
            afterwards.callback(_reader(cluster, api.namespace, f"no-{number}", [r for r in granted if r != right]))
            _wait_for_rights(api, granted, right)
            facts = look(api, named, ())
            found[str(right)] = [kind for kind, of in seen.items() if of(facts) is None]
    assert {str(right): [str(right)] for right in granted} == found


def _reader(cluster: Cluster, namespace: str, name: str, rights: list[Right]) -> Callable[[], object]:
    """Give somebody rights in the whole cluster; what takes them back."""
    group, both = "rbac.authorization.k8s.io", f"{namespace}-{name}"
    rules = [{"apiGroups": [each.group], "resources": [each.resource], "verbs": [each.verb]} for each in rights]
    head = {"apiVersion": f"{group}/v1", "metadata": {"name": both}}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": both}
    cluster.apply(
        {**head, "kind": "ClusterRole", "rules": rules},
        {**head, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [subject]},
    )
    return lambda: cluster.kubectl("delete", f"clusterrole/{both}", f"clusterrolebinding/{both}")


class Sent(set[str]):
    """The rights that requests took which this process has sent, but for those of everybody."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        send = ApiServer._send

        def keeping(api: ApiServer, method: str, path: str, query: Query, *more: Any, **named: Any) -> Any:
            right = _right(method, path, query)
            try:
                answer = send(api, method, path, query, *more, **named)
            except ApiError as error:
                if error.status != 403:
                    self.add(right)
                raise
            self.add(right)
            return answer

        patch.setattr(ApiServer, "_send", keeping)

    def take(self) -> set[str]:
        """Return what was sent since the last call."""
        found = {one for one in self if one and not one.endswith((".authorization.k8s.io", ".authentication.k8s.io"))}
        self.clear()
        return found


def _right(method: str, path: str, query: Query) -> str:
    """The right that a request takes, in the words of RBAC; nothing where it is about no kind of objects."""
    _, kind, *rest = path.split("/")
    group, rest = (rest[0], rest[2:]) if kind == "apis" else ("", rest[1:])
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    if not rest:
        return ""
    asks = "watch" if "watch" in query else "get" if len(rest) > 1 else "list"
    verbs = {"GET": asks, "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    return str(Right(verbs[method], "/".join(rest[::2]), group))


@pytest.mark.timeout(600)
def test_the_roles_are_just_enough_for_runs(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has a role drives, starts, cancels and deletes runs, and needs all of it for that."""
    roles = {"driver": needed("orchestrator"), "member": needed("user")}
    known = people(cluster, namespace, tmp_path, roles)
    sent = Sent(monkeypatch)
    monkeypatch.setattr(cluster_facts, "_kueue", lambda api: "v1beta1")  # which this cluster has not
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        for name, (_, api) in known.items():
            wait_until(lambda api=api, name=name: missing(api, roles[name]) == [], f"The rights of the {name}", 30)
        sent.take()
        _drive(place, tmp_path, {"kubeconfig": str(known["driver"][0])})
        for_driving = sent.take()
        _start(place, tmp_path, {"kubeconfig": str(known["member"][0])})
        assert {str(right) for right in roles["driver"]} == for_driving
        assert {str(right) for right in roles["member"]} == for_driving | sent.take()


def _drive(place: Place, folder: Path, profile: dict[str, Any]) -> None:
    """Do as an orchestrator does: with a fan-out beside a step that fails at first; with one that waits, and leave it,
    take it up again, and end it at once."""
    here: dict[str, Any] = {"cache": False, "local_orchestrator": True, "preflight": False}
    fails = "import os\nassert os.uname().nodename.split('-')[-2] == '2'"  # a pod is called after its attempt
    many = notebook(
        folder / "many.ipynb",
        "import time\n\ndef work(number):\n    time.sleep(1)\n    return number",
        "items = [1, 2, 3]",
        fails,
        "found = [work(item) for item in items]",
        tags={0: ("imports",), 2: ("step:side", "retry:1"), 3: ("step:fan", "foreach")},
    )
    waits = notebook(folder / "waits.ipynb", "x = 1", tags={0: ("step:waits", "secret:lacking:key:KEY")})
    beside = place.run(many, profile={**profile, "max_parallel": 2}, **here)
    left = place.run(waits, profile=profile, **here)
    wait_until(lambda: "lacking" in str(left.tasks["waits"].why), "The word that a secret is missing", 60)
    assert left._loop is not None
    left._loop.leave("it is a test")
    with pytest.raises(OutsideError, match="it is a test"):
        left.wait(60)
    again = place.client().resume(left.id)
    again.cancel(now=True)
    assert ("CANCELED", "SUCCEEDED") == (end(again), end(beside, 250))


def _start(place: Place, folder: Path, profile: dict[str, Any]) -> None:
    """Do as people do: ask what a cluster lacks, have it run something, cancel that and delete all."""
    asks = ("step:asks", "pvc:data:/data", "configmap:c:k:C", "queue:gpus")
    path = notebook(folder / "asks.ipynb", "x = 1", tags={0: asks})
    place.client().check(path, on=replace(place.profile, **profile, service_account="default"))
    quick = place.run(notebook(folder / "quick.ipynb", "x = 1", "print(x)"), profile=profile)
    slow = notebook(folder / "slow.ipynb", "import time; print('begun', flush=True); time.sleep(300)")
    long = place.run(slow, profile=profile)
    assert "SUCCEEDED" == end(quick)
    place.wait_running(long, "s0")
    long.cancel()
    assert "CANCELED" == end(long)
    history = History(place.client())
    assert [run.id for run in (quick, long)] == [history.delete(run.id) for run in (quick, long)]


@pytest.mark.parametrize("right", [Right("watch", "jobs", "batch"), Right("watch", "pods")], ids=str)
def test_whoever_may_not_watch_cannot_drive_a_run(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: Right
) -> None:
    """Nothing of it would be heard but by lists that are minutes apart: it is left as it is, for want of that right."""
    monkeypatch.setattr(watch, "REFUSED", 1.0)
    granted = needed("orchestrator")
    person, api = people(cluster, namespace, tmp_path, {"blind": [r for r in granted if r != right]})["blind"]
    _wait_for_rights(api, granted, right)
    long = notebook(tmp_path / "long.ipynb", "import time; time.sleep(300)")
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        profile = {"kubeconfig": str(person)}
        run = place.run(long, profile=profile, local_orchestrator=True, preflight=False)
        with pytest.raises(OutsideError, match=f"is left to whoever drives it next: .* may not {right}"):
            run.wait(90)


def test_little_is_enough_to_start_a_run(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who may make Jobs and get them, and nothing else, starts a run, is warned, and sees it end."""
    person, api = people(cluster, namespace, tmp_path, {"starter": sorted(STARTS)})["starter"]
    wait_until(lambda: not missing(api, STARTS), "The rights of somebody who starts runs", 30)
    quick = notebook(tmp_path / "quick.ipynb", "x = 1", "print(x)")
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(quick, profile={"kubeconfig": str(person)}, preflight=True)
        assert "SUCCEEDED" == end(run)
    assert ["KF920", "KF920"] == [each.code for each in run.warnings if each.code == "KF920"]


# ------------------------------------------------------------------------------------------------- kfnb cluster init


@pytest.fixture
def kfnb(cluster: Cluster, profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls kfnb with a file of clusters that has `test`; afterwards nothing of it is left in the cluster."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KUBECONFIG", cluster.environment["KUBECONFIG"])
    table = {"namespace": profile.namespace, "root": profile.root, "image": profile.image}
    add_profile("test", table)
    yield lambda *words: run_app(["cluster", *words])
    binding = f"clusterrolebinding/kfnb-cluster-reader-{profile.namespace}"
    cluster.kubectl("delete", "--ignore-not-found", binding)


def test_init_applies_the_roles(cluster: Cluster, profile: Profile, kfnb: Any, capsys: Any) -> None:
    """The first time it makes all objects, the second time it changes none, and who was bound before stays bound."""
    outcomes = []
    for words in (("--user", "ada"), ("--user", "ada"), ("--group", "science")):
        assert 0 == kfnb("init", "test", "--json", *words)
        objects = json.loads(capsys.readouterr().out)["objects"]
        outcomes.append({one["name"]: one["outcome"] for one in objects if one["kind"] != "ClusterRole"})
    bindings = ("kfnb-user", f"kfnb-cluster-reader-{profile.namespace}")
    names = ("kfnb-orchestrator", *bindings)
    assert dict.fromkeys(names, "made") == outcomes[0]
    assert dict.fromkeys(names, "unchanged") == outcomes[1]
    assert {"kfnb-orchestrator": "unchanged", **dict.fromkeys(bindings, "changed")} == outcomes[2]
    user = cluster.get("--namespace", profile.namespace, "rolebinding/kfnb-user")
    assert ["ada", "science"] == [subject["name"] for subject in user["subjects"]]


def test_init_says_what_is_refused(
    cluster: Cluster, profile: Profile, kfnb: Any, capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without rights it ends with 4 and says who is to do what; --dry-run prints what they may apply."""
    path, _ = people(cluster, profile.namespace, tmp_path, {"nobody": ()})["nobody"]
    monkeypatch.setenv("KUBECONFIG", str(path))
    code = kfnb("init", "test")
    said = capsys.readouterr().err
    who = f"system:serviceaccount:{profile.namespace}:nobody"
    first, missing_rights = said.splitlines()
    assert (4, True) == (code, first.startswith(f"You are `{who}`, who may not do this in namespace "))
    assert f"kfnb cluster init test --user {who}" in first
    assert missing_rights.startswith("Missing: patch serviceaccounts; patch roles.rbac.authorization.k8s.io; ")
    assert 0 == kfnb("init", "test", "--dry-run", "--user", who)
    cluster.kubectl("apply", "--filename=-", text=capsys.readouterr().out)
    api = ApiServer(None, str(path), profile.namespace)
    wait_until(lambda: missing(api, needed("user")) == [], "The rights of a user", 30)


def test_init_needs_the_namespace(kfnb: Any, capsys: Any) -> None:
    """A namespace that is not there is said, with the command that makes it."""
    add_profile("gone", {"namespace": "no-such-namespace", "root": "s3://kfnb/x", "image": "x:1"})
    assert (4, True) == (kfnb("init", "gone"), "kubectl create namespace no-such-namespace" in capsys.readouterr().err)
