"""What the cluster is asked for: the Job of an attempt, field by field, without a cluster."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfnb.notebook.steps import slug
from kfnb.profiles import Accelerator, Profile
from kfnb.runners.check_pods import check_job
from kfnb.runners.job_manifest import (
    ATTEMPT,
    ELEMENTS,
    MANAGED_BY,
    RUN,
    TASK,
    TASK_NAME,
    Attempt,
    Owner,
    job,
    job_name,
    run_labels,
    run_object,
)
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.runners.pod_manifest import pod_template
from kfnb.spec import Settings, element_name

RUN_ID = "20261124-121500-ab12"
PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="registry.test/base:1")
PLAIN = Settings()
GONE = [
    {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
    for state in ("not-ready", "unreachable")
]


def attempt_of(settings: Settings = PLAIN, **fields: Any) -> Attempt:
    """The first attempt of the task `Train model`."""
    uri = f"s3://runs/kfnb/runs/{RUN_ID}/tasks/train-model/1/input.json"
    return Attempt(RUN_ID, "Train model", "train-model", 1, uri, settings)._replace(**fields)


def pod_of(settings: Settings = PLAIN, **profile: Any) -> dict[str, Any]:
    """The spec of the pod of a step with these settings, in a cluster whose profile says this beside the least."""
    made = job(msgspec.structs.replace(PROFILE, **profile), attempt_of(settings))
    spec: dict[str, Any] = made["spec"]["template"]["spec"]
    return spec


def main_of(settings: Settings = PLAIN, **profile: Any) -> dict[str, Any]:
    """The container of the pod."""
    (container,) = pod_of(settings, **profile)["containers"]
    return dict(container)


def env_of(settings: Settings = PLAIN, **profile: Any) -> dict[str, Any]:
    """The variables of the container by name."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in main_of(settings, **profile)["env"]}


def test_the_job_of_a_plain_step() -> None:
    """A step that asks for nothing is a Job that Pod Security `restricted` allows, with names, labels and a URI."""
    labels = {MANAGED_BY: "kfnb", RUN: RUN_ID, TASK: "train-model", ATTEMPT: "1"}
    expected = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"kfnb-{RUN_ID}-train-model-1",
            "namespace": "ml",
            "labels": labels,
            "annotations": {"kfnb.dev/task-name": "Train model"},
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": f"kfnb-{RUN_ID}", "uid": "u-1"}],
        },
        "spec": {
            "backoffLimit": 0,
            "suspend": False,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {
                "rules": [{"action": "FailJob", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
            },
            "template": {
                "metadata": {"labels": labels, "annotations": {"kfnb.dev/task-name": "Train model"}},
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 30,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "fsGroup": 1000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "tolerations": GONE,
                    "containers": [
                        {
                            "name": "main",
                            "image": "registry.test/base:1",
                            "command": [
                                "python",
                                "-m",
                                "kfnb.launcher",
                                f"s3://runs/kfnb/runs/{RUN_ID}/tasks/train-model/1/input.json",
                            ],
                            "env": [
                                {"name": "HOME", "value": "/kfnb/home"},
                                {"name": "TMPDIR", "value": "/tmp"},
                                {"name": "MPLCONFIGDIR", "value": "/kfnb/home/.config/matplotlib"},
                                {"name": "IPYTHONDIR", "value": "/kfnb/home/.ipython"},
                                {"name": "PYTHONHASHSEED", "value": "0"},
                                {"name": "PYTHONUNBUFFERED", "value": "1"},
                                {"name": "MPLBACKEND", "value": "module://matplotlib_inline.backend_inline"},
                            ],
                            "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [
                                {"name": "scratch", "mountPath": "/kfnb/home", "subPath": "home"},
                                {"name": "scratch", "mountPath": "/tmp", "subPath": "tmp"},
                            ],
                        }
                    ],
                    "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "10Gi"}}],
                },
            },
        },
    }
    assert expected == job(PROFILE, attempt_of(owner=Owner(f"kfnb-{RUN_ID}", "u-1")))


