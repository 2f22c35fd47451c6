"""What a step asks for and its pod cannot have: an image for other processors, one without Python, a refused patch."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.cli.app import run_app
from kfnb.profiles.editing import add_profile
from tests.cluster import images
from tests.cluster.fixtures import Cluster
from tests.cluster.places import IMAGES_HOST, REGISTRY
from tests.cluster.runs import Place, end, made_place, notebook, settings_of
from tests.cluster.shell import wait_until
from tests.cluster.tiny_images import MANIFEST, put_image, put_index

STEP = "print('done', {})"
UNCONFINED = {"spec": {"securityContext": {"seccompProfile": None}}}
"""A patch that Pod Security `restricted` refuses."""


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs, and a file of profiles that has its profile."""
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as made:
        monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
        monkeypatch.setenv("KFNB_HOME", str(made.home))
        add_profile("test", settings_of(made.profile))
        yield made


def test_what_does_not_suit_a_step_is_said_and_harms_no_other(
    place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a person can put right is waited for, and is gone on with when it is; what cannot run fails alone."""
    name, _, version = place.cluster.examples_image.removeprefix(f"{IMAGES_HOST}/").partition(":")
    tag = f"for-{place.namespace}"
    put_index(REGISTRY, name, tag, {"s390x": put_image(REGISTRY, name, f"{tag}-s390x", "s390x")})
    tags = {
        0: ("step:foreign", f"image:{IMAGES_HOST}/{name}:{tag}"),
        1: ("step:refused",),
        2: ("step:bare", f"image:{images.PAUSE}"),
        3: ("step:fine",),
    }
    path = notebook(tmp_path / "p.ipynb", *(STEP.format(number) for number in range(4)), tags=tags)
    content = json.loads(path.read_text("utf-8"))
    content["metadata"]["kfnb"] = {"steps": {"refused": {"pod_patch": UNCONFINED}}}
    path.write_text(json.dumps(content), "utf-8")
    run = place.run(path, cache=False)
    waits = {
        "foreign": "is not made for the node's processors",
        "refused": "the namespace's Pod Security level restricted refuses its pod: seccompProfile",
    }
    for task, words in waits.items():
        wait_until(lambda task=task, words=words: words in str(run.tasks[task].why), f"{words!r} of {task}", 180)  # type: ignore[misc]
    wait_until(lambda: run.tasks["fine"].state == "SUCCEEDED", "The step that all suits")
    wait_until(lambda: run.tasks["bare"].state == "FAILED", "The step whose image has no Python")
    why = f"KF657: Image {images.PAUSE} has no program 'python3': an image for steps has Python in it."
    assert why == run.tasks["bare"].why
    run_app(["show", run.id, "--on", "test"])
    shown = " ".join(capfd.readouterr().out.split())
    assert [] == [words for words in (*waits.values(), why) if words not in shown]

    retag(name, version, tag)
    level = "pod-security.kubernetes.io/enforce=baseline"
    place.cluster.kubectl("label", "--overwrite", "namespace", place.namespace, level)
    assert "FAILED" == end(run, 300)
    assert {"foreign": "SUCCEEDED", "refused": "SUCCEEDED", "bare": "FAILED", "fine": "SUCCEEDED"} == {
        task.name: task.state for task in run.tasks.values()
    }
    assert {1} == {task.attempt for task in run.tasks.values()}


def retag(name: str, version: str, tag: str) -> None:
    """Have a tag of an image mean what another one means."""
    connection = http.client.HTTPConnection(REGISTRY, timeout=30)
    connection.request("GET", f"/v2/{name}/manifests/{version}", headers={"Accept": MANIFEST})
    manifest = connection.getresponse().read()
    connection.request("PUT", f"/v2/{name}/manifests/{tag}", manifest, {"Content-Type": MANIFEST})
    assert 201 == connection.getresponse().status
    connection.close()
