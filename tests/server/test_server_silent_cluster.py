"""A cluster that takes questions and does not answer: who asks it waits, and nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from server_notebooks import Fetch, write_notebook

from kfnb.client import Client, Run
from kfnb.orchestrator.events import EventLog
from kfnb.profiles import Profile
from kfnb.runners.chosen import cluster_options
from kfnb.spec import RunEvent
from tests.runners.nowhere import served
from tests.runners.silent_api import SilentApi, silent_api

AT_ONCE = 8
"""Questions that are asked at once: as many as the server has threads for anything."""
PROFILE = Profile(name="silent", kubeconfig="", namespace="n", root="s3://any", image="i:1", context="c")


@pytest.fixture
def silent() -> Iterator[SilentApi]:
    """The API server of the cluster."""
    with silent_api() as api:
        yield api


@pytest.fixture
def there(silent: SilentApi, finished: Run, client: Client, jp_root_dir: Path, tmp_path: Path) -> str:
    """A run that goes on in that cluster, which is in the file of clusters too; it is newer than the finished one."""
    kube = tmp_path / "kube"
    kube.mkdir()
    served(kube, silent.address)
    profile = msgspec.structs.replace(PROFILE, kubeconfig=str(kube / "config"))
    lines = [f"{name} = {json.dumps(getattr(profile, name))}" for name in ("kubeconfig", "namespace", "root", "image")]
    (tmp_path / "clusters.toml").write_text("\n".join(["[clusters.silent]", *lines]))
    notebook = write_notebook(jp_root_dir / "there.ipynb", {"a": "x = 1"})
    info = client.prepare(notebook, options=cluster_options(profile, local_orchestrator=False))
    begun = RunEvent(kind="task-state", time=1.0, task="a", attempt=1, state="RUNNING")
    EventLog(client.store, info.run_id).append([RunEvent(kind="run-started", time=1.0), begun])
    return info.run_id


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("runs/RUN", None),
        ("runs/RUN/picture", None),
        ("runs/RUN/tasks/a/events", None),
        ("runs/RUN/tasks/a/pod", None),
        ("runs/RUN/cancel", {}),
        ("runs/RUN/resume", {}),
        ("check", {"path": "there.ipynb", "cluster": "silent"}),
        ("runs", {"path": "there.ipynb", "cluster": "silent"}),
        ("clusters/silent/accelerators", None),
    ],
)
async def test_who_asks_it_holds_up_nobody_else(
    fetch: Fetch,
    jp_ws_fetch: Any,
    silent: SilentApi,
    there: str,
    finished: Run,
    address: str,
    body: dict[str, str] | None,
) -> None:
    """However many questions to it wait, the stream and the log of a run of this machine come."""
    method, text = ("GET", None) if body is None else ("POST", json.dumps(body))
    parts = address.replace("RUN", there).split("/")
    waiting = [asyncio.ensure_future(fetch(*parts, method=method, body=text)) for _ in range(AT_ONCE)]
    while not silent.asked:
        assert not any(each.done() for each in waiting)
        await asyncio.sleep(0.02)
    with closing(await jp_ws_fetch("kfnb", "api", "runs", finished.id, "events", params={"after": 0})) as socket:
        await socket.write_message(json.dumps({"follow": "make", "offset": 0}))
        kinds: set[str] = set()
        while not {"events", "log", "end"} <= kinds:
            kinds.add(json.loads(await socket.read_message())["kind"])
    assert not any(each.done() for each in waiting)
    silent.speak()
    answers = await asyncio.gather(*waiting)
    assert [] == [each.body for each in answers if each.code == 500]
