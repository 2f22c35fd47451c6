"""Tasks' manifests on a real API server: each is valid, allowed under `restricted`, and merged as kubectl merges."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfnb.profiles import Accelerator, Profile
from kfnb.runners.job_manifest import Attempt, Owner, job, run_object
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.runners.pod_manifest import pod_template
from kfnb.runners.pod_patch import patched
from kfnb.spec import Settings
from tests.cluster.cluster_pods import outcome
from tests.cluster.fixtures import Cluster
from tests.cluster.places import STORE_SECRET
from tests.cluster.shell import ClusterError

RUN_ID = "20261124-121500-ab12"
TERM = {"matchExpressions": [{"key": "zone", "operator": "Exists"}]}
AFFINITY = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [TERM]}}}

SETTINGS = {
    "nothing": Settings(),
    "limits": Settings(limits={"cpu": "2", "memory": "4Gi", "ephemeral-storage": "1Gi"}, requests={"cpu": "500m"}),
    "gpu": Settings(limits={"nvidia.com/gpu": "2"}),
    "other devices": Settings(requests={"nvidia.com/mig-1g.5gb": "1"}, limits={"amd.com/gpu": "1"}),
    "huge pages": Settings(limits={"hugepages-2Mi": "64Mi"}),
    "known accelerator": Settings(accelerator="l4", affinity=AFFINITY),
    "own accelerator": Settings(accelerator="big", limits={"nvidia.com/gpu": "2"}),
    "placement": Settings(
        node_selector={"disk": "ssd"},
        tolerations=({"key": "spot", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},),
        labels={"team": "x"},
        annotations={"example.com/note": "any: text"},
        affinity=AFFINITY,
    ),
    "queue": Settings(queue="gpus"),
    "priority": Settings(priority="system-node-critical"),
    "variables": Settings(env={"A": "1"}, secrets=(("s", "k", "B"),), config_maps=(("c", "k", "C"),)),
    "volumes": Settings(
        volumes=(("data", "/data", False), ("data", "/again", True)),
        secret_files=(("tls", "/etc/tls"),),
        config_map_files=(("conf", "/etc/conf"),),
        shared_memory="64Mi",
    ),
    "image": Settings(image="registry.test:5000/team/image:1.0@sha256:" + "0" * 64),
    "patch": Settings(
        pod_patches=(
            {"spec": {"hostname": "h", "dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.1"]}}},
            {"spec": {"containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}]}},
        )
    ),
}

PROFILES: dict[str, dict[str, Any]] = {
    "everything": {
        "image_pull_policy": "IfNotPresent",
        "image_pull_secrets": ("pull",),
        "service_account": "tasks",
        "env": {"A": "1"},
        "labels": {"cost-centre": "9"},
        "annotations": {"example.com/note": "x"},
        "node_selector": {"pool": "a"},
        "tolerations": (
            {"operator": "Exists"},
            {"key": "x", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5},
        ),
        "affinity": AFFINITY,
        "queue": "gpus",
        "priority_class": "system-cluster-critical",
        "limits": {"memory": "1Gi"},
        "shm_size": "1Gi",
        "pod_patch": {"spec": {"subdomain": "s"}},
    },
    "credentials in a file": {
        "root": "gs://kfnb/runs",
        "store_secret": None,
        "env": {"GOOGLE_APPLICATION_CREDENTIALS": "/var/run/gcs/key.json"},
        "pod_patch": {
            "spec": {
                "volumes": [{"name": "gcs", "secret": {"secretName": "gcs-key"}}],
                "containers": [
                    {"name": "main", "volumeMounts": [{"name": "gcs", "mountPath": "/var/run/gcs", "readOnly": True}]}
                ],
            }
        },
    },
    "a root on a volume": {"root": "/mnt/kfnb", "root_claim": "shared:/mnt", "store_secret": None},
    "a lent launcher": {"bundle": True, "image": "python:3.12-slim", "package_index": False},
    "numbers of the namespace": {"run_as_user": "fromNamespace", "fs_group": "fromNamespace"},
}


def profile_of(cluster: Cluster, namespace: str, **fields: Any) -> Profile:
    """A profile of the test cluster."""
    profile = Profile(
        name="test",
        namespace=namespace,
        root=f"s3://kfnb/{namespace}",
        image=cluster.image,
        endpoint_url=cluster.environment["AWS_ENDPOINT_URL"],
        store_secret=STORE_SECRET,
        grace_seconds=1,
        accelerators={"big": Accelerator(node_selector={"gpu": "big"}, any_label={"a": ("x",), "b": ("y", "z")})},
    )
    return msgspec.structs.replace(profile, **fields)


def attempt_of(settings: Settings = SETTINGS["nothing"], **fields: Any) -> Attempt:
    """An attempt whose input is nowhere."""
    return Attempt(RUN_ID, "Train model", "train-model", 1, "s3://kfnb/none", settings)._replace(**fields)


def accepted(cluster: Cluster, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the API server would make of an object; an unknown field or a warning of Pod Security is an error."""
    words = ("create", "--dry-run=server", "--validate=strict", "--warnings-as-errors", "--output=json")
    found: dict[str, Any] = json.loads(
        cluster.kubectl("--namespace", namespace, *words, "--filename=-", text=json.dumps(manifest))
    )
    return found


