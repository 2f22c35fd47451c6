"""What a step's image lacks is installed in its pod, from an index of the test's own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cluster import images
from tests.cluster.fixtures import Cluster
from tests.cluster.places import ADDRESS
from tests.cluster.runs import end, made_place, notebook


class Quiet(SimpleHTTPRequestHandler):
    """Lists folders, which is all that pip needs, and says nothing."""

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    """The address of an index that pods reach, with two packages and what one of them needs."""
    for name in ("joblib", "cloudpickle", "threadpoolctl"):
        (tmp_path / "index" / name).mkdir(parents=True)
        for wheel in images.wheels(images.EXAMPLES).glob(f"{name}-*.whl"):
            shutil.copy(wheel, tmp_path / "index" / name)
    server = ThreadingHTTPServer((ADDRESS, 0), partial(Quiet, directory=tmp_path / "index"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{ADDRESS}:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_an_image_lacks_is_installed(
    cluster: Cluster, namespace: str, tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the code imports and what tags ask for is there, at the kernel's version; without an index it is named."""
    sources = ("import joblib\nprint(joblib.__version__)", "import importlib.metadata as m\nprint(m.version(name))")
    tags = {0: ("step:s0",), 1: ("step:s1", "packages:threadpoolctl")}
    path = notebook(tmp_path / "needs.ipynb", sources[0] + "\nname = 'thread' + 'poolctl'", sources[1], tags=tags)
    profile = {"image": cluster.image, "package_index": index, "env": {"PIP_TRUSTED_HOST": ADDRESS}}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch) as place:
        run = place.run(path, profile=profile)
        offline = place.run(path, profile={**profile, "package_index": False})
        assert ("SUCCEEDED", "FAILED") == (end(run), end(offline)), [one.why for one in run.tasks.values()]
    printed = [run.tasks[name].log() for name in ("s0", "s1")]
    assert [f"{version('joblib')}\n", f"{version('threadpoolctl')}\n"] == printed
    message = (
        f"KF624: Step 's0' needs joblib=={version('joblib')}, which its image does not have, and its cluster has no"
    )
    assert message in str(offline.tasks["s0"].why)
