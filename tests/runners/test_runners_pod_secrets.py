"""Where a task's pod has values of Secrets, by the names that its launcher is told."""

from __future__ import annotations

from typing import Any

import msgspec

from kfnb.profiles import Profile
from kfnb.runners.job_manifest import Attempt, job
from kfnb.runners.pod_secrets import Secrets, secrets_of
from kfnb.spec import Settings

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="base:1")


def of(settings: Settings, **profile: Any) -> Secrets:
    """What the launcher of a step is told."""
    return secrets_of(msgspec.structs.replace(PROFILE, **profile), settings)


def test_a_step_without_secrets_has_none() -> None:
    """Config maps and volumes are no secrets."""
    settings = Settings(
        env={"A": "1"},
        config_maps=(("c", "k", "B"),),
        config_map_files=(("c", "/etc/c"),),
        volumes=(("data", "/data", False),),
    )
    assert Secrets() == of(settings)


def test_what_tags_and_profile_take_from_secrets_is_named() -> None:
    """Variables and folders of `secret:` tags, and the store's Secret, which the pod has as files for that."""
    settings = Settings(secrets=(("s", "k", "TOKEN"),), secret_files=(("tls", "/etc/tls"),))
    assert Secrets(("TOKEN",), ("/etc/tls", "/kfnb/secrets/0")) == of(settings, store_secret="keys")


def test_what_patches_put_into_a_pod_is_named_too() -> None:
    """References, whole Secrets with a prefix, and volumes of every form, by the profile's patch or the step's."""
    main = {
        "name": "main",
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}],
        "envFrom": [{"secretRef": {"name": "app"}, "prefix": "APP_"}, {"configMapRef": {"name": "c"}}],
        "volumeMounts": [
            {"name": "gcs", "mountPath": "/var/run/gcs"},
            {"name": "both", "mountPath": "/var/run/both"},
            {"name": "token", "mountPath": "/var/run/token"},
            {"name": "vault", "mountPath": "/var/run/vault"},
        ],
    }
    volumes = [
        {"name": "gcs", "secret": {"secretName": "gcs-key"}},
        {"name": "both", "projected": {"sources": [{"configMap": {"name": "c"}}, {"secret": {"name": "s"}}]}},
        {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
        {"name": "vault", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True}},
    ]
    expected = Secrets(("PASSWORD",), ("/var/run/gcs", "/var/run/both", "/var/run/vault", "/kfnb/secrets/0"))
    patch = {"spec": {"containers": [main], "volumes": volumes}}
    assert expected == of(Settings(), pod_patch=patch)
    assert expected == of(Settings(pod_patches=(patch,)))


def test_a_secret_that_is_taken_whole_is_in_the_pod_as_files_too() -> None:
    """Once, whatever it is taken as, for all users, and as optional as it is there; the profile is not asked for it."""
    sources = [
        {"secretRef": {"name": "app", "optional": True}, "prefix": "A_"},
        {"secretRef": {"name": "app", "optional": True}, "prefix": "B_"},
        {"configMapRef": {"name": "c"}},
        {"secretRef": {"name": "kfnb-store"}},
    ]
    patch = {"spec": {"containers": [{"name": "main", "envFrom": sources}]}}
    attempt = Attempt("20261101-123456-abcd", "s", "s", 1, "s3://runs/kfnb/input.json", Settings())
    profile = msgspec.structs.replace(PROFILE, store_secret="kfnb-store", pod_patch=patch)
    spec = job(profile, attempt)["spec"]["template"]["spec"]
    assert [
        {"name": "whole-secret-0", "secret": {"secretName": "app", "defaultMode": 0o444, "optional": True}},
        {"name": "whole-secret-1", "secret": {"secretName": "kfnb-store", "defaultMode": 0o444}},
    ] == spec["volumes"][1:]
    assert [
        {"name": f"whole-secret-{n}", "mountPath": f"/kfnb/secrets/{n}", "readOnly": True} for n in range(2)
    ] == spec["containers"][0]["volumeMounts"][2:]


def test_where_there_can_be_no_pod_nothing_is_named() -> None:
    """A patch that breaks the pod is told where the pod is made."""
    assert Secrets() == of(Settings(pod_patches=({"spec": {"restartPolicy": "Always"}},), secrets=(("s", "k", "A"),)))
