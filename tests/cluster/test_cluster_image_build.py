"""An image made for a notebook by `kfnb image build`, pushed to the test cluster's registry and run there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

from tests.cluster import images
from tests.cluster.fixtures import Cluster
from tests.cluster.places import CACHE, IMAGES_HOST, REGISTRY, RUN
from tests.cluster.runs import end, made_place, notebook

NAME = "team/notebook"
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{graph}"\nrunroot = "{run}"\n'
REGISTRIES = f'[[registry]]\nlocation = "{REGISTRY}"\ninsecure = true\n'


def environment(folder: Path) -> dict[str, str]:
    """What engines need to use the store of the test cluster's images, and its registry, which has no certificate."""
    (folder / "storage.conf").write_text(STORAGE.format(graph=CACHE / "buildah", run=RUN / "buildah"))
    (folder / "registries.conf").write_text(REGISTRIES)
    return {
        **os.environ,
        "BUILDAH_ISOLATION": "chroot",
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
        "no_proxy": REGISTRY.partition(":")[0],
        "NO_PROXY": REGISTRY.partition(":")[0],
    }


def build(folder: Path, path: Path, *options: str, engine: str = "buildah") -> subprocess.CompletedProcess[str]:
    """Call `kfnb image build`."""
    command = [sys.executable, "-m", "kfnb", "image", "build", path, "--engine", engine, "--json", *options]
    return subprocess.run(command, env=environment(folder), check=False, capture_output=True, text=True)


def pulled(image: str) -> str:
    """An image's name for this machine: buildah need not have it, as another checkout may have made it."""
    return image.replace(IMAGES_HOST, REGISTRY)


without_podman = pytest.mark.skipif(shutil.which("podman") is None, reason="there is no podman: apt-get install podman")


@pytest.fixture
def fitting_kernel() -> None:
    """A kernel of the base image's Python, without which no image can be made for it; in continuous integration it is
    there."""
    if sys.version_info[:2] != (3, 11):
        why = "the base image has Python 3.11, and so must the kernel"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)


@pytest.mark.usefixtures("fitting_kernel")
@pytest.mark.parametrize("engine", ["buildah", pytest.param("podman", marks=[pytest.mark.soak, without_podman])])
def test_a_notebook_gets_an_image_of_its_own(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """What it imports is there at the kernel's version, beside kfnb; steps run in it."""
    path = notebook(tmp_path / "own.ipynb", "import joblib\nprint(joblib.__version__)")
    name = f"{NAME}:{namespace}"
    wheels = ("--base", pulled(cluster.image), "--wheels", str(images.wheels(images.EXAMPLES)))
    done = build(tmp_path, path, "--tag", f"{REGISTRY}/{name}", "--push", *wheels, engine=engine)
    assert 0 == done.returncode, done.stderr
    subprocess.run([engine, "rmi", f"{REGISTRY}/{name}"], env=environment(tmp_path), check=True, capture_output=True)
    said = json.loads(done.stdout)
    assert ([f"joblib=={joblib.__version__}"], True) == (said["requirements"], said["pushed"])
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(path, profile={"image": f"{IMAGES_HOST}/{name}"})
        assert "SUCCEEDED" == end(run)
    assert f"{joblib.__version__}\n" == run.tasks["s0"].log()


def test_what_cannot_be_made_says_why(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    """A base image with another Python, and one without pip, end with the engine's words and exit code 4."""
    path = notebook(tmp_path / "own.ipynb", "import joblib\nprint(joblib.__version__)")
    (tmp_path / "empty").mkdir()
    done = build(tmp_path, path, "--base", pulled(cluster.plain_image), "--wheels", str(tmp_path / "empty"))
    message = json.loads(done.stdout)["error"]["message"]
    assert (4, "buildah could not make the image kfnb-own") == (done.returncode, message.partition(":")[0])
    assert "No module named pip" in done.stderr or "The kernel has Python" in done.stderr


def test_the_newest_images_of_a_kind_stay_where_they_are_made() -> None:
    """Of eight the two oldest go, in whatever order they are listed."""
    made = [{"names": [f"image:{n}"], "createdatraw": f"2026-01-0{n}T00:00:00Z"} for n in (5, 2, 8, 1, 3, 7, 4, 6)]
    assert ["image:2", "image:1"] == images.surplus(made)
    assert [] == images.surplus(made[:6])
