"""The test cluster for pytest, loaded by `tests/conftest.py`: any test may ask for `cluster`, `namespace` and `chaos`.

What asks for one of them is marked `cluster` and runs in a part of its own (`make pytest-cluster`), what asks for
`chaos` is marked `alone` too and runs after the others, one by one. The workers of a run share the cluster: the first
brings it up, and what ran pytest takes it down.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from tests.cluster import chaos as chaos_module
from tests.cluster import components, control_plane, environment, images, lifecycle, locks
from tests.cluster.leavings import left_by_runs
from tests.cluster.places import NODES
from tests.cluster.shell import wait_until

MOST_SECONDS = 600
"""That a test may take which says nothing else of that: a pod's start may take a minute beside other tests."""
MOST_SECONDS_WITH_DEVICES = 2400
"""The same for a test that asks for devices: until others have given theirs back counts too."""


@dataclass(frozen=True)
class Cluster:
    """The running cluster, as its administrator sees it."""

    image: str
    """kfnb's base image, of this checkout's code."""
    examples_image: str
    """The same with what the example notebooks need."""
    plain_image: str
    """A Debian with its Python, without kfnb."""
    environment: dict[str, str]
    """What kubectl, kfnb and S3 clients have in their environment to find it."""

    def kubectl(self, *words: str, text: str | None = None) -> str:
        """What kubectl says; ClusterError, with what it said, when it fails."""
        return control_plane.kubectl(*words, text=text)

    def get(self, *words: str) -> dict[str, Any]:
        """What `kubectl get` finds, as an object."""
        found: dict[str, Any] = json.loads(self.kubectl("get", "--output=json", *words))
        return found

    def apply(self, *objects: dict[str, Any]) -> None:
        """Make these objects."""
        control_plane.apply(*objects)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the cluster, and what needs it alone, so that `-m` can tell them apart."""
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        meant = item._fixtureinfo.name2fixturedefs.get(
            "cluster", ()
        )  # a room may have a fixture of its own by that name
        if meant and meant[-1].func.__module__ == __name__:
            item.add_marker(pytest.mark.cluster)
            if item.get_closest_marker("timeout") is None:
                with_devices = "devices" in item.fixturenames
                item.add_marker(pytest.mark.timeout(MOST_SECONDS_WITH_DEVICES if with_devices else MOST_SECONDS))
            if "chaos" in item.fixturenames:
                item.add_marker(pytest.mark.alone)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster, brought up where it is not; skipped where it cannot be, but failed in continuous integration."""
    why = lifecycle.obstacle()
    if why and os.environ.get("CI") == "true":
        pytest.fail(f"There can be no test cluster here: {why}.")
    if why:
        pytest.skip(f"there can be no test cluster here: {why}")
    with locks.held(locks.USERS, shared=True):
        lifecycle.up()
        yield Cluster(images.BASE.exact, images.EXAMPLES.exact, images.PLAIN, environment.variables())


@pytest.fixture
def namespace(request: pytest.FixtureRequest, cluster: Cluster, share: None) -> Iterator[str]:
    """A namespace of the test's own, under Pod Security `restricted`, with the secret `kfnb-store`; then deleted.

    First it is looked whether runs have left something in it, unless the test has failed, or is marked `leaves`.
    """
    name, failed = f"test-{secrets.token_hex(4)}", request.session.testsfailed
    lifecycle.make_namespace(name)
    yield name
    try:
        if failed == request.session.testsfailed and request.node.get_closest_marker("leaves") is None:
            assert [] == left_by_runs(name)
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


@pytest.fixture
def devices(cluster: Cluster) -> Iterator[None]:
    """The nodes' fake devices, which one test at a time may ask for: whoever takes all of them has others wait.

    They are free: pods of the test before have ended.
    """

    def are_free() -> bool:
        return not any(map(holds_devices, cluster.get("pods", "--all-namespaces")["items"]))

    with locks.held(locks.DEVICES):
        wait_until(are_free, "The end of the pods that have devices", 300, every=1.0)
        yield


def holds_devices(pod: dict[str, Any]) -> bool:
    """Whether a pod is on a node and has what only some nodes have, such as GPUs."""
    if "nodeName" not in pod["spec"] or pod["status"].get("phase") in ("Succeeded", "Failed"):
        return False
    containers = pod["spec"].get("initContainers", []) + pod["spec"]["containers"]
    return any("/" in name for each in containers for name in each.get("resources", {}).get("limits", {}))


@pytest.fixture
def chaos(cluster: Cluster, share: None) -> Iterator[ModuleType]:
    """What breaks parts of the cluster, while no other test uses it; all parts run again afterwards."""
    yield chaos_module
    for name in components.names():
        chaos_module.start(name)
    for node in NODES:
        chaos_module.plug_in(node.name)
        chaos_module.power_on(node.name)
        chaos_module.uncordon(node.name)


@pytest.fixture
def share(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests use the cluster side by side, but one that breaks parts of it uses it alone."""
    with locks.held(locks.TESTS, shared="chaos" not in request.fixturenames):
        yield