def test_a_fan_out_is_one_indexed_job() -> None:
    """Elements are indexes of one Job; one that fails with the user's error fails alone, and none is tried again."""
    spec = job(PROFILE, attempt_of(elements=5, parallelism=2))["spec"]
    expected = {"completionMode": "Indexed", "completions": 5, "parallelism": 2, "backoffLimitPerIndex": 0}
    assert expected == {key: spec[key] for key in expected}
    assert "backoffLimit" not in spec
    assert [
        {"action": "FailIndex", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailIndex", "onExitCodes": {"containerName": "main", "operator": "In", "values": [1]}},
    ] == spec["podFailurePolicy"]["rules"]


def test_pods_of_a_fan_out_are_told_where_their_elements_are_described() -> None:
    """The launcher gets the description of the elements instead of an input; an annotation tells where it is."""
    uri = "s3://runs/kfnb/runs/r/together/train-model.0-1.json"
    made = job(PROFILE, attempt_of(elements=2, input_uri=uri, name="kfnb-r-train-model-0-1"))
    assert "kfnb-r-train-model-0-1" == made["metadata"]["name"]
    template = made["spec"]["template"]
    expected = ["python", "-m", "kfnb.launcher", "--element-of", uri]
    assert expected == template["spec"]["containers"][0]["command"]
    assert {TASK_NAME: "Train model", ELEMENTS: uri} == template["metadata"]["annotations"]


@pytest.mark.parametrize(("most", "expected"), [(None, 3), (9, 3), (1, 1)])
def test_a_fan_out_runs_no_more_than_it_has(most: int | None, expected: int) -> None:
    """Without a limit all elements run at once; a limit above their number says nothing."""
    assert expected == job(PROFILE, attempt_of(elements=3, parallelism=most))["spec"]["parallelism"]


@pytest.mark.parametrize(
    ("profile", "settings"),
    [({"queue": "gpus"}, Settings()), ({"queue": "other"}, Settings(queue="gpus"))],
)
def test_a_queue_is_a_label_of_a_suspended_job(profile: dict[str, Any], settings: Settings) -> None:
    """With a queue the Job waits, suspended, for Kueue; the step's queue wins."""
    made = job(msgspec.structs.replace(PROFILE, **profile), attempt_of(settings))
    assert ("gpus", True) == (made["metadata"]["labels"]["kueue.x-k8s.io/queue-name"], made["spec"]["suspend"])


def test_a_job_can_be_made_suspended() -> None:
    """An attempt that is not to run yet is suspended without any queue."""
    made = job(PROFILE, attempt_of(suspended=True))
    assert (True, False) == (made["spec"]["suspend"], "kueue.x-k8s.io/queue-name" in made["metadata"]["labels"])


# ------------------------------------------------------------------------------------------------------- how much of it


@pytest.mark.parametrize(
    ("settings", "profile", "requests", "limits"),
    [
        (Settings(), {}, {"cpu": "100m", "memory": "256Mi"}, {}),
        (Settings(limits={"memory": "4Gi"}), {}, {"cpu": "100m", "memory": "4Gi"}, {"memory": "4Gi"}),
        (Settings(requests={"cpu": "2"}), {}, {"cpu": "2", "memory": "256Mi"}, {}),
        (Settings(requests={"cpu": "2"}), {"limits": {"cpu": "4"}}, {"cpu": "2", "memory": "256Mi"}, {"cpu": "4"}),
        (Settings(requests={"cpu": "8"}), {"limits": {"cpu": "4"}}, {"cpu": "8", "memory": "256Mi"}, {}),
        (
            Settings(limits={"cpu": "1"}, requests={"cpu": "500m"}),
            {"limits": {"cpu": "4", "memory": "1Gi"}},
            {"cpu": "500m", "memory": "256Mi"},
            {"cpu": "1", "memory": "1Gi"},
        ),
        (
            Settings(requests={"nvidia.com/mig-1g.5gb": "2"}),
            {"requests": {}},
            {"nvidia.com/mig-1g.5gb": "2"},
            {"nvidia.com/mig-1g.5gb": "2"},
        ),
        (
            Settings(limits={"amd.com/gpu": "1", "hugepages-2Mi": "64Mi"}),
            {"requests": {}},
            {"amd.com/gpu": "1", "hugepages-2Mi": "64Mi"},
            {"amd.com/gpu": "1", "hugepages-2Mi": "64Mi"},
        ),
    ],
)
def test_requests_and_limits(
    settings: Settings, profile: dict[str, Any], requests: dict[str, str], limits: dict[str, str]
) -> None:
    """A step's word on a resource wins, the profile's holds for the others; devices are asked for whole."""
    found = main_of(settings, **profile)["resources"]
    assert (requests, limits) == (found["requests"], found.get("limits", {}))


# -------------------------------------------------------------------------------------------------------- where it runs


def test_a_gpu_step_bears_the_taint_of_gpu_nodes() -> None:
    """A device's nodes are tainted by its name, MIG slices by that of the whole GPU."""
    expected = [{"key": "nvidia.com/gpu", "operator": "Exists"}, *GONE]
    assert expected == pod_of(Settings(limits={"nvidia.com/gpu": "1"}))["tolerations"]
    assert expected == pod_of(Settings(limits={"nvidia.com/mig-1g.5gb": "1"}))["tolerations"]


def test_an_accelerator_type_of_the_profile_gives_resource_labels_and_tolerations() -> None:
    """`gpu:2` and `accelerator:big` are two of the resource that the profile names, on the nodes that it names."""
    taint = {"key": "amd", "operator": "Exists", "effect": "NoSchedule"}
    table = {"big": Accelerator(resource="amd.com/gpu", node_selector={"gpu": "mi300"}, tolerations=(taint,))}
    settings = Settings(limits={"nvidia.com/gpu": "2"}, accelerator="big")
    pod = pod_of(settings, accelerators=table, requests={})
    assert {"limits": {"amd.com/gpu": "2"}, "requests": {"amd.com/gpu": "2"}} == pod["containers"][0]["resources"]
    assert {"gpu": "mi300"} == pod["nodeSelector"]
    assert [taint, {"key": "amd.com/gpu", "operator": "Exists"}, *GONE] == pod["tolerations"]


def test_a_tpu_has_the_topology_and_the_chips_that_profile_and_step_say() -> None:
    """A table of the profile's names chip and topology; the step's number is of chips, and no GPU is asked for."""
    label = "cloud.google.com/gke-tpu"
    labels = {f"{label}-accelerator": "tpu-v5-lite-podslice", f"{label}-topology": "2x2"}
    table = {"tpu": Accelerator(resource="google.com/tpu", node_selector=labels)}
    pod = pod_of(Settings(limits={"nvidia.com/gpu": "4"}, accelerator="tpu"), accelerators=table, requests={})
    assert {"limits": {"google.com/tpu": "4"}, "requests": {"google.com/tpu": "4"}} == pod["containers"][0]["resources"]
    assert (labels, {"key": "google.com/tpu", "operator": "Exists"}) == (pod["nodeSelector"], pod["tolerations"][0])


def test_an_accelerator_without_a_number_is_one() -> None:
    """`accelerator:t4` alone asks for one GPU."""
    assert {"nvidia.com/gpu": "1"} == main_of(Settings(accelerator="t4"))["resources"]["limits"]


def test_a_slice_of_an_accelerator_is_no_whole_one() -> None:
    """A type whose resource the step asks for itself changes no number."""
    settings = Settings(limits={"nvidia.com/mig-1g.5gb": "3"}, accelerator="slice")
    table = {"slice": Accelerator(resource="nvidia.com/mig-1g.5gb")}
    assert {"nvidia.com/mig-1g.5gb": "3"} == main_of(settings, accelerators=table)["resources"]["limits"]


def test_a_known_accelerator_is_found_by_any_clouds_label() -> None:
    """A type that kfnb knows needs no table: a node with any of the labels that clouds give it will do."""
    affinity = pod_of(Settings(accelerator="l4"))["affinity"]
    terms = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    found = {term["matchExpressions"][0]["key"]: term["matchExpressions"][0]["values"] for term in terms}
    assert ["nvidia-l4"] == found["cloud.google.com/gke-accelerator"]
    assert ["l4"] == found["karpenter.k8s.aws/instance-gpu-name"]
    assert ["NVIDIA-L4"] == found["nvidia.com/gpu.product"]


def test_an_accelerators_labels_are_joined_to_each_way_of_an_affinity() -> None:
    """What the type needs of a node and what the affinity asks of it both hold, in every alternative."""

    def term(*keys: str) -> dict[str, Any]:
        return {"matchExpressions": [{"key": key, "operator": "In", "values": ["x"]} for key in keys]}

    table = {"t": Accelerator(any_label={"a": ("x",), "b": ("x",)})}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    wanted = {"nodeAffinity": {required: {"nodeSelectorTerms": [term("zone"), term("rack")]}}, "podAffinity": {"p": 1}}
    found = pod_of(Settings(accelerator="t", affinity=wanted), accelerators=table)["affinity"]
    expected = [term("zone", "a"), term("zone", "b"), term("rack", "a"), term("rack", "b")]
    assert (expected, {"p": 1}) == (found["nodeAffinity"][required]["nodeSelectorTerms"], found["podAffinity"])


def test_placement_of_profile_and_step_adds_up() -> None:
    """Selectors are united, the step's value winning; tolerations are joined, each once; affinity is the step's."""
    spot = {"key": "spot", "operator": "Exists"}
    settings = Settings(node_selector={"zone": "b"}, tolerations=(spot,), affinity={"podAffinity": {"x": 1}})
    pod = pod_of(
        settings,
        node_selector={"zone": "a", "disk": "ssd"},
        tolerations=(spot, {"key": "node.kubernetes.io/not-ready", "operator": "Exists"}),
        affinity={"podAffinity": {"y": 1}, "podAntiAffinity": {"z": 1}},
    )
    assert {"zone": "b", "disk": "ssd"} == pod["nodeSelector"]
    assert [spot, {"key": "node.kubernetes.io/not-ready", "operator": "Exists"}, GONE[1]] == pod["tolerations"]
    assert {"podAffinity": {"x": 1}, "podAntiAffinity": {"z": 1}} == pod["affinity"]


def test_a_priority_class_of_the_step_wins() -> None:
    """The pod has the step's priority class, else the profile's."""
    assert "low" == pod_of(priority_class="low")["priorityClassName"]
    assert "high" == pod_of(Settings(priority="high"), priority_class="low")["priorityClassName"]


# --------------------------------------------------------------------------------------------------------- what it gets


def test_variables_come_from_kfnb_profile_and_step_in_this_order() -> None:
    """Each variable stands once; the profile's hides kfnb's, the step's the profile's."""
    found = env_of(
        Settings(
            env={"A": "step", "PYTHONHASHSEED": "7"},
            secrets=(("db", "password", "DB_PASSWORD"),),
            config_maps=(("conf", "level", "LEVEL"),),
        ),
        env={"A": "profile", "B": "profile"},
        endpoint_url="http://s3.test:7070",
    )
    expected = {
        "A": "step",
        "B": "profile",
        "PYTHONHASHSEED": "7",
        "AWS_ENDPOINT_URL": "http://s3.test:7070",
        "DB_PASSWORD": {"secretKeyRef": {"name": "db", "key": "password"}},
        "LEVEL": {"configMapKeyRef": {"name": "conf", "key": "level"}},
    }
    assert expected == {name: found[name] for name in expected}


def test_the_address_of_a_store_is_told_as_programs_of_its_kind_look_for_it() -> None:
    """An endpoint of a profile whose root is in a bucket of Google's is named to pods as its libraries have it."""
    found = env_of(root="gs://runs/kfnb", endpoint_url="http://gcs.test:4443")
    assert ("http://gcs.test:4443", False) == (found["STORAGE_EMULATOR_HOST"], "AWS_ENDPOINT_URL" in found)


def test_the_stores_credentials_are_a_reference() -> None:
    """The Secret of the store is named; its keys become variables, and no value of it is in the pod."""
    assert [{"secretRef": {"name": "kfnb-store"}}] == main_of(store_secret="kfnb-store")["envFrom"]


def test_volumes_of_claims_secrets_and_config_maps() -> None:
    """A claim is one volume however often it is mounted; the files of secrets and config maps are read-only."""
    settings = Settings(
        volumes=(("data", "/data", False), ("data", "/again", True)),
        secret_files=(("tls", "/etc/tls"),),
        config_map_files=(("conf", "/etc/conf"),),
    )
    pod = pod_of(settings)
    assert [
        {"name": "claim-0", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "secret-1", "secret": {"secretName": "tls", "defaultMode": 0o440}},
        {"name": "config-2", "configMap": {"name": "conf", "defaultMode": 0o440}},
    ] == pod["volumes"][1:]
    assert [
        {"name": "claim-0", "mountPath": "/data"},
        {"name": "claim-0", "mountPath": "/again", "readOnly": True},
        {"name": "secret-1", "mountPath": "/etc/tls", "readOnly": True},
        {"name": "config-2", "mountPath": "/etc/conf", "readOnly": True},
    ] == pod["containers"][0]["volumeMounts"][2:]


def test_the_claim_that_holds_the_root_is_mounted() -> None:
    """Steps and orchestrator have it where the profile says; a step that mounts it elsewhere too has one volume."""
    root = {"root": "/shared/kfnb", "root_claim": "data:/shared"}
    pod = pod_of(Settings(volumes=(("data", "/data", False),)), **root)
    assert [{"name": "claim-0", "persistentVolumeClaim": {"claimName": "data"}}] == pod["volumes"][1:]
    assert ["/shared", "/data"] == [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"][2:]]
    profile = Profile(name="test", namespace="ml", image="base:1", **root)
    driver = orchestrator_job(profile, "1")["spec"]["template"]["spec"]
    assert {"name": "claim-0", "mountPath": "/shared"} in driver["containers"][0]["volumeMounts"]


@pytest.mark.parametrize(("settings", "size"), [(Settings(), "1Gi"), (Settings(shared_memory="2Gi"), "2Gi")])
def test_shared_memory_is_a_volume_in_memory(settings: Settings, size: str) -> None:
    """`shm:` and the profile's `shm_size` mount memory of that size at /dev/shm."""
    pod = pod_of(settings, shm_size="1Gi")
    assert {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size}} in pod["volumes"]
    assert {"name": "shm", "mountPath": "/dev/shm"} in pod["containers"][0]["volumeMounts"]


def test_labels_and_annotations_never_hide_ours() -> None:
    """Labels of profile and step are on Job and pod; those by which kfnb finds its pods are kfnb's."""
    settings = Settings(labels={"team": "step", RUN: "x"}, annotations={"note": "a: b"})
    made = job(msgspec.structs.replace(PROFILE, labels={"team": "profile", "cost": "9"}), attempt_of(settings))
    for metadata in (made["metadata"], made["spec"]["template"]["metadata"]):
        expected = {"team": "step", "cost": "9", RUN: RUN_ID}
        assert expected == {key: metadata["labels"][key] for key in expected}
    assert "a: b" == made["spec"]["template"]["metadata"]["annotations"]["note"]


def test_the_namespace_may_give_the_numbers() -> None:
    """With `fromNamespace` the pod names no user and group, and is non-root all the same."""
    expected = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert expected == pod_of(run_as_user="fromNamespace", fs_group="fromNamespace")["securityContext"]


def test_what_else_a_profile_says_of_a_pod() -> None:
    """Image, pull policy and secrets, account, times and sizes are the profile's; the step's image wins."""
    pod = pod_of(
        Settings(image="mine:2"),
        image_pull_policy="Always",
        image_pull_secrets=("pull",),
        service_account="tasks",
        grace_seconds=5,
        scratch_size="1Gi",
    )
    assert ("mine:2", "Always") == (pod["containers"][0]["image"], pod["containers"][0]["imagePullPolicy"])
    assert ([{"name": "pull"}], "tasks", 5) == (
        pod["imagePullSecrets"],
        pod["serviceAccountName"],
        pod["terminationGracePeriodSeconds"],
    )
    assert {"sizeLimit": "1Gi"} == pod["volumes"][0]["emptyDir"]


def test_the_orchestrators_pod_has_a_token_and_its_own_account() -> None:
    """A pod that speaks to the API is made the same way, with its account's token."""
    command = ("python", "-m", "kfnb.run_process")
    made = pod_template(PROFILE, Settings(), command, labels={}, service_account="kfnb", with_token=True)
    assert ("kfnb", True) == (made["spec"]["serviceAccountName"], made["spec"]["automountServiceAccountToken"])


def test_the_runs_object_names_the_run_and_its_root() -> None:
    """The ConfigMap that owns a run's Jobs says which run it is, and where its documents are."""
    made = run_object(PROFILE, RUN_ID, "s3://runs/kfnb")
    assert (f"kfnb-{RUN_ID}", run_labels(RUN_ID), {"root": "s3://runs/kfnb"}) == (
        made["metadata"]["name"],
        made["metadata"]["labels"],
        made["data"],
    )


# ---------------------------------------------------------------------------------------------------------------- names

NAMES = st.text(min_size=1, max_size=80)
TASKS = st.tuples(NAMES, st.none() | st.integers(0, 99_999), st.integers(1, 999))


def named(name: str, element: int | None, number: int) -> tuple[str, str]:
    """Slug and Job name of a step called `name`, or of one of its elements."""
    of_task = slug(name) + (f".{element}" if element is not None else "")
    return of_task, job_name(RUN_ID, of_task, number)


@given(TASKS)
def test_a_jobs_name_is_a_label_with_room_for_an_index(task: tuple[str, int | None, int]) -> None:
    """Whatever a step is called, its Job's name is a DNS label that leaves eleven characters for its pods."""
    _, name = named(*task)
    assert len(name) <= 52
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name)


