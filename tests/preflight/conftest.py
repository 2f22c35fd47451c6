"""A place on the test cluster for the tests of what is looked at before runs."""

from __future__ import annotations

import pytest
import urllib3
from preflight_registries import ENOUGH

from kfnb.preflight import registry
from kfnb.profiles import Profile
from kfnb.runners.api_server import ApiServer
from kfnb.runners.cluster_setup import apply, setup_objects
from tests.cluster.fixtures import Cluster
from tests.cluster.places import BUCKET, IMAGES_HOST, REGISTRY, S3, STORE_SECRET
from tests.cluster.runs import wait_for_driver


@pytest.fixture(autouse=True)
def registries_have_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have them answer on a busy machine too: what they say is what these tests are about, not how soon."""
    monkeypatch.setattr(registry, "DEADLINE", ENOUGH)
    monkeypatch.setattr(registry, "_PATIENCE", urllib3.Timeout(connect=ENOUGH, read=ENOUGH))


@pytest.fixture
def profile(cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile for the namespace, set up for runs but for the roles about the whole cluster."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    found = Profile(
        name="test",
        kubeconfig=cluster.environment["KUBECONFIG"],
        namespace=namespace,
        root=f"s3://{BUCKET}/{namespace}",
        endpoint_url=S3,
        store_secret=STORE_SECRET,
        image=cluster.image.replace(IMAGES_HOST, REGISTRY),  # by the name that this machine knows too
    )
    api = ApiServer(found.context, found.kubeconfig, found.namespace)
    objects = [each for each in setup_objects(found) if not each["kind"].startswith("Cluster")]
    assert ["made"] * len(objects) == [one.outcome for one in apply(api, objects)]
    wait_for_driver(namespace)
    return found
