"""K4: a run of a thousand tasks on nodes that are not there, for what the orchestrator itself needs of a machine.

kwok says of their pods that they run and succeed. What their steps gave is written by this program, as launchers would:
an output document beside each input document, and then the pod is told to have succeeded.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kfnb import spec
from kfnb.artifacts.store import Store
from kfnb.runners.watch import Watch
from tests.benchmarks import notebooks
from tests.benchmarks.on_cluster import ClusterPlace, on_cluster
from tests.benchmarks.stopwatch import Place, Row
from tests.cluster import control_plane, programs
from tests.cluster.certificates import KUBECONFIG
from tests.cluster.locks import MAKING, TESTS, held
from tests.cluster.shell import flags, wait_until

TASKS, NODES = 1000, 20
_LABEL = {"kfnb.test/fake": "true"}
_TAINT = {"key": "kfnb.test/fake", "value": "true", "effect": "NoSchedule"}
_STAGES = Path(__file__).with_name("pod_stages.yaml")
_WRITERS = 4

_COUNTED = """\
import atexit, collections, json, sys
import urllib3
counts, send = collections.Counter(), urllib3.PoolManager.request
def request(self, method, url, *arguments, **more):
    counts[method if "watch=true" not in url else "WATCH"] += 1
    return send(self, method, url, *arguments, **more)
urllib3.PoolManager.request = request
where = sys.argv.pop(1)
atexit.register(lambda: open(where, "w").write(json.dumps(counts)))
from kfnb.cli import main
main()"""
"""The command line, with each request to the API server counted; the store is spoken to by another library."""


@dataclass(frozen=True)
class Needed:
    """What the process that drove a run needed. `requests`: to the API server, by HTTP method; watches apart."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    requests: dict[str, int]


def thousand(place: Place) -> Iterator[Row]:
    """K4: 1,000 empty steps that depend on nothing, all at once; nobody else may use the cluster meanwhile."""
    with on_cluster(place, node_selector=_LABEL, tolerations=[_TAINT]) as there, held(TESTS), _nodes(place):
        name = notebooks.write(place.folder / "thousand.ipynb", {f"s{i}": "pass" for i in range(TASKS)})
        with _steps(there):
            needed = _drive(there, name)
    yield Row(f"{TASKS} tasks on fake nodes", f"{needed.seconds:.0f} s")
    yield Row(
        "CPU time of its orchestrator", f"{needed.cpu_seconds:.1f} s, {needed.cpu_seconds / TASKS * 1000:.0f} ms a task"
    )
    yield Row("its memory at most", f"{needed.peak_bytes / 1e6:.0f} MB")
    requests = sum(needed.requests.values()) / TASKS
    said = ", ".join(f"{count} {method}" for method, count in sorted(needed.requests.items()))
    yield Row("requests to the API server a task", f"{requests:.2f} ({said})", "≤ 3", requests <= 3)


def _drive(there: ClusterPlace, name: str) -> Needed:
    """Run the notebook, driven by a process of this machine."""
    folder = there.place.folder
    command = [sys.executable, "-c", _COUNTED, str(folder / "requests.json"), "run", name, "--json", "--no-cache"]
    with (folder / "run.json").open("wb") as out, (folder / "run.err").open("wb") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--on", "bench", "--local-orchestrator"],
            cwd=folder,
            env=there.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    document = json.loads((folder / "run.json").read_bytes() or b"{}")
    states = collections.Counter(task["state"] for task in document.get("tasks", {}).values())
    if states != {"SUCCEEDED": TASKS}:
        said = (folder / "run.err").read_text("utf-8", "replace")
        raise SystemExit(f"1,000 tasks on fake nodes: exit {process.returncode}, {dict(states)}\n{said[-2000:]}")
    requests: dict[str, int] = json.loads((folder / "requests.json").read_text())
    return Needed(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, requests)


@contextlib.contextmanager
def _nodes(place: Place) -> Iterator[None]:
    """Have nodes that nobody but this benchmark's pods may use, and kwok, which speaks for them."""
    with held(MAKING):
        programs.build([programs.KWOK])
    settings = flags(
        kubeconfig=KUBECONFIG,
        config=_STAGES,
        manage_nodes_with_label_selector=",".join(f"{key}={value}" for key, value in _LABEL.items()),
        node_lease_duration_seconds=20,
        cidr="10.200.0.0/16",
    )
    names = [f"fake-{number}" for number in range(NODES)]
    with (place.folder / "kwok.log").open("wb") as log:
        kwok = subprocess.Popen(
            [programs.KWOK.bin / "kwok", *settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            control_plane.apply(*map(_node, names))
            wait_until(lambda: all(map(_is_ready, names)) or kwok.poll() is not None, "The fake nodes' readiness")
            if kwok.poll() is not None:
                raise SystemExit(f"kwok has ended:\n{(place.folder / 'kwok.log').read_text()[-2000:]}")
            yield
        finally:
            control_plane.kubectl("delete", "nodes", "--ignore-not-found", *names)
            kwok.kill()
            kwok.wait()


def _node(name: str) -> dict[str, object]:
    room = {"cpu": "32", "memory": "256Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**_LABEL, "kubernetes.io/hostname": name}},
        "spec": {"taints": [_TAINT]},
        "status": {"capacity": room, "allocatable": room},
    }


def _is_ready(name: str) -> bool:
    said = control_plane.kubectl("get", "node", name, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}")
    return said == "True"


@contextlib.contextmanager
def _steps(there: ClusterPlace) -> Iterator[None]:
    """Write what each pod's step gave as soon as there is the pod, and say so on the pod."""
    found: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    seen: set[str] = set()

    def changed(pod: dict[str, Any]) -> None:
        if pod["metadata"]["uid"] not in seen:
            seen.add(pod["metadata"]["uid"])
            found.put(pod)

    def write() -> None:
        store = Store(there.root)
        while (pod := found.get()) is not None:
            _give(there, store, pod)

    watch = Watch(there.api, there.api.place("pods"), "kfnb.dev/task", changed, lambda pod: None)
    writers = [threading.Thread(target=write) for _ in range(_WRITERS)]
    watch.start()
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        watch.stop()
        for _ in writers:
            found.put(None)
        for writer in writers:
            writer.join()


def _give(there: ClusterPlace, store: Store, pod: dict[str, Any]) -> None:
    """Do what a pod's launcher would: read its input document, write its output document."""
    uri = pod["spec"]["containers"][0]["command"][-1]
    given = msgspec.json.decode(store.read(uri.removeprefix(f"{there.root}/")), type=spec.ExecutorInput)
    now = time.time()
    cells = tuple(
        spec.CellResult(id=cell.id, state="SUCCEEDED", started=now, finished=now) for cell in given.task.cells
    )
    output = spec.ExecutorOutput(state="SUCCEEDED", cells=cells, started=now, finished=now)
    store.write(f"{given.prefix}/output.json", spec.to_json(output))
    written = {"metadata": {"annotations": {"kfnb.test/written": "true"}}}
    there.api.patch(there.api.place("pods", pod["metadata"]["name"]), written)