@given(TASKS, TASKS)
def test_different_attempts_have_different_names(
    one: tuple[str, int | None, int], two: tuple[str, int | None, int]
) -> None:
    """Two attempts share a name only where they are the same attempt of the same task."""
    (slug_one, name_one), (slug_two, name_two) = named(*one), named(*two)
    assert ((slug_one, one[2]) == (slug_two, two[2])) == (name_one == name_two)


@given(NAMES, st.none() | st.integers(0, 99_999))
def test_labels_of_any_step_can_be_labels(name: str, element: int | None) -> None:
    """Whatever a step is called, the label that names it is one that Kubernetes takes."""
    of_task, _ = named(name, element, 1)
    labels = job(PROFILE, attempt_of(slug=of_task))["metadata"]["labels"]
    assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", labels[TASK])


def test_elements_have_names_of_their_own() -> None:
    """An element's Job is not called as that of a step whose name looks like it."""
    assert "train[3]" == element_name("train", 3)
    assert job_name(RUN_ID, "train.3", 1) != job_name(RUN_ID, "train-3", 1)


@pytest.mark.parametrize(
    ("settings", "profile", "lent"),
    [
        (PLAIN, {}, False),
        (Settings(image="registry.test/base:1"), {}, False),
        (Settings(image="own:1"), {}, True),
        (Settings(image="own:1"), {"bundle": False}, False),
        (PLAIN, {"launcher_image": "lender:1"}, False),
        (PLAIN, {"launcher_image": "lender:1", "bundle": True}, True),
        (Settings(image="lender:1"), {"launcher_image": "lender:1", "bundle": True}, False),
    ],
)
def test_an_image_without_kfnb_is_lent_a_launcher(settings: Settings, profile: dict[str, Any], lent: bool) -> None:
    """By default the images of tags are; the profile may say that its own is too, or none."""
    made = main_of(settings, **profile)
    assert [lent, lent] == [made["command"][0] == "python3", "initContainers" in pod_of(settings, **profile)]


