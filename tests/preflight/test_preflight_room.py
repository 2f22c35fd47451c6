"""Which pods no node of a cluster can take, and which its namespace does not allow."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kfnb.preflight import room
from kfnb.profiles import Profile
from kfnb.runners.cluster_facts import Facts, Node, Quota, Range
from kfnb.runners.orchestrator_job import orchestrator_job
from kfnb.runners.pod_manifest import pod_template
from kfnb.spec import Cell, Settings, Task
from tests.preflight.preflight_facts import EMPTY

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1")
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
NODES = (
    Node("cpu", {"cpu": "2", "memory": "8Gi"}, {"disk": "ssd", "generation": "4"}),
    Node("gpu", {"cpu": "8", "memory": "8Gi", "nvidia.com/gpu": "2"}, {"nvidia.com/gpu.product": "Tesla-T4"}, (TAINT,)),
)
FACTS = msgspec.structs.replace(EMPTY, level="restricted", nodes=NODES)
ORCHESTRATOR = pod_template(PROFILE, Settings(requests={"cpu": "100m", "memory": "256Mi"}), (), labels={})["spec"]


def found(
    settings: Settings, *tags: str, facts: Facts = FACTS, profile: Profile = PROFILE, beside: Any = None
) -> list[tuple[str, str, str | None, str]]:
    """Code, severity, cell and message of each finding about a step with a tagged second cell."""
    cells = (Cell(id="a", index=0, source="1", ordinal=1), Cell(id="b", index=1, source="2", ordinal=2, tags=tags))
    task = Task(name="train", slug="train", cells=cells, settings=settings)
    pod = pod_template(profile, settings, (), labels={})["spec"]
    return [(f.code, f.severity, f.cell, f.message) for f in room.findings(facts, profile, task, pod, beside)]


def why(settings: Settings, **profile: Any) -> str | None:
    """Why no node can take a step's pod."""
    pod = pod_template(msgspec.structs.replace(PROFILE, **profile), settings, (), labels={})["spec"]
    unfit = room.no_node(NODES, pod)
    return unfit[0] if unfit else None


def test_a_pod_that_fits_has_no_findings() -> None:
    """A step that a node can take in a namespace without limits has no findings, whatever else runs there."""
    assert [] == found(Settings(requests={"cpu": "2"}, limits={"memory": "8Gi"}, node_selector={"disk": "ssd"}))
    assert [] == found(Settings(limits={"nvidia.com/gpu": "2"}, accelerator="t4"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(limits={"amd.com/gpu": "1"}), "none has `amd.com/gpu`"),
        (
            Settings(limits={"nvidia.com/gpu": "3"}),
            "it asks for 3 of nvidia.com/gpu, and the most that one has for it is 2",
        ),
        (Settings(limits={"memory": "1Ti"}), "it asks for 1Ti of memory, and the most that one has for it is 8Gi"),
        (
            Settings(requests={"cpu": "2500m"}, node_selector={"disk": "ssd"}),
            "it asks for 2.5 of cpu, and the most that one has for it is 2",
        ),
        (Settings(node_selector={"disk": "tape"}), "none has the label `disk=tape`"),
        (
            Settings(limits={"nvidia.com/gpu": "1"}, accelerator="h100"),
            "none has all the labels that its accelerator type, selector and affinity ask for",
        ),
        (
            Settings(requests={"cpu": "4"}, node_selector={"nvidia.com/gpu.product": "Tesla-T4"}),
            "those that it may run on have taints that it does not tolerate: nvidia.com/gpu=present",
        ),
        (
            Settings(requests={"cpu": "4"}, tolerations=({"key": "nvidia.com/gpu", "operator": "Exists"},)),
            None,
        ),
    ],
)
def test_what_no_node_can_take_says_why(settings: Settings, expected: str | None) -> None:
    """The first thing that leaves no node is named, with what there is."""
    assert expected == why(settings)


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd", "nvme"]}, True),
        ({"key": "disk", "operator": "NotIn", "values": ["ssd"]}, False),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "generation", "operator": "Gt", "values": ["3"]}, True),
        ({"key": "generation", "operator": "Gt", "values": ["4"]}, False),
        ({"key": "generation", "operator": "Lt", "values": ["5"]}, True),
        ({"key": "nothing", "operator": "DoesNotExist"}, True),
        ({"key": "nothing", "operator": "Gt", "values": ["1"]}, False),
    ],
)
def test_affinity_counts_as_the_scheduler_counts_it(expression: dict[str, Any], fits: bool) -> None:
    """A node that a required affinity does not allow is none for the pod; preferences do not count."""
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    required = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    assert fits == (why(Settings(affinity=required)) is None)


def test_a_finding_is_told_at_its_tag() -> None:
    """What asks for too much is an error at the cell whose tag asks."""
    message = "Step `train` fits no node of cluster `test`: none has `amd.com/gpu`."
    assert [("KF922", "error", "b", message)] == found(Settings(limits={"amd.com/gpu": "1"}), "limit:amd.com/gpu:1")


def test_nodes_that_are_added_make_it_a_warning() -> None:
    """Where nodes are added for pods that wait, by the profile's word or their labels', the step may wait for one."""
    settings = Settings(limits={"amd.com/gpu": "1"})
    grown = msgspec.structs.replace(PROFILE, autoscaled=True)
    assert ["warning"] == [severity for _, severity, _, _ in found(settings, profile=grown)]
    on_gke = msgspec.structs.replace(FACTS, nodes=(Node("a", {"cpu": "4"}, {"cloud.google.com/gke-nodepool": "p"}),))
    assert ["warning"] == [severity for _, severity, _, _ in found(settings, facts=on_gke)]
    fixed = msgspec.structs.replace(PROFILE, autoscaled=False)
    assert ["error"] == [severity for _, severity, _, _ in found(settings, facts=on_gke, profile=fixed)]


