"""Values of Secrets in a run on a real Kubernetes: they are in its pods, and in nothing that it leaves or shows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfnb.artifacts.store import Store
from kfnb.cli.app import run_app
from kfnb.client import Run
from kfnb.history import History
from kfnb.metadata.filtering import RunFilter
from kfnb.profiles.editing import add_profile
from tests.cluster.fixtures import Cluster
from tests.cluster.places import STORE_SECRET
from tests.cluster.runs import Place, end, made_place, notebook, settings_of

CORES = {name: secrets.token_hex(8) for name in ("whole", "plain", "single", "files", "lines")}
"""What is looked for: no letter of it is written otherwise in JSON, HTML or by Python."""
VALUES = {name: f'the "{name}" <{core}> \\ rest' for name, core in CORES.items()}
VALUES["plain"] = f"no-credential-by-name-{CORES['plain']}"
VALUES["lines"] = f"-----BEGIN-----\n{CORES['lines']}\n-----END-----\n"

SAYS = """
import base64, html, json, os, subprocess, sys, warnings
from pathlib import Path
import kfnb
from IPython.display import HTML, JSON, Markdown, display

whole, plain, single = (os.environ[name] for name in ("APP_whole", "APP_plain", "TOKEN"))
files, lines = ((Path("/etc/files") / name).read_text() for name in ("files", "lines"))
for value in (whole, plain, single, files, lines):
    print(value)
    print([value], {value: json.dumps([value])}, file=sys.stderr)
    print(value[:9], end="", flush=True)
    print(value[9:])
    os.write(1, value.encode())
    subprocess.run(["sh", "-c", 'printf %s "$0" >&2', value])
    display(HTML(html.escape(value)), JSON({value: [{"a": value}]}), Markdown(value), value)
    display({"application/json": {"deep": [value]}, "text/html": f"<b title='{html.escape(value)}'>"}, raw=True)
    warnings.warn(value)
    kfnb.log_metric(value, 1)
    kfnb.log_metric(value, 2)
    kfnb.log_param(value, value)
    kfnb.log_param("deep", {value: [value]})
print(lines.splitlines()[1])
print(os.environ)
subprocess.run(["env"])
left = subprocess.Popen(["sleep", "600", plain])
sys.stdout.write(plain[:-6])
"""
GOES_ON = """
import os
print(os.environ["APP_plain"][-6:])
kept = [os.environ["APP_whole"]]
"""
RAISES = """
import os
try:
    raise KeyError(os.environ["APP_plain"])
except KeyError as error:
    error.add_note(os.environ["TOKEN"])
    raise ValueError(os.environ["APP_whole"]) from error
"""
ELEMENTS = "import os\nparts = [print(os.environ['APP_plain']) or n for n in range(2)]"
TOKEN = "secret:single:single:TOKEN"


@pytest.fixture
def place(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A namespace for runs with Secrets, one of which all pods have whole."""
    by_secret = {"app": ("whole", "plain"), "single": ("single",), "files": ("files", "lines")}
    for name, keys in by_secret.items():
        metadata = {"name": name, "namespace": namespace}
        values = {key: VALUES[key] for key in keys}
        cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values})
    sources = [{"secretRef": {"name": STORE_SECRET}}, {"secretRef": {"name": "app"}, "prefix": "APP_"}]
    patch = {"spec": {"containers": [{"name": "main", "envFrom": sources}]}}
    with made_place(cluster, namespace, tmp_path / "home", monkeypatch, pod_patch=patch) as made:
        yield made


def test_no_value_of_a_secret_is_in_anything_that_a_run_leaves(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """However steps say it: not in the store's documents, the database, logs, the cluster's objects, what is shown."""
    monkeypatch.setenv("KFNB_CONFIG", str(tmp_path / "clusters.toml"))
    monkeypatch.setenv("KFNB_HOME", str(place.home))
    add_profile("test", settings_of(place.profile))
    tags = {
        0: ("step:says", TOKEN, "secret:files:/etc/files"),
        1: (),
        2: ("step:raises", TOKEN),
        3: ("step:elements", "foreach"),
    }
    path = notebook(tmp_path / "p.ipynb", SAYS, GOES_ON, RAISES, ELEMENTS, tags=tags)
    run = place.run(path, cache=False)
    assert "goes on" not in end(run, 300)
    states = {name: task.state for name, task in run.tasks.items()}
    assert ("SUCCEEDED", "FAILED", "SUCCEEDED") == (states["says"], states["raises"], states["elements"])
    assert run.tasks["says"].log().count("***") > 30

    found = [*left(place, run)]
    for words in (("show", run.id), ("logs", run.id), ("logs", run.id, "-f"), ("manifests", str(path))):
        capfd.readouterr()
        run_app([*words, "--on", "test"])
        found.append((" ".join(words), capfd.readouterr().out.encode()))
    assert len(found) > 40
    wanted = {**CORES, "store": place.cluster.environment["AWS_SECRET_ACCESS_KEY"]}
    assert [] == [(where, name) for where, data in found for name, core in wanted.items() if core.encode() in data]


def left(place: Place, run: Run) -> Iterator[tuple[str, bytes]]:
    """Everything that there is of a run, but for the values that its steps gave out and saved."""
    store = Store(place.profile.root)
    for key in store.list(""):
        if not key.startswith("artifacts/"):
            yield key, store.read(key)
    History(place.client()).runs(RunFilter())
    for file in place.home.rglob("*"):
        if file.is_file() and "artifacts" not in file.parts:
            yield str(file), file.read_bytes()
    for pod in (*place.orchestrators(run), *place.pods(run)):
        yield pod["metadata"]["name"], place.kubectl("logs", pod["metadata"]["name"]).encode()
    yield "objects", json.dumps(place.get("jobs,pods,configmaps,leases,events")).encode()
    for task in run.tasks:
        if task != "elements":
            yield f"pod of {task}", json.dumps(run.pod(task).manifest).encode()
            yield f"events of {task}", json.dumps(run.cluster_events(task)).encode()