def test_a_launcher_is_lent_by_an_init_container() -> None:
    """It copies from the lending image to where the step's command is, and asks for no device."""
    settings = Settings(image="own:1", limits={"cpu": "1", "nvidia.com/gpu": "1"})
    (lender,) = pod_of(settings, launcher_image="lender:1")["initContainers"]
    made = main_of(settings, launcher_image="lender:1")
    assert ("lender:1", "own:1") == (lender["image"], made["image"])
    assert ["python3", "/kfnb/bundle/any/kfnb/launcher/bundled.py"] == made["command"][:2]
    volume = {"name": "scratch", "mountPath": "/kfnb/bundle", "subPath": "bundle"}
    assert [volume] == lender["volumeMounts"]
    assert {**volume, "readOnly": True} in made["volumeMounts"]
    assert {"requests": {"memory": "256Mi", "cpu": "1"}, "limits": {"cpu": "1"}} == lender["resources"]
    assert made["securityContext"] == lender["securityContext"]


CREDENTIALS_FILE: dict[str, Any] = {
    "spec": {
        "volumes": [{"name": "gcs", "secret": {"secretName": "gcs-key"}}],
        "containers": [{"name": "main", "volumeMounts": [{"name": "gcs", "mountPath": "/var/run/gcs"}]}],
    }
}


