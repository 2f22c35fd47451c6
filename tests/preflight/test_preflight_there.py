"""What is looked at before a run in a cluster, on the test cluster."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from kfnb.client import Client
from kfnb.errors import Diagnostic, Refused
from kfnb.profiles import Profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.cluster_facts import look
from kfnb.runners.node_fit import REQUIRED
from kfnb.runners.rights import Right, drives, in_words, missing, needed
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.places import IMAGES_HOST, REGISTRY, STORE_SECRET
from tests.cluster.shell import wait_until
from tests.cluster.tiny_images import put_image

CELLS = {
    "fine": ["step:fine"],
    "names": ["step:names", "secret:tokens:key:TOKEN", "configmap:settings:speed:SPEED", "pvc:data:/data"],
    "class": ["step:class", "priority:urgent"],
    "large": ["step:large", "request:cpu:900"],
    "gpus": ["step:gpus", "gpu:3"],
    "above": ["step:above", "limit:memory:3Gi"],
    "image": ["step:image", f"image:{REGISTRY}/kfnb-base:none"],
    "foreign": ["step:foreign", f"image:{REGISTRY}/foreign:1"],
}

RIGHT = {"podAntiAffinity": {}}
"""An affinity that there may be."""


@pytest.fixture
def check(tmp_path: Path) -> Any:
    """Gives the findings about a notebook of these cells of CELLS on a cluster; `about`: its `metadata.kfnb`."""

    def found(profile: Profile, *cells: str, **about: Any) -> list[Diagnostic]:
        written = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": name,
                "metadata": {"tags": CELLS[name]},
                "outputs": [],
                "source": f"{name}_ = 1",
            }
            for name in cells
        ]
        path = tmp_path / "work.ipynb"
        path.write_text(
            json.dumps({"cells": written, "metadata": {"kfnb": about}, "nbformat": 4, "nbformat_minor": 5}), "utf-8"
        )
        return [*Client(home=tmp_path / "home", root=profile.root).check(path, on=profile)]

    return found


def test_a_notebook_that_can_run_there_has_no_findings(profile: Profile, check: Any) -> None:
    """In a namespace that is set up nothing is found."""
    assert [] == check(profile, "fine")


def test_what_is_missing_is_told_at_its_cell(cluster: Cluster, profile: Profile, check: Any, tmp_path: Path) -> None:
    """All that a notebook names and the cluster lacks is found at once, and a run of it makes nothing."""
    here = {"namespace": profile.namespace}
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", **here},
        "data": {"mode": "x"},
    }
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small", **here}}
    range_ = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "range", **here}}
    cluster.apply(
        settings,
        {**quota, "spec": {"hard": {"requests.nvidia.com/gpu": "1"}}},
        {**range_, "spec": {"limits": [{"type": "Container", "max": {"memory": "2Gi"}}]}},
    )
    put_image(REGISTRY, "foreign", "1", "s390x")
    found = check(profile, *CELLS)
    assert [
        ("KF921", "names", "Step `names` names the PersistentVolumeClaim `data`"),
        ("KF921", "names", "Step `names` names the Secret `tokens`, which names"),
        ("KF921", "names", "Step `names` names the key `speed` of the ConfigMap"),
        ("KF921", "class", "Step `class` names the PriorityClass `urgent`, whic"),
        ("KF922", "large", "Step `large` fits no node of cluster `test`: it ask"),
        ("KF923", "gpus", "Step `gpus` asks for 3 of requests.nvidia.com/gpu, "),
        ("KF922", "gpus", "Step `gpus` fits no node of cluster `test`: it asks"),
        ("KF923", "above", "Step `above` asks for 3Gi of memory for a container"),
        ("KF927", "image", f"Step `image` names the image `{REGISTRY}/kfnb-base:none`"[:51]),
        ("KF927", "foreign", f"Step `foreign` names the image `{REGISTRY}/foreign:1`"[:51]),
    ] == [(each.code, each.cell, each.message[:51]) for each in found]
    with pytest.raises(Refused, match="KF921"):
        Client(home=tmp_path / "home", root=profile.root).run(tmp_path / "work.ipynb", on=profile)
    made = cluster.get("--namespace", profile.namespace, "jobs,pods,configmaps")["items"]
    assert {"kube-root-ca.crt", "settings"} == {each["metadata"]["name"] for each in made}


def test_what_does_not_run_is_not_looked_at(profile: Profile, check: Any, tmp_path: Path) -> None:
    """A run that ends with a step asks nothing about the steps that it leaves out."""
    check(profile, "fine", "names")
    client = Client(home=tmp_path / "home", root=profile.root)
    run = client.run(tmp_path / "work.ipynb", on=profile, until="fine")
    assert ((), True) == (run.warnings, run.is_driven)
    run.cancel(now=True)


def test_a_run_can_go_ahead_unasked(profile: Profile, check: Any, tmp_path: Path) -> None:
    """Without the look before a run it is begun, whatever is missing; then its pods wait."""
    check(profile, "names")
    run = Client(home=tmp_path / "home", root=profile.root).run(tmp_path / "work.ipynb", on=profile, preflight=False)
    assert run.is_driven
    run.cancel(now=True)


def test_what_the_profile_lacks_is_told(cluster: Cluster, profile: Profile, check: Any) -> None:
    """A namespace, an account, a secret and a store that are not there are found before anything else is."""
    assert [("KF921", True)] == [
        (each.code, "has no namespace `gone`" in each.message)
        for each in check(replace(profile, namespace="gone"), "fine")
    ]
    other = replace(profile, store_secret="other", orchestrator_service_account="nobody")
    assert ["Cluster `test` names the Secret `other`", "Cluster `test` names the ServiceAccount `nobody`"] == sorted(
        each.message.partition(",")[0] for each in check(other, "fine")
    )


def test_patches_that_the_cluster_does_not_take_are_told(profile: Profile, check: Any) -> None:
    """A pod patch with a field or a value that there is not is an error before a run, in the API server's words."""
    for patch, words in (
        ({"spec": {"dnsPolicyy": "None"}}, 'unknown field "spec.template.spec.dnsPolicyy"'),
        ({"spec": {"dnsPolicy": "Never"}}, 'spec.template.spec.dnsPolicy: Unsupported value: "Never"'),
    ):
        found = check(replace(profile, pod_patch=patch), "fine")
        assert [("KF911", True)] == [(each.code, words in each.message) for each in found]
    assert [] == check(replace(profile, pod_patch={"spec": {"dnsPolicy": "Default"}}), "fine")
    claim = {"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claim": "x"}}]}}
    terms = [{"matchExpressions": [{"key": "zone", "operator": "in", "values": ["a"]}]}]
    for changed, words in (
        ({"pod_patch": claim}, "`pod_patch` of cluster `test`"),
        ({"affinity": {"nodeAffinity": {REQUIRED: terms}}}, "`affinity` of cluster `test`"),
        ({"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}}}, '"in"'),
    ):
        found = check(replace(profile, **changed), "fine")
        assert [("KF911", True)] == [(each.code, words in each.message) for each in found]
        found = check(replace(profile, **changed), "fine", affinity=RIGHT)
        assert [("KF911", None, True)] == [(each.code, each.cell, words in each.message) for each in found]
    (found,) = check(replace(profile, affinity=RIGHT), "fine", pod_patch=claim)
    assert ("KF911", "fine", True) == (found.code, found.cell, "`pod_patch` of the notebook" in found.message)


def test_a_patch_that_is_none_for_the_orchestrator_is_told(profile: Profile, check: Any) -> None:
    """The pod that drives a run is tried too: a limit that is enough for a step may be less than that one asks for."""
    small = {"spec": {"containers": [{"name": "main", "resources": {"limits": {"memory": "100Mi"}}}]}}
    found = check(replace(profile, requests={"memory": "64Mi"}, pod_patch=small), "fine")
    assert [("KF911", True)] == [
        (each.code, "the pod that drives a run" in each.message and "memory limit" in each.message) for each in found
    ]


def test_queues_are_looked_for_where_there_is_kueue(
    cluster: Cluster, chaos: ModuleType, profile: Profile, check: Any
) -> None:
    """Where the cluster knows Kueue's queues, one that the namespace does not have is an error, else a warning."""
    queued = replace(profile, queue="gpus")
    assert [("KF921", "warning")] == [(each.code, each.severity) for each in check(queued, "fine")]
    group, names = "kueue.x-k8s.io", {"kind": "LocalQueue", "plural": "localqueues", "singular": "localqueue"}
    schema = {"openAPIV3Schema": {"type": "object"}}
    version = {"name": "v1beta1", "served": True, "storage": True, "schema": schema}
    definition = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    spec = {"group": group, "names": names, "scope": "Namespaced", "versions": [version]}
    metadata = {"annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}}
    cluster.apply({**definition, "metadata": {"name": f"localqueues.{group}", **metadata}, "spec": spec})
    try:
        cluster.kubectl("wait", "--for=condition=Established", f"crd/localqueues.{group}", "--timeout=30s")
        wait_until(lambda: ["error"] == [each.severity for each in check(queued, "fine")], "Kueue's place in the API")
        queue = {"apiVersion": f"{group}/v1beta1", "kind": "LocalQueue"}
        cluster.apply({**queue, "metadata": {"name": "gpus", "namespace": profile.namespace}})
        assert [] == check(queued, "fine")
    finally:
        cluster.kubectl("delete", f"crd/localqueues.{group}")


def test_an_image_that_cannot_be_asked_for_is_said_and_refuses_nothing(
    cluster: Cluster, profile: Profile, check: Any
) -> None:
    """A registry that only the nodes know is a hint."""
    (found,) = check(replace(profile, image=f"{IMAGES_HOST}/kfnb-base:none"), "fine")
    why = f"its registry {IMAGES_HOST} cannot be reached from this machine"
    assert ("KF926", "hint", True) == (found.code, found.severity, why in found.message)


def test_what_nodes_have_is_seen(cluster: Cluster, profile: Profile) -> None:
    """Of the images that are asked about, those that a node has are known."""
    api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
    asked = (cluster.image, f"{IMAGES_HOST}/kfnb-base:none")

    def seen() -> set[tuple[str, ...]]:
        return {node.images for node in look(api, (), (), asked).nodes or ()}

    wait_until(lambda: seen() == {(cluster.image,)}, "What nodes say of their images")


def test_a_store_that_cannot_be_used_is_told(profile: Profile, check: Any) -> None:
    """A bucket that is not there is an error before a run."""
    found = check(replace(profile, root="s3://no-such-bucket/x"), "fine")
    assert [("KF924", True)] == [(each.code, "there is no bucket 'no-such-bucket'" in each.message) for each in found]


def test_what_somebody_may_not_do_or_see(cluster: Cluster, profile: Profile, check: Any, tmp_path: Path) -> None:
    """Missing rights are an error that names them; what may not be seen is a hint that it was not checked."""
    runs = [right for right in needed("user") if right.resource in ("jobs", "pods", "configmaps", "leases")]
    lame = [right for right in runs if right != Right("create", "jobs", "batch")]
    known = people(
        cluster, profile.namespace, tmp_path, {"member": needed("user"), "blind": runs, "lame": lame, "nobody": ()}
    )
    for name, rights in (("member", needed("user")), ("blind", runs), ("lame", lame)):
        api = known[name][1]
        wait_until(lambda api=api, rights=rights: not missing(api, rights), f"The rights of {name}")  # type: ignore[misc]

    def told(name: str) -> list[tuple[str, str]]:
        found = check(replace(profile, kubeconfig=str(known[name][0])), "fine")
        return [(each.code, each.message.partition(": ")[2]) for each in found]

    secret = f"Secret {STORE_SECRET}"
    driver = "the rights of the orchestrator's account (`kfnb cluster check` has a pod of it look)"
    assert [("KF926", f"{secret}, nodes, {driver}.")] == told("member")
    assert [
        ("KF920", "get pods/log; list events."),
        ("KF926", f"{secret}, ServiceAccount kfnb-orchestrator, nodes, quotas, limit ranges, the namespace, {driver}."),
    ] == told("blind")
    assert ("KF920", "create jobs.batch.") == told("lame")[0]
    assert ["create, get jobs.batch.", "list pods; get pods/log; list events."] == [
        words for code, words in told("nobody")[:2] if code == "KF920"
    ]


def test_an_orchestrator_without_rights_is_told_before_a_run(cluster: Cluster, profile: Profile, check: Any) -> None:
    """Whoever may ask about others' rights is told what the account lacks that drives the run."""
    cluster.kubectl("--namespace", profile.namespace, "delete", "rolebinding", "kfnb-orchestrator")
    api = ApiServer(profile.context, profile.kubeconfig, profile.namespace)
    wanted, account = sorted(drives()), "kfnb-orchestrator"
    wait_until(lambda: wanted == missing(api, wanted, account=account), "The end of the account's rights")
    (found,) = check(profile, "fine")
    said = (
        f"The account `{account}`, which drives runs in namespace `{profile.namespace}` of cluster `test`, lacks rights"
    )
    assert ("KF920", "error", f"{said}: {in_words(wanted)}.") == (found.code, found.severity, found.message)


def test_what_was_right_counts_for_a_minute(cluster: Cluster, profile: Profile, check: Any, tmp_path: Path) -> None:
    """After a check that found nothing wrong the cluster is not asked again; after one that did it is."""
    wrong = replace(profile, store_secret="late")
    assert ["KF921"] == [each.code for each in check(wrong, "fine")]
    cluster.kubectl("--namespace", profile.namespace, "create", "secret", "generic", "late", "--from-literal=a=b")
    assert [] == check(wrong, "fine")
    cluster.kubectl("--namespace", profile.namespace, "delete", "secret", "late")
    assert [] == check(wrong, "fine")


def test_patches_that_the_cluster_took_count_for_a_minute(
    profile: Profile, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API server is not asked again about the same ones; about others, and about ones it did not take, it is."""
    tried: list[str] = []
    create = ApiServer.create

    def noted(api: ApiServer, path: str, body: Any, query: Any = None, **how: Any) -> Any:
        if query:
            tried.append(path)
        return create(api, path, body, query, **how)

    monkeypatch.setattr(ApiServer, "create", noted)
    for policy, asked in (("Never", 1), ("Never", 1), ("Default", 1), ("Default", 0), ("ClusterFirst", 1)):
        tried.clear()
        check(profile, "fine", pod_patch={"spec": {"dnsPolicy": policy}})
        assert (policy, asked) == (policy, len(tried))


def test_what_was_right_for_one_counts_for_nobody_else(
    cluster: Cluster, profile: Profile, check: Any, tmp_path: Path
) -> None:
    """The same file of the same profile may mean another cluster or another person a moment later."""
    config = tmp_path / "config"
    config.write_bytes(Path(cluster.environment["KUBECONFIG"]).read_bytes())
    mine = replace(profile, kubeconfig=str(config))
    assert [] == check(mine, "fine")
    nobody = people(cluster, profile.namespace, tmp_path, {"nobody": ()})["nobody"][0]
    config.write_bytes(nobody.read_bytes())
    assert {"KF920"} <= {each.code for each in check(mine, "fine")}


def test_an_image_that_a_notebook_has_since_is_asked_for(profile: Profile, check: Any) -> None:
    """A reference that was changed a moment after a check is looked at."""
    assert [] == check(profile, "fine")
    assert [("KF927", "image")] == [(each.code, each.cell) for each in check(profile, "fine", "image")]
