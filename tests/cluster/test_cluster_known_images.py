"""What a run learns of its images, and what the next one is told before it starts."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import msgspec
import pytest
import urllib3

from kfnb.artifacts import known_images
from kfnb.artifacts.known_images import KnownImage
from kfnb.artifacts.store import Store
from kfnb.client import Client
from kfnb.errors import Refused
from kfnb.preflight import registry
from tests.cluster.fixtures import Cluster
from tests.cluster.places import IMAGES_HOST, REGISTRY
from tests.cluster.runs import Place, end, made_place, notebook
from tests.cluster.shell import wait_until


@pytest.fixture(autouse=True)
def registry_has_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the registry answer on a busy machine too: what is not known in time is another finding."""
    monkeypatch.setattr(registry, "DEADLINE", 30.0)
    monkeypatch.setattr(registry, "_PATIENCE", urllib3.Timeout(connect=30.0, read=30.0))


def known(place: Place, image: str) -> KnownImage:
    """What is known of an image, once its digest is too: that comes when the run has ended."""
    found: list[KnownImage] = []

    def there() -> bool:
        one = known_images.recall(Store(place.profile.root), image)
        found[:] = [one] if one is not None and one.digest else []
        return bool(found)

    wait_until(there, f"What is known of {image}")
    return found[0]


def as_from_here(image: str) -> str:
    """The name of an image by which this machine can ask its registry too."""
    return image.replace(IMAGES_HOST, REGISTRY)


def manifest(name: str, version: str) -> tuple[bytes, str]:
    """The manifest of an image in the cluster's registry, and its type."""
    connection = http.client.HTTPConnection(REGISTRY, timeout=30)
    kinds = ", ".join(f"application/vnd.oci.image.{kind}.v1+json" for kind in ("manifest", "index"))
    more = "application/vnd.docker.distribution.manifest.v2+json"
    connection.request("GET", f"/v2/{name}/manifests/{version}", headers={"Accept": f"{kinds}, {more}"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert 200 == answer.status, content
    return content, str(answer.headers["Content-Type"])


def put_tag(name: str, tag: str, content: bytes, kind: str) -> None:
    """Have a tag mean an image of which all but the manifest is there."""
    connection = http.client.HTTPConnection(REGISTRY, timeout=30)
    connection.request("PUT", f"/v2/{name}/manifests/{tag}", content, {"Content-Type": kind})
    assert 201 == connection.getresponse().status
    connection.close()


def test_what_the_image_of_a_run_lacks_is_known_to_the_next(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that fails for it leaves what each of its images has; the next is refused before it starts, at the cell."""
    plain, base = as_from_here(cluster.plain_image), as_from_here(cluster.image)
    tags = {0: ("step:s0",), 1: ("step:s1", f"image:{plain}")}
    path = notebook(tmp_path / "p.ipynb", "x = 1", "import joblib\nprint(x)", tags=tags)
    profile = {"image": base, "package_index": False}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        on = msgspec.structs.replace(place.profile, **profile)
        found = place.client().check(path, on=on)
        assert len(found) == 1, "\n".join(map(str, found))
        (unknown,) = found
        assert ("KF926", True) == (unknown.code, f"no pod has looked into image `{plain}` yet" in unknown.message)
        run = place.run(path, profile=profile)
        assert "FAILED" == end(run)
        seen = {image: known(place, image) for image in (base, plain)}
        modules = {"joblib", "msgspec", "pip"}  # msgspec: also an image without kfnb is lent that
        assert [{"msgspec", "pip"}, {"msgspec"}] == [
            modules & {*seen[image].contents.modules} for image in (base, plain)
        ]
        assert {"sha256:"} == {one.digest[:7] for one in seen.values()}
        (lacks,) = place.client().check(path, on=on)
        assert ("KF925", "error", run.spec.task("s1").cells[0].id) == (lacks.code, lacks.severity, lacks.cell)
        assert f"Step `s1` imports `joblib`, which image `{plain}` does not have." == lacks.message
        with pytest.raises(Refused):
            place.run(path, profile=profile)


def test_a_tag_that_was_moved_is_said(
    cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run learned is of the image that its tag meant then; of what it means now nothing is claimed."""
    name, _, version = cluster.image.removeprefix(f"{IMAGES_HOST}/").partition(":")
    content, kind = manifest(name, version)
    put_tag(name, namespace, content, kind)
    image = f"{REGISTRY}/{name}:{namespace}"
    path = notebook(tmp_path / "p.ipynb", "import json\nx = 1\nif x > 1:\n    import joblib")
    profile = {"image": image, "package_index": False}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(path, profile=profile)
        assert "FAILED" == end(run)
        known(place, image)
        put_tag(name, namespace, json.dumps({**json.loads(content), "annotations": {"moved": "1"}}).encode(), kind)
        on = msgspec.structs.replace(place.profile, **profile)
        later = Client(home=tmp_path / "later", root=place.profile.root)
        (found,) = later.check(path, on=on)
        assert ("KF926", True) == (found.code, f"image `{image}` is another one by now" in found.message)
