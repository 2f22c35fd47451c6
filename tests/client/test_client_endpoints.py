"""The client finds the endpoint of a cluster's store in the cluster's profile."""

from __future__ import annotations

from pathlib import Path

import pytest
from s3_gateway import Gateway

from kfnb.client import Client
from kfnb.errors import StoreError


def test_the_endpoint_of_a_cluster_s_bucket_is_the_profile_s(
    tmp_path: Path, s3_gateway: Gateway, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the environment names none, the profile whose root is in the bucket does; another bucket is not there."""
    root = f"{bucket}/runs"
    address = s3_gateway.environment["AWS_ENDPOINT_URL"]
    for name, value in s3_gateway.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    profiles = tmp_path / "clusters.toml"
    monkeypatch.setenv("KFNB_CONFIG", str(profiles))
    profiles.write_text(
        f'[clusters.here]\nnamespace = "n"\nimage = "i:1"\nroot = "{root}"\nendpoint_url = "{address}"\n', "utf-8"
    )
    store = Client(home=tmp_path / "home", root=root).store
    store.write("runs/x", b"here")
    assert b"here" == Client(home=tmp_path / "other", root=root).store.read("runs/x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9"):
        Client(home=tmp_path / "home", root=root).store.read("runs/x")
