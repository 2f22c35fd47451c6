"""`kfnb cluster check`: how what was seen is judged, and the whole of it on the test cluster."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kfnb.artifacts.known_images import recall
from kfnb.artifacts.store import Store
from kfnb.cli.app import run_app
from kfnb.preflight import cluster_check
from kfnb.preflight.cluster_check import Line, StoreSeen
from kfnb.profiles import Profile
from kfnb.profiles.editing import add_profile
from kfnb.runners.check_pods import Seen
from kfnb.runners.cluster_facts import Node, Quota
from kfnb.runners.pod_report import Report
from kfnb.runners.rights import Right
from tests.cluster.fixtures import Cluster
from tests.cluster.people import people
from tests.cluster.places import REGISTRY
from tests.cluster.runs import settings_of
from tests.preflight.preflight_facts import EMPTY

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1", store_secret="keys")
FACTS = replace(
    EMPTY,
    level="restricted",
    there={"Secret keys": True, "ServiceAccount kfnb-orchestrator": True},
    nodes=(Node("a", {"cpu": "4", "memory": "8Gi", "nvidia.com/gpu": "2"}, {"nvidia.com/gpu.product": "Tesla-T4"}),),
    quotas=(Quota("q", {"requests.cpu": "4"}, {"requests.cpu": "1500m"}),),
)
REPORT = Report(python=platform.python_version(), kfnb="1.0", machine="x86_64", now=0.0, seconds=0.1)


def of_facts(**facts: Any) -> dict[str, tuple[str, str]]:
    """State and words of each line about the cluster, by what it is about."""
    lines = cluster_check.of_facts(replace(FACTS, **facts), PROFILE, "ada")
    return {line.what: (line.state, line.says) for line in lines}


def test_a_pod_patch_that_breaks_a_run_is_a_line() -> None:
    """No pod can be made with it, so that is all there is to say; the cluster is not even asked."""
    profile = replace(PROFILE, pod_patch={"spec": {"restartPolicy": "Always"}})
    (line,) = cluster_check.check(profile, version="1.0", seconds=1.0, tell=print)
    assert ("pod patch", "failed", True) == (line.what, line.state, "`spec.restartPolicy` cannot be" in line.says)


def test_all_right_is_told_with_what_there_is() -> None:
    """Where all is right each line says what there is."""
    assert {
        "cluster": ("ok", "Kubernetes v1.34.4"),
        "namespace": ("ok", "ml, Pod Security level restricted"),
        "your rights": ("ok", "ada may do all that runs need"),
        "Secret keys": ("ok", "is there"),
        "ServiceAccount kfnb-orchestrator": ("ok", "is there"),
        "quota": ("ok", "q: 1500m of 4 requests.cpu in use"),
        "nodes": ("ok", "1, the largest with 4 cpu, 8Gi memory"),
        "accelerators": ("ok", "2 nvidia.com/gpu; types: t4, nvidia-tesla-t4"),
        "Kueue": ("ok", "is not there; no queue is asked for"),
    } == of_facts()


@pytest.mark.parametrize(
    ("facts", "what", "expected"),
    [
        ({"version": "v1.30.2-gke.1"}, "cluster", ("failed", "Kubernetes v1.30.2-gke.1; kfnb needs 1.33 or newer")),
        ({"version": "v1.33.0+k3s1"}, "cluster", ("ok", "Kubernetes v1.33.0+k3s1")),
        ({"namespace": False}, "namespace", ("failed", "there is no ml")),
        ({"namespace": None}, "namespace", ("not checked", "ml: no right to see it")),
        ({"level": ""}, "namespace", ("ok", "ml, no Pod Security level of its own")),
        (
            {"lacking": (Right("create", "jobs", "batch"), Right("list", "events"))},
            "your rights",
            ("failed", "ada may not create jobs.batch"),
        ),
        (
            {"lacking": (Right("watch", "pods"), Right("list", "events"))},
            "your rights",
            ("warning", "ada may not watch pods; list events"),
        ),
        ({"there": {"Secret keys": False}}, "Secret keys", ("failed", "is not there")),
        (
            {"there": {"Secret keys": None}},
            "Secret keys",
            ("not checked", "no right to see secrets; a pod tells below"),
        ),
        ({"there": {"LocalQueue q": False}, "kueue": True}, "LocalQueue q", ("failed", "is not there")),
        (
            {"there": {"LocalQueue q": False}},
            "LocalQueue q",
            ("warning", "the cluster has no Kueue: Jobs wait until something else lets them run"),
        ),
        ({"quotas": None}, "quota", ("not checked", "no right to list quotas and limit ranges")),
        ({"nodes": None}, "nodes", ("not checked", "no right to list nodes")),
        (
            {"nodes": (Node("a", {"cpu": "10m", "memory": "8Gi"}),)},
            "nodes",
            ("failed", "no node takes a step's pod: it asks for 0.1 of cpu, and the most that one has for it is 0.01"),
        ),
    ],
)
def test_what_is_wrong_is_told(facts: dict[str, Any], what: str, expected: tuple[str, str]) -> None:
    """What is missing fails, what may not be seen is not checked."""
    assert expected == of_facts(**facts)[what]


def test_a_quota_that_allows_no_pod_fails() -> None:
    """A quota below the smallest step is told before the quota itself."""
    lines = cluster_check.of_facts(replace(FACTS, quotas=(Quota("q", {"pods": "0"}),)), PROFILE, "ada")
    assert [("failed", "the smallest step asks for 1 of pods, and quota `q` allows 0 in all")] == [
        (line.state, line.says) for line in lines if line.what == "quota" and line.state != "ok"
    ]


@pytest.mark.parametrize(("skew", "state"), [(2.0, "ok"), (-40.0, "warning"), (3600.0, "failed"), (-301.0, "failed")])
def test_clocks_that_differ(skew: float, state: str) -> None:
    """Half a minute is no harm, five minutes are more than stores allow."""
    assert [state] == [line.state for line in cluster_check.of_clock("a and b", skew)]
    assert [] == [*cluster_check.of_clock("a and b", None)]


def test_a_store_from_here() -> None:
    """A store that cannot be used says why; one that can, how fast it is."""
    assert ["ok", "ok"] == [line.state for line in cluster_check.of_store(StoreSeen(0.2, 1.0), PROFILE)]
    (failed,) = cluster_check.of_store(StoreSeen(why="no bucket"), PROFILE)
    assert ("failed", "no bucket") == (failed.state, failed.says)


@pytest.mark.parametrize(
    ("report", "version", "states"),
    [
        (REPORT, "1.0", ["ok", "ok", "ok"]),
        (REPORT, "1.1", ["ok", "failed", "ok"]),
        (replace(REPORT, python="3.9.1"), "1.0", ["ok", "warning", "ok"]),
        (replace(REPORT, store="no keys"), "1.0", ["ok", "ok", "failed"]),
        (None, "1.0", ["failed", "not checked"]),
    ],
)
def test_a_steps_pod(report: Report | None, version: str, states: list[str]) -> None:
    """Another kfnb in the image fails, another Python is a warning, a store that is not reached fails."""
    found = cluster_check.of_task_pod(Seen(report, "no image", 1.0), PROFILE, version)
    assert states == [line.state for line in found]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (REPORT, ("ok", "runs, and may do all that it needs as kfnb-orchestrator")),
        (replace(REPORT, api="not reached"), ("failed", "not reached")),
        (
            replace(REPORT, lacking=(Right("create", "jobs", "batch"),)),
            ("failed", "service account kfnb-orchestrator may not create jobs.batch"),
        ),
        (replace(REPORT, store="no keys"), ("failed", "no keys")),
        (None, ("failed", "no image")),
    ],
)
def test_an_orchestrators_pod(report: Report | None, expected: tuple[str, str]) -> None:
    """It needs the API server, its rights and the store."""
    found = cluster_check.of_orchestrator_pod(Seen(report, "no image"), PROFILE)
    assert [expected] == [(line.state, line.says) for line in found]


# ------------------------------------------------------------------------------------------------- on the test cluster


@pytest.fixture
def checked(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Calls `kfnb cluster check --json` for the profile with other settings; gives its code and its lines."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    monkeypatch.setenv("KFNB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AWS_ENDPOINT_URL")  # the profile says where its store is

    def call(*words: str, **settings: Any) -> tuple[int, dict[str, Line]]:
        add_profile("test", settings_of(profile) | settings, replace=True)
        code = run_app(["cluster", "check", "test", "--json", *words])
        document = json.loads(capsys.readouterr().out)
        assert (code == 0) == document["ok"]
        return code, {line["what"]: Line(**line) for line in document["checks"]}

    return call


def test_a_cluster_that_is_set_up_passes(cluster: Cluster, profile: Profile, checked: Any) -> None:
    """All that can be checked is right, what the image has is remembered, and no object and no document is left."""
    code, lines = checked()
    assert (0, set()) == (code, {line for line in lines.values() if line.state == "failed"})
    pods = ("a step's pod", "image", "store, from a pod", "an orchestrator's pod", "nodes", "clocks")
    assert ["ok"] * len(pods) == [lines[what].state for what in pods]
    known = recall(Store(profile.root), profile.image)
    assert known is not None
    assert ("sha256", True) == (known.digest.partition(":")[0], {"msgspec", "IPython"} <= set(known.contents.modules))
    living = cluster.get("--namespace", profile.namespace, "jobs")["items"]
    assert [] == [job for job in living if "deletionTimestamp" not in job["metadata"]]


def test_an_image_without_kfnb_is_lent_the_launcher(cluster: Cluster, checked: Any) -> None:
    """The pod of a step then looks with what it is lent, as a step would run."""
    code, lines = checked(image=cluster.plain_image, launcher_image=cluster.image, bundle=True)
    assert (0, "ok", "ok") == (code, lines["image"].state, lines["store, from a pod"].state)


def test_the_image_of_a_tag_is_looked_at_too(cluster: Cluster, profile: Profile, checked: Any) -> None:
    """It is lent the launcher as a step with the tag would be, and what it has is remembered; none fails."""
    gone, store = f"{REGISTRY}/nothing:1", Store(profile.root)
    code, _ = checked("--image", cluster.plain_image, "--image", gone, image=cluster.image)
    known = recall(store, cluster.plain_image)
    assert (4, True, None) == (code, known is not None, recall(store, gone))


def test_each_failure_is_told_with_its_fix(cluster: Cluster, checked: Any, tmp_path: Path) -> None:
    """An image that is not there, an account without rights and a patch that Pod Security refuses are told."""
    refused = {"spec": {"securityContext": {"runAsNonRoot": False}}}
    code, lines = checked(pod_patch=refused)
    assert 4 == code
    for which in ("a step's pod", "an orchestrator's pod"):
        assert ("failed", True) == (lines[which].state, "level restricted refuses its pod" in lines[which].says)
    image = cluster.image.partition(":")[0] + ":none"
    code, lines = checked(image=image, launcher_image=cluster.image, orchestrator_service_account="default")
    assert (4, "failed", "failed") == (code, lines["a step's pod"].state, lines["an orchestrator's pod"].state)
    assert ":none" in lines["a step's pod"].says
    assert "service account default may not create, get, list, watch, patch, delete jobs.batch" in (
        lines["an orchestrator's pod"].says
    )


def test_somebody_without_rights_is_told_whom_to_ask(
    cluster: Cluster, profile: Profile, checked: Any, tmp_path: Path
) -> None:
    """Their rights fail, with the command that gives them; no pod is tried; a cluster out of reach is one line."""
    path, _ = people(cluster, profile.namespace, tmp_path, {"nobody": ()})["nobody"]
    code, lines = checked(kubeconfig=str(path))
    who = f"system:serviceaccount:{profile.namespace}:nobody"
    assert (4, "failed", "not checked") == (code, lines["your rights"].state, lines["pods"].state)
    assert f"`kfnb cluster init test --user {who}`" in lines["your rights"].fix
    gone = tmp_path / "gone.kubeconfig"
    gone.write_text(path.read_text().replace(":6443", ":6444"))
    code, lines = checked(kubeconfig=str(gone))
    assert (4, ["cluster"], True) == (code, [*lines], "cannot be reached" in lines["cluster"].says)
