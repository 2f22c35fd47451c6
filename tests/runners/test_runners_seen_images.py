"""Which task of a run says what its image has, and which image that was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfnb.artifacts import known_images
from kfnb.artifacts.known_images import Contents, KnownImage
from kfnb.artifacts.store import Store
from kfnb.profiles import Profile
from kfnb.runners.seen_images import SeenImages
from kfnb.spec import ExecutorInput, Settings, Task

HAS = Contents("3.12.1", "0.1.0")


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A profile whose store is a folder."""
    return Profile(name="test", namespace="ml", root=str(tmp_path), image="base:1", store_secret="x")


def given(profile: Profile, slug: str, image: str | None = None) -> ExecutorInput:
    """What an attempt of a task is given."""
    task = Task(name=slug, slug=slug, cells=(), settings=Settings(image=image))
    place = f"runs/r/tasks/{slug}/1"
    return ExecutorInput(
        run_id="r", root=profile.root, prefix=place, task=task, notebook_name="", folder="", scratch=""
    )


def pod(image: str, digest: str = "") -> dict[str, Any]:
    """A pod, as the cluster has it."""
    status = {"name": "main", "imageID": f"registry/{image}@{digest}" if digest else ""}
    return {"spec": {"containers": [{"name": "main", "image": image}]}, "status": {"containerStatuses": [status]}}


def known(profile: Profile, image: str, by: str) -> str:
    """The digest that is known of an image of which this attempt has said what it has."""
    store = Store(profile.root)
    known_images.remember(store, KnownImage(image, "", 0.0, HAS, by))
    found = known_images.recall(store, image)
    assert found is not None
    return found.digest


def test_the_first_task_of_each_image_is_asked(profile: Profile) -> None:
    """Once an image in a run, whatever comes after it."""
    images = SeenImages(profile)
    asked = [(slug, image) for slug, image in (("a", None), ("b", None), ("c", "other:1"), ("d", "base:1"))]
    assert ["base:1", "", "other:1", ""] == [
        images.asked_of(slug, given(profile, slug, image)) for slug, image in asked
    ]


def test_the_pod_of_the_task_that_was_asked_says_which_image_it_was(profile: Profile) -> None:
    """As soon as its status does; pods of others do not count."""
    images = SeenImages(profile)
    for slug in ("a", "b"):
        images.asked_of(slug, given(profile, slug))
    for key, digest in (("a", ""), ("b", "sha256:2"), ("a", "sha256:1"), ("a", "sha256:3")):
        images.pod(key, pod("base:1", digest))
    images.keep()
    assert "sha256:1" == known(profile, "base:1", "runs/r/tasks/a/1")


def test_an_image_that_a_patch_put_there_is_not_taken_for_the_named_one(profile: Profile) -> None:
    """What the pod has is of another name then."""
    images = SeenImages(profile)
    images.asked_of("a", given(profile, "a"))
    images.pod("a", pod("patched:1", "sha256:1"))
    images.complete(lambda key: [pod("patched:1", "sha256:1")])
    assert "" == known(profile, "base:1", "runs/r/tasks/a/1")


@pytest.mark.parametrize("named", ["", "docker://", "docker-pullable://base"])
def test_an_image_that_no_registry_gave_has_no_digest(profile: Profile, named: str) -> None:
    """Its id is the digest of its configuration, which is not what a registry calls it: nothing is to be compared."""
    images = SeenImages(profile)
    images.asked_of("a", given(profile, "a"))
    there = pod("base:1", "sha256:1")
    is_pulled = named.startswith("docker-pullable")
    there["status"]["containerStatuses"][0]["imageID"] = f"{named}{'@' if is_pulled else ''}sha256:1"
    images.complete(lambda key: [there])
    assert ("sha256:1" if is_pulled else "") == known(profile, "base:1", "runs/r/tasks/a/1")


def test_what_no_status_said_in_time_is_asked_for_in_the_end(profile: Profile) -> None:
    """A pod's status comes a second late; of pods that are gone nothing is learned, and nobody waits."""
    images = SeenImages(profile)
    images.asked_of("a", given(profile, "a"))
    images.asked_of("b", given(profile, "b", "other:1"))
    answers = {"a": [[pod("base:1")], [pod("base:1", "sha256:1")]], "b": [[]]}
    images.complete(lambda key: answers[key].pop(0))
    assert ("sha256:1", "") == (
        known(profile, "base:1", "runs/r/tasks/a/1"),
        known(profile, "other:1", "runs/r/tasks/b/1"),
    )
    assert {"a": [], "b": []} == answers