@pytest.mark.parametrize("name", SETTINGS)
def test_the_api_server_takes_every_setting(cluster: Cluster, namespace: str, name: str) -> None:
    """Whatever tags ask for is a Job without unknown fields that Pod Security `restricted` has nothing against."""
    made = job(profile_of(cluster, namespace), attempt_of(SETTINGS[name]))
    assert made["metadata"]["name"] == accepted(cluster, namespace, made)["metadata"]["name"]


@pytest.mark.parametrize("name", PROFILES)
def test_the_api_server_takes_every_profile(cluster: Cluster, namespace: str, name: str) -> None:
    """Whatever a profile says is as good, for steps and for what drives the run."""
    profile = profile_of(cluster, namespace, **PROFILES[name])
    for made in (job(profile, attempt_of()), orchestrator_job(profile, RUN_ID)):
        assert made["metadata"]["name"] == accepted(cluster, namespace, made)["metadata"]["name"]


def test_the_api_server_takes_the_kinds_of_jobs(cluster: Cluster, namespace: str) -> None:
    """Fan-outs, suspended Jobs, Jobs with an owner, and the run's ConfigMap are valid too."""
    profile = profile_of(cluster, namespace)
    owner = Owner(f"kfnb-{RUN_ID}", "00000000-0000-0000-0000-000000000000")
    many = accepted(cluster, namespace, job(profile, attempt_of(elements=100_000, parallelism=5)))
    assert ("Indexed", 0) == (many["spec"]["completionMode"], many["spec"]["backoffLimitPerIndex"])
    assert accepted(cluster, namespace, job(profile, attempt_of(suspended=True)))["spec"]["suspend"]
    assert accepted(cluster, namespace, job(profile, attempt_of(owner=owner)))["metadata"]["ownerReferences"]
    assert {"root": profile.root} == accepted(cluster, namespace, run_object(profile, RUN_ID, profile.root))["data"]


def test_a_patch_that_loosens_security_is_for_the_namespace_to_refuse(cluster: Cluster, namespace: str) -> None:
    """A privileged patch is passed on, and Pod Security says what is wrong with it."""
    patch = {"spec": {"containers": [{"name": "main", "securityContext": {"privileged": True}}]}}
    made = job(profile_of(cluster, namespace), attempt_of(Settings(pod_patches=(patch,))))
    with pytest.raises(ClusterError, match="privileged"):
        accepted(cluster, namespace, made)