def test_nodes_that_may_not_be_seen_are_not_judged() -> None:
    """Without the right to list nodes no node is found to be too small."""
    assert [] == found(Settings(requests={"cpu": "900"}), facts=msgspec.structs.replace(FACTS, nodes=None))


@pytest.mark.parametrize(
    ("hard", "settings", "expected"),
    [
        ({"pods": "0"}, Settings(), ["asks for 1 of pods, and quota `q` allows 0 in all"]),
        ({"pods": "2"}, Settings(), []),
        ({"pods": "1"}, Settings(), ["and the run's orchestrator ask for 2 of pods together, and quota `q` allows 1"]),
        (
            {"requests.cpu": "1"},
            Settings(requests={"cpu": "2"}),
            ["asks for 2 of requests.cpu, and quota `q` allows 1 in all"],
        ),
        (
            {"cpu": "1"},
            Settings(requests={"cpu": "950m"}),
            ["and the run's orchestrator ask for 1.05 of cpu together, and quota `q` allows 1 in all"],
        ),
        (
            {"requests.nvidia.com/gpu": "1"},
            Settings(limits={"nvidia.com/gpu": "2"}),
            ["asks for 2 of requests.nvidia.com/gpu, and quota `q` allows 1 in all"],
        ),
        (
            {"limits.memory": "4Gi"},
            Settings(),
            ["has no limit of memory, which quota `q` wants of every pod"],
        ),
        ({"limits.memory": "4Gi"}, Settings(limits={"memory": "1Gi"}), []),
        ({"count/secrets": "0", "services": "0"}, Settings(), []),
    ],
)
def test_quotas_that_one_pod_exceeds(hard: dict[str, str], settings: Settings, expected: list[str]) -> None:
    """What a quota can never allow, to the step alone or beside the run's orchestrator, is an error."""
    facts = msgspec.structs.replace(FACTS, quotas=(Quota("q", hard),))
    messages = [message for _, _, _, message in found(settings, facts=facts, beside=ORCHESTRATOR)]
    assert expected == [
        next((text for text in expected if message.startswith(f"Step `train` {text}")), message) for message in messages
    ]


def test_a_default_of_the_namespace_counts() -> None:
    """Where a limit range gives a limit to what says none, a quota of limits is no obstacle, unless it is too much."""
    quota, given = (Quota("q", {"limits.memory": "4Gi"}),), (Range("r", limits={"memory": "1Gi"}),)
    assert [] == found(Settings(), facts=msgspec.structs.replace(FACTS, quotas=quota, ranges=given))
    large = (Range("r", limits={"memory": "5Gi"}),)
    message = "Step `train` asks for 5Gi of limits.memory, and quota `q` allows 4Gi in all."
    assert [message] == [
        each for *_, each in found(Settings(), facts=msgspec.structs.replace(FACTS, quotas=quota, ranges=large))
    ]


def test_limits_of_one_container() -> None:
    """A container above or below the namespace's limit range is an error at the tag that asks."""
    facts = msgspec.structs.replace(FACTS, ranges=(Range("r", {"cpu": "50m"}, {"memory": "2Gi"}),))
    assert [
        (
            "KF923",
            "error",
            "b",
            "Step `train` asks for 3Gi of memory for a container, and limit range `r` allows 2Gi.",
        )
    ] == found(Settings(limits={"memory": "3Gi"}), "limit:memory:3Gi", facts=facts)
    less = found(Settings(requests={"cpu": "10m"}), facts=facts)
    text = "Step `train` asks for 0.01 of cpu for a container, and limit range `r` wants 0.05 at least."
    assert [text] == [message for *_, message in less]


@pytest.mark.parametrize(
    ("quotas", "ranges", "limits", "expected"),
    [
        ({"limits.memory": "4Gi"}, (), {}, "has no limit of memory, which quota `q` wants of every pod"),
        ({"limits.memory": "4Gi"}, (), {"cpu": "2"}, "has no limit of memory, which quota `q` wants of every pod"),
        ({"limits.memory": "4Gi", "limits.cpu": "4"}, (), {"memory": "2Gi", "cpu": "2"}, None),
        ({"limits.memory": "4Gi"}, (Range("r", limits={"memory": "1Gi"}),), {}, None),
        (
            {},
            (Range("r", {"cpu": "200m"}),),
            {},
            "asks for 0.1 of cpu for a container, and limit range `r` wants 0.2 at least",
        ),
        (
            {},
            (Range("r", most={"memory": "512Mi"}),),
            {"memory": "2Gi"},
            "asks for 1Gi of memory for a container, and limit range `r` allows 512Mi",
        ),
    ],
)
def test_what_the_namespace_wants_of_the_orchestrator(
    quotas: dict[str, str], ranges: tuple[Range, ...], limits: dict[str, str], expected: str | None
) -> None:
    """The pod that drives a run is held against quotas and limit ranges too; it has limits where the profile has."""
    facts = msgspec.structs.replace(FACTS, quotas=(Quota("q", quotas),), ranges=ranges)
    profile = msgspec.structs.replace(PROFILE, limits=limits)
    pod = orchestrator_job(profile, "r")["spec"]["template"]["spec"]
    found = [(f.code, f.severity, f.message) for f in room.of_orchestrator(facts, profile, pod)]
    assert ([("KF923", "error", f"The run's orchestrator {expected}.")] if expected else []) == found