@pytest.mark.parametrize("role", ["run", "check"])
def test_a_profiles_pod_patch_is_for_the_orchestrator_too(role: str) -> None:
    """The pod that drives a run, and the one that `kfnb cluster check` puts in its place, have what all pods have."""
    profile = msgspec.structs.replace(PROFILE, pod_patch=CREDENTIALS_FILE)
    made = orchestrator_job(profile, RUN_ID) if role == "run" else check_job(profile, RUN_ID, "orchestrator")
    spec = made["spec"]["template"]["spec"]
    assert {"name": "gcs", "secret": {"secretName": "gcs-key"}} in spec["volumes"]
    assert {"name": "gcs", "mountPath": "/var/run/gcs"} in spec["containers"][0]["volumeMounts"]


def test_the_image_of_a_tag_is_looked_at_as_a_step_would_run_in_it() -> None:
    """A pod of `kfnb cluster check --image` is lent a launcher where a step with that tag would be."""
    spec = check_job(PROFILE, RUN_ID, "task", "own:1")["spec"]["template"]["spec"]
    assert ("own:1", ["launcher"]) == (
        spec["containers"][0]["image"],
        [each["name"] for each in spec["initContainers"]],
    )
    assert "initContainers" not in check_job(PROFILE, RUN_ID, "task")["spec"]["template"]["spec"]