PATCHES: dict[str, dict[str, Any]] = {
    "objects": {"spec": {"hostname": "h", "securityContext": {"fsGroup": 5}, "nodeSelector": {"a": "b"}}},
    "removed": {"spec": {"terminationGracePeriodSeconds": None, "tolerations": None}},
    "lists that are replaced": {"spec": {"tolerations": [{"operator": "Exists"}]}},
    "lists by name": {
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "env": [{"name": "HOME", "value": "/x"}, {"name": "Z", "value": "1"}],
                    "volumeMounts": [{"mountPath": "/tmp", "subPath": "else"}, {"mountPath": "/z", "name": "scratch"}],
                    "resources": {"limits": {"cpu": "1"}},
                }
            ],
            "imagePullSecrets": [{"name": "more"}],
            "initContainers": [{"name": "side", "image": "x", "restartPolicy": "Always"}],
            "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}],
        }
    },
    "deleted items": {
        "spec": {"containers": [{"name": "main", "env": [{"name": "TEAM", "$patch": "delete"}]}]},
    },
    "replaced objects": {"spec": {"securityContext": {"$patch": "replace", "runAsNonRoot": True}}},
    "labels": {"metadata": {"labels": {"team": "x"}, "annotations": {"a": "b"}}},
    "volumes": {
        "spec": {"volumes": [{"name": "more", "emptyDir": {}}, {"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}]}
    },
}


def in_order(value: Any) -> Any:
    """A value with lists in one order, which merging need not keep, and without what is empty, which kubectl adds."""
    if isinstance(value, dict):
        return {key: in_order(each) for key, each in value.items() if each != {}}
    return sorted(map(in_order, value), key=partial(json.dumps, sort_keys=True)) if isinstance(value, list) else value


@pytest.mark.parametrize("name", PATCHES)
def test_patches_are_merged_as_kubectl_merges_them(cluster: Cluster, namespace: str, tmp_path: Path, name: str) -> None:
    """Kubernetes' own strategic merge patch gives the same pod."""
    settings = Settings(env={"TEAM": "x"})
    before = pod_template(profile_of(cluster, namespace), settings, ("python",), labels={"a": "b"})
    file = tmp_path / "pod.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", **before}), "utf-8")
    words = ("patch", "--local", "--type=strategic", "--output=json", f"--filename={file}")
    theirs = json.loads(cluster.kubectl(*words, f"--patch={json.dumps(PATCHES[name])}"))
    ours = patched(before, PATCHES[name])
    assert in_order({key: theirs[key] for key in ("metadata", "spec")}) == in_order(ours)


def test_a_pod_can_write_where_it_is_told_to(cluster: Cluster, namespace: str) -> None:
    """As user 1000 on a read-only root, HOME, TMPDIR and /dev/shm can be written to, and nothing else."""
    program = """
import os, pathlib, tempfile
for place in (os.environ["HOME"], tempfile.gettempdir(), "/dev/shm"):
    pathlib.Path(place, "x").write_text("x")
print(os.getuid(), os.environ["AWS_ENDPOINT_URL"][:4], "AWS_ACCESS_KEY_ID" in os.environ, os.access("/", os.W_OK))
"""
    made = job(profile_of(cluster, namespace), attempt_of(Settings(shared_memory="8Mi")))
    made["spec"]["template"]["spec"]["containers"][0]["command"] = ["python", "-c", program]
    assert ("Complete", "1000 http True False") == outcome(cluster, namespace, made)


def test_an_element_that_fails_fails_alone(cluster: Cluster, namespace: str) -> None:
    """In a fan-out the others go on where one ends with the code of a user's error; none is tried twice."""
    program = "import os, sys; sys.exit(os.environ['JOB_COMPLETION_INDEX'] == '1')"
    made = job(profile_of(cluster, namespace), attempt_of(elements=3))
    made["spec"]["template"]["spec"]["containers"][0]["command"] = ["python", "-c", program]
    assert "Failed" == outcome(cluster, namespace, made)[0]
    status = cluster.get("--namespace", namespace, f"job/{made['metadata']['name']}")["status"]
    assert ("0,2", "1", 1) == (status["completedIndexes"], status["failedIndexes"], status["failed"])


@pytest.mark.usefixtures("devices")
def test_an_accelerator_finds_its_node(cluster: Cluster, namespace: str) -> None:
    """A type brings its step to the node that clouds label so, past the taint of the node, and no profile says how."""
    made = job(profile_of(cluster, namespace), attempt_of(Settings(accelerator="t4")))
    made["spec"]["template"]["spec"]["containers"][0]["command"] = ["python", "-c", "print('ran')"]
    assert ("Complete", "ran") == outcome(cluster, namespace, made)
    assert ["gpu"] == [pod["spec"]["nodeName"] for pod in cluster.get("--namespace", namespace, "pods")["items"]]
