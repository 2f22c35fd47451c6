"""What is said of images that registries do not have, or that are made for other processors."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kfnb.preflight import pulls
from kfnb.preflight.pulls import Pull
from kfnb.preflight.registry import Seen, reference
from kfnb.profiles import Profile
from kfnb.runners.cluster_facts import Node
from kfnb.runners.pod_manifest import pod_template
from kfnb.spec import Cell, Settings, Task
from tests.preflight.preflight_facts import EMPTY

PROFILE = Profile(name="test", namespace="ml", root="s3://runs/kfnb", image="registry.example/base:1")
ARCH = "kubernetes.io/arch"
NODES = (Node("a", {"cpu": "2"}, {ARCH: "amd64"}), Node("b", {"cpu": "2"}, {ARCH: "arm64", "disk": "ssd"}))
FACTS = msgspec.structs.replace(EMPTY, nodes=NODES[:1])
THERE = Seen(there=True, processors=("amd64", "arm64"))
OWN = "own:1"


def found(settings: Settings = Settings(), seen: Any = None, **changes: Any) -> list[Any]:  # noqa: B008
    """The findings about two steps of these settings and an orchestrator. `changes`: of the facts or the profile."""
    facts = msgspec.structs.replace(FACTS, **{k: v for k, v in changes.items() if hasattr(FACTS, k)})
    profile = msgspec.structs.replace(PROFILE, **{k: v for k, v in changes.items() if not hasattr(FACTS, k)})
    cells = (
        Cell(id="a", index=0, source="1", ordinal=1),
        Cell(id="b", index=1, source="2", ordinal=2, tags=(f"image:{settings.image}",)),
    )
    tasks = [Task(name=name, slug=name, cells=cells, settings=settings) for name in ("train", "test")]
    steps = [Pull(task, pod_template(profile, settings, (), labels={})["spec"]) for task in tasks]
    driver = Pull(None, pod_template(profile, Settings(), (), labels={})["spec"])
    known = dict.fromkeys(pulls.images_of([*steps, driver]), THERE) | (seen or {})
    return [*pulls.findings(known, facts, profile, [*steps, driver])]


def test_images_that_are_there_for_the_nodes_have_no_findings() -> None:
    """An image that its registry has for the nodes' processors, or of which that is not known, is not spoken of."""
    assert [] == found(Settings(image=OWN))
    assert [] == found(Settings(image=OWN), {OWN: Seen(there=True)})
    assert [] == found(Settings(image=OWN), {OWN: Seen(there=True, processors=("s390x",))}, nodes=None)


def test_an_image_that_is_not_there_is_told_once_at_its_tag() -> None:
    """Two steps that name it are one finding, at the cell of the first one's tag."""
    one, *more = found(Settings(image=OWN), {OWN: Seen(there=False)})
    assert [] == more
    assert ("KF927", "error", "b", 1) == (one.code, one.severity, one.cell, one.line)
    assert "Step `train` names the image `own:1`, which registry docker.io does not have." == one.message
    assert one.fix is not None
    assert "Correct the tag `image:`, or push the image." == one.fix.text


def test_the_profiles_image_has_no_cell() -> None:
    """An image of the profile that is not there is told of the profile."""
    one, *more = found(seen={PROFILE.image: Seen(there=False)})
    assert [] == more
    assert (None, None) == (one.cell, one.line)
    assert one.message.startswith("Cluster `test` names the image `registry.example/base:1`, which registry ")
    assert one.fix is not None
    assert "Push the image, or name another in the profile (`kfnb cluster show test`)." == one.fix.text


def test_an_image_that_nodes_have_need_not_be_pulled() -> None:
    """What was put on a node by hand runs, unless it is always pulled; where nodes may not be seen it is a warning."""
    settings, missing = Settings(image=OWN), {OWN: Seen(there=False)}
    loaded = (msgspec.structs.replace(NODES[0], images=(str(reference(OWN)),)),)
    assert [] == found(settings, missing, nodes=loaded)
    assert ["error"] == [each.severity for each in found(settings, missing, nodes=loaded, image_pull_policy="Always")]
    assert ["warning"] == [each.severity for each in found(settings, missing, nodes=None)]
    assert ["error"] == [each.severity for each in found(settings, missing, nodes=None, image_pull_policy="Always")]


def test_an_image_that_is_not_there_for_everybody_is_a_warning_where_pods_have_a_pull_secret() -> None:
    """Some registries say of what is private that it is not there."""
    (one,) = found(Settings(image=OWN), {OWN: Seen(there=False)}, image_pull_secrets=("pull",))
    assert ("warning", True) == (one.severity, "asks without credentials" in one.message)


def test_other_processors_are_told() -> None:
    """An image for none of the nodes is an error, for some of them a warning with the tag that chooses those."""
    settings, seen = Settings(image=OWN), {OWN: Seen(there=True, processors=("arm64",))}
    (none,) = found(settings, seen)
    assert ("error", "b") == (none.severity, none.cell)
    assert "Step `train` names the image `own:1`, which is made for arm64, and the nodes have amd64." == none.message
    (some,) = found(settings, seen, nodes=NODES)
    assert "warning" == some.severity
    assert some.message.endswith("made for arm64, and 1 of the nodes that it may run on has other processors.")
    assert some.fix is not None
    assert some.fix.text.startswith("Add the tag `node:kubernetes.io/arch=arm64`, or build ")


def test_only_nodes_that_a_pod_may_run_on_count() -> None:
    """A pod that is placed on the nodes of its processors by its selector is fine."""
    seen = {OWN: Seen(there=True, processors=("arm64",))}
    assert [] == found(Settings(image=OWN, node_selector={"disk": "ssd"}), seen, nodes=NODES)


def test_where_nodes_are_added_other_processors_are_a_warning() -> None:
    """A cluster that grows may get a node of the image's processors."""
    seen = {OWN: Seen(there=True, processors=("arm64",))}
    assert ["warning"] == [each.severity for each in found(Settings(image=OWN), seen, autoscaled=True)]


def test_what_is_not_known_is_said_and_refuses_nothing() -> None:
    """An image that its registry does not tell everybody of is a hint."""
    (one,) = found(Settings(image=OWN), {OWN: Seen(None, "its registry docker.io wants credentials")})
    assert ("KF926", "hint") == (one.code, one.severity)
    assert "Not checked whether images are there: `own:1` (its registry docker.io wants credentials)." == one.message


@pytest.mark.parametrize(
    ("image", "in_full"),
    [
        ("python", "docker.io/library/python:latest"),
        ("team/image:1", "docker.io/team/image:1"),
        ("localhost/image", "localhost/image:latest"),
        ("10.0.0.1:5000/a/b:2", "10.0.0.1:5000/a/b:2"),
        ("registry.example/a@sha256:00", "registry.example/a@sha256:00"),
        ("registry.example/a:1@sha256:00", "registry.example/a@sha256:00"),
    ],
)
def test_names_of_images_are_read_as_nodes_read_them(image: str, in_full: str) -> None:
    """Docker's registry, its library and `latest` are meant where nothing else is said; a digest wins over a tag."""
    assert in_full == str(reference(image))
