"""What pods name that is not in the cluster."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kfnb.preflight import names
from kfnb.preflight.names import Reference
from kfnb.profiles import Profile
from kfnb.runners.cluster_facts import Named
from kfnb.runners.pod_manifest import pod_template
from kfnb.runners.pod_patch import patched
from kfnb.spec import Settings
from tests.preflight.preflight_facts import EMPTY, task

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1", store_secret="store")
FACTS = msgspec.structs.replace(EMPTY, kueue=True, classes=("high", "low"))


def named(settings: Settings, *patches: dict[str, Any], **profile: Any) -> list[str]:
    """What a step's pod names, with keys."""
    template = pod_template(msgspec.structs.replace(PROFILE, **profile), settings, (), labels={})
    found = names.references(patched(template, *patches), settings.queue)
    return [f"{each.object}" + (f" {each.key}" if each.key else "") for each in found]


def test_everything_that_a_pod_names_is_seen() -> None:
    """Environment, volumes, accounts, classes, queues and what a pod patch adds; not what is optional."""
    settings = Settings(
        secrets=(("tokens", "key", "TOKEN"),),
        config_maps=(("settings", "mode", "MODE"),),
        secret_files=(("certificates", "/certificates"),),
        config_map_files=(("tables", "/tables"),),
        volumes=(("data", "/data", True), ("data", "/more", False)),
        priority="high",
        queue="gpus",
    )
    assert [
        "ServiceAccount steps",
        "PriorityClass high",
        "LocalQueue gpus",
        "Secret pull",
        "PersistentVolumeClaim data",
        "Secret certificates",
        "ConfigMap tables",
        "Secret store",
        "Secret tokens key",
        "ConfigMap settings mode",
    ] == named(settings, service_account="steps", image_pull_secrets=("pull",))
    more = [
        {"name": "extra", "configMap": {"name": "patched"}},
        {"name": "o", "secret": {"secretName": "no", "optional": True}},
    ]
    assert ["ConfigMap patched", "Secret store"] == named(Settings(), {"spec": {"volumes": more}})


def test_what_a_patch_writes_wrongly_names_nothing() -> None:
    """A field that is not there, or of another form, is for the API server to say."""
    volumes = [{"name": "a", "persistentVolumeClaim": {"claim": "x"}}, {"name": "b", "secret": "text"}]
    variables = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "without-key"}}},
        {"name": "B", "valueFrom": "text"},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"key": "without-name"}}},
    ]
    main = {"name": "main", "env": variables, "envFrom": [{"secretRef": {"name": "store"}}, {"secretRef": {}}, "text"]}
    assert ["Secret store"] == named(Settings(), {"spec": {"volumes": volumes, "containers": [main]}})


def missing(
    reference: Reference, *tags: str, of_profile: bool = False, **facts: Any
) -> list[tuple[str, str | None, str, str | None]]:
    """Severity, cell, message and fix of the findings about one thing that a step, or the profile, names."""
    own = [reference] if of_profile else []
    by_task = [] if of_profile else [(task(Settings(), *tags), [reference])]
    found = names.missing(msgspec.structs.replace(FACTS, **facts), PROFILE, own, by_task)
    return [(each.severity, each.cell, each.message, each.fix.text if each.fix else None) for each in found]


@pytest.mark.parametrize(
    ("kind", "tag", "fix"),
    [
        (
            "Secret",
            "secret:x:k:K",
            "Make it: `kubectl create secret generic x --namespace ml --from-literal=KEY=VALUE`.",
        ),
        (
            "ConfigMap",
            "configmap:x:/x",
            "Make it: `kubectl create configmap x --namespace ml --from-literal=KEY=VALUE`.",
        ),
        ("PersistentVolumeClaim", "pvc:x:/x", "Name one that is there, or have it made."),
        ("LocalQueue", "queue:x", "Name one that is there, or have it made."),
    ],
)
def test_what_is_not_there_is_told_at_its_tag(kind: str, tag: str, fix: str) -> None:
    """A step that names what the namespace does not have is refused, with the command that makes it."""
    one = Named(kind, "x")
    message = f"Step `train` names the {kind} `x`, which namespace ml does not have."
    assert [("error", "b", message, fix)] == missing(Reference(one), tag, there={str(one): False})
    assert [] == missing(Reference(one), tag, there={str(one): True})
    assert [] == missing(Reference(one), tag, there={str(one): None})


def test_what_the_profile_names_has_no_cell() -> None:
    """What every pod needs is told once, of the profile; the orchestrator's account is made by `kfnb cluster init`."""
    one = Named("ServiceAccount", "kfnb-orchestrator")
    message = "Cluster `test` names the ServiceAccount `kfnb-orchestrator`, which namespace ml does not have."
    fix = "Make it, with the rights that it needs: `kfnb cluster init test`."
    assert [("error", None, message, fix)] == missing(Reference(one), of_profile=True, there={str(one): False})


def test_priority_classes_are_the_clusters() -> None:
    """For a class that is not there those that are there are named."""
    one = Named("PriorityClass", "x")
    message = "Step `train` names the PriorityClass `x`, which the cluster does not have."
    found = missing(Reference(one), "priority:x", there={str(one): False})
    assert [("error", "b", message, "There are `high`, `low`.")] == found


def test_a_queue_without_kueue_is_a_warning() -> None:
    """Something else than Kueue may let Jobs of a queue run."""
    one = Named("LocalQueue", "x")
    found = missing(Reference(one), "queue:x", there={str(one): False}, kueue=False)
    assert [("warning", "b")] == [each[:2] for each in found]


def test_a_key_of_a_config_map_is_looked_for() -> None:
    """A key that the config map does not have is refused, with those that it has; those of secrets are not seen."""
    one = Named("ConfigMap", "x")
    there: dict[str, Any] = {"there": {str(one): True}, "keys": {str(one): ("mode", "size")}}
    message = "Step `train` names the key `speed` of the ConfigMap `x`, which has `mode`, `size`."
    found = missing(Reference(one, "speed"), "configmap:x:speed:SPEED", **there)
    assert [("error", "b", message, "Name one of these, or add it.")] == found
    assert [] == missing(Reference(one, "mode"), **there)
    secret = Named("Secret", "x")
    assert [] == missing(Reference(secret, "any"), there={str(secret): True})
