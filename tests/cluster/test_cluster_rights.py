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
from kfnb.runners.api_server import ApiServer
from kfnb.runners.cluster_facts import Facts, Named, look
from kfnb.runners.rights import STARTS, Right, missing, needed
from tests.cluster.cluster_pods import job, submit
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until
from tests.cluster.uses import PRINTS, USES, Person, Sent

ROLES = ("orchestrator", "user")


@pytest.fixture
def profile(cluster: Cluster, namespace: str) -> Profile:
    """A cluster profile for the namespace, in which no pod begins."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": namespace}}
    cluster.apply({**quota, "spec": {"hard": {"pods": "0"}}})
    return Profile(name="test", namespace=namespace, root="s3://kfnb/x", image=cluster.image)


@pytest.mark.leaves("runs of which only parts are done: nothing ends them")
@pytest.mark.parametrize("role", ROLES)
def test_each_verb_of_a_role_is_needed(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    """With the role all that kfnb does is allowed; without any one of its verbs something of it does not come about."""
    monkeypatch.setattr(watch, "REFUSED", 0.0)
    monkeypatch.setattr(cluster_facts, "_kueue", lambda api: "v1beta1")  # which this cluster has not
    submit(cluster, namespace, job(cluster, PRINTS, "print('a word')"))
    granted = needed(role)
    without = {f"without-{number}": [r for r in granted if r != right] for number, right in enumerate(granted)}
    known = people(cluster, namespace, tmp_path, {"complete": granted, **without})
    profile = Profile(name="test", namespace=namespace, root="s3://kfnb/x", image=cluster.image)
    for number, right in enumerate(granted):
        _wait_for_rights(known[f"without-{number}"][1], granted, right)
    cluster.kubectl("--namespace", namespace, "wait", f"job/{PRINTS}", "--for=condition=complete", "--timeout=240s")
    sent = Sent(monkeypatch)

    def tried(who: str, right: Right, number: int) -> tuple[object, set[str]]:
        path, api = known[who]
        person = Person(f"{who}-{number}", api, replace(profile, kubeconfig=str(path)), sent)
        return person.tries(USES[str(right)][0]), sent.refused & set(map(str, granted))

    for number, right in enumerate(granted):
        outcome = USES[str(right)][1]
        assert (right, (outcome, {str(right)})) == (right, tried(f"without-{number}", right, number))
        done, refused = tried("complete", right, number)
        assert (right, set(), True) == (right, refused, done != outcome)


def _wait_for_rights(api: ApiServer, granted: tuple[Right, ...], but: Right) -> None:
    """Roles count a moment after they are made."""
    wait_until(lambda: missing(api, granted) == [but], f"The rights of somebody who may not {but}")


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
            wait_until(lambda api=api, name=name: missing(api, roles[name]) == [], f"The rights of the {name}")
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
        "import time\n\ndef work(number):\n    time.sleep(4)\n    return number",
        "items = [1, 2, 3, 4, 5, 6]",
        fails,
        "time.sleep(20)\ncount = len(items)",  # ends while elements wait, of which more may run at once then
        "found = [work(item) for item in items]",
        tags={0: ("imports",), 2: ("step:side", "retry:1"), 3: ("step:beside",), 4: ("step:fan", "foreach")},
    )
    waits = notebook(folder / "waits.ipynb", "x = 1", tags={0: ("step:waits", "secret:lacking:key:KEY")})
    beside = place.run(many, profile={**profile, "max_parallel": 2}, **here)
    left = place.run(waits, profile=profile, **here)
    wait_until(lambda: "lacking" in str(left.tasks["waits"].why), "The word that a secret is missing")
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


@pytest.mark.leaves("a run that is left as it is")
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
    """Somebody who may make Jobs and get them, and nothing else, starts a run, is warned, and sees it end.

    The second time, too, where whoever may hold the run would look into the cache from here.
    """
    person, api = people(cluster, namespace, tmp_path, {"starter": sorted(STARTS)})["starter"]
    wait_until(lambda: not missing(api, STARTS), "The rights of somebody who starts runs")
    quick = notebook(tmp_path / "quick.ipynb", "x = 1", "print(x)")
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        for is_cached in (False, True):
            run = place.run(quick, profile={"kubeconfig": str(person)}, preflight=True)
            assert "SUCCEEDED" == end(run)
            assert {is_cached} == {task.cached for task in run.tasks.values()}
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
    wait_until(lambda: missing(api, needed("user")) == [], "The rights of a user")


def test_init_needs_the_namespace(kfnb: Any, capsys: Any) -> None:
    """A namespace that is not there is said, with the command that makes it."""
    add_profile("gone", {"namespace": "no-such-namespace", "root": "s3://kfnb/x", "image": "x:1"})
    assert (4, True) == (kfnb("init", "gone"), "kubectl create namespace no-such-namespace" in capsys.readouterr().err)
