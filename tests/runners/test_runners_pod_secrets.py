"""Where a task's pod has values of Secrets, by the names that its launcher is told."""

from __future__ import annotations

from typing import Any

import msgspec

from kfnb.profiles import Profile
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
    """Variables and folders of `secret:` tags, and all keys of the store's Secret."""
    settings = Settings(secrets=(("s", "k", "TOKEN"),), secret_files=(("tls", "/etc/tls"),))
    assert Secrets(("TOKEN", "*"), ("/etc/tls",)) == of(settings, store_secret="keys")


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
        ],
    }
    volumes = [
        {"name": "gcs", "secret": {"secretName": "gcs-key"}},
        {"name": "both", "projected": {"sources": [{"configMap": {"name": "c"}}, {"secret": {"name": "s"}}]}},
        {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
    ]
    expected = Secrets(("PASSWORD", "APP_*"), ("/var/run/gcs", "/var/run/both"))
    patch = {"spec": {"containers": [main], "volumes": volumes}}
    assert expected == of(Settings(), pod_patch=patch)
    assert expected == of(Settings(pod_patches=(patch,)))


def test_where_there_can_be_no_pod_nothing_is_named() -> None:
    """A patch that breaks the pod is told where the pod is made."""
    assert Secrets() == of(Settings(pod_patches=({"spec": {"restartPolicy": "Always"}},), secrets=(("s", "k", "A"),)))