def test_a_pod_patch_takes_no_orchestrator_its_voice() -> None:
    """Its account, that account's token, its address and its name are its own, whatever a patch says for all pods."""
    before = orchestrator_job(PROFILE, RUN_ID)["spec"]["template"]["spec"]
    own = [{"name": name, "value": "taken"} for name in ("KFNB_POD_IP", "KFNB_POD_NAME")]
    main = {"name": "main", "env": [*own, {"name": "A", "value": "1"}]}
    patch = {"serviceAccountName": "tasks", "automountServiceAccountToken": False, "containers": [main]}
    profile = msgspec.structs.replace(PROFILE, pod_patch={"spec": patch})
    after = orchestrator_job(profile, RUN_ID)["spec"]["template"]["spec"]
    ways = ("serviceAccountName", "automountServiceAccountToken")
    assert [before[way] for way in ways] == ["kfnb-orchestrator", True] == [after[way] for way in ways]
    address = {"name": "KFNB_POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    name = {"name": "KFNB_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    assert [{"name": "A", "value": "1"}, address, name] == after["containers"][0]["env"][-3:]
    assert [address, name] == before["containers"][0]["env"][-2:]


@pytest.mark.parametrize(("again", "more"), [(False, []), (True, ["--again"]), ("k[0]", ["--again=k[0]"])])
def test_an_orchestrator_is_told_what_is_done_anew(again: bool | str, more: list[str]) -> None:
    """All that did not succeed, or one task of that; a run's own process on a laptop is told in the same words."""
    (main,) = orchestrator_job(PROFILE, RUN_ID, again=again)["spec"]["template"]["spec"]["containers"]
    assert ["--in-cluster", *more] == main["command"][main["command"].index("--in-cluster") :]
    (main,) = orchestrator_job(PROFILE, RUN_ID, again=again, again_after=2)["spec"]["template"]["spec"]["containers"]
    once = ["--again-after=2"] if again else []
    assert ["--in-cluster", *more, *once] == main["command"][main["command"].index("--in-cluster") :]


def test_the_orchestrator_runs_in_the_image_that_has_kfnb() -> None:
    """Where the steps' image has none, the lending one drives the run."""
    profile = msgspec.structs.replace(PROFILE, launcher_image="lender:1", bundle=True)
    spec = orchestrator_job(profile, RUN_ID)["spec"]["template"]["spec"]
    assert ("lender:1", False) == (spec["containers"][0]["image"], "initContainers" in spec)


@pytest.mark.parametrize(
    ("of_steps", "own"),
    [
        ({}, {}),
        ({"cpu": "8", "memory": "64Gi", "nvidia.com/gpu": "1"}, {"cpu": "1", "memory": "1Gi"}),
        ({"cpu": "500m", "memory": "128Mi"}, {"cpu": "500m", "memory": "256Mi"}),
    ],
)
def test_an_orchestrator_has_limits_where_steps_have(of_steps: dict[str, str], own: dict[str, str]) -> None:
    """Of processors and memory, as a quota may want of every pod; what it asks for itself at least."""
    profile = msgspec.structs.replace(PROFILE, limits=of_steps)
    (main,) = orchestrator_job(profile, RUN_ID)["spec"]["template"]["spec"]["containers"]
    assert ({"cpu": "100m", "memory": "256Mi"}, own) == (
        main["resources"]["requests"],
        main["resources"].get("limits", {}),
    )


def test_a_run_stays_in_the_cluster_for_the_profiles_time() -> None:
    """The orchestrator's Job has that, and with it goes what it owns; no step's Job goes before it."""
    profile = msgspec.structs.replace(PROFILE, ttl_seconds=60)
    assert 60 == orchestrator_job(profile, RUN_ID)["spec"]["ttlSecondsAfterFinished"]
    assert "ttlSecondsAfterFinished" not in job(profile, attempt_of())["spec"]
